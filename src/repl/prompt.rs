//! The edge to a terminal: reads inputs with a line editor, and stops queries on Ctrl-C.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::thread;
use std::time::Duration;

use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{ColorMode, CompletionType, Config, Editor};
use signal_hook::consts::SIGINT;
use signal_hook::iterator::Signals;
use signal_hook::low_level;

use super::ahead::Ahead;
use super::core::{Flow, Repl, Setup, Streams};
use super::feed;
use super::helper::Assistant;
use super::loading::Loading;
use super::opening::Opening;
use super::settings::Screen;
use crate::engine::{Cancel, config_folder, state_folder};
use crate::output::escape;

const PROMPT: &str = "gtq> ";

/// Inputs that are remembered.
const HISTORY: usize = 2000;

/// How long the prompt may wait for the trace: what is none shows at once.
const PATIENCE: Duration = Duration::from_millis(20);

/// Talks with whoever is at the terminal until they leave.
///
/// # Errors
/// When the terminal can't be used, or it shows at once that the trace can't be opened.
pub fn converse(setup: Setup) -> Result<(), String> {
    let mut repl = Repl::soon(setup);
    repl.prompts = true;
    repl.settings.timer = !repl.preset().quiet;
    repl.settings.pager = true;
    let color = repl.color();
    let moved = Arc::new(AtomicBool::new(false));
    let mut editor = editor(color).map_err(|e| e.to_string())?;
    editor.set_helper(Some(Assistant::new(color, moved.clone())));
    let history = state_folder().map(|folder| folder.join("history"));
    // Without a file there is only the history of this session.
    if let Some(path) = &history {
        let _ = path.parent().map(std::fs::create_dir_all);
        let _ = editor.load_history(path);
    }
    repl.remember(editor.history().iter().cloned().collect::<Vec<_>>());
    repl.opening().wait_for(PATIENCE)?;
    let busy = stop_on_interrupt(repl.cancel(), repl.paging().clone()).map_err(|e| e.to_string())?;
    let (mut out, mut err) = (io::stdout(), io::stderr());
    let mut streams = Streams { out: &mut out, err: &mut err };
    busy.store(BUSY, Ordering::Relaxed);
    if read_settings(&mut repl, &mut streams) == Flow::Leave {
        return Ok(());
    }
    busy.store(IDLE, Ordering::Relaxed);
    let greeting = greeting(&repl);
    if !repl.preset().quiet {
        writeln!(streams.out, "{}", repl.dim(&greeting)).map_err(|e| e.to_string())?;
    }
    let mut opening: Option<Opening> = None;
    loop {
        let is_new = opening.as_ref().is_none_or(|opening| !opening.is(repl.opening()));
        opening = Some(repl.opening().clone());
        if let Some(assistant) = editor.helper_mut() {
            assistant.declared = repl.declared();
            assistant.size = repl.screen().map_or(Screen::USUAL, Screen::size);
            if is_new {
                let loading = Loading::new(greeting.clone(), columns(&repl), moved.clone());
                assistant.values = Ahead::start(repl.opening().clone(), Arc::new(loading));
            }
        }
        let read = editor.readline(PROMPT);
        moved.store(true, Ordering::Relaxed);
        match read {
            Ok(input) => {
                if let Some(path) = &history {
                    let _ = editor.append_history(path);
                }
                busy.store(BUSY, Ordering::Relaxed);
                // Commands among the lines of a paste have lines of their own.
                let has_commands = input.lines().skip(1).any(|line| line.trim_start().starts_with('.'))
                    || input.trim_start().starts_with('.') && input.trim().contains('\n');
                let flow = if has_commands {
                    feed::read(&mut repl, input.as_bytes(), &mut streams).unwrap_or(Flow::Stay)
                } else {
                    repl.take(&input, &mut streams)
                };
                busy.store(IDLE, Ordering::Relaxed);
                if flow == Flow::Leave {
                    return Ok(());
                }
            }
            Err(ReadlineError::Interrupted) => {}
            Err(ReadlineError::Eof) => return Ok(()),
            // Bytes that are no text.
            Err(ReadlineError::Io(e)) if e.kind() == io::ErrorKind::InvalidData => {}
            Err(e) => return Err(format!("can't read from the terminal: {e}")),
        }
    }
}

fn editor(color: bool) -> rustyline::Result<Editor<Assistant, FileHistory>> {
    let config = Config::builder()
        .completion_type(CompletionType::List)
        .completion_show_all_if_ambiguous(true)
        // The helper gives no more than the screen has lines.
        .completion_prompt_limit(usize::MAX)
        .auto_add_history(true)
        .color_mode(if color { ColorMode::Enabled } else { ColorMode::Disabled })
        .max_history_size(HISTORY)?
        .build();
    Editor::with_config(config)
}

fn greeting(repl: &Repl) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let trace = match repl.trace() {
        Some(path) => escape::terminal(&path.display().to_string()).into_owned(),
        None => "no trace is open, .open FILE opens one".to_owned(),
    };
    format!("gtq {version}: {trace}; .help lists the commands")
}

/// Columns of the terminal, if it can show how far something is.
fn columns(repl: &Repl) -> usize {
    repl.screen().filter(|screen| screen.color && !repl.preset().quiet).map_or(0, |screen| screen.size().0)
}

/// Reads the user's file of commands and declarations, if there is one.
fn read_settings(repl: &mut Repl, streams: &mut Streams<'_>) -> Flow {
    let Some(path) = config_folder().map(|folder| folder.join("rc")).filter(|path| path.is_file()) else {
        return Flow::Stay;
    };
    feed::read_file(repl, &path, streams).unwrap_or_else(|problem| repl.tell(problem, streams))
}

/// Nothing is being done.
const IDLE: u8 = 0;
/// An input is being done.
const BUSY: u8 = 1;
/// It was told to stop.
const ASKED: u8 = 2;

/// Lets Ctrl-C stop what is being done; the second one ends the program, should that not be enough. At the prompt the line
/// editor takes it itself, and in a pager the pager.
fn stop_on_interrupt(cancel: Cancel, paging: Arc<AtomicBool>) -> io::Result<Arc<AtomicU8>> {
    let busy = Arc::new(AtomicU8::new(IDLE));
    let mut signals = Signals::new([SIGINT])?;
    let state = busy.clone();
    thread::spawn(move || {
        for signal in &mut signals {
            match state.load(Ordering::Relaxed) {
                _ if paging.load(Ordering::Relaxed) => {}
                BUSY => {
                    state.store(ASKED, Ordering::Relaxed);
                    cancel.cancel();
                }
                ASKED => drop(low_level::emulate_default_handler(signal)),
                _ => {}
            }
        }
    });
    Ok(busy)
}

//! The edge to a terminal: reads inputs with a line editor, and stops queries on Ctrl-C.

use std::io::{self, BufReader};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{ColorMode, CompletionType, Config, Editor};
use signal_hook::consts::SIGINT;
use signal_hook::iterator::Signals;

use super::ahead::Ahead;
use super::core::{Flow, Repl, Streams};
use super::feed;
use super::helper::Assistant;
use super::loading::Loading;
use crate::engine::{Cancel, Session, config_folder, state_folder};
use crate::output::escape;

const PROMPT: &str = "gtq> ";

/// Inputs that are remembered.
const HISTORY: usize = 2000;

/// Talks with whoever is at the terminal until they leave.
///
/// # Errors
/// When the terminal can't be used.
pub fn converse(repl: &mut Repl) -> io::Result<()> {
    let color = repl.color();
    let config = Config::builder()
        .completion_type(CompletionType::List)
        .completion_show_all_if_ambiguous(true)
        .auto_add_history(true)
        .color_mode(if color { ColorMode::Enabled } else { ColorMode::Disabled })
        .max_history_size(HISTORY)
        .map_err(io::Error::other)?
        .build();
    let mut editor: Editor<Assistant, FileHistory> = Editor::with_config(config).map_err(io::Error::other)?;
    let moved = Arc::new(AtomicBool::new(false));
    editor.set_helper(Some(Assistant::new(color, moved.clone())));
    let history = state_folder().map(|folder| folder.join("history"));
    // Without a file there is only the history of this session.
    if let Some(path) = &history {
        let _ = path.parent().map(std::fs::create_dir_all);
        let _ = editor.load_history(path);
    }
    repl.remember(editor.history().iter().cloned().collect::<Vec<_>>());
    let stop = stop_on_interrupt()?;
    let (mut out, mut err) = (io::stdout(), io::stderr());
    let mut streams = Streams { out: &mut out, err: &mut err };
    if read_settings(repl, &mut streams)? == Flow::Leave {
        return Ok(());
    }
    let greeting = greeting(repl);
    if !repl.preset().quiet {
        writeln!(streams.out, "{}", repl.dim(&greeting))?;
    }
    let mut session: Option<Arc<Session>> = None;
    loop {
        let opened = session.as_ref().is_none_or(|session| !Arc::ptr_eq(session, &repl.session));
        session = Some(repl.session.clone());
        if let Some(assistant) = editor.helper_mut() {
            assistant.declared = repl.declared();
            if opened {
                let loading = Loading::new(greeting.clone(), columns(repl), moved.clone());
                assistant.values = Ahead::start(repl.session.clone(), Arc::new(loading));
            }
        }
        let read = editor.readline(PROMPT);
        moved.store(true, Ordering::Relaxed);
        match read {
            Ok(input) => {
                if let Some(path) = &history {
                    let _ = editor.append_history(path);
                }
                *stop.lock().unwrap_or_else(PoisonError::into_inner) = Some(repl.cancel());
                let flow = repl.take(&input, &mut streams);
                *stop.lock().unwrap_or_else(PoisonError::into_inner) = None;
                if flow == Flow::Leave {
                    break;
                }
            }
            Err(ReadlineError::Interrupted) => {}
            Err(ReadlineError::Eof) => break,
            Err(e) => return Err(io::Error::other(e)),
        }
    }
    Ok(())
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
fn read_settings(repl: &mut Repl, streams: &mut Streams<'_>) -> io::Result<Flow> {
    let Some(path) = config_folder().map(|folder| folder.join("rc")).filter(|path| path.is_file()) else {
        return Ok(Flow::Stay);
    };
    let text = std::fs::read(&path)?;
    repl.reading += 1;
    let flow = feed::read(repl, BufReader::new(text.as_slice()), streams);
    repl.reading -= 1;
    flow
}

/// What Ctrl-C stops at the moment.
type Stop = Arc<Mutex<Option<Cancel>>>;

/// Lets Ctrl-C stop what is running. At the prompt the line editor takes it itself.
fn stop_on_interrupt() -> io::Result<Stop> {
    let stop = Stop::default();
    let mut signals = Signals::new([SIGINT])?;
    let running = stop.clone();
    thread::spawn(move || {
        for _ in &mut signals {
            if let Some(cancel) = &*running.lock().unwrap_or_else(PoisonError::into_inner) {
                cancel.cancel();
            }
        }
    });
    Ok(stop)
}

//! The edge to a terminal: reads inputs with a line editor, and stops queries on Ctrl-C.

use std::io::{self, BufReader, Write as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use rustyline::config::Configurer as _;
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{ColorMode, CompletionType, Config, Editor};
use signal_hook::consts::SIGINT;
use signal_hook::iterator::Signals;

use super::core::{Flow, Repl, Streams};
use super::feed;
use super::helper::Assistant;
use super::values::KnownValues;
use crate::engine::{Cancel, config_folder, state_folder};
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
    editor.set_helper(Some(Assistant::new(color)));
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
    if !repl.preset().quiet {
        greet(repl, &mut streams)?;
    }
    if read_settings(repl, &mut streams)? == Flow::Leave {
        return Ok(());
    }
    let mut trace = None;
    loop {
        if let Some(assistant) = editor.helper_mut() {
            assistant.declared = repl.declared();
            if trace.as_deref() != repl.trace() {
                trace = repl.trace().map(ToOwned::to_owned);
                assistant.values = trace
                    .as_deref()
                    .map(|path| KnownValues::of(path, repl.limits().memory))
                    .unwrap_or_default();
            }
        }
        match editor.readline(PROMPT) {
            Ok(input) => {
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
    if let Some(path) = &history {
        let _ = editor.append_history(path);
    }
    Ok(())
}

fn greet(repl: &Repl, streams: &mut Streams<'_>) -> io::Result<()> {
    let version = env!("CARGO_PKG_VERSION");
    let trace = match repl.trace() {
        Some(path) => escape::terminal(&path.display().to_string()).into_owned(),
        None => "no trace is open, .open FILE opens one".to_owned(),
    };
    writeln!(streams.out, "{}", repl.dim(&format!("gtq {version}: {trace}; .help lists the commands")))
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

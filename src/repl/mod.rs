//! The interactive session: statements and dot commands in, results out.
//!
//! [`Repl`] takes one input at a time and writes to what it is given, so that it works the same at a prompt, in a pipe and
//! in a test. `prompt` is the edge to a terminal, `feed` that to lines of text. It has no logic of its own: the engine
//! compiles and runs, `ide` knows what is being typed, `output` writes.
//!
//! Does *not* know: arguments of the command line, traces.

mod ahead;
mod cache;
mod commands;
mod core;
mod declarations;
mod feed;
mod helper;
mod loading;
mod opening;
mod pager;
mod prompt;
mod results;
mod settings;

pub use core::{Flow, Repl, Setup, Streams};
pub use feed::read;
pub use prompt::converse;
pub use settings::{Preset, Screen};

//! What is known of the terminal, and how to speak to people on it.

use std::error::Error as _;
use std::io::{self, IsTerminal, Write};

use crate::diag::Diagnostic;
use crate::engine::Compiled;
use crate::output::escape;
use crate::output::report::{self, Source};

/// Standard output and standard error, as far as their being terminals matters.
pub(super) struct Terminal {
    /// Columns of standard output; None: it is no terminal.
    pub(super) width: Option<usize>,
    /// Whether standard output takes colours.
    pub(super) color: bool,
    error_color: bool,
    pub(super) shows_progress: bool,
}

impl Terminal {
    pub(super) fn new() -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let plain = set("NO_COLOR") || std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let stdout = io::stdout().is_terminal();
        let stderr = io::stderr().is_terminal();
        let width = terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0));
        Self {
            width: width.filter(|_| stdout),
            color: stdout && !plain,
            error_color: stderr && !plain,
            shows_progress: stderr,
        }
    }

    /// Says why the program fails.
    pub(super) fn error(&self, message: &str) {
        let label = if self.error_color { "\u{1b}[1;31merror\u{1b}[0m" } else { "error" };
        say(label, message);
    }

    pub(super) fn warning(&self, message: &str) {
        let label = if self.error_color { "\u{1b}[1;33mwarning\u{1b}[0m" } else { "warning" };
        say(label, message);
    }

    /// Shows what is wrong with a query.
    pub(super) fn diagnostics(&self, compiled: &Compiled) {
        if !compiled.diagnostics.is_empty() {
            let sources: Vec<Source<'_>> =
                compiled.sources().map(|(name, text)| Source { name, text }).collect();
            print(&report::render(&sources, &compiled.diagnostics, self.error_color));
        }
    }

    /// Shows what is wrong with a text that was only parsed.
    pub(super) fn mistakes(&self, name: &str, text: &str, diagnostics: &[Diagnostic]) {
        print(&report::render(&[Source { name, text }], diagnostics, self.error_color));
    }
}

/// Shows a page of help, or what is wrong with the arguments; gives the exit code.
pub(super) fn usage(error: &clap::Error) -> u8 {
    // An argument may be the name of a file, which is anybody's.
    let typed = error.context().map(|(_, value)| value.to_string());
    let is_unsafe = |c: char| c != '\n' && escape::is_unsafe(c);
    if typed.chain(error.source().map(ToString::to_string)).any(|text| text.contains(is_unsafe)) {
        for line in error.render().to_string().lines() {
            print(&format!("{}\n", escape::terminal(line)));
        }
    } else {
        // Nothing can be done where standard error itself fails.
        let _ = error.print();
    }
    if error.use_stderr() { 2 } else { 0 }
}

fn say(label: &str, message: &str) {
    print(&format!("{label}: {}\n", escape::terminal(message)));
}

/// Nothing can be done where standard error itself fails.
fn print(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

//! What is known of the terminal, and how to speak to people on it.

use std::error::Error as _;
use std::io::{self, IsTerminal, Write};

use super::args::{Color, Speech};
use crate::diag::Diagnostic;
use crate::engine::Compiled;
use crate::output::escape;
use crate::output::report::{self, Source};

/// Standard output and standard error, as far as their being terminals matters.
#[expect(clippy::struct_excessive_bools, reason = "facts that do not depend on each other")]
pub(super) struct Terminal {
    /// Columns of standard output; None: it is no terminal.
    pub(super) width: Option<usize>,
    /// Whether standard output takes colours.
    pub(super) color: bool,
    pub(super) error_color: bool,
    pub(super) shows_progress: bool,
    /// Whether nothing is said beside results and errors.
    pub(super) quiet: bool,
}

impl Terminal {
    pub(super) fn new(speech: &Speech) -> Self {
        let stdout = io::stdout().is_terminal();
        let stderr = io::stderr().is_terminal();
        let width = terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0));
        let color = speech.color.unwrap_or(Color::Auto);
        let environment = |name: &str| std::env::var(name).ok();
        Self {
            width: width.filter(|_| stdout),
            color: colored(color, stdout, &environment),
            error_color: colored(color, stderr, &environment),
            shows_progress: stderr && !speech.quiet,
            quiet: speech.quiet,
        }
    }

    /// Says why the program fails.
    pub(super) fn error(&self, message: &str) {
        let label = if self.error_color { "\u{1b}[1;31merror\u{1b}[0m" } else { "error" };
        say(label, message);
    }

    pub(super) fn warning(&self, message: &str) {
        if self.quiet {
            return;
        }
        let label = if self.error_color { "\u{1b}[1;33mwarning\u{1b}[0m" } else { "warning" };
        say(label, message);
    }

    /// Shows what is wrong with a query.
    pub(super) fn diagnostics(&self, compiled: &Compiled) {
        let shown = compiled.diagnostics.iter().filter(|diagnostic| diagnostic.is_error() || !self.quiet);
        let diagnostics: Vec<Diagnostic> = shown.cloned().collect();
        if !diagnostics.is_empty() {
            let sources: Vec<Source<'_>> =
                compiled.sources().map(|(name, text)| Source { name, text }).collect();
            print(&report::render(&sources, &diagnostics, self.error_color));
        }
    }

    /// Shows what is wrong with a text that was only parsed.
    pub(super) fn mistakes(&self, name: &str, text: &str, diagnostics: &[Diagnostic]) {
        print(&report::render(&[Source { name, text }], diagnostics, self.error_color));
    }
}

/// Whether a stream takes colours: what the user chose for gtq counts for more than what is chosen for all programs
/// (<https://no-color.org>, <https://bixense.com/clicolors>).
fn colored(color: Color, is_terminal: bool, environment: &dyn Fn(&str) -> Option<String>) -> bool {
    let set = |name: &str| environment(name).filter(|value| !value.is_empty());
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if set("NO_COLOR").is_some() => false,
        Color::Auto if set("CLICOLOR_FORCE").is_some_and(|value| value != "0") => true,
        Color::Auto => {
            let off = set("CLICOLOR").is_some_and(|value| value == "0");
            is_terminal && !off && set("TERM").is_none_or(|term| term != "dumb")
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors() {
        let auto = |set: &[(&str, &str)], is_terminal| {
            let environment = |name: &str| {
                let found = set.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            let forced = colored(Color::Always, is_terminal, &environment);
            let forbidden = colored(Color::Never, is_terminal, &environment);
            assert!(forced && !forbidden, "{set:?}");
            colored(Color::Auto, is_terminal, &environment)
        };
        // Each with what it comes to on a terminal and elsewhere.
        for (set, on_terminal, elsewhere) in [
            (&[][..], true, false),
            (&[("NO_COLOR", "")], true, false),
            (&[("NO_COLOR", "1")], false, false),
            (&[("NO_COLOR", "0")], false, false),
            (&[("CLICOLOR", "0")], false, false),
            (&[("CLICOLOR", "1")], true, false),
            (&[("CLICOLOR_FORCE", "1")], true, true),
            (&[("CLICOLOR_FORCE", "0")], true, false),
            (&[("CLICOLOR_FORCE", "")], true, false),
            (&[("CLICOLOR_FORCE", "1"), ("CLICOLOR", "0")], true, true),
            (&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false, false),
            (&[("TERM", "dumb")], false, false),
            (&[("TERM", "dumb"), ("CLICOLOR_FORCE", "1")], true, true),
        ] {
            assert_eq!((auto(set, true), auto(set, false)), (on_terminal, elsewhere), "{set:?}");
        }
    }
}

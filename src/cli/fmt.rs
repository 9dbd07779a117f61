//! `gtq fmt [--check] [FILE…|-]`.

use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::Failure;
use super::terminal::Terminal;
use crate::engine;
use crate::ide;

/// What became of a text.
enum Outcome {
    AsItWas,
    Other,
    /// Why has been said.
    Wrong,
    Unreadable,
}

pub(super) fn fmt(files: &[PathBuf], check: bool, terminal: &Terminal) -> Result<(), Failure> {
    let stdin = [PathBuf::from("-")];
    let files = if files.is_empty() { &stdin } else { files };
    let mut outcomes = Vec::new();
    for file in files {
        outcomes.push(one(file, check, terminal)?);
    }
    let any = |wanted: fn(&Outcome) -> bool| outcomes.iter().any(wanted);
    if any(|outcome| matches!(outcome, Outcome::Unreadable)) {
        return Err(Failure::Said(2));
    }
    let failed = any(|outcome| matches!(outcome, Outcome::Wrong));
    let differs = check && any(|outcome| matches!(outcome, Outcome::Other));
    if failed || differs { Err(Failure::Said(1)) } else { Ok(()) }
}

/// Formats a file in its place, or standard input to standard output; or says what would change.
fn one(path: &Path, check: bool, terminal: &Terminal) -> Result<Outcome, Failure> {
    let is_stdin = path.as_os_str() == "-";
    let name = if is_stdin { "<stdin>".to_owned() } else { path.display().to_string() };
    let text = if is_stdin { read_stdin() } else { engine::read_queries(path) };
    let text = match text {
        Ok(text) => text,
        Err(problem) => {
            terminal.error(&format!("can't read {name}: {problem}"));
            return Ok(Outcome::Unreadable);
        }
    };
    let formatted = match ide::format(&text) {
        Ok(formatted) => formatted,
        Err(diagnostics) => {
            terminal.mistakes(&name, &text, &diagnostics);
            return Ok(Outcome::Wrong);
        }
    };
    let same = formatted == text;
    if check && !same {
        io::stdout().write_all(difference(&name, &text, &formatted).as_bytes())?;
    } else if !check && is_stdin {
        io::stdout().write_all(formatted.as_bytes())?;
    } else if !check && !same {
        std::fs::write(path, &formatted)
            .map_err(|e| Failure::Usage(format!("can't write {}: {e}", path.display())))?;
    }
    Ok(if same { Outcome::AsItWas } else { Outcome::Other })
}

fn read_stdin() -> Result<String, String> {
    let mut bytes = Vec::new();
    io::stdin().read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    String::from_utf8(bytes).map_err(|_| "it is no text in UTF-8".into())
}

/// The lines from the first to the last that differ.
fn difference(name: &str, old: &str, new: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let before = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let (old, new) = (&old[before..], &new[before..]);
    let behind = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
    let mut text = format!("{name}:{}\n", before + 1);
    for (mark, lines) in [('-', &old[..old.len() - behind]), ('+', &new[..new.len() - behind])] {
        for line in lines {
            text.push_str(&format!("{mark}{line}\n"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::difference;

    #[test]
    fn differences() {
        assert_eq!(difference("x", "a\nb\nc\nd\n", "a\nB\nc\nd\n"), "x:2\n-b\n+B\n");
        assert_eq!(difference("x", "a\nb\n", "a\nb\nc\n"), "x:3\n+c\n");
        assert_eq!(difference("x", "a\na\n", "a\n"), "x:2\n-a\n");
        assert_eq!(difference("x", "a", "a\n"), "x:2\n");
    }
}

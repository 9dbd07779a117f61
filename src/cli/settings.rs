//! What the user has set for every run: variables `GTQ_…`, and keys of a file `config.toml`.

use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::ValueEnum as _;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::args::{Color, parse_rows, parse_size, parse_threads};
use crate::engine;
use crate::output::{Format, UnknownFormat};
use crate::syntax::similar::closest;

/// Reads the value of a setting.
type Set = fn(&mut Settings, &str) -> Result<(), String>;

/// Settings, by the names of the options that they stand for.
const KEYS: [(&str, Set); 7] = [
    ("color", |settings, value| parse_color(value).map(|color| settings.color = Some(color))),
    ("format", |settings, value| parse_format(value).map(|format| settings.format = Some(format))),
    ("max-rows", |settings, value| parse_rows(value).map(|rows| settings.max_rows = Some(rows))),
    ("memory-limit", |settings, value| parse_size(value).map(|size| settings.memory_limit = Some(size))),
    ("quiet", |settings, value| parse_switch(value).map(|quiet| settings.quiet = Some(quiet))),
    ("strict", |settings, value| parse_switch(value).map(|strict| settings.strict = Some(strict))),
    ("threads", |settings, value| parse_threads(value).map(|threads| settings.threads = Some(threads))),
];

/// None: not set.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Settings {
    pub(super) color: Option<Color>,
    pub(super) format: Option<Format>,
    pub(super) max_rows: Option<usize>,
    pub(super) memory_limit: Option<usize>,
    pub(super) quiet: Option<bool>,
    pub(super) strict: Option<bool>,
    pub(super) threads: Option<NonZeroUsize>,
}

impl Settings {
    /// Those of whoever runs the program. A variable counts for more than the file.
    pub(super) fn of_user() -> Result<Self, String> {
        let mut settings = Self::default();
        let named = variable("GTQ_CONFIG")?.map(PathBuf::from);
        let usual = || engine::config_folder().map(|folder| folder.join("config.toml"));
        let is_named = named.is_some();
        if let Some(path) = named.or_else(usual) {
            match std::fs::read_to_string(&path) {
                Ok(text) => settings.read(&path, &text)?,
                Err(e) if e.kind() == io::ErrorKind::NotFound && !is_named => {}
                Err(e) => return Err(format!("can't read {}: {e}", path.display())),
            }
        }
        for (key, set) in KEYS {
            let name = format!("GTQ_{}", key.to_ascii_uppercase().replace('-', "_"));
            if let Some(value) = variable(&name)? {
                set(&mut settings, &value).map_err(|problem| format!("{name}: {problem}"))?;
            }
        }
        Ok(settings)
    }

    /// Takes a file's keys.
    fn read(&mut self, path: &Path, text: &str) -> Result<(), String> {
        let at = |offset: usize, problem: &str| {
            let line = 1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count();
            format!("{}:{line}: {problem}", path.display())
        };
        let table = DeTable::parse(text)
            .map_err(|e| at(e.span().map_or(0, |span| span.start), e.message()))?
            .into_inner();
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        for (key, value) in entries {
            let set = find(key.get_ref()).and_then(|set| {
                let set = word(value).and_then(|word| set(self, word));
                set.map_err(|problem| format!("{}: {problem}", key.get_ref()))
            });
            set.map_err(|problem| at(key.span().start, &problem))?;
        }
        Ok(())
    }
}

fn find(key: &str) -> Result<Set, String> {
    if let Some((_, set)) = KEYS.iter().find(|(known, _)| *known == key) {
        return Ok(*set);
    }
    let names = KEYS.map(|(name, _)| name);
    let near = closest(key, names.into_iter()).map(|near| format!("did you mean `{near}`? "));
    Err(format!("there is no setting `{key}`; {}there are {}", near.unwrap_or_default(), names.join(", ")))
}

/// A variable's value; None: it is not set, or empty.
fn variable(name: &str) -> Result<Option<String>, String> {
    match std::env::var(name) {
        Ok(value) => Ok(Some(value).filter(|value| !value.is_empty())),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => Err(format!("{name} is no text in UTF-8")),
    }
}

/// A value of the file, as it would be written in a variable.
fn word<'v>(value: &'v Spanned<DeValue<'_>>) -> Result<&'v str, String> {
    match value.get_ref() {
        DeValue::String(text) => Ok(text),
        DeValue::Integer(number) if number.radix() == 10 => Ok(number.as_str()),
        DeValue::Boolean(true) => Ok("true"),
        DeValue::Boolean(false) => Ok("false"),
        _ => Err("its value is a text, a whole number, true or false".to_owned()),
    }
}

fn parse_color(value: &str) -> Result<Color, String> {
    Color::from_str(value, false).map_err(|_| format!("`{value}` is none of auto, always and never"))
}

fn parse_format(value: &str) -> Result<Format, String> {
    value.parse().map_err(|e: UnknownFormat| e.to_string())
}

fn parse_switch(value: &str) -> Result<bool, String> {
    match value {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(format!("`{value}` is neither true nor false")),
    }
}

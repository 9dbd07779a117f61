//! Saved queries by name: in `queries/` folders from here upward, in the user's own folder, in the standard library.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::modules::{Origin, read, read_regular};
use super::prepare::{Compiled, compile};
use crate::library;
use crate::sema::{ParamValue, SavedQuery};
use crate::syntax::print::name_text;
use crate::syntax::similar::closest;

/// Where saved queries are looked up, beside the standard library.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shelves {
    /// Folders of `.gtq` files, the nearest first.
    folders: Vec<PathBuf>,
}

/// A text of saved queries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedText {
    pub origin: Origin,
    pub text: String,
}

/// A saved query that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundQuery {
    pub text: SavedText,
    pub compiled: Compiled,
    /// None: the text declares no query, and its statements are what to run.
    pub query: Option<SavedQuery>,
}

impl FoundQuery {
    /// A text that asks the same, with values for parameters.
    pub fn call(&self, values: &[ParamValue]) -> String {
        let Some(query) = &self.query else { return self.text.text.clone() };
        let (module, name) = (name_text(&stem(&self.text.origin)), name_text(&query.name));
        let arguments = query.arguments(values);
        match &self.text.origin {
            Origin::Typed => format!("from {name}({arguments})"),
            Origin::Library(_) => format!("use std.{module};\nfrom {module}.{name}({arguments})"),
            Origin::File(path) => {
                let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
                let path = path.display().to_string().replace('\'', "''");
                format!("use '{path}' as {module};\nfrom {module}.{name}({arguments})")
            }
        }
    }
}

impl Shelves {
    /// Those of whoever runs the program, from the current folder.
    pub fn of_user() -> Self {
        let current = std::env::current_dir().unwrap_or_default();
        Self::from(&current, config_folder().map(|folder| folder.join("queries")))
    }

    /// The folders `queries/` of `current` and those above it, then `config`, which is the user's own.
    pub fn from(current: &Path, config: Option<PathBuf>) -> Self {
        let above = current.ancestors().map(|folder| folder.join("queries"));
        Self { folders: above.chain(config).filter(|folder| folder.is_dir()).collect() }
    }

    /// All texts, the nearest first.
    pub fn texts(&self) -> Vec<SavedText> {
        let mut texts: Vec<SavedText> = Vec::new();
        for folder in &self.folders {
            let Ok(entries) = folder.read_dir() else { continue };
            let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
            paths.sort();
            for path in paths.into_iter().filter(|path| path.extension().is_some_and(|e| e == "gtq")) {
                if let Ok(text) = read_regular(&path) {
                    texts.push(SavedText { origin: Origin::File(path), text });
                }
            }
        }
        texts.extend(library::modules().map(|(name, text)| SavedText {
            origin: Origin::Library(name.to_owned()),
            text: text.to_owned(),
        }));
        // A nearer text hides others of its name.
        let mut names = HashSet::new();
        texts.retain(|text| names.insert(stem(&text.origin)));
        texts
    }

    /// Finds `NAME`, `FILE`, or either with `:QUERY` behind it.
    ///
    /// # Errors
    /// What to tell the user when there is none, or more than one that could be meant.
    pub fn find(&self, wanted: &str) -> Result<FoundQuery, String> {
        if let Some((file, query)) = file_and_query(wanted) {
            let text = read(&file).map_err(|e| format!("can't read {}: {e}", file.display()))?;
            return choose(SavedText { origin: Origin::File(file), text }, query);
        }
        let (name, query) =
            wanted.split_once(':').map_or((wanted, None), |(name, query)| (name, Some(query)));
        let texts = self.texts();
        if let Some(text) = texts.iter().find(|text| stem(&text.origin) == name) {
            let text = text.clone();
            return choose(text, query);
        }
        if query.is_none() {
            // The name of a query in a text of another name.
            for text in &texts {
                if !text.text.contains(name) {
                    continue;
                }
                let compiled = compile(&text.text, &text.origin);
                let found = compiled.saved_queries().into_iter().find(|query| query.name == name);
                if let Some(query) = found {
                    return Ok(FoundQuery { text: text.clone(), compiled, query: Some(query) });
                }
            }
        }
        Err(no_such(name, &texts))
    }
}

impl SavedText {
    /// The queries that it declares, each with the name by which it is run.
    pub fn queries(&self) -> Vec<(String, SavedQuery)> {
        let own = stem(&self.origin);
        let named = |query: SavedQuery| {
            let name = if query.name == own { own.clone() } else { format!("{own}:{}", query.name) };
            (name, query)
        };
        compile(&self.text, &self.origin).saved_queries().into_iter().map(named).collect()
    }
}

/// The user's folder of settings of gtq.
pub fn config_folder() -> Option<PathBuf> {
    user_folder("XDG_CONFIG_HOME", ".config")
}

/// The user's folder for what gtq remembers.
pub fn state_folder() -> Option<PathBuf> {
    user_folder("XDG_STATE_HOME", ".local/state")
}

fn user_folder(variable: &str, in_home: &str) -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = set(variable).or_else(|| set("HOME").map(|home| home.join(in_home)));
    folder.map(|folder| folder.join("gtq"))
}

/// A path, and a query's name behind a `:`, if it is a file that is meant.
fn file_and_query(wanted: &str) -> Option<(PathBuf, Option<&str>)> {
    let is_file = |text: &str| {
        text.contains(['/', '\\'])
            || Path::new(text).extension().is_some_and(|e| e.eq_ignore_ascii_case("gtq"))
    };
    match wanted.rsplit_once(':') {
        Some((file, query)) if is_file(file) && !is_file(query) => Some((file.into(), Some(query))),
        _ => is_file(wanted).then(|| (wanted.into(), None)),
    }
}

/// A text's name: that of its file, without the ending.
fn stem(origin: &Origin) -> String {
    match origin {
        Origin::Typed => String::new(),
        Origin::File(path) => {
            path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
        }
        Origin::Library(name) => name.clone(),
    }
}

/// The query of a text that is meant: the one named, the one called like the text, or the only one.
fn choose(text: SavedText, wanted: Option<&str>) -> Result<FoundQuery, String> {
    let compiled = compile(&text.text, &text.origin);
    let queries = compiled.saved_queries();
    let names: Vec<String> = queries.iter().map(|query| query.name.clone()).collect();
    let list = names.join(", ");
    let origin = &text.origin;
    let query = match wanted {
        Some(wanted) => match queries.into_iter().rfind(|query| query.name == wanted) {
            Some(query) => Some(query),
            None if names.is_empty() => return Err(format!("{origin} declares no queries")),
            None => return Err(format!("{origin} has no query `{wanted}`; it has {list}")),
        },
        None if queries.len() > 1 => {
            let own = stem(origin);
            match queries.into_iter().find(|query| query.name == own) {
                Some(query) => Some(query),
                None => {
                    let named = if matches!(origin, Origin::File(_)) { origin.to_string() } else { own };
                    return Err(format!(
                        "{origin} has several queries: say which, like {named}:{}; it has {list}",
                        names[0]
                    ));
                }
            }
        }
        None => queries.into_iter().next(),
    };
    Ok(FoundQuery { text, compiled, query })
}

fn no_such(name: &str, texts: &[SavedText]) -> String {
    let mut names: Vec<String> = Vec::new();
    for text in texts {
        names.push(stem(&text.origin));
        let compiled = compile(&text.text, &text.origin);
        names.extend(compiled.saved_queries().into_iter().map(|query| query.name));
    }
    match closest(name, names.iter().map(String::as_str)) {
        Some(near) => format!("there is no saved query `{name}`; did you mean `{near}`?"),
        None => format!("there is no saved query `{name}`; `gtq run` lists them"),
    }
}

//! Reads the modules that a text uses: files beside it, and the standard library.

use std::fs::File;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

use crate::diag::{Diagnostic, SourceId, Span};
use crate::library;
use crate::sema::codes::{IMPORT_CYCLE, UNKNOWN_MODULE};
use crate::sema::{Module, Program};
use crate::syntax;
use crate::syntax::ast::{StatementKind, UseTarget};
use crate::syntax::similar::closest;

/// The largest file that is read as a query: nobody writes one by hand, and a wrong name may lead to a trace.
const LARGEST: u64 = 16 << 20;

/// A text and all that it uses, parsed.
pub(super) struct Loaded {
    pub(super) program: Program,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// Where each module is from, in the order of the program's.
    pub(super) origins: Vec<Origin>,
}

/// Parses a text and all that it uses.
pub(super) fn load(text: &str, origin: &Origin) -> Loaded {
    let mut loader = Loader::default();
    loader.add(text.to_owned(), origin.clone());
    loader.visit(SourceId::default());
    Loaded { program: loader.program, diagnostics: loader.diagnostics, origins: loader.origins }
}

/// Where a text is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Somebody typed it: files that it uses are looked up from the current folder.
    Typed,
    File(PathBuf),
    /// A module of the standard library, by its name without `std.`.
    Library(String),
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Typed => f.write_str("<query>"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Library(name) => write!(f, "std.{name}"),
        }
    }
}

#[derive(Default)]
struct Loader {
    program: Program,
    diagnostics: Vec<Diagnostic>,
    /// Of each module, in the order of the program's.
    origins: Vec<Origin>,
    /// The modules on the way to the one being visited, each with the `use` in it that leads on.
    way: Vec<(SourceId, Span)>,
    done: Vec<SourceId>,
}

impl Loader {
    fn add(&mut self, text: String, origin: Origin) -> SourceId {
        let id = SourceId(self.program.modules.len());
        let (file, diagnostics) = syntax::parse(&text);
        self.diagnostics.extend(diagnostics.into_iter().map(|d| Diagnostic { source: id, ..d }));
        let (name, saved) = (origin.to_string(), origin != Origin::Typed);
        self.program.modules.push(Module { name, text, file, uses: Vec::new(), saved });
        self.origins.push(origin);
        id
    }

    /// Loads what a module uses, and what that uses.
    fn visit(&mut self, id: SourceId) {
        let uses: Vec<(usize, UseTarget, Span)> = {
            let statements = &self.program.modules[id.0].file.statements;
            let used = statements.iter().enumerate().filter_map(|(n, statement)| match &statement.kind {
                StatementKind::Use(used) => Some((n, used.target.clone(), statement.span)),
                _ => None,
            });
            used.collect()
        };
        for (index, target, span) in uses {
            let Some(used) = self.module(id, &target, span) else { continue };
            if used == id || self.way.iter().any(|(on_way, _)| *on_way == used) {
                self.cycle(id, span, used);
                continue;
            }
            self.program.modules[id.0].uses.push((index, used));
            if !self.done.contains(&used) {
                self.way.push((id, span));
                self.visit(used);
                self.way.pop();
            }
        }
        self.done.push(id);
        self.program.order.push(id);
    }

    fn cycle(&mut self, id: SourceId, span: Span, back_to: SourceId) {
        let circle = self.way.iter().skip_while(|(on_way, _)| *on_way != back_to);
        let names = circle.clone().map(|(on_way, _)| *on_way).chain([id, back_to]);
        let names: Vec<&str> = names.map(|id| self.program.modules[id.0].name.as_str()).collect();
        let mut diagnostic = Diagnostic::error(IMPORT_CYCLE, span, "files use each other in a circle")
            .note("this leads back to where it is used from")
            .hint(names.join(" → "));
        for (on_way, used) in circle {
            diagnostic = diagnostic.label_in(*on_way, *used, "it is used from here");
        }
        self.diagnostics.push(Diagnostic { source: id, ..diagnostic });
    }

    /// The module that a `use` means, read if it has not been.
    fn module(&mut self, from: SourceId, target: &UseTarget, span: Span) -> Option<SourceId> {
        let (origin, text) = match target {
            UseTarget::Module(path) => {
                let parts: Vec<&str> = path.iter().map(|part| part.text.as_str()).collect();
                let name = parts.strip_prefix(&["std"]).map(|rest| rest.join("."));
                let Some((name, text)) =
                    name.and_then(|name| library::module(&name).map(|text| (name, text)))
                else {
                    let path = path.first().zip(path.last()).map_or(span, |(a, b)| a.span.to(b.span));
                    self.unknown_module(from, &parts.join("."), span, path);
                    return None;
                };
                (Origin::Library(name), Ok(text.to_owned()))
            }
            UseTarget::File(file) if file.node.is_empty() => {
                // Where nothing stands at all, the parser has said so.
                if file.span.start == file.span.end {
                    return None;
                }
                let diagnostic =
                    Diagnostic::error(UNKNOWN_MODULE, file.span, "the path of a file is missing");
                let diagnostic = diagnostic.hint("like `use './lib/http.gtq' as http`");
                self.diagnostics.push(Diagnostic { source: from, ..diagnostic });
                return None;
            }
            UseTarget::File(file) => {
                let folder = match &self.origins[from.0] {
                    Origin::File(path) => path.parent().unwrap_or(Path::new("")).to_owned(),
                    Origin::Typed | Origin::Library(_) => PathBuf::new(),
                };
                let path = clean(&folder.join(&file.node));
                if let Some(known) = self.origins.iter().position(|origin| same_file(origin, &path)) {
                    return Some(SourceId(known));
                }
                let text = read_regular(&path);
                (Origin::File(path), text)
            }
        };
        if let Some(known) = self.origins.iter().position(|known| *known == origin) {
            return Some(SourceId(known));
        }
        match text {
            Ok(text) => Some(self.add(text, origin)),
            Err(problem) => {
                let span = if let UseTarget::File(file) = target { file.span } else { span };
                let diagnostic =
                    Diagnostic::error(UNKNOWN_MODULE, span, format!("can't read {origin}: {problem}"))
                        .hint("the path is relative to the file that it stands in");
                self.diagnostics.push(Diagnostic { source: from, ..diagnostic });
                None
            }
        }
    }

    fn unknown_module(&mut self, from: SourceId, full: &str, span: Span, path: Span) {
        let names: Vec<String> = library::modules().map(|(name, _)| format!("std.{name}")).collect();
        let diagnostic = Diagnostic::error(UNKNOWN_MODULE, span, format!("there is no module `{full}`"));
        let diagnostic = match closest(full, names.iter().map(String::as_str)) {
            Some(near) => diagnostic.note(format!("did you mean `{near}`?")).fix(path, near),
            None => diagnostic,
        };
        let diagnostic = diagnostic
            .hint(format!("the standard library has {}", names.join(", ")))
            .hint("a file is used by its path, in quotes: use './lib/http.gtq' as http");
        self.diagnostics.push(Diagnostic { source: from, ..diagnostic });
    }
}

fn same_file(origin: &Origin, path: &Path) -> bool {
    let Origin::File(known) = origin else { return false };
    clean(known) == path || known.canonicalize().is_ok_and(|a| path.canonicalize().is_ok_and(|b| a == b))
}

/// The path without `.` and, where that is safe, `..`: two ways to write one file are one module.
fn clean(path: &Path) -> PathBuf {
    let mut cleaned = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(cleaned.components().next_back(), Some(Component::Normal(_))) =>
            {
                cleaned.pop();
            }
            other => cleaned.push(other),
        }
    }
    cleaned
}

/// Reads a file of queries, or a pipe with one.
///
/// # Errors
/// When it can't be read, is no text, or far too large.
pub fn read(path: &Path) -> Result<String, String> {
    let file = File::open(path).map_err(|e| e.to_string())?;
    if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        return Err("it is a folder".into());
    }
    let mut bytes = Vec::new();
    // What is no regular file may have no end.
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    if bytes.len() as u64 > LARGEST {
        return Err("it is too large for a file of queries".into());
    }
    String::from_utf8(bytes).map_err(|_| "it is no text in UTF-8".into())
}

/// Reads what nobody named at the command line: it must be a file, for to open a pipe may take for ever.
pub(super) fn read_regular(path: &Path) -> Result<String, String> {
    let metadata = std::fs::metadata(path).map_err(|e| e.to_string())?;
    if !metadata.is_file() && !metadata.is_dir() {
        return Err("it is no regular file".into());
    }
    read(path)
}

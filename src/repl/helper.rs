//! What the line editor asks while somebody types.

use std::borrow::Cow;
use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustyline::completion::{Completer, FilenameCompleter, Pair};
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hint, Hinter};
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Context, Helper};
use unicode_width::UnicodeWidthStr as _;

use super::ahead::Ahead;
use super::commands::{self, Arguments, COMMANDS};
use super::core::find_saved;
use super::settings::Mode;
use crate::catalog;
use crate::diag::Span;
use crate::engine::{self, Origin, Shelves};
use crate::ide::{self, Completion, Document, Ending, HighlightKind};
use crate::output::escape;

/// Columns of a label in a list of completions, to which the others are aligned, and of a description at least.
const LABEL: usize = 40;
const LEAST: usize = 16;

/// Columns that the line editor leaves between completions, and lines that it needs beside them.
const GAP: usize = 2;
const BELOW: usize = 3;

pub(super) struct Assistant {
    /// What the session declares; stands before what is typed.
    pub(super) declared: String,
    pub(super) values: Ahead,
    /// Columns and lines of the screen.
    pub(super) size: (usize, usize),
    /// Whether something has been typed.
    typed: Arc<AtomicBool>,
    color: bool,
    files: FilenameCompleter,
    /// Where the cursor is on a bracket or behind one.
    bracket: Cell<Option<usize>>,
}

impl Assistant {
    pub(super) fn new(color: bool, typed: Arc<AtomicBool>) -> Self {
        let values = Ahead::default();
        let files = FilenameCompleter::new();
        Self { declared: String::new(), values, size: (0, 0), typed, color, files, bracket: Cell::new(None) }
    }

    /// What could stand at a place of the line that begins at `before`, with places in the line.
    fn completions(&self, document: &Document, before: usize, pos: usize) -> Vec<Completion> {
        let mut found = ide::completions(document, before + pos, &self.values);
        found.retain(|item| item.replace.start >= before);
        for item in &mut found {
            item.replace = Span::new(item.replace.start - before, item.replace.end - before);
        }
        found
    }

    /// The line behind what is declared, and where it begins.
    fn document(&self, line: &str) -> (Document, usize) {
        let (program, diagnostics) = engine::gather(&format!("{}{line}", self.declared), &Origin::Typed);
        (Document::new(program, diagnostics), self.declared.len())
    }
}

impl Helper for Assistant {}

impl Validator for Assistant {
    fn validate(&self, ctx: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let text = ctx.input();
        let is_command = text.trim_start().starts_with('.');
        // Who writes several lines may want one more: an empty one, or a semicolon, ends them.
        let has_lines = text.trim().contains('\n');
        let is_ended = text.trim_end().ends_with(';') || text.ends_with('\n');
        // Whoever can't find the end of a quote gets away by two empty lines.
        let gives_up = text.ends_with("\n\n");
        let goes_on = !is_command
            && !gives_up
            && !text.trim().is_empty()
            && (ide::ending(text) == Ending::Open || has_lines && !is_ended);
        Ok(if goes_on { ValidationResult::Incomplete } else { ValidationResult::Valid(None) })
    }
}

impl Completer for Assistant {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        pos: usize,
        context: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        self.typed.store(true, Ordering::Relaxed);
        if let Some((command, rest)) = line.get(..pos).and_then(command_before) {
            let start = pos - rest.len();
            return match command {
                None => Ok((start, self.shown(self.pairs(command_names(), rest), rest))),
                Some(command) if command.arguments == Arguments::Query => {
                    let query = line.find(char::is_whitespace).unwrap_or(pos).min(pos);
                    let rest = line.get(query..).unwrap_or_default();
                    let (start, found) = self.complete_query(rest, pos - query);
                    Ok((start + query, found))
                }
                Some(command) if command.arguments == Arguments::Files => {
                    let (start, mut found) = self.files.complete(line, pos, context)?;
                    found.retain(|file| !file.replacement.contains(escape::is_unsafe));
                    let typed = line.get(start..pos).unwrap_or_default();
                    Ok((start, self.shown(found, typed)))
                }
                Some(command) => {
                    let before = line.get(..start).unwrap_or_default();
                    let names = self.arguments(command.arguments, before);
                    Ok((start, self.shown(self.pairs(names, rest), rest)))
                }
            };
        }
        Ok(self.complete_query(line, pos))
    }
}

impl Assistant {
    /// What may stand behind a command and what is written of it.
    fn arguments(&self, arguments: Arguments, before: &str) -> Vec<(String, String)> {
        let plain = |name: &str| (name.to_owned(), String::new());
        match arguments {
            Arguments::None | Arguments::Query | Arguments::Files => Vec::new(),
            Arguments::Switch => ["on", "off"].map(plain).into(),
            Arguments::Modes => Mode::names().map(plain).collect(),
            Arguments::Commands => command_names(),
            Arguments::Tables => {
                let functions = catalog::table_functions().iter().map(|function| &function.table);
                let tables = catalog::tables().iter().chain(functions);
                tables.map(|table| (table.name.to_owned(), format!("a row per {}", table.row))).collect()
            }
            Arguments::SavedQueries => self.saved_or_params(before),
        }
    }

    /// The saved queries; behind the name of one, its parameters.
    fn saved_or_params(&self, before: &str) -> Vec<(String, String)> {
        let words: Vec<&str> = before.split_whitespace().skip(1).collect();
        let Some((&name, given)) = words.split_first() else {
            let own = engine::compile(&self.declared, &Origin::Typed).saved_queries();
            let own = own.into_iter().map(|query| (query.name.clone(), query));
            let others = Shelves::of_user().texts();
            let saved = own.chain(others.iter().flat_map(engine::SavedText::queries));
            return saved.map(|(name, query)| (name, query.summary())).collect();
        };
        // What stands behind a parameter is its value.
        if given.last().is_some_and(|word| word.starts_with("--") && !word.contains('=')) {
            return Vec::new();
        }
        let found = find_saved(self.declared.clone(), name).ok().and_then(|found| found.query);
        let params = found.map(|query| query.params).unwrap_or_default();
        let about = |param: &engine::SavedParam| match &param.default {
            Some(default) => format!("{} = {default}  {}", param.ty, param.doc),
            None => format!("{}  {}", param.ty, param.doc),
        };
        params.iter().map(|param| (format!("--{}", param.name), about(param))).collect()
    }

    fn pairs(&self, names: Vec<(String, String)>, typed: &str) -> Vec<Pair> {
        let wanted = names.into_iter().filter(|(name, _)| name.starts_with(typed));
        self.listed(wanted.map(|(name, about)| (name.clone(), name, about)).collect())
    }

    /// Labels, insertions and descriptions as a list, a line each where that fits.
    fn listed(&self, mut items: Vec<(String, String, String)>) -> Vec<Pair> {
        // Names may hold control characters, which the line editor would write as they are.
        items.retain(|(_, insert, _)| !insert.contains(escape::is_unsafe));
        let width = items.iter().map(|(label, ..)| label.width()).max().unwrap_or(0).min(LABEL);
        let room = self.size.0.saturating_sub(width + 2 * GAP + 1).max(LEAST);
        let items = items.into_iter().map(|(label, replacement, about)| {
            let (label, about) = (escape::terminal(&label), about.replace('\n', "; "));
            let about = escape::terminal(about.trim());
            let short: String = about.chars().take(room).collect();
            let more = if short.len() < about.len() { "…" } else { "" };
            let padding = " ".repeat(width.saturating_sub(label.width()));
            let display =
                if about.is_empty() { label.into() } else { format!("{label}{padding}  {short}{more}") };
            Pair { display, replacement }
        });
        items.collect()
    }

    fn complete_query(&self, line: &str, pos: usize) -> (usize, Vec<Pair>) {
        let (document, before) = self.document(line);
        let found = self.completions(&document, before, pos);
        let start = found.first().map_or(pos, |item| item.replace.start);
        let found = found.into_iter().filter(|item| item.replace.start == start);
        let items: Vec<(String, String, String)> = found
            .map(|item| {
                let about = match (item.detail.as_str(), item.documentation.lines().next()) {
                    ("", about) => about.unwrap_or_default().to_owned(),
                    (detail, _) => detail.to_owned(),
                };
                (item.label, item.insert, about)
            })
            .collect();
        let typed = line.get(start..pos).unwrap_or_default();
        (start, self.shown(self.listed(items), typed))
    }

    /// The first ones, as many as the screen has room for: the line editor would stop at each screenful, and take keys for
    /// answers.
    fn shown(&self, mut found: Vec<Pair>, typed: &str) -> Vec<Pair> {
        let (columns, lines) = self.size;
        let more = |count: usize| format!("… {count} more: type how it begins");
        let widths = found.iter().map(|pair| pair.display.width()).chain([more(found.len()).width()]);
        let width = widths.max().unwrap_or(0) + GAP;
        let room = (columns / width).max(1) * lines.saturating_sub(BELOW).max(1);
        if found.len() > room {
            let left = found.split_off(room - 1).len();
            // It stands for what has been typed, so that nothing is added to that.
            found.push(Pair { display: more(left), replacement: typed.to_owned() });
        }
        found
    }
}

/// The command that is being typed behind the last `.`: None while it is its name; with what is typed of the last word.
fn command_before(before: &str) -> Option<(Option<&'static commands::Command>, &str)> {
    let typed = before.trim_start().strip_prefix('.')?;
    match typed.split_once(char::is_whitespace) {
        None => Some((None, typed)),
        Some((name, rest)) => {
            let word = rest.rsplit(char::is_whitespace).next().unwrap_or_default();
            commands::find(name).map(|command| (Some(command), word))
        }
    }
}

fn command_names() -> Vec<(String, String)> {
    COMMANDS.iter().map(|command| (command.name.to_owned(), command.does.to_owned())).collect()
}

/// What is shown behind the cursor.
pub(super) struct Advice {
    shown: String,
    /// Whether it may be taken.
    taken: bool,
}

impl Hint for Advice {
    fn display(&self) -> &str {
        &self.shown
    }

    fn completion(&self) -> Option<&str> {
        self.taken.then_some(self.shown.as_str())
    }
}

impl Hinter for Assistant {
    type Hint = Advice;

    /// The rest of the only word that fits, or the call that is being written.
    fn hint(&self, line: &str, pos: usize, _: &Context<'_>) -> Option<Advice> {
        if line.is_empty() {
            return None;
        }
        self.typed.store(true, Ordering::Relaxed);
        if pos < line.len() || line.trim().is_empty() {
            return None;
        }
        if line.ends_with('\n') && ide::ending(line) != Ending::Open {
            return Some(Advice { shown: "   Enter runs it".into(), taken: false });
        }
        if let Some((command, rest)) = command_before(line) {
            let mut names = COMMANDS.iter().filter(|c| command.is_none() && c.name.starts_with(rest));
            return match (names.next(), names.next()) {
                (Some(only), None) if !rest.is_empty() => {
                    Some(Advice { shown: only.name.get(rest.len()..)?.to_owned(), taken: true })
                }
                _ => None,
            };
        }
        let (document, before) = self.document(line);
        let found = self.completions(&document, before, pos);
        if let [only] = found.as_slice() {
            let typed = line.get(only.replace.start..pos)?;
            let rest = only.insert.strip_prefix(typed).filter(|rest| !typed.is_empty() && !rest.is_empty());
            if let Some(rest) = rest.filter(|rest| !rest.contains(escape::is_unsafe)) {
                return Some(Advice { shown: rest.to_owned(), taken: true });
            }
        }
        let help = ide::signature(&document, before + pos)?;
        let label = &help.signatures.get(help.active)?.label;
        Some(Advice { shown: format!("   {}", escape::terminal(label)), taken: false })
    }
}

impl Highlighter for Assistant {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        if !self.color || line.trim_start().starts_with('.') {
            return Cow::Borrowed(line);
        }
        let tokens = ide::highlight(line);
        let spans: Vec<(Span, HighlightKind)> = tokens.iter().map(|token| (token.span, token.kind)).collect();
        let pair = self.bracket.get().and_then(|at| partners(line, &spans, at));
        let mut colored = String::with_capacity(line.len() * 2);
        let mut end = 0;
        for (span, kind) in spans {
            let (Some(between), Some(text)) = (line.get(end..span.start), line.get(span.start..span.end))
            else {
                return Cow::Borrowed(line);
            };
            colored.push_str(between);
            let is_pair = pair.is_some_and(|(a, b)| span.start == a || span.start == b);
            let code = if is_pair { "1;4" } else { code(kind) };
            if code.is_empty() {
                colored.push_str(text);
            } else {
                colored.push_str(&format!("\u{1b}[{code}m{text}\u{1b}[0m"));
            }
            end = span.end;
        }
        colored.push_str(line.get(end..).unwrap_or_default());
        Cow::Owned(colored)
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _: bool) -> Cow<'b, str> {
        if self.color { Cow::Owned(format!("\u{1b}[1m{prompt}\u{1b}[0m")) } else { Cow::Borrowed(prompt) }
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        if self.color { Cow::Owned(format!("\u{1b}[2m{hint}\u{1b}[0m")) } else { Cow::Borrowed(hint) }
    }

    fn highlight_candidate<'c>(&self, candidate: &'c str, _: CompletionType) -> Cow<'c, str> {
        match candidate.split_once("  ").filter(|_| self.color) {
            Some((label, about)) => Cow::Owned(format!("{label}\u{1b}[2m  {about}\u{1b}[0m")),
            None => Cow::Borrowed(candidate),
        }
    }

    fn highlight_char(&self, line: &str, pos: usize, kind: CmdKind) -> bool {
        let is_bracket = |at: &usize| line.as_bytes().get(*at).is_some_and(|b| b"()[]{}".contains(b));
        let at = [Some(pos), pos.checked_sub(1)].into_iter().flatten().find(is_bracket);
        self.bracket.set(at.filter(|_| kind != CmdKind::ForcedRefresh));
        self.color
    }
}

/// The bracket at a place and its partner.
fn partners(line: &str, tokens: &[(Span, HighlightKind)], at: usize) -> Option<(usize, usize)> {
    let mut open: Vec<usize> = Vec::new();
    for (span, kind) in tokens {
        if *kind != HighlightKind::Operator {
            continue;
        }
        match line.get(span.start..span.end)? {
            "(" | "[" | "{" => open.push(span.start),
            ")" | "]" | "}" => {
                let partner = open.pop()?;
                if partner == at || span.start == at {
                    return Some((partner, span.start));
                }
            }
            _ => {}
        }
    }
    None
}

/// The colours of a terminal's own palette, so that they fit light and dark ones.
fn code(kind: HighlightKind) -> &'static str {
    match kind {
        HighlightKind::Keyword => "1;34",
        HighlightKind::Table => "36",
        HighlightKind::Function => "35",
        HighlightKind::Parameter | HighlightKind::Type => "36",
        HighlightKind::String => "32",
        HighlightKind::Number | HighlightKind::Duration | HighlightKind::Time => "33",
        HighlightKind::Comment => "2",
        HighlightKind::Error => "31",
        HighlightKind::Column | HighlightKind::Operator => "",
    }
}

//! Diagnostics for a terminal: the message, the line it is about with the place underlined, hints and a fix.
//!
//! Comes in: source texts with their names, diagnostics with spans in bytes of the texts. Goes out: one text. Spans may be
//! anything: they are cut to the text and moved to the borders of characters. The source and the messages (which quote
//! it) are pasted or downloaded by someone, so control characters in them are replaced.

use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

use super::escape;
use crate::diag::{Diagnostic, Fix, Label, Severity, SourceId, Span};

/// A source text, and where it comes from: a path, or something like `<query>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source<'a> {
    pub name: &'a str,
    pub text: &'a str,
}

/// The diagnostics one after another, an empty line between two, with a newline at the end; empty where there are none.
///
/// A diagnostic's source is a place in `sources`.
///
/// ```
/// use gtq::diag::{Code, Diagnostic, Span};
/// use gtq::output::report::{Source, render};
/// let diagnostic = Diagnostic::error(Code("E0201"), Span::new(7, 10), "there is no column `nme` in goroutines")
///     .note("did you mean `name`?");
/// let sources = [Source { name: "<query>", text: "select nme from goroutines" }];
/// assert_eq!(render(&sources, &[diagnostic], false), "\
/// error[E0201]: there is no column `nme` in goroutines
///   ╭▸ <query>:1:8
///   │
/// 1 │ select nme from goroutines
///   ╰╴       ━━━ did you mean `name`?
/// ");
/// ```
#[must_use]
pub fn render(sources: &[Source<'_>], diagnostics: &[Diagnostic], color: bool) -> String {
    let renderer =
        if color { Renderer::styled() } else { Renderer::plain() }.decor_style(DecorStyle::Unicode);
    let shown: Vec<Shown<'_>> = sources.iter().map(|source| Shown::new(source.name, source.text)).collect();
    let nothing = Shown::new("", "");
    let mut text = String::new();
    for diagnostic in diagnostics {
        if !text.is_empty() {
            text.push('\n');
        }
        let source = |id: SourceId| shown.get(id.0).unwrap_or(&nothing);
        let report = renderer.render(&[group(&source, diagnostic)]);
        for line in report.lines() {
            text.push_str(line.trim_end());
            text.push('\n');
        }
    }
    text
}

fn group<'a>(source: &dyn Fn(SourceId) -> &'a Shown<'a>, diagnostic: &'a Diagnostic) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let shown = source(diagnostic.source);
    let primary = annotation(AnnotationKind::Primary, shown, diagnostic.span, &diagnostic.note);
    let (own, others): (Vec<&Label>, Vec<&Label>) =
        diagnostic.labels.iter().partition(|label| label.source.is_none_or(|id| id == diagnostic.source));
    let own =
        own.into_iter().map(|label| annotation(AnnotationKind::Context, shown, label.span, &label.message));
    let snippet = Snippet::source(&shown.text).path(&shown.name).annotation(primary).annotations(own);
    let elsewhere = others.into_iter().map(|label| {
        let shown = source(label.source.unwrap_or_default());
        let place = annotation(AnnotationKind::Context, shown, label.span, &label.message);
        Snippet::source(&shown.text).path(&shown.name).annotation(place)
    });
    let hints =
        diagnostic.hints.iter().map(|hint| Level::HELP.with_name("hint").message(escape::terminal(hint)));
    let fix = diagnostic.fix.iter().map(|fix| Level::HELP.message(advice(shown, fix)));
    level
        .primary_title(escape::terminal(&diagnostic.message))
        .id(diagnostic.code.0)
        .element(snippet)
        .elements(elsewhere)
        .elements(hints)
        .elements(fix)
}

fn annotation<'a>(kind: AnnotationKind, shown: &Shown<'_>, span: Span, label: &'a str) -> Annotation<'a> {
    let annotation = kind.span(shown.range(span));
    if label.is_empty() { annotation } else { annotation.label(escape::terminal(label)) }
}

/// A fix in words.
fn advice(shown: &Shown<'_>, fix: &Fix) -> String {
    let range = shown.range(fix.span);
    let old = shown.text.get(range).unwrap_or_default();
    let (old, new) = (escape::terminal(old), escape::terminal(&fix.replacement));
    match (old.is_empty(), new.is_empty()) {
        (true, _) => format!("insert `{new}`"),
        (false, true) => format!("remove `{old}`"),
        (false, false) => format!("replace `{old}` with `{new}`"),
    }
}

/// A source text as it is shown: every unsafe character is replaced by one harmless character, so that lines and
/// columns are those of the source.
struct Shown<'a> {
    name: String,
    source: &'a str,
    text: String,
    /// Where a replaced character ends in the source and in the text, in order.
    moves: Vec<(usize, usize)>,
}

impl<'a> Shown<'a> {
    fn new(name: &str, source: &'a str) -> Self {
        let name = escape::terminal(name).into_owned();
        let mut text = String::with_capacity(source.len());
        let mut moves = Vec::new();
        let mut chars = source.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let ends_line = c == '\n' || c == '\r' && chars.peek().is_some_and(|&(_, next)| next == '\n');
            if ends_line || c == '\t' || !escape::is_unsafe(c) {
                text.push(c);
            } else {
                text.push(picture(c));
                moves.push((at + c.len_utf8(), text.len()));
            }
        }
        Self { name, source, text, moves }
    }

    /// The place of a span of the source in the text, cut to it and widened to whole characters.
    fn range(&self, span: Span) -> Range<usize> {
        let start = self.source.floor_char_boundary(span.start);
        let end = self.source.ceil_char_boundary(span.end).max(start);
        self.place(start)..self.place(end)
    }

    fn place(&self, offset: usize) -> usize {
        let before = self.moves.partition_point(|&(end, _)| end <= offset);
        let (source, text) = before.checked_sub(1).map_or((0, 0), |last| self.moves[last]);
        text + (offset - source)
    }
}

/// One harmless character for one that is not: the control picture, where there is one.
fn picture(c: char) -> char {
    match u32::from(c) {
        code @ 0..=0x1f => char::from_u32(0x2400 + code).unwrap_or(char::REPLACEMENT_CHARACTER),
        0x7f => '␡',
        _ => char::REPLACEMENT_CHARACTER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Code;

    fn report(source: &str, diagnostics: &[Diagnostic], color: bool) -> String {
        let other = Source { name: "other", text: "x\u{1b}y" };
        render(&[Source { name: "a\u{1b}b", text: source }, other], diagnostics, color)
    }

    fn diagnostic(span: Span) -> Diagnostic {
        Diagnostic::warning(Code("W0001"), span, "m\u{1b}[31m")
            .note("here\u{7}")
            .label(Span::new(0, span.end), "there")
            .label_in(SourceId(1), Span::new(1, 3), "elsewhere")
            .hint("h\u{202e}")
            .fix(span, "r\u{9b}")
    }

    #[test]
    fn any_span_in_any_text_is_rendered_without_control_characters() {
        let sources = [
            "",
            "\n",
            "a",
            "a\n",
            "\n\na\n\nb",
            "é世\t👩‍🚀\r\nx\ry",
            "\u{1b}[2J\u{9b}a\u{202e}é\n\t\u{0}",
            "a\tb\n\n\n\n\n\n\n\n\nz ",
        ];
        for source in sources {
            for start in (0..source.len() + 3).chain([usize::MAX]) {
                for end in (0..source.len() + 3).chain([usize::MAX]) {
                    for color in [false, true] {
                        let text = report(source, &[diagnostic(Span::new(start, end))], color);
                        let text = if color { text.replace("\u{1b}[", "") } else { text };
                        let bad = text.chars().find(|&c| c != '\n' && escape::is_unsafe(c));
                        assert_eq!(bad, None, "{source:?} {start}..{end}: {text:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn long_lines_are_cut_around_the_place() {
        for part in ["select a, ", "é世\t", "\u{1b}👩‍🚀"] {
            let source = part.repeat(100);
            for start in (0..source.len()).step_by(7) {
                for length in [0, 1, 10, 300] {
                    let span = Span::new(start, start + length);
                    let plain = Diagnostic { note: "the place".into(), labels: vec![], ..diagnostic(span) };
                    assert!(report(&source, &[plain, diagnostic(span)], false).contains("the place"));
                }
            }
        }
    }

    #[test]
    fn spans_move_with_the_characters_that_were_replaced() {
        let shown = Shown::new("", "\u{1b}é\u{9b}x\r\n");
        assert_eq!(shown.text, "␛é\u{fffd}x\r\n");
        assert_eq!(shown.range(Span::new(0, 1)), 0..3);
        assert_eq!(shown.range(Span::new(2, 4)), 3..8);
        assert_eq!(shown.range(Span::new(5, 6)), 8..9);
        assert_eq!(shown.range(Span::new(9, 3)), 11..11);
    }
}

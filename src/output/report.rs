//! Diagnostics for a terminal: the message, the line it is about with the place underlined, hints and a fix.
//!
//! Comes in: a source text, its name, diagnostics with spans in bytes of the text. Goes out: one text. Spans may be
//! anything: they are cut to the text and moved to the borders of characters. The source and the messages (which quote
//! it) are pasted or downloaded by someone, so control characters in them are replaced.

use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

use super::escape;
use crate::diag::{Diagnostic, Fix, Severity, Span};

/// The diagnostics one after another, an empty line between two, with a newline at the end; empty where there are none.
///
/// `name` says where `source` comes from: a path, or something like `<query>`.
///
/// ```
/// use gtq::diag::{Code, Diagnostic, Severity, Span};
/// let diagnostic = Diagnostic {
///     severity: Severity::Error,
///     code: Code("E0201"),
///     span: Span::new(7, 10),
///     message: "there is no column `nme` in goroutines".into(),
///     note: "did you mean `name`?".into(),
///     labels: vec![],
///     hints: vec![],
///     fix: None,
/// };
/// let text = gtq::output::report::render("<query>", "select nme from goroutines", &[diagnostic], false);
/// assert_eq!(text, "\
/// error[E0201]: there is no column `nme` in goroutines
///   ╭▸ <query>:1:8
///   │
/// 1 │ select nme from goroutines
///   ╰╴       ━━━ did you mean `name`?
/// ");
/// ```
#[must_use]
pub fn render(name: &str, source: &str, diagnostics: &[Diagnostic], color: bool) -> String {
    let renderer =
        if color { Renderer::styled() } else { Renderer::plain() }.decor_style(DecorStyle::Unicode);
    let shown = Shown::new(source);
    let name = escape::terminal(name);
    let mut text = String::new();
    for diagnostic in diagnostics {
        if !text.is_empty() {
            text.push('\n');
        }
        let report = renderer.render(&[group(&name, &shown, diagnostic)]);
        for line in report.lines() {
            text.push_str(line.trim_end());
            text.push('\n');
        }
    }
    text
}

fn group<'a>(name: &'a str, shown: &'a Shown<'_>, diagnostic: &'a Diagnostic) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let primary = annotation(AnnotationKind::Primary, shown, diagnostic.span, &diagnostic.note);
    let labels = diagnostic.labels.iter();
    let labels = labels.map(|label| annotation(AnnotationKind::Context, shown, label.span, &label.message));
    let snippet = Snippet::source(&shown.text).path(name).annotation(primary).annotations(labels);
    let hints =
        diagnostic.hints.iter().map(|hint| Level::HELP.with_name("hint").message(escape::terminal(hint)));
    let fix = diagnostic.fix.iter().map(|fix| Level::HELP.message(advice(shown, fix)));
    level
        .primary_title(escape::terminal(&diagnostic.message))
        .id(diagnostic.code.0)
        .element(snippet)
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
    source: &'a str,
    text: String,
    /// Where a replaced character ends in the source and in the text, in order.
    moves: Vec<(usize, usize)>,
}

impl<'a> Shown<'a> {
    fn new(source: &'a str) -> Self {
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
        Self { source, text, moves }
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
    use crate::diag::{Code, Label};

    fn diagnostic(span: Span) -> Diagnostic {
        Diagnostic {
            severity: Severity::Warning,
            code: Code("W0001"),
            span,
            message: "m\u{1b}[31m".into(),
            note: "here\u{7}".into(),
            labels: vec![Label { span: Span::new(0, span.end), message: "there".into() }],
            hints: vec!["h\u{202e}".into()],
            fix: Some(Fix { span, replacement: "r\u{9b}".into() }),
        }
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
                        let text = render("a\u{1b}b", source, &[diagnostic(Span::new(start, end))], color);
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
                    assert!(render("q", &source, &[plain, diagnostic(span)], false).contains("the place"));
                }
            }
        }
    }

    #[test]
    fn spans_move_with_the_characters_that_were_replaced() {
        let shown = Shown::new("\u{1b}é\u{9b}x\r\n");
        assert_eq!(shown.text, "␛é\u{fffd}x\r\n");
        assert_eq!(shown.range(Span::new(0, 1)), 0..3);
        assert_eq!(shown.range(Span::new(2, 4)), 3..8);
        assert_eq!(shown.range(Span::new(5, 6)), 8..9);
        assert_eq!(shown.range(Span::new(9, 3)), 11..11);
    }
}

//! Text out of a trace or a query made safe to show: it is written by others, and may try to drive the terminal.
//!
//! Comes in: any text. Goes out: text without control characters, on one line. Escapes are for people and are not
//! meant to be read back (a backslash stays as it is); machine formats carry the text itself.

use std::borrow::Cow;
use std::fmt::Write as _;

/// `text` on one line, without anything that a terminal would act on.
///
/// Newline, carriage return and tab become `\n`, `\r`, `\t`; every other character that [`is_unsafe`] becomes `\u{..}`.
///
/// ```
/// use gtq::output::escape::terminal;
/// assert_eq!(terminal("a\n\u{1b}[31m"), r"a\n\u{1b}[31m");
/// ```
#[must_use]
pub fn terminal(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' => safe.push_str("\\n"),
            '\r' => safe.push_str("\\r"),
            '\t' => safe.push_str("\\t"),
            c if is_unsafe(c) => {
                // Writing to a string cannot fail.
                let _ = write!(safe, "\\u{{{:x}}}", u32::from(c));
            }
            c => safe.push(c),
        }
    }
    Cow::Owned(safe)
}

/// `text` as one cell of a GitHub Markdown table that shows exactly that text: no markup, no HTML, no links.
///
/// What [`terminal`] escapes is escaped first, and shows up as such.
///
/// ```
/// use gtq::output::escape::markdown;
/// assert_eq!(markdown("a|b <i>"), r"a\|b &lt;i&gt;");
/// assert_eq!(markdown("main.(*T).run_once"), r"main.(\*T).run_once");
/// ```
#[must_use]
pub fn markdown(text: &str) -> String {
    let text = terminal(text);
    let mut safe = String::with_capacity(text.len() + 16);
    let mut chars = text.chars().peekable();
    let mut before = None;
    while let Some(c) = chars.next() {
        // Underscores within a word are no markup, and names are full of them.
        let within_word =
            before.is_some_and(char::is_alphanumeric) && chars.peek().is_some_and(|c| c.is_alphanumeric());
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '_' if within_word => safe.push('_'),
            '\\' | '|' | '*' | '_' | '`' | '[' | ']' | '~' | '$' => safe.extend(['\\', c]),
            c => safe.push(c),
        }
        before = Some(c);
    }
    safe
}

/// `text` as the content of an XML element or an attribute.
///
/// What [`terminal`] escapes, among it all that XML can't hold, is escaped first, and shows up as such.
///
/// ```
/// use gtq::output::escape::xml;
/// assert_eq!(xml("<b a=\"1\">&\u{1}"), r"&lt;b a=&quot;1&quot;&gt;&amp;\u{1}");
/// ```
#[must_use]
pub fn xml(text: &str) -> String {
    let text = terminal(text);
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // The two characters beyond those above that XML does not allow.
            '\u{fffe}' | '\u{ffff}' => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}

/// Whether a terminal might act on `c`, or show the text around it as something else: control characters (C0, DEL,
/// C1), line and paragraph separators, marks and overrides of the writing direction, characters without width or
/// glyph that can hide text.
#[must_use]
pub fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harmless_text_is_not_copied() {
        for text in ["", "main.main", r"C:\go\src", "héllo → 世界 👩‍🚀"] {
            assert!(matches!(terminal(text), Cow::Borrowed(same) if same == text));
        }
    }

    #[test]
    fn nothing_that_acts_gets_through() {
        for c in (0..=u32::from(char::MAX)).filter_map(char::from_u32) {
            let text = c.to_string();
            assert!(!terminal(&text).contains(is_unsafe), "{c:?}");
            assert!(!markdown(&text).contains(['\n', '\r', '<', '>']), "{c:?}");
        }
        assert_eq!(
            terminal("\u{9b}31m\u{7}\u{7f}\r\u{202e}\u{2066}"),
            r"\u{9b}31m\u{7}\u{7f}\r\u{202e}\u{2066}"
        );
    }

    #[test]
    fn markdown_shows_markup_as_text() {
        assert_eq!(markdown("![x](http://e)\n`$a$`"), r"!\[x\](http://e)\\n\`\$a\$\`");
        assert_eq!(markdown("__init__ a_b &amp;"), r"\_\_init\_\_ a_b &amp;amp;");
    }
}

//! A frame as results hold it, `func file:line`, taken apart.
//!
//! Functions have no spaces but within brackets (type arguments have them), a file may have any character, and what
//! follows the last colon is the line. A text of another form is a function.

/// The parts of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Frame<'a> {
    pub(super) func: &'a str,
    /// Empty: unknown
    pub(super) file: &'a str,
    /// 0: unknown
    pub(super) line: i64,
}

impl<'a> Frame<'a> {
    pub(super) fn parse(text: &'a str) -> Self {
        let func = function(text);
        let place = text[func.len()..].trim_start_matches(' ');
        let line = place.rsplit_once(':').and_then(|(file, line)| Some((file, line.parse().ok()?)));
        let (file, line) = line.unwrap_or((place, 0));
        Self { func, file, line }
    }
}

/// The function of a frame.
pub(super) fn function(frame: &str) -> &str {
    let mut depth = 0_usize;
    let end = frame.find(|c| {
        match c {
            '[' | '(' | '{' => depth += 1,
            ']' | ')' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ' ' && depth == 0
    });
    end.map_or(frame, |end| &frame[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_function_ends_at_the_first_space_outside_of_brackets_and_the_line_begins_at_the_last_colon() {
        let cases = [
            ("main.main /src/main.go:12", "main.main", "/src/main.go", 12),
            (
                "main.Map[go.shape.struct { a int; b string }] /a b/x.go:1",
                "main.Map[go.shape.struct { a int; b string }]",
                "/a b/x.go",
                1,
            ),
            ("net/http.(*conn).serve C:\\go src\\x.go:1", "net/http.(*conn).serve", "C:\\go src\\x.go", 1),
            ("odd[ unclosed x.go:1", "odd[ unclosed x.go:1", "", 0),
            ("main.main C:\\x.go", "main.main", "C:\\x.go", 0),
            ("main.main", "main.main", "", 0),
            ("", "", "", 0),
        ];
        for (text, func, file, line) in cases {
            assert_eq!(Frame::parse(text), Frame { func, file, line });
        }
    }
}

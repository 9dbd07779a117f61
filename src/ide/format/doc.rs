//! Documents with places where a line may break, and the printer that decides which of them do.
//!
//! After Wadler's "A prettier printer", with fills as in text, and with indentation that is counted from the line on
//! which a part begins, not from the part around it.

/// A piece of text that may be laid out in more than one way.
#[derive(Debug, Clone)]
pub(super) enum Doc {
    Text(String),
    /// A space, whatever happens.
    Space,
    /// A space, or a new line if what it stands in is broken.
    Line,
    /// Nothing, or a new line if what it stands in is broken.
    SoftLine,
    /// A comment, from its marks to the end of its line.
    Comment {
        text: String,
        own_line: bool,
    },
    Concat(Vec<Doc>),
    /// On one line if it fits and nothing in it needs more; otherwise all of its own lines are broken.
    Group {
        body: Box<Doc>,
        broken: bool,
    },
    /// Elements with separators before all but the first; as many on a line as fit.
    Fill(Vec<(Doc, Doc)>),
    /// Lines inside are indented by so much more than the line on which it begins.
    Hang(usize, Box<Doc>),
    /// Lines inside are indented by so much more than those around.
    Nest(usize, Box<Doc>),
}

impl Doc {
    pub(super) fn text(text: impl Into<String>) -> Doc {
        Doc::Text(text.into())
    }

    pub(super) fn hang(width: usize, body: Doc) -> Doc {
        Doc::Hang(width, Box::new(body))
    }

    pub(super) fn nest(width: usize, body: Doc) -> Doc {
        Doc::Nest(width, Box::new(body))
    }

    /// A group, broken for sure if the user broke it.
    pub(super) fn group(body: Doc, broken: bool) -> Doc {
        let broken = broken || body.needs_lines();
        Doc::Group { body: Box::new(body), broken }
    }

    /// Whether it can't be on one line. What is grouped has answered already.
    fn needs_lines(&self) -> bool {
        match self {
            Doc::Text(_) | Doc::Space | Doc::Line | Doc::SoftLine => false,
            Doc::Comment { .. } => true,
            Doc::Concat(parts) => parts.iter().any(Doc::needs_lines),
            Doc::Group { broken, .. } => *broken,
            Doc::Fill(items) => items.iter().any(|(before, item)| before.needs_lines() || item.needs_lines()),
            Doc::Hang(_, body) | Doc::Nest(_, body) => body.needs_lines(),
        }
    }
}

/// What comes before the next text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gap {
    Nothing,
    Space,
    /// A new line with this indentation.
    Line(usize),
}

/// Lays a document out in lines of a width, where that is possible.
pub(super) fn print(doc: &Doc, width: usize) -> String {
    let mut printer = Printer { width, out: String::new(), column: 0, indent: 0, gap: Gap::Nothing };
    printer.print(doc, Mode { broken: true, indent: 0, tail: 0 });
    printer.out
}

/// How what is being printed is laid out.
#[derive(Debug, Clone, Copy)]
struct Mode {
    broken: bool,
    /// Of new lines.
    indent: usize,
    /// The width of what follows before the next place for a new line.
    tail: usize,
}

struct Printer {
    width: usize,
    out: String,
    /// Characters on the current line.
    column: usize,
    /// Of the current line.
    indent: usize,
    gap: Gap,
}

impl Printer {
    fn print(&mut self, doc: &Doc, mode: Mode) {
        match doc {
            Doc::Text(text) => self.write(text),
            Doc::Space => self.space(),
            Doc::Line if mode.broken => self.gap = Gap::Line(mode.indent),
            Doc::Line => self.space(),
            Doc::SoftLine if mode.broken => self.gap = Gap::Line(mode.indent),
            Doc::SoftLine => {}
            Doc::Comment { text, own_line } => {
                if *own_line && (self.column > 0 || self.gap != Gap::Nothing) {
                    self.gap = match self.gap {
                        Gap::Line(indent) => Gap::Line(indent),
                        _ => Gap::Line(mode.indent),
                    };
                } else {
                    self.space();
                }
                self.write(text);
                self.gap = Gap::Line(mode.indent);
            }
            Doc::Concat(parts) => {
                for (n, part) in parts.iter().enumerate() {
                    let tail = self.tail_of(&parts[n + 1..], mode.tail);
                    self.print(part, Mode { tail, ..mode });
                }
            }
            Doc::Group { body, broken } => {
                let broken = *broken || !self.fits(&[body], mode.tail);
                self.print(body, Mode { broken, ..mode });
            }
            Doc::Fill(items) => {
                for (n, (separator, item)) in items.iter().enumerate() {
                    let tail = if n + 1 < items.len() { 0 } else { mode.tail };
                    if n > 0 {
                        let fits = self.fits(&[separator, item], tail);
                        self.print(separator, Mode { broken: !fits, ..mode });
                    }
                    self.print(item, Mode { tail, ..mode });
                }
            }
            Doc::Hang(width, body) => {
                let line = if let Gap::Line(indent) = self.gap { indent } else { self.indent };
                self.print(body, Mode { indent: line + width, ..mode });
            }
            Doc::Nest(width, body) => self.print(body, Mode { indent: mode.indent + width, ..mode }),
        }
    }

    fn space(&mut self) {
        if self.gap == Gap::Nothing && self.column > 0 {
            self.gap = Gap::Space;
        }
    }

    fn write(&mut self, text: &str) {
        match std::mem::replace(&mut self.gap, Gap::Nothing) {
            Gap::Nothing => {}
            Gap::Space => {
                self.out.push(' ');
                self.column += 1;
            }
            Gap::Line(indent) => {
                self.out.push('\n');
                self.out.extend(std::iter::repeat_n(' ', indent));
                (self.column, self.indent) = (indent, indent);
            }
        }
        self.out.push_str(text);
        // A string or a comment may go over several lines.
        match text.rfind('\n') {
            Some(end) => self.column = text[end + 1..].chars().count(),
            None => self.column += text.chars().count(),
        }
    }

    /// The width of what stands behind, up to the next place for a new line.
    fn tail_of(&self, behind: &[Doc], tail: usize) -> usize {
        let mut width = 0;
        for doc in behind {
            if width > self.width || !lead(doc, &mut width) {
                return width;
            }
        }
        width + tail
    }

    /// Whether documents, and what follows, fit on what is left of the line, one behind the other.
    fn fits(&self, docs: &[&Doc], tail: usize) -> bool {
        let column = match self.gap {
            Gap::Nothing => self.column,
            Gap::Space => self.column + 1,
            Gap::Line(indent) => indent,
        };
        let Some(mut room) = self.width.checked_sub(column + tail) else { return false };
        docs.iter().all(|doc| take_width(doc, &mut room))
    }
}

/// Adds the width of a document up to its first place for a new line; whether there is none.
fn lead(doc: &Doc, width: &mut usize) -> bool {
    match doc {
        Doc::Text(text) => {
            *width += text.chars().count();
            true
        }
        Doc::Space => {
            *width += 1;
            true
        }
        Doc::Line | Doc::SoftLine | Doc::Comment { .. } => false,
        Doc::Concat(parts) => parts.iter().all(|part| lead(part, width)),
        Doc::Group { body, .. } | Doc::Hang(_, body) | Doc::Nest(_, body) => lead(body, width),
        Doc::Fill(items) => items
            .iter()
            .enumerate()
            .all(|(n, (before, item))| (n == 0 || lead(before, width)) && lead(item, width)),
    }
}

/// Takes what a document on one line needs; false if there is not so much, or it can't be on one.
fn take_width(doc: &Doc, room: &mut usize) -> bool {
    let mut take = |width: usize| {
        let left = room.checked_sub(width);
        *room = left.unwrap_or(0);
        left.is_some()
    };
    match doc {
        Doc::Text(text) => !text.contains('\n') && take(text.chars().count()),
        Doc::Space | Doc::Line => take(1),
        Doc::SoftLine => true,
        Doc::Comment { .. } => false,
        Doc::Concat(parts) => parts.iter().all(|part| take_width(part, room)),
        Doc::Group { broken: true, .. } => false,
        Doc::Group { body, .. } | Doc::Hang(_, body) | Doc::Nest(_, body) => take_width(body, room),
        Doc::Fill(items) => items
            .iter()
            .enumerate()
            .all(|(n, (separator, item))| (n == 0 || take_width(separator, room)) && take_width(item, room)),
    }
}

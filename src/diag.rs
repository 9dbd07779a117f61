//! A diagnostic as data: what is wrong, where, and what to do about it.
//!
//! Made by the language's rooms, read by front ends. Knows no rendering: colours, underlines and line numbers are
//! the business of `output`. Spans are bytes everywhere.

/// A source text among those of a program; 0 is the one that was given, the others are what it uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct SourceId(pub usize);

/// A half-open range of bytes in a source text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

impl Span {
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// The smallest span that covers both.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        Span::new(self.start.min(other.start), self.end.max(other.end))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    Error,
    Warning,
}

/// A stable code such as `E0201`, by which a diagnostic is documented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(pub &'static str);

/// Declares codes, each with a line on what it stands for, and `ALL` of them.
macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal;)+) => {
        $($(#[doc = $doc])+ pub const $name: $crate::diag::Code = $crate::diag::Code($code);)+

        /// Every code with a line on what it stands for.
        pub const ALL: &[($crate::diag::Code, &str)] = &[$(($name, concat!($($doc),+))),+];
    };
}
pub(crate) use codes;

/// A second place that belongs to the problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// None: in the diagnostic's own source.
    pub source: Option<SourceId>,
    pub span: Span,
    pub message: String,
}

/// A replacement of source text that would mend the problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    pub span: Span,
    pub replacement: String,
}

/// One problem in a source text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    pub severity: Severity,
    pub code: Code,
    pub source: SourceId,
    /// The place to underline.
    pub span: Span,
    /// What is wrong, in one short sentence in the user's terms.
    pub message: String,
    /// What to say right under the underline; may be empty.
    pub note: String,
    pub labels: Vec<Label>,
    pub hints: Vec<String>,
    pub fix: Option<Fix>,
}

impl Diagnostic {
    pub fn error(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            code,
            source: SourceId::default(),
            span,
            message: message.into(),
            note: String::new(),
            labels: Vec::new(),
            hints: Vec::new(),
            fix: None,
        }
    }

    pub fn warning(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, span, message) }
    }

    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    #[must_use]
    pub fn label(mut self, span: Span, message: impl Into<String>) -> Self {
        self.labels.push(Label { source: None, span, message: message.into() });
        self
    }

    /// A label in another source.
    #[must_use]
    pub fn label_in(mut self, source: SourceId, span: Span, message: impl Into<String>) -> Self {
        self.labels.push(Label { source: Some(source), span, message: message.into() });
        self
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    #[must_use]
    pub fn fix(mut self, span: Span, replacement: impl Into<String>) -> Self {
        self.fix = Some(Fix { span, replacement: replacement.into() });
        self
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

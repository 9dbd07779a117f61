//! The forms a result can be written in, by name.

use std::fmt;
use std::str::FromStr;

/// A form that a result can be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// For a terminal: units, fitted to its width, at most so many rows
    Table,
    /// For a terminal: a line per value, nothing shortened, at most so many rows
    Vertical,
    /// A GitHub Markdown table with units, all rows and whole texts; a stack is its leaf
    Markdown,
    /// RFC 4180 quoting; null is an empty field, the empty string is `""`; lists and structs as JSON
    Csv,
    /// `\t`, `\n`, `\r`, `\\` in texts are escaped, null is `\N` (`COPY` of Postgres); lists and structs as JSON
    Tsv,
    /// One array of objects, an object per line
    Json,
    /// An object per line
    Ndjson,
    /// A Parquet file, Snappy
    Parquet,
    /// An Arrow IPC file (also known as Feather 2), which the data frames of other languages open
    Arrow,
}

impl Format {
    /// Every format, in the order in which a list of them reads best.
    pub const ALL: [Self; 9] = [
        Self::Table,
        Self::Vertical,
        Self::Markdown,
        Self::Csv,
        Self::Tsv,
        Self::Json,
        Self::Ndjson,
        Self::Parquet,
        Self::Arrow,
    ];

    /// The name that the format is chosen by.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Vertical => "vertical",
            Self::Markdown => "markdown",
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Parquet => "parquet",
            Self::Arrow => "arrow",
        }
    }

    /// Whether the output is no text, and should not go to a terminal.
    #[must_use]
    pub const fn is_binary(self) -> bool {
        matches!(self, Self::Parquet | Self::Arrow)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        let found = Self::ALL.into_iter().find(|format| format.name().eq_ignore_ascii_case(name));
        found.ok_or_else(|| UnknownFormat(name.to_owned()))
    }
}

/// There is no format of this name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownFormat(pub String);

impl fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Format::ALL.map(Format::name).join(", ");
        write!(f, "there is no format `{}`; there are {names}", super::escape::terminal(&self.0))
    }
}

impl std::error::Error for UnknownFormat {}

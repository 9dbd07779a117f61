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
    /// For a terminal: the picture that the query asks for with `render`, in characters
    Plot,
    /// The same as SVG
    Svg,
    /// Stacks and their weight as a flame graph, SVG that can be searched and zoomed
    Flamegraph,
    /// Stacks and what they count as a gzipped `profile.proto`, for `go tool pprof`
    Pprof,
    /// Slices, flows, counters and instants as a trace of Perfetto, for ui.perfetto.dev and its trace processor
    Perfetto,
    /// The same as JSON in the Trace Event Format, for chrome://tracing and others
    ChromeJson,
}

impl Format {
    /// Every format, in the order in which a list of them reads best.
    pub const ALL: [Self; 15] = [
        Self::Table,
        Self::Vertical,
        Self::Markdown,
        Self::Csv,
        Self::Tsv,
        Self::Json,
        Self::Ndjson,
        Self::Parquet,
        Self::Arrow,
        Self::Plot,
        Self::Svg,
        Self::Flamegraph,
        Self::Pprof,
        Self::Perfetto,
        Self::ChromeJson,
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
            Self::Plot => "plot",
            Self::Svg => "svg",
            Self::Flamegraph => "flamegraph",
            Self::Pprof => "pprof",
            Self::Perfetto => "perfetto",
            Self::ChromeJson => "chrome-json",
        }
    }

    /// The format that a file of this name has: what its name ends with, such as `.csv`.
    #[must_use]
    pub fn of_file(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        match name.rsplit_once('.')?.1 {
            "gz" => (name.ends_with(".pb.gz") || name.ends_with(".pprof.gz")).then_some(Self::Pprof),
            "pb" => Some(Self::Pprof),
            "pftrace" | "perfetto-trace" => Some(Self::Perfetto),
            ending => ending.parse().ok(),
        }
    }

    /// Whether the output is no text, and should not go to a terminal.
    #[must_use]
    pub const fn is_binary(self) -> bool {
        matches!(self, Self::Parquet | Self::Arrow | Self::Pprof | Self::Perfetto)
    }

    /// Whether a file of this format is one whole, which several results can't follow one another in.
    #[must_use]
    pub const fn is_whole(self) -> bool {
        matches!(
            self,
            Self::Parquet
                | Self::Arrow
                | Self::Svg
                | Self::Flamegraph
                | Self::Pprof
                | Self::Perfetto
                | Self::ChromeJson
        )
    }

    /// Whether several results go into one file of this format: slices, flows, counters of one timeline.
    #[must_use]
    pub const fn joins_results(self) -> bool {
        matches!(self, Self::Perfetto | Self::ChromeJson)
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

//! Why a trace, or the rest of one, can't be read.

use std::fmt;
use std::io;

/// What is wrong with a trace, and where in it.
#[derive(Debug)]
pub struct Error {
    /// Bytes of input before the place where it was noticed.
    pub offset: u64,
    pub kind: ErrorKind,
}

#[derive(Debug)]
pub enum ErrorKind {
    /// The input could not be read at all.
    Io(io::Error),
    /// It has no bytes.
    Empty,
    /// It does not begin with the header of a Go execution trace.
    NotATrace,
    /// A header of a version that is not supported: the `N` of `go 1.N trace`.
    Version(u32),
    /// It ends after its header.
    NoEvents,
    /// It ends in the middle of something.
    Truncated,
    /// Another trace begins there: someone put several into one file.
    AnotherTrace,
    /// Its bytes break the rules of the format.
    Malformed(String),
    /// Its events contradict each other.
    Inconsistent(String),
}

impl Error {
    pub(crate) fn new(offset: u64, kind: ErrorKind) -> Self {
        Self { offset, kind }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ErrorKind::Io(e) => write!(f, "{e}"),
            ErrorKind::Empty => f.write_str("the file is empty"),
            ErrorKind::NotATrace => {
                f.write_str("this is not a Go execution trace (it has no `go 1.N trace` header)")
            }
            ErrorKind::Version(n) => {
                write!(
                    f,
                    "this trace has the format of Go 1.{n}, which this version of gtq does not know yet"
                )
            }
            ErrorKind::NoEvents => f.write_str("the trace has a header but no events"),
            ErrorKind::Truncated => {
                write!(f, "the trace is cut off at byte {}", self.offset)
            }
            ErrorKind::AnotherTrace => {
                write!(
                    f,
                    "another trace begins at byte {}; each trace must be in a file of its own",
                    self.offset
                )
            }
            ErrorKind::Malformed(m) => write!(f, "the trace is damaged near byte {}: {m}", self.offset),
            ErrorKind::Inconsistent(m) => {
                write!(f, "the trace's events can't be put in order, before byte {}: {m}", self.offset)
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            ErrorKind::Io(e) => Some(e),
            _ => None,
        }
    }
}

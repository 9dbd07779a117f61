//! Why there is no trace.

use std::fmt;
use std::io;
use std::time::Duration;

/// Why no trace came, or not all of it.
#[derive(Debug)]
pub enum Error {
    /// What was given is no address.
    Address(String),
    /// The address is one of HTTPS.
    Https { url: String },
    /// There is no answer.
    Connect { url: String, reason: String },
    /// The answer says that there is no trace.
    Refused { url: String, status: String, text: String, location: Option<String> },
    /// The answer is something else.
    NotATrace { url: String, content_type: Option<String> },
    /// Nothing came for so long.
    Silent { url: String, time: Duration },
    /// The connection failed.
    Broken { url: String, reason: String },
    /// The trace can't be written.
    Write(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(message) => f.write_str(message),
            Self::Https { url } => {
                write!(f, "gtq speaks http, not https: curl -o trace.dat '{url}' fetches a trace")
            }
            Self::Connect { url, reason } => write!(f, "there is no answer from {url}: {reason}"),
            Self::Refused { url, status, text, location } => {
                write!(f, "{url} answered {status}")?;
                if !text.is_empty() && !status.ends_with(text) {
                    write!(f, ": {text}")?;
                }
                if let Some(location) = location {
                    write!(f, "; it is said to be at {location}")?;
                }
                if status.starts_with("404") {
                    f.write_str("; does the program import net/http/pprof, and serve it there?")?;
                }
                // What Go's server says to those who speak http to it.
                if text.contains("HTTPS server") {
                    f.write_str(" (gtq does not speak https, curl does)")?;
                }
                Ok(())
            }
            Self::NotATrace { url, content_type } => {
                write!(f, "{url} answered with something that is no trace")?;
                if let Some(content_type) = content_type {
                    write!(f, " ({content_type})")?;
                }
                f.write_str("; net/http/pprof serves traces at /debug/pprof/trace")
            }
            Self::Silent { url, time } => write!(f, "{url} has been silent for {time:?}"),
            Self::Broken { url, reason } => write!(f, "the connection to {url} failed: {reason}"),
            Self::Write(error) => write!(f, "the trace can't be written: {error}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Write(error) => Some(error),
            _ => None,
        }
    }
}

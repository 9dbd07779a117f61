//! What can go wrong, in the user's terms.

use std::fmt;

use arrow::error::ArrowError;
use datafusion::common::DataFusionError;

use super::memory::refusal;
use crate::compression::Compression;
use crate::trace;

/// Why there is no answer, or no whole one.
#[derive(Debug)]
pub enum Error {
    /// The trace can't be read. What is compressed has its offsets where it is decompressed.
    Open { path: String, compression: Option<Compression>, error: trace::Error },
    /// The query needs a trace and there is none.
    NoTrace,
    /// The query met a value that it can't be computed for.
    Run(String),
    /// The memory limit was reached: which operation wanted how much.
    Memory(String),
    /// It was told to stop.
    Cancelled,
    /// The consumer of the rows failed.
    Output(crate::output::Error),
    /// A defect of gtq.
    Internal(String),
}

impl From<DataFusionError> for Error {
    fn from(error: DataFusionError) -> Self {
        match error.find_root() {
            DataFusionError::ResourcesExhausted(what) => Self::Memory(refusal(what)),
            DataFusionError::External(message) => Self::Run(message.to_string()),
            DataFusionError::Execution(message) if message.starts_with("Scalar subquery returned more") => {
                Self::Run("a query that is used as a value gave more than one row".into())
            }
            DataFusionError::Execution(message) => Self::Run(first_line(message)),
            DataFusionError::ArrowError(error, _) => arrow_error(error),
            other => Self::Internal(other.strip_backtrace()),
        }
    }
}

/// What comes after the first line is for those who debug DataFusion.
fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().to_owned()
}

fn arrow_error(error: &ArrowError) -> Error {
    match error {
        ArrowError::DivideByZero => Error::Run("division by zero".into()),
        ArrowError::ArithmeticOverflow(_) => Error::Run("a number is too large for 64 bits".into()),
        ArrowError::ExternalError(message) => Error::Run(message.to_string()),
        ArrowError::CastError(message) => Error::Run(cast_error(message)),
        ArrowError::ComputeError(message) => Error::Run(first_line(message)),
        other => Error::Internal(other.to_string()),
    }
}

/// The casts that can fail: text that is no number, and numbers that do not fit.
fn cast_error(message: &str) -> String {
    let starts = ["Cannot cast string '", "Cannot cast value '"];
    let rest = starts.iter().find_map(|start| message.strip_prefix(start));
    match rest.and_then(|rest| rest.rsplit_once("' to value of ")) {
        Some((text, "Boolean type")) => format!("'{text}' is neither true nor false"),
        Some((text, _)) => format!("'{text}' is no number"),
        None => "a number is too large for 64 bits".into(),
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open { path, compression: None, error } => write!(f, "can't read {path}: {error}"),
            Self::Open { path, compression: Some(compression), error } => {
                write!(f, "can't read {path} (decompressed from {compression}): {error}")
            }
            Self::NoTrace => f.write_str("the query needs a trace: name its file after the options"),
            Self::Run(message) => write!(f, "the query can't be computed: {message}"),
            Self::Memory(what) => write!(
                f,
                "the query needs more memory than --memory-limit allows: {what}; raise the limit, look at less of the \
                 trace (clip, where), take fewer columns, or use fewer --threads"
            ),
            Self::Cancelled => f.write_str("cancelled"),
            Self::Output(error) => write!(f, "can't write the result: {error}"),
            Self::Internal(message) => write!(f, "internal error, please report it: {message}"),
        }
    }
}

impl std::error::Error for Error {}

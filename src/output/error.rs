//! What can go wrong while a result is written.

use std::error::Error as StdError;
use std::{fmt, io};

use arrow::error::ArrowError;
use parquet::errors::ParquetError;

/// A result could not be written.
#[derive(Debug)]
pub enum Error {
    /// The place that the output goes to failed.
    Io(io::Error),
    /// Arrow could not encode a batch (or failed to write it).
    Arrow(ArrowError),
    /// Parquet could not encode a batch (or failed to write it).
    Parquet(ParquetError),
    /// The result has not what the format takes; the text says what that is.
    Unfit(String),
}

impl Error {
    /// Whether the reader of the output went away (`gtq … | head`), which is no failure of ours. True also where Arrow
    /// or Parquet wrapped the error of the write.
    #[must_use]
    pub fn is_broken_pipe(&self) -> bool {
        let mut next: Option<&(dyn StdError + 'static)> = Some(match self {
            Self::Io(error) => error,
            Self::Arrow(error) => error,
            Self::Parquet(error) => error,
            Self::Unfit(_) => return false,
        });
        while let Some(error) = next {
            next = error.source();
            if let Some(error) = error.downcast_ref::<io::Error>() {
                if error.kind() == io::ErrorKind::BrokenPipe {
                    return true;
                }
                // The source of an io error is that of the error it wraps, which is skipped itself.
                next = error.get_ref().map(|inner| inner as &(dyn StdError + 'static));
            }
        }
        false
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "cannot write the result: {error}"),
            Self::Arrow(error) => write!(f, "cannot write the result: {error}"),
            Self::Parquet(error) => write!(f, "cannot write the result: {error}"),
            Self::Unfit(message) => f.write_str(message),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(match self {
            Self::Io(error) => error,
            Self::Arrow(error) => error,
            Self::Parquet(error) => error,
            Self::Unfit(_) => return None,
        })
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<ArrowError> for Error {
    fn from(error: ArrowError) -> Self {
        Self::Arrow(error)
    }
}

impl From<ParquetError> for Error {
    fn from(error: ParquetError) -> Self {
        Self::Parquet(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_pipe_is_seen_through_every_wrapper() {
        let pipe = || io::Error::from(io::ErrorKind::BrokenPipe);
        let arrow = || ArrowError::from(pipe());
        let parquet = || ParquetError::from(pipe());
        let broken = [
            Error::Io(pipe()),
            Error::Io(io::Error::other(arrow())),
            Error::Arrow(arrow()),
            Error::Arrow(ArrowError::ExternalError(Box::new(parquet()))),
            Error::Parquet(parquet()),
            Error::Parquet(ParquetError::External(Box::new(io::Error::other(arrow())))),
        ];
        assert!(broken.iter().all(Error::is_broken_pipe));
        assert!(!Error::Io(io::Error::other("disk full")).is_broken_pipe());
        assert!(!Error::Arrow(ArrowError::CastError("broken pipe".into())).is_broken_pipe());
    }
}

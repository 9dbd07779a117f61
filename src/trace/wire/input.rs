//! Reading from a file or a pipe, with a count of bytes.

use std::io::{self, BufRead, BufReader, Read};

use crate::trace::error::{Error, ErrorKind};

/// A buffered input that knows how far it is.
///
/// Buffered and not mapped: a mapping is unsafe in Rust (the file can change beneath it), does not work for pipes, and
/// would save one copy of bytes that are decoded right after it.
pub(crate) struct Input {
    read: BufReader<Box<dyn Read + Send>>,
    offset: u64,
}

impl Input {
    pub(crate) fn new(read: impl Read + Send + 'static) -> Self {
        Self { read: BufReader::with_capacity(256 << 10, Box::new(read)), offset: 0 }
    }

    /// Bytes consumed so far.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// An error at the present place.
    pub(crate) fn error(&self, kind: ErrorKind) -> Error {
        Error::new(self.offset, kind)
    }

    /// The next byte; `None` at the end.
    pub(crate) fn byte(&mut self) -> Result<Option<u8>, Error> {
        loop {
            match self.read.fill_buf() {
                Ok([]) => return Ok(None),
                Ok([first, ..]) => {
                    let byte = *first;
                    self.read.consume(1);
                    self.offset += 1;
                    return Ok(Some(byte));
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(self.error(ErrorKind::Io(e))),
            }
        }
    }

    pub(crate) fn uvarint(&mut self) -> Result<u64, Error> {
        let mut value = 0u64;
        for i in 0..10 {
            let byte = self.byte()?.ok_or_else(|| self.error(ErrorKind::Truncated))?;
            if i == 9 && byte > 1 {
                break;
            }
            value |= u64::from(byte & 0x7f) << (7 * i);
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(self.error(ErrorKind::Malformed("a number has more than 64 bits".into())))
    }

    /// Appends `n` bytes to `out`.
    pub(crate) fn append(&mut self, n: usize, out: &mut Vec<u8>) -> Result<(), Error> {
        let before = out.len();
        let result = self.read.by_ref().take(n as u64).read_to_end(out);
        self.offset += (out.len() - before) as u64;
        match result {
            Ok(read) if read == n => Ok(()),
            Ok(_) => Err(self.error(ErrorKind::Truncated)),
            Err(e) => Err(self.error(ErrorKind::Io(e))),
        }
    }

    /// Appends all that is left to `out`; where it can't be read to its end, what comes before.
    pub(crate) fn append_all(&mut self, out: &mut Vec<u8>) -> Result<(), Error> {
        let before = out.len();
        let result = self.read.read_to_end(out);
        self.offset += (out.len() - before) as u64;
        result.map(|_| ()).map_err(|e| self.error(ErrorKind::Io(e)))
    }

    /// Fills `out` as far as the input goes; returns how far that is.
    pub(crate) fn read_up_to(&mut self, out: &mut [u8]) -> Result<usize, Error> {
        let mut filled = 0;
        while filled < out.len() {
            match self.byte()? {
                Some(byte) => {
                    out[filled] = byte;
                    filled += 1;
                }
                None => break,
            }
        }
        Ok(filled)
    }
}

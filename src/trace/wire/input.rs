//! Reading from a file or a pipe, with a count of bytes.

use std::io::{self, Read};

use crate::trace::error::{Error, ErrorKind};

/// Bytes that are read at a time.
const CHUNK: usize = 512 << 10;

/// A buffered input that knows how far it is, and can look ahead.
///
/// Buffered and not mapped: a mapping is unsafe in Rust (the file can change beneath it), does not work for pipes, and
/// would save one copy of bytes that are decoded right after it.
pub(crate) struct Input {
    read: Box<dyn Read + Send>,
    /// The bytes from `start` to `end` have been read and not yet been passed.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Where in the input `start` is.
    offset: u64,
    at_end: bool,
}

impl Input {
    pub(crate) fn new(read: impl Read + Send + 'static) -> Self {
        Self { read: Box::new(read), buffer: Vec::new(), start: 0, end: 0, offset: 0, at_end: false }
    }

    /// Bytes passed so far.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// An error at the present place.
    pub(crate) fn error(&self, kind: ErrorKind) -> Error {
        Error::new(self.offset, kind)
    }

    /// The bytes that come next: at least `n` of them, unless the input ends before.
    #[inline]
    pub(crate) fn peek(&mut self, n: usize) -> Result<&[u8], Error> {
        if self.end - self.start < n && !self.at_end {
            self.read_ahead(n)?;
        }
        Ok(&self.buffer[self.start..self.end])
    }

    /// Passes bytes that have been looked at.
    #[inline]
    pub(crate) fn pass(&mut self, n: usize) {
        let n = n.min(self.end - self.start);
        self.start += n;
        self.offset += n as u64;
    }

    /// Takes back bytes that have been passed last.
    pub(crate) fn put_back(&mut self, bytes: &[u8]) {
        match self.start.checked_sub(bytes.len()) {
            Some(start) => {
                self.buffer[start..self.start].copy_from_slice(bytes);
                self.start = start;
            }
            None => {
                self.buffer.splice(..self.start, bytes.iter().copied());
                (self.start, self.end) = (0, self.end - self.start + bytes.len());
            }
        }
        self.offset = self.offset.saturating_sub(bytes.len() as u64);
    }

    /// Appends all that is left to `out`.
    pub(crate) fn append_all(&mut self, out: &mut Vec<u8>) -> Result<(), Error> {
        out.extend_from_slice(&self.buffer[self.start..self.end]);
        self.pass(self.end);
        let result = self.read.read_to_end(out);
        self.offset += result.as_ref().map_or(0, |&read| read as u64);
        result.map(|_| ()).map_err(|e| self.error(ErrorKind::Io(e)))
    }

    /// Reads until `n` bytes are ahead, or the input is at its end.
    #[cold]
    fn read_ahead(&mut self, n: usize) -> Result<(), Error> {
        self.buffer.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        if self.buffer.len() < n.max(CHUNK) {
            self.buffer.resize(n.max(CHUNK), 0);
        }
        while self.end < n {
            match self.read.read(&mut self.buffer[self.end..]) {
                Ok(0) => {
                    self.at_end = true;
                    break;
                }
                Ok(read) => self.end += read,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(self.error(ErrorKind::Io(e))),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time.
    struct Slow(io::Cursor<Vec<u8>>);

    impl Read for Slow {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let n = out.len().min(1);
            self.0.read(&mut out[..n])
        }
    }

    #[test]
    fn looks_ahead_and_takes_back() {
        let mut input = Input::new(Slow(io::Cursor::new((0..100).collect())));
        assert_eq!(input.peek(3).unwrap(), [0, 1, 2]);
        input.pass(2);
        assert_eq!((input.offset(), input.peek(1).unwrap()[0]), (2, 2));
        input.put_back(&[0, 1]);
        assert_eq!((input.offset(), input.peek(4).unwrap()), (0, &[0, 1, 2, 3][..]));
        assert_eq!(input.peek(1000).unwrap().len(), 100);
        input.pass(99);
        let mut rest = Vec::new();
        input.append_all(&mut rest).unwrap();
        assert_eq!((rest, input.offset()), (vec![99], 100));
        assert!(input.peek(1).unwrap().is_empty());
    }
}

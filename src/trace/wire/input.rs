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
    /// Why there is no more, if that is not the end of the input. What comes before is used first.
    failure: Option<io::Error>,
}

impl Input {
    pub(crate) fn new(read: impl Read + Send + 'static) -> Self {
        Self {
            read: Box::new(read),
            buffer: Vec::new(),
            start: 0,
            end: 0,
            offset: 0,
            at_end: false,
            failure: None,
        }
    }

    /// Bytes passed so far.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// An error at the present place.
    pub(crate) fn error(&self, kind: ErrorKind) -> Error {
        Error::new(self.offset, kind)
    }

    /// The bytes that come next: at least `n` of them, unless the input ends before or can't be read any further.
    #[inline]
    pub(crate) fn peek(&mut self, n: usize) -> &[u8] {
        if self.end - self.start < n && !self.at_end {
            self.read_ahead(n);
        }
        &self.buffer[self.start..self.end]
    }

    /// Why there are no more bytes than can be looked at; told once. `None`: the input is at its end.
    pub(crate) fn failure(&mut self) -> Option<Error> {
        let end = self.offset + (self.end - self.start) as u64;
        self.failure.take().map(|e| Error::new(end, ErrorKind::Io(e)))
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

    /// Appends all that is left to `out`; where it can't be read to its end, what comes before.
    pub(crate) fn append_all(&mut self, out: &mut Vec<u8>) -> Result<(), Error> {
        out.extend_from_slice(&self.buffer[self.start..self.end]);
        self.pass(self.end);
        if let Some(failure) = self.failure() {
            return Err(failure);
        }
        let before = out.len();
        let result = self.read.read_to_end(out);
        self.offset += (out.len() - before) as u64;
        result.map(|_| ()).map_err(|e| self.error(ErrorKind::Io(e)))
    }

    /// Reads until `n` bytes are ahead, or the input is at its end.
    #[cold]
    fn read_ahead(&mut self, n: usize) {
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
                Err(e) => {
                    self.failure = Some(e);
                    self.at_end = true;
                    break;
                }
            }
        }
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
        assert_eq!(input.peek(3), [0, 1, 2]);
        input.pass(2);
        assert_eq!((input.offset(), input.peek(1)[0]), (2, 2));
        input.put_back(&[0, 1]);
        assert_eq!((input.offset(), input.peek(4)), (0, &[0, 1, 2, 3][..]));
        assert_eq!(input.peek(1000).len(), 100);
        input.pass(99);
        let mut rest = Vec::new();
        input.append_all(&mut rest).unwrap();
        assert_eq!((rest, input.offset()), (vec![99], 100));
        assert!(input.peek(1).is_empty());
    }
}

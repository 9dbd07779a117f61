//! What is compressed is decompressed while it is read.
//!
//! Comes in: any [`Read`]. Goes out: its bytes, decompressed if they begin as gzip or zstd data does, whatever the file is
//! called; and how far the input has been read. All members of a gzip file and all frames of a zstd file are one stream.
//!
//! Does *not* know: traces, files.

use std::fmt;
use std::io::{self, BufRead, BufReader, Cursor, ErrorKind, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::GzDecoder;
use zstd::stream::raw::{DParameter, Decoder as ZstdDecoder, InBuffer, Operation as _, OutBuffer};

/// How an input is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    Gzip,
    Zstd,
}

/// How many bytes of an input have been read, as it is: before they are decompressed.
#[derive(Debug, Clone, Default)]
pub struct Position(Arc<AtomicU64>);

/// The bytes of an input.
pub struct Content {
    pub read: Box<dyn Read + Send>,
    /// None: it is not compressed.
    pub compression: Option<Compression>,
    pub position: Position,
}

impl Content {
    /// Reads the beginning of an input to see what it is.
    ///
    /// Memory: at most the 128 MiB to which zstd data may refer back; as with `zstd -d`, more is an error. So are more than
    /// 64 MiB that are over 100 times as much as was read: who holds them is safe from what a few bytes can become.
    ///
    /// # Errors
    /// When the input can't be read. What is wrong with compressed data shows only behind all that can be decompressed.
    ///
    /// ```
    /// use std::io::Read as _;
    /// use gtq::compression::Content;
    ///
    /// let mut text = String::new();
    /// Content::new(&b"as it is"[..])?.read.read_to_string(&mut text)?;
    /// assert_eq!(text, "as it is");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn new(mut read: impl Read + Send + 'static) -> io::Result<Self> {
        let mut start = Vec::with_capacity(MAGIC);
        read.by_ref().take(MAGIC as u64).read_to_end(&mut start)?;
        let compression = Compression::of(&start);
        let position = Position::default();
        let whole = BufReader::with_capacity(BUFFER, Cursor::new(start).chain(read));
        let input = Counted { read: whole, position: position.clone() };
        let read: Box<dyn Read + Send> = match compression {
            None => Box::new(input),
            Some(Compression::Gzip) => {
                let decoder = Gzip { member: Some(GzDecoder::new(input)) };
                Box::new(Decompressed::new(decoder, Compression::Gzip, &position))
            }
            Some(Compression::Zstd) => {
                let decoder = Zstd::new(input)?;
                Box::new(Decompressed::new(decoder, Compression::Zstd, &position))
            }
        };
        Ok(Self { read, compression, position })
    }
}

/// The bytes that show what an input is.
const MAGIC: usize = 4;
/// Bytes of input that are read at a time.
const BUFFER: usize = 64 << 10;
/// No trace is so large in comparison to what it is compressed to; but what is made to fill the memory can be.
const MAX_RATIO: u64 = 100;
/// Bytes for which that does not matter.
const SMALL: u64 = 64 << 20;
/// The limit of the `zstd` command: 128 MiB.
const ZSTD_WINDOW_LOG: u32 = 27;

impl Compression {
    /// How an input is compressed that begins so.
    fn of(start: &[u8]) -> Option<Self> {
        match start {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            // A frame, and one that may be skipped, with which some writers begin.
            [0x28, 0xb5, 0x2f, 0xfd] | [0x50..=0x5f, 0x2a, 0x4d, 0x18] => Some(Self::Zstd),
            _ => None,
        }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        })
    }
}

impl Position {
    /// Bytes of the input that have been read.
    pub fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn add(&self, bytes: usize) {
        self.0.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

/// An input whose position is known.
struct Counted<R> {
    read: R,
    position: Position,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.read.read(buf)?;
        self.position.add(read);
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.read.fill_buf()
    }

    fn consume(&mut self, bytes: usize) {
        self.read.consume(bytes);
        self.position.add(bytes);
    }
}

/// Decompresses the members of a gzip file, one after the other. Zeros may follow, as `gzip -d` has it: whole blocks of a
/// disk or a tape.
struct Gzip<R> {
    /// None: the last one is over.
    member: Option<GzDecoder<R>>,
}

impl<R: BufRead> Read for Gzip<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            let read = match member.read(buf) {
                Ok(read) => read,
                Err(error) => {
                    if error.kind() != ErrorKind::Interrupted {
                        self.member = None;
                    }
                    return Err(error);
                }
            };
            if read > 0 || buf.is_empty() {
                return Ok(read);
            }
            let is_last = is_padding(member.get_mut())?;
            let input = self.member.take().filter(|_| !is_last).map(GzDecoder::into_inner);
            self.member = input.map(GzDecoder::new);
        }
        Ok(0)
    }
}

/// Whether nothing but zeros follows; they are read.
fn is_padding(input: &mut impl BufRead) -> io::Result<bool> {
    loop {
        let bytes = input.fill_buf()?;
        let (zeros, all) = (bytes.iter().take_while(|byte| **byte == 0).count(), bytes.len());
        input.consume(zeros);
        if zeros < all || all == 0 {
            return Ok(all == 0);
        }
    }
}

/// Decompresses zstd data block by block, as it asks for them: an error loses all that one call has decompressed.
struct Zstd<R> {
    input: R,
    decoder: ZstdDecoder<'static>,
    /// Bytes to go on with; 0: a frame is over, or there is none yet.
    wanted: usize,
}

impl<R: BufRead> Zstd<R> {
    fn new(input: R) -> io::Result<Self> {
        let mut decoder = ZstdDecoder::new()?;
        decoder.set_parameter(DParameter::WindowLogMax(ZSTD_WINDOW_LOG))?;
        Ok(Self { input, decoder, wanted: 0 })
    }
}

impl<R: BufRead> Read for Zstd<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let mut out = OutBuffer::around(buf);
        loop {
            let input = self.input.fill_buf()?;
            if input.is_empty() && self.wanted == 0 {
                return Ok(0);
            }
            let is_over = input.is_empty();
            let mut piece = InBuffer::around(&input[..input.len().min(self.wanted.max(1))]);
            self.wanted = self.decoder.run(&mut piece, &mut out)?;
            let read = piece.pos();
            self.input.consume(read);
            if out.pos() > 0 || out.capacity() == 0 {
                return Ok(out.pos());
            }
            if is_over && self.wanted > 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

/// What comes out of a decoder, whose errors do not say that they are its own, nor where they are.
struct Decompressed<D> {
    decoder: D,
    compression: Compression,
    position: Position,
    /// Bytes so far.
    size: u64,
}

impl<D: Read> Read for Decompressed<D> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.decoder.read(buf).map_err(|error| self.fault(error))?;
        self.size += read as u64;
        let at = self.position.bytes();
        if self.size > SMALL && self.size / MAX_RATIO > at {
            let compression = self.compression;
            return Err(io::Error::other(format!(
                "the first {at} bytes of the {compression} data become more than {MAX_RATIO} times as many, as no trace does"
            )));
        }
        Ok(read)
    }
}

impl<D> Decompressed<D> {
    fn new(decoder: D, compression: Compression, position: &Position) -> Self {
        Self { decoder, compression, position: position.clone(), size: 0 }
    }

    fn fault(&self, error: io::Error) -> io::Error {
        let (compression, at) = (self.compression, self.position.bytes());
        match error.kind() {
            // The input's own.
            ErrorKind::Interrupted => error,
            _ if error.raw_os_error().is_some() => error,
            ErrorKind::UnexpectedEof => {
                io::Error::other(format!("the {compression} data is cut off at byte {at} of the input"))
            }
            _ => io::Error::other(format!(
                "the {compression} data can't be decompressed beyond byte {at} of the input: {error}"
            )),
        }
    }
}

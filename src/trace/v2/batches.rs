//! The framing: batches one after the other, and where they go on if one is damaged.

use super::spec;
use crate::trace::error::{Error, ErrorKind};
use crate::trace::event::ThreadId;
use crate::trace::reader::{Version, is_trace};
use crate::trace::wire::{Cursor, Input, Malformed};

/// The most bytes before those of a batch: its kind, an experiment, and four numbers.
const LONGEST_HEAD: usize = 2 + 4 * 10;
/// The most bytes of a batch with its head.
const LONGEST: usize = LONGEST_HEAD + spec::MAX_BATCH_SIZE;

/// So many batches that seem to follow each other are believed to be batches. A generation has more.
const CHAIN: usize = 4;

#[derive(Debug, Clone, Copy)]
pub(super) struct Header {
    pub(super) kind: Kind,
    pub(super) generation: u64,
    pub(super) m: ThreadId,
    pub(super) tick: u64,
    pub(super) offset: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Events,
    /// Data of a runtime experiment, by the experiment's number.
    Experiment(u8),
}

/// What stands between two batches, or is one.
pub(super) enum Frame {
    Batch(Header),
    /// The mark at the end of a generation; there are none before Go 1.26.
    EndOfGeneration,
}

/// The frames of a trace.
pub(super) struct Batches {
    input: Input,
    version: Version,
    /// What lies before this is not looked at a third time.
    searched: u64,
}

/// What the bytes of a frame begin with.
enum Head {
    Batch {
        header: Header,
        /// Bytes of the head, and of what follows it.
        length: usize,
        size: usize,
    },
    EndOfGeneration,
}

impl Batches {
    pub(super) fn new(input: Input, version: Version) -> Self {
        Self { input, version, searched: 0 }
    }

    pub(super) fn offset(&self) -> u64 {
        self.input.offset()
    }

    pub(super) fn error(&self, kind: ErrorKind) -> Error {
        self.input.error(kind)
    }

    /// Reads the next frame; the bytes of a batch are appended to `data`. `None`: the input ends here. After an error
    /// nothing has been read.
    pub(super) fn next(&mut self, data: &mut Vec<u8>) -> Result<Option<Frame>, Error> {
        let offset = self.input.offset();
        let bytes = self.input.peek(LONGEST);
        if bytes.is_empty() {
            return self.input.failure().map_or(Ok(None), Err);
        }
        let cut = Error::new(offset + bytes.len() as u64, ErrorKind::Truncated);
        match Head::of(bytes, offset, self.version) {
            Ok(Head::EndOfGeneration) => {
                self.input.pass(1);
                Ok(Some(Frame::EndOfGeneration))
            }
            Ok(Head::Batch { header, length, size }) => {
                let Some(payload) = bytes.get(length..length + size) else {
                    return Err(self.input.failure().unwrap_or(cut));
                };
                data.extend_from_slice(payload);
                self.input.pass(length + size);
                Ok(Some(Frame::Batch(header)))
            }
            Err(NoHead::Cut) => Err(self.input.failure().unwrap_or(cut)),
            Err(NoHead::Wrong(_)) if is_trace(bytes) => Err(Error::new(offset, ErrorKind::AnotherTrace)),
            Err(NoHead::Wrong(byte)) => {
                Err(self.malformed(format!("a batch was expected, not byte {byte:#04x}")))
            }
            Err(NoHead::TooLong) => Err(self.malformed("a number has more than 64 bits".into())),
            Err(NoHead::TooLarge(size)) => {
                let most = spec::MAX_BATCH_SIZE;
                Err(self.malformed(format!("a batch of {size} bytes; the most is {most}")))
            }
        }
    }

    fn malformed(&self, what: String) -> Error {
        self.input.error(ErrorKind::Malformed(what))
    }

    /// Passes over all that is left.
    pub(super) fn leave(&mut self) {
        while !self.input.peek(1).is_empty() {
            self.input.pass(usize::MAX);
        }
    }

    /// After an error: passes on to where batches seem to follow each other again. False: there is no such place.
    ///
    /// `last`: the bytes of the batch before, which are searched too. If its size is wrong, or something is missing in
    /// its midst, then others begin there.
    pub(super) fn resume(&mut self, last: &[u8]) -> bool {
        let offset = self.input.offset();
        if offset.saturating_sub(last.len() as u64) >= self.searched {
            self.input.put_back(last);
        } else {
            self.input.pass(1);
        }
        self.searched = self.searched.max(offset);
        loop {
            let version = self.version;
            let bytes = self.input.peek(CHAIN * LONGEST);
            if bytes.is_empty() {
                return false;
            }
            let is_all = bytes.len() < CHAIN * LONGEST;
            let places = if is_all { bytes.len() } else { bytes.len() - CHAIN * LONGEST + 1 };
            // Behind the header of another trace are none of this one.
            let found = (0..places).find(|&at| is_chain(&bytes[at..], version) || is_trace(&bytes[at..]));
            self.input.pass(found.unwrap_or(places));
            if found.is_some() {
                return true;
            }
        }
    }
}

/// Why bytes are not the head of a frame.
enum NoHead {
    Cut,
    /// It begins with this byte.
    Wrong(u8),
    /// It has a number of more than 64 bits.
    TooLong,
    /// It has this size.
    TooLarge(u64),
}

impl Head {
    /// Reads the head of a frame that begins at `offset`.
    fn of(bytes: &[u8], offset: u64, version: Version) -> Result<Self, NoHead> {
        let mut cursor = Cursor::new(bytes);
        let cut = |Malformed| NoHead::Cut;
        let kind = match cursor.byte().map_err(cut)? {
            spec::EVENT_BATCH => Kind::Events,
            spec::EXPERIMENTAL_BATCH => Kind::Experiment(cursor.byte().map_err(cut)?),
            spec::END_OF_GENERATION if version.ends_generations() => return Ok(Self::EndOfGeneration),
            other => return Err(NoHead::Wrong(other)),
        };
        let mut number = || {
            let wrong = if cursor.remaining() < 10 { NoHead::Cut } else { NoHead::TooLong };
            cursor.uvarint().map_err(|Malformed| wrong)
        };
        let generation = number()?;
        let m = ThreadId(number()?.cast_signed());
        let tick = number()?;
        let size = number()?;
        let header = Header { kind, generation, m, tick, offset };
        let fits = usize::try_from(size).ok().filter(|size| *size <= spec::MAX_BATCH_SIZE);
        let size = fits.ok_or(NoHead::TooLarge(size))?;
        Ok(Self::Batch { header, length: bytes.len() - cursor.remaining(), size })
    }
}

/// Whether batches of one generation seem to begin here, or the last of one and the first of the next.
fn is_chain(mut bytes: &[u8], version: Version) -> bool {
    let mut generation = None;
    let mut batches = 0;
    let mut after_end = true;
    while batches < CHAIN {
        match Head::of(bytes, 0, version) {
            Ok(Head::Batch { header, length, size }) => {
                let follows = |before: u64| {
                    let ended = !version.ends_generations() && header.generation == next_generation(before);
                    header.generation == before || ended
                };
                if header.generation == 0 || !generation.is_none_or(follows) {
                    return false;
                }
                let Some(rest) = bytes.get(length + size..) else { return false };
                (bytes, generation, batches) = (rest, Some(header.generation), batches + 1);
                after_end = false;
            }
            Ok(Head::EndOfGeneration) if !after_end => {
                (bytes, generation) = (&bytes[1..], generation.map(next_generation));
                after_end = true;
            }
            _ => return false,
        }
    }
    true
}

/// The number of the generation after this one: 0 is none, and the runtime keeps it even and odd in turns.
pub(super) fn next_generation(number: u64) -> u64 {
    number.checked_add(1).unwrap_or(4)
}

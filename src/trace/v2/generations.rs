//! From batches to generations that are whole, as far as their framing tells.
//!
//! A generation begins behind the end of another: since Go 1.26 that is a mark, before it the first batch of the next. Where
//! something is wrong, batches are passed over until one begins again. That is known from an end that has been seen, or
//! else from the batch that says how fast the clock ticks, which the runtime writes first. So batches that are left of a
//! generation whose beginning is lost do not pass for one.

use super::batches::{Batches, Frame, Header, next_generation};
use super::generation::{Content, RawGeneration};
use crate::trace::error::{Error, ErrorKind};
use crate::trace::reader::Version;

/// What comes next in the input.
pub(super) enum Part {
    Generation(RawGeneration),
    /// Bytes from `offset` to where the next part begins are of no use.
    Lost {
        offset: u64,
        error: Error,
    },
}

/// The generations of a trace, one after the other.
pub(super) struct Generations {
    batches: Batches,
    version: Version,
    next: Next,
}

/// What is known of the next part.
enum Next {
    Nothing,
    /// A generation begins with this batch.
    Begins(Header, Vec<u8>),
    /// There is no generation here.
    Lost(Fault),
}

/// Where something is wrong with the framing.
struct Fault {
    offset: u64,
    error: Error,
    /// The number of the generation in which it is.
    generation: Option<u64>,
    /// If batches can be read on: that of the last one. Else the bytes of the batch before, among which others may begin.
    goes_on: Result<u64, Vec<u8>>,
}

impl Generations {
    pub(super) fn new(batches: Batches, version: Version) -> Self {
        Self { batches, version, next: Next::Nothing }
    }

    /// Bytes of input consumed so far.
    pub(super) fn offset(&self) -> u64 {
        self.batches.offset()
    }

    pub(super) fn error(&self, kind: ErrorKind) -> Error {
        self.batches.error(kind)
    }

    /// The next part; `None` at the end of the input.
    ///
    /// # Errors
    /// When the input can't be read.
    pub(super) fn next(&mut self) -> Result<Option<Part>, Error> {
        match std::mem::replace(&mut self.next, Next::Nothing) {
            Next::Nothing => self.begin(),
            Next::Begins(header, data) => self.read(RawGeneration::new(self.version, header, data)).map(Some),
            Next::Lost(fault) => self.pass_over(fault).map(Some),
        }
    }

    /// Reads what stands behind the end of a generation.
    fn begin(&mut self) -> Result<Option<Part>, Error> {
        let offset = self.batches.offset();
        let mut data = Vec::new();
        let malformed = |what: &str| Error::new(offset, ErrorKind::Malformed(what.into()));
        match self.batches.next(&mut data) {
            Ok(None) => Ok(None),
            Ok(Some(Frame::Batch(header))) if header.generation == 0 => {
                let error = malformed("a batch of generation 0");
                self.pass_over(Fault { offset, error, generation: None, goes_on: Ok(0) }).map(Some)
            }
            Ok(Some(Frame::Batch(header))) => {
                self.read(RawGeneration::new(self.version, header, data)).map(Some)
            }
            Ok(Some(Frame::EndOfGeneration)) => {
                Ok(Some(Part::Lost { offset, error: malformed("a generation without batches") }))
            }
            Err(error) => {
                let goes_on = Err(Vec::new());
                self.pass_over(Fault { offset, error, generation: None, goes_on }).map(Some)
            }
        }
    }

    /// Reads a generation of which the first batch is there.
    fn read(&mut self, mut raw: RawGeneration) -> Result<Part, Error> {
        let generation = Some(raw.number);
        loop {
            let (offset, start) = (self.batches.offset(), raw.data.len());
            let fault = match self.batches.next(&mut raw.data) {
                Ok(Some(Frame::Batch(header))) if header.generation == raw.number => {
                    raw.add(header, start);
                    continue;
                }
                Ok(Some(Frame::Batch(header))) => {
                    let data = raw.data.split_off(start);
                    if self.begins(&header, &data, generation, generation) {
                        self.next = Next::Begins(header, data);
                        if self.version.ends_generations() {
                            let what = "a generation without the mark at its end".into();
                            let error = Error::new(offset, ErrorKind::Malformed(what));
                            return Ok(Part::Lost { offset: raw.offset, error });
                        }
                        raw.size = offset - raw.offset;
                        return Ok(Part::Generation(raw));
                    }
                    let what = "the batches of two generations are mixed".into();
                    let error = Error::new(offset, ErrorKind::Malformed(what));
                    Fault { offset, error, generation, goes_on: Ok(header.generation) }
                }
                Ok(Some(Frame::EndOfGeneration)) => {
                    raw.size = self.batches.offset() - raw.offset;
                    return Ok(Part::Generation(raw));
                }
                Ok(None) if self.version.ends_generations() => {
                    let error = self.batches.error(ErrorKind::Truncated);
                    return Ok(Part::Lost { offset: raw.offset, error });
                }
                Ok(None) => {
                    raw.size = offset - raw.offset;
                    return Ok(Part::Generation(raw));
                }
                Err(error) => Fault { offset, error, generation, goes_on: Err(raw.last_batch().to_owned()) },
            };
            if self.version.ends_generations() {
                return self.pass_over(Fault { offset: raw.offset, ..fault });
            }
            // Without a mark at its end, it may have been whole before the fault. Decoding and ordering it will tell.
            self.next = Next::Lost(fault);
            raw.size = offset - raw.offset;
            return Ok(Part::Generation(raw));
        }
    }

    /// Passes over batches until a generation begins.
    fn pass_over(&mut self, fault: Fault) -> Result<Part, Error> {
        let Fault { offset, error, generation, goes_on } = fault;
        if matches!(error.kind, ErrorKind::Io(_)) {
            return Err(error);
        }
        let ends = matches!(error.kind, ErrorKind::AnotherTrace);
        let lost = Part::Lost { offset, error };
        if ends {
            self.batches.leave();
            return Ok(lost);
        }
        let mut before = match goes_on {
            Ok(number) => Some(number),
            Err(last) if self.batches.resume(&last) => None,
            Err(_) => return Ok(lost),
        };
        let mut data = Vec::new();
        let mut last = Vec::new();
        loop {
            data.clear();
            match self.batches.next(&mut data) {
                Ok(None | Some(Frame::EndOfGeneration)) => return Ok(lost),
                Ok(Some(Frame::Batch(header))) => {
                    if self.begins(&header, &data, generation, before) {
                        self.next = Next::Begins(header, data);
                        return Ok(lost);
                    }
                    before = Some(header.generation);
                    std::mem::swap(&mut data, &mut last);
                }
                Err(Error { kind: ErrorKind::Io(e), offset }) => {
                    return Err(Error::new(offset, ErrorKind::Io(e)));
                }
                Err(Error { kind: ErrorKind::AnotherTrace, .. }) => {
                    self.batches.leave();
                    return Ok(lost);
                }
                Err(_) => {
                    if !self.batches.resume(&last) {
                        return Ok(lost);
                    }
                    last.clear();
                    before = None;
                }
            }
        }
    }

    /// Whether a batch is the first of a generation. `present`: the number of the generation so far; `before`: of the
    /// batch before, if there is one.
    fn begins(&self, header: &Header, data: &[u8], present: Option<u64>, before: Option<u64>) -> bool {
        let is_next = |number| header.generation == next_generation(number);
        let is_first =
            Content::of(self.version, header, data) == Content::Sync && present != Some(header.generation);
        header.generation != 0
            && (is_first || !self.version.ends_generations() && before.is_some_and(is_next))
    }
}

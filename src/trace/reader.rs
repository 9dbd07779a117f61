//! The reader: from a byte stream to events in order, whatever the format.

use std::io::Read;

use super::error::{Error, ErrorKind};
use super::event::{Event, Time};
use super::symbols::Symbols;
use super::wire::Input;
use super::{v1, v2};

/// The version of Go that introduced a trace's format: the `N` of `go 1.N trace`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32);

impl Version {
    /// The versions with format v1 are 5 to 21, those with format v2 are 22 to 26.
    const KNOWN: [u32; 12] = [5, 7, 8, 9, 10, 11, 19, 21, 22, 23, 25, 26];

    /// Whether the trace has format v2, of generations.
    pub fn has_generations(self) -> bool {
        self >= Self(22)
    }

    /// Whether generations carry a snapshot of the wall clock.
    pub(super) fn has_clock(self) -> bool {
        self >= Self(25)
    }

    /// Whether the end of a generation is marked in the file.
    pub(super) fn ends_generations(self) -> bool {
        self >= Self(26)
    }
}

/// A moment on the trace's clock and on the wall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    pub time: Time,
    /// ns since the Unix epoch.
    pub wall: i64,
}

/// A generation that has been read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GenerationInfo {
    /// The runtime's number of it.
    pub number: u64,
    /// Where it begins in the input, in bytes.
    pub offset: u64,
    /// Its size in the input, in bytes.
    pub bytes: u64,
    pub batches: u64,
    /// Events so far, its sync event included.
    pub events: u64,
    pub first: Time,
    pub last: Time,
}

/// A part of a trace that could not be used.
#[derive(Debug)]
pub struct Loss {
    /// Where it begins in the input, in bytes.
    pub offset: u64,
    /// Its size in the input, in bytes. 0: what the trace says before and after it does not fit together.
    pub bytes: u64,
    /// What is wrong, and where that was noticed first.
    pub error: Error,
    /// Events of it that were given out all the same: a generation that is too large to be held back had begun well.
    pub events: u64,
    /// Nothing is known of the time from the last event before it (None: it is at the beginning) ...
    pub since: Option<Time>,
    /// ... to the first event after it (None: it is at the end).
    pub until: Option<Time>,
}

/// Reads the events of a trace in order.
///
/// The first event of a generation, and the last of the trace, is a [`Happening::Sync`](super::Happening::Sync). A trace
/// of format v1 (Go 1.21 and before) has no generations: a sync event is its first and its last.
///
/// Of a damaged trace of format v2, the whole generations are used, also those after a fault; where they do not follow each
/// other, a [`Happening::Lost`](super::Happening::Lost) comes between them. One of format v1 is used as far as it is whole.
///
/// Memory: of format v2 one generation is held at a time. One of format v1 can't be put in order before its end is known
/// and is held whole: its bytes while it is read, and then 48 bytes per event.
///
/// ```
/// use gtq::trace::{GoroutineState, Happening, Reader};
///
/// // How long did goroutines run in all? Times are ns of the trace's clock.
/// let mut reader = Reader::new(std::fs::File::open("examples/sum/trace.dat")?)?;
/// let mut since = std::collections::HashMap::new();
/// let mut running = 0;
/// while let Some((events, _symbols)) = reader.next_events()? {
///     for event in events {
///         if let Happening::Goroutine { id, from, to, .. } = event.what {
///             if from == GoroutineState::Running && let Some(start) = since.remove(&id) {
///                 running += event.time.0 - start;
///             }
///             if to == GoroutineState::Running {
///                 since.insert(id, event.time.0);
///             }
///         }
///     }
/// }
/// assert!(running > 5_000_000_000);
/// assert_eq!(reader.generations().len(), 8);
/// assert_eq!(reader.valid_bytes(), reader.bytes_read());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Reader {
    version: Version,
    format: Format,
}

enum Format {
    V1(Box<v1::Reader>),
    V2(Box<v2::Reader>),
}

impl Reader {
    /// Reads the header of a trace and its first generation that is whole; all of it, if it has none.
    ///
    /// # Errors
    /// When the input can't be read, is no trace, has a format that is not supported, or nothing in it can be used.
    ///
    /// ```
    /// use gtq::trace::{ErrorKind, Reader};
    ///
    /// let Err(error) = Reader::new(&b"not a trace at all"[..]) else { panic!() };
    /// assert!(matches!(error.kind, ErrorKind::NotATrace));
    /// let Err(error) = Reader::new(&b"go 1.99 trace\0\0\0"[..]) else { panic!() };
    /// assert!(matches!(error.kind, ErrorKind::Version(99)));
    /// ```
    pub fn new(read: impl Read + Send + 'static) -> Result<Self, Error> {
        let mut input = Input::new(read);
        let version = header(&mut input)?;
        let format = if version.has_generations() {
            Format::V2(Box::new(v2::Reader::new(input, version)?))
        } else {
            Format::V1(Box::new(v1::Reader::new(input, version)?))
        };
        Ok(Self { version, format })
    }

    /// Passes over generations whose events are all before a moment, which is given in ns since the trace's beginning.
    /// Only before the first event has been taken.
    ///
    /// The events that come are the same as without, but for what they say of the past: the state before a goroutine's or
    /// a proc's first event is that after it, and the names and parents of tasks that began before are not known.
    pub fn skip_to(&mut self, moment: i64) {
        match &mut self.format {
            Format::V1(_) => {}
            Format::V2(reader) => reader.skip_to(moment),
        }
    }

    /// When the trace begins, on its clock.
    pub fn start(&self) -> Time {
        match &self.format {
            Format::V1(reader) => reader.start(),
            Format::V2(reader) => reader.start(),
        }
    }

    /// Whether all events of the present generation have been taken.
    pub fn generation_is_over(&self) -> bool {
        match &self.format {
            Format::V1(reader) => reader.is_over(),
            Format::V2(reader) => reader.generation_is_over(),
        }
    }

    /// Generations that were passed over.
    pub fn skipped(&self) -> u64 {
        match &self.format {
            Format::V1(_) => 0,
            Format::V2(reader) => reader.skipped(),
        }
    }

    pub fn version(&self) -> Version {
        self.version
    }

    /// The strings and stacks of the generation to which the last event belongs.
    pub fn symbols(&self) -> &Symbols {
        match &self.format {
            Format::V1(reader) => reader.symbols(),
            Format::V2(reader) => reader.symbols(),
        }
    }

    /// Bytes of input consumed so far.
    pub fn bytes_read(&self) -> u64 {
        match &self.format {
            Format::V1(reader) => reader.bytes_read(),
            Format::V2(reader) => reader.bytes_read(),
        }
    }

    /// How much of the bytes that have been read is in order, from 0 to 1: a generation is read before it is put in order, and
    /// a trace of format v1 as a whole.
    pub fn share_in_order(&self) -> f64 {
        match &self.format {
            Format::V1(reader) => reader.share_in_order(),
            Format::V2(reader) => reader.share_in_order(),
        }
    }

    /// Bytes of input that could be used so far: those of whole generations, or, of format v1, those before what is cut or
    /// damaged; 0 if its events contradict each other.
    pub fn valid_bytes(&self) -> u64 {
        match &self.format {
            Format::V1(reader) => reader.valid_bytes(),
            Format::V2(reader) => reader.valid_bytes(),
        }
    }

    /// What could not be used so far, in the order of the input.
    ///
    /// ```
    /// use gtq::trace::Reader;
    ///
    /// // Of eight generations, the second lacks a byte.
    /// let mut bytes = std::fs::read("examples/sum/trace.dat")?;
    /// bytes.remove(4000);
    /// let mut reader = Reader::new(std::io::Cursor::new(bytes))?;
    /// while reader.next_events()?.is_some() {}
    /// assert_eq!(reader.generations().len(), 7);
    /// let [loss] = reader.losses() else { panic!() };
    /// assert_eq!(loss.bytes + reader.valid_bytes(), reader.bytes_read());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn losses(&self) -> &[Loss] {
        match &self.format {
            Format::V1(reader) => reader.losses(),
            Format::V2(reader) => reader.losses(),
        }
    }

    /// The first clock snapshot; traces have them since Go 1.25.
    pub fn clock(&self) -> Option<Clock> {
        match &self.format {
            Format::V1(_) => None,
            Format::V2(reader) => reader.clock(),
        }
    }

    /// The generations so far, the present one included.
    pub fn generations(&self) -> &[GenerationInfo] {
        match &self.format {
            Format::V1(_) => &[],
            Format::V2(reader) => reader.generations(),
        }
    }

    /// The next event; `None` at the end of the trace.
    ///
    /// # Errors
    /// When the input can't be read any further. There are no more events then.
    #[inline]
    pub fn next_event(&mut self) -> Result<Option<Event>, Error> {
        match &mut self.format {
            Format::V1(reader) => Ok(reader.next_event()),
            Format::V2(reader) => reader.next_event(),
        }
    }

    /// The next events, at least one, all of one generation, and that generation's strings and stacks; `None` at the end
    /// of the trace. For those who want them all, this is faster than one at a time.
    ///
    /// # Errors
    /// As [`next_event`](Self::next_event).
    pub fn next_events(&mut self) -> Result<Option<(&[Event], &Symbols)>, Error> {
        match &mut self.format {
            Format::V1(reader) => Ok(reader.next_events()),
            Format::V2(reader) => reader.next_events(),
        }
    }
}

/// Bytes of a trace's header.
pub(super) const HEADER: usize = 16;

/// Reads a header of a version that is known.
fn header(input: &mut Input) -> Result<Version, Error> {
    let mut header = [0; HEADER];
    let bytes = input.peek(HEADER);
    let length = bytes.len().min(HEADER);
    header[..length].copy_from_slice(&bytes[..length]);
    input.pass(length);
    if length < HEADER
        && let Some(failure) = input.failure()
    {
        return Err(failure);
    }
    if length == 0 {
        return Err(input.error(ErrorKind::Empty));
    }
    match version(&header[..length]) {
        Some(Version(n)) if Version::KNOWN.contains(&n) => Ok(Version(n)),
        Some(Version(n)) => Err(input.error(ErrorKind::Version(n))),
        None => Err(input.error(ErrorKind::NotATrace)),
    }
}

/// What stands at the beginning of a trace: `go 1.N trace`, and the zero bytes that make it 16 bytes.
fn version(start: &[u8]) -> Option<Version> {
    let rest = start.get(..HEADER)?.strip_prefix(b"go 1.")?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = rest.split_at(digits);
    let zeros = rest.strip_prefix(b" trace")?;
    if zeros.iter().any(|&byte| byte != 0) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok().map(Version)
}

/// Whether these bytes begin as a trace does.
pub fn is_trace(start: &[u8]) -> bool {
    version(start).is_some()
}

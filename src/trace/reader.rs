//! The reader: from a byte stream to events in order, one generation in memory at a time.

use std::io::Read;

use super::error::{Error, ErrorKind};
use super::event::{Event, GoroutineId, Happening, ProcId, StackId, ThreadId, Time};
use super::order::Order;
use super::symbols::Symbols;
use super::v2::{Frontier, Generation, Raw, Reading, Sample, Spill};
use super::wire::Input;

/// The version of Go that introduced a trace's format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32);

impl Version {
    /// Whether generations carry a snapshot of the wall clock.
    pub(super) fn has_clock(self) -> bool {
        self >= Version(25)
    }

    /// Whether the end of a generation is marked in the file.
    pub(super) fn ends_generations(self) -> bool {
        self >= Version(26)
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

/// Reads the events of a trace in order.
///
/// The first event of a generation, and the last of the trace, is a [`Happening::Sync`].
pub struct Reader {
    input: Input,
    version: Version,
    last: Time,
    generation: Option<Box<Generation>>,
    frontier: Frontier,
    /// The next CPU sample of the generation.
    sample: usize,
    order: Order,
    syncs: u64,
    /// The first batch of the next generation, where it had to be read to see the end of the present one.
    spill: Option<Spill>,
    state: State,
    clock: Option<Clock>,
    generations: Vec<GenerationInfo>,
    valid_bytes: u64,
    no_symbols: Symbols,
    /// The trace's first event, which was read to see that there is one.
    first: Option<Event>,
}

/// What comes after the present generation.
enum State {
    /// Perhaps another one.
    Reading,
    /// The final sync event.
    Ending,
    /// A sync event, and then this.
    Failing(Error),
    Failed(Error),
    Done,
}

impl Reader {
    /// Reads the header of a trace and its first generation.
    ///
    /// # Errors
    /// When the input can't be read, is no trace, has a format that is not supported, or nothing in it can be used.
    pub fn new(read: impl Read + Send + 'static) -> Result<Self, Error> {
        let mut input = Input::new(read);
        let version = header(&mut input)?;
        let mut reader = Self {
            input,
            version,
            last: Time(0),
            generation: None,
            frontier: Frontier::default(),
            sample: 0,
            order: Order::default(),
            syncs: 0,
            spill: None,
            state: State::Reading,
            clock: None,
            generations: Vec::new(),
            valid_bytes: 0,
            no_symbols: Symbols::default(),
            first: None,
        };
        reader.first = reader.next_event()?;
        Ok(reader)
    }

    pub fn version(&self) -> Version {
        self.version
    }

    /// The strings and stacks of the generation to which the last event belongs.
    pub fn symbols(&self) -> &Symbols {
        self.generation.as_ref().map_or(&self.no_symbols, |g| &g.symbols)
    }

    /// Bytes of input consumed so far.
    pub fn bytes_read(&self) -> u64 {
        self.input.offset()
    }

    /// Bytes of input that lie before the end of the last whole generation.
    pub fn valid_bytes(&self) -> u64 {
        self.valid_bytes
    }

    /// The first clock snapshot; traces have them since Go 1.25.
    pub fn clock(&self) -> Option<Clock> {
        self.clock
    }

    /// The generations so far, the present one included.
    pub fn generations(&self) -> &[GenerationInfo] {
        &self.generations
    }

    /// The next event; `None` at the end of the trace.
    ///
    /// # Errors
    /// When the rest of the trace can't be used. There are no more events then.
    pub fn next_event(&mut self) -> Result<Option<Event>, Error> {
        if let Some(first) = self.first.take() {
            return Ok(Some(first));
        }
        match self.advance() {
            Ok(Some(mut event)) => {
                // Equal times are told apart by their order.
                if event.time <= self.last {
                    event.time = Time(self.last.0.saturating_add(1));
                }
                self.last = event.time;
                if let Some(info) = self.generations.last_mut()
                    && self.generation.is_some()
                {
                    info.events += 1;
                    info.last = event.time;
                    if info.events == 1 {
                        info.first = event.time;
                    }
                }
                Ok(Some(event))
            }
            Ok(None) => Ok(None),
            Err(e) => {
                self.state = State::Done;
                self.generation = None;
                Err(e)
            }
        }
    }

    fn advance(&mut self) -> Result<Option<Event>, Error> {
        if let Some(event) = self.order.next() {
            return Ok(Some(event));
        }
        let Some(generation) = &mut self.generation else { return self.next_generation() };
        let fail = |input: &Input, message: String| Err(input.error(ErrorKind::Inconsistent(message)));
        let first = self.frontier.first_time();
        if let Some(sample) = generation.samples.get(self.sample)
            && first.is_none_or(|time| sample.time < time)
        {
            self.sample += 1;
            return match sample_event(sample, generation) {
                Ok(event) => Ok(Some(event)),
                Err(message) => fail(&self.input, message),
            };
        }
        if first.is_none() {
            return self.next_generation();
        }
        match try_advance(&mut self.frontier, &mut self.order, generation, 0) {
            Ok(true) => return Ok(self.order.next()),
            Ok(false) => {}
            Err(message) => return fail(&self.input, message),
        }
        // The earliest event must wait for one of another thread: the others are tried in the order of their times.
        self.frontier.sort();
        for i in 1..self.frontier.len() {
            match try_advance(&mut self.frontier, &mut self.order, generation, i) {
                Ok(true) => return Ok(self.order.next()),
                Ok(false) => {}
                Err(message) => return fail(&self.input, message),
            }
        }
        let (thread, raw) = self.frontier.peek(0);
        let event = super::v2::spec::name(raw.kind);
        let message = format!("{event} on thread {} waits for an event that never comes", thread.0);
        fail(&self.input, message)
    }

    /// Goes on to the next generation, or to the end. The first event of either is a sync.
    fn next_generation(&mut self) -> Result<Option<Event>, Error> {
        match std::mem::replace(&mut self.state, State::Done) {
            State::Done => return Ok(None),
            State::Failed(e) => return Err(e),
            State::Ending => return Ok(Some(self.sync(self.last))),
            State::Failing(e) => {
                self.state = State::Failed(e);
                return Ok(Some(self.sync(self.last)));
            }
            State::Reading => {}
        }
        if self.generation.take().is_some() && !self.version.ends_generations() && self.spill.is_none() {
            return Ok(Some(self.sync(self.last)));
        }
        match Generation::read(&mut self.input, self.version, self.spill.take()) {
            Ok(Reading::End) if self.syncs == 0 => Err(self.input.error(ErrorKind::NoEvents)),
            Ok(Reading::End) => Ok(Some(self.sync(self.last))),
            Err(e) if self.syncs == 0 => Err(e),
            Err(e) => {
                self.state = State::Failed(e);
                Ok(Some(self.sync(self.last)))
            }
            Ok(Reading::Generation(generation, spill, cut)) => {
                self.spill = spill;
                self.state = match cut {
                    Some(e) => State::Failing(e),
                    None if self.spill.is_none() && !self.version.ends_generations() => State::Ending,
                    None => State::Reading,
                };
                self.install(generation).map(Some)
            }
        }
    }

    fn install(&mut self, generation: Box<Generation>) -> Result<Event, Error> {
        let start = Time(generation.ns(generation.first_tick));
        if let (None, Some(snapshot)) = (self.clock, generation.clock) {
            self.clock = Some(Clock { time: Time(generation.snapshot_time(snapshot)), wall: snapshot.wall });
        }
        self.sample = 0;
        self.frontier
            .install(&generation)
            .map_err(|message| self.input.error(ErrorKind::Malformed(message)))?;
        let event = self.sync(start);
        self.generations.push(GenerationInfo {
            number: generation.number,
            offset: generation.offset,
            bytes: generation.size,
            batches: generation.batches,
            events: 0,
            first: start,
            last: start,
        });
        self.generation = Some(generation);
        Ok(event)
    }

    fn sync(&mut self, time: Time) -> Event {
        self.syncs += 1;
        self.valid_bytes = self.generations.last().map_or(0, |g| g.offset + g.bytes);
        Event {
            time,
            g: GoroutineId::NONE,
            p: ProcId::NONE,
            m: ThreadId::NONE,
            stack: StackId::NONE,
            what: Happening::Sync { n: self.syncs },
        }
    }
}

/// Tries the event in place `i` of the frontier.
fn try_advance(
    frontier: &mut Frontier,
    order: &mut Order,
    generation: &mut Generation,
    i: usize,
) -> Result<bool, String> {
    let (thread, raw): (ThreadId, &Raw) = frontier.peek(i);
    if !order.advance(raw, thread, generation)? {
        return Ok(false);
    }
    frontier.advance(i, generation)?;
    Ok(true)
}

fn sample_event(sample: &Sample, generation: &Generation) -> Result<Event, String> {
    let Sample { time, m, p, g, stack } = *sample;
    let stack = generation.stack(stack).ok_or_else(|| format!("a CPU sample names the missing stack {stack}"))?;
    Ok(Event { time: Time(time), g, p, m, stack, what: Happening::Sample })
}

/// Reads `go 1.N trace` and three zero bytes.
fn header(input: &mut Input) -> Result<Version, Error> {
    let mut header = [0; 16];
    let length = input.read_up_to(&mut header)?;
    if length == 0 {
        return Err(input.error(ErrorKind::Empty));
    }
    let number = header[..length]
        .strip_prefix(b"go 1.")
        .and_then(|rest| rest.strip_suffix(b" trace\0\0\0"))
        .and_then(|digits| std::str::from_utf8(digits).ok())
        .filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))
        .and_then(|digits| digits.parse().ok());
    match number {
        Some(n @ (22 | 23 | 25 | 26)) => Ok(Version(n)),
        Some(n) => Err(input.error(ErrorKind::Version(n))),
        // Versions with one digit are a byte shorter; what follows does not matter for saying so.
        None if header.starts_with(b"go 1.") && header[6..].starts_with(b" trace\0\0\0") => {
            Err(input.error(ErrorKind::Version(u32::from(header[5].wrapping_sub(b'0')))))
        }
        None => Err(input.error(ErrorKind::NotATrace)),
    }
}

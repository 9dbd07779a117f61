//! From a byte stream to events in order, one generation in memory at a time.

use super::{Frontier, Generation, RawGeneration, Reading, Sample, Spill, TimeSpan, spec};
use crate::trace::error::{Error, ErrorKind};
use crate::trace::event::{Event, GoroutineId, Happening, ProcId, StackId, ThreadId, Time};
use crate::trace::order::Order;
use crate::trace::reader::{Clock, GenerationInfo, Version};
use crate::trace::symbols::Symbols;
use crate::trace::wire::Input;

/// Reads the events of a trace in order; [`trace::Reader`](crate::trace::Reader) documents what it gives.
pub(crate) struct Reader {
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
    /// Events that are in order; those before `taken` have been given out. All of one generation.
    ready: Vec<Event>,
    taken: usize,
    /// What went wrong after the ready events.
    error: Option<Error>,
    /// When the trace begins.
    start: Option<Time>,
    /// When the first generation begins, and when its events end.
    first: Option<TimeSpan>,
    /// Generations whose events are all before this are passed over.
    from: Option<Time>,
    /// The generation that comes next, and what comes behind it, where it had to be read to see whether the one before it
    /// matters.
    waiting: Option<(RawGeneration, State)>,
    skipped: u64,
}

/// Whether what comes after a moment has the same times without the generation before.
///
/// A generation begins while threads still write the one before it, so its first events are moved behind the last of that.
/// When that happens exactly, only putting it in order tells, unless nothing else happens close to it; but a little later
/// it does not matter any more.
fn is_apart(passed: TimeSpan, next: TimeSpan, moment: Time) -> bool {
    const SETTLED: i64 = 1_000_000;
    passed.clear || passed.last.max(next.first).saturating_add(SETTLED) < moment.0
}

/// Events that are put in order at a time: enough to stay in the hot loop, few enough to stay in the cache.
const READY: usize = 512;

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
    /// Reads the first generation, after the header.
    pub(crate) fn new(input: Input, version: Version) -> Result<Self, Error> {
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
            ready: Vec::with_capacity(READY + 4),
            taken: 0,
            error: None,
            start: None,
            first: None,
            from: None,
            waiting: None,
            skipped: 0,
        };
        reader.fill()?;
        Ok(reader)
    }

    pub(crate) fn skip_to(&mut self, moment: i64) -> Result<(), Error> {
        let Some(span) = self.first else { return Ok(()) };
        let from = Time(span.first.saturating_add(moment));
        self.from = Some(from);
        if Time(span.last) >= from || self.error.is_some() || !matches!(self.state, State::Reading) {
            return Ok(());
        }
        // The first generation has been decoded to see that this is a trace. Whether it matters shows the second.
        match self.read_raw() {
            Ok(Some((second, behind))) => {
                if second.span().is_some_and(|next| is_apart(span, next, from)) {
                    self.pass_over(span);
                    self.generation = None;
                    self.ready.clear();
                }
                self.waiting = Some((second, behind));
            }
            Ok(None) => self.state = State::Ending,
            Err(e) => self.state = State::Failing(e),
        }
        if self.ready.is_empty() { self.fill() } else { Ok(()) }
    }

    /// When the trace begins, on its clock.
    pub(crate) fn start(&self) -> Time {
        self.start.unwrap_or_default()
    }

    /// Whether all events of the present generation have been taken.
    pub(crate) fn generation_is_over(&self) -> bool {
        let ordered = |generation: &Generation| {
            self.frontier.first_time().is_none() && self.sample == generation.samples.len()
        };
        self.taken == self.ready.len() && self.generation.as_deref().is_none_or(ordered)
    }

    /// What comes next begins where this ends, and knows nothing of it.
    fn pass_over(&mut self, span: TimeSpan) {
        self.skipped += 1;
        self.last = self.last.max(Time(span.last));
        self.order = Order::resumed();
    }

    /// Generations that were passed over.
    pub(crate) fn skipped(&self) -> u64 {
        self.skipped
    }

    /// The strings and stacks of the generation to which the last event belongs.
    pub(crate) fn symbols(&self) -> &Symbols {
        self.generation.as_ref().map_or(&self.no_symbols, |g| &g.symbols)
    }

    /// Bytes of input consumed so far.
    pub(crate) fn bytes_read(&self) -> u64 {
        self.input.offset()
    }

    /// Bytes of input that lie before the end of the last whole generation.
    pub(crate) fn valid_bytes(&self) -> u64 {
        self.valid_bytes
    }

    /// The first clock snapshot; traces have them since Go 1.25.
    pub(crate) fn clock(&self) -> Option<Clock> {
        self.clock
    }

    /// The generations so far, the present one included.
    pub(crate) fn generations(&self) -> &[GenerationInfo] {
        &self.generations
    }

    /// The next event; `None` at the end of the trace.
    #[inline]
    pub(crate) fn next_event(&mut self) -> Result<Option<Event>, Error> {
        if self.taken == self.ready.len() {
            self.fill()?;
        }
        let event = self.ready.get(self.taken).copied();
        self.taken += usize::from(event.is_some());
        Ok(event)
    }

    /// The next events, at least one, all of one generation, and that generation's strings and stacks; `None` at the end
    /// of the trace. For those who want them all, this is faster than one at a time.
    pub(crate) fn next_events(&mut self) -> Result<Option<(&[Event], &Symbols)>, Error> {
        if self.taken == self.ready.len() {
            self.fill()?;
        }
        let from = std::mem::replace(&mut self.taken, self.ready.len());
        let events = &self.ready[from..];
        let symbols = self.generation.as_ref().map_or(&self.no_symbols, |g| &g.symbols);
        Ok((!events.is_empty()).then_some((events, symbols)))
    }

    /// Puts more events in order; none at the end of the trace.
    fn fill(&mut self) -> Result<(), Error> {
        self.ready.clear();
        self.taken = 0;
        if let Some(error) = self.error.take() {
            self.state = State::Done;
            self.generation = None;
            return Err(error);
        }
        let result = match &mut self.generation {
            Some(generation) => {
                let frontier = &mut self.frontier;
                Self::order_events(generation, frontier, &mut self.order, &mut self.sample, &mut self.ready)
                    .map_err(|message| self.input.error(ErrorKind::Inconsistent(message)))
            }
            None => Ok(()),
        };
        match result {
            Ok(()) if self.ready.is_empty() => match self.next_generation() {
                Ok(event) => self.ready.extend(event),
                Err(error) => {
                    self.state = State::Done;
                    return Err(error);
                }
            },
            Ok(()) => {}
            Err(error) => self.error = Some(error),
        }
        self.settle();
        if self.ready.is_empty() && self.error.is_some() { self.fill() } else { Ok(()) }
    }

    /// Gives the ready events their final times, and counts them.
    fn settle(&mut self) {
        for event in &mut self.ready {
            // Equal times are told apart by their order.
            if event.time <= self.last {
                event.time = Time(self.last.0.saturating_add(1));
            }
            self.last = event.time;
        }
        if let (Some(info), Some(_), Some(first)) =
            (self.generations.last_mut(), &self.generation, self.ready.first())
        {
            if info.events == 0 {
                info.first = first.time;
            }
            info.events += self.ready.len() as u64;
            info.last = self.last;
        }
    }

    /// Puts events of the present generation in order until there are enough, or no more of them.
    fn order_events(
        generation: &mut Generation,
        frontier: &mut Frontier,
        order: &mut Order,
        next_sample: &mut usize,
        ready: &mut Vec<Event>,
    ) -> Result<(), String> {
        while ready.len() < READY {
            let first = frontier.first_time();
            if let Some(sample) = generation.samples.get(*next_sample)
                && first.is_none_or(|time| sample.time < time)
            {
                *next_sample += 1;
                ready.push(sample_event(sample, generation)?);
                continue;
            }
            if first.is_none() {
                break;
            }
            if try_advance(frontier, order, generation, 0, ready)? {
                continue;
            }
            // The earliest event must wait for one of another thread: the others are tried in the order of their times.
            frontier.sort();
            let mut advanced = false;
            for i in 1..frontier.len() {
                if try_advance(frontier, order, generation, i, ready)? {
                    advanced = true;
                    break;
                }
            }
            if !advanced {
                let event = spec::name(frontier.peek(0).1.kind);
                return Err(format!("{event} waits for an event that never comes"));
            }
        }
        Ok(())
    }

    /// Goes on to the next generation, or to the end. The first event of either is a sync.
    fn next_generation(&mut self) -> Result<Option<Event>, Error> {
        self.generation = None;
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
        let raw = match self.next_wanted() {
            Ok(Some(raw)) => raw,
            Ok(None) if self.syncs == 0 => return Err(self.input.error(ErrorKind::NoEvents)),
            Ok(None) => return Ok(Some(self.sync(self.last))),
            Err(e) if self.syncs == 0 => return Err(e),
            Err(e) => {
                self.state = State::Failed(e);
                return Ok(Some(self.sync(self.last)));
            }
        };
        if self.first.is_none() {
            self.first = raw.span();
        }
        match raw.decode() {
            Ok(generation) => self.install(Box::new(generation)).map(Some),
            Err(e) if self.syncs == 0 => Err(e),
            Err(e) => {
                self.state = State::Failed(e);
                Ok(Some(self.sync(self.last)))
            }
        }
    }

    /// Reads on to the next generation that is not passed over.
    fn next_wanted(&mut self) -> Result<Option<RawGeneration>, Error> {
        let mut before: Option<(RawGeneration, TimeSpan)> = None;
        loop {
            let read = match self.waiting.take() {
                Some(waiting) => Some(waiting),
                None => self.read_raw()?,
            };
            let Some((raw, behind)) = read else {
                // What goes on to the trace's end is known only from its last generation.
                self.state = if before.is_some() { State::Ending } else { State::Done };
                return Ok(before.map(|(last, _)| last));
            };
            // Without a window nobody asks when its events happen.
            let bounds = self.from.and_then(|from| Some((from, raw.span()?)));
            if let (Some((from, span)), State::Reading) = (bounds, &behind)
                && Time(span.last) < from
            {
                if let Some((passed, span)) = before.replace((raw, span)) {
                    self.generations.push(passed.info(Time(span.first)));
                    self.pass_over(span);
                }
                continue;
            }
            let Some((passed, span)) = before else {
                self.state = behind;
                return Ok(Some(raw));
            };
            if bounds.is_some_and(|(from, next)| is_apart(span, next, from)) {
                self.generations.push(passed.info(Time(span.first)));
                self.pass_over(span);
                self.state = behind;
                return Ok(Some(raw));
            }
            self.waiting = Some((raw, behind));
            self.state = State::Reading;
            return Ok(Some(passed));
        }
    }

    /// Reads the next generation, and what comes behind it.
    fn read_raw(&mut self) -> Result<Option<(RawGeneration, State)>, Error> {
        let (raw, spill, cut) = match RawGeneration::read(&mut self.input, self.version, self.spill.take())? {
            Reading::Generation(raw, spill, cut) => (raw, spill, cut),
            Reading::End => return Ok(None),
        };
        self.spill = spill;
        let behind = match cut {
            Some(e) => State::Failing(e),
            None if self.spill.is_none() && !self.version.ends_generations() => State::Ending,
            None => State::Reading,
        };
        Ok(Some((raw, behind)))
    }

    fn install(&mut self, generation: Box<Generation>) -> Result<Event, Error> {
        let start = Time(generation.ns(generation.first_tick));
        self.start.get_or_insert(start);
        if let (None, Some(snapshot)) = (self.clock, generation.clock) {
            self.clock = Some(Clock { time: Time(generation.snapshot_time(snapshot)), wall: snapshot.wall });
        }
        self.sample = 0;
        self.frontier
            .install(&generation, |thread| self.order.slot(thread))
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

/// Tries the event in place `i` of the frontier. What it makes is ready only if its thread can go on.
#[inline]
fn try_advance(
    frontier: &mut Frontier,
    order: &mut Order,
    generation: &mut Generation,
    i: usize,
    ready: &mut Vec<Event>,
) -> Result<bool, String> {
    let before = ready.len();
    let (slot, raw) = frontier.peek(i);
    if !order.advance(raw, slot, generation, ready)? {
        return Ok(false);
    }
    if let Err(problem) = frontier.advance(i, generation) {
        ready.truncate(before);
        return Err(problem);
    }
    Ok(true)
}

fn sample_event(sample: &Sample, generation: &Generation) -> Result<Event, String> {
    let Sample { time, m, p, g, stack } = *sample;
    let stack =
        generation.stack(stack).ok_or_else(|| format!("a CPU sample names the missing stack {stack}"))?;
    Ok(Event { time: Time(time), g, p, m, stack, what: Happening::Sample })
}

//! From a byte stream to events in order, one generation in memory at a time.
//!
//! Of a damaged trace, whole generations are used and others are not. Whether one is whole shows only when all its events
//! have been put in order, so they are held back until then. Of a generation with more than [`HELD`] events, those before
//! the fault are given out all the same, and the loss says so.
//!
//! A generation goes on from the state in which the one before it, by its number, has left everything. If that one is lost,
//! or contradicts it, it is put in order like the first of a trace: of what it finds going on the past is not known. An
//! event between the two says so.

use super::batches::{Batches, next_generation};
use super::generations::{Generations, Part};
use super::merge::Merge;
use super::{Generation, RawGeneration, TimeSpan};
use crate::trace::error::{Error, ErrorKind};
use crate::trace::event::{Event, GoroutineId, Happening, ProcId, StackId, ThreadId, Time};
use crate::trace::reader::{Clock, GenerationInfo, Loss, Version};
use crate::trace::symbols::Symbols;
use crate::trace::wire::Input;

/// Reads the events of a trace in order; [`trace::Reader`](crate::trace::Reader) documents what it gives.
pub(crate) struct Reader {
    parts: Generations,
    generation: Option<Box<Generation>>,
    merge: Merge,
    /// The number of the generation that `merge` has seen last; None: it knows nothing.
    number: Option<u64>,
    /// The number of the last generation that was used.
    latest: Option<u64>,
    syncs: u64,
    clock: Option<Clock>,
    generations: Vec<GenerationInfo>,
    losses: Vec<Loss>,
    /// What has been lost since the last generation that was used.
    lost: Option<Lost>,
    valid_bytes: u64,
    no_symbols: Symbols,
    /// Events that are in order; those before `taken` have been given out. All of one generation.
    ready: Vec<Event>,
    taken: usize,
    /// The time of the last event that has been ready.
    last: Time,
    /// When the trace begins.
    start: Option<Time>,
    /// When the first generation begins, and when its events end.
    first: Option<TimeSpan>,
    /// Generations whose events are all before this are passed over.
    from: Option<Time>,
    /// What comes next, where it had to be read to see whether the generation before it matters.
    waiting: Option<Next>,
    skipped: u64,
    /// Why the input could be read no further.
    error: Option<Error>,
    ended: bool,
}

/// A generation, or (`None`) the end of the input; and what is lost before it.
type Next = (Option<RawGeneration>, Option<Lost>);

/// What is lost, from `offset` on.
struct Lost {
    offset: u64,
    error: Error,
    /// Events of it that were given out.
    events: u64,
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

/// Events that are given out at a time: enough to stay in the hot loop, few enough to stay in the cache.
const READY: usize = 512;
/// The most events that are held back until their generation has turned out to be whole: 25 MB. One step makes a few.
const HELD: usize = (1 << 18) - 8;
/// No trace lasts a century; later times leave no room for those that follow.
const LATEST: i64 = i64::MAX / 2;

impl Reader {
    /// Reads on to the first generation that can be used, after the header.
    pub(crate) fn new(input: Input, version: Version) -> Result<Self, Error> {
        let header = input.offset();
        let mut reader = Self {
            parts: Generations::new(Batches::new(input, version), version),
            generation: None,
            merge: Merge::default(),
            number: None,
            latest: None,
            syncs: 0,
            clock: None,
            generations: Vec::new(),
            losses: Vec::new(),
            lost: None,
            valid_bytes: header,
            no_symbols: Symbols::default(),
            ready: Vec::new(),
            taken: 0,
            last: Time(0),
            start: None,
            first: None,
            from: None,
            waiting: None,
            skipped: 0,
            error: None,
            ended: false,
        };
        reader.fill();
        if reader.ready.is_empty() {
            let lost = reader.losses.pop().map(|loss| loss.error);
            return Err(reader.error.or(lost).unwrap_or_else(|| reader.parts.error(ErrorKind::NoEvents)));
        }
        Ok(reader)
    }

    pub(crate) fn skip_to(&mut self, moment: i64) {
        let Some(span) = self.first else { return };
        let from = Time(span.first.saturating_add(moment));
        self.from = Some(from);
        if Time(span.last) >= from || self.ended {
            return;
        }
        // The first generation is there to see that this is a trace. Whether it matters shows the second.
        let second = self.read_next().unwrap_or_else(|error| {
            self.error = Some(error);
            (None, None)
        });
        let next = second.0.as_ref().and_then(RawGeneration::span);
        if next.is_some_and(|next| is_apart(span, next, from))
            && let Some(first) = self.generations.pop()
        {
            self.generation = None;
            self.ready.clear();
            self.taken = 0;
            self.pass_over(first, span, None);
        }
        self.waiting = Some(second);
        if self.ready.is_empty() {
            self.fill();
        }
    }

    /// When the trace begins, on its clock.
    pub(crate) fn start(&self) -> Time {
        self.start.unwrap_or_default()
    }

    /// Whether all events of the present generation have been taken.
    pub(crate) fn generation_is_over(&self) -> bool {
        self.taken == self.ready.len()
            && self.generation.as_deref().is_none_or(|generation| self.merge.is_over(generation))
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
        self.parts.offset()
    }

    /// How much of those bytes is in order, from 0 to 1.
    pub(crate) fn share_in_order(&self) -> f64 {
        let Some(generation) = &self.generation else { return 1.0 };
        #[expect(clippy::cast_precision_loss, reason = "a share")]
        let (before, size, read) =
            (generation.offset as f64, generation.size as f64, self.bytes_read().max(1) as f64);
        ((before + size * self.merge.share(generation)) / read).min(1.0)
    }

    /// Bytes of the header and of whole generations.
    pub(crate) fn valid_bytes(&self) -> u64 {
        self.valid_bytes
    }

    /// What could not be used so far.
    pub(crate) fn losses(&self) -> &[Loss] {
        &self.losses
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
            self.fill();
        }
        let Some(&event) = self.ready.get(self.taken) else { return self.error.take().map_or(Ok(None), Err) };
        self.taken += 1;
        Ok(Some(event))
    }

    /// The next events, at least one, all of one generation, and that generation's strings and stacks; `None` at the end
    /// of the trace. For those who want them all, this is faster than one at a time.
    pub(crate) fn next_events(&mut self) -> Result<Option<(&[Event], &Symbols)>, Error> {
        if self.taken == self.ready.len() {
            self.fill();
        }
        let from = self.taken;
        let events = match self.ready.get(from..).unwrap_or_default() {
            [] => return self.error.take().map_or(Ok(None), Err),
            // It belongs to no generation.
            [Event { what: Happening::Lost { .. }, .. }, ..] => &self.ready[from..=from],
            more => &more[..more.len().min(READY)],
        };
        self.taken = from + events.len();
        let symbols = self.generation.as_ref().map_or(&self.no_symbols, |g| &g.symbols);
        Ok(Some((events, symbols)))
    }

    /// Puts more events in order; none at the end of the trace.
    fn fill(&mut self) {
        self.ready.clear();
        self.taken = 0;
        if let Some(mut generation) = self.generation.take() {
            match self.put_in_order(&mut generation, READY) {
                Ok(()) if self.ready.is_empty() => self.valid_bytes += generation.size,
                Ok(()) => {
                    self.generation = Some(generation);
                    self.settle();
                }
                Err(error) => {
                    self.ready.clear();
                    self.number = None;
                    let events = self.generations.pop().map_or(0, |info| info.events);
                    self.lose(Lost { offset: generation.offset, error, events });
                }
            }
        }
        while self.ready.is_empty() && !self.ended {
            self.next_generation();
        }
    }

    /// Goes on to the next generation, or to the end. The first event of either is a sync, if the generation is whole.
    fn next_generation(&mut self) {
        let (raw, lost) = self.next_wanted().unwrap_or_else(|error| {
            self.error = Some(error);
            (None, None)
        });
        if let Some(lost) = lost {
            self.lose(lost);
        }
        let Some(raw) = raw else { return self.end() };
        let (offset, number) = (raw.offset, raw.number);
        let lost = |error| Lost { offset, error, events: 0 };
        let malformed = |what| Error::new(offset, ErrorKind::Malformed(what));
        if let Some(latest) = self.latest
            && number <= latest
            && number != next_generation(latest)
        {
            return self
                .lose(lost(malformed(format!("generation {number} comes after generation {latest}"))));
        }
        let first = if self.first.is_none() { raw.span() } else { None };
        let mut generation = match raw.decode() {
            Ok(generation) => Box::new(generation),
            Err(error) => return self.lose(lost(error)),
        };
        let before = self.number.take();
        let follows = |before: u64| number == next_generation(before);
        let held = match before {
            Some(before) if follows(before) => self.hold(&mut generation, false).or_else(|error| {
                self.lose(lost(error));
                self.hold_anew(&mut generation)
            }),
            Some(before) => {
                let what = format!("generation {number} follows generation {before}");
                self.lose(lost(malformed(what)));
                self.hold_anew(&mut generation)
            }
            None => self.hold_anew(&mut generation),
        };
        match held {
            Ok(()) => {
                self.first = self.first.or(first);
                self.install(generation);
            }
            Err(error) => {
                self.ready.clear();
                self.lose(lost(error));
            }
        }
    }

    /// Puts a generation in order of which nothing before is known.
    fn hold_anew(&mut self, generation: &mut Generation) -> Result<(), Error> {
        self.merge.forget();
        let is_behind = |ready: &[Event], last| ready.iter().all(|event| event.time <= last);
        self.hold(generation, self.syncs > 0)?;
        if self.syncs > 0 && is_behind(&self.ready, self.last) {
            let what = "the clock is behind that of the generation before".into();
            return Err(self.parts.error(ErrorKind::Inconsistent(what)));
        }
        Ok(())
    }

    /// Puts a generation in order, or so much of it as is held back.
    fn hold(&mut self, generation: &mut Generation, is_gap: bool) -> Result<(), Error> {
        self.ready.clear();
        self.merge.begin(generation).map_err(|message| self.parts.error(ErrorKind::Malformed(message)))?;
        if is_gap {
            self.ready.push(no_context(self.last, Happening::Lost { ns: 0 }));
        }
        let start = Time(generation.ns(generation.first_tick));
        self.ready.push(no_context(start, Happening::Sync { n: self.syncs + 1 }));
        self.put_in_order(generation, HELD)?;
        // The runtime writes down what everything does: without events, the rest of it is missing.
        match self.ready.last().map(|event| event.what) {
            Some(Happening::Sync { .. }) => {
                Err(self.parts.error(ErrorKind::Malformed("a generation without events".into())))
            }
            _ => Ok(()),
        }
    }

    /// Begins with a generation whose events are ready.
    fn install(&mut self, generation: Box<Generation>) {
        let before = self.last;
        self.generations.push(GenerationInfo {
            number: generation.number,
            offset: generation.offset,
            bytes: generation.size,
            batches: generation.batches,
            events: 0,
            first: before,
            last: before,
        });
        let (offset, number) = (generation.offset, generation.number);
        let clock = generation
            .clock
            .map(|snapshot| Clock { time: Time(generation.snapshot_time(snapshot)), wall: snapshot.wall });
        self.clock = self.clock.or(clock);
        self.generation = Some(generation);
        self.settle();
        let start = self.generations.last().map_or(before, |info| info.first);
        self.start.get_or_insert(start);
        self.close_loss(offset, before, Some(start));
        (self.number, self.latest) = (Some(number), Some(number));
        self.syncs += 1;
    }

    fn end(&mut self) {
        self.ended = true;
        self.close_loss(self.parts.offset(), self.last, None);
        if self.syncs > 0 {
            self.syncs += 1;
            self.ready.push(no_context(self.last, Happening::Sync { n: self.syncs }));
            self.settle();
        }
    }

    /// Gives the ready events their final times, and counts them.
    fn settle(&mut self) {
        for event in &mut self.ready {
            // Equal times are told apart by their order.
            let after = self.last.0.saturating_add(1);
            event.time = Time(event.time.0.min(LATEST).max(after));
            self.last = event.time;
        }
        let own = match self.ready.as_mut_slice() {
            [lost, own @ ..] if matches!(lost.what, Happening::Lost { .. }) => {
                let ns = own.first().map_or(0, |event| event.time.0 - lost.time.0);
                lost.what = Happening::Lost { ns };
                own
            }
            own => own,
        };
        if let (Some(info), Some(_), Some(first)) =
            (self.generations.last_mut(), &self.generation, own.first())
        {
            if info.events == 0 {
                info.first = first.time;
            }
            info.events += own.len() as u64;
            info.last = self.last;
        }
    }

    /// Loses what comes from here to the next generation. Losses without a generation between them are one.
    fn lose(&mut self, lost: Lost) {
        match &mut self.lost {
            Some(before) => before.events += lost.events,
            None => self.lost = Some(lost),
        }
    }

    /// Nothing more is lost from `offset` on. `before`, `after`: the events there.
    fn close_loss(&mut self, offset: u64, before: Time, after: Option<Time>) {
        let Some(lost) = self.lost.take() else { return };
        self.losses.push(Loss {
            offset: lost.offset,
            bytes: offset.saturating_sub(lost.offset),
            error: lost.error,
            events: lost.events,
            since: (self.syncs > 0).then_some(before),
            until: after,
        });
    }

    fn put_in_order(&mut self, generation: &mut Generation, enough: usize) -> Result<(), Error> {
        self.merge
            .advance(generation, &mut self.ready, enough)
            .map_err(|message| self.parts.error(ErrorKind::Inconsistent(message)))
    }

    /// Reads on to the next generation that is not passed over.
    fn next_wanted(&mut self) -> Result<Next, Error> {
        let mut before: Option<(RawGeneration, TimeSpan, Option<Lost>)> = None;
        loop {
            let (raw, lost) = match self.waiting.take() {
                Some(waiting) => waiting,
                None => self.read_next()?,
            };
            let Some(raw) = raw else {
                // What goes on to the trace's end is known only from its last generation.
                let Some((last, _, its)) = before else { return Ok((None, lost)) };
                self.waiting = Some((None, lost));
                return Ok((Some(last), its));
            };
            // Without a window nobody asks when its events happen.
            let bounds = self.from.and_then(|from| Some((from, raw.span()?)));
            let latest = before.as_ref().map_or(self.latest, |(passed, ..)| Some(passed.number));
            if let Some((from, span)) = bounds
                && Time(span.last) < from
                && latest.is_none_or(|latest| raw.number > latest)
            {
                if let Some((passed, span, its)) = before.replace((raw, span, lost)) {
                    self.pass_over(passed.info(Time(span.first)), span, its);
                }
                continue;
            }
            let Some((passed, span, its)) = before else { return Ok((Some(raw), lost)) };
            if bounds.is_some_and(|(from, next)| is_apart(span, next, from)) {
                self.pass_over(passed.info(Time(span.first)), span, its);
                return Ok((Some(raw), lost));
            }
            self.waiting = Some((Some(raw), lost));
            return Ok((Some(passed), its));
        }
    }

    /// Passes over a generation: what comes next begins where it ends, and knows nothing of it.
    fn pass_over(&mut self, info: GenerationInfo, span: TimeSpan, lost: Option<Lost>) {
        if let Some(lost) = lost {
            self.lose(lost);
        }
        self.close_loss(info.offset, self.last, Some(Time(span.first)));
        self.skipped += 1;
        self.last = self.last.max(Time(span.last));
        self.merge.resume();
        (self.number, self.latest) = (Some(info.number), Some(info.number));
        self.valid_bytes += info.bytes;
        self.generations.push(info);
    }

    /// Reads the next generation, over what is lost before it.
    fn read_next(&mut self) -> Result<Next, Error> {
        let mut lost = None;
        loop {
            match self.parts.next()? {
                Some(Part::Generation(raw)) => return Ok((Some(raw), lost)),
                Some(Part::Lost { offset, error }) => {
                    lost.get_or_insert(Lost { offset, error, events: 0 });
                }
                None => return Ok((None, lost)),
            }
        }
    }
}

/// An event of the trace as a whole.
fn no_context(time: Time, what: Happening) -> Event {
    Event { time, g: GoroutineId::NONE, p: ProcId::NONE, m: ThreadId::NONE, stack: StackId::NONE, what }
}

//! Events → how much of the Ps the program has, as a step function of time.
//!
//! Source: `MutatorUtilizationV2` in `internal/trace/gc.go` of Go 1.27.

use ahash::{AHashMap, AHashSet};

use crate::trace::{Event, GoroutineId, Happening, Metric, Range, RangeKind, Scope, Symbols};

/// More Ps than any machine has: a trace that says so is damaged.
const MOST_PROCS: usize = 1 << 14;

/// What is accounted for.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "any of them goes with any other")]
pub(super) struct Flags {
    /// A function for each P, which is 0 or 1, instead of one for the whole program.
    per_proc: bool,
    /// Stop-the-worlds of the GC.
    stw: bool,
    /// Background mark workers, but for those that only use idle Ps.
    background: bool,
    assist: bool,
    sweep: bool,
}

/// From `time` on, the utilization is this.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Step {
    pub(super) time: i64,
    pub(super) utilization: f64,
}

/// A step function. It is not defined before its first step, nor after its last, which says 0 as long as there are Ps.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Series {
    /// The P that it is of; None: it is of the whole program.
    pub(super) p: Option<i64>,
    /// Times are ascending and no utilization follows itself. Never empty.
    pub(super) steps: Vec<Step>,
}

/// The functions under construction.
#[derive(Debug, Default)]
pub(super) struct Steps {
    flags: Flags,
    series: Vec<Series>,
    /// That of the whole program, if there is one at the moment.
    program: Option<usize>,
    procs: Vec<Proc>,
    /// How many of the Ps the GC has.
    taken: usize,
    /// How many stop-the-worlds are going on.
    stopped: i64,
    /// The number of Ps, from when on.
    counts: Vec<(i64, usize)>,
    /// Goroutines in a mark assist, and mark workers.
    assisting: AHashSet<GoroutineId>,
    marking: AHashSet<GoroutineId>,
    /// The goroutines that run, as long as that matters.
    executing: AHashMap<GoroutineId, bool>,
    /// Which generation it is, of those that follow each other without a gap.
    generation: u64,
    changed: Changed,
}

#[derive(Debug)]
struct Proc {
    /// How many activities of the GC go on on it. Can fall below 0: an end without a beginning counts too.
    gc: i64,
    /// A P that has been taken away and comes back begins another series.
    series: usize,
}

/// The Ps whose utilization an event may have changed.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
enum Changed {
    #[default]
    None,
    One(usize),
    All,
}

/// What a range takes from the program.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Taken {
    Nothing,
    /// All Ps.
    World,
    /// The P that it goes on on.
    Sweep,
    /// The P that the goroutine runs on, as long as it does.
    Assist,
}

impl Flags {
    /// From their names, joined by `|`.
    pub(super) fn of(text: &str) -> Self {
        let has = |name| text.split('|').any(|flag| flag == name);
        Self {
            per_proc: has("perProc"),
            stw: has("stw"),
            background: has("background"),
            assist: has("assist"),
            sweep: has("sweep"),
        }
    }
}

impl Series {
    fn new(p: Option<i64>, time: i64) -> Self {
        Self { p, steps: vec![Step { time, utilization: 1.0 }] }
    }

    /// Adds a step, unless nothing changes. Of several at one time the lowest counts.
    #[expect(clippy::float_cmp, reason = "equal numbers of Ps give equal shares")]
    fn add(&mut self, time: i64, utilization: f64) {
        match self.steps.last_mut() {
            Some(last) if last.utilization == utilization => {}
            Some(last) if last.time == time => last.utilization = last.utilization.min(utilization),
            _ => self.steps.push(Step { time, utilization }),
        }
    }

    /// From its first step to its last.
    pub(super) fn length(&self) -> i64 {
        let ends = self.steps.first().zip(self.steps.last());
        ends.map_or(0, |(first, last)| last.time.saturating_sub(first.time))
    }
}

impl Steps {
    pub(super) fn new(flags: Flags) -> Self {
        Self { flags, ..Self::default() }
    }

    /// Takes the next event, which happens `now`.
    pub(super) fn observe(&mut self, event: &Event, now: i64, symbols: &Symbols) {
        match event.what {
            Happening::Sync { .. } => self.generation += 1,
            Happening::Metric { metric: Metric::GoMaxProcs, value } => self.resize(now, value),
            _ => {}
        }
        // The number of Ps is said at the beginning; what comes before it says nothing.
        if self.procs.is_empty() {
            return;
        }
        match event.what {
            // What goes on at the beginning of a later generation has been seen to begin.
            Happening::RangeActive(range) if self.generation <= 1 => {
                let taken = self.taken_by(range, symbols);
                self.was_going_on(taken, event);
                self.begin(taken, range, event);
            }
            Happening::RangeBegin(range) => self.begin(self.taken_by(range, symbols), range, event),
            Happening::RangeEnd { range, .. } => self.end(self.taken_by(range, symbols), range, event),
            Happening::Goroutine { id, from, to, .. } => {
                if self.assisting.contains(&id) || self.marking.contains(&id) {
                    match (from.executes(), to.executes()) {
                        (false, true) => self.take(event, 1),
                        (true, false) => self.take(event, -1),
                        _ => {}
                    }
                }
                if self.generation <= 1 {
                    self.executing.insert(id, to.executes());
                }
            }
            Happening::Label { label } => self.label(symbols.bytes(label), event),
            _ => {}
        }
        self.record(now);
    }

    /// Nothing is known for a while: the functions end, and others begin after it.
    pub(super) fn lost(&mut self, last: i64) {
        let before = std::mem::take(self);
        let flags = before.flags;
        *self = Self { flags, series: before.finish(last), ..Self::default() };
    }

    /// The functions, ended where the last event is.
    pub(super) fn finish(mut self, last: i64) -> Vec<Series> {
        for proc in &self.procs {
            self.series[proc.series].add(last, 0.0);
        }
        self.series
    }

    /// The number of Ps changes.
    fn resize(&mut self, now: i64, procs: u64) {
        let count = usize::try_from(procs).unwrap_or(usize::MAX).min(MOST_PROCS);
        for proc in self.procs.drain(count.min(self.procs.len())..) {
            self.taken -= usize::from(proc.gc > 0);
            if self.flags.per_proc {
                self.series[proc.series].add(now, 0.0);
            }
        }
        for p in self.procs.len()..count {
            let begun = self.program.filter(|_| !self.flags.per_proc);
            let series = begun.unwrap_or_else(|| {
                let p = self.flags.per_proc.then(|| i64::try_from(p).unwrap_or(i64::MAX));
                self.series.push(Series::new(p, now));
                self.series.len() - 1
            });
            self.program = Some(series);
            self.procs.push(Proc { gc: 0, series });
        }
        if self.counts.last().is_none_or(|&(_, last)| last != count) {
            self.counts.push((now, count));
        }
        self.changed = Changed::All;
    }

    fn taken_by(&self, range: Range, symbols: &Symbols) -> Taken {
        let of_gc = |why| symbols.bytes(why).windows(2).any(|word| word == b"GC");
        match range.kind {
            RangeKind::StopTheWorld { why } if self.flags.stw && of_gc(why) => Taken::World,
            RangeKind::GcSweep if self.flags.sweep => Taken::Sweep,
            RangeKind::GcMarkAssist if self.flags.assist => Taken::Assist,
            _ => Taken::Nothing,
        }
    }

    /// A range turns out to have been going on since the trace began: its P's share is taken from all steps so far. With
    /// a function for each P there is none yet: such an event comes with the first mention of its P.
    fn was_going_on(&mut self, taken: Taken, event: &Event) {
        let runs = match taken {
            Taken::Sweep => true,
            Taken::Assist => self.executing.get(&event.g).is_some_and(|executes| *executes),
            Taken::World | Taken::Nothing => false,
        };
        if !runs || self.flags.per_proc {
            return;
        }
        let Some(series) = self.program.and_then(|series| self.series.get_mut(series)) else { return };
        let mut count = 0;
        for step in &mut series.steps {
            while self.counts.get(count + 1).is_some_and(|(from, _)| *from < step.time) {
                count += 1;
            }
            let procs = self.counts.get(count).map_or(0, |(_, procs)| *procs);
            step.utilization = (step.utilization - 1.0 / float(procs)).max(0.0);
        }
    }

    fn begin(&mut self, taken: Taken, range: Range, event: &Event) {
        match taken {
            Taken::Nothing => {}
            Taken::World => self.stop(1),
            Taken::Sweep => self.take(event, 1),
            Taken::Assist => {
                self.take(event, 1);
                if let Scope::Goroutine(g) = range.scope {
                    self.assisting.insert(g);
                }
            }
        }
    }

    fn end(&mut self, taken: Taken, range: Range, event: &Event) {
        match taken {
            Taken::Nothing => {}
            Taken::World => self.stop(-1),
            Taken::Sweep => self.take(event, -1),
            Taken::Assist => {
                self.take(event, -1);
                if let Scope::Goroutine(g) = range.scope {
                    self.assisting.remove(&g);
                }
            }
        }
    }

    /// Mark workers label themselves when they begin to work. Those that have a P for themselves keep no goroutine of the
    /// program waiting on it, so they do not count for a single P.
    fn label(&mut self, label: &[u8], event: &Event) {
        let counts = self.flags.background && label.starts_with(b"GC ") && label != b"GC (idle)";
        if counts && !(self.flags.per_proc && label == b"GC (dedicated)") {
            self.marking.insert(event.g);
            self.take(event, 1);
        }
    }

    /// The GC begins (1) or ends (-1) something on the P where an event happened.
    fn take(&mut self, event: &Event, change: i64) {
        let Ok(p) = usize::try_from(event.p.0) else { return };
        let Some(proc) = self.procs.get_mut(p) else { return };
        let before = proc.gc > 0;
        proc.gc += change;
        match (before, proc.gc > 0) {
            (false, true) => self.taken += 1,
            (true, false) => self.taken -= 1,
            _ => return,
        }
        if self.changed == Changed::None {
            self.changed = Changed::One(p);
        }
    }

    /// A stop-the-world begins (1) or ends (-1).
    fn stop(&mut self, change: i64) {
        self.stopped += change;
        self.changed = Changed::All;
    }

    /// Adds the steps that an event has made.
    fn record(&mut self, now: i64) {
        let stopped = self.stopped > 0;
        let changed = std::mem::take(&mut self.changed);
        if !self.flags.per_proc {
            let taken = if stopped { self.procs.len() } else { self.taken };
            if let Some(series) = self.program.and_then(|series| self.series.get_mut(series)) {
                series.add(now, 1.0 - float(taken) / float(self.procs.len()));
            }
            return;
        }
        let procs = match changed {
            Changed::None => return,
            Changed::One(p) => p..p + 1,
            Changed::All => 0..self.procs.len(),
        };
        for proc in self.procs.get(procs).unwrap_or_default() {
            let utilization = if stopped || proc.gc > 0 { 0.0 } else { 1.0 };
            self.series[proc.series].add(now, utilization);
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a number of Ps")]
fn float(n: usize) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::{GoroutineState, ProcId, StackId, ThreadId, Time};

    /// The functions that events make, each with the P where it happens and its time.
    fn series(flags: &str, events: &[(i64, i64, Happening)], last: i64) -> Vec<Vec<(i64, f64)>> {
        let symbols = Symbols::default();
        let mut steps = Steps::new(Flags::of(flags));
        for &(now, p, what) in events {
            let (g, m) = (GoroutineId(7), ThreadId(1));
            let event = Event { time: Time(now), g, p: ProcId(p), m, stack: StackId::NONE, what };
            steps.observe(&event, now, &symbols);
        }
        let pairs = |series: Series| series.steps.into_iter().map(|s| (s.time, s.utilization)).collect();
        steps.finish(last).into_iter().map(pairs).collect()
    }

    fn procs(value: u64) -> Happening {
        Happening::Metric { metric: Metric::GoMaxProcs, value }
    }

    const ASSIST: Range = Range { kind: RangeKind::GcMarkAssist, scope: Scope::Goroutine(GoroutineId(7)) };
    const SWEEP: Range = Range { kind: RangeKind::GcSweep, scope: Scope::Proc(ProcId(0)) };

    fn becomes(from: GoroutineState, to: GoroutineState) -> Happening {
        let (reason, stack) = (crate::trace::StringId::EMPTY, StackId::NONE);
        Happening::Goroutine { id: GoroutineId(7), from, to, reason, stack }
    }

    #[test]
    fn an_assist_takes_its_p_while_it_runs() {
        use GoroutineState::{Running, Waiting};
        let events = [
            (0, 1, procs(4)),
            (10, 1, Happening::RangeBegin(ASSIST)),
            (20, 1, becomes(Running, Waiting)),
            (30, 2, becomes(Waiting, Running)),
            (40, 2, Happening::RangeEnd { range: ASSIST, swept: None }),
        ];
        let steps = vec![(0, 1.0), (10, 0.75), (20, 1.0), (30, 0.75), (40, 1.0), (50, 0.0)];
        assert_eq!(series("assist", &events, 50), [steps]);
        let by_p = series("assist|perProc", &events, 50);
        assert_eq!(by_p[1], [(0, 1.0), (10, 0.0), (20, 1.0), (50, 0.0)]);
        assert_eq!(by_p[2], [(0, 1.0), (30, 0.0), (40, 1.0), (50, 0.0)]);
        assert_eq!(series("stw|sweep", &events, 50), [[(0, 1.0), (50, 0.0)]]);
    }

    #[test]
    fn what_goes_on_at_the_beginning_did_so_before() {
        let active = Happening::RangeActive(SWEEP);
        let events = [(0, 0, procs(2)), (5, 1, Happening::RangeBegin(SWEEP)), (10, 0, active)];
        assert_eq!(series("sweep", &events, 20), [[(0, 0.5), (5, 0.0)]]);
        let later = [&[1, 2].map(|n| (0, 0, Happening::Sync { n })), &events[..]].concat();
        assert_eq!(series("sweep", &later, 20), [[(0, 1.0), (5, 0.5), (20, 0.0)]]);
    }

    #[test]
    fn nothing_is_known_of_a_gap() {
        let symbols = Symbols::default();
        for (flags, count) in [("sweep", 2), ("sweep|perProc", 4)] {
            let mut steps = Steps::new(Flags::of(flags));
            let observe = |steps: &mut Steps, events: &[(i64, Happening)]| {
                for &(now, what) in events {
                    let (g, m) = (GoroutineId(7), ThreadId(1));
                    let event = Event { time: Time(now), g, p: ProcId(0), m, stack: StackId::NONE, what };
                    steps.observe(&event, now, &symbols);
                }
            };
            observe(&mut steps, &[(0, Happening::Sync { n: 1 }), (0, procs(2))]);
            let sweep_end = Happening::RangeEnd { range: SWEEP, swept: None };
            observe(&mut steps, &[(5, Happening::RangeBegin(SWEEP)), (6, sweep_end)]);
            steps.lost(10);
            observe(&mut steps, &[(20, Happening::Sync { n: 2 }), (20, procs(2)), (21, sweep_end)]);
            let series = steps.finish(30);
            assert_eq!(series.len(), count, "{flags}");
            let ends = |s: &Series| (s.steps.first().unwrap().time, s.steps.last().unwrap().time);
            let (before, after) = series.split_at(count / 2);
            assert!(before.iter().all(|s| ends(s) == (0, 10)), "{before:?}");
            assert!(after.iter().all(|s| ends(s) == (20, 30)), "{after:?}");
        }
    }

    #[test]
    fn a_p_that_comes_back_begins_anew() {
        let events = [(0, 0, procs(2)), (10, 0, procs(1)), (20, 0, procs(2)), (30, 0, procs(0))];
        let ends = |from, to| vec![(from, 1.0), (to, 0.0)];
        assert_eq!(series("perProc", &events, 40), [ends(0, 30), ends(0, 10), ends(20, 30)]);
        assert_eq!(series("", &events, 40), [[(0, 1.0)]]);
    }

    #[test]
    fn damaged_traces_do_no_harm() {
        let sweep_end = Happening::RangeEnd { range: SWEEP, swept: None };
        let events = [
            (0, -1, Happening::RangeBegin(SWEEP)),
            (1, 0, procs(u64::MAX)),
            (2, -1, Happening::RangeBegin(SWEEP)),
            (3, i64::MAX, sweep_end),
            (4, 0, sweep_end),
            (5, 0, Happening::RangeBegin(SWEEP)),
        ];
        assert_eq!(series("sweep|perProc", &events, 9).len(), MOST_PROCS);
        assert_eq!(series("sweep", &events, 9), [[(1, 1.0), (9, 0.0)]]);
        assert_eq!(series("sweep", &[], 9), [[(0, 0.0); 0]; 0]);
    }
}

//! One goroutine on the timeline: where it runs, what it does there, and what let it run.

use super::super::builder::Context;
use super::super::intern::{StackNumber, TextId};
use super::flows::{Flow, Flows};
use super::slices::{Lane, New, Open, Slices};
use crate::trace::{Event, GoroutineId, StackId, StringId, TaskId};

/// A way to look at a running goroutine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    Proc,
    Thread,
    Goroutine,
}

impl View {
    pub(super) const ALL: [Self; 3] = [Self::Proc, Self::Thread, Self::Goroutine];

    /// The lane of `g` while it is where an event happens.
    pub(super) fn lane(self, event: &Event, g: GoroutineId) -> Option<Lane> {
        match self {
            Self::Proc => event.p.known().map(|_| Lane::Proc(event.p)),
            Self::Thread => event.m.known().map(|_| Lane::Thread(event.m)),
            Self::Goroutine => g.known().map(|_| Lane::Goroutine(g)),
        }
    }
}

pub(super) struct Goroutine {
    id: GoroutineId,
    entry: TextId,
    label: TextId,
    /// What its slices are called.
    name: TextId,
    /// Why it waits.
    pub(super) reason: TextId,
    views: [Seen; 3],
    /// Ranges that go on, whether it runs or not.
    ranges: Vec<ActiveRange>,
    /// Open user regions, the innermost last. Those without a name are not shown.
    regions: Vec<Option<Open>>,
}

/// A goroutine in one view.
#[derive(Default)]
struct Seen {
    running: Option<Open>,
    syscall: Option<Open>,
    cause: Option<Cause>,
    /// Where it last stopped: its stack when it runs again.
    stopped_at: StackNumber,
}

/// What lets a goroutine run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cause {
    pub(super) kind: &'static str,
    pub(super) name: TextId,
    pub(super) time: i64,
    pub(super) g: Option<i64>,
    /// The row of the slice in which it happened.
    pub(super) slice: Option<usize>,
}

/// A range is shown in pieces, one for each time that its goroutine runs.
struct ActiveRange {
    name: TextId,
    pieces: [Option<Open>; 3],
}

impl Goroutine {
    pub(super) fn new(id: GoroutineId) -> Self {
        Self {
            id,
            entry: TextId::NULL,
            label: TextId::NULL,
            name: TextId::NULL,
            reason: TextId::NULL,
            views: Default::default(),
            ranges: Vec::new(),
            regions: Vec::new(),
        }
    }

    pub(super) fn id(&self) -> GoroutineId {
        self.id
    }

    /// The same goroutine, of which nothing is known but what it is called.
    pub(super) fn again(self, slices: &mut Slices) -> Self {
        let (id, entry, label, name) = (self.id, self.entry, self.label, self.name);
        self.die(slices);
        Self { entry, label, name, ..Self::new(id) }
    }

    /// Learns the entry function from any of its stacks.
    pub(super) fn learn_name(&mut self, stack: StackId, slices: &mut Slices, cx: &mut Context<'_>) {
        if !slices.wants_names() || self.entry != TextId::NULL {
            return;
        }
        self.entry = cx.root(stack);
        if self.entry != TextId::NULL || self.name == TextId::NULL {
            self.rename(slices, cx);
        }
    }

    pub(super) fn set_label(&mut self, label: StringId, slices: &mut Slices, cx: &mut Context<'_>) {
        if slices.wants_names() {
            self.label = cx.string(label);
            self.rename(slices, cx);
        }
    }

    fn rename(&mut self, slices: &mut Slices, cx: &mut Context<'_>) {
        let mut name = format!("G{}", self.id.0);
        if self.entry != TextId::NULL {
            name = format!("{name} {}", cx.interner.text(self.entry));
        }
        if self.label != TextId::NULL {
            name = format!("{name} ({})", cx.interner.text(self.label));
        }
        self.name = cx.interner.intern(&name);
        for open in self.views.iter().filter_map(|seen| seen.running) {
            slices.rename(open.row, self.name);
        }
    }

    pub(super) fn is_running(&self, view: View) -> bool {
        self.views[view as usize].running.is_some()
    }

    pub(super) fn set_cause(&mut self, view: View, cause: Cause, slices: &mut Slices) {
        slices.add_cause(cause.slice);
        if let Some(before) = self.views[view as usize].cause.replace(cause) {
            slices.drop_cause(before.slice);
        }
    }

    /// It will not run any more.
    pub(super) fn die(self, slices: &mut Slices) {
        for cause in self.views.into_iter().filter_map(|seen| seen.cause) {
            slices.drop_cause(cause.slice);
        }
        slices.forget(Lane::Goroutine(self.id));
        slices.forget(Lane::Region(self.id));
    }

    /// Starts to run; `None`: before the trace.
    pub(super) fn start(
        &mut self,
        view: View,
        lane: Lane,
        since: Option<i64>,
        slices: &mut Slices,
        flows: &mut Flows,
        cx: &mut Context<'_>,
    ) {
        let seen = &mut self.views[view as usize];
        let new = New { g: self.id, stack: seen.stopped_at, ..New::of(lane, "goroutine", self.name) };
        let open = slices.open(since, new);
        seen.running = Some(open);
        if let Some(cause) = seen.cause.take() {
            let flow = flows.push(&Flow {
                lane: lane.name(),
                kind: cause.kind,
                name: cause.name,
                from_time: cause.time,
                to_time: cx.now,
                from_g: cause.g,
                to_g: self.id.known(),
                from: cause.slice,
                to: open.row,
            });
            slices.connect(flow, cause.slice, open.row);
            slices.drop_cause(cause.slice);
        }
        for range in &mut self.ranges {
            let new = New { g: self.id, ..New::of(lane, "range", range.name) };
            range.pieces[view as usize] = Some(slices.open(since, new));
        }
    }

    pub(super) fn stop(&mut self, view: View, stack: StackNumber, slices: &mut Slices, now: i64) {
        let seen = &mut self.views[view as usize];
        let Some(running) = seen.running.take() else { return };
        seen.stopped_at = stack;
        for range in self.ranges.iter_mut().rev() {
            if let Some(piece) = range.pieces[view as usize].take() {
                slices.close(piece, now, StackNumber::NONE);
            }
        }
        slices.close(running, now, stack);
    }

    pub(super) fn syscall_begin(
        &mut self,
        view: View,
        since: Option<i64>,
        stack: StackId,
        slices: &mut Slices,
        cx: &mut Context<'_>,
    ) {
        let seen = &mut self.views[view as usize];
        let (Some(running), None) = (seen.running, seen.syscall) else { return };
        let name = cx.interner.intern("syscall");
        let stack = slices.stack(stack, cx);
        let new = New { g: self.id, stack, ..New::of(running.lane, "syscall", name) };
        seen.syscall = Some(slices.open(since, new));
    }

    pub(super) fn syscall_end(&mut self, view: View, blocked: bool, slices: &mut Slices, now: i64) {
        let Some(syscall) = self.views[view as usize].syscall.take() else { return };
        slices.close(syscall, now, StackNumber::NONE);
        if blocked {
            slices.set_blocked(syscall.row);
        }
    }

    /// A range begins, or (`None`) has been going on since before the trace.
    pub(super) fn range_begin(
        &mut self,
        name: TextId,
        since: Option<i64>,
        stack: StackNumber,
        slices: &mut Slices,
    ) {
        // What is known to go on is only told of anew.
        if self.ranges.iter().any(|range| range.name == name) {
            return;
        }
        let pieces = View::ALL.map(|view| {
            let running = self.views[view as usize].running?;
            let since = since.or_else(|| slices.start(running.row));
            let new = New { g: self.id, stack, ..New::of(running.lane, "range", name) };
            Some(slices.open(since, new))
        });
        self.ranges.push(ActiveRange { name, pieces });
    }

    pub(super) fn range_end(&mut self, name: TextId, stack: StackNumber, slices: &mut Slices, now: i64) {
        let Some(place) = self.ranges.iter().position(|range| range.name == name) else { return };
        for piece in self.ranges.remove(place).pieces.into_iter().flatten() {
            slices.close(piece, now, stack);
        }
    }

    pub(super) fn region_begin(
        &mut self,
        event: &Event,
        task: TaskId,
        name: StringId,
        slices: &mut Slices,
        cx: &mut Context<'_>,
    ) {
        let open = self.region(event.stack, task, name, Some(cx.now), slices, cx);
        self.regions.push(open);
    }

    pub(super) fn region_end(
        &mut self,
        event: &Event,
        task: TaskId,
        name: StringId,
        slices: &mut Slices,
        cx: &mut Context<'_>,
    ) {
        let open = match self.regions.pop() {
            Some(open) => open,
            None => self.region(StackId::NONE, task, name, None, slices, cx),
        };
        if let Some(open) = open {
            let stack = slices.stack(event.stack, cx);
            slices.close(open, cx.now, stack);
        }
    }

    fn region(
        &self,
        stack: StackId,
        task: TaskId,
        name: StringId,
        since: Option<i64>,
        slices: &mut Slices,
        cx: &mut Context<'_>,
    ) -> Option<Open> {
        let name = cx.string(name);
        let stack = slices.stack(stack, cx);
        let new = New { g: self.id, task, stack, ..New::of(Lane::Region(self.id), "region", name) };
        (name != TextId::NULL).then(|| slices.open(since, new))
    }

    pub(super) fn end_regions(&mut self, stack: StackNumber, slices: &mut Slices, now: i64) {
        for open in std::mem::take(&mut self.regions).into_iter().rev().flatten() {
            slices.close(open, now, stack);
        }
    }
}

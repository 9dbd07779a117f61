//! The boxes and arrows of a timeline, as Go's viewer shows them.
//!
//! Source: `src/cmd/trace` (`gstate.go` and the generators of its views) of Go 1.27. The viewer has three views, by proc,
//! by thread and by goroutine, in which a running goroutine is a box on another lane; here all are made at once.
//! `goroutine` follows one goroutine in all views, `tasks` follows user tasks, `slices` and `flows` keep the rows, and
//! `nesting` finds out which box lies within which. This file follows the events.
//!
//! Names, times, stacks and arrows are the viewer's, but where it goes wrong or leaves out:
//!
//! - It takes proc 0 for no proc when a goroutine is unblocked, and draws no arrow; here it is one like the others.
//! - By thread, it puts a blocking syscall on the thread where its goroutine runs next, if it ever does; here it lies on
//!   the thread that it blocked.
//! - A range that a new generation says to go on, it moves back to where its goroutine began to run.
//! - By goroutine, it hides the lanes "Network" and "Syscalls" and the arrows from there.
//! - An arrow without a box to start from is not drawn; here it is a row without `from_slice`.
//! - It shows user tasks of one kind at a time, with their regions; here are all, and regions outside of tasks too.
//! - Marks without length, but for those that arrows start from, are no slices: samples, logs, procs that start and stop.

mod connected;
mod flows;
mod goroutine;
mod held;
mod nesting;
mod slices;
mod tasks;

use std::sync::Arc;

use ahash::AHashMap;
use arrow::array::{RecordBatch, StringViewArray};
use arrow::datatypes::{Schema, SchemaRef};

use super::builder::{Context, Gap, RowBuilder, TraceEnd, WholeBuilder};
use super::columns::assemble;
use super::intern::{Interner, TextId};
use super::needs::Want;
use crate::catalog::TableCall;
use crate::trace::{
    Event, GoroutineId, GoroutineState, Happening, ProcId, ProcState, Range, Scope, StackId, StringId,
};
use connected::{Direction, reached, relations};
use flows::Flows;
use goroutine::{Cause, Goroutine, View};
use nesting::Nesting;
use slices::{Lane, New, Open, Slices, When};
use tasks::Tasks;

struct Timeline {
    slices_schema: Option<SchemaRef>,
    flows_schema: Option<SchemaRef>,
    question: Option<Question>,
    /// Those that are followed.
    views: &'static [View],
    slices: Slices,
    flows: Flows,
    goroutines: AHashMap<GoroutineId, Goroutine>,
    /// Those of before a gap, until they are heard of again.
    before: AHashMap<GoroutineId, Goroutine>,
    /// Which goroutine is in a syscall on which proc.
    syscall_on: AHashMap<ProcId, GoroutineId>,
    /// Ranges of procs, and of everything.
    ranges: AHashMap<(Scope, TextId), Open>,
    tasks: Tasks,
}

/// The column of `connected` that slices do not have.
const RELATION: &str = "relation";

/// The column of slices that is known at the trace's end only.
pub(super) const PARENT: &str = "parent";

/// Which slices are connected with one, for the functions `preceding`, `following` and `connected`.
struct Question {
    name: &'static str,
    schema: SchemaRef,
    slice: usize,
    direction: Direction,
}

/// A goroutine's change of state.
#[derive(Clone, Copy)]
struct Transition {
    id: GoroutineId,
    from: GoroutineState,
    to: GoroutineState,
    reason: StringId,
    stack: StackId,
}

/// The builder of slices as they come. Not for those who ask which encloses which: that is known at the trace's end.
pub(super) fn streaming(table: &str, schema: &SchemaRef, want: &Want) -> Option<Box<dyn RowBuilder>> {
    let streams = table == "slices" && schema.column_with_name(PARENT).is_none();
    streams.then(|| {
        let when = if want.ordered { When::InOrder } else { When::Known };
        let slices = Slices::new(schema, want.only.clone(), when);
        let timeline = Timeline::new(slices, Flows::new(&Schema::empty(), false));
        Box::new(Timeline { views: views(schema, want.only.as_deref()), ..timeline }) as _
    })
}

/// The views that must be followed for some columns of slices of some lanes. Numbers, and what names slices by them, count
/// those of all views.
fn views(schema: &Schema, only: Option<&[&'static str]>) -> &'static [View] {
    let numbered = ["slice", "incoming", "outgoing"];
    let Some(only) = only.filter(|_| numbered.iter().all(|name| schema.column_with_name(name).is_none()))
    else {
        return &View::ALL;
    };
    match ["proc", "thread", "g"].map(|lane| only.contains(&lane)) {
        [false, false, false] => &[],
        [true, false, false] => &[View::Proc],
        [false, true, false] => &[View::Thread],
        [false, false, true] => &[View::Goroutine],
        _ => &View::ALL,
    }
}

/// The builder of flows, and of slices where these can't come before the trace's end.
pub(super) fn builder(schema: &dyn Fn(&str) -> Option<SchemaRef>) -> Option<Box<dyn WholeBuilder>> {
    let (slices_schema, flows_schema) = (schema("slices"), schema("flows"));
    let slices_schema = slices_schema.filter(|schema| schema.column_with_name(PARENT).is_some());
    if slices_schema.is_none() && flows_schema.is_none() {
        return None;
    }
    let none = Schema::empty();
    let when = if slices_schema.is_some() { When::AtEnd } else { When::Known };
    let slices = Slices::new(slices_schema.as_deref().unwrap_or(&none), None, when);
    let flows = Flows::new(flows_schema.as_deref().unwrap_or(&none), false);
    Some(Box::new(Timeline { slices_schema, flows_schema, ..Timeline::new(slices, flows) }))
}

/// The slices that are connected with the one that a call names.
pub(super) fn function_builder(call: &TableCall, schema: SchemaRef) -> Option<Box<dyn WholeBuilder>> {
    let name = call.table().name;
    let direction = match name {
        "preceding" => Direction::Preceding,
        "following" => Direction::Following,
        "connected" => Direction::Connected,
        _ => return None,
    };
    // What no slice has as its number is connected with none.
    let slice = call.arg(0).as_int().and_then(|n| usize::try_from(n).ok()).unwrap_or(usize::MAX);
    let timeline = Timeline::new(Slices::new(&schema, None, When::AtEnd), Flows::new(&Schema::empty(), true));
    let question = Question { name, schema, slice, direction };
    Some(Box::new(Timeline { question: Some(question), ..timeline }))
}

impl RowBuilder for Timeline {
    fn observe(&mut self, event: &Event, cx: &mut Context<'_>) {
        self.follow(event, cx);
        self.slices.advance();
    }

    fn lost(&mut self, gap: Gap) {
        self.forget(gap);
    }

    fn rows(&self) -> usize {
        self.slices.rows()
    }

    fn take(&mut self, schema: &SchemaRef, interner: &mut Interner) -> RecordBatch {
        self.slices.take(schema, interner)
    }

    fn finish(&mut self, end: &TraceEnd<'_>) {
        self.slices.finish(end.last);
        self.slices.push_all(None);
    }
}

impl WholeBuilder for Timeline {
    fn observe(&mut self, event: &Event, cx: &mut Context<'_>) {
        self.follow(event, cx);
        self.slices.advance();
    }

    fn lost(&mut self, gap: Gap, _: &Interner) {
        self.forget(gap);
    }

    fn finish(
        mut self: Box<Self>,
        end: &TraceEnd<'_>,
        interner: &mut Interner,
    ) -> Vec<(&'static str, RecordBatch)> {
        self.slices.finish(end.last);
        let mut tables = Vec::new();
        if let Some(schema) = &self.flows_schema {
            tables.push(("flows", self.flows.batch(schema, interner)));
        }
        if let Some(schema) = &self.slices_schema {
            let nesting = Nesting::of(&self.slices);
            self.slices.push_all(Some(&nesting));
            tables.push(("slices", self.slices.take(schema, interner)));
        }
        if let Some(question) = self.question.take() {
            tables.push((question.name, self.answer(&question, interner)));
        }
        tables
    }
}

impl Timeline {
    fn new(slices: Slices, flows: Flows) -> Self {
        Self {
            slices_schema: None,
            flows_schema: None,
            question: None,
            views: &View::ALL,
            slices,
            flows,
            goroutines: AHashMap::new(),
            before: AHashMap::new(),
            syscall_on: AHashMap::new(),
            ranges: AHashMap::new(),
            tasks: Tasks::default(),
        }
    }

    /// Nothing is known any more but what goroutines are called.
    fn forget(&mut self, gap: Gap) {
        let goroutines: Vec<Goroutine> = std::mem::take(&mut self.goroutines).into_values().collect();
        for goroutine in goroutines {
            let again = goroutine.again(&mut self.slices);
            self.before.insert(again.id(), again);
        }
        self.slices.lost(gap);
        self.syscall_on = AHashMap::new();
        self.ranges = AHashMap::new();
    }

    fn follow(&mut self, event: &Event, cx: &mut Context<'_>) {
        match event.what {
            Happening::Goroutine { id, from, to, reason, stack } => {
                self.transition(event, Transition { id, from, to, reason, stack }, cx);
            }
            Happening::Proc { id, from: ProcState::Running, to } if to != ProcState::Running => {
                self.proc_stops(event, id, cx);
            }
            Happening::Label { label } => {
                if let Some(goroutine) = self.goroutines.get_mut(&event.g) {
                    goroutine.set_label(label, &mut self.slices, cx);
                }
            }
            Happening::RangeBegin(range) => self.range_begin(event, range, Some(cx.now), cx),
            Happening::RangeActive(range) => self.range_begin(event, range, None, cx),
            Happening::RangeEnd { range, .. } => self.range_end(event, range, cx),
            Happening::RegionBegin { task, name } => {
                self.tasks.mention(task, &mut self.slices);
                if let Some(goroutine) = self.goroutines.get_mut(&event.g) {
                    goroutine.region_begin(event, task, name, &mut self.slices, cx);
                }
            }
            Happening::RegionEnd { task, name } => {
                self.tasks.mention(task, &mut self.slices);
                if let Some(goroutine) = self.goroutines.get_mut(&event.g) {
                    goroutine.region_end(event, task, name, &mut self.slices, cx);
                }
            }
            Happening::TaskBegin { task, parent, name } => {
                self.tasks.begin(event, task, parent, name, &mut self.slices, &mut self.flows, cx);
            }
            Happening::TaskEnd { task, parent, .. } => {
                self.tasks.mention(parent, &mut self.slices);
                self.tasks.end(event, task, &mut self.slices, cx);
            }
            Happening::Log { task, .. } => {
                self.tasks.mention(task, &mut self.slices);
            }
            _ => {}
        }
    }

    /// The slices that a question asks for.
    fn answer(&mut self, question: &Question, interner: &mut Interner) -> RecordBatch {
        let Question { schema, slice, direction, .. } = question;
        let nesting = Nesting::of(&self.slices);
        let flows = self.flows.ends().filter_map(|(from, to)| Some((from?, to)));
        let edges: Vec<(usize, usize)> = flows.chain(nesting.pairs()).collect();
        let slices = self.slices.len();
        let found = reached(slices, &edges, *slice, *direction);
        self.slices.push_some(&found, Some(&nesting));
        let own: Vec<_> = schema.fields().iter().filter(|field| field.name() != RELATION).cloned().collect();
        let batch = self.slices.take(&Arc::new(Schema::new(own)), interner);
        assemble(schema, batch.num_rows(), |name| match name {
            RELATION => {
                let relations = relations(&found, slices, &edges, *slice);
                Some(Arc::new(StringViewArray::from_iter_values(relations)))
            }
            _ => batch.column_by_name(name).cloned(),
        })
    }

    fn transition(&mut self, event: &Event, t: Transition, cx: &mut Context<'_>) {
        let goroutine = self
            .goroutines
            .entry(t.id)
            .or_insert_with(|| self.before.remove(&t.id).unwrap_or_else(|| Goroutine::new(t.id)));
        goroutine.learn_name(t.stack, &mut self.slices, cx);
        if t.from == t.to {
            return;
        }
        let since = (t.from != GoroutineState::Undetermined).then_some(cx.now);
        if t.to.executes() {
            for &view in self.views {
                if let Some(lane) = view.lane(event, t.id)
                    && !goroutine.is_running(view)
                {
                    goroutine.start(view, lane, since, &mut self.slices, &mut self.flows, cx);
                }
            }
        } else {
            let stack = self.slices.stack(event.stack, cx);
            for &view in self.views {
                goroutine.syscall_end(view, true, &mut self.slices, cx.now);
                goroutine.stop(view, stack, &mut self.slices, cx.now);
            }
        }
        match t.to {
            GoroutineState::Syscall => {
                for &view in self.views {
                    // Without a proc, the syscall is no proc's: it has gone on since before the trace, or comes from C.
                    if view != View::Proc || event.p != ProcId::NONE {
                        goroutine.syscall_begin(view, since, event.stack, &mut self.slices, cx);
                    }
                }
                if event.p != ProcId::NONE {
                    self.syscall_on.insert(event.p, t.id);
                }
            }
            GoroutineState::Running if t.from == GoroutineState::Syscall => {
                for &view in self.views {
                    goroutine.syscall_end(view, false, &mut self.slices, cx.now);
                }
                self.syscall_on.remove(&event.p);
            }
            _ => {}
        }
        self.set_cause(event, t, cx);
        self.end_life(event, t, cx);
    }

    /// Remembers what lets a goroutine run, until it does.
    fn set_cause(&mut self, event: &Event, t: Transition, cx: &mut Context<'_>) {
        if !matches!(t.from, GoroutineState::NotExist | GoroutineState::Waiting | GoroutineState::Syscall) {
            return;
        }
        let Some(goroutine) = self.goroutines.get_mut(&t.id) else { return };
        let stack = event.stack;
        let mut cause =
            Cause { kind: "go", name: TextId::NULL, time: cx.now, g: event.g.known(), slice: None };
        // What neither a proc nor a goroutine does lies on a lane of its own.
        let mut elsewhere = None;
        match (t.from, t.to) {
            (GoroutineState::NotExist, GoroutineState::Runnable) => cause.name = cx.interner.intern("go"),
            (GoroutineState::Waiting, _) => {
                cause.kind = "unblock";
                let reason = std::mem::take(&mut goroutine.reason);
                cause.name = self.flows.unblock_name(reason, cx.interner);
                if cx.interner.text(reason).contains("network") {
                    elsewhere = Some(self.slices.instant(Lane::Network, cause.name, t.id, stack, cx));
                }
            }
            (GoroutineState::Syscall, to) if to != GoroutineState::Running => {
                cause.kind = "exit blocked syscall";
                cause.name = cx.interner.intern(cause.kind);
                elsewhere = Some(self.slices.instant(Lane::Syscalls, cause.name, t.id, stack, cx));
            }
            _ => return,
        }
        for &view in self.views {
            // By thread, the viewer has no lanes of their own for these.
            let slice = match elsewhere {
                Some(row) if view != View::Thread => Some(row),
                _ => view.lane(event, event.g).and_then(|lane| self.slices.innermost(lane)),
            };
            if view != View::Thread || cause.kind != "exit blocked syscall" {
                goroutine.set_cause(view, Cause { slice, ..cause }, &mut self.slices);
            }
        }
    }

    /// A goroutine that ends takes its open regions with it. One that waits forever is as good as dead.
    fn end_life(&mut self, event: &Event, t: Transition, cx: &mut Context<'_>) {
        let is_dead = t.to == GoroutineState::NotExist;
        if !is_dead && t.to != GoroutineState::Waiting {
            return;
        }
        let Some(goroutine) = self.goroutines.get_mut(&t.id) else { return };
        if !is_dead {
            goroutine.reason = cx.string(t.reason);
        }
        if is_dead || cx.interner.text(goroutine.reason) == "forever" {
            let stack = self.slices.stack(event.stack, cx);
            goroutine.end_regions(stack, &mut self.slices, cx.now);
        }
        if is_dead && let Some(goroutine) = self.goroutines.remove(&t.id) {
            goroutine.die(&mut self.slices);
        }
    }

    /// A proc that stops while its goroutine is in a syscall was lost to it.
    fn proc_stops(&mut self, event: &Event, p: ProcId, cx: &mut Context<'_>) {
        let Some(g) = self.syscall_on.remove(&p) else { return };
        let Some(goroutine) = self.goroutines.get_mut(&g) else { return };
        goroutine.syscall_end(View::Proc, true, &mut self.slices, cx.now);
        let stack = self.slices.stack(event.stack, cx);
        goroutine.stop(View::Proc, stack, &mut self.slices, cx.now);
    }

    /// A range begins, or (`None`) has been going on.
    fn range_begin(&mut self, event: &Event, range: Range, since: Option<i64>, cx: &mut Context<'_>) {
        let name = cx.range_name(range.kind);
        let stack = self.slices.stack(event.stack, cx);
        let lane = match range.scope {
            Scope::Goroutine(g) => {
                if let Some(goroutine) = self.goroutines.get_mut(&g) {
                    goroutine.range_begin(name, since, stack, &mut self.slices);
                }
                return;
            }
            Scope::Proc(p) => Lane::Proc(p),
            // There is a lane for the GC, and none for anything else of everything.
            Scope::Global if cx.interner.text(name).contains("GC") => Lane::Gc,
            Scope::Global => return,
        };
        if !self.ranges.contains_key(&(range.scope, name)) {
            let new = New { g: event.g, stack, ..New::of(lane, "range", name) };
            self.ranges.insert((range.scope, name), self.slices.open(since, new));
        }
    }

    fn range_end(&mut self, event: &Event, range: Range, cx: &mut Context<'_>) {
        let name = cx.range_name(range.kind);
        let stack = self.slices.stack(event.stack, cx);
        if let Scope::Goroutine(g) = range.scope {
            if let Some(goroutine) = self.goroutines.get_mut(&g) {
                goroutine.range_end(name, stack, &mut self.slices, cx.now);
            }
        } else if let Some(open) = self.ranges.remove(&(range.scope, name)) {
            self.slices.close(open, cx.now, stack);
        }
    }
}

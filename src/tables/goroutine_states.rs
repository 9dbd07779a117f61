//! Stays of goroutines in a state.

use ahash::AHashMap;
use arrow::array::{RecordBatch, UInt32Array};
use arrow::datatypes::SchemaRef;

use super::builder::{Context, Gap, RowBuilder, TraceEnd};
use super::columns::{assemble, columns, reorder};
use super::intern::{Interner, StackNumber, TextId};
use super::needs::Want;
use crate::trace::{Event, GoroutineId, GoroutineState, Happening};

columns! {
    StateColumns {
        g: Ints,
        name: Texts,
        state: Words,
        reason: Texts,
        start: Ints,
        end: Ints,
        dur: Ints,
        stack: StackColumn,
        end_stack: StackColumn,
        p: OptInts,
        m: OptInts,
        waker: OptInts,
        waker_stack: StackColumn,
        seen: Ints,
        before_run: Bools,
        open_start: Bools,
        open_end: Bools,
    }
}

struct GoroutineStates {
    rows: Rows,
    goroutines: AHashMap<GoroutineId, Goroutine>,
    /// Those of which nothing has been heard since the last gap.
    before: AHashMap<GoroutineId, Goroutine>,
    /// Stays so far.
    stays: u32,
    /// What was going on already is known since this moment.
    known_since: i64,
    /// Whether the beginning of the trace was passed over: what is first seen in a state was in it before.
    resumes: bool,
    over: bool,
}

struct Rows {
    columns: StateColumns,
    count: usize,
    /// The states that are wanted; None: all.
    only: Option<Vec<GoroutineState>>,
    /// Of each row, if they come in the order of their starts: by what to sort it.
    order: Option<Vec<(i64, u32)>>,
}

#[derive(Default)]
struct Goroutine {
    name: TextId,
    /// Whether it has run in the trace.
    ran: bool,
    stay: Option<Stay>,
    /// Stays that are over, but of which not all is known.
    held: Vec<(Stay, End)>,
}

struct Stay {
    /// Stays are numbered in the order in which they are first heard of.
    number: u32,
    g: GoroutineId,
    state: GoroutineState,
    reason: TextId,
    start: i64,
    /// Whether it began before what is known.
    open_start: bool,
    seen: i64,
    stack: StackNumber,
    p: Option<i64>,
    m: Option<i64>,
    waker: Option<i64>,
    waker_stack: StackNumber,
}

#[derive(Clone, Copy)]
struct End {
    time: i64,
    stack: StackNumber,
    /// Whether the stay goes on, and it is only the trace that ends.
    open: bool,
    /// Whether the goroutine has not run yet.
    before_run: bool,
}

/// Rows come as the stays end; where they are wanted in order, all at the trace's end in the order of their starts.
pub(super) fn builder(
    table: &str,
    schema: &SchemaRef,
    want: &Want,
    resumes: bool,
) -> Option<Box<dyn RowBuilder>> {
    (table == "goroutine_states").then(|| {
        let states = |only: &Vec<&str>| {
            GoroutineState::ALL.into_iter().filter(|state| only.contains(&state.name())).collect()
        };
        Box::new(GoroutineStates {
            rows: Rows {
                columns: StateColumns::new(schema),
                count: 0,
                only: want.only.as_ref().map(states),
                order: want.ordered.then(Vec::new),
            },
            goroutines: AHashMap::new(),
            before: AHashMap::new(),
            stays: 0,
            known_since: 0,
            resumes,
            over: false,
        }) as _
    })
}

impl RowBuilder for GoroutineStates {
    fn observe(&mut self, event: &Event, cx: &mut Context<'_>) {
        let Happening::Goroutine { id, from, to, stack, .. } = event.what else { return };
        let goes_on = from == to;
        let is_known = || self.goroutines.contains_key(&id) || self.before.contains_key(&id);
        if goes_on && (!self.resumes || is_known()) {
            return;
        }
        let rows = &mut self.rows;
        let before = || self.before.remove(&id).unwrap_or_default();
        let goroutine = self.goroutines.entry(id).or_insert_with(before);
        if rows.columns.name.is_wanted() && goroutine.name == TextId::NULL {
            goroutine.name = cx.root(stack);
        }
        let before_run = !goroutine.ran;
        goroutine.ran |= to == GoroutineState::Running;
        if let Some(stay) = goroutine.stay.take() {
            let stack = if rows.columns.end_stack.is_wanted() { cx.stack(stack) } else { StackNumber::NONE };
            rows.close(goroutine, stay, End { time: cx.now, stack, open: false, before_run });
        }
        match to {
            GoroutineState::NotExist => {
                rows.release(goroutine);
                self.goroutines.remove(&id);
            }
            GoroutineState::Undetermined => {}
            _ => {
                let mut stay = rows.stay(self.stays, event, cx);
                if goes_on || from == GoroutineState::Undetermined {
                    (stay.start, stay.open_start) = (self.known_since, true);
                }
                goroutine.stay = Some(stay);
                self.stays = self.stays.saturating_add(1);
            }
        }
    }

    fn rows(&self) -> usize {
        if self.over || self.rows.order.is_none() { self.rows.count } else { 0 }
    }

    fn take(&mut self, schema: &SchemaRef, interner: &mut Interner) -> RecordBatch {
        let rows = std::mem::take(&mut self.rows.count);
        let batch = assemble(schema, rows, |name| self.rows.columns.array(name, interner));
        let Some(order) = &mut self.rows.order else { return batch };
        let order = std::mem::take(order);
        let mut places: Vec<u32> = (0..u32::try_from(rows).unwrap_or(u32::MAX)).collect();
        places.sort_unstable_by_key(|&row| order[row as usize]);
        reorder(&batch, &UInt32Array::from(places))
    }

    fn lost(&mut self, gap: Gap) {
        self.cut(gap.from);
        self.known_since = gap.to;
    }

    fn finish(&mut self, end: &TraceEnd<'_>) {
        self.over = true;
        self.cut(end.last);
        let mut goroutines: Vec<(GoroutineId, Goroutine)> =
            std::mem::take(&mut self.before).into_iter().collect();
        goroutines.sort_unstable_by_key(|(id, _)| *id);
        for (_, mut goroutine) in goroutines {
            self.rows.release(&mut goroutine);
        }
    }
}

impl GoroutineStates {
    /// Ends what is known of all stays that go on.
    fn cut(&mut self, now: i64) {
        let mut goroutines: Vec<(GoroutineId, Goroutine)> =
            std::mem::take(&mut self.goroutines).into_iter().collect();
        goroutines.sort_unstable_by_key(|(_, goroutine)| goroutine.stay.as_ref().map(|stay| stay.number));
        for (id, mut goroutine) in goroutines {
            if let Some(stay) = goroutine.stay.take() {
                let before_run = !goroutine.ran;
                let end = End { time: now, stack: StackNumber::NONE, open: true, before_run };
                self.rows.close(&mut goroutine, stay, end);
            }
            self.before.insert(id, goroutine);
        }
    }
}

impl Rows {
    /// The stay that an event begins.
    fn stay(&self, number: u32, event: &Event, cx: &mut Context<'_>) -> Stay {
        let c = &self.columns;
        let mut stay = Stay {
            number,
            g: event.g,
            state: GoroutineState::NotExist,
            reason: TextId::NULL,
            start: cx.now,
            open_start: false,
            seen: cx.now,
            stack: StackNumber::NONE,
            p: None,
            m: None,
            waker: None,
            waker_stack: StackNumber::NONE,
        };
        let Happening::Goroutine { id, from, to, reason, stack } = event.what else { return stay };
        (stay.g, stay.state) = (id, to);
        if !self.wants(to) {
            return stay;
        }
        if c.reason.is_wanted() {
            stay.reason = cx.string(reason);
        }
        if c.stack.is_wanted() {
            stay.stack = cx.stack(stack);
        }
        if to.executes() {
            (stay.p, stay.m) = (event.p.known(), event.m.known());
        }
        let woken = to == GoroutineState::Runnable
            && matches!(from, GoroutineState::Waiting | GoroutineState::NotExist);
        if woken {
            stay.waker = event.g.known();
            if c.waker_stack.is_wanted() {
                stay.waker_stack = cx.stack(event.stack);
            }
        }
        stay
    }

    fn wants(&self, state: GoroutineState) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(&state))
    }

    /// Makes a row of a stay that is over, as soon as all that it tells of its goroutine is known.
    fn close(&mut self, goroutine: &mut Goroutine, stay: Stay, end: End) {
        if !self.wants(stay.state) {
            return;
        }
        if !self.is_known(goroutine) {
            goroutine.held.push((stay, end));
            return;
        }
        if !goroutine.held.is_empty() {
            self.release(goroutine);
        }
        self.push(goroutine.name, &stay, end, goroutine.ran);
    }

    fn is_known(&self, goroutine: &Goroutine) -> bool {
        (goroutine.name != TextId::NULL || !self.columns.name.is_wanted())
            && (goroutine.ran || !self.columns.before_run.is_wanted())
    }

    /// Makes rows of the stays that are over.
    fn release(&mut self, goroutine: &mut Goroutine) {
        for (stay, end) in goroutine.held.drain(..) {
            self.push(goroutine.name, &stay, end, goroutine.ran);
        }
    }

    fn push(&mut self, name: TextId, stay: &Stay, end: End, ran: bool) {
        let start = stay.start;
        if let Some(order) = &mut self.order {
            order.push((start, stay.number));
        }
        self.count += 1;
        let c = &mut self.columns;
        c.g.push(stay.g.0);
        c.name.push(name);
        c.state.push(stay.state.name());
        c.reason.push(stay.reason);
        c.start.push(start);
        c.end.push(end.time);
        c.dur.push(end.time - start);
        c.stack.push(stay.stack);
        c.end_stack.push(end.stack);
        c.p.push(stay.p);
        c.m.push(stay.m);
        c.waker.push(stay.waker);
        c.waker_stack.push(stay.waker_stack);
        c.seen.push(stay.seen);
        c.before_run.push(end.before_run && ran);
        c.open_start.push(stay.open_start);
        c.open_end.push(end.open);
    }
}

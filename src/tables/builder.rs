//! What builders of tables have in common.

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::intern::{Interner, StackNumber, TextId};
use super::pass::FileInfo;
use crate::trace::{Event, RangeKind, Reader, StackId, StringId, Symbols};

/// What a builder sees beside an event.
pub(super) struct Context<'a> {
    pub(super) symbols: &'a Symbols,
    pub(super) interner: &'a mut Interner,
    /// The event's time since the trace's first event, in ns.
    pub(super) now: i64,
}

impl Context<'_> {
    pub(super) fn string(&mut self, id: StringId) -> TextId {
        self.interner.string(self.symbols, id)
    }

    pub(super) fn stack(&mut self, id: StackId) -> StackNumber {
        self.interner.stack(self.symbols, id)
    }

    pub(super) fn range_name(&mut self, kind: RangeKind) -> TextId {
        self.interner.range_name(self.symbols, kind)
    }

    /// The function of the outermost frame of a stack.
    pub(super) fn root(&mut self, id: StackId) -> TextId {
        let root = self.symbols.frames(id).next_back().map(|frame| frame.func);
        root.map_or(TextId::NULL, |func| self.string(func))
    }
}

/// Builds a table whose rows can be given out while the trace is being read.
pub(super) trait RowBuilder: Send {
    fn observe(&mut self, event: &Event, cx: &mut Context<'_>);

    /// Observes events, whose times on the trace's clock are counted from `start`.
    fn observe_all(&mut self, events: &[Event], start: i64, cx: &mut Context<'_>) {
        for event in events {
            cx.now = event.time.0 - start;
            self.observe(event, cx);
        }
    }

    /// What goes on at a gap is cut there; what goes on after it is news, and may have begun before.
    fn lost(&mut self, _gap: Gap) {}

    /// How many rows can be taken.
    fn rows(&self) -> usize;

    /// Takes these rows.
    fn take(&mut self, schema: &SchemaRef, interner: &mut Interner) -> RecordBatch;

    /// Hears that the trace is over: all other rows can be taken now.
    fn finish(&mut self, _end: &TraceEnd<'_>) {}
}

/// A time of which nothing is known, because what the trace says of it is lost.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gap {
    /// The last moment before it, since the trace's first event, in ns.
    pub(super) from: i64,
    /// The first moment after it.
    pub(super) to: i64,
}

/// Builds tables that need the whole trace.
pub(super) trait WholeBuilder: Send {
    fn observe(&mut self, event: &Event, cx: &mut Context<'_>);

    /// Observes events, whose times on the trace's clock are counted from `start`.
    fn observe_all(&mut self, events: &[Event], start: i64, cx: &mut Context<'_>) {
        for event in events {
            cx.now = event.time.0 - start;
            self.observe(event, cx);
        }
    }

    /// What goes on at a gap is cut there; what goes on after it is news, and may have begun before.
    fn lost(&mut self, gap: Gap, interner: &Interner);

    /// The tables with their rows, of those that were asked for.
    fn finish(
        self: Box<Self>,
        end: &TraceEnd<'_>,
        interner: &mut Interner,
    ) -> Vec<(&'static str, RecordBatch)>;
}

/// The end of a pass, for tables that depend on it.
pub(super) struct TraceEnd<'a> {
    pub(super) file: &'a FileInfo,
    pub(super) reader: &'a Reader,
    pub(super) events: u64,
    /// The first event's time on the trace's clock.
    pub(super) start: i64,
    /// The last event's time since the first.
    pub(super) last: i64,
    /// Why some of the trace could not be used.
    pub(super) problem: Option<&'a str>,
}

//! The distinct stacks of a trace, and their frames.

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::builder::{Context, Gap, TraceEnd, WholeBuilder};
use super::columns::{assemble, columns};
use super::intern::{Interner, StackNumber};
use crate::trace::{Event, Happening};

columns! {
    StackTableColumns { stack: StackColumn, depth: Ints, leaf: Texts, root: Texts, folded: Texts }
}

columns! {
    FrameColumns { stack: StackColumn, position: Ints, func: Texts, file: Texts, line: Ints, pc: Ints }
}

struct StackTables {
    stacks: Option<SchemaRef>,
    frames: Option<SchemaRef>,
    /// By number: whether an event of this trace refers to it.
    seen: Vec<bool>,
}

pub(super) fn builder(schema: &dyn Fn(&str) -> Option<SchemaRef>) -> Option<Box<dyn WholeBuilder>> {
    let (stacks, frames) = (schema("stacks"), schema("frames"));
    if stacks.is_none() && frames.is_none() {
        return None;
    }
    Some(Box::new(StackTables { stacks, frames, seen: Vec::new() }))
}

impl WholeBuilder for StackTables {
    fn observe(&mut self, event: &Event, cx: &mut Context<'_>) {
        let stack = cx.stack(event.stack);
        self.see(stack);
        if let Happening::Goroutine { stack, .. } = event.what {
            let stack = cx.stack(stack);
            self.see(stack);
        }
    }

    fn lost(&mut self, _: Gap, _: &Interner) {}

    fn finish(
        self: Box<Self>,
        _: &TraceEnd<'_>,
        interner: &mut Interner,
    ) -> Vec<(&'static str, RecordBatch)> {
        let mut tables = Vec::new();
        if let Some(schema) = &self.stacks {
            tables.push(("stacks", self.stacks(schema, interner)));
        }
        if let Some(schema) = &self.frames {
            tables.push(("frames", self.frames(schema, interner)));
        }
        tables
    }
}

impl StackTables {
    fn see(&mut self, stack: StackNumber) {
        let place = stack.0 as usize;
        if place >= self.seen.len() {
            self.seen.resize(place + 1, false);
        }
        self.seen[place] = true;
    }

    /// The numbers of the stacks seen, ascending.
    fn numbers(&self) -> impl Iterator<Item = u32> {
        (1..).zip(self.seen.iter().skip(1)).filter_map(|(number, &seen)| seen.then_some(number))
    }

    fn stacks(&self, schema: &SchemaRef, interner: &mut Interner) -> RecordBatch {
        let mut columns = StackTableColumns::new(schema);
        let mut rows = 0;
        for number in self.numbers() {
            let frames: Vec<String> = {
                let view = interner.stacks().view();
                view.frames(number).map(|frame| frame.func.to_owned()).collect()
            };
            columns.stack.push(StackNumber(number));
            columns.depth.push(i64::try_from(frames.len()).unwrap_or(i64::MAX));
            let mut text = |text: Option<&String>| interner.intern(text.map_or("", String::as_str));
            columns.leaf.push(text(frames.first()));
            columns.root.push(text(frames.last()));
            if columns.folded.is_wanted() {
                let folded: Vec<&str> = frames.iter().rev().map(String::as_str).collect();
                columns.folded.push(interner.intern(&folded.join(";")));
            }
            rows += 1;
        }
        assemble(schema, rows, |name| columns.array(name, interner))
    }

    fn frames(&self, schema: &SchemaRef, interner: &mut Interner) -> RecordBatch {
        let mut columns = FrameColumns::new(schema);
        let mut rows = 0;
        for number in self.numbers() {
            let frames: Vec<(String, String, u64, u64)> = {
                let view = interner.stacks().view();
                view.frames(number).map(|f| (f.func.to_owned(), f.file.to_owned(), f.line, f.pc)).collect()
            };
            for (position, (func, file, line, pc)) in (0i64..).zip(frames) {
                columns.stack.push(StackNumber(number));
                columns.position.push(position);
                columns.func.push(interner.intern(&func));
                columns.file.push(interner.intern(&file));
                columns.line.push(line.cast_signed());
                columns.pc.push(pc.cast_signed());
                rows += 1;
            }
        }
        assemble(schema, rows, |name| columns.array(name, interner))
    }
}

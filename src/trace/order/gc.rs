//! The garbage collector and stop-the-worlds.

use super::state::OpenRange;
use super::{Handled, Order, Step};
use crate::trace::event::{GoroutineId, Happening, ProcId, Range, RangeKind, Scope, StackId, StringId};
use crate::trace::v2::spec::{GC_ACTIVE, GC_BEGIN, STW_BEGIN, STW_END};

const GC: Range = Range { kind: RangeKind::GcMark, scope: Scope::Global };

fn sweep(p: ProcId) -> Range {
    Range { kind: RangeKind::GcSweep, scope: Scope::Proc(p) }
}

fn mark_assist(g: GoroutineId) -> Range {
    Range { kind: RangeKind::GcMarkAssist, scope: Scope::Goroutine(g) }
}

fn stop_the_world(g: GoroutineId, why: StringId) -> Range {
    Range { kind: RangeKind::StopTheWorld { why }, scope: Scope::Goroutine(g) }
}

impl Order {
    /// The mark phase. It begins and ends on any thread, so its events are numbered.
    pub(super) fn gc(&mut self, step: &mut Step<'_>) -> Handled {
        let number = step.raw.args[0];
        let (kind, gc) = (step.raw.kind, &mut self.scheduler.gc);
        let first = match kind {
            GC_ACTIVE if step.is_initial && gc.running.is_some() => {
                return Err("GCActive in the first generation is not its first GC event".into());
            }
            GC_ACTIVE => step.is_initial,
            GC_BEGIN => gc.running.is_none(),
            _ => false,
        };
        if !first {
            if number != gc.sequence.wrapping_add(1) {
                return Ok(None);
            }
            let expected = kind != GC_BEGIN;
            if gc.running != Some(expected) {
                return Err(format!(
                    "{} while the GC's mark phase is{} going on",
                    step.name(),
                    if expected { " not" } else { "" }
                ));
            }
            step.require_user_code()?;
        }
        gc.sequence = number;
        gc.running = Some(kind == GC_BEGIN || kind == GC_ACTIVE);
        let (stack, what) = match kind {
            GC_ACTIVE => (StackId::NONE, Happening::RangeActive(GC)),
            GC_BEGIN => (step.stack(step.raw.args[1])?, Happening::RangeBegin(GC)),
            _ => (StackId::NONE, Happening::RangeEnd { range: GC, swept: None }),
        };
        step.push(stack, what);
        Ok(Some(step.context))
    }

    pub(super) fn sweep_begin(&mut self, step: &mut Step<'_>) -> Handled {
        step.require_proc()?;
        let p = step.context.p;
        self.scheduler.proc(p)?.ranges.begin(OpenRange::Sweep)?;
        let stack = step.stack(step.raw.args[0])?;
        step.push(stack, Happening::RangeBegin(sweep(p)));
        Ok(Some(step.context))
    }

    pub(super) fn sweep_active(&mut self, step: &mut Step<'_>) -> Handled {
        let p = ProcId(step.raw.args[0].cast_signed());
        self.scheduler.proc(p)?.ranges.active(OpenRange::Sweep, step.is_initial)?;
        step.push(StackId::NONE, Happening::RangeActive(sweep(p)));
        Ok(Some(step.context))
    }

    pub(super) fn sweep_end(&mut self, step: &mut Step<'_>) -> Handled {
        step.require_proc()?;
        let p = step.context.p;
        self.scheduler.proc(p)?.ranges.end(OpenRange::Sweep)?;
        let [swept, reclaimed, ..] = step.raw.args;
        let what = Happening::RangeEnd { range: sweep(p), swept: Some((swept, reclaimed)) };
        step.push(StackId::NONE, what);
        Ok(Some(step.context))
    }

    /// A stop-the-world or a mark assist begins on the running goroutine.
    pub(super) fn goroutine_range_begin(&mut self, step: &mut Step<'_>) -> Handled {
        step.require_user_code()?;
        let g = step.context.g;
        let [first, second, ..] = step.raw.args;
        let (open, range, stack) = if step.raw.kind == STW_BEGIN {
            let why = step.string(first)?;
            let name = self.names.id(step.generation.symbols.bytes(why));
            (OpenRange::StopTheWorld(name), stop_the_world(g, why), second)
        } else {
            (OpenRange::MarkAssist, mark_assist(g), first)
        };
        self.scheduler.goroutine(g)?.ranges.begin(open)?;
        let stack = step.stack(stack)?;
        step.push(stack, Happening::RangeBegin(range));
        Ok(Some(step.context))
    }

    /// A mark assist goes on; its goroutine need not run at the moment.
    pub(super) fn goroutine_range_active(&mut self, step: &mut Step<'_>) -> Handled {
        let g = GoroutineId(step.raw.args[0].cast_signed());
        self.scheduler.goroutine(g)?.ranges.active(OpenRange::MarkAssist, step.is_initial)?;
        step.push(StackId::NONE, Happening::RangeActive(mark_assist(g)));
        Ok(Some(step.context))
    }

    pub(super) fn goroutine_range_end(&mut self, step: &mut Step<'_>) -> Handled {
        step.require_user_code()?;
        let g = step.context.g;
        let kind = if step.raw.kind == STW_END {
            OpenRange::StopTheWorld(self.names.id(b""))
        } else {
            OpenRange::MarkAssist
        };
        let range = match self.scheduler.goroutine(g)?.ranges.end(kind)? {
            // The event does not repeat why; the generation need not have the string.
            OpenRange::StopTheWorld(name) => stop_the_world(g, self.string_of(name, step)?),
            OpenRange::MarkAssist | OpenRange::Sweep => mark_assist(g),
        };
        step.push(StackId::NONE, Happening::RangeEnd { range, swept: None });
        Ok(Some(step.context))
    }
}

//! Goroutines, their statistics, user regions and user tasks: the account that Go's own summary gives.
//!
//! Source: `Summarizer` in `internal/trace/summary.go` of Go 1.27, quirks included. `goroutine` keeps the books of one
//! goroutine, `record` turns them into rows, this file follows the events.

mod goroutine;
mod record;

use std::collections::hash_map::Entry;

use ahash::AHashMap;
use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};

use super::builder::{Context, Gap, TraceEnd, WholeBuilder};
use super::intern::{Interner, TextId};
use super::stats::Stats;
use crate::trace::{
    Event, GoroutineId, GoroutineState, Happening, ProcId, ProcState, Range, Scope, StackId, StringId, TaskId,
};
use goroutine::Goroutine;
use record::{RegionRows, TaskRows};

/// The names of the tables that this builder makes.
const TABLES: [&str; 4] = ["goroutines", "goroutine_stats", "regions", "tasks"];

struct Summary {
    schemas: [Option<SchemaRef>; 4],
    goroutines: AHashMap<GoroutineId, Goroutine>,
    /// Their books from before a gap, closed there.
    before: AHashMap<GoroutineId, Goroutine>,
    /// Which goroutine is in a syscall on which proc.
    syscall_on: AHashMap<ProcId, GoroutineId>,
    /// The goroutine on which we think a proc's sweep began.
    sweeping: AHashMap<ProcId, GoroutineId>,
    /// Time of the last sync event: what goes on then is known to go on since.
    sync: i64,
    regions: RegionRows,
    tasks: TaskRows,
    /// The reason of waits that never end, as soon as it was seen.
    forever: Option<TextId>,
}

/// A user region while it is open: which row it has, and the goroutine's books at its begin.
#[derive(Debug)]
struct OpenRegion {
    row: usize,
    task: TaskId,
    before: Stats,
}

pub(super) fn builder(schema: &dyn Fn(&str) -> Option<SchemaRef>) -> Option<Box<dyn WholeBuilder>> {
    let schemas = TABLES.map(schema);
    if schemas.iter().all(Option::is_none) {
        return None;
    }
    let none = Schema::empty();
    let [_, _, regions, tasks] = &schemas;
    let regions = RegionRows::new(regions.as_deref().unwrap_or(&none));
    let tasks = TaskRows::new(tasks.as_deref().unwrap_or(&none));
    Some(Box::new(Summary {
        schemas,
        goroutines: AHashMap::new(),
        before: AHashMap::new(),
        syscall_on: AHashMap::new(),
        sweeping: AHashMap::new(),
        sync: 0,
        regions,
        tasks,
        forever: None,
    }))
}

impl WholeBuilder for Summary {
    fn observe(&mut self, event: &Event, cx: &mut Context<'_>) {
        match event.what {
            Happening::Goroutine { id, from, to, reason, stack } if from != to => {
                self.transition(event, Transition { id, from, to, reason, stack }, cx);
            }
            Happening::Proc { id, from, to: ProcState::Idle } if from != ProcState::Idle => {
                // A proc that idles while its goroutine is in a syscall was lost to it.
                if let Some(g) = self.syscall_on.remove(&id)
                    && let Some(goroutine) = self.goroutines.get_mut(&g)
                {
                    goroutine.pending.syscall_block = Some(cx.now);
                }
            }
            Happening::Sync { .. } => self.sync = cx.now,
            Happening::RangeBegin(range) => self.range_begin(event, range, cx.now, cx),
            Happening::RangeActive(range) => self.range_begin(event, range, self.sync, cx),
            Happening::RangeEnd { range, .. } => self.range_end(event, range, cx),
            Happening::RegionBegin { task, name } => self.region_begin(event, task, name, cx),
            Happening::RegionEnd { task, name } => self.region_end(event, task, name, cx),
            Happening::TaskBegin { task, parent, name } => {
                let name = cx.string(name);
                self.tasks.begin(task, parent, name, event, cx);
            }
            Happening::TaskEnd { task, parent, name } => {
                let name = cx.string(name);
                self.tasks.end(task, parent, name, event, cx);
            }
            Happening::Log { task, .. } => self.tasks.log(task, event.g),
            _ => {}
        }
    }

    fn lost(&mut self, gap: Gap, interner: &Interner) {
        self.close(gap.from, interner);
        self.regions.lost(gap);
        self.tasks.lost(gap);
        self.syscall_on = AHashMap::new();
        self.sweeping = AHashMap::new();
    }

    fn finish(
        mut self: Box<Self>,
        end: &TraceEnd<'_>,
        interner: &mut Interner,
    ) -> Vec<(&'static str, RecordBatch)> {
        self.close(end.last, interner);
        let mut goroutines: Vec<&Goroutine> = self.before.values().collect();
        goroutines.sort_unstable_by_key(|goroutine| goroutine.id);
        let mut tables = Vec::new();
        for (name, schema) in TABLES.into_iter().zip(&self.schemas) {
            let Some(schema) = schema else { continue };
            let batch = match name {
                "goroutines" => record::goroutines(schema, &goroutines, interner),
                "goroutine_stats" => record::goroutine_stats(schema, &goroutines, interner),
                "regions" => self.regions.finish(schema, end.last, interner),
                _ => self.tasks.finish(schema, end.last, interner),
            };
            tables.push((name, batch));
        }
        tables
    }
}

/// A goroutine's change of state.
struct Transition {
    id: GoroutineId,
    from: GoroutineState,
    to: GoroutineState,
    reason: StringId,
    stack: StackId,
}

impl Summary {
    /// Closes the books of all goroutines, because nothing more is known.
    fn close(&mut self, now: i64, interner: &Interner) {
        let goroutines: Vec<Goroutine> = std::mem::take(&mut self.goroutines).into_values().collect();
        for mut goroutine in goroutines {
            let is_system = is_system(interner.text(goroutine.name));
            goroutine.finalize(now, None, is_system, &mut self.regions);
            match self.before.entry(goroutine.id) {
                Entry::Occupied(mut before) => before.get_mut().go_on(goroutine),
                Entry::Vacant(new) => {
                    new.insert(goroutine);
                }
            }
        }
    }

    fn transition(&mut self, event: &Event, t: Transition, cx: &mut Context<'_>) {
        let now = cx.now;
        let reason = cx.string(t.reason);
        match t.from {
            GoroutineState::Undetermined => {
                let mut goroutine = Goroutine::new(t.id, self.sync, true);
                goroutine.name = self.before.get(&t.id).map_or(TextId::NULL, |before| before.name);
                goroutine.was(t.to, reason, now - self.sync, event.p != ProcId::NONE);
                self.goroutines.insert(t.id, goroutine);
            }
            GoroutineState::NotExist => {
                let mut goroutine = Goroutine::new(t.id, now, false);
                goroutine.parent = event.g.known();
                goroutine.create_stack = cx.stack(event.stack);
                // A goroutine that is created within a region is shown as working on the region's task.
                let creator = self.goroutines.get(&event.g);
                if let Some(task) = creator.and_then(|c| c.regions.last()).map(|region| region.task) {
                    let row = self.regions.inherit(task, t.id, now, goroutine.create_stack);
                    goroutine.regions.push(OpenRegion { row, task, before: Stats::default() });
                }
                self.goroutines.insert(t.id, goroutine);
            }
            _ => {}
        }
        let Some(goroutine) = self.goroutines.get_mut(&t.id) else { return };
        if t.from == GoroutineState::Syscall
            && goroutine.pending.syscall.is_some()
            && let Some(p) = goroutine.pending.syscall_proc
        {
            self.syscall_on.remove(&p);
        }
        goroutine.leave(t.from, now);
        if goroutine.name == TextId::NULL {
            goroutine.name = cx.root(t.stack);
        }
        goroutine.state = t.to;
        match t.to {
            GoroutineState::Running => goroutine.run(now),
            GoroutineState::Runnable => goroutine.pending.runnable = Some(now),
            GoroutineState::Waiting if !is_forever(&mut self.forever, reason, cx) => {
                goroutine.pending.block = Some((now, reason));
            }
            // Waiting forever is as good as being dead.
            GoroutineState::Waiting | GoroutineState::NotExist => {
                let is_system = is_system(cx.interner.text(goroutine.name));
                goroutine.finalize(now, Some(now), is_system, &mut self.regions);
            }
            GoroutineState::Syscall => {
                self.syscall_on.insert(event.p, t.id);
                goroutine.pending.syscall = Some(now);
                goroutine.pending.syscall_proc = Some(event.p);
            }
            GoroutineState::Undetermined => {}
        }
    }

    fn range_begin(&mut self, event: &Event, range: Range, since: i64, cx: &mut Context<'_>) {
        let g = match range.scope {
            Scope::Global => return,
            Scope::Goroutine(g) => g,
            // A proc's range is that of the goroutine that runs on it, if it stays there.
            Scope::Proc(p) => {
                if self.goroutines.contains_key(&event.g) {
                    self.sweeping.insert(p, event.g);
                }
                event.g
            }
        };
        let Some(goroutine) = self.goroutines.get_mut(&g) else { return };
        let name = cx.range_name(range.kind);
        let is_active = matches!(event.what, Happening::RangeActive(_));
        goroutine.range_begin(name, since, is_active);
    }

    fn range_end(&mut self, event: &Event, range: Range, cx: &mut Context<'_>) {
        let g = match range.scope {
            Scope::Global => return,
            Scope::Goroutine(g) => g,
            Scope::Proc(p) => match self.sweeping.remove(&p) {
                Some(g) if g == event.g => g,
                _ => return,
            },
        };
        let Some(goroutine) = self.goroutines.get_mut(&g) else { return };
        let name = cx.range_name(range.kind);
        goroutine.range_end(name, cx.now);
    }

    fn region_begin(&mut self, event: &Event, task: TaskId, name: StringId, cx: &mut Context<'_>) {
        let Some(goroutine) = self.goroutines.get_mut(&event.g) else { return };
        let parent = goroutine.regions.last().map(|region| region.row);
        let (name, stack) = (cx.string(name), cx.stack(event.stack));
        let row = self.regions.begin(name, task, event.g, parent, goroutine.regions.len(), cx.now, stack);
        goroutine.regions.push(OpenRegion { row, task, before: goroutine.snapshot(cx.now) });
        self.tasks.region(task, event.g);
    }

    fn region_end(&mut self, event: &Event, task: TaskId, name: StringId, cx: &mut Context<'_>) {
        let Some(goroutine) = self.goroutines.get_mut(&event.g) else { return };
        let stack = cx.stack(event.stack);
        let region = goroutine.regions.pop().unwrap_or_else(|| {
            // It began before the trace.
            let name = cx.string(name);
            self.tasks.region(task, event.g);
            OpenRegion { row: self.regions.begun_before(name, task, event.g), task, before: Stats::default() }
        });
        let stats = goroutine.snapshot(cx.now).since(&region.before);
        self.regions.end(region.row, cx.now, stack, stats);
    }
}

fn is_forever(forever: &mut Option<TextId>, reason: TextId, cx: &mut Context<'_>) -> bool {
    *forever.get_or_insert_with(|| cx.interner.intern("forever")) == reason
}

/// Whether a goroutine with this entry function belongs to the runtime.
fn is_system(entry: &str) -> bool {
    entry.is_empty() || entry != "runtime.main" && entry.starts_with("runtime.")
}

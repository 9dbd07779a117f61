//! `subtasks(task)`: a user task and all that descend from it.

use ahash::AHashMap;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::builder::{Context, Gap, TraceEnd, WholeBuilder};
use super::columns::{assemble, columns};
use super::intern::Interner;
use crate::catalog::TableCall;
use crate::trace::{Event, Happening, TaskId};

columns! {
    SubtaskColumns { task: Ints, parent: OptInts, depth: Ints }
}

struct Subtasks {
    schema: SchemaRef,
    task: Option<i64>,
    parents: AHashMap<i64, Option<i64>>,
    children: AHashMap<i64, Vec<i64>>,
}

pub(super) fn builder(call: &TableCall, schema: SchemaRef) -> Option<Box<dyn WholeBuilder>> {
    (call.table().name == "subtasks").then(|| {
        let task = call.arg(0).as_int();
        Box::new(Subtasks { schema, task, parents: AHashMap::new(), children: AHashMap::new() }) as _
    })
}

impl WholeBuilder for Subtasks {
    fn observe(&mut self, event: &Event, _: &mut Context<'_>) {
        match event.what {
            Happening::TaskBegin { task, parent, .. } | Happening::TaskEnd { task, parent, .. } => {
                self.add(task, parent);
            }
            Happening::RegionBegin { task, .. }
            | Happening::RegionEnd { task, .. }
            | Happening::Log { task, .. } => self.add(task, TaskId::NONE),
            _ => {}
        }
    }

    fn lost(&mut self, _: Gap, _: &Interner) {}

    fn finish(
        self: Box<Self>,
        _: &TraceEnd<'_>,
        interner: &mut Interner,
    ) -> Vec<(&'static str, RecordBatch)> {
        let mut c = SubtaskColumns::new(&self.schema);
        let mut rows = 0;
        let mut seen = ahash::AHashSet::new();
        let mut next: Vec<i64> =
            self.task.filter(|task| self.parents.contains_key(task)).into_iter().collect();
        let mut depth = 0;
        while !next.is_empty() {
            let mut below = Vec::new();
            for task in next {
                // A trace may say that tasks are each other's children.
                if !seen.insert(task) {
                    continue;
                }
                c.task.push(task);
                c.parent.push(self.parents.get(&task).copied().flatten());
                c.depth.push(depth);
                rows += 1;
                below.extend(self.children.get(&task).into_iter().flatten());
            }
            (next, depth) = (below, depth + 1);
        }
        vec![("subtasks", assemble(&self.schema, rows, |name| c.array(name, interner)))]
    }
}

impl Subtasks {
    fn add(&mut self, task: TaskId, parent: TaskId) {
        let Some(id) = task.known() else { return };
        let known = self.parents.entry(id).or_default();
        if let (None, Some(parent)) = (&known, parent.known()) {
            *known = Some(parent);
            self.children.entry(parent).or_default().push(id);
        }
    }
}

//! User tasks on the timeline.

use ahash::AHashMap;

use super::super::builder::Context;
use super::super::intern::TextId;
use super::flows::{Flow, Flows};
use super::slices::{Lane, New, Open, Slices};
use crate::trace::{Event, StringId, TaskId};

/// The slice of each task. A task that is only mentioned has one too, as long as the trace.
#[derive(Default)]
pub(super) struct Tasks(AHashMap<TaskId, Open>);

impl Tasks {
    /// The slice of a task that the program made.
    pub(super) fn mention(&mut self, task: TaskId, slices: &mut Slices) -> Option<Open> {
        task.known()?;
        let new = New { task, ..New::of(Lane::Task(task), "task", TextId::NULL) };
        let open = *self.0.entry(task).or_insert_with(|| slices.open(None, new));
        slices.resume(open);
        Some(open)
    }

    #[expect(clippy::too_many_arguments, reason = "what the event says, and where it goes")]
    pub(super) fn begin(
        &mut self,
        event: &Event,
        task: TaskId,
        parent: TaskId,
        name: StringId,
        slices: &mut Slices,
        flows: &mut Flows,
        cx: &mut Context<'_>,
    ) {
        let from = self.mention(parent, slices);
        let Some(to) = self.mention(task, slices) else { return };
        let stack = slices.stack(event.stack, cx);
        slices.begin(to.row, cx.now, cx.string(name), event.g, stack);
        if let Some(from) = from {
            let flow = flows.push(&Flow {
                lane: to.lane.name(),
                kind: "newTask",
                name: cx.interner.intern("newTask"),
                from_time: cx.now,
                to_time: cx.now,
                from_g: event.g.known(),
                to_g: event.g.known(),
                // A parent may have ended before: its slice is still the one to look at.
                from: Some(from.row),
                to: to.row,
            });
            slices.connect(flow, Some(from.row), to.row);
        }
    }

    pub(super) fn end(&mut self, event: &Event, task: TaskId, slices: &mut Slices, cx: &mut Context<'_>) {
        if let Some(open) = self.mention(task, slices) {
            let stack = slices.stack(event.stack, cx);
            slices.close(open, cx.now, stack);
        }
    }
}

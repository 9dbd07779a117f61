//! User tasks and regions.

use ahash::AHashMap;

use super::state::{NameId, Task};
use super::{Handled, Order, Step, Violation};
use crate::trace::event::{Happening, StringId, TaskId};
use crate::trace::v2::spec::USER_REGION_BEGIN;

impl Order {
    pub(super) fn task_begin(&mut self, step: &mut Step<'_>) -> Handled {
        let [id, parent, name, stack] = step.raw.args;
        let task = TaskId(id);
        // Here the background task means "no parent".
        let parent = if TaskId(parent) == TaskId::BACKGROUND { TaskId::NONE } else { TaskId(parent) };
        if self.scheduler.tasks.contains_key(&task) {
            return Err(format!("task {id} begins twice"));
        }
        let string = step.string(name)?;
        let name = self.names.id(step.generation.symbols.bytes(string));
        let generation = step.generation.number;
        self.scheduler.tasks.insert(task, Task { parent, name, string, generation });
        step.require_user_code()?;
        let stack = step.stack(stack)?;
        step.push(stack, Happening::TaskBegin { task, parent, name: string });
        Ok(Some(step.context))
    }

    pub(super) fn task_end(&mut self, step: &mut Step<'_>) -> Handled {
        let [id, stack, ..] = step.raw.args;
        let task = TaskId(id);
        let (parent, name) = match self.scheduler.tasks.remove(&task) {
            Some(begun) if begun.generation == step.generation.number => (begun.parent, begun.string),
            Some(begun) => (begun.parent, self.string_of(begun.name, step)?),
            None => (TaskId::NONE, StringId::EMPTY),
        };
        step.require_user_code()?;
        let stack = step.stack(stack)?;
        step.push(stack, Happening::TaskEnd { task, parent, name });
        Ok(Some(step.context))
    }

    pub(super) fn region(&mut self, step: &mut Step<'_>) -> Handled {
        step.require_user_code()?;
        let [task, name, stack, _] = step.raw.args;
        let task = TaskId(task);
        let name = step.string(name)?;
        let region = (task, self.names.id(step.generation.symbols.bytes(name)));
        let g = step.context.g;
        let open = &mut self.scheduler.goroutine(g)?.regions;
        let what = if step.raw.kind == USER_REGION_BEGIN {
            open.push(region);
            Happening::RegionBegin { task, name }
        } else {
            // Regions that began before the trace are not known.
            if open.last().is_some_and(|&innermost| innermost != region) {
                return Err(format!("a region ends on goroutine {} that is not its innermost", g.0));
            }
            open.pop();
            Happening::RegionEnd { task, name }
        };
        let stack = step.stack(stack)?;
        step.push(stack, what);
        Ok(Some(step.context))
    }

    /// A name as a string of the present generation.
    pub(super) fn string_of(&mut self, name: NameId, step: &mut Step<'_>) -> Result<StringId, Violation> {
        let bytes = self.names.name(name);
        if bytes.is_empty() {
            return Ok(StringId::EMPTY);
        }
        if self.added.0 != step.generation.number {
            self.added = (step.generation.number, AHashMap::new());
        }
        if let Some(&string) = self.added.1.get(&name) {
            return Ok(string);
        }
        let string = step
            .generation
            .symbols
            .add_string(bytes)
            .ok_or("a generation with more than 4 GiB of strings")?;
        self.added.1.insert(name, string);
        Ok(string)
    }
}

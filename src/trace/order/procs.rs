//! Procs: started, stopped, stolen.

use super::state::{Proc, ProcStatus, Sequence, ThreadState};
use super::{Context, Handled, Order, Step};
use crate::trace::event::{Happening, ProcId, ProcState, StackId, ThreadId};

impl Order {
    pub(super) fn proc_status(&mut self, step: &mut Step<'_>) -> Handled {
        let [id, status, ..] = step.raw.args;
        let id = ProcId(id.cast_signed());
        let status = match status {
            1 => ProcStatus::Running,
            2 => ProcStatus::Idle,
            3 => ProcStatus::Syscall,
            4 => ProcStatus::Abandoned,
            other => return Err(format!("proc {} has the unknown status {other}", id.0)),
        };
        let sequence = Sequence::start(step.generation.number);
        let mut from = seen_as(status);
        let mut to = from;
        let mut context = step.context;
        match self.scheduler.procs.get_mut(&id) {
            Some(proc) => {
                if status == ProcStatus::Abandoned && proc.status == ProcStatus::Syscall {
                    // Nothing is lost after all: who holds it is known. The event belongs there.
                    (from, to) = (ProcState::Running, ProcState::Running);
                    proc.sequence = sequence;
                    let (m, g) = self
                        .scheduler
                        .holder(id)
                        .ok_or_else(|| format!("proc {} is about to be stolen from nobody", id.0))?;
                    context = Context { g, p: id, m };
                } else if proc.status != status {
                    return Err(format!("proc {} is {:?} and said to be {status:?}", id.0, proc.status));
                } else {
                    proc.sequence = sequence;
                }
            }
            None => {
                self.scheduler.procs.insert(id, Proc { status, sequence, ranges: Default::default() });
                from = match step.is_initial {
                    true if self.resumed => from,
                    true => ProcState::Undetermined,
                    false => ProcState::NotExist,
                };
            }
        }
        step.push_in(context, StackId::NONE, Happening::Proc { id, from, to });
        let mut after = step.context;
        if matches!(status, ProcStatus::Running | ProcStatus::Syscall) {
            after.p = id;
        }
        Ok(Some(after))
    }

    pub(super) fn proc_start(&mut self, step: &mut Step<'_>) -> Handled {
        let (id, sequence) = (ProcId(step.raw.args[0].cast_signed()), step.sequence(1));
        let Some(proc) = self.scheduler.procs.get_mut(&id) else { return Ok(None) };
        // A thread that still has a proc is in a syscall, and will lose it to another thread first.
        if proc.status != ProcStatus::Idle
            || !sequence.succeeds(proc.sequence)
            || step.context.p != ProcId::NONE
        {
            return Ok(None);
        }
        step.require_no_proc()?;
        proc.status = ProcStatus::Running;
        proc.sequence = sequence;
        let what = Happening::Proc { id, from: ProcState::Idle, to: ProcState::Running };
        step.push(StackId::NONE, what);
        Ok(Some(Context { p: id, ..step.context }))
    }

    pub(super) fn proc_stop(&mut self, step: &mut Step<'_>) -> Handled {
        step.require_proc()?;
        let id = step.context.p;
        let proc = self.scheduler.proc(id)?;
        if !matches!(proc.status, ProcStatus::Running | ProcStatus::Syscall) {
            return Err(format!("proc {} stops while it is {:?}", id.0, proc.status));
        }
        proc.status = ProcStatus::Idle;
        let what = Happening::Proc { id, from: ProcState::Running, to: ProcState::Idle };
        step.push(StackId::NONE, what);
        Ok(Some(Context { p: ProcId::NONE, ..step.context }))
    }

    pub(super) fn proc_steal(&mut self, step: &mut Step<'_>) -> Handled {
        let (id, sequence) = (ProcId(step.raw.args[0].cast_signed()), step.sequence(1));
        let Some(proc) = self.scheduler.procs.get_mut(&id) else { return Ok(None) };
        let before = proc.status;
        if !matches!(before, ProcStatus::Syscall | ProcStatus::Abandoned) || !sequence.succeeds(proc.sequence)
        {
            return Ok(None);
        }
        step.require_thread()?;
        proc.status = ProcStatus::Idle;
        proc.sequence = sequence;
        // An abandoned proc is already shown as idle.
        let from = if before == ProcStatus::Abandoned { ProcState::Idle } else { ProcState::Running };
        let mut after = step.context;
        if before == ProcStatus::Syscall {
            let victim = ThreadId(step.raw.args[2].cast_signed());
            if victim == step.context.m {
                if step.context.p != id {
                    return Err(format!(
                        "thread {} gives up proc {} but holds {}",
                        victim.0, id.0, step.context.p.0
                    ));
                }
                after.p = ProcId::NONE;
            } else {
                let Some((slot, state)) = self.scheduler.known_thread(victim).filter(|(_, s)| s.p == id)
                else {
                    return Err(format!(
                        "proc {} is stolen from thread {}, which does not hold it",
                        id.0, victim.0
                    ));
                };
                // The victim leaves its syscall later, without a proc.
                self.scheduler.set_thread(slot, ThreadState { p: ProcId::NONE, ..state });
            }
        }
        step.push(StackId::NONE, Happening::Proc { id, from, to: ProcState::Idle });
        Ok(Some(after))
    }
}

/// How a status shows in events.
fn seen_as(status: ProcStatus) -> ProcState {
    match status {
        ProcStatus::Running | ProcStatus::Syscall => ProcState::Running,
        ProcStatus::Idle | ProcStatus::Abandoned => ProcState::Idle,
    }
}

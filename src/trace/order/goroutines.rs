//! Goroutines: created, started, stopped, blocked, in syscalls.

use super::state::{GoStatus, Goroutine, ProcStatus, Sequence, ThreadState};
use super::{Context, Handled, Order, Step};
use crate::trace::event::{
    GoroutineId, GoroutineState, Happening, ProcId, ProcState, StackId, StringId, ThreadId,
};
use crate::trace::v2::spec::{GO_BLOCK, GO_CREATE_BLOCKED, GO_DESTROY, GO_STATUS_STACK, GO_SWITCH};

use GoroutineState::{NotExist, Runnable, Running, Syscall, Undetermined, Waiting};

/// A transition without reason and stack.
fn transition(id: GoroutineId, from: GoroutineState, to: GoroutineState) -> Happening {
    Happening::Goroutine { id, from, to, reason: StringId::EMPTY, stack: StackId::NONE }
}

impl Step<'_> {
    /// The goroutine that the first argument names.
    fn goroutine(&self) -> GoroutineId {
        GoroutineId(self.raw.args[0].cast_signed())
    }

    /// The sequence number in argument `i`.
    pub(super) fn sequence(&self, i: usize) -> Sequence {
        Sequence { generation: self.generation.number, number: self.raw.args[i] }
    }

    fn without_goroutine(&self) -> Context {
        Context { g: GoroutineId::NONE, ..self.context }
    }
}

impl Order {
    pub(super) fn go_status(&mut self, step: &mut Step<'_>) -> Handled {
        let id = step.goroutine();
        let thread = ThreadId(step.raw.args[1].cast_signed());
        let (status, to) = match step.raw.args[2] {
            1 => (GoStatus::Runnable, Runnable),
            2 => (GoStatus::Running, Running),
            3 => (GoStatus::Syscall, Syscall),
            4 => (GoStatus::Waiting, Waiting),
            other => return Err(format!("goroutine {} has the unknown status {other}", id.0)),
        };
        let stack =
            if step.raw.kind == GO_STATUS_STACK { step.stack(step.raw.args[3])? } else { StackId::NONE };
        let generation = step.generation.number;
        let from = match self.scheduler.goroutines.get_mut(id) {
            Some(goroutine) if goroutine.status == status => {
                goroutine.sequence = Sequence::start(generation);
                to
            }
            Some(goroutine) => {
                return Err(format!(
                    "goroutine {} is {:?} and said to be {status:?}",
                    id.0, goroutine.status
                ));
            }
            None if step.is_initial => {
                self.scheduler.goroutines.insert(id, Goroutine::new(status, generation));
                if self.resumed { to } else { Undetermined }
            }
            None => return Err(format!("goroutine {} shows up after the first generation", id.0)),
        };
        let mut after = step.context;
        let mut context = step.context;
        match status {
            GoStatus::Running => after.g = id,
            GoStatus::Syscall => {
                if thread == ThreadId::NONE {
                    return Err(format!("goroutine {} is in a syscall without a thread", id.0));
                }
                if thread == step.context.m {
                    if !step.is_initial && step.context.g != id {
                        return Err(format!("goroutine {} is in a syscall on the thread of another", id.0));
                    }
                    after.g = id;
                } else {
                    // It has been in this syscall, without a proc, since before the generation.
                    match self.scheduler.known_thread(thread) {
                        Some((_, state)) if state.g == id => context.g = id,
                        Some(_) => {
                            return Err(format!(
                                "goroutine {} is in a syscall on the thread of another",
                                id.0
                            ));
                        }
                        None => {
                            let slot = self.scheduler.slot(thread);
                            self.scheduler.set_thread(slot, ThreadState { g: id, p: ProcId::NONE });
                        }
                    }
                    context.m = thread;
                }
            }
            GoStatus::Runnable | GoStatus::Waiting => {}
        }
        let what = Happening::Goroutine { id, from, to, reason: StringId::EMPTY, stack };
        step.push_in(context, stack, what);
        Ok(Some(after))
    }

    pub(super) fn go_create(&mut self, step: &mut Step<'_>) -> Handled {
        step.require_proc()?;
        let creator = step.context.g;
        if let Some(goroutine) = self.scheduler.goroutines.get_mut(creator) {
            goroutine.require(creator, GoStatus::Running, step.name())?;
        }
        let (status, to) = if step.raw.kind == GO_CREATE_BLOCKED {
            (GoStatus::Waiting, Waiting)
        } else {
            (GoStatus::Runnable, Runnable)
        };
        let id = self.create(step, status)?;
        let (own, stack) = (step.stack(step.raw.args[1])?, step.stack(step.raw.args[2])?);
        let what = Happening::Goroutine { id, from: NotExist, to, reason: StringId::EMPTY, stack: own };
        step.push(stack, what);
        Ok(Some(step.context))
    }

    /// A C thread calls into Go: its goroutine is created within a syscall.
    pub(super) fn go_create_syscall(&mut self, step: &mut Step<'_>) -> Handled {
        step.require_thread()?;
        step.require_no_goroutine()?;
        let id = self.create(step, GoStatus::Syscall)?;
        step.push(StackId::NONE, transition(id, NotExist, Syscall));
        Ok(Some(Context { g: id, ..step.context }))
    }

    fn create(&mut self, step: &Step<'_>, status: GoStatus) -> Result<GoroutineId, String> {
        let id = step.goroutine();
        let goroutine = Goroutine::new(status, step.generation.number);
        let is_new = self.scheduler.goroutines.insert(id, goroutine);
        is_new.then_some(id).ok_or_else(|| format!("goroutine {} is created but exists already", id.0))
    }

    pub(super) fn go_start(&mut self, step: &mut Step<'_>) -> Handled {
        let (id, sequence) = (step.goroutine(), step.sequence(1));
        let Some(goroutine) = self.scheduler.goroutines.get_mut(id) else { return Ok(None) };
        if goroutine.status != GoStatus::Runnable || !sequence.succeeds(goroutine.sequence) {
            return Ok(None);
        }
        step.require_proc()?;
        step.require_no_goroutine()?;
        goroutine.status = GoStatus::Running;
        goroutine.sequence = sequence;
        step.push(StackId::NONE, transition(id, Runnable, Running));
        Ok(Some(Context { g: id, ..step.context }))
    }

    /// The running goroutine ends, yields or blocks.
    pub(super) fn go_stop_exec(&mut self, step: &mut Step<'_>) -> Handled {
        step.require_user_code()?;
        let id = step.context.g;
        let goroutine = self.scheduler.goroutine(id)?;
        goroutine.require(id, GoStatus::Running, step.name())?;
        if step.raw.kind == GO_DESTROY {
            self.scheduler.goroutines.remove(id);
            step.push(StackId::NONE, transition(id, Running, NotExist));
        } else {
            let (status, to) = if step.raw.kind == GO_BLOCK {
                (GoStatus::Waiting, Waiting)
            } else {
                (GoStatus::Runnable, Runnable)
            };
            goroutine.status = status;
            let (reason, stack) = (step.string(step.raw.args[0])?, step.stack(step.raw.args[1])?);
            step.push(stack, Happening::Goroutine { id, from: Running, to, reason, stack });
        }
        Ok(Some(step.without_goroutine()))
    }

    pub(super) fn go_unblock(&mut self, step: &mut Step<'_>) -> Handled {
        let (id, sequence) = (step.goroutine(), step.sequence(1));
        let Some(goroutine) = self.scheduler.goroutines.get_mut(id) else { return Ok(None) };
        if goroutine.status != GoStatus::Waiting || !sequence.succeeds(goroutine.sequence) {
            return Ok(None);
        }
        goroutine.status = GoStatus::Runnable;
        goroutine.sequence = sequence;
        let stack = step.stack(step.raw.args[2])?;
        step.push(stack, transition(id, Waiting, Runnable));
        Ok(Some(step.context))
    }

    /// A coroutine hands over to another: that one is unblocked, this one blocks or ends, that one starts.
    pub(super) fn go_switch(&mut self, step: &mut Step<'_>) -> Handled {
        step.require_user_code()?;
        let current = step.context.g;
        self.scheduler.goroutine(current)?.require(current, GoStatus::Running, step.name())?;
        let (id, sequence) = (step.goroutine(), step.sequence(1));
        let Some(next) = self.scheduler.goroutines.get_mut(id) else { return Ok(None) };
        if next.status != GoStatus::Waiting || !sequence.succeeds(next.sequence) {
            return Ok(None);
        }
        next.status = GoStatus::Running;
        next.sequence = sequence;
        step.push(StackId::NONE, transition(id, Waiting, Runnable));
        if step.raw.kind == GO_SWITCH {
            self.scheduler.goroutine(current)?.status = GoStatus::Waiting;
            step.push(StackId::NONE, transition(current, Running, Waiting));
        } else {
            self.scheduler.goroutines.remove(current);
            step.push(StackId::NONE, transition(current, Running, NotExist));
        }
        let between = step.without_goroutine();
        step.push_in(between, StackId::NONE, transition(id, Runnable, Running));
        Ok(Some(Context { g: id, ..step.context }))
    }

    pub(super) fn go_syscall_begin(&mut self, step: &mut Step<'_>) -> Handled {
        step.require_user_code()?;
        let Context { g: id, p, .. } = step.context;
        let goroutine = self.scheduler.goroutine(id)?;
        goroutine.require(id, GoStatus::Running, step.name())?;
        goroutine.status = GoStatus::Syscall;
        let proc = self.scheduler.proc(p)?;
        // The number tells which syscall a later theft of the proc means.
        let sequence = step.sequence(0);
        if !sequence.succeeds(proc.sequence) {
            return Err(format!("a syscall on proc {} is out of sequence", p.0));
        }
        proc.status = ProcStatus::Syscall;
        proc.sequence = sequence;
        let stack = step.stack(step.raw.args[1])?;
        let reason = StringId::EMPTY;
        step.push(stack, Happening::Goroutine { id, from: Running, to: Syscall, reason, stack });
        Ok(Some(step.context))
    }

    pub(super) fn go_syscall_end(&mut self, step: &mut Step<'_>) -> Handled {
        step.require_user_code()?;
        let Context { g: id, p, .. } = step.context;
        let goroutine = self.scheduler.goroutine(id)?;
        goroutine.require(id, GoStatus::Syscall, step.name())?;
        goroutine.status = GoStatus::Running;
        let proc = self.scheduler.proc(p)?;
        if proc.status != ProcStatus::Syscall {
            return Err(format!("a syscall ends on proc {}, which is {:?}", p.0, proc.status));
        }
        proc.status = ProcStatus::Running;
        step.push(StackId::NONE, transition(id, Syscall, Running));
        Ok(Some(step.context))
    }

    pub(super) fn go_syscall_end_blocked(&mut self, step: &mut Step<'_>) -> Handled {
        let p = step.context.p;
        // The event says that the proc was lost during the syscall; until it is, this has not happened yet.
        if p != ProcId::NONE && self.scheduler.proc(p)?.status == ProcStatus::Syscall {
            return Ok(None);
        }
        step.require_goroutine()?;
        let id = step.context.g;
        let goroutine = self.scheduler.goroutine(id)?;
        goroutine.require(id, GoStatus::Syscall, step.name())?;
        goroutine.status = GoStatus::Runnable;
        step.push(StackId::NONE, transition(id, Syscall, Runnable));
        Ok(Some(step.without_goroutine()))
    }

    /// A call from C returns, or its thread ends.
    pub(super) fn go_destroy_syscall(&mut self, step: &mut Step<'_>) -> Handled {
        step.require_goroutine()?;
        let Context { g: id, p, .. } = step.context;
        self.scheduler.goroutine(id)?.require(id, GoStatus::Syscall, step.name())?;
        self.scheduler.goroutines.remove(id);
        let mut after = step.without_goroutine();
        // A proc that the thread still has is given up here: the thread's id may be used again.
        if p != ProcId::NONE {
            let proc = self.scheduler.proc(p)?;
            if proc.status != ProcStatus::Syscall {
                return Err(format!("a call from C ends on proc {}, which is {:?}", p.0, proc.status));
            }
            proc.status = ProcStatus::Abandoned;
            after.p = ProcId::NONE;
            let what = Happening::Proc { id: p, from: ProcState::Running, to: ProcState::Idle };
            step.push(StackId::NONE, what);
        }
        step.push(StackId::NONE, transition(id, Syscall, NotExist));
        Ok(Some(after))
    }
}

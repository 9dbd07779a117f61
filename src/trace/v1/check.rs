//! Holds events against the rules of the scheduler.
//!
//! What passes is consistent: a P runs one goroutine at a time, a goroutine is blocked before it is unblocked. Source:
//! `postProcessTrace` in `internal/trace/internal/tracev1/parser.go` of Go 1.27.

use ahash::{AHashMap, AHashSet};

use super::spec;
use super::track::Record;
use crate::trace::reader::Version;

/// Ps that stand for what happens outside of any.
pub(super) const TIMER_P: i32 = 1_000_001;
const NETPOLL_P: i32 = 1_000_002;
pub(super) const SYSCALL_P: i32 = 1_000_003;
const GC_P: i32 = 1_000_004;

/// The scheduler, as far as the events so far tell.
#[derive(Debug)]
pub(super) struct Check {
    version: Version,
    goroutines: AHashMap<u64, Goroutine>,
    procs: AHashMap<i32, Proc>,
    tasks: AHashSet<u64>,
    /// The open regions of each goroutine: task and name.
    regions: AHashMap<u64, Vec<(u64, u32)>>,
    gc: bool,
    stopped: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    #[default]
    Dead,
    Runnable,
    Running,
    Waiting,
    /// Waiting for the network.
    Polled,
}

#[derive(Debug, Default)]
struct Goroutine {
    state: State,
    assists: bool,
}

#[derive(Debug, Default)]
struct Proc {
    running: bool,
    /// The goroutine that it runs; 0: none.
    g: u64,
    sweeping: bool,
    stopped: bool,
}

/// Why an event can't be.
type Violation = String;

impl Check {
    pub(super) fn new(version: Version) -> Self {
        // Goroutine 0 is whatever runs outside of any.
        let nobody = Goroutine { state: State::Running, assists: false };
        Self {
            version,
            goroutines: AHashMap::from_iter([(0, nobody)]),
            procs: AHashMap::new(),
            tasks: AHashSet::new(),
            regions: AHashMap::new(),
            gc: false,
            stopped: false,
        }
    }

    /// Checks the next event, and moves it to another P where Go does.
    pub(super) fn next(&mut self, record: &mut Record) -> Result<(), Violation> {
        match record.kind {
            spec::PROC_START | spec::PROC_STOP => self.proc(record),
            spec::GC_START => {
                record.p = GC_P;
                begin(&mut self.gc, record)
            }
            spec::GC_DONE => end(&mut self.gc, record),
            spec::STW_START => begin(self.stopped(record.p), record),
            spec::STW_DONE => end(self.stopped(record.p), record),
            spec::GC_SWEEP_START => begin(&mut self.procs.entry(record.p).or_default().sweeping, record),
            spec::GC_SWEEP_DONE => end(&mut self.procs.entry(record.p).or_default().sweeping, record),
            spec::GC_MARK_ASSIST_START => {
                begin(&mut self.goroutines.entry(record.g).or_default().assists, record)
            }
            // An assist may have begun before the trace.
            spec::GC_MARK_ASSIST_DONE => {
                self.goroutines.entry(record.g).or_default().assists = false;
                Ok(())
            }
            spec::GO_WAITING | spec::GO_IN_SYSCALL => {
                self.change(record, record.g, &[State::Runnable], State::Waiting)
            }
            spec::GO_CREATE => {
                self.require_running(record, true)?;
                let created = Goroutine { state: State::Runnable, assists: false };
                match self.goroutines.insert(record.a, created) {
                    None => Ok(()),
                    Some(_) => {
                        Err(wrong(record, &format!("of goroutine {}, which exists already", record.a)))
                    }
                }
            }
            spec::GO_START | spec::GO_START_LABEL => self.start(record),
            spec::GO_END | spec::GO_STOP => {
                if record.kind == spec::GO_END {
                    self.regions.remove(&record.g);
                }
                self.stop(record, State::Dead)
            }
            spec::GO_SCHED | spec::GO_PREEMPT => self.stop(record, State::Runnable),
            spec::GO_BLOCK_NET => self.stop(record, State::Polled),
            spec::GO_SLEEP
            | spec::GO_BLOCK
            | spec::GO_BLOCK_SEND..=spec::GO_BLOCK_COND
            | spec::GO_BLOCK_GC
            | spec::GO_SYS_BLOCK => self.stop(record, State::Waiting),
            spec::GO_UNBLOCK => self.unblock(record),
            spec::GO_SYS_CALL => self.require_running(record, false),
            spec::GO_SYS_EXIT => {
                self.change(record, record.g, &[State::Waiting, State::Polled], State::Runnable)
            }
            spec::USER_TASK_CREATE => {
                if self.tasks.insert(record.a) {
                    Ok(())
                } else {
                    Err(wrong(record, &format!("of task {}, which exists already", record.a)))
                }
            }
            spec::USER_TASK_END => {
                self.tasks.remove(&record.a);
                Ok(())
            }
            spec::USER_REGION => self.region(record),
            _ => Ok(()),
        }
    }

    /// Whether the world is stopped; before Go 1.10, by a P.
    fn stopped(&mut self, p: i32) -> &mut bool {
        if self.version < Version(10) {
            &mut self.procs.entry(p).or_default().stopped
        } else {
            &mut self.stopped
        }
    }

    fn proc(&mut self, record: &Record) -> Result<(), Violation> {
        let proc = self.procs.entry(record.p).or_default();
        if record.kind == spec::PROC_START {
            return begin(&mut proc.running, record);
        }
        if proc.g != 0 {
            return Err(wrong(record, &format!("while it runs goroutine {}", proc.g)));
        }
        end(&mut proc.running, record)
    }

    /// The goroutine of the event runs on its P.
    fn require_running(&self, record: &Record, or_nobody: bool) -> Result<(), Violation> {
        let state = self.goroutines.get(&record.g).map_or(State::Dead, |goroutine| goroutine.state);
        let on = self.procs.get(&record.p).map_or(0, |proc| proc.g);
        if state != State::Running || on != record.g || record.g == 0 && !or_nobody {
            return Err(wrong(record, &format!("of goroutine {}, which does not run there", record.g)));
        }
        Ok(())
    }

    fn change(&mut self, record: &Record, g: u64, from: &[State], to: State) -> Result<(), Violation> {
        let goroutine = self.goroutines.entry(g).or_default();
        if !from.contains(&goroutine.state) {
            return Err(wrong(record, &format!("of goroutine {g}, which is {:?}", goroutine.state)));
        }
        goroutine.state = to;
        Ok(())
    }

    fn start(&mut self, record: &Record) -> Result<(), Violation> {
        let proc = self.procs.entry(record.p).or_default();
        if proc.g != 0 {
            return Err(wrong(record, &format!("while it runs goroutine {}", proc.g)));
        }
        proc.g = record.g;
        self.change(record, record.g, &[State::Runnable], State::Running)
    }

    /// The running goroutine leaves its P.
    fn stop(&mut self, record: &Record, to: State) -> Result<(), Violation> {
        self.require_running(record, false)?;
        self.procs.entry(record.p).or_default().g = 0;
        self.change(record, record.g, &[State::Running], to)
    }

    fn unblock(&mut self, record: &mut Record) -> Result<(), Violation> {
        if record.p != TIMER_P {
            self.require_running(record, true)?;
        } else if self.goroutines.get(&record.g).is_none_or(|g| g.state != State::Running) {
            return Err(wrong(record, &format!("by goroutine {}, which does not run", record.g)));
        }
        let polled = self.goroutines.get(&record.a).is_some_and(|g| g.state == State::Polled);
        self.change(record, record.a, &[State::Waiting, State::Polled], State::Runnable)?;
        if polled {
            record.p = NETPOLL_P;
        }
        Ok(())
    }

    fn region(&mut self, record: &Record) -> Result<(), Violation> {
        let region = (record.a, record.c);
        match record.b {
            0 => self.regions.entry(record.g).or_default().push(region),
            1 => {
                // Regions that began before the trace are not known.
                if let Some(open) = self.regions.get_mut(&record.g)
                    && open.pop().is_some_and(|innermost| innermost != region)
                {
                    return Err(wrong(
                        record,
                        &format!("ends on goroutine {} that is not its innermost", record.g),
                    ));
                }
            }
            mode => return Err(wrong(record, &format!("of the unknown mode {mode}"))),
        }
        Ok(())
    }
}

fn begin(open: &mut bool, record: &Record) -> Result<(), Violation> {
    if std::mem::replace(open, true) { Err(wrong(record, "although one is going on")) } else { Ok(()) }
}

fn end(open: &mut bool, record: &Record) -> Result<(), Violation> {
    if std::mem::replace(open, false) { Ok(()) } else { Err(wrong(record, "although none is going on")) }
}

fn wrong(record: &Record, what: &str) -> Violation {
    format!("{} on proc {} {what}", spec::name(record.kind), record.p)
}

//! Puts the events of a generation in order: those of all threads, and the CPU samples between them.

use super::{Frontier, Generation, Sample, spec};
use crate::trace::event::{Event, Happening, Time};
use crate::trace::order::{Order, Violation};

/// What comes next in a generation, and what is known of everything that its events tell of.
#[derive(Default)]
pub(super) struct Merge {
    frontier: Frontier,
    /// The next CPU sample.
    sample: usize,
    order: Order,
    /// How many threads may still be asked in vain for an event that can come next.
    patience: usize,
}

impl Merge {
    /// Begins with a generation.
    pub(super) fn begin(&mut self, generation: &Generation) -> Result<(), Violation> {
        // Some hundred for each event. A trace in which many threads wait for ever would take time without bound.
        self.patience = (1 << 20) + 64 * generation.data.len();
        self.sample = 0;
        self.frontier.install(generation, |thread| self.order.slot(thread))
    }

    /// Whether all events of the generation are in order.
    pub(super) fn is_over(&self, generation: &Generation) -> bool {
        self.frontier.first_time().is_none() && self.sample == generation.samples.len()
    }

    /// How much of the generation is in order, from 0 to 1.
    pub(super) fn share(&self, generation: &Generation) -> f64 {
        let all: usize = generation.threads.iter().map(|thread| thread.batches.len()).sum();
        #[expect(clippy::cast_precision_loss, reason = "a share")]
        let share = self.frontier.batches() as f64 / all.max(1) as f64;
        share
    }

    /// What comes next is the first of which something is known.
    pub(super) fn forget(&mut self) {
        self.order = Order::default();
    }

    /// What comes next follows something that was passed over.
    pub(super) fn resume(&mut self) {
        self.order = Order::resumed();
    }

    /// Puts events of the generation in order until enough are ready, or there are no more of them.
    pub(super) fn advance(
        &mut self,
        generation: &mut Generation,
        ready: &mut Vec<Event>,
        enough: usize,
    ) -> Result<(), Violation> {
        let Self { frontier, sample: next_sample, order, patience } = self;
        while ready.len() < enough {
            let first = frontier.first_time();
            if let Some(sample) = generation.samples.get(*next_sample)
                && first.is_none_or(|time| sample.time < time)
            {
                *next_sample += 1;
                ready.push(sample_event(sample, generation)?);
                continue;
            }
            if first.is_none() {
                break;
            }
            if try_advance(frontier, order, generation, 0, ready)? {
                continue;
            }
            // The earliest event must wait for one of another thread: the others are tried in the order of their times.
            let Some(left) = patience.checked_sub(frontier.len()) else {
                return Err("too many threads wait for an event that does not come".into());
            };
            *patience = left;
            frontier.sort();
            let mut advanced = false;
            for i in 1..frontier.len() {
                if try_advance(frontier, order, generation, i, ready)? {
                    advanced = true;
                    break;
                }
            }
            if !advanced {
                let event = spec::name(frontier.peek(0).1.kind);
                return Err(format!("{event} waits for an event that never comes"));
            }
        }
        Ok(())
    }
}

/// Tries the event in place `i` of the frontier. What it makes is ready only if its thread can go on.
#[inline]
fn try_advance(
    frontier: &mut Frontier,
    order: &mut Order,
    generation: &mut Generation,
    i: usize,
    ready: &mut Vec<Event>,
) -> Result<bool, String> {
    let before = ready.len();
    let (slot, raw) = frontier.peek(i);
    if !order.advance(raw, slot, generation, ready)? {
        return Ok(false);
    }
    if let Err(problem) = frontier.advance(i, generation) {
        ready.truncate(before);
        return Err(problem);
    }
    Ok(true)
}

fn sample_event(sample: &Sample, generation: &Generation) -> Result<Event, String> {
    let Sample { time, m, p, g, stack } = *sample;
    let stack =
        generation.stack(stack).ok_or_else(|| format!("a CPU sample names the missing stack {stack}"))?;
    Ok(Event { time: Time(time), g, p, m, stack, what: Happening::Sample })
}

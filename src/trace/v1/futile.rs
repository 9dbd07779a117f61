//! Wakeups for nothing.
//!
//! Before Go 1.9 or so, a goroutine that was woken for a channel or a mutex that another one got first said so before it
//! blocked again. The runtime's users do not care for such wakeups; as in Go, they are taken out of the trace from the
//! unblocking to the next blocking. Source: `removeFutile` in `internal/trace/parser.go` of Go 1.21.

use ahash::AHashMap;

use super::spec;
use super::track::Record;

/// A goroutine since it was woken.
#[derive(Debug, Default)]
struct Wakeup {
    futile: bool,
    events: Vec<usize>,
}

/// Removes futile wakeups, and the events that tell of them.
pub(super) fn remove(events: &mut Vec<Record>) {
    if !events.iter().any(|record| record.kind == spec::FUTILE_WAKEUP) {
        return;
    }
    let mut goroutines: AHashMap<u64, Wakeup> = AHashMap::new();
    let mut removed = vec![false; events.len()];
    for (i, record) in events.iter().enumerate() {
        match record.kind {
            spec::GO_UNBLOCK => {
                goroutines.insert(
                    record.a,
                    Wakeup { futile: goroutines.get(&record.a).is_some_and(|g| g.futile), events: vec![i] },
                );
            }
            spec::GO_START | spec::GO_PREEMPT | spec::FUTILE_WAKEUP => {
                let wakeup = goroutines.entry(record.g).or_default();
                wakeup.events.push(i);
                wakeup.futile |= record.kind == spec::FUTILE_WAKEUP;
            }
            spec::GO_BLOCK | spec::GO_BLOCK_SEND..=spec::GO_BLOCK_COND => {
                if let Some(wakeup) = goroutines.remove(&record.g)
                    && wakeup.futile
                {
                    removed[i] = true;
                    for i in wakeup.events {
                        removed[i] = true;
                    }
                }
            }
            _ => {}
        }
    }
    let mut i = 0;
    events.retain(|_| {
        i += 1;
        !removed[i - 1]
    });
}

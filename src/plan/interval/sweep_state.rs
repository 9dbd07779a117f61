//! The state of a sweep: what is open, per key.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use crate::sema::typed::SweepKind;

/// What a sweep found: from, to, and a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) key: usize,
    pub(super) start: i64,
    pub(super) end: i64,
    pub(super) number: i64,
}

/// A sweep over the intervals of all keys. They come in the order of their starts.
#[derive(Debug)]
pub(super) struct Sweep {
    kind: SweepKind,
    keys: Vec<Key>,
    /// Ends that wait in heaps, of all keys.
    waiting: usize,
    /// When the trace ends: nothing is uncovered behind it.
    trace_end: i64,
}

/// What is known of one key's intervals so far.
#[derive(Debug)]
enum Key {
    /// The union that may still grow, and of how many it is.
    Merge(Option<(i64, i64, i64)>),
    /// Up to where all is covered or has been given.
    Gaps(i64),
    Depth(Depth),
}

/// The step function up to the latest start.
#[derive(Debug, Default)]
struct Depth {
    /// When the present step began; None: nothing yet.
    since: Option<i64>,
    /// The ends of what is open.
    ends: BinaryHeap<Reverse<i64>>,
    /// The step before, which an equal one would continue.
    held: Option<(i64, i64, i64)>,
}

impl Sweep {
    pub(super) fn new(kind: SweepKind) -> Self {
        Self { kind, keys: Vec::new(), waiting: 0, trace_end: 0 }
    }

    /// Says when the trace ends, which matters for gaps.
    pub(super) fn ends_at(&mut self, trace_end: i64) {
        self.trace_end = trace_end;
    }

    /// Bytes that it takes, roughly.
    pub(super) fn memory(&self) -> usize {
        self.keys.len() * size_of::<Key>() + self.waiting * size_of::<i64>()
    }

    /// Makes room for so many keys.
    pub(super) fn grow(&mut self, keys: usize) {
        let kind = self.kind;
        self.keys.resize_with(keys.max(self.keys.len()), || match kind {
            SweepKind::Merge => Key::Merge(None),
            SweepKind::Gaps => Key::Gaps(0),
            SweepKind::Depth => Key::Depth(Depth::default()),
        });
    }

    pub(super) fn add(&mut self, key: usize, start: i64, end: i64, found: &mut VecDeque<Piece>) {
        let piece = |start, end, number| Piece { key, start, end, number };
        match self.keys.get_mut(key) {
            Some(Key::Merge(union)) => match union {
                Some((_, last, count)) if start <= *last => {
                    *last = end.max(*last);
                    *count += 1;
                }
                _ => {
                    let before = union.replace((start, end.max(start), 1));
                    found.extend(before.map(|(start, end, count)| piece(start, end, count)));
                }
            },
            Some(Key::Gaps(covered)) => {
                let start = start.min(self.trace_end);
                if start > *covered {
                    found.push_back(piece(*covered, start, 0));
                }
                // One that ends before it starts covers nothing.
                *covered = end.max(start).max(*covered);
            }
            // What has no length is never open.
            Some(Key::Depth(depth)) if start < end => {
                let before = depth.ends.len();
                depth.advance(start, key, found);
                depth.step(start, key, found);
                depth.ends.push(Reverse(end));
                self.waiting = (self.waiting + depth.ends.len()).saturating_sub(before);
            }
            _ => {}
        }
    }

    /// Gives what is left, at the end of the trace.
    pub(super) fn finish(&mut self, found: &mut VecDeque<Piece>) {
        for (key, state) in self.keys.drain(..).enumerate() {
            match state {
                Key::Merge(union) => {
                    found.extend(union.map(|(start, end, number)| Piece { key, start, end, number }));
                }
                Key::Gaps(covered) if covered < self.trace_end => {
                    found.push_back(Piece { key, start: covered, end: self.trace_end, number: 0 });
                }
                Key::Gaps(_) => {}
                Key::Depth(mut depth) => {
                    depth.advance(i64::MAX, key, found);
                    found.extend(depth.held.map(|(start, end, number)| Piece { key, start, end, number }));
                }
            }
        }
    }
}

impl Depth {
    /// Closes what ends until then.
    fn advance(&mut self, until: i64, key: usize, found: &mut VecDeque<Piece>) {
        while let Some(&Reverse(end)) = self.ends.peek()
            && end <= until
        {
            self.step(end, key, found);
            self.ends.pop();
        }
    }

    /// The depth may change here: the step up to here has the depth of now.
    fn step(&mut self, at: i64, key: usize, found: &mut VecDeque<Piece>) {
        let since = self.since.replace(at).unwrap_or(at);
        let number = i64::try_from(self.ends.len()).unwrap_or(i64::MAX);
        if since == at {
            return;
        }
        match &mut self.held {
            // One closed and another opened at the same moment.
            Some((_, end, before)) if *before == number && *end == since => *end = at,
            held => {
                let before = held.replace((since, at, number));
                found.extend(before.map(|(start, end, number)| Piece { key, start, end, number }));
            }
        }
    }
}

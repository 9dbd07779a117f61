//! The next event of every thread, by time.

use super::generation::{Batch, Generation};
use super::sort::sort_like_go;
use super::spec;
use crate::trace::event::ThreadId;
use crate::trace::wire::{Cursor, Malformed};

/// An event as it stands in the file, with its full time in ns.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Raw {
    pub(crate) kind: u8,
    pub(crate) time: i64,
    pub(crate) args: [u64; 4],
}

/// A thread's place in its batches.
#[derive(Debug)]
struct Track {
    thread: ThreadId,
    /// Index into the generation's threads.
    index: usize,
    next_batch: usize,
    at: usize,
    end: usize,
    last: i64,
    event: Raw,
}

/// A heap of threads by the time of their next event.
///
/// Equal times are common (the clock ticks every 64 ns), so their order is part of the result: the heap sifts exactly
/// as the one in Go's reader does.
#[derive(Debug, Default)]
pub(crate) struct Frontier {
    tracks: Vec<Track>,
    /// Time and index into `tracks`.
    heap: Vec<(i64, u32)>,
}

/// What is wrong with a thread's events.
pub(crate) type Problem = String;

impl Frontier {
    /// Begins a generation.
    pub(crate) fn install(&mut self, generation: &Generation) -> Result<(), Problem> {
        self.tracks.clear();
        self.heap.clear();
        for (index, thread) in generation.threads.iter().enumerate() {
            let mut track =
                Track { thread: thread.id, index, next_batch: 0, at: 0, end: 0, last: 0, event: Raw::default() };
            if track.next(generation)? {
                let number = u32::try_from(self.tracks.len()).map_err(|_| "too many threads")?;
                self.heap.push((track.event.time, number));
                self.tracks.push(track);
                self.sift_up(self.heap.len() - 1);
            }
        }
        Ok(())
    }

    pub(crate) fn len(&self) -> usize {
        self.heap.len()
    }

    /// The time of the earliest event.
    pub(crate) fn first_time(&self) -> Option<i64> {
        self.heap.first().map(|&(time, _)| time)
    }

    /// The event in place `i` of the heap, and its thread.
    pub(crate) fn peek(&self, i: usize) -> (ThreadId, &Raw) {
        let track = &self.tracks[self.heap[i].1 as usize];
        (track.thread, &track.event)
    }

    /// Goes on to the next event of the thread in place `i`.
    pub(crate) fn advance(&mut self, i: usize, generation: &Generation) -> Result<(), Problem> {
        let track = &mut self.tracks[self.heap[i].1 as usize];
        if track.next(generation)? {
            self.heap[i].0 = track.event.time;
            if self.sift_up(i) == i {
                self.sift_down(i);
            }
        } else {
            self.remove(i);
        }
        Ok(())
    }

    /// Sorts the heap, so that the places of all threads are in order of time.
    pub(crate) fn sort(&mut self) {
        sort_like_go(&mut self.heap, |a, b| a.0 < b.0);
    }

    fn remove(&mut self, mut i: usize) {
        while i > 0 {
            let parent = (i - 1) / 2;
            self.heap.swap(parent, i);
            i = parent;
        }
        self.heap.swap_remove(0);
        self.sift_down(0);
    }

    fn sift_up(&mut self, mut i: usize) -> usize {
        while i > 0 {
            let parent = (i - 1) / 2;
            if self.heap[parent].0 <= self.heap[i].0 {
                break;
            }
            self.heap.swap(parent, i);
            i = parent;
        }
        i
    }

    fn sift_down(&mut self, mut i: usize) {
        loop {
            let mut least = i;
            for child in [2 * i + 1, 2 * i + 2] {
                if child < self.heap.len() && self.heap[child].0 < self.heap[least].0 {
                    least = child;
                }
            }
            if least == i {
                return;
            }
            self.heap.swap(i, least);
            i = least;
        }
    }
}

impl Track {
    /// Decodes the thread's next event. False: there is none.
    fn next(&mut self, generation: &Generation) -> Result<bool, Problem> {
        while self.at == self.end {
            let Some(&Batch { tick, start, end }) = generation.threads[self.index].batches.get(self.next_batch) else {
                return Ok(false);
            };
            self.next_batch += 1;
            (self.at, self.end) = (start, end);
            self.last = generation.ns(tick);
        }
        let mut cursor = Cursor::new(&generation.data[self.at..self.end]);
        let ticks = decode(&mut cursor, &mut self.event)?;
        self.last = self.last.wrapping_add(generation.ns(ticks));
        self.event.time = self.last;
        self.at = self.end - cursor.remaining();
        Ok(true)
    }
}

/// Decodes an event but for its time; returns the clock's units since the event before.
#[inline]
fn decode(cursor: &mut Cursor<'_>, event: &mut Raw) -> Result<u64, Problem> {
    let cut = |Malformed| "a batch that ends in the middle of an event".to_owned();
    let kind = cursor.byte().map_err(cut)?;
    let count = spec::ARGUMENTS[usize::from(kind)];
    if count == spec::NOT_TIMED {
        return Err(format!("{} (byte {kind:#04x}) within a batch of events", spec::name(kind)));
    }
    event.kind = kind;
    let ticks = cursor.uvarint().map_err(cut)?;
    for arg in event.args.iter_mut().take(usize::from(count)) {
        *arg = cursor.uvarint().map_err(cut)?;
    }
    Ok(ticks)
}

//! The next event of every thread, by time.

use super::generation::{Batch, Generation};
use super::spec;
use crate::trace::event::ThreadId;
use crate::trace::order::ThreadSlot;
use crate::trace::sort::sort_like_go;
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
    slot: ThreadSlot,
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
    /// Begins a generation, whose threads have these slots in the order of events.
    pub(crate) fn install(
        &mut self,
        generation: &Generation,
        mut slot: impl FnMut(ThreadId) -> ThreadSlot,
    ) -> Result<(), Problem> {
        self.tracks.clear();
        self.heap.clear();
        for (index, thread) in generation.threads.iter().enumerate() {
            let event = Raw::default();
            let mut track =
                Track { slot: ThreadSlot::default(), index, next_batch: 0, at: 0, end: 0, last: 0, event };
            if track.next(generation)? {
                let number = u32::try_from(self.tracks.len()).map_err(|_| "too many threads")?;
                track.slot = slot(thread.id);
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

    /// Batches that have been begun.
    pub(crate) fn batches(&self) -> usize {
        self.tracks.iter().map(|track| track.next_batch).sum()
    }

    /// The time of the earliest event.
    pub(crate) fn first_time(&self) -> Option<i64> {
        self.heap.first().map(|&(time, _)| time)
    }

    /// The event in place `i` of the heap, and its thread.
    pub(crate) fn peek(&self, i: usize) -> (ThreadSlot, &Raw) {
        let track = &self.tracks[self.heap[i].1 as usize];
        (track.slot, &track.event)
    }

    /// Goes on to the next event of the thread in place `i`.
    #[inline]
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
        let heap = self.heap.as_mut_slice();
        loop {
            let left = 2 * i + 1;
            let Some(&first) = heap.get(left) else { return };
            let (mut least, mut child) = (first, left);
            if let Some(&second) = heap.get(left + 1)
                && second.0 < least.0
            {
                (least, child) = (second, left + 1);
            }
            if least.0 >= heap[i].0 {
                return;
            }
            heap.swap(i, child);
            i = child;
        }
    }
}

impl Track {
    /// Decodes the thread's next event. False: there is none.
    #[inline]
    fn next(&mut self, generation: &Generation) -> Result<bool, Problem> {
        while self.at == self.end {
            let Some(&Batch { tick, start, end }) =
                generation.threads[self.index].batches.get(self.next_batch)
            else {
                return Ok(false);
            };
            self.next_batch += 1;
            (self.at, self.end) = (start, end);
            self.last = generation.ns(tick);
        }
        let rest = &generation.data[self.at..self.end];
        let (ticks, length) = match rest.first_chunk() {
            Some(window) => decode_whole(window, &mut self.event)?,
            None => decode(rest, &mut self.event)?,
        };
        self.last = self.last.wrapping_add(generation.ns(ticks));
        self.event.time = self.last;
        self.at += length;
        Ok(true)
    }
}

/// Bytes within which every event ends: a kind and at most five numbers of at most ten bytes.
const WINDOW: usize = 64;

/// Decodes an event but for its time, where it surely ends in the window; returns the clock's units since the event
/// before, and the event's length.
#[inline]
fn decode_whole(window: &[u8; WINDOW], event: &mut Raw) -> Result<(u64, usize), Problem> {
    let kind = window[0];
    let count = spec::ARGUMENTS[usize::from(kind)];
    if count == spec::NOT_TIMED {
        return Err(not_timed(kind));
    }
    event.kind = kind;
    let mut at = 1;
    // `% WINDOW` changes nothing, and spares checks of bounds.
    let mut number = || {
        let first = window[at % WINDOW];
        at += 1;
        let mut value = u64::from(first & 0x7f);
        let mut last = first;
        let mut shift = 7;
        while last >= 0x80 {
            last = window[at % WINDOW];
            at += 1;
            if shift == 63 && last > 1 {
                return None;
            }
            value |= u64::from(last & 0x7f) << shift;
            shift += 7;
        }
        Some(value)
    };
    let ticks = number().ok_or_else(cut)?;
    let [a, b, c, d] = &mut event.args;
    if count > 0 {
        *a = number().ok_or_else(cut)?;
    }
    if count > 1 {
        *b = number().ok_or_else(cut)?;
    }
    if count > 2 {
        *c = number().ok_or_else(cut)?;
    }
    if count > 3 {
        *d = number().ok_or_else(cut)?;
    }
    Ok((ticks, at))
}

/// The same for the last events of a batch, which may be cut.
pub(super) fn decode(bytes: &[u8], event: &mut Raw) -> Result<(u64, usize), Problem> {
    let mut cursor = Cursor::new(bytes);
    let wrong = |Malformed| cut();
    let kind = cursor.byte().map_err(wrong)?;
    let count = spec::ARGUMENTS[usize::from(kind)];
    if count == spec::NOT_TIMED {
        return Err(not_timed(kind));
    }
    event.kind = kind;
    let ticks = cursor.uvarint().map_err(wrong)?;
    for arg in event.args.iter_mut().take(usize::from(count)) {
        *arg = cursor.uvarint().map_err(wrong)?;
    }
    Ok((ticks, bytes.len() - cursor.remaining()))
}

fn cut() -> Problem {
    "a batch with an event that is cut or has a number of more than 64 bits".to_owned()
}

fn not_timed(kind: u8) -> Problem {
    format!("{} (byte {kind:#04x}) within a batch of events", spec::name(kind))
}

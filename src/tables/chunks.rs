//! Events ahead of those who use them: a thread of its own decodes while builders work.

use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

use crate::trace::{Error, Event, Happening, Reader, Symbols};

/// Events that go from one thread to the other together.
const EVENTS: usize = 4096;
/// How many chunks the decoder may be ahead.
const AHEAD: usize = 4;

/// Events of one generation, in order.
///
/// What is lost comes alone.
pub(super) struct Chunk {
    pub(super) events: Vec<Event>,
    pub(super) symbols: Symbols,
    /// Whether the generation begins with them.
    pub(super) begins: bool,
    /// How much of what has been read is in order, from 0 to 1.
    pub(super) share: f64,
}

impl Chunk {
    /// How many ns of the trace are lost here, if that is what it tells.
    pub(super) fn lost(&self) -> Option<i64> {
        match self.events.as_slice() {
            &[Event { what: Happening::Lost { ns }, .. }] => Some(ns),
            _ => None,
        }
    }
}

/// The decoder's side.
pub(super) struct Decoder {
    to: SyncSender<Chunk>,
    used: Receiver<Vec<Event>>,
}

/// The builders' side.
pub(super) struct Chunks {
    chunks: Receiver<Chunk>,
    used: Sender<Vec<Event>>,
}

pub(super) fn chunks() -> (Decoder, Chunks) {
    let (to, chunks) = sync_channel(AHEAD);
    let (back, used) = channel();
    (Decoder { to, used }, Chunks { chunks, used: back })
}

impl Chunks {
    /// The next chunk; `None`: there are no more.
    pub(super) fn next(&self) -> Option<Chunk> {
        self.chunks.recv().ok()
    }

    /// Gives a chunk's memory back.
    pub(super) fn give_back(&self, chunk: Chunk) {
        // The decoder may have ended.
        let _ = self.used.send(chunk.events);
    }
}

impl Decoder {
    /// Sends the events of a trace, to its end, or as long as somebody takes them and `goes_on` says so after each few.
    /// Returns why the rest of the trace can't be used.
    pub(super) fn run(
        self,
        reader: &mut Reader,
        mut goes_on: impl FnMut(&Reader, &Event) -> bool,
    ) -> Option<Error> {
        let mut events: Vec<Event> = Vec::with_capacity(EVENTS);
        let mut symbols = reader.symbols().clone();
        let mut begins = false;
        let mut problem = None;
        let mut share = 0.0;
        loop {
            let mut stops = true;
            match reader.next_events() {
                Ok(Some((run, _))) => {
                    let first = run.first().map(|event| event.what);
                    if matches!(first, Some(Happening::Sync { .. } | Happening::Lost { .. })) {
                        if !events.is_empty() && !self.send(&mut events, &symbols, &mut begins, share) {
                            return None;
                        }
                        begins = matches!(first, Some(Happening::Sync { .. }));
                    }
                    events.extend_from_slice(run);
                    let last = run.last().copied();
                    let known = reader.symbols();
                    if begins || known.strings() != symbols.strings() {
                        symbols = known.clone();
                    }
                    stops = last.is_some_and(|last| !goes_on(reader, &last));
                }
                Ok(None) => {}
                Err(e) => problem = Some(e),
            }
            if stops || events.len() >= EVENTS {
                share = reader.share_in_order();
                let sent = self.send(&mut events, &symbols, &mut begins, share);
                if stops || !sent {
                    return problem;
                }
            }
        }
    }

    /// Sends events, if there are any; says whether somebody takes them.
    fn send(&self, events: &mut Vec<Event>, symbols: &Symbols, begins: &mut bool, share: f64) -> bool {
        if events.is_empty() {
            return true;
        }
        let mut next = self.used.try_recv().unwrap_or_default();
        next.clear();
        let events = std::mem::replace(events, next);
        let begins = std::mem::take(begins);
        self.to.send(Chunk { events, symbols: symbols.clone(), begins, share }).is_ok()
    }
}

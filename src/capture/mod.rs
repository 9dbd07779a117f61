//! The execution trace of a running program, fetched from its `net/http/pprof`.
//!
//! Comes in: an [`Address`], which says where and for how long. Goes out: the trace as it comes, to any writer; how far it
//! is; and why there is no trace, or not all of it.
//!
//! Does *not* know: terminals, files, signals. Nothing else in gtq uses the network.

mod address;
mod client;
mod error;

use std::fmt;
use std::io::{Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

pub use address::Address;
pub use error::Error;

use crate::trace::Reader;

/// How far a capture is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// How long it has been going on.
    pub time: Duration,
    pub bytes: u64,
}

/// A trace that came.
#[derive(Debug)]
pub struct Captured {
    pub bytes: u64,
    /// Why it is not whole.
    pub cut: Option<Cut>,
}

/// Why a trace ends before its time.
#[derive(Debug)]
pub enum Cut {
    /// It was to be so.
    Stopped,
    /// The server or the way to it failed.
    Broken(Error),
}

/// Between two looks at the clock.
const TICK: Duration = Duration::from_millis(100);
/// How long a server may be silent when the trace is over.
const GRACE: Duration = Duration::from_secs(15);
/// Pieces of a trace that wait to be written.
const WAITING: usize = 16;

/// Fetches a trace and writes it to `out`, until it is over or `stop` is set; tells `progress` ten times a second or more.
///
/// # Errors
/// When no trace comes, or it can't be written.
pub fn capture(
    address: &Address,
    out: &mut dyn Write,
    stop: &AtomicBool,
    progress: &mut dyn FnMut(Progress),
) -> Result<Captured, Error> {
    let begun = Instant::now();
    // Nothing can wake a thread that waits for the network; so it is one of its own, and left alone when it is not wanted.
    let (to, from) = sync_channel(WAITING);
    let fetched = address.clone();
    thread::spawn(move || {
        if let Err(error) = client::fetch(&fetched, &mut |piece| to.send(Ok(piece)).is_ok()) {
            // Nobody listens any more: nobody cares.
            let _ = to.send(Err(error));
        }
    });
    let mut bytes = 0;
    let mut heard = begun;
    let cut = loop {
        progress(Progress { time: begun.elapsed(), bytes });
        if stop.load(Ordering::Relaxed) {
            break Some(Cut::Stopped);
        }
        let error = match from.recv_timeout(TICK) {
            Ok(Ok(piece)) => {
                heard = Instant::now();
                bytes += piece.len() as u64;
                out.write_all(&piece).map_err(Error::Write)?;
                continue;
            }
            Ok(Err(error)) => error,
            Err(RecvTimeoutError::Disconnected) => break None,
            Err(RecvTimeoutError::Timeout) if heard.max(begun + address.duration()).elapsed() < GRACE => {
                continue;
            }
            Err(RecvTimeoutError::Timeout) => Error::Silent { url: address.url().to_owned(), time: GRACE },
        };
        if bytes == 0 {
            return Err(error);
        }
        break Some(Cut::Broken(error));
    };
    out.flush().map_err(Error::Write)?;
    Ok(Captured { bytes, cut })
}

/// Whether queries can be asked of a trace that was cut.
pub fn is_usable(trace: impl Read + Send + 'static) -> bool {
    Reader::new(trace).is_ok()
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stopped => f.write_str("the capture was stopped"),
            Self::Broken(error) => write!(f, "the capture broke off: {error}"),
        }
    }
}

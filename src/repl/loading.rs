//! How far the reading in the background is: at the end of the line above the first prompt.

use std::io::{self, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::engine::Progress;
use crate::output::human;

/// What takes less is over before anybody wonders.
const DELAY: Duration = Duration::from_millis(400);

/// Between two states of the line.
const PAUSE: Duration = Duration::from_millis(100);

/// Characters of the bar.
const WIDTH: u64 = 20;

/// Shows how far a pass is behind a line that is already above the cursor, as long as that is so.
#[derive(Debug)]
pub(super) struct Loading {
    line: String,
    /// Columns of the terminal; 0 if it can't go back to a line.
    columns: usize,
    /// Whether something has been typed or written since.
    moved: Arc<AtomicBool>,
    shown: Mutex<Shown>,
}

#[derive(Debug)]
struct Shown {
    since: Instant,
    last: Option<Instant>,
    bytes: u64,
}

impl Loading {
    pub(super) fn new(line: String, columns: usize, moved: Arc<AtomicBool>) -> Self {
        let shown = Shown { since: Instant::now(), last: None, bytes: 0 };
        Self { line, columns, moved, shown: Mutex::new(shown) }
    }

    fn write(&self, shown: &mut Shown, state: &str) {
        let room = self.columns.saturating_sub(self.line.chars().count() + 3);
        if self.moved.load(Ordering::Relaxed) || state.chars().count() > room {
            return;
        }
        let text = format!("\u{1b}7\u{1b}[1A\r\u{1b}[2m{}  {state}\u{1b}[0m\u{1b}[K\u{1b}8", self.line);
        let mut out = io::stdout().lock();
        // Where it can't be written there is only less to see.
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        shown.last = Some(Instant::now());
    }
}

impl Progress for Loading {
    fn read(&self, bytes: u64, of: Option<u64>) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.bytes = bytes;
        let early = shown.since.elapsed() < DELAY || shown.last.is_some_and(|last| last.elapsed() < PAUSE);
        let Some(of) = of.filter(|of| *of > 0 && !early) else { return };
        let part = |whole: u64| usize::try_from(bytes.min(of).saturating_mul(whole) / of).unwrap_or_default();
        let filled = part(WIDTH);
        let rest = usize::try_from(WIDTH).unwrap_or_default().saturating_sub(filled);
        let bar = ["█".repeat(filled), "░".repeat(rest)].concat();
        self.write(&mut shown, &format!("reading {bar} {}%", part(100)));
    }

    fn finish(&self) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.last.is_some() {
            let bytes = human::bytes(i64::try_from(shown.bytes).unwrap_or(i64::MAX));
            let time = human::duration(i64::try_from(shown.since.elapsed().as_nanos()).unwrap_or(i64::MAX));
            self.write(&mut shown, &format!("read {bytes} in {time}"));
        }
    }
}

//! Progress bars, for long passes and for captures.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::terminal::Terminal;
use crate::capture;
use crate::engine::Progress;
use crate::output::human;

/// Loads that take less are over before a bar would help.
const DELAY: Duration = Duration::from_secs(1);

/// Shows a bar on standard error, if it is a terminal and the pass takes over a second.
#[derive(Debug, Default)]
struct Bar(Mutex<Shown>);

#[derive(Debug, Default)]
struct Shown {
    /// When the pass began to read.
    since: Option<Instant>,
    bar: Option<ProgressBar>,
}

/// Shows nothing.
#[derive(Debug)]
struct Silent;

pub(super) fn progress(terminal: &Terminal) -> Arc<dyn Progress> {
    if terminal.shows_progress { Arc::new(Bar::default()) } else { Arc::new(Silent) }
}

impl Progress for Bar {
    fn read(&self, bytes: u64, of: Option<u64>) {
        let mut shown = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.since.get_or_insert_with(Instant::now).elapsed() >= DELAY {
            shown.bar.get_or_insert_with(|| new_bar(of)).set_position(bytes);
        }
    }

    fn finish(&self) {
        let shown = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(bar) = shown.bar {
            bar.finish_and_clear();
        }
    }
}

fn new_bar(of: Option<u64>) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(of, ProgressDrawTarget::stderr());
    let template = match of {
        Some(_) => "reading the trace {bar:30} {percent}% of {total_bytes}, {eta} left",
        None => "reading the trace {spinner} {bytes}",
    };
    bar.with_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// How far a capture is. Shows nothing where standard error is no terminal.
pub(super) struct CaptureBar {
    bar: ProgressBar,
    of: Duration,
}

impl CaptureBar {
    pub(super) fn new(of: Duration, terminal: &Terminal) -> Self {
        let target =
            if terminal.shows_progress { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(millis(of)), target);
        let style = ProgressStyle::with_template("capturing {bar:30} {msg}");
        Self { bar: bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())), of }
    }

    pub(super) fn set(&self, progress: capture::Progress) {
        let (time, of) = (progress.time.min(self.of).as_secs_f64(), self.of.as_secs_f64());
        self.bar.set_message(format!("{time:.1}s of {of}s, {}", human::bytes(progress.bytes.cast_signed())));
        self.bar.set_position(millis(progress.time.min(self.of)));
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl Progress for Silent {
    fn read(&self, _: u64, _: Option<u64>) {}

    fn finish(&self) {}
}

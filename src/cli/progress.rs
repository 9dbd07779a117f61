//! A progress bar for long passes.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::terminal::Terminal;
use crate::engine::Progress;

/// Loads that take less are over before a bar would help.
const DELAY: Duration = Duration::from_secs(1);

/// Shows a bar on standard error, if it is a terminal and the pass takes over a second.
#[derive(Debug)]
struct Bar {
    since: Instant,
    bar: Mutex<Option<ProgressBar>>,
}

/// Shows nothing.
#[derive(Debug)]
struct Silent;

pub(super) fn progress(terminal: &Terminal) -> Arc<dyn Progress> {
    if terminal.shows_progress {
        Arc::new(Bar { since: Instant::now(), bar: Mutex::new(None) })
    } else {
        Arc::new(Silent)
    }
}

impl Progress for Bar {
    fn read(&self, bytes: u64, of: Option<u64>) {
        if self.since.elapsed() < DELAY {
            return;
        }
        let mut bar = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        bar.get_or_insert_with(|| new_bar(of)).set_position(bytes);
    }

    fn finish(&self) {
        if let Some(bar) = self.bar.lock().unwrap_or_else(PoisonError::into_inner).take() {
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

impl Progress for Silent {
    fn read(&self, _: u64, _: Option<u64>) {}

    fn finish(&self) {}
}

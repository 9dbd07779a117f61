//! Shows what is taller than the screen through a pager.

use std::io::{self, Write};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

/// What shows long results, unless $PAGER says otherwise: it ends by itself where one screen is enough.
const PAGER: &str = "less -RFX";

/// Of a shell: the command can't be run, or there is none.
const NOT_RUN: [i32; 2] = [126, 127];

/// Holds what is written until it is taller than the screen; then a pager gets it.
///
/// `paging` says whether one is running: the screen and Ctrl-C are its own then.
pub(super) struct Paged<'w> {
    paging: &'w AtomicBool,
    out: &'w mut (dyn Write + Send),
    height: usize,
    held: Vec<u8>,
    /// Lines of what is held.
    lines: usize,
    pager: Option<Child>,
}

impl<'w> Paged<'w> {
    pub(super) fn new(out: &'w mut (dyn Write + Send), height: usize, paging: &'w AtomicBool) -> Self {
        Self { paging, out, height, held: Vec::new(), lines: 0, pager: None }
    }

    /// All has been written; waits until it has been seen. Gives false where the pager could not be run, and what began the
    /// result is on the screen instead.
    pub(super) fn finish(mut self) -> io::Result<bool> {
        let Some(mut pager) = self.pager.take() else {
            self.out.write_all(&self.held)?;
            return Ok(true);
        };
        drop(pager.stdin.take());
        let ended = pager.wait();
        self.paging.store(false, Ordering::Relaxed);
        let missing = ended?.code().is_some_and(|code| NOT_RUN.contains(&code));
        if missing {
            self.out.write_all(&self.held)?;
        }
        Ok(!missing)
    }

    /// Whoever left the pager wants no more: that is no failure.
    fn pass(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self.pager.as_mut().and_then(|pager| pager.stdin.as_mut()) {
            Some(stdin) => stdin.write_all(bytes),
            None => self.out.write_all(bytes),
        }
    }
}

impl Write for Paged<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.pager.is_none() && self.height < usize::MAX {
            self.held.extend_from_slice(bytes);
            self.lines += bytes.split(|byte| *byte == b'\n').count() - 1;
            if self.lines + 1 < self.height {
                return Ok(bytes.len());
            }
            self.pager = start();
            self.paging.store(self.pager.is_some(), Ordering::Relaxed);
            // Without a pager, all goes to the screen.
            if self.pager.is_none() {
                self.height = usize::MAX;
            }
            let held = std::mem::take(&mut self.held);
            let passed = self.pass(&held);
            if self.pager.is_some() {
                self.held = held;
            }
            passed?;
        } else {
            self.pass(bytes)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn start() -> Option<Child> {
    let command = std::env::var("PAGER").ok().filter(|command| !command.trim().is_empty());
    let command = command.unwrap_or_else(|| PAGER.to_owned());
    Command::new("sh").arg("-c").arg(command).stdin(Stdio::piped()).spawn().ok()
}

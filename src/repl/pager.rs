//! Shows what is taller than the screen through a pager.

use std::io::{self, Write};
use std::process::{Child, Command, Stdio};

/// What shows long results, unless $PAGER says otherwise: it ends by itself where one screen is enough.
const PAGER: &str = "less -RFX";

/// Holds what is written until it is taller than the screen; then a pager gets it.
pub(super) struct Paged<'w> {
    out: &'w mut (dyn Write + Send),
    height: usize,
    held: Vec<u8>,
    /// Lines of what is held.
    lines: usize,
    pager: Option<Child>,
}

impl<'w> Paged<'w> {
    pub(super) fn new(out: &'w mut (dyn Write + Send), height: usize) -> Self {
        Self { out, height, held: Vec::new(), lines: 0, pager: None }
    }

    /// All has been written; waits until it has been seen.
    pub(super) fn finish(mut self) -> io::Result<()> {
        match self.pager.take() {
            None => self.out.write_all(&self.held),
            Some(mut pager) => {
                drop(pager.stdin.take());
                pager.wait().map(drop)
            }
        }
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
            // Without a pager, all goes to the screen.
            if self.pager.is_none() {
                self.height = usize::MAX;
            }
            let held = std::mem::take(&mut self.held);
            self.pass(&held)?;
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

//! Format v2: Go 1.22 and later.
//!
//! A trace is a sequence of generations. Each has batches of events by thread, and its own strings, stacks, CPU samples and
//! clock; it begins with the state of every goroutine and proc, so that it stands nearly on its own. `generation` reads
//! one into memory, `frontier` merges its threads by time, `reader` goes from one to the next.

mod frontier;
mod generation;
mod reader;
pub(super) mod spec;

pub(super) use frontier::{Frontier, Raw};
pub(super) use generation::Generation;
use generation::{RawGeneration, Reading, Sample, Spill, TimeSpan};
pub(super) use reader::Reader;

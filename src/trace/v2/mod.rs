//! Format v2: Go 1.22 and later.
//!
//! A trace is a sequence of generations. Each has batches of events by thread, and its own strings, stacks, CPU samples and
//! clock; it begins with the state of every goroutine and proc, so that it stands nearly on its own. `batches` finds the
//! batches in the bytes, `generations` those of a generation, `generation` decodes one, `frontier` merges its threads by time,
//! `merge` puts its events in order, `reader` goes from one to the next.

mod batches;
mod frontier;
mod generation;
mod generations;
mod merge;
mod reader;
pub(super) mod spec;

pub(super) use frontier::{Frontier, Raw};
pub(super) use generation::Generation;
use generation::{RawGeneration, Sample, TimeSpan};
pub(super) use reader::Reader;

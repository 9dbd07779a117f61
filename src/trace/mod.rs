//! Bytes → ordered events.
//!
//! A [`Reader`] takes a trace as the runtime wrote it and gives its [`Event`]s one at a time, in the order, at the times and
//! in the context (goroutine, proc, thread) in which Go's own reader gives them. It holds one generation at a time; a trace of
//! Go 1.21 or before is one as a whole. Strings and stacks stay in the generation's [`Symbols`]; an event only names them by id.
//!
//! Of a damaged trace, what is whole is used ([`Reader::losses`] tells the rest).
//!
//! Does *not* know: Arrow, tables, plans, queries, files. It reads any [`std::io::Read`].
//!
//! ```
//! use gtq::trace::{Happening, Reader};
//!
//! let file = std::fs::File::open("examples/sum/trace.dat")?;
//! let mut reader = Reader::new(file)?;
//! let mut regions = Vec::new();
//! while let Some(event) = reader.next_event()? {
//!     if let Happening::RegionBegin { name, .. } = event.what {
//!         regions.push(reader.symbols().text(name).into_owned());
//!     }
//! }
//! assert_eq!(regions.len(), 10);
//! assert_eq!(regions[0], "region_09");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod alloc_free;
mod error;
mod event;
mod heap;
mod order;
mod reader;
mod sort;
mod symbols;
mod v1;
mod v2;
mod wire;

pub use alloc_free::{HeapType, MemoryLayout, SpanClass, goroutine_stack_size};
pub use error::{Error, ErrorKind};
pub use event::{
    Event, Experimental, GoroutineId, GoroutineState, Happening, Metric, ProcId, ProcState, Range, RangeKind,
    Scope, StackId, StringId, TaskId, ThreadId, Time,
};
pub(crate) use heap::Heap;
pub use reader::{Clock, GenerationInfo, Loss, Reader, Version, is_trace};
pub use symbols::{Frame, Symbols};

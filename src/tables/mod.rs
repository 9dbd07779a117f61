//! Events → Arrow columns: a builder per table, the pass that feeds them, and the one `TableProvider` over them.
//!
//! What comes in: the ordered events of a trace and, per table, the columns that a query wants. What goes out: Arrow
//! batches whose columns are those of the catalog. Times become relative to the trace's first event here.
//!
//! A builder that gives rows as it goes is a `RowBuilder`; one that must see the whole trace is a `WholeBuilder`.
//!
//! Does *not* know: queries, plans, files, output.

mod builder;
mod chunks;
mod columns;
mod events;
mod gcs;
mod goroutine_states;
mod instants;
mod intern;
mod intervals;
mod lists;
mod memory;
mod needs;
mod order;
mod pass;
mod procs;
mod provider;
mod ranges;
mod scan;
mod schema;
mod stack_tables;
mod stacks;
mod stats;
mod subtasks;
mod summary;
mod threads;
mod timeline;
mod trace_tables;
mod utilization;
mod wakeups;
mod window;

pub use needs::{Needs, Want};
pub use order::relax;
pub use pass::{FileInfo, Outcome, Pass, Sink};
pub use provider::{RowSource, TraceTable};
pub use scan::{Feed, Scan, ScanMetrics, scans};
pub use schema::{arrow_type, field_metadata, schema};
pub use stacks::{FrameRef, Stacks, StacksView};
pub use window::Window;

//! Operators over intervals that DataFusion does not have: overlap joins, sweeps, buckets.
//!
//! Each is a node of logical plans (`…_node`), which says what it needs of its inputs and what may be moved through it,
//! and an operator that runs (`…_exec`), which says how its inputs must be ordered and partitioned. `planner` leads from
//! the one to the other. Rows come in the order of their starts and are looked at once; what is held is what is open.

mod bucket_exec;
mod bucket_node;
mod empty;
mod keys;
mod overlap_exec;
mod overlap_node;
mod overlap_state;
mod planner;
mod properties;
mod pushdown;
mod sweep_exec;
mod sweep_node;
mod sweep_state;

pub(super) use bucket_node::BucketNode;
pub use empty::LeaveOutEmpty;
pub(super) use overlap_node::{On, OverlapNode};
pub use planner::IntervalPlanner;
pub use pushdown::PushIntoOverlap;
pub(super) use sweep_node::SweepNode;

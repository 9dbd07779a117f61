//! Functions that DataFusion lacks: of stacks, of Go names, exact percentiles, histograms, drawings in a cell.

mod collect;
mod drawings;
mod nullable;
mod numbers;
mod regex;
mod stacks;

use std::sync::Arc;

use datafusion::common::DataFusionError;
use datafusion::logical_expr::{AggregateUDF, Expr, ScalarUDF};

use crate::tables::Stacks;
pub(super) use collect::Buckets;
use collect::Collect;
pub(super) use numbers::CheckedOp;
use regex::RegexFunction;
use stacks::{StackFunction, StackOp};

pub(super) fn stack_text(stacks: &Arc<Stacks>, name: &str, stack: Expr) -> Expr {
    let op = match name {
        "leaf" => StackOp::Leaf,
        "root" => StackOp::Root,
        _ => StackOp::Fold,
    };
    of_stacks(stacks, op, vec![stack])
}

pub(super) fn stack_depth(stacks: &Arc<Stacks>, stack: Expr) -> Expr {
    of_stacks(stacks, StackOp::Depth, vec![stack])
}

pub(super) fn stack_frames(stacks: &Arc<Stacks>, stack: Expr) -> Expr {
    of_stacks(stacks, StackOp::Frames, vec![stack])
}

pub(super) fn stack_funcs(stacks: &Arc<Stacks>, stack: Expr) -> Expr {
    of_stacks(stacks, StackOp::Funcs, vec![stack])
}

pub(super) fn stack_locations(stacks: &Arc<Stacks>, stack: Expr) -> Expr {
    of_stacks(stacks, StackOp::Locations, vec![stack])
}

/// Whether a frame's function is this.
pub(super) fn stack_has(stacks: &Arc<Stacks>, stack: Expr, function: Expr) -> Expr {
    of_stacks(stacks, StackOp::Has, vec![stack, function])
}

/// Whether a frame's function matches the regular expression.
pub(super) fn stack_matches(stacks: &Arc<Stacks>, stack: Expr, pattern: Expr) -> Expr {
    of_stacks(stacks, StackOp::Matches, vec![stack, pattern])
}

fn of_stacks(stacks: &Arc<Stacks>, op: StackOp, args: Vec<Expr>) -> Expr {
    ScalarUDF::from(StackFunction::new(op, stacks.clone())).call(args)
}

/// Whether a regular expression matches.
pub(super) fn matches(text: Expr, pattern: Expr) -> Expr {
    ScalarUDF::from(RegexFunction::matches()).call(vec![text, pattern])
}

/// The first match, or a group of it.
pub(super) fn regexp_extract(args: Vec<Expr>) -> Expr {
    ScalarUDF::from(RegexFunction::extract()).call(args)
}

/// Every match replaced.
pub(super) fn regexp_replace(args: Vec<Expr>) -> Expr {
    ScalarUDF::from(RegexFunction::replace()).call(args)
}

/// `x` rounded down to a multiple of the width.
pub(super) fn bin(x: Expr, width: Expr) -> Expr {
    ScalarUDF::from(numbers::Bin::default()).call(vec![x, width])
}

/// Integer arithmetic that fails where its result needs more than 64 bits.
pub(super) fn checked(op: CheckedOp, left: Expr, right: Expr) -> Expr {
    ScalarUDF::from(numbers::Checked::new(op)).call(vec![left, right])
}

/// The value, said to be nullable.
pub(super) fn nullable(value: Expr) -> Expr {
    ScalarUDF::from(nullable::Nullable::default()).call(vec![value])
}

/// A value that a query can't be computed for, told in its user's words.
pub(super) fn failure(message: &str) -> DataFusionError {
    DataFusionError::External(message.into())
}

/// The package of a function.
pub(super) fn package(function: Expr) -> Expr {
    ScalarUDF::from(stacks::Package::default()).call(vec![function])
}

/// A bar, `value` of `of` of the width long.
pub(super) fn bar(value: Expr, of: Expr, width: Expr) -> Expr {
    ScalarUDF::from(drawings::Bar::default()).call(vec![value, of, width])
}

/// The items of a list as columns of a line of text.
pub(super) fn sparkline(list: Expr) -> Expr {
    ScalarUDF::from(drawings::Sparkline::default()).call(vec![list])
}

/// The items of a list as text.
pub(super) fn list_join(list: Expr, separator: Expr) -> Expr {
    datafusion::functions_nested::expr_fn::array_to_string(list, separator)
}

/// The smallest value that the fraction `q` of all values does not exceed.
pub(super) fn percentile(q: f64) -> Arc<AggregateUDF> {
    Arc::new(AggregateUDF::from(Collect::percentile(q)))
}

/// The `n` greatest values.
pub(super) fn top(n: usize) -> Arc<AggregateUDF> {
    Arc::new(AggregateUDF::from(Collect::top(n)))
}

/// Counts by bucket.
pub(super) fn histogram(buckets: Buckets) -> Arc<AggregateUDF> {
    Arc::new(AggregateUDF::from(Collect::histogram(buckets)))
}

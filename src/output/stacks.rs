//! Stacks of a result, and what they weigh: what profiles and flame graphs are made of.

use arrow::array::Array;
use arrow::datatypes::Schema;

use super::types::Type;
use super::{Options, cell};

/// The column of stacks: the one that a flame graph is asked for, the one called `stack`, or the first.
pub(super) fn stack_column(schema: &Schema, options: &Options) -> Option<usize> {
    let is_stack = |column: &usize| Type::of(schema.field(*column)) == Type::Stack;
    let asked = flamegraph_part(options, "stack");
    let named = schema.index_of("stack").ok();
    asked.or(named).filter(is_stack).or_else(|| (0..schema.fields().len()).find(is_stack))
}

/// The column of weights: the one that a flame graph is asked for, the one called `time`, `weight` or `count`, or the
/// first that adds up. None: rows are counted.
pub(super) fn weight_column(schema: &Schema, options: &Options) -> Option<usize> {
    let adds_up = |column: &usize| {
        matches!(Type::of(schema.field(*column)), Type::Int | Type::Float | Type::Duration | Type::Bytes)
    };
    let named = ["time", "weight", "count"].into_iter().filter_map(|name| schema.index_of(name).ok());
    let asked = flamegraph_part(options, "weight");
    asked.into_iter().chain(named).chain(0..schema.fields().len()).find(adds_up)
}

/// The column that is a part of the flame graph that is asked for.
pub(super) fn flamegraph_part(options: &Options, part: &str) -> Option<usize> {
    options.render.as_ref().filter(|render| render.picture == "flamegraph")?.part(part)
}

/// The frames of a stack, leaf first, as they are; None for null.
pub(super) fn frames(array: &dyn Array, row: usize) -> Option<Vec<String>> {
    let frames = cell::list(array, row)?;
    let text = |index| cell::string(&frames, index).unwrap_or_default().to_owned();
    Some((0..frames.len()).map(text).collect())
}

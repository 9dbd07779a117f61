//! Sweeps over intervals in logical plans: merge, gaps, depth.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field};
use datafusion::common::{Column, DFSchema, DFSchemaRef, ExprSchema, Result, plan_datafusion_err, plan_err};
use datafusion::logical_expr::{Expr, LogicalPlan, UserDefinedLogicalNodeCore};

use crate::sema::typed::SweepKind;

/// What a sweep gives, per key: the keys, start, end, and but for gaps a number.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::plan) struct SweepNode {
    kind: SweepKind,
    /// The intervals; for gaps also a plan of one row with the trace's end.
    inputs: Vec<LogicalPlan>,
    /// Start, end, and the keys.
    exprs: Vec<Expr>,
    /// The names of start, end and number.
    names: Vec<String>,
    schema: DFSchemaRef,
}

impl SweepNode {
    pub(in crate::plan) fn new(
        kind: SweepKind,
        inputs: Vec<LogicalPlan>,
        exprs: Vec<Expr>,
        names: Vec<String>,
    ) -> Result<Self> {
        let Some(input) = inputs.first() else { return plan_err!("a sweep has an input") };
        let mut fields = Vec::new();
        for key in exprs.iter().skip(2) {
            let key: &Column =
                key.try_as_col().ok_or_else(|| plan_datafusion_err!("a sweep's key is a column"))?;
            fields.push((key.relation.clone(), input.schema().field_from_column(key)?.clone()));
        }
        fields.extend(names.iter().map(|name| (None, Arc::new(Field::new(name, DataType::Int64, true)))));
        let schema = DFSchema::new_with_metadata(fields, input.schema().as_arrow().metadata().clone())?;
        Ok(Self { kind, inputs, exprs, names, schema: Arc::new(schema) })
    }

    pub(super) fn kind(&self) -> SweepKind {
        self.kind
    }

    /// Start, end, and the keys.
    pub(super) fn exprs(&self) -> &[Expr] {
        &self.exprs
    }
}

impl PartialOrd for SweepNode {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        (self == other).then_some(Ordering::Equal)
    }
}

impl UserDefinedLogicalNodeCore for SweepNode {
    fn name(&self) -> &'static str {
        "Sweep"
    }

    fn inputs(&self) -> Vec<&LogicalPlan> {
        self.inputs.iter().collect()
    }

    fn schema(&self) -> &DFSchemaRef {
        &self.schema
    }

    fn expressions(&self) -> Vec<Expr> {
        self.exprs.clone()
    }

    /// A condition on the keys leaves out whole keys, and may be asked before. With a second input it may not: it would
    /// be asked of that too.
    fn prevent_predicate_push_down_columns(&self) -> HashSet<String> {
        if self.inputs.len() > 1 {
            return self.schema.fields().iter().map(|field| field.name().clone()).collect();
        }
        self.names.iter().cloned().collect()
    }

    fn fmt_for_explain(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [start, end, keys @ ..] = self.exprs.as_slice() else { return Err(fmt::Error) };
        let keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
        write!(f, "Sweep: {}, by=[{}], start={start}, end={end}", self.kind.word(), keys.join(", "))
    }

    fn with_exprs_and_inputs(&self, exprs: Vec<Expr>, inputs: Vec<LogicalPlan>) -> Result<Self> {
        Self::new(self.kind, inputs, exprs, self.names.clone())
    }

    /// What its expressions read is added to this.
    fn necessary_children_exprs(&self, _: &[usize]) -> Option<Vec<Vec<usize>>> {
        Some(self.inputs.iter().enumerate().map(|(n, _)| if n == 0 { Vec::new() } else { vec![0] }).collect())
    }
}

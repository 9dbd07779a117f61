//! Rows cut at the multiples of a width, in logical plans.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field};
use datafusion::common::{DFSchema, DFSchemaRef, Result, plan_err};
use datafusion::logical_expr::{Expr, LogicalPlan, UserDefinedLogicalNodeCore};

/// The input's rows in pieces; adds a piece's start, its end, and the multiple before it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::plan) struct BucketNode {
    input: Arc<LogicalPlan>,
    /// Start, end, width.
    exprs: [Expr; 3],
    /// The names of the columns that it adds.
    names: [String; 3],
    schema: DFSchemaRef,
}

impl BucketNode {
    pub(in crate::plan) fn new(input: LogicalPlan, exprs: [Expr; 3], names: [String; 3]) -> Result<Self> {
        let added = names.iter().map(|name| (None, Arc::new(Field::new(name, DataType::Int64, true))));
        let fields = input.schema().iter().map(|(table, field)| (table.cloned(), field.clone())).chain(added);
        let schema = DFSchema::new_with_metadata(fields.collect(), input.schema().metadata().clone())?;
        Ok(Self { input: Arc::new(input), exprs, names, schema: Arc::new(schema) })
    }

    /// Start, end, width.
    pub(super) fn exprs(&self) -> &[Expr; 3] {
        &self.exprs
    }
}

impl PartialOrd for BucketNode {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        (self == other).then_some(Ordering::Equal)
    }
}

impl UserDefinedLogicalNodeCore for BucketNode {
    fn name(&self) -> &'static str {
        "Bucket"
    }

    fn inputs(&self) -> Vec<&LogicalPlan> {
        vec![&self.input]
    }

    fn schema(&self) -> &DFSchemaRef {
        &self.schema
    }

    fn expressions(&self) -> Vec<Expr> {
        self.exprs.to_vec()
    }

    /// What holds for a row holds for each of its pieces, but for what the cut changes.
    fn prevent_predicate_push_down_columns(&self) -> HashSet<String> {
        self.names.iter().cloned().collect()
    }

    fn fmt_for_explain(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [start, end, width] = &self.exprs;
        write!(f, "Bucket: width={width}, start={start}, end={end}")
    }

    fn with_exprs_and_inputs(&self, exprs: Vec<Expr>, mut inputs: Vec<LogicalPlan>) -> Result<Self> {
        match (<[Expr; 3]>::try_from(exprs), inputs.pop()) {
            (Ok(exprs), Some(input)) => Self::new(input, exprs, self.names.clone()),
            _ => plan_err!("a bucket has one input and three expressions"),
        }
    }

    fn necessary_children_exprs(&self, output: &[usize]) -> Option<Vec<Vec<usize>>> {
        let width = self.input.schema().fields().len();
        Some(vec![output.iter().copied().filter(|&column| column < width).collect()])
    }
}

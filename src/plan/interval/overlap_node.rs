//! Joins of rows that intersect in time, in logical plans.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field};
use datafusion::common::{DFSchema, DFSchemaRef, Result, plan_err};
use datafusion::logical_expr::{Expr, LogicalPlan, UserDefinedLogicalNodeCore};

/// Pairs of rows whose intervals overlap for a positive time: the columns of both, and where the overlap begins and ends.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::plan) struct OverlapNode {
    left: Arc<LogicalPlan>,
    right: Arc<LogicalPlan>,
    on: On,
    /// The names of the overlap's start and end.
    names: [String; 2],
    schema: DFSchemaRef,
}

/// Which pairs there are.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::plan) struct On {
    /// Whether rows of the left side without a partner stay.
    pub(in crate::plan) outer: bool,
    /// Start and end of the left side, then of the right.
    pub(in crate::plan) bounds: [Expr; 4],
    /// What must be equal, the left side's first.
    pub(in crate::plan) keys: Vec<(Expr, Expr)>,
    /// Over the columns of both.
    pub(in crate::plan) filter: Option<Expr>,
}

impl OverlapNode {
    pub(in crate::plan) fn new(
        left: LogicalPlan,
        right: LogicalPlan,
        on: On,
        names: [String; 2],
    ) -> Result<Self> {
        let own = left.schema().iter().map(|(table, field)| (table.cloned(), field.clone()));
        let others = right.schema().iter().map(|(table, field)| {
            let field =
                if on.outer { Arc::new(field.as_ref().clone().with_nullable(true)) } else { field.clone() };
            (table.cloned(), field)
        });
        let added = names.iter().map(|name| (None, Arc::new(Field::new(name, DataType::Int64, true))));
        let fields = own.chain(others).chain(added).collect();
        let schema = DFSchema::new_with_metadata(fields, left.schema().metadata().clone())?;
        Ok(Self { left: Arc::new(left), right: Arc::new(right), on, names, schema: Arc::new(schema) })
    }

    pub(super) fn on(&self) -> &On {
        &self.on
    }

    pub(super) fn names(&self) -> &[String; 2] {
        &self.names
    }

    pub(super) fn sides(&self) -> (&LogicalPlan, &LogicalPlan) {
        (&self.left, &self.right)
    }
}

impl PartialOrd for OverlapNode {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        (self == other).then_some(Ordering::Equal)
    }
}

impl UserDefinedLogicalNodeCore for OverlapNode {
    fn name(&self) -> &'static str {
        "OverlapJoin"
    }

    fn inputs(&self) -> Vec<&LogicalPlan> {
        vec![&self.left, &self.right]
    }

    fn schema(&self) -> &DFSchemaRef {
        &self.schema
    }

    fn expressions(&self) -> Vec<Expr> {
        let keys = self.on.keys.iter().flat_map(|(left, right)| [left, right]);
        self.on.bounds.iter().chain(keys).chain(&self.on.filter).cloned().collect()
    }

    fn fmt_for_explain(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.on.outer { "left" } else { "inner" };
        let keys: Vec<String> =
            self.on.keys.iter().map(|(left, right)| format!("{left} = {right}")).collect();
        write!(f, "OverlapJoin: {kind}, on=[{}]", keys.join(", "))?;
        match &self.on.filter {
            Some(filter) => write!(f, ", filter={filter}"),
            None => Ok(()),
        }
    }

    fn with_exprs_and_inputs(&self, exprs: Vec<Expr>, inputs: Vec<LogicalPlan>) -> Result<Self> {
        let mut exprs = exprs.into_iter();
        let bounds: Vec<Expr> = exprs.by_ref().take(4).collect();
        let mut keys = Vec::with_capacity(self.on.keys.len());
        for _ in &self.on.keys {
            if let (Some(left), Some(right)) = (exprs.next(), exprs.next()) {
                keys.push((left, right));
            }
        }
        match (<[Expr; 4]>::try_from(bounds), <[LogicalPlan; 2]>::try_from(inputs)) {
            (Ok(bounds), Ok([left, right])) => {
                let on = On { outer: self.on.outer, bounds, keys, filter: exprs.next() };
                Self::new(left, right, on, self.names.clone())
            }
            _ => plan_err!("an overlap join has two inputs and four bounds"),
        }
    }

    /// What its expressions read is added to this.
    fn necessary_children_exprs(&self, output: &[usize]) -> Option<Vec<Vec<usize>>> {
        let left = self.left.schema().fields().len();
        let both = left + self.right.schema().fields().len();
        let own = output.iter().copied().filter(|&column| column < left).collect();
        let others =
            output.iter().filter(|&&column| (left..both).contains(&column)).map(|column| column - left);
        Some(vec![own, others.collect()])
    }
}

//! Relations over intervals: from the query's to our own nodes.

use std::sync::Arc;

use datafusion::common::{Column, Result, plan_datafusion_err};
use datafusion::logical_expr::{Expr, Extension, LogicalPlan, LogicalPlanBuilder, UserDefinedLogicalNode};

use super::Lowering;
use super::interval::{BucketNode, On, OverlapNode, SweepNode};
use crate::sema::typed::{self, Bounds, Rel, SweepKind};

impl Lowering<'_> {
    /// One of the relations that are ours.
    pub(super) fn interval_rel(&mut self, rel: &Rel) -> Result<LogicalPlan> {
        match rel {
            Rel::Bucket { input, bounds, width, start, end, bucket } => {
                let input = self.rel(input)?;
                let [from, to] = self.bounds(*bounds);
                let exprs = [from, to, self.expr(width)?];
                let names = [self.name(start), self.name(end), self.name(bucket)];
                Ok(extension(BucketNode::new(input, exprs, names)?))
            }
            Rel::Sweep { kind, input, bounds, keys, start, end, number } => {
                let mut inputs = vec![self.rel(input)?];
                if *kind == SweepKind::Gaps {
                    let trace = self.trace_plan("dur")?;
                    inputs.push(trace.ok_or_else(|| plan_datafusion_err!("there is no table of traces"))?);
                }
                let mut exprs = self.bounds(*bounds).to_vec();
                exprs.extend(keys.iter().map(|key| Expr::Column(self.column(key.id))));
                let columns = [start, end].into_iter().chain(number);
                let names = columns.map(|column| self.name(column)).collect();
                Ok(extension(SweepNode::new(*kind, inputs, exprs, names)?))
            }
            Rel::OverlapJoin { outer, left, left_bounds, right, right_bounds, on, filter, start, end } => {
                let (left, right) = (self.rel(left)?, self.rel(right)?);
                let (mut left, mut right) = (left, right);
                let mut keys = Vec::with_capacity(on.len());
                for (l, r) in on {
                    keys.push((self.key(l, &mut left)?, self.key(r, &mut right)?));
                }
                let filter = filter.as_ref().map(|filter| self.expr(filter)).transpose()?;
                let [a, b] = self.bounds(*left_bounds);
                let [c, d] = self.bounds(*right_bounds);
                let on = On { outer: *outer, bounds: [a, b, c, d], keys, filter };
                let names = [self.name(start), self.name(end)];
                Ok(extension(OverlapNode::new(left, right, on, names)?))
            }
            _ => Err(plan_datafusion_err!("this relation is none over intervals")),
        }
    }

    fn bounds(&self, bounds: Bounds) -> [Expr; 2] {
        [bounds.start, bounds.end].map(|id| Expr::Column(self.column(id)))
    }

    /// A key of a join as a column: one that is computed is added to its side.
    fn key(&mut self, expr: &typed::Expr, side: &mut LogicalPlan) -> Result<Expr> {
        let lowered = self.expr(expr)?;
        if let Expr::Column(_) = lowered {
            return Ok(lowered);
        }
        let mut n = 1;
        let name = loop {
            let name = format!("#key{n}");
            if self.names.insert(name.clone()) {
                break name;
            }
            n += 1;
        };
        let mut items: Vec<Expr> = side.schema().columns().into_iter().map(Expr::Column).collect();
        items.push(lowered.alias(&name));
        *side = LogicalPlanBuilder::from(side.clone()).project(items)?.build()?;
        Ok(Expr::Column(Column::new_unqualified(name)))
    }
}

fn extension(node: impl UserDefinedLogicalNode + 'static) -> LogicalPlan {
    LogicalPlan::Extension(Extension { node: Arc::new(node) })
}

//! Relations.

use datafusion::common::{Column, JoinType, Result, TableReference};
use datafusion::functions_window::expr_fn::row_number;
use datafusion::logical_expr::{Expr, ExprFunctionExt as _, LogicalPlan, LogicalPlanBuilder, SortExpr};

use super::Lowering;
use crate::sema::typed::{self, ColumnId, ExprKind, JoinKind, Rel, SetOp, SortKey};
use crate::tables::Window;

impl Lowering<'_> {
    pub(super) fn rel(&mut self, rel: &Rel) -> Result<LogicalPlan> {
        match rel {
            Rel::Scan { call, columns, clip } => {
                let clip = clip.map_or_else(Window::default, |(from, to)| Window { from, to });
                let table = call.table();
                let count = self.scans.entry(table.name).or_default();
                *count += 1;
                let count = *count;
                let source = (self.environment.table)(call.clone(), clip);
                let mut plan =
                    LogicalPlanBuilder::scan(TableReference::bare(call.to_string()), source, None)?;
                let mut alias = table.name.to_owned();
                if count > 1 {
                    alias = format!("{}_{count}", table.name);
                }
                if count > 1 || call.is_function() {
                    plan = plan.alias(&alias)?;
                }
                if call.is_function() {
                    // Names of functions' columns are not kept free: they count as computed.
                    let items = columns.iter().map(|(id, column)| {
                        let (name, ty) = (column.name.to_owned(), column.ty.clone());
                        let name = self.name(&typed::Column { id: *id, name, ty });
                        Expr::Column(Column::new(Some(alias.clone()), column.name)).alias(name)
                    });
                    let items: Vec<Expr> = items.collect();
                    return plan.project(items)?.build();
                }
                for (id, column) in columns {
                    self.columns.insert(*id, Column::new(Some(alias.clone()), column.name));
                }
                plan.build()
            }
            Rel::Values { columns, rows } => self.values(columns, rows),
            Rel::Filter { input, predicate } => {
                let plan = self.rel(input)?;
                let outside = std::mem::replace(&mut self.filters, true);
                let predicate = self.expr(predicate);
                self.filters = outside;
                LogicalPlanBuilder::from(plan).filter(predicate?)?.build()
            }
            Rel::Project { input, items } => {
                let plan = self.rel(input)?;
                let items =
                    items.iter().map(|(column, expr)| self.item(column, expr)).collect::<Result<Vec<_>>>()?;
                LogicalPlanBuilder::from(plan).project(items)?.build()
            }
            Rel::Aggregate { input, keys, aggregates } => self.aggregate(input, keys, aggregates),
            Rel::Window { input, calls } => self.window(input, calls),
            Rel::Sort { input, keys } => {
                let plan = self.rel(input)?;
                let keys = self.sort_keys(keys)?;
                LogicalPlanBuilder::from(plan).sort(keys)?.build()
            }
            Rel::Limit { input, skip, fetch } => {
                let plan = self.rel(input)?;
                let rows = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
                LogicalPlanBuilder::from(plan).limit(rows(*skip), fetch.map(rows))?.build()
            }
            Rel::OverlapJoin { .. } | Rel::Sweep { .. } | Rel::Bucket { .. } => self.interval_rel(rel),
            Rel::Distinct { input } => LogicalPlanBuilder::from(self.rel(input)?).distinct()?.build(),
            Rel::Join { kind, left, right, on, filter } => self.join(*kind, left, right, on, filter.as_ref()),
            Rel::Set { op, all, left, left_columns, right, right_columns, columns } => {
                let left = self.side(left, left_columns, columns)?;
                let right = self.side(right, right_columns, columns)?;
                for column in columns {
                    self.columns.insert(column.id, Column::new_unqualified(side_name(column)));
                }
                match (op, all) {
                    (SetOp::Union, true) => LogicalPlanBuilder::from(left).union(right)?.build(),
                    (SetOp::Union, false) => LogicalPlanBuilder::from(left).union_distinct(right)?.build(),
                    (SetOp::Intersect, false) => LogicalPlanBuilder::intersect(left, right, false),
                    (SetOp::Except, false) => LogicalPlanBuilder::except(left, right, false),
                    // Equal rows are told apart by numbers: DataFusion's own `all` does not count them.
                    (SetOp::Intersect, true) => {
                        let both = LogicalPlanBuilder::intersect(numbered(left)?, numbered(right)?, false)?;
                        without_numbers(both)
                    }
                    (SetOp::Except, true) => {
                        let rest = LogicalPlanBuilder::except(numbered(left)?, numbered(right)?, false)?;
                        without_numbers(rest)
                    }
                }
            }
        }
    }

    /// An item of a projection: computed under a name of its own, or passed on as it is.
    pub(super) fn item(&mut self, column: &typed::Column, expr: &typed::Expr) -> Result<Expr> {
        let lowered = self.expr(expr)?;
        // One that is passed on twice needs a name for each.
        if matches!(expr.kind, ExprKind::Column(id) if id == column.id) {
            return Ok(lowered);
        }
        let name = self.name(column);
        Ok(lowered.alias(name))
    }

    pub(super) fn sort_keys(&mut self, keys: &[SortKey]) -> Result<Vec<SortExpr>> {
        keys.iter().map(|key| Ok(self.expr(&key.expr)?.sort(!key.descending, key.nulls_first))).collect()
    }

    fn values(&mut self, columns: &[typed::Column], rows: &[Vec<typed::Expr>]) -> Result<LogicalPlan> {
        if columns.is_empty() || rows.is_empty() {
            return LogicalPlanBuilder::empty(!rows.is_empty()).build();
        }
        let lowered =
            rows.iter().map(|row| row.iter().map(|expr| self.expr(expr)).collect()).collect::<Result<_>>()?;
        let plan = LogicalPlanBuilder::values(lowered)?.build()?;
        let inner: Vec<Column> = plan.schema().columns();
        let items: Vec<Expr> = columns
            .iter()
            .zip(inner)
            .map(|(column, inner)| Expr::Column(inner).alias(self.name(column)))
            .collect();
        LogicalPlanBuilder::from(plan).project(items)?.build()
    }

    fn join(
        &mut self,
        kind: JoinKind,
        left: &Rel,
        right: &Rel,
        on: &[(typed::Expr, typed::Expr)],
        filter: Option<&typed::Expr>,
    ) -> Result<LogicalPlan> {
        let left = LogicalPlanBuilder::from(self.rel(left)?);
        let right = self.rel(right)?;
        let filter = filter.map(|expr| self.expr(expr)).transpose()?;
        let join_type = match kind {
            JoinKind::Inner | JoinKind::Cross => JoinType::Inner,
            JoinKind::Left => JoinType::Left,
            JoinKind::Right => JoinType::Right,
            JoinKind::Full => JoinType::Full,
            JoinKind::Semi => JoinType::LeftSemi,
            JoinKind::Anti => JoinType::LeftAnti,
        };
        if on.is_empty() {
            return match filter {
                None if join_type == JoinType::Inner => left.cross_join(right)?.build(),
                filter => left.join_on(right, join_type, filter)?.build(),
            };
        }
        let mut keys = (Vec::new(), Vec::new());
        for (l, r) in on {
            keys.0.push(self.expr(l)?);
            keys.1.push(self.expr(r)?);
        }
        left.join_with_expr_keys(right, join_type, keys, filter)?.build()
    }

    /// A side of a set operation, with the columns of the result.
    fn side(&mut self, rel: &Rel, from: &[ColumnId], to: &[typed::Column]) -> Result<LogicalPlan> {
        let plan = self.rel(rel)?;
        let items: Vec<Expr> = from
            .iter()
            .zip(to)
            .map(|(id, column)| Expr::Column(self.column(*id)).alias(side_name(column)))
            .collect();
        LogicalPlanBuilder::from(plan).project(items)?.build()
    }
}

/// Equal rows, numbered from 1.
const NUMBER: &str = "#number";

fn numbered(plan: LogicalPlan) -> Result<LogicalPlan> {
    let columns: Vec<Expr> = plan.schema().columns().into_iter().map(Expr::Column).collect();
    let number = row_number().partition_by(columns).build()?.alias(NUMBER);
    LogicalPlanBuilder::from(plan).window(vec![number])?.build()
}

fn without_numbers(plan: LogicalPlan) -> Result<LogicalPlan> {
    let columns = plan.schema().columns().into_iter().filter(|column| column.name() != NUMBER);
    let columns: Vec<Expr> = columns.map(Expr::Column).collect();
    LogicalPlanBuilder::from(plan).project(columns)?.build()
}

/// The name of a column of a set operation; both sides need the same.
fn side_name(column: &typed::Column) -> String {
    format!("{}#{}", column.name, column.id.0)
}

//! Window functions, and aggregates with `over`.

use super::codes;
use super::expr::{Checker, Clause, Within};
use super::relation::reference;
use super::tree::same_window;
use super::typed::{Bound, Expr, ExprKind, Frame, FrameUnit, SortKey, Value, WindowCall};
use super::types::{article, unknown};
use crate::catalog::{Function, FunctionKind, Ordering, Type};
use crate::diag::{Diagnostic, Span};
use crate::syntax::ast;

/// Window functions that say little of rows in no order.
const NEED_ORDER: &[&str] = &[
    "rank",
    "dense_rank",
    "percent_rank",
    "cume_dist",
    "ntile",
    "lag",
    "lead",
    "first_value",
    "last_value",
    "nth_value",
];

impl<'a> Checker<'_, 'a> {
    pub(super) fn window(
        &mut self,
        function: &'static Function,
        fraction: Option<f64>,
        call: &'a ast::Call,
        window: &'a ast::Window,
        span: Span,
    ) -> Expr {
        let name = call.name.text.as_str();
        if self.within != Within::Nothing {
            let around = if self.within == Within::Window { "a window function" } else { "an aggregate" };
            let message = format!("a window function can't be inside {around}");
            self.report(
                Diagnostic::error(codes::MISPLACED_WINDOW, span, message)
                    .hint("compute it in an earlier stage: `|> extend … as x |> …`"),
            );
            return unknown(span);
        }
        if !self.clause.has_windows() {
            self.misplaced_window(name, span);
            return unknown(span);
        }
        if function.ordering == Ordering::By {
            let message = format!("`{name}` is no window function");
            let hint = format!("`{name}_value(x) over (order by t)` is");
            self.report(Diagnostic::error(codes::BAD_OVER, window.span, message).hint(hint));
            return unknown(span);
        }
        if let (FunctionKind::Window, Some(filter)) = (function.kind, &call.filter) {
            let message = format!("`{name}` takes no `filter`");
            self.report(Diagnostic::error(codes::BAD_CALL_CLAUSE, filter.span, message));
        }
        self.within = Within::Window;
        let aggregate = self.aggregate_call(function, fraction, call, span);
        let partition_by = window.partition_by.iter().map(|key| self.expr(key)).collect();
        let order_by: Vec<SortKey> = window.order_by.iter().map(|item| self.sort_key(item)).collect();
        if order_by.is_empty() && NEED_ORDER.contains(&function.name) {
            let message = format!("`{name}` depends on the order of the rows, and there is none here");
            let diagnostic = Diagnostic::warning(codes::UNORDERED_WINDOW, window.span, message);
            self.report(diagnostic.hint("like `over (partition by g order by start)`"));
        }
        let frame = window.frame.as_ref().and_then(|frame| self.frame(frame, &order_by));
        self.within = Within::Nothing;
        let Some(aggregate) = aggregate else { return unknown(span) };
        let call = WindowCall { call: aggregate, partition_by, order_by, frame };
        if let Some((column, _)) = self.windows.iter().find(|(_, known)| same_window(known, &call)) {
            return reference(column, span);
        }
        let column = self.cx.column(name, call.call.ty.clone());
        self.windows.push((column.clone(), call));
        reference(&column, span)
    }

    fn misplaced_window(&mut self, name: &str, span: Span) {
        let message = format!("`{name}` with `over` can't stand in `{}`", self.clause.name());
        let hint = match self.clause {
            Clause::Where | Clause::Having => "`qualify` filters by window functions",
            Clause::PipeWhere => "compute it first: `|> extend … as x |> where x …`",
            _ => "compute it in an earlier stage: `|> extend … as x |> …`",
        };
        self.report(Diagnostic::error(codes::MISPLACED_WINDOW, span, message).hint(hint));
    }

    fn frame(&mut self, frame: &'a ast::Frame, order_by: &[SortKey]) -> Option<Frame> {
        let distance = match (frame.unit, order_by) {
            (FrameUnit::Rows | FrameUnit::Groups, _) => Type::Int,
            (FrameUnit::Range, [key]) if key.expr.ty == Type::Time => Type::Duration,
            (FrameUnit::Range, [key]) => key.expr.ty.clone(),
            (FrameUnit::Range, _) => Type::Unknown,
        };
        let start = self.bound(&frame.start, &distance, frame)?;
        let end = self.bound(&frame.end, &distance, frame)?;
        let backwards = match (start, end) {
            (Bound::Following(None), _) | (_, Bound::Preceding(None)) => true,
            (Bound::CurrentRow, Bound::Preceding(_)) => true,
            (Bound::Following(Some(_)), Bound::Preceding(_) | Bound::CurrentRow) => true,
            (Bound::Preceding(Some(a)), Bound::Preceding(Some(b))) => a < b,
            (Bound::Following(Some(a)), Bound::Following(Some(b))) => a > b,
            _ => false,
        };
        if backwards {
            self.report(Diagnostic::error(codes::BAD_FRAME, frame.span, "this frame ends before it starts"));
            return None;
        }
        Some(Frame { unit: frame.unit, start, end })
    }

    fn bound(&mut self, bound: &'a ast::FrameBound, distance: &Type, frame: &ast::Frame) -> Option<Bound> {
        let (expr, make): (_, fn(Option<i64>) -> Bound) = match bound {
            ast::FrameBound::CurrentRow => return Some(Bound::CurrentRow),
            ast::FrameBound::Preceding(expr) => (expr, Bound::Preceding),
            ast::FrameBound::Following(expr) => (expr, Bound::Following),
        };
        let Some(ast) = expr else { return Some(make(None)) };
        let value = self.expr(ast);
        if value.ty == Type::Unknown {
            return None;
        }
        let problem = match (&value.kind, frame.unit) {
            (ExprKind::Value(Value::Int(n)), _) if value.ty == *distance && *n >= 0 => {
                return Some(make(Some(*n)));
            }
            // Known when the query is called.
            (ExprKind::Parameter(_), _) if value.ty == *distance => return None,
            (ExprKind::Value(Value::Int(_)), _) if value.ty == *distance => {
                "a frame's distance is not negative".to_owned()
            }
            (_, FrameUnit::Range) if *distance == Type::Unknown => {
                "a distance in `range` needs exactly one `order by`".to_owned()
            }
            (ExprKind::Value(_), FrameUnit::Range) => {
                format!("the distance must be {} here, this is {}", article(distance), article(&value.ty))
            }
            (ExprKind::Value(_), _) => format!("this counts rows: it is an int, not {}", article(&value.ty)),
            _ => "a frame's distance is a literal".to_owned(),
        };
        let mut diagnostic = Diagnostic::error(codes::BAD_FRAME, ast.span, problem);
        if let Some(fix) = super::literals::with_unit(&value, distance) {
            diagnostic = diagnostic.note(format!("did you mean {fix}?")).fix(ast.span, fix);
        }
        self.report(diagnostic);
        None
    }
}

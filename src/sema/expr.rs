//! Checking an expression: names become columns, every part gets a type.

use super::codes;
use super::context::Context;
use super::items::CheckedItem;
use super::naming::named;
use super::query;
use super::relation::Relation;
use super::scope::Scope;
use super::typed::{self, Aggregate, Column, ColumnId, Expr, ExprKind, UnaryOp, Value, WindowCall};
use super::types::{article, coerce, is_amount, is_number, is_open, unify, unknown};
use crate::catalog::Type;
use crate::diag::{Diagnostic, Span};
use crate::syntax::ast;

/// Where in a query an expression stands: what it may contain depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clause {
    /// `where` of the select form.
    Where,
    /// `|> where`.
    PipeWhere,
    On,
    Values,
    GroupBy,
    Items,
    Having,
    Qualify,
    OrderBy,
    PipeSelect,
    Extend,
    Set,
    Aggregate,
    PipeOrderBy,
    Limit,
    /// The body of a function.
    Function,
    Assert,
}

impl Clause {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Where | Self::PipeWhere => "where",
            Self::On => "on",
            Self::Values => "values",
            Self::GroupBy => "group by",
            Self::Items | Self::PipeSelect => "select",
            Self::Having => "having",
            Self::Qualify => "qualify",
            Self::OrderBy | Self::PipeOrderBy => "order by",
            Self::Extend => "extend",
            Self::Set => "set",
            Self::Aggregate => "aggregate",
            Self::Limit => "limit",
            Self::Function => "fn",
            Self::Assert => "assert",
        }
    }

    pub(super) fn has_aggregates(self) -> bool {
        matches!(self, Self::Items | Self::Having | Self::Qualify | Self::OrderBy | Self::Aggregate)
    }

    pub(super) fn has_windows(self) -> bool {
        matches!(
            self,
            Self::Items
                | Self::Qualify
                | Self::OrderBy
                | Self::PipeSelect
                | Self::Extend
                | Self::Set
                | Self::PipeOrderBy
        )
    }
}

/// What kind of call an expression is inside of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Within {
    Nothing,
    Aggregate,
    Window,
}

/// Checks expressions against a scope, and collects the aggregates and window calls in them: those are computed
/// before the expression, which reads their results as columns.
pub(super) struct Checker<'c, 'a> {
    pub(super) cx: &'c mut Context<'a>,
    pub(super) scope: &'c Scope,
    pub(super) clause: Clause,
    pub(super) within: Within,
    pub(super) aggregates: Vec<(Column, Aggregate)>,
    pub(super) windows: Vec<(Column, WindowCall)>,
    /// The list's items so far: what no column has as its name may be one of them.
    pub(super) aliases: Vec<CheckedItem>,
    /// In a grouped query: the columns that are keys. An alias goes before a column that is none.
    pub(super) keys: Option<Vec<ColumnId>>,
    /// Names that a later clause will give; good to know for a hint.
    pub(super) later: Vec<&'a str>,
}

impl<'c, 'a> Checker<'c, 'a> {
    pub(super) fn new(cx: &'c mut Context<'a>, scope: &'c Scope, clause: Clause) -> Self {
        Self {
            cx,
            scope,
            clause,
            within: Within::Nothing,
            aggregates: Vec::new(),
            windows: Vec::new(),
            aliases: Vec::new(),
            keys: None,
            later: Vec::new(),
        }
    }

    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.cx.report(diagnostic);
    }

    pub(super) fn expr(&mut self, expr: &'a ast::Expr) -> Expr {
        let span = expr.span;
        match &expr.kind {
            ast::ExprKind::Name(parts) => self.name(parts, span),
            ast::ExprKind::Literal(literal) => literal_expr(literal, span),
            ast::ExprKind::Param(name) => self.parameter(name, span),
            ast::ExprKind::Unary { op: UnaryOp::Not, expr } => {
                let operand = self.condition(expr, "`not`");
                Expr { kind: ExprKind::Not(Box::new(operand)), ty: Type::Bool, span }
            }
            ast::ExprKind::Unary { op: UnaryOp::Neg, expr } => self.negate(expr, span),
            ast::ExprKind::Binary { op, op_span, left, right } => {
                self.binary(*op, *op_span, left, right, span)
            }
            ast::ExprKind::IsNull { expr, negated } => {
                let operand = self.expr(expr);
                let is_null = Expr { kind: ExprKind::IsNull(Box::new(operand)), ty: Type::Bool, span };
                if *negated { not(is_null) } else { is_null }
            }
            ast::ExprKind::InList { expr, list, negated } => self.in_list(expr, list, *negated, span),
            ast::ExprKind::InQuery { expr, query, negated } => self.in_query(expr, query, *negated, span),
            ast::ExprKind::Between { expr, low, high, negated } => {
                self.between(expr, low, high, *negated, span)
            }
            ast::ExprKind::Like { expr, pattern, negated, case_insensitive } => {
                self.like(expr, pattern, *negated, *case_insensitive, span)
            }
            ast::ExprKind::Cast { expr, ty } => self.cast(expr, ty, span),
            ast::ExprKind::Index { expr, index } => self.index(expr, index, span),
            ast::ExprKind::Field { expr, field } => {
                let value = self.expr(expr);
                self.field(value, field)
            }
            ast::ExprKind::Call(call) => self.call(call, span),
            ast::ExprKind::Case { operand, branches, otherwise } => {
                self.case(operand.as_deref(), branches, otherwise.as_deref(), span)
            }
            ast::ExprKind::List(items) => self.list(items, span),
            ast::ExprKind::Range { from, to } => {
                for end in [from, to].into_iter().flatten() {
                    self.expr(end);
                }
                self.report(
                    Diagnostic::error(codes::MISPLACED_RANGE, span, "a range is no value")
                        .hint("ask whether a time lies in it: `start in @1s..@2s`"),
                );
                unknown(span)
            }
            ast::ExprKind::Query(query) => self.scalar_query(query, span),
            ast::ExprKind::Exists { query } => {
                let query = self.subquery(query, span);
                Expr { kind: ExprKind::Exists(Box::new(query)), ty: Type::Bool, span }
            }
            ast::ExprKind::Error => unknown(span),
        }
    }

    /// An expression that must be a bool, for `what` ("`where`").
    pub(super) fn condition(&mut self, expr: &'a ast::Expr, what: &str) -> Expr {
        let condition = self.expr(expr);
        if condition.ty == Type::Bool || is_open(&condition.ty) {
            return coerce(condition, &Type::Bool);
        }
        let (name, ty) = (named(expr), &condition.ty);
        let mut diagnostic = Diagnostic::error(
            codes::NOT_BOOL,
            condition.span,
            format!("{what} takes a condition, {name} is {}", article(ty)),
        );
        if let Some(zero) = super::literals::zero(ty) {
            diagnostic =
                diagnostic.hint(format!("compare it with something: {name} > {zero}").replace('`', ""));
        }
        self.report(diagnostic);
        unknown(expr.span)
    }

    fn negate(&mut self, expr: &'a ast::Expr, span: Span) -> Expr {
        let operand = self.expr(expr);
        let ty = operand.ty.clone();
        if !(is_number(&ty) || is_amount(&ty) || is_open(&ty)) {
            let name = named(expr);
            self.report(Diagnostic::error(
                codes::BAD_OPERAND,
                expr.span,
                format!("{name} is {}, which has no negative", article(&ty)),
            ));
            return unknown(span);
        }
        let kind = match operand.kind {
            ExprKind::Value(Value::Int(n)) if n != i64::MIN => ExprKind::Value(Value::Int(-n)),
            ExprKind::Value(Value::Float(x)) => ExprKind::Value(Value::Float(-x)),
            kind => ExprKind::Neg(Box::new(Expr { kind, ty: ty.clone(), span: operand.span })),
        };
        Expr { kind, ty, span }
    }

    fn list(&mut self, items: &'a [ast::Expr], span: Span) -> Expr {
        let mut ty = Type::Null;
        let mut checked: Vec<Expr> = Vec::with_capacity(items.len());
        for (i, item) in items.iter().enumerate() {
            let expr = self.expr(item);
            match unify(&ty, &expr.ty) {
                Some(common) => ty = common,
                None => {
                    let previous = items.get(i.wrapping_sub(1)).unwrap_or(item);
                    let before = checked.last().map_or(&ty, |e| &e.ty).clone();
                    self.mismatch((previous, &before), (item, &expr));
                    ty = Type::Unknown;
                }
            }
            checked.push(expr);
        }
        let items = checked.into_iter().map(|e| coerce(e, &ty)).collect();
        Expr { kind: ExprKind::List(items), ty: Type::list(ty), span }
    }

    /// `struct.field`.
    pub(super) fn field(&mut self, value: Expr, field: &ast::Ident) -> Expr {
        let span = value.span.to(field.span);
        let Type::Struct(fields) = &value.ty else {
            if value.ty != Type::Unknown {
                self.report(Diagnostic::error(
                    codes::UNKNOWN_FIELD,
                    field.span,
                    format!("{} has no field `{}`", article(&value.ty), field.text),
                ));
            }
            return unknown(span);
        };
        self.cx.sees_fields(field.span, fields);
        match fields.iter().find(|(name, _)| *name == field.text) {
            Some((name, ty)) => {
                let (name, ty) = (name.clone(), ty.clone());
                Expr { kind: ExprKind::Field { expr: Box::new(value), name }, ty, span }
            }
            None => {
                let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
                let diagnostic = Diagnostic::error(
                    codes::UNKNOWN_FIELD,
                    field.span,
                    format!("there is no field `{}`", field.text),
                );
                let diagnostic = super::names::propose(diagnostic, field, names.iter().copied())
                    .hint(format!("its fields are {}", names.join(", ")));
                self.report(diagnostic);
                unknown(span)
            }
        }
    }

    fn index(&mut self, expr: &'a ast::Expr, index: &'a ast::Expr, span: Span) -> Expr {
        let list = self.expr(expr);
        let position = self.expr(index);
        if position.ty != Type::Int && !is_open(&position.ty) {
            let message = format!("an index is an int, {} is {}", named(index), article(&position.ty));
            self.report(Diagnostic::error(codes::BAD_OPERAND, index.span, message));
        }
        let ty = match &list.ty {
            Type::List(item) => (**item).clone(),
            ty if is_open(ty) => Type::Unknown,
            ty => {
                let message = format!("{} is {}, not a list", named(expr), article(ty));
                let mut diagnostic = Diagnostic::error(codes::BAD_OPERAND, expr.span, message);
                if *ty == Type::Stack {
                    diagnostic = diagnostic.hint("`funcs(stack)` is the list of its functions");
                }
                self.report(diagnostic);
                return unknown(span);
            }
        };
        let position = coerce(position, &Type::Int);
        Expr { kind: ExprKind::Index { expr: Box::new(list), index: Box::new(position) }, ty, span }
    }

    /// A query inside the expression. The columns around it are out of its sight.
    pub(super) fn subquery(&mut self, query: &'a ast::Query, span: Span) -> typed::Query {
        self.cx.outer.push(self.scope.clone());
        let query = self.cx.nested(span, |cx| query::query(cx, query));
        self.cx.outer.pop();
        query.unwrap_or_else(|| Relation::unknown(None).finish())
    }

    fn scalar_query(&mut self, query: &'a ast::Query, span: Span) -> Expr {
        let errors = self.cx.diagnostics.len();
        let query = self.subquery(query, span);
        let Some(ty) = self.only_column(&query, errors, span) else { return unknown(span) };
        Expr { kind: ExprKind::Query(Box::new(query)), ty, span }
    }

    /// The type of a subquery's only column. `errors`: how many diagnostics there were before it.
    pub(super) fn only_column(&mut self, query: &typed::Query, errors: usize, span: Span) -> Option<Type> {
        if let [column] = &query.columns[..] {
            return Some(column.ty.clone());
        }
        let failed = self.cx.diagnostics.iter().skip(errors).any(Diagnostic::is_error);
        if !failed {
            let n = query.columns.len();
            let names: Vec<&str> = query.columns.iter().map(|c| c.name.as_str()).take(5).collect();
            let dots = if n > 5 { ", …" } else { "" };
            self.report(
                Diagnostic::error(codes::NOT_ONE_COLUMN, span, "a query used as a value gives one column")
                    .note(format!("this one gives {n}: {}{dots}", names.join(", "))),
            );
        }
        None
    }
}

pub(super) fn not(expr: Expr) -> Expr {
    let span = expr.span;
    Expr { kind: ExprKind::Not(Box::new(expr)), ty: Type::Bool, span }
}

fn literal_expr(literal: &ast::Literal, span: Span) -> Expr {
    use ast::Literal;
    let (value, ty) = match literal {
        Literal::Null => (Value::Null, Type::Null),
        Literal::Bool(b) => (Value::Bool(*b), Type::Bool),
        Literal::Int(n) => (Value::Int(*n), Type::Int),
        Literal::Float(x) => (Value::Float(*x), Type::Float),
        Literal::String(s) => (Value::String(s.clone()), Type::String),
        Literal::Duration(ns) => (Value::Int(*ns), Type::Duration),
        Literal::Bytes(n) => (Value::Int(*n), Type::Bytes),
        Literal::Time(ns) => (Value::Int(*ns), Type::Time),
        Literal::TimeEnd => return Expr { kind: ExprKind::TraceEnd, ty: Type::Time, span },
        Literal::WallClock(ns) => return Expr { kind: ExprKind::WallClock(*ns), ty: Type::Time, span },
    };
    Expr { kind: ExprKind::Value(value), ty, span }
}

//! `in`, `between`, `like`, `has`, `case`.

use super::codes;
use super::expr::{Checker, not};
use super::naming::{named, quoted};
use super::operators::make;
use super::typed::{self, BinaryOp, Expr, ExprKind, Rel, Value};
use super::types::{article, coerce, is_open, unify, unknown};
use crate::catalog::Type;
use crate::diag::{Diagnostic, Span};
use crate::syntax::ast;
use crate::syntax::print::expr_text;

impl<'a> Checker<'_, 'a> {
    pub(super) fn in_list(
        &mut self,
        expr: &'a ast::Expr,
        list: &'a [ast::Expr],
        negated: bool,
        span: Span,
    ) -> Expr {
        let operand = self.expr(expr);
        let mut ty = operand.ty.clone();
        let mut items = Vec::new();
        let mut conditions = Vec::new();
        for item in list {
            if let ast::ExprKind::Range { from, to } = &item.kind {
                conditions.push(self.in_range((expr, &operand), from.as_deref(), to.as_deref(), item.span));
                continue;
            }
            let checked = self.expr(item);
            self.stands_beside(item, &operand);
            match unify(&ty, &checked.ty) {
                Some(common) => ty = common,
                None => {
                    if matches!(&checked.ty, Type::List(inside) if unify(&operand.ty, inside).is_some()) {
                        let message = format!("{} is a list, not an item of one", named(item));
                        let hint =
                            format!("to look into it, write `{} has {}`", expr_text(item), expr_text(expr));
                        self.report(Diagnostic::error(codes::TYPE_MISMATCH, item.span, message).hint(hint));
                    } else {
                        self.mismatch((expr, &operand.ty), (item, &checked));
                    }
                    continue;
                }
            }
            if checked.kind == ExprKind::Value(Value::Null) && checked.ty == Type::Null {
                self.report(
                    Diagnostic::warning(
                        codes::NULL_COMPARISON,
                        item.span,
                        "a comparison with null is never true",
                    )
                    .hint("ask for it with `is null`"),
                );
            }
            self.check_domain(&operand, &checked);
            items.push(checked);
        }
        if !items.is_empty() {
            let list = items.into_iter().map(|item| coerce(item, &ty)).collect();
            let kind = ExprKind::In { expr: Box::new(coerce(operand, &ty)), list };
            conditions.insert(0, Expr { kind, ty: Type::Bool, span });
        }
        let any = conditions.into_iter().reduce(|a, b| make(BinaryOp::Or, a, b, Type::Bool, span));
        let any = any.unwrap_or_else(|| Expr { ty: Type::Bool, ..unknown(span) });
        if negated { not(any) } else { any }
    }

    /// `x in from..to`: half-open.
    fn in_range(
        &mut self,
        (ast, operand): (&'a ast::Expr, &Expr),
        from: Option<&'a ast::Expr>,
        to: Option<&'a ast::Expr>,
        span: Span,
    ) -> Expr {
        let mut sides = Vec::new();
        for (op, end) in [(BinaryOp::GtEq, from), (BinaryOp::Lt, to)] {
            if let Some(end) = end {
                let bound = self.expr(end);
                sides.push(self.comparison(op, (ast, operand.clone()), (end, bound), span));
            }
        }
        let both = sides.into_iter().reduce(|a, b| make(BinaryOp::And, a, b, Type::Bool, span));
        both.unwrap_or(Expr { kind: ExprKind::Value(Value::Bool(true)), ty: Type::Bool, span })
    }

    pub(super) fn between(
        &mut self,
        expr: &'a ast::Expr,
        low: &'a ast::Expr,
        high: &'a ast::Expr,
        negated: bool,
        span: Span,
    ) -> Expr {
        let operand = self.expr(expr);
        let from = self.expr(low);
        let to = self.expr(high);
        let above = self.comparison(BinaryOp::GtEq, (expr, operand.clone()), (low, from), span);
        let below = self.comparison(BinaryOp::LtEq, (expr, operand), (high, to), span);
        let both = make(BinaryOp::And, above, below, Type::Bool, span);
        if negated { not(both) } else { both }
    }

    pub(super) fn in_query(
        &mut self,
        expr: &'a ast::Expr,
        query: &'a ast::Query,
        negated: bool,
        span: Span,
    ) -> Expr {
        let operand = self.expr(expr);
        let errors = self.cx.diagnostics.len();
        let subquery = self.subquery(query, span);
        let truth = Expr { ty: Type::Bool, ..unknown(span) };
        let Some(found) = self.only_column(&subquery, errors, query.span) else { return truth };
        let Some(ty) = unify(&operand.ty, &found) else {
            let message =
                format!("{} is {}, the query gives {}", named(expr), article(&operand.ty), article(&found));
            self.report(Diagnostic::error(codes::TYPE_MISMATCH, query.span, message));
            return truth;
        };
        let subquery = self.cast_only_column(subquery, &ty, query.span);
        let kind = ExprKind::InQuery { expr: Box::new(coerce(operand, &ty)), query: Box::new(subquery) };
        let any = Expr { kind, ty: Type::Bool, span };
        if negated { not(any) } else { any }
    }

    /// Brings a subquery's only column to a type.
    fn cast_only_column(&mut self, query: typed::Query, ty: &Type, span: Span) -> typed::Query {
        match &query.columns[..] {
            [column] if column.ty != *ty && *ty != Type::Unknown => {
                let expr = coerce(super::relation::reference(column, span), ty);
                let cast = self.cx.column(column.name.clone(), ty.clone());
                let rel = Rel::Project { input: Box::new(query.rel), items: vec![(cast.clone(), expr)] };
                typed::Query { rel, columns: vec![cast], render: None }
            }
            _ => query,
        }
    }

    pub(super) fn like(
        &mut self,
        expr: &'a ast::Expr,
        pattern: &'a ast::Expr,
        negated: bool,
        case_insensitive: bool,
        span: Span,
    ) -> Expr {
        let operand = self.expr(expr);
        let like = self.expr(pattern);
        for (ast, e) in [(expr, &operand), (pattern, &like)] {
            if e.ty != Type::String && !is_open(&e.ty) {
                let message = format!("`like` compares strings, {} is {}", named(ast), article(&e.ty));
                let mut diagnostic = Diagnostic::error(codes::BAD_OPERAND, ast.span, message);
                if e.ty == Type::Stack {
                    diagnostic = diagnostic.hint("`stack ~ 'regexp'` searches a stack's functions");
                }
                self.report(diagnostic);
            }
        }
        let kind = ExprKind::Like {
            expr: Box::new(coerce_string(operand)),
            pattern: Box::new(coerce_string(like)),
            case_insensitive,
        };
        let like = Expr { kind, ty: Type::Bool, span };
        if negated { not(like) } else { like }
    }

    pub(super) fn has(&mut self, left: &'a ast::Expr, right: &'a ast::Expr, span: Span) -> Expr {
        let l = self.expr(left);
        let r = self.expr(right);
        self.stands_beside(right, &l);
        let (l, r) = match &l.ty {
            Type::Stack => {
                if r.ty != Type::String && !is_open(&r.ty) {
                    self.bad_operand(
                        BinaryOp::Has,
                        right,
                        &r,
                        "what a stack has is a function: stack has 'main.f'",
                    );
                }
                (l, coerce_string(r))
            }
            Type::List(item) => match unify(item, &r.ty) {
                Some(ty) => (coerce(l, &Type::list(ty.clone())), coerce(r, &ty)),
                None => {
                    let message = format!(
                        "{} is {}, {} is {}",
                        named(left),
                        article(&l.ty),
                        named(right),
                        article(&r.ty)
                    );
                    self.report(Diagnostic::error(codes::TYPE_MISMATCH, right.span, message));
                    (l, unknown(right.span))
                }
            },
            ty if is_open(ty) => (l, r),
            ty => {
                let hint = match (quoted(left), quoted(right)) {
                    (Some(l), Some(r)) if *ty == Type::String => {
                        let (l, r) = (l.trim_matches('`').to_owned(), r.trim_matches('`').to_owned());
                        format!("for a part of a string: contains({l}, {r}), or {l} ~ {r}")
                    }
                    _ => "`has` asks for a function of a stack, or an item of a list".to_owned(),
                };
                self.bad_operand(BinaryOp::Has, left, &l, &hint);
                (unknown(left.span), r)
            }
        };
        make(BinaryOp::Has, l, r, Type::Bool, span)
    }

    pub(super) fn case(
        &mut self,
        operand: Option<&'a ast::Expr>,
        branches: &'a [(ast::Expr, ast::Expr)],
        otherwise: Option<&'a ast::Expr>,
        span: Span,
    ) -> Expr {
        let operand = operand.map(|ast| (ast, self.expr(ast)));
        let mut checked: Vec<(Expr, Expr)> = Vec::with_capacity(branches.len());
        let mut values: Vec<&'a ast::Expr> = Vec::new();
        let mut ty = Type::Null;
        for (when, then) in branches {
            let condition = match &operand {
                Some((ast, operand)) => {
                    let value = self.expr(when);
                    self.comparison(BinaryOp::Eq, (ast, operand.clone()), (when, value), when.span)
                }
                None => self.condition(when, "`when`"),
            };
            let value = self.expr(then);
            ty = self.common(ty, &values, then, &value);
            values.push(then);
            checked.push((condition, value));
        }
        let otherwise = otherwise.map(|ast| {
            let value = self.expr(ast);
            ty = self.common(ty.clone(), &values, ast, &value);
            value
        });
        let branches = checked.into_iter().map(|(when, then)| (when, coerce(then, &ty))).collect();
        let otherwise = otherwise.map(|value| Box::new(coerce(value, &ty)));
        Expr { kind: ExprKind::Case { branches, otherwise }, ty, span }
    }

    /// The type in which one more value meets those before it.
    fn common(&mut self, ty: Type, before: &[&'a ast::Expr], ast: &'a ast::Expr, value: &Expr) -> Type {
        if let Some(common) = unify(&ty, &value.ty) {
            return common;
        }
        let first = before.first().copied().unwrap_or(ast);
        self.mismatch((first, &ty), (ast, value));
        Type::Unknown
    }
}

fn coerce_string(expr: Expr) -> Expr {
    if expr.ty == Type::Null { coerce(expr, &Type::String) } else { expr }
}

//! Operators: which types they take and what they give.

use super::codes;
use super::expr::{Checker, not};
use super::literals::with_unit;
use super::naming::{named, quoted};
use super::typed::{BinaryOp, Expr, ExprKind, Value};
use super::types::{article, coerce, difference, is_amount, is_number, is_open, is_ordered, unify, unknown};
use crate::catalog::Type;
use crate::diag::{Diagnostic, Span};
use crate::syntax::ast;

impl<'a> Checker<'_, 'a> {
    pub(super) fn binary(
        &mut self,
        op: BinaryOp,
        op_span: Span,
        left: &'a ast::Expr,
        right: &'a ast::Expr,
        span: Span,
    ) -> Expr {
        match op {
            BinaryOp::And | BinaryOp::Or => {
                let what = if op == BinaryOp::And { "`and`" } else { "`or`" };
                let l = self.condition(left, what);
                let r = self.condition(right, what);
                make(op, l, r, Type::Bool, span)
            }
            BinaryOp::Eq
            | BinaryOp::NotEq
            | BinaryOp::Lt
            | BinaryOp::LtEq
            | BinaryOp::Gt
            | BinaryOp::GtEq => {
                let l = self.expr(left);
                let r = self.expr(right);
                self.comparison(op, (left, l), (right, r), span)
            }
            BinaryOp::Match | BinaryOp::NotMatch => {
                let l = self.expr(left);
                let r = self.expr(right);
                let searchable = matches!(l.ty, Type::String | Type::Stack) || is_open(&l.ty);
                if !searchable {
                    let hint = "a regular expression is searched for in a string, or in a stack's functions";
                    self.bad_operand(op, left, &l, hint);
                } else if r.ty != Type::String && !is_open(&r.ty) {
                    self.bad_operand(op, right, &r, "a regular expression is a string: name ~ '^main[.]'");
                }
                self.check_pattern(&r);
                let matches = make(BinaryOp::Match, l, coerce(r, &Type::String), Type::Bool, span);
                if op == BinaryOp::NotMatch { not(matches) } else { matches }
            }
            BinaryOp::Has => self.has(left, right, span),
            BinaryOp::Coalesce => {
                let l = self.expr(left);
                let r = self.expr(right);
                match unify(&l.ty, &r.ty) {
                    Some(ty) => make(op, coerce(l, &ty), coerce(r, &ty), ty, span),
                    None => {
                        self.mismatch((left, &l.ty), (right, &r));
                        unknown(span)
                    }
                }
            }
            BinaryOp::Concat => self.concat(left, right, span),
            BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div | BinaryOp::Mod => {
                self.arithmetic(op, op_span, left, right, span)
            }
        }
    }

    /// A comparison of two checked operands.
    pub(super) fn comparison(
        &mut self,
        op: BinaryOp,
        (left, l): (&'a ast::Expr, Expr),
        (right, r): (&'a ast::Expr, Expr),
        span: Span,
    ) -> Expr {
        self.stands_beside(right, &l);
        self.stands_beside(left, &r);
        self.compares_null(op, left, &l, &r, span);
        self.compares_null(op, right, &r, &l, span);
        let Some(ty) = unify(&l.ty, &r.ty) else {
            // Underline the literal: that is what can be written differently.
            if is_literal(&l) && !is_literal(&r) {
                self.mismatch((right, &r.ty), (left, &l));
            } else {
                self.mismatch((left, &l.ty), (right, &r));
            }
            return Expr { ty: Type::Bool, ..unknown(span) };
        };
        if !matches!(op, BinaryOp::Eq | BinaryOp::NotEq) && !is_ordered(&ty) {
            let message = format!("{} has no order: `{}` can't compare it", article(&ty), op.symbol());
            let mut diagnostic = Diagnostic::error(codes::NO_ORDER, span, message);
            if ty == Type::Stack {
                diagnostic = diagnostic.hint("compare `depth(stack)`, `leaf(stack)` or `fold(stack)`");
            }
            self.report(diagnostic);
        }
        if matches!(op, BinaryOp::Eq | BinaryOp::NotEq) {
            self.check_domain(&l, &r);
            self.check_domain(&r, &l);
        }
        make(op, coerce(l, &ty), coerce(r, &ty), Type::Bool, span)
    }

    /// Warns of `x = null`.
    fn compares_null(&mut self, op: BinaryOp, other: &ast::Expr, x: &Expr, null: &Expr, span: Span) {
        if !matches!(null.kind, ExprKind::Value(Value::Null)) || null.ty != Type::Null {
            return;
        }
        let diagnostic =
            Diagnostic::warning(codes::NULL_COMPARISON, span, "a comparison with null is never true");
        let is = if op == BinaryOp::NotEq { "is not null" } else { "is null" };
        let diagnostic = match quoted(other) {
            Some(text) if matches!(op, BinaryOp::Eq | BinaryOp::NotEq) && x.ty != Type::Null => {
                let text = text.trim_matches('`');
                diagnostic.note(format!("did you mean `{text} {is}`?")).fix(span, format!("{text} {is}"))
            }
            _ => diagnostic.hint(format!("ask for it with `{is}`")),
        };
        self.report(diagnostic);
    }

    fn concat(&mut self, left: &'a ast::Expr, right: &'a ast::Expr, span: Span) -> Expr {
        let l = self.expr(left);
        let r = self.expr(right);
        for (ast, operand) in [(left, &l), (right, &r)] {
            if !matches!(operand.ty, Type::String | Type::List(_)) && !is_open(&operand.ty) {
                let hint = match quoted(ast) {
                    Some(text) => format!("make it one: {}::string", text.trim_matches('`')),
                    None => "make it one with `::string`".to_owned(),
                };
                let message =
                    format!("`||` joins strings or lists, {} is {}", named(ast), article(&operand.ty));
                self.report(Diagnostic::error(codes::BAD_OPERAND, ast.span, message).hint(hint));
                return Expr { ty: Type::Unknown, ..unknown(span) };
            }
        }
        match unify(&l.ty, &r.ty) {
            Some(ty) => make(BinaryOp::Concat, coerce(l, &ty), coerce(r, &ty), ty, span),
            None => {
                self.mismatch((left, &l.ty), (right, &r));
                unknown(span)
            }
        }
    }

    fn arithmetic(
        &mut self,
        op: BinaryOp,
        op_span: Span,
        left: &'a ast::Expr,
        right: &'a ast::Expr,
        span: Span,
    ) -> Expr {
        let l = self.expr(left);
        let r = self.expr(right);
        if l.ty == Type::Unknown || r.ty == Type::Unknown {
            return Expr { kind: make(op, l, r, Type::Unknown, span).kind, ty: Type::Unknown, span };
        }
        let (lt, rt) = null_stand_ins(op, &l.ty, &r.ty);
        let Some(ty) = result(op, &lt, &rt) else {
            self.bad_arithmetic(op, op_span, (left, &l), (right, &r));
            return unknown(span);
        };
        let (lt, rt) = if ty == Type::Float && is_number(&lt) && is_number(&rt) {
            (Type::Float, Type::Float)
        } else {
            (lt, rt)
        };
        make(op, coerce(l, &lt), coerce(r, &rt), ty, span)
    }

    fn bad_arithmetic(
        &mut self,
        op: BinaryOp,
        op_span: Span,
        (left, l): (&ast::Expr, &Expr),
        (right, r): (&ast::Expr, &Expr),
    ) {
        let symbol = op.symbol();
        if op == BinaryOp::Add && l.ty == Type::Time && r.ty == Type::Time {
            let mut diagnostic = Diagnostic::error(codes::UNIT_MISMATCH, op_span, "times can't be added")
                .note(format!("{} and {} are times", named(left), named(right)))
                .hint("a time minus a time is a duration; a time plus a duration is a time");
            if let Some(fix) = with_unit(r, &Type::Duration) {
                diagnostic = diagnostic.fix(right.span, fix);
            }
            return self.report(diagnostic);
        }
        for (ast, operand, other) in [(left, l, r), (right, r, l)] {
            let countable = is_number(&operand.ty)
                || is_amount(&operand.ty)
                || matches!(operand.ty, Type::Time | Type::Null);
            if !countable {
                let message = format!("`{symbol}` needs numbers, {} is {}", named(ast), article(&operand.ty));
                let mut diagnostic = Diagnostic::error(codes::BAD_OPERAND, ast.span, message);
                if let Some(fix) = reworded(operand, &difference(&other.ty)) {
                    diagnostic = diagnostic.note(format!("did you mean {fix}?")).fix(ast.span, fix);
                } else if operand.ty == Type::String && op == BinaryOp::Add {
                    diagnostic = diagnostic.hint("strings are joined with `||`").fix(op_span, "||");
                }
                return self.report(diagnostic);
            }
        }
        if l.ty == r.ty && op == BinaryOp::Mul {
            let message = format!("{} can't be multiplied by {}", article(&l.ty), article(&r.ty));
            let hint = "make one of them a number, for instance by `x / 1s` or `x::float`";
            return self.report(Diagnostic::error(codes::UNIT_MISMATCH, op_span, message).hint(hint));
        }
        // What would the operator take beside the one? Propose the other in that unit.
        let wanted = |other: &Type| match op {
            BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mod => Some(difference(other)),
            _ => None,
        };
        let (bad, good, bad_ast, good_ast) =
            if is_literal(l) && !is_literal(r) { (l, r, left, right) } else { (r, l, right, left) };
        let message = format!(
            "{} is {}, {} is {}",
            named(good_ast),
            article(&good.ty),
            named(bad_ast),
            article(&bad.ty)
        );
        let mut diagnostic = Diagnostic::error(codes::UNIT_MISMATCH, bad_ast.span, message)
            .note(format!("`{symbol}` can't take them together"));
        if let Some(fix) = wanted(&good.ty).and_then(|ty| with_unit(bad, &ty)) {
            diagnostic = diagnostic.note(format!("did you mean {fix}?")).fix(bad_ast.span, fix);
        } else {
            diagnostic = diagnostic.hint(match (op, is_amount(&l.ty) && is_amount(&r.ty)) {
                (BinaryOp::Mul | BinaryOp::Div, true) => {
                    "make one a number, for instance by `x / 1s` or `x::float`"
                }
                (BinaryOp::Add | BinaryOp::Sub, _) if l.ty == Type::Time || r.ty == Type::Time => {
                    "a time plus or minus a duration is a time; a time minus a time is a duration"
                }
                (BinaryOp::Mul, false) => "a duration or a size is multiplied by a number",
                (BinaryOp::Div, false) => {
                    "a duration or a size is divided by a number, or by one of its kind"
                }
                _ => "a cast changes the unit: `n::duration` takes n as ns, `d::int` gives ns",
            });
        }
        self.report(diagnostic);
    }

    /// Reports two operands that do not go together; the second one is underlined.
    pub(super) fn mismatch(&mut self, (good, good_ty): (&ast::Expr, &Type), (bad, b): (&ast::Expr, &Expr)) {
        let message =
            format!("{} is {}, {} is {}", named(good), article(good_ty), named(bad), article(&b.ty));
        let united = good_ty.unit().is_some() || b.ty.unit().is_some();
        let text = |ty: &Type| *ty == Type::String;
        let code = if united && !text(good_ty) && !text(&b.ty) {
            codes::UNIT_MISMATCH
        } else {
            codes::TYPE_MISMATCH
        };
        let mut diagnostic = Diagnostic::error(code, b.span, message);
        if let Some(fix) = with_unit(b, good_ty).or_else(|| reworded(b, good_ty)) {
            diagnostic = diagnostic.note(format!("did you mean {fix}?")).fix(b.span, fix);
        } else if let Some(hint) = mismatch_hint(good_ty, &b.ty) {
            diagnostic = diagnostic.hint(hint);
        }
        self.report(diagnostic);
    }

    pub(super) fn bad_operand(&mut self, op: BinaryOp, ast: &ast::Expr, operand: &Expr, hint: &str) {
        let message = format!("`{}` can't take {}: it is {}", op.symbol(), named(ast), article(&operand.ty));
        self.report(Diagnostic::error(codes::BAD_OPERAND, ast.span, message).hint(hint));
    }
}

pub(super) fn make(op: BinaryOp, left: Expr, right: Expr, ty: Type, span: Span) -> Expr {
    Expr { kind: ExprKind::Binary { op, left: Box::new(left), right: Box::new(right) }, ty, span }
}

pub(super) fn is_literal(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Value(_))
}

/// A null beside an operand takes the type that makes sense there.
fn null_stand_ins(op: BinaryOp, l: &Type, r: &Type) -> (Type, Type) {
    let beside = |other: &Type| match (op, other) {
        (_, Type::Null) | (BinaryOp::Mul | BinaryOp::Div, Type::Duration | Type::Bytes) => Type::Int,
        (_, Type::Time) => Type::Duration,
        (_, other) => other.clone(),
    };
    match (l, r) {
        (Type::Null, Type::Duration | Type::Bytes) if op == BinaryOp::Div => (r.clone(), r.clone()),
        (Type::Null, Type::Time) if op == BinaryOp::Sub => (Type::Time, Type::Time),
        (Type::Null, Type::Null) => (Type::Int, Type::Int),
        (Type::Null, r) => (beside(r), r.clone()),
        (l, Type::Null) => (l.clone(), beside(l)),
        (l, r) => (l.clone(), r.clone()),
    }
}

/// The type that arithmetic gives; None where the operands do not go together.
fn result(op: BinaryOp, l: &Type, r: &Type) -> Option<Type> {
    use Type::{Duration, Float, Time};
    let numbers = is_number(l) && is_number(r);
    match (op, l, r) {
        _ if numbers => unify(l, r),
        (BinaryOp::Add, Duration, Time) | (BinaryOp::Add | BinaryOp::Sub, Time, Duration) => Some(Time),
        (BinaryOp::Sub, Time, Time) => Some(Duration),
        (BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mod, l, r) if l == r && is_amount(l) => Some(l.clone()),
        (BinaryOp::Div, l, r) if l == r && is_amount(l) => Some(Float),
        (BinaryOp::Mul | BinaryOp::Div, l, r) if is_amount(l) && is_number(r) => Some(l.clone()),
        (BinaryOp::Mul, l, r) if is_number(l) && is_amount(r) => Some(r.clone()),
        _ => None,
    }
}

/// A literal of the wrong kind, written as one of the right kind.
fn reworded(literal: &Expr, wanted: &Type) -> Option<String> {
    match (&literal.kind, wanted) {
        (ExprKind::Value(Value::String(s)), Type::Int) => s.trim().parse::<i64>().ok().map(|n| n.to_string()),
        (ExprKind::Value(Value::String(s)), Type::Float) => {
            let number = s.trim();
            number.bytes().all(|b| b.is_ascii_digit() || b == b'.').then(|| number.parse::<f64>().ok())?;
            (!number.is_empty()).then(|| number.to_owned())
        }
        (ExprKind::Value(Value::String(s)), Type::Bool) => match s.to_lowercase().as_str() {
            "true" | "t" | "yes" => Some("true".to_owned()),
            "false" | "f" | "no" => Some("false".to_owned()),
            _ => None,
        },
        (ExprKind::Value(Value::String(s)), Type::Duration) => is_duration(s).then(|| s.clone()),
        (ExprKind::Value(Value::String(s)), Type::Time) if is_duration(s) => Some(format!("@{s}")),
        (ExprKind::Value(Value::String(s)), Type::Time) => is_date(s).then(|| format!("@'{s}'")),
        (ExprKind::Value(Value::Int(n)), Type::String) if literal.ty == Type::Int => Some(format!("'{n}'")),
        (ExprKind::Value(Value::Int(n)), Type::Bool) if literal.ty == Type::Int => match n {
            0 => Some("false".to_owned()),
            1 => Some("true".to_owned()),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a string holds what would be a duration without its quotes: `10ms`.
fn is_duration(s: &str) -> bool {
    let number = s.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = s.get(number.len()..).unwrap_or_default();
    let digits = number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    digits && number.parse::<f64>().is_ok() && ["ns", "us", "ms", "s", "m", "h"].contains(&unit)
}

/// Whether a string begins with a date and a time of day: `2026-01-02T03:04:05`.
fn is_date(s: &str) -> bool {
    const SHAPE: &[u8] = b"0000-00-00T00:00:00";
    let alike =
        |(shape, byte): (&u8, u8)| if *shape == b'0' { byte.is_ascii_digit() } else { *shape == byte };
    s.len() > SHAPE.len() && !s.contains('\'') && SHAPE.iter().zip(s.bytes()).all(alike)
}

fn mismatch_hint(a: &Type, b: &Type) -> Option<&'static str> {
    Some(match (a, b) {
        (Type::Stack, Type::String) | (Type::String, Type::Stack) => {
            "to look into a stack: `stack has 'main.f'`, `stack ~ 'regexp'`, `leaf(stack) = 'main.f'`"
        }
        (Type::Duration, Type::Time) | (Type::Time, Type::Duration) => "a time minus a time is a duration",
        (Type::Duration, Type::Int | Type::Float) | (Type::Int | Type::Float, Type::Duration) => {
            "durations are written with a unit, like 10ms; `n::duration` takes n as ns"
        }
        (Type::Bytes, Type::Int | Type::Float) | (Type::Int | Type::Float, Type::Bytes) => {
            "sizes are written with a unit, like 64KiB; `n::bytes` takes n as bytes"
        }
        (Type::Time, Type::Int | Type::Float) | (Type::Int | Type::Float, Type::Time) => {
            "times are written like @1.5s; `n::time` takes n as ns since the trace's start"
        }
        (Type::Duration, Type::String) => "durations are written without quotes, like 10ms",
        (Type::Time, Type::String) => "times are written like @1.5s, or @'2026-01-02T03:04:05Z'",
        (Type::String, _) if b.unit().is_some() || is_number(b) => "`x::string` makes a string of it",
        (Type::List(item), other) if **item == *other => "`list has item` asks for an item",
        _ => return None,
    })
}

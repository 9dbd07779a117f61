//! Expressions as text.

use super::{literal, query, write_list, write_member, write_name, write_path};
use crate::syntax::ast::{
    Arg, BinaryOp, Call, Expr, ExprKind, Frame, FrameBound, FrameUnit, OrderItem, TypeName, UnaryOp, Window,
};

/// How tightly an expression holds together; what stands in a place that asks for more takes parentheses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    /// Nothing but parentheses holds it.
    Open,
    Or,
    And,
    Not,
    Comparison,
    Range,
    Coalesce,
    Concat,
    Sum,
    Product,
    Minus,
    Postfix,
}

fn binary_level(op: BinaryOp) -> (Level, Level) {
    match op {
        BinaryOp::Or => (Level::Or, Level::And),
        BinaryOp::And => (Level::And, Level::Not),
        BinaryOp::Coalesce => (Level::Coalesce, Level::Concat),
        BinaryOp::Concat => (Level::Concat, Level::Sum),
        BinaryOp::Add | BinaryOp::Sub => (Level::Sum, Level::Product),
        BinaryOp::Mul | BinaryOp::Div | BinaryOp::Mod => (Level::Product, Level::Minus),
        _ => (Level::Comparison, Level::Range),
    }
}

fn level(expr: &Expr) -> Level {
    match &expr.kind {
        ExprKind::Unary { op: UnaryOp::Not, .. } => Level::Not,
        ExprKind::Unary { op: UnaryOp::Neg, .. } => Level::Minus,
        ExprKind::Binary { op, .. } => binary_level(*op).0,
        ExprKind::IsNull { .. }
        | ExprKind::InList { .. }
        | ExprKind::InQuery { .. }
        | ExprKind::Between { .. }
        | ExprKind::Like { .. } => Level::Comparison,
        // A name behind `@1s..` would be taken for its end, and `<` behind `x::list` for that of its type.
        ExprKind::Range { to: None, .. } => Level::Open,
        ExprKind::Cast { ty, .. } if ty.args.is_empty() && ty.name.text == "list" => Level::Open,
        ExprKind::Range { .. } => Level::Range,
        _ => Level::Postfix,
    }
}

/// Writes an expression that stands alone.
pub(super) fn write_top(out: &mut String, expr: &Expr) {
    write_at(out, expr, Level::Open);
}

/// Writes an expression behind which other words may come.
pub(super) fn write(out: &mut String, expr: &Expr) {
    write_at(out, expr, Level::Or);
}

/// Writes an expression that must not be mistaken for a word of the grammar.
pub(super) fn write_unlike(out: &mut String, expr: &Expr, word: &str) {
    let alike = matches!(&expr.kind, ExprKind::Name(parts)
        if parts.len() == 1 && parts[0].text == word && !parts[0].quoted);
    if alike {
        out.push('(');
        write(out, expr);
        out.push(')');
    } else {
        write(out, expr);
    }
}

fn write_at(out: &mut String, expr: &Expr, wanted: Level) {
    if level(expr) < wanted {
        out.push('(');
        write_kind(out, &expr.kind);
        out.push(')');
    } else {
        write_kind(out, &expr.kind);
    }
}

fn write_kind(out: &mut String, kind: &ExprKind) {
    match kind {
        ExprKind::Name(parts) => write_path(out, parts),
        ExprKind::Literal(value) => out.push_str(&literal::text(value)),
        ExprKind::Param(name) => {
            out.push('$');
            out.push_str(&name.text);
        }
        ExprKind::Unary { op: UnaryOp::Not, expr } => {
            out.push_str("not ");
            write_at(out, expr, Level::Not);
        }
        ExprKind::Unary { op: UnaryOp::Neg, expr } => {
            out.push('-');
            // Two in a row would begin a comment.
            if matches!(expr.kind, ExprKind::Unary { op: UnaryOp::Neg, .. }) {
                out.push(' ');
            }
            write_at(out, expr, Level::Minus);
        }
        ExprKind::Binary { op, left, right, .. } => {
            let (own, tighter) = binary_level(*op);
            // Comparisons do not chain: both of their sides are tighter.
            write_at(out, left, if own == Level::Comparison { tighter } else { own });
            out.push(' ');
            out.push_str(op.symbol());
            out.push(' ');
            write_at(out, right, tighter);
        }
        ExprKind::IsNull { expr, negated } => {
            write_at(out, expr, Level::Range);
            out.push_str(if *negated { " is not null" } else { " is null" });
        }
        ExprKind::InList { expr, list, negated } => {
            write_negatable(out, expr, *negated, "in (");
            write_list(out, list, write);
            out.push(')');
        }
        ExprKind::InQuery { expr, query, negated } => {
            write_negatable(out, expr, *negated, "in (");
            query::write(out, query);
            out.push(')');
        }
        ExprKind::Between { expr, low, high, negated } => {
            write_negatable(out, expr, *negated, "between ");
            write_at(out, low, Level::Range);
            out.push_str(" and ");
            write_at(out, high, Level::Range);
        }
        ExprKind::Like { expr, pattern, negated, case_insensitive } => {
            write_negatable(out, expr, *negated, if *case_insensitive { "ilike " } else { "like " });
            write_at(out, pattern, Level::Range);
        }
        ExprKind::Cast { expr, ty } => {
            write_at(out, expr, Level::Postfix);
            out.push_str("::");
            write_type(out, ty);
        }
        ExprKind::Index { expr, index } => {
            write_at(out, expr, Level::Postfix);
            out.push('[');
            write(out, index);
            out.push(']');
        }
        ExprKind::Field { expr, field } => {
            write_at(out, expr, Level::Postfix);
            out.push('.');
            write_member(out, field);
        }
        ExprKind::Call(call) => write_call(out, call),
        ExprKind::Case { operand, branches, otherwise } => {
            out.push_str("case");
            if let Some(operand) = operand {
                out.push(' ');
                write(out, operand);
            }
            for (condition, value) in branches {
                out.push_str(" when ");
                write(out, condition);
                out.push_str(" then ");
                write(out, value);
            }
            if let Some(otherwise) = otherwise {
                out.push_str(" else ");
                write(out, otherwise);
            }
            out.push_str(" end");
        }
        ExprKind::List(items) => {
            out.push('[');
            write_list(out, items, write);
            out.push(']');
        }
        ExprKind::Range { from, to } => {
            if let Some(from) = from {
                write_at(out, from, Level::Coalesce);
            }
            out.push_str("..");
            if let Some(to) = to {
                write_at(out, to, Level::Coalesce);
            }
        }
        ExprKind::Query(query) => {
            out.push('(');
            query::write(out, query);
            out.push(')');
        }
        ExprKind::Exists { query } => {
            out.push_str("exists (");
            query::write(out, query);
            out.push(')');
        }
        ExprKind::Error => out.push('?'),
    }
}

fn write_negatable(out: &mut String, expr: &Expr, negated: bool, words: &str) {
    write_at(out, expr, Level::Range);
    out.push_str(if negated { " not " } else { " " });
    out.push_str(words);
}

pub(super) fn write_type(out: &mut String, ty: &TypeName) {
    write_name(out, &ty.name);
    if !ty.args.is_empty() {
        out.push('<');
        write_list(out, &ty.args, write_type);
        out.push('>');
    }
}

fn write_call(out: &mut String, call: &Call) {
    if let Some(module) = &call.module {
        write_name(out, module);
        out.push('.');
    }
    write_name(out, &call.name);
    out.push('(');
    if call.distinct {
        out.push_str("distinct ");
    }
    if call.star {
        out.push('*');
    }
    write_list(out, &call.args, write_arg);
    if let Some(by) = &call.by {
        out.push_str(" by ");
        write(out, by);
    }
    if !call.order_by.is_empty() {
        out.push(' ');
        write_order_by(out, &call.order_by);
    }
    out.push(')');
    if let Some(filter) = &call.filter {
        out.push_str(" filter (where ");
        write(out, filter);
        out.push(')');
    }
    if let Some(window) = &call.over {
        out.push_str(" over ");
        write_window(out, window);
    }
}

pub(super) fn write_arg(out: &mut String, arg: &Arg) {
    if let Some(name) = &arg.name {
        write_name(out, name);
        out.push_str(": ");
    }
    write(out, &arg.value);
}

pub(super) fn write_order_by(out: &mut String, items: &[OrderItem]) {
    out.push_str("order by ");
    write_list(out, items, |out, item| {
        write(out, &item.expr);
        if item.descending {
            out.push_str(" desc");
        }
        match item.nulls_first {
            Some(true) => out.push_str(" nulls first"),
            Some(false) => out.push_str(" nulls last"),
            None => {}
        }
    });
}

fn write_window(out: &mut String, window: &Window) {
    out.push('(');
    let mut separator = "";
    if !window.partition_by.is_empty() {
        out.push_str("partition by ");
        write_list(out, &window.partition_by, write);
        separator = " ";
    }
    if !window.order_by.is_empty() {
        out.push_str(separator);
        write_order_by(out, &window.order_by);
        separator = " ";
    }
    if let Some(frame) = &window.frame {
        out.push_str(separator);
        write_frame(out, frame);
    }
    out.push(')');
}

fn write_frame(out: &mut String, frame: &Frame) {
    out.push_str(match frame.unit {
        FrameUnit::Rows => "rows between ",
        FrameUnit::Range => "range between ",
        FrameUnit::Groups => "groups between ",
    });
    write_bound(out, &frame.start);
    out.push_str(" and ");
    write_bound(out, &frame.end);
}

fn write_bound(out: &mut String, bound: &FrameBound) {
    let (amount, direction) = match bound {
        FrameBound::CurrentRow => return out.push_str("current row"),
        FrameBound::Preceding(amount) => (amount, " preceding"),
        FrameBound::Following(amount) => (amount, " following"),
    };
    match amount {
        // `and` within the amount would end it.
        Some(amount) if level(amount) <= Level::And => {
            out.push('(');
            write(out, amount);
            out.push(')');
        }
        Some(amount) => write_unlike(out, amount, "unbounded"),
        None => out.push_str("unbounded"),
    }
    out.push_str(direction);
}

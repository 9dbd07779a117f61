//! Queries as text.

use super::expr::{self, write_arg, write_order_by, write_unlike};
use super::{write_list, write_name, write_names, write_path};
use crate::syntax::ast::{
    Body, Expr, From, GroupBy, Item, Join, JoinCondition, JoinKind, OrderItem, Query, Select, SetBody, SetOp,
    Source, SourceKind, Stage, StageKind,
};

pub(super) fn write(out: &mut String, query: &Query) {
    if !query.ctes.is_empty() {
        out.push_str("with ");
        write_list(out, &query.ctes, |out, cte| {
            write_name(out, &cte.name);
            out.push_str(" as (");
            write(out, &cte.query);
            out.push(')');
        });
        out.push(' ');
    }
    write_body(out, &query.body);
    for stage in &query.stages {
        out.push_str(" |> ");
        write_stage(out, stage);
    }
}

fn write_body(out: &mut String, body: &Body) {
    match body {
        Body::From(from) => write_from(out, from),
        Body::Select(select) => write_select(out, select),
        Body::Set(set) => write_set(out, set),
        Body::Query(query) => write_parenthesised(out, query),
        Body::Error(_) => out.push('?'),
    }
}

fn write_parenthesised(out: &mut String, query: &Query) {
    out.push('(');
    write(out, query);
    out.push(')');
}

fn set_level(op: SetOp) -> u8 {
    match op {
        SetOp::Union | SetOp::Except => 1,
        SetOp::Intersect => 2,
    }
}

fn write_set(out: &mut String, set: &SetBody) {
    let level = set_level(set.op);
    write_operand(out, &set.left, level);
    out.push(' ');
    write_set_operator(out, set.op, set.all);
    out.push(' ');
    write_operand(out, &set.right, level + 1);
    write_tail(out, &set.order_by, set.limit.as_ref(), set.offset.as_ref());
}

fn write_set_operator(out: &mut String, op: SetOp, all: bool) {
    out.push_str(match op {
        SetOp::Union => "union",
        SetOp::Intersect => "intersect",
        SetOp::Except => "except",
    });
    if all {
        out.push_str(" all");
    }
}

/// An operand stands without parentheses if nothing of it could be taken for a part of the whole.
fn write_operand(out: &mut String, query: &Query, wanted: u8) {
    let alone = query.ctes.is_empty() && query.stages.is_empty();
    let bare = alone
        && match &query.body {
            Body::Select(select) => {
                select.order_by.is_empty() && select.limit.is_none() && select.offset.is_none()
            }
            Body::Set(set) => {
                set.order_by.is_empty()
                    && set.limit.is_none()
                    && set.offset.is_none()
                    && set_level(set.op) >= wanted
            }
            _ => false,
        };
    if bare { write(out, query) } else { write_parenthesised(out, query) }
}

fn write_tail(out: &mut String, order_by: &[OrderItem], limit: Option<&Expr>, offset: Option<&Expr>) {
    if !order_by.is_empty() {
        out.push(' ');
        write_order_by(out, order_by);
    }
    write_clause(out, " limit ", limit);
    write_clause(out, " offset ", offset);
}

fn write_clause(out: &mut String, words: &str, value: Option<&Expr>) {
    if let Some(value) = value {
        out.push_str(words);
        expr::write(out, value);
    }
}

fn write_select(out: &mut String, select: &Select) {
    out.push_str(if select.distinct { "select distinct " } else { "select " });
    write_items(out, &select.items);
    if let Some(from) = &select.from {
        out.push(' ');
        write_from(out, from);
    }
    write_clause(out, " where ", select.filter.as_ref());
    if let Some(group_by) = &select.group_by {
        out.push(' ');
        write_group_by(out, group_by);
    }
    write_clause(out, " having ", select.having.as_ref());
    write_clause(out, " qualify ", select.qualify.as_ref());
    write_tail(out, &select.order_by, select.limit.as_ref(), select.offset.as_ref());
}

fn write_items(out: &mut String, items: &[Item]) {
    write_list(out, items, |out, item| match item {
        Item::Star { qualifier, except, .. } => {
            if let Some(qualifier) = qualifier {
                write_name(out, qualifier);
                out.push('.');
            }
            out.push('*');
            if !except.is_empty() {
                out.push_str(" except (");
                write_names(out, except);
                out.push(')');
            }
        }
        Item::Expr { expr, alias } => {
            expr::write(out, expr);
            if let Some(alias) = alias {
                out.push_str(" as ");
                write_name(out, alias);
            }
        }
    });
}

fn write_group_by(out: &mut String, group_by: &GroupBy) {
    out.push_str("group by ");
    match group_by {
        GroupBy::All(_) => out.push_str("all"),
        GroupBy::Keys(keys) => write_list(out, keys, |out, key| {
            write_unlike(out, &key.expr, "all");
            if let Some(alias) = &key.alias {
                out.push_str(" as ");
                write_name(out, alias);
            }
        }),
    }
}

fn write_from(out: &mut String, from: &From) {
    out.push_str("from ");
    write_source(out, &from.source);
    for join in &from.joins {
        out.push(' ');
        write_join(out, join);
    }
}

fn write_source(out: &mut String, source: &Source) {
    match &source.kind {
        SourceKind::Table(path) => write_path(out, path),
        SourceKind::Function { name, args } => {
            write_path(out, name);
            out.push('(');
            write_list(out, args, write_arg);
            out.push(')');
        }
        SourceKind::Query(query) => write_parenthesised(out, query),
        SourceKind::Values(rows) => {
            out.push_str("values ");
            write_list(out, rows, |out, row| {
                out.push('(');
                write_list(out, &row.node, expr::write);
                out.push(')');
            });
        }
        SourceKind::Error => out.push('?'),
    }
    if let Some(alias) = &source.alias {
        out.push_str(" as ");
        write_name(out, alias);
        if !source.columns.is_empty() {
            out.push('(');
            write_names(out, &source.columns);
            out.push(')');
        }
    }
}

fn write_join(out: &mut String, join: &Join) {
    out.push_str(match join.kind {
        JoinKind::Inner => "join ",
        JoinKind::Left => "left join ",
        JoinKind::Right => "right join ",
        JoinKind::Full => "full join ",
        JoinKind::Cross => "cross join ",
        JoinKind::Semi => "semi join ",
        JoinKind::Anti => "anti join ",
    });
    write_source(out, &join.source);
    match &join.condition {
        JoinCondition::None => {}
        JoinCondition::On(condition) => write_clause(out, " on ", Some(condition)),
        JoinCondition::Using(names) => {
            out.push_str(" using (");
            write_names(out, names);
            out.push(')');
        }
    }
}

fn write_stage(out: &mut String, stage: &Stage) {
    match &stage.kind {
        StageKind::Where(condition) => write_clause(out, "where ", Some(condition)),
        StageKind::Select { distinct, items } => {
            out.push_str(if *distinct { "select distinct " } else { "select " });
            write_items(out, items);
        }
        StageKind::Extend(items) => {
            out.push_str("extend ");
            write_items(out, items);
        }
        StageKind::Set(pairs) => {
            out.push_str("set ");
            write_list(out, pairs, |out, (name, value)| {
                write_name(out, name);
                out.push_str(" = ");
                expr::write(out, value);
            });
        }
        StageKind::Drop(names) => {
            out.push_str("drop ");
            write_names(out, names);
        }
        StageKind::Rename(pairs) => {
            out.push_str("rename ");
            write_list(out, pairs, |out, (old, new)| {
                write_name(out, old);
                out.push_str(" as ");
                write_name(out, new);
            });
        }
        StageKind::As(name) => {
            out.push_str("as ");
            write_name(out, name);
        }
        StageKind::Aggregate { items, group_by } => {
            out.push_str("aggregate");
            if !items.is_empty() {
                out.push(' ');
                write_items(out, items);
            }
            if let Some(group_by) = group_by {
                out.push(' ');
                write_group_by(out, group_by);
            }
        }
        StageKind::OrderBy(items) => write_order_by(out, items),
        StageKind::Limit { count, offset } => {
            write_clause(out, "limit ", Some(count));
            write_clause(out, " offset ", offset.as_ref());
        }
        StageKind::Offset(count) => write_clause(out, "offset ", Some(count)),
        StageKind::Distinct => out.push_str("distinct"),
        StageKind::Join(join) => write_join(out, join),
        StageKind::SetOp { op, all, query, .. } => {
            write_set_operator(out, *op, *all);
            out.push(' ');
            write_parenthesised(out, query);
        }
        StageKind::Clip(range) => write_clause(out, "clip ", Some(range)),
        StageKind::At(time) => write_clause(out, "at ", Some(time)),
        StageKind::Bucket(width) => write_clause(out, "bucket ", Some(width)),
        StageKind::OverlapJoin(join) => {
            out.push_str(if join.left { "left overlap join " } else { "overlap join " });
            write_source(out, &join.source);
            write_clause(out, " on ", join.on.as_ref());
        }
        StageKind::Sweep { kind, by } => {
            out.push_str(kind.word());
            write_by(out, by);
        }
        StageKind::Match { by, steps } => {
            out.push_str("match");
            write_by(out, by);
            for (n, step) in steps.iter().enumerate() {
                out.push_str(if n == 0 { " (" } else { " -> (" });
                write_name(out, &step.name);
                write_clause(out, ": ", Some(&step.condition));
                write_clause(out, " within ", step.within.as_ref());
                out.push(')');
            }
        }
        StageKind::Render { kind, args } => {
            out.push_str("render ");
            write_name(out, kind);
            if !args.is_empty() {
                out.push('(');
                write_list(out, args, write_arg);
                out.push(')');
            }
        }
        StageKind::Error => out.push('?'),
    }
}

fn write_by(out: &mut String, by: &[Expr]) {
    if !by.is_empty() {
        out.push_str(" by ");
        write_list(out, by, expr::write);
    }
}

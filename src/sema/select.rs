//! The select form: the same relations as the pipe form's stages, in SQL's logical order.

use super::aggregate::{self, Regroup, christen};
use super::context::Context;
use super::expr::{Checker, Clause};
use super::items;
use super::lints;
use super::order;
use super::query;
use super::relation::Relation;
use super::scope::Scope;
use super::typed::Rel;
use crate::syntax::ast;

pub(super) fn select<'a>(cx: &mut Context<'a>, select: &'a ast::Select) -> Relation {
    let mut relation = match &select.from {
        Some(from) => query::from(cx, from),
        None => Relation::new(Rel::Values { columns: Vec::new(), rows: vec![Vec::new()] }, Scope::default()),
    };
    if let Some(filter) = &select.filter {
        let mut checker = Checker::new(cx, &relation.scope, Clause::Where);
        checker.later = aliases(&select.items);
        let predicate = checker.condition(filter, "`where`");
        lints::contradictions(checker.cx, &predicate);
        relation.filter(predicate);
    }
    let scope = std::mem::take(&mut relation.scope);
    let mut checker = Checker::new(cx, &scope, Clause::GroupBy);
    let given: &[ast::GroupKey] = match &select.group_by {
        Some(ast::GroupBy::Keys(keys)) => keys,
        Some(ast::GroupBy::All(_)) | None => &[],
    };
    let checked = aggregate::check_keys(&mut checker, given);
    checker.clause = Clause::Items;
    checker.later = aliases(&select.items);
    let mut items = items::check(&mut checker, &select.items);
    checker.later = Vec::new();
    items::name(checker.cx, &mut items, &[]);
    checker.aliases.extend(items.iter().cloned());

    checker.clause = Clause::GroupBy;
    let mut complete = true;
    let mut keys = match &select.group_by {
        Some(ast::GroupBy::Keys(_)) => {
            let keys;
            (keys, complete) = aggregate::resolve_keys(&mut checker, given, checked, &items);
            Some(keys)
        }
        None if select.having.is_none() && checker.aggregates.is_empty() => None,
        Some(ast::GroupBy::All(_)) | None => Some(aggregate::implicit_keys(&mut checker, &items)),
    };
    checker.keys = keys.as_ref().map(aggregate::plain_keys);
    checker.clause = Clause::Having;
    let mut having = select.having.as_ref().map(|having| checker.condition(having, "`having`"));
    checker.clause = Clause::Qualify;
    let mut qualify = select.qualify.as_ref().map(|qualify| checker.condition(qualify, "`qualify`"));
    checker.clause = Clause::OrderBy;
    let mut order_by = order::check(&mut checker, &select.order_by, &items);
    if keys.is_none() && !checker.aggregates.is_empty() {
        // Only `order by` or `qualify` has an aggregate.
        keys = Some(aggregate::implicit_keys(&mut checker, &items));
    }

    let (mut aggregates, mut windows) = (checker.aggregates, checker.windows);
    if let Some(mut keys) = keys {
        let mut regroup = Regroup::new(cx, &scope, (&keys, complete), &aggregates, &windows);
        let items_exprs = items.iter_mut().map(|item| &mut item.expr);
        let order_exprs = order_by.iter_mut().filter_map(|key| match &mut key.target {
            order::Target::Expr(expr) => Some(expr),
            order::Target::Item(_) => None,
        });
        for expr in items_exprs.chain(&mut having).chain(&mut qualify).chain(order_exprs) {
            regroup.expr(expr);
        }
        for (_, window) in &mut windows {
            regroup.window(window);
        }
        christen(&mut keys, &items);
        christen(&mut aggregates, &items);
        relation.wrap(|input| Rel::Aggregate { input, keys, aggregates });
    }
    if let Some(having) = having {
        relation.filter(having);
    }
    christen(&mut windows, &items);
    relation.windows(windows);
    if let Some(qualify) = qualify {
        relation.filter(qualify);
    }
    let has_star = select.items.iter().any(|item| matches!(item, ast::Item::Star { .. }));
    let columns = items::columns(cx, items);
    order::project(cx, &mut relation, columns, order_by, select.distinct, scope.incomplete && has_star);
    order::limit(cx, &mut relation, select.limit.as_ref(), select.offset.as_ref());
    relation
}

/// The names that a select list gives.
fn aliases(items: &[ast::Item]) -> Vec<&str> {
    let names = items.iter().filter_map(|item| match item {
        ast::Item::Expr { alias: Some(alias), .. } => Some(alias.text.as_str()),
        _ => None,
    });
    names.collect()
}

//! Grouping: which are the keys, and what may be read beside them.

use super::codes;
use super::context::Context;
use super::expr::{Checker, Clause};
use super::facts::Named;
use super::items::{self, CheckedItem};
use super::naming::implicit_name;
use super::relation::{Relation, output_column, reference};
use super::scope::{Lookup, Scope};
use super::tree::{children_mut, reads, same, window_parts_mut};
use super::typed::{Aggregate, Column, ColumnId, Expr, ExprKind, Rel, WindowCall};
use super::types::unknown;
use crate::catalog::Type;
use crate::diag::{Diagnostic, Span};
use crate::syntax::ast;

pub(super) type Keys = Vec<(Column, Expr)>;

/// Checks the keys that mean something by themselves; a position, or a name that is no column, waits for the items.
pub(super) fn check_keys<'a>(
    checker: &mut Checker<'_, 'a>,
    keys: &'a [ast::GroupKey],
) -> Vec<Option<CheckedItem>> {
    let mut checked = Vec::with_capacity(keys.len());
    for key in keys {
        let waits = match &key.expr.kind {
            ast::ExprKind::Literal(ast::Literal::Int(_)) => true,
            ast::ExprKind::Name(parts) => match &parts[..] {
                [name] => matches!(checker.scope.find(&name.text), Lookup::Missing) && key.alias.is_none(),
                _ => false,
            },
            _ => false,
        };
        checked.push((!waits).then(|| {
            let item = items::check_one(checker, &key.expr, key.alias.as_ref());
            if let Some(alias) = item.alias {
                checker.cx.gives_name(alias, Named::Column, Some(&item.expr.ty));
                checker.aliases.push(item.clone());
            }
            item
        }));
    }
    checked
}

/// The keys of `group by`, in order, with those that refer to items; and whether that is all of them.
pub(super) fn resolve_keys<'a>(
    checker: &mut Checker<'_, 'a>,
    keys: &'a [ast::GroupKey],
    checked: Vec<Option<CheckedItem>>,
    items: &[CheckedItem],
) -> (Keys, bool) {
    let mut resolved = Keys::new();
    let mut complete = true;
    for (key, checked) in keys.iter().zip(checked) {
        let (name, expr) = match checked {
            Some(item) => (item.name, item.expr),
            None => match referred(checker, &key.expr, items) {
                Some((name, expr)) => (key.alias.as_ref().map_or(name, |alias| alias.text.clone()), expr),
                None => {
                    complete = false;
                    continue;
                }
            },
        };
        complete &= expr.ty != Type::Unknown;
        add_key(checker.cx, &mut resolved, name, expr);
    }
    (resolved, complete)
}

/// The item that a key refers to by position or name.
fn referred<'a>(
    checker: &mut Checker<'_, 'a>,
    key: &'a ast::Expr,
    items: &[CheckedItem],
) -> Option<(String, Expr)> {
    let item = match &key.kind {
        ast::ExprKind::Literal(ast::Literal::Int(n)) => {
            let item = usize::try_from(*n).ok().and_then(|n| items.get(n.checked_sub(1)?));
            if item.is_none() {
                bad_ordinal(checker.cx, *n, items.len(), key.span);
                return None;
            }
            item
        }
        ast::ExprKind::Name(parts) => {
            parts.last().and_then(|name| items.iter().find(|item| item.name == name.text))
        }
        _ => None,
    };
    let Some(item) = item else {
        let expr = checker.expr(key);
        return (expr.ty != Type::Unknown).then(|| (implicit_name(key), expr));
    };
    checker.cx.reads_item(key.span, item);
    if is_computed(checker, &item.expr) {
        let message = format!("`{}` is computed from groups: it can't be a key of them", item.name);
        checker.report(Diagnostic::error(codes::MISPLACED_AGGREGATE, key.span, message));
        return None;
    }
    Some((item.name.clone(), item.expr.clone()))
}

pub(super) fn bad_ordinal(cx: &mut Context<'_>, n: i64, items: usize, span: Span) {
    let message = format!("there is no item number {n}");
    let has = match items {
        0 => "the list has no items".to_owned(),
        1 => "the list has one item".to_owned(),
        items => format!("the list has {items} items, counted from 1"),
    };
    cx.report(Diagnostic::error(codes::BAD_ORDINAL, span, message).note(has));
}

/// Without keys given: every item that is neither computed from groups nor constant.
pub(super) fn implicit_keys(checker: &mut Checker<'_, '_>, items: &[CheckedItem]) -> Keys {
    let mut keys = Keys::new();
    for item in items {
        if reads(&item.expr, &mut |_| true) && !is_computed(checker, &item.expr) {
            add_key(checker.cx, &mut keys, item.name.clone(), item.expr.clone());
        }
    }
    keys
}

/// The input's columns that are keys as they are.
pub(super) fn plain_keys(keys: &Keys) -> Vec<ColumnId> {
    let plain = keys.iter().filter_map(|(_, expr)| match expr.kind {
        ExprKind::Column(id) => Some(id),
        _ => None,
    });
    plain.collect()
}

fn add_key(cx: &mut Context<'_>, keys: &mut Keys, name: String, expr: Expr) {
    if keys.iter().all(|(_, key)| !same(key, &expr)) {
        let column = output_column(cx, name, &expr, keys);
        keys.push((column, expr));
    }
}

/// Whether an expression reads an aggregate or a window call.
fn is_computed(checker: &Checker<'_, '_>, expr: &Expr) -> bool {
    reads(expr, &mut |id| {
        checker.aggregates.iter().any(|(column, _)| column.id == id)
            || checker.windows.iter().any(|(column, _)| column.id == id)
    })
}

/// Turns expressions over a relation's rows into expressions over its groups.
pub(super) struct Regroup<'r, 'a> {
    cx: &'r mut Context<'a>,
    /// The columns of the rows, for their names.
    scope: &'r Scope,
    keys: &'r Keys,
    /// Whether these are all the keys: what another one may stand for goes unreported.
    complete: bool,
    /// The results of aggregates and window calls.
    computed: Vec<ColumnId>,
}

impl<'r, 'a> Regroup<'r, 'a> {
    pub(super) fn new(
        cx: &'r mut Context<'a>,
        scope: &'r Scope,
        (keys, complete): (&'r Keys, bool),
        aggregates: &[(Column, Aggregate)],
        windows: &[(Column, WindowCall)],
    ) -> Self {
        let aggregates = aggregates.iter().map(|(column, _)| column.id);
        let computed = aggregates.chain(windows.iter().map(|(column, _)| column.id)).collect();
        Self { cx, scope, keys, complete, computed }
    }

    pub(super) fn expr(&mut self, expr: &mut Expr) {
        if let Some((column, _)) = self.keys.iter().find(|(_, key)| same(key, expr)) {
            *expr = reference(column, expr.span);
            return;
        }
        match expr.kind {
            ExprKind::Column(id) if self.computed.contains(&id) => {}
            ExprKind::Column(id) => {
                if self.complete {
                    self.not_grouped(id, &expr.ty, expr.span);
                }
                *expr = unknown(expr.span);
            }
            _ => {
                for child in children_mut(expr) {
                    self.expr(child);
                }
            }
        }
    }

    pub(super) fn window(&mut self, window: &mut WindowCall) {
        for part in window_parts_mut(window) {
            self.expr(part);
        }
    }

    fn not_grouped(&mut self, id: ColumnId, ty: &Type, span: Span) {
        let name = self.scope.by_id(id).map_or("this", |column| column.name.as_str());
        let example = match ty {
            Type::Float | Type::Duration | Type::Bytes => "sum",
            Type::Time => "min",
            _ => "any_value",
        };
        let message = format!("`{name}` must be in `group by` or inside an aggregate");
        self.cx.report(
            Diagnostic::error(codes::NOT_GROUPED, span, message)
                .note("which of the group's rows is meant?")
                .hint(format!("like `{example}({name})`")),
        );
    }
}

/// Names columns after the items that are just they.
pub(super) fn christen<T>(columns: &mut [(Column, T)], items: &[CheckedItem]) {
    for (column, _) in columns {
        let item =
            items.iter().find(|item| matches!(item.expr.kind, ExprKind::Column(id) if id == column.id));
        if let Some(item) = item {
            column.name.clone_from(&item.name);
        }
    }
}

/// `|> aggregate items group by keys`: gives the keys, then the items.
pub(super) fn stage<'a>(
    cx: &mut Context<'a>,
    relation: &mut Relation,
    list: &'a [ast::Item],
    group_by: Option<&'a ast::GroupBy>,
    span: Span,
) {
    if list.is_empty() && !matches!(group_by, Some(ast::GroupBy::Keys(_))) {
        let message = "there is nothing to aggregate";
        cx.report(
            Diagnostic::error(codes::BAD_ITEM, span, message)
                .hint("like `aggregate count() as n group by name`"),
        );
        relation.scope.incomplete = true;
        return;
    }
    let scope = std::mem::take(&mut relation.scope);
    let mut checker = Checker::new(cx, &scope, Clause::GroupBy);
    let given: &[ast::GroupKey] = match group_by {
        Some(ast::GroupBy::Keys(keys)) => keys,
        Some(ast::GroupBy::All(_)) | None => &[],
    };
    let checked = check_keys(&mut checker, given);
    checker.clause = Clause::Aggregate;
    for item in list {
        if let ast::Item::Star { span, .. } = item {
            let diagnostic = Diagnostic::error(codes::BAD_ITEM, *span, "`*` can't be aggregated");
            checker.report(diagnostic.hint("`count()` counts rows"));
        }
    }
    let no_star = list.iter().all(|item| matches!(item, ast::Item::Expr { .. }));
    let mut items = if no_star { items::check(&mut checker, list) } else { Vec::new() };
    checker.clause = Clause::GroupBy;
    let (keys, complete) = if matches!(group_by, Some(ast::GroupBy::Keys(_))) {
        resolve_keys(&mut checker, given, checked, &items)
    } else {
        (implicit_keys(&mut checker, &items), true)
    };
    let mut aggregates = checker.aggregates;
    let mut regroup = Regroup::new(cx, &scope, (&keys, complete), &aggregates, &[]);
    for item in &mut items {
        regroup.expr(&mut item.expr);
    }
    let mut all: Vec<CheckedItem> = keys
        .iter()
        .map(|(column, key)| {
            // An item that is a key gives the key its name, and is not given twice.
            let item =
                items.iter().find(|item| matches!(item.expr.kind, ExprKind::Column(id) if id == column.id));
            let (name, alias) =
                item.map_or_else(|| (column.name.clone(), None), |item| (item.name.clone(), item.alias));
            CheckedItem { name, alias, expr: reference(column, key.span) }
        })
        .collect();
    let taken: Vec<ColumnId> = keys.iter().map(|(column, _)| column.id).collect();
    let mut seen: Vec<ColumnId> = Vec::new();
    all.extend(items.into_iter().filter(|item| match item.expr.kind {
        ExprKind::Column(id) if taken.contains(&id) && !seen.contains(&id) => {
            seen.push(id);
            false
        }
        _ => true,
    }));
    items::name(cx, &mut all, &[]);
    let mut keys = keys;
    christen(&mut keys, &all);
    christen(&mut aggregates, &all);
    let columns = items::columns(cx, all);
    for alias in given.iter().filter_map(|key| key.alias.as_ref()) {
        if let Some((column, _)) = columns.iter().find(|(column, _)| column.name == alias.text) {
            cx.names_column(column.id, &column.name, alias.span);
        }
    }
    relation.wrap(|input| Rel::Aggregate { input, keys, aggregates });
    relation.show(columns, scope.incomplete && !no_star);
}

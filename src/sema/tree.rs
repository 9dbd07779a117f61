//! Walking and comparing typed expressions.

use super::typed::{Aggregate, ColumnId, Expr, ExprKind, SortKey, WindowCall};

/// The expressions right inside an expression. Those of a subquery do not count: they see other columns.
pub(super) fn children(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::Column(_)
        | ExprKind::Value(_)
        | ExprKind::Parameter(_)
        | ExprKind::TraceEnd
        | ExprKind::TraceName
        | ExprKind::WallClock(_)
        | ExprKind::Query(_)
        | ExprKind::Exists(_) => Vec::new(),
        ExprKind::Neg(e) | ExprKind::Not(e) | ExprKind::IsNull(e) | ExprKind::Cast(e) => vec![e],
        ExprKind::InQuery { expr, .. } | ExprKind::Field { expr, .. } => vec![expr],
        ExprKind::Binary { left, right, .. } => vec![left, right],
        ExprKind::Like { expr, pattern, .. } => vec![expr, pattern],
        ExprKind::Index { expr, index } => vec![expr, index],
        ExprKind::In { expr, list } => std::iter::once(&**expr).chain(list).collect(),
        ExprKind::Case { branches, otherwise } => {
            let branches = branches.iter().flat_map(|(when, then)| [when, then]);
            branches.chain(otherwise.as_deref()).collect()
        }
        ExprKind::Call { args, .. } | ExprKind::List(args) => args.iter().collect(),
    }
}

/// The same, to change them.
pub(super) fn children_mut(expr: &mut Expr) -> Vec<&mut Expr> {
    match &mut expr.kind {
        ExprKind::Column(_)
        | ExprKind::Value(_)
        | ExprKind::Parameter(_)
        | ExprKind::TraceEnd
        | ExprKind::TraceName
        | ExprKind::WallClock(_)
        | ExprKind::Query(_)
        | ExprKind::Exists(_) => Vec::new(),
        ExprKind::Neg(e) | ExprKind::Not(e) | ExprKind::IsNull(e) | ExprKind::Cast(e) => vec![e],
        ExprKind::InQuery { expr, .. } | ExprKind::Field { expr, .. } => vec![expr],
        ExprKind::Binary { left, right, .. } => vec![left, right],
        ExprKind::Like { expr, pattern, .. } => vec![expr, pattern],
        ExprKind::Index { expr, index } => vec![expr, index],
        ExprKind::In { expr, list } => std::iter::once(&mut **expr).chain(list).collect(),
        ExprKind::Case { branches, otherwise } => {
            let branches = branches.iter_mut().flat_map(|(when, then)| [when, then]);
            branches.chain(otherwise.as_deref_mut()).collect()
        }
        ExprKind::Call { args, .. } | ExprKind::List(args) => args.iter_mut().collect(),
    }
}

/// The expressions that a window call is made of.
pub(super) fn window_parts_mut(window: &mut WindowCall) -> Vec<&mut Expr> {
    let call = &mut window.call;
    let keys = call.order_by.iter_mut().chain(&mut window.order_by).map(|key| &mut key.expr);
    call.args.iter_mut().chain(&mut call.filter).chain(&mut window.partition_by).chain(keys).collect()
}

/// Whether a condition on the columns holds for one that the expression reads.
pub(super) fn reads(expr: &Expr, column: &mut impl FnMut(ColumnId) -> bool) -> bool {
    match expr.kind {
        ExprKind::Column(id) => column(id),
        _ => children(expr).into_iter().any(|child| reads(child, column)),
    }
}

/// How large an expression is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent {
    /// The number of its parts.
    pub(super) parts: usize,
    /// Parts on the longest way from the whole to a leaf.
    pub(super) depth: usize,
}

pub(super) fn extent(expr: &Expr) -> Extent {
    let inside = children(expr).into_iter().map(extent);
    inside.fold(Extent { parts: 1, depth: 1 }, |all, child| Extent {
        parts: all.parts + child.parts,
        depth: all.depth.max(child.depth + 1),
    })
}

/// Whether two expressions are the same but for their places in the text.
pub(super) fn same(a: &Expr, b: &Expr) -> bool {
    let heads = match (&a.kind, &b.kind) {
        (ExprKind::Column(a), ExprKind::Column(b)) => a == b,
        (ExprKind::Value(a), ExprKind::Value(b)) => a == b,
        (ExprKind::Parameter(a), ExprKind::Parameter(b)) => a == b,
        (ExprKind::TraceEnd, ExprKind::TraceEnd)
        | (ExprKind::TraceName, ExprKind::TraceName)
        | (ExprKind::Neg(_), ExprKind::Neg(_))
        | (ExprKind::Not(_), ExprKind::Not(_))
        | (ExprKind::IsNull(_), ExprKind::IsNull(_))
        | (ExprKind::Cast(_), ExprKind::Cast(_))
        | (ExprKind::In { .. }, ExprKind::In { .. })
        | (ExprKind::Index { .. }, ExprKind::Index { .. })
        | (ExprKind::List(_), ExprKind::List(_)) => true,
        (ExprKind::WallClock(a), ExprKind::WallClock(b)) => a == b,
        (ExprKind::Binary { op: a, .. }, ExprKind::Binary { op: b, .. }) => a == b,
        (ExprKind::Like { case_insensitive: a, .. }, ExprKind::Like { case_insensitive: b, .. }) => a == b,
        (ExprKind::Case { otherwise: a, .. }, ExprKind::Case { otherwise: b, .. }) => {
            a.is_some() == b.is_some()
        }
        (ExprKind::Call { function: a, .. }, ExprKind::Call { function: b, .. }) => a.name == b.name,
        (ExprKind::Field { name: a, .. }, ExprKind::Field { name: b, .. }) => a == b,
        // Subqueries number their columns anew each time.
        _ => false,
    };
    heads && a.ty == b.ty && all_same(children(a), children(b))
}

pub(super) fn same_aggregate(a: &Aggregate, b: &Aggregate) -> bool {
    a.function.name == b.function.name
        && a.distinct == b.distinct
        && a.ty == b.ty
        && all_same(&a.args, &b.args)
        && all_same(&a.filter, &b.filter)
        && same_keys(&a.order_by, &b.order_by)
}

pub(super) fn same_window(a: &WindowCall, b: &WindowCall) -> bool {
    same_aggregate(&a.call, &b.call)
        && a.frame == b.frame
        && all_same(&a.partition_by, &b.partition_by)
        && same_keys(&a.order_by, &b.order_by)
}

fn same_keys(a: &[SortKey], b: &[SortKey]) -> bool {
    a.len() == b.len()
        && a.iter().zip(b).all(|(a, b)| {
            a.descending == b.descending && a.nulls_first == b.nulls_first && same(&a.expr, &b.expr)
        })
}

fn all_same<'e>(
    a: impl IntoIterator<Item = &'e Expr, IntoIter: ExactSizeIterator>,
    b: impl IntoIterator<Item = &'e Expr, IntoIter: ExactSizeIterator>,
) -> bool {
    let (a, b) = (a.into_iter(), b.into_iter());
    a.len() == b.len() && a.zip(b).all(|(a, b)| same(a, b))
}

//! The names that columns get where the user gave none.

use std::collections::HashSet;

use crate::syntax::ast::{Expr, ExprKind};
use crate::syntax::print;

/// Names taken within one list.
#[derive(Default)]
pub(super) struct Names {
    taken: HashSet<String>,
}

impl Names {
    /// Takes a name as it is; false if it was taken.
    pub(super) fn take(&mut self, name: &str) -> bool {
        self.taken.insert(name.to_owned())
    }

    /// Takes a name, with `_2`, `_3`, … after it if it was taken.
    pub(super) fn unique(&mut self, name: &str) -> String {
        let mut unique = name.to_owned();
        let mut n = 2_usize;
        while !self.taken.insert(unique.clone()) {
            unique = format!("{name}_{n}");
            n += 1;
        }
        unique
    }
}

/// What to call an item without an alias: a column by its name, a call by its function, a cast by what is cast.
pub(super) fn implicit_name(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Name(parts) => parts.last().map_or_else(String::new, |part| part.text.clone()),
        ExprKind::Call(call) => call.name.text.clone(),
        ExprKind::Cast { expr, .. } => implicit_name(expr),
        ExprKind::Field { field, .. } => field.text.clone(),
        _ => print::expr_text(expr),
    }
}

/// An expression as text in a message: as written, or nothing if that is long.
pub(super) fn quoted(expr: &Expr) -> Option<String> {
    const LONGEST: usize = 40;
    let text = print::expr_text(expr);
    (text.chars().count() <= LONGEST && !text.contains('\n')).then(|| format!("`{text}`"))
}

/// The same, or "this".
pub(super) fn named(expr: &Expr) -> String {
    quoted(expr).unwrap_or_else(|| "this".to_owned())
}

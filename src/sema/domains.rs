//! Columns with a known set of values, compared with a literal.

use super::codes;
use super::expr::Checker;
use super::typed::{Expr, ExprKind, Value};
use crate::diag::Diagnostic;
use crate::syntax::similar::closest;

impl Checker<'_, '_> {
    /// Reports a literal that the column beside it never has.
    pub(super) fn check_domain(&mut self, column: &Expr, literal: &Expr) {
        let (ExprKind::Column(id), ExprKind::Value(Value::String(value))) = (&column.kind, &literal.kind)
        else {
            return;
        };
        let Some(domain) = self.cx.domains.get(id).copied() else { return };
        if domain.values.contains(&value.as_str()) {
            return;
        }
        let message = format!("`{value}` is no {}", domain.name);
        let diagnostic = if domain.closed {
            Diagnostic::error(codes::OUTSIDE_DOMAIN, literal.span, message)
        } else {
            let message = format!("{message} that is known here");
            Diagnostic::warning(codes::UNUSUAL_VALUE, literal.span, message)
        };
        let diagnostic = match closest(value, domain.values.iter().copied()) {
            Some(near) => {
                let near = format!("'{}'", near.replace('\'', "''"));
                diagnostic.note(format!("did you mean {near}?")).fix(literal.span, near)
            }
            None => diagnostic,
        };
        self.report(diagnostic.hint(format!("known values: {}", domain.values.join(", "))));
    }
}

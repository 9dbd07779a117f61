//! Regular expressions that are written out: a wrong one is told here, not when the query runs.

use super::codes;
use super::expr::Checker;
use super::typed::{Expr, ExprKind, Value};
use crate::diag::Diagnostic;

/// Functions whose second argument is a regular expression.
const TAKE_PATTERNS: &[&str] = &["regexp_like", "regexp_replace", "regexp_extract"];

impl Checker<'_, '_> {
    pub(super) fn check_pattern(&mut self, pattern: &Expr) {
        let ExprKind::Value(Value::String(text)) = &pattern.kind else { return };
        let Err(error) = regex::Regex::new(text) else { return };
        let message = match &error {
            regex::Error::CompiledTooBig(_) => "this regular expression is too large".to_owned(),
            // The first lines draw the pattern; the last one says what is wrong.
            other => {
                let text = other.to_string();
                let reason = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
                format!("this is no regular expression: {reason}")
            }
        };
        self.report(
            Diagnostic::error(codes::BAD_PATTERN, pattern.span, message)
                .hint("a character that means itself takes a `\\`: 'main\\.\\(\\*T\\)'"),
        );
    }

    pub(super) fn check_pattern_argument(&mut self, function: &str, args: &[Expr]) {
        if let (true, Some(pattern)) = (TAKE_PATTERNS.contains(&function), args.get(1)) {
            self.check_pattern(pattern);
        }
    }
}

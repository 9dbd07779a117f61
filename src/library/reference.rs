//! The reference of tables and functions, as Markdown, from the catalog.

use std::fmt::Write as _;

use crate::catalog::{self, FunctionKind};

/// How the pages say where they come from.
const MADE: &str = "<!-- Made by `gtq reference`; a test fails when it is out of date. -->";

/// All tables with their columns.
pub fn tables() -> String {
    let mut text = format!("# Tables\n\n{MADE}\n\n");
    text.push_str(
        "Times are ns since the trace's first event, durations are ns, and both are shown to people with units. \
         `?` marks columns that may be null. Rows come in the order that is named.\n",
    );
    for table in catalog::tables() {
        let _ = write!(text, "\n## {}\n\nA row is a {}.", table.name, table.row);
        if !table.order.is_empty() {
            let _ = write!(text, " Ordered by {}.", table.order.join(", "));
        }
        text.push_str("\n\n| column | type | meaning |\n|---|---|---|\n");
        for column in &table.columns {
            let mark = if column.nullable { "?" } else { "" };
            let values = column.domain.map(|domain| format!(" ({})", domain.values.join(", ")));
            let meaning = format!("{}{}", column.doc, values.unwrap_or_default());
            let _ = writeln!(
                text,
                "| {} | {}{mark} | {} |",
                column.name,
                cell(&column.ty.to_string()),
                cell(&meaning)
            );
        }
    }
    text
}

/// All functions with their signatures.
pub fn functions() -> String {
    let mut text = format!("# Functions\n\n{MADE}\n");
    let kinds = [
        (FunctionKind::Aggregate, "Aggregates", "Of the rows of a group; with `over`, of a window."),
        (FunctionKind::Window, "Window functions", "Only with `over (partition by … order by …)`."),
        (
            FunctionKind::Scalar,
            "Scalars",
            "Of one row. Any null argument gives null, unless it says otherwise.",
        ),
    ];
    for (kind, title, what) in kinds {
        let _ = write!(text, "\n## {title}\n\n{what}\n\n| function | gives |\n|---|---|\n");
        for function in catalog::functions().iter().filter(|function| function.kind == kind) {
            let signatures: Vec<String> =
                function.signature_texts().iter().map(|signature| format!("`{signature}`")).collect();
            let _ = writeln!(text, "| {} | {} |", cell(&signatures.join("<br>")), cell(function.doc));
        }
    }
    text
}

/// A text as a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;").replace("&lt;br>", "<br>")
}

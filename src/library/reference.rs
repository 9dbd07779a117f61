//! The reference of tables and functions, as Markdown, from the catalog.

use std::fmt::Write as _;

use crate::catalog::{self, FunctionKind, Table, TableParameter, Takes};

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
        text.push_str(&order(table));
        text.push_str("\n\n");
        text.push_str(&columns(table));
    }
    text
}

/// All functions with their signatures, and table functions with their columns.
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
    text.push_str(
        "\n## Table functions\n\nThey give tables: `from mmu('stw', [1ms])`. Arguments are constants, by position or by \
         name; one that is null is as if left out.\n",
    );
    for function in catalog::table_functions() {
        let (table, signature) = (&function.table, function.signature());
        let _ = write!(text, "\n### {signature}\n\nGives {}. A row is a {}.", function.doc, table.row);
        text.push_str(&order(table));
        text.push_str("\n\n| parameter | type | meaning |\n|---|---|---|\n");
        for parameter in &function.parameters {
            let ty = cell(&parameter.ty.to_string());
            let _ = writeln!(text, "| {} | {ty} | {} |", parameter.name, cell(&parameter_doc(parameter)));
        }
        text.push('\n');
        text.push_str(&columns(table));
    }
    text
}

/// What a parameter means and which values it has.
pub fn parameter_doc(parameter: &TableParameter) -> String {
    match parameter.takes {
        Takes::Words(domain) => format!("{} ({})", parameter.doc, domain.values.join(", ")),
        Takes::Between(least, most) if most < i64::MAX => format!("{} ({least} to {most})", parameter.doc),
        Takes::Any | Takes::Between(..) => parameter.doc.to_owned(),
    }
}

fn order(table: &Table) -> String {
    if table.order.is_empty() { String::new() } else { format!(" Ordered by {}.", table.order.join(", ")) }
}

fn columns(table: &Table) -> String {
    let mut text = "| column | type | meaning |\n|---|---|---|\n".to_owned();
    for column in &table.columns {
        let values = column.domain.map(|domain| format!(" ({})", domain.values.join(", ")));
        let meaning = format!("{}{}", column.doc, values.unwrap_or_default());
        let ty = cell(&column.type_text());
        let _ = writeln!(text, "| {} | {ty} | {} |", column.name, cell(&meaning));
    }
    text
}

/// A text as a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;").replace("&lt;br>", "<br>")
}

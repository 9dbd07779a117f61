//! The table functions: tables that depend on arguments, and calls of them.
//!
//! To add one, describe it here and build its rows in `tables`.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, LazyLock};

use super::Type;
use super::domains::{CONNECTIONS, Domain, UTILIZATION_FLAGS};
use super::tables::{Column, Table, col, slice_columns};

/// A function that gives a table.
#[derive(Debug, PartialEq)]
pub struct TableFunction {
    pub parameters: Vec<TableParameter>,
    /// What it gives. The table's name is the function's.
    pub table: Table,
    pub doc: &'static str,
}

/// A parameter of a table function. Its argument is a constant.
#[derive(Debug, PartialEq)]
pub struct TableParameter {
    pub name: &'static str,
    pub ty: Type,
    /// What it is where it is left out or null; None: it must be given.
    pub default: Option<Argument>,
    pub takes: Takes,
    pub doc: &'static str,
}

/// Which values of its type a parameter takes; of a list, which items.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Takes {
    Any,
    /// Numbers of any unit from the first to the last, in the base unit.
    Between(i64, i64),
    /// Words of a set, joined by `|`.
    Words(&'static Domain),
}

/// A constant that a table function is given. Its unit is in the parameter's type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Argument {
    Null,
    Bool(bool),
    Int(i64),
    Text(String),
    List(Vec<Argument>),
}

/// A table, and the arguments that it depends on: none, unless it is that of a function.
#[derive(Debug, Clone)]
pub struct TableCall {
    table: &'static Table,
    args: Arc<[Argument]>,
}

impl TableFunction {
    pub fn name(&self) -> &'static str {
        self.table.name
    }

    /// How it is called: `mmu(flags: string = 'stw', windows: list<duration> = null)`.
    pub fn signature(&self) -> String {
        let parameters = self.parameters.iter().map(TableParameter::text);
        format!("{}({})", self.name(), parameters.collect::<Vec<_>>().join(", "))
    }

    /// A call with an argument for each parameter.
    pub fn call(&'static self, args: Vec<Argument>) -> TableCall {
        TableCall { table: &self.table, args: args.into() }
    }
}

impl TableParameter {
    /// As in a signature: `flags: string = 'stw'`.
    pub fn text(&self) -> String {
        let default = self.default_text().map(|default| format!(" = {default}"));
        format!("{}: {}{}", self.name, self.ty, default.unwrap_or_default())
    }

    /// The default as it is written in a query.
    pub fn default_text(&self) -> Option<String> {
        self.default.as_ref().map(|default| default.text(&self.ty))
    }

    fn takes(self, takes: Takes) -> Self {
        Self { takes, ..self }
    }

    fn or(self, default: Argument) -> Self {
        Self { default: Some(default), ..self }
    }
}

impl Argument {
    pub fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(value) = self { Some(*value) } else { None }
    }

    pub fn as_int(&self) -> Option<i64> {
        if let Self::Int(value) = self { Some(*value) } else { None }
    }

    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(value) = self { Some(value) } else { None }
    }

    pub fn as_list(&self) -> Option<&[Argument]> {
        if let Self::List(items) = self { Some(items) } else { None }
    }

    /// As a value of the type is written in a query.
    fn text(&self, ty: &Type) -> String {
        match (self, ty) {
            (Self::Null, _) => "null".to_owned(),
            (Self::Bool(value), _) => value.to_string(),
            (Self::Int(n), Type::Time) => format!("@{n}ns"),
            (Self::Int(n), _) => format!("{n}{}", ty.unit().unwrap_or_default()),
            (Self::Text(text), _) => format!("'{}'", text.replace('\'', "''")),
            (Self::List(items), Type::List(ty)) => {
                let items: Vec<String> = items.iter().map(|item| item.text(ty)).collect();
                format!("[{}]", items.join(", "))
            }
            (Self::List(_), _) => "[…]".to_owned(),
        }
    }
}

impl TableCall {
    pub fn table(&self) -> &'static Table {
        self.table
    }

    /// Whether it is a function's.
    pub fn is_function(&self) -> bool {
        table_function(self.table.name).is_some()
    }

    /// The argument for the n-th parameter.
    pub fn arg(&self, n: usize) -> &Argument {
        self.args.get(n).unwrap_or(&Argument::Null)
    }

    fn key(&self) -> (&'static str, &[Argument]) {
        (self.table.name, &self.args)
    }
}

impl From<&'static Table> for TableCall {
    fn from(table: &'static Table) -> Self {
        Self { table, args: Arc::default() }
    }
}

impl PartialEq for TableCall {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for TableCall {}

impl PartialOrd for TableCall {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for TableCall {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl Hash for TableCall {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl fmt::Display for TableCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.table.name)?;
        let Some(function) = table_function(self.table.name) else { return Ok(()) };
        let args = function.parameters.iter().zip(&*self.args);
        let args: Vec<String> =
            args.map(|(parameter, arg)| format!("{}: {}", parameter.name, arg.text(&parameter.ty))).collect();
        write!(f, "({})", args.join(", "))
    }
}

/// All table functions.
pub fn table_functions() -> &'static [TableFunction] {
    &FUNCTIONS
}

/// The table function called `name`.
pub fn table_function(name: &str) -> Option<&'static TableFunction> {
    FUNCTIONS.iter().find(|function| function.name() == name)
}

fn parameter(name: &'static str, ty: Type, doc: &'static str) -> TableParameter {
    TableParameter { name, ty, default: None, takes: Takes::Any, doc }
}

/// What the utilization of the mutator accounts for; by default what `go tool trace` shows at first.
fn flags() -> TableParameter {
    parameter(
        "flags",
        Type::String,
        "what takes time from the program, joined by '|': stop-the-worlds, background mark workers, mark assists, \
         sweeps; perProc: each P by itself",
    )
    .takes(Takes::Words(&UTILIZATION_FLAGS))
    .or(Argument::Text("stw|background|assist".to_owned()))
}

/// A length of time, or some.
const LENGTH: Takes = Takes::Between(1, i64::MAX);

/// A function of a slice that gives slices.
fn connections(name: &'static str, columns: Vec<Column>, doc: &'static str) -> TableFunction {
    let table = Table { name, row: "slice, the one given included", order: &["slice"], columns };
    TableFunction { parameters: vec![parameter("slice", Type::Int, "number of the slice")], table, doc }
}

static FUNCTIONS: LazyLock<Vec<TableFunction>> = LazyLock::new(|| {
    vec![
        TableFunction {
            parameters: vec![flags()],
            table: Table {
                name: "mutator_utilization",
                row: "change of the mutator's utilization",
                order: &["time"],
                columns: vec![
                    col("p", Type::Int, "for perProc: proc id").null(),
                    col("time", Type::Time, "when it changed"),
                    col(
                        "utilization",
                        Type::Float,
                        "share of the Ps that the program has from then on, 0 to 1; 0 at the end",
                    ),
                ],
            },
            doc: "how much of the Ps the garbage collector leaves to the program, as a step function",
        },
        TableFunction {
            parameters: vec![
                flags(),
                parameter(
                    "windows",
                    Type::list(Type::Duration),
                    "lengths of windows; by default 100, evenly spaced on a logarithmic scale, as in go tool trace",
                )
                .takes(LENGTH)
                .or(Argument::Null),
                parameter(
                    "compat",
                    Type::Bool,
                    "whether p999, p99 and p95 are those of go tool trace, which shows the minimum for them",
                )
                .or(Argument::Bool(true)),
            ],
            table: Table {
                name: "mmu",
                row: "length of window",
                order: &[],
                columns: vec![
                    col("window", Type::Duration, "length of the window"),
                    col(
                        "mmu",
                        Type::Float,
                        "least mean utilization within any such window; of one longer than the trace, within the trace",
                    )
                    .null(),
                    col(
                        "p999",
                        Type::Float,
                        "utilization that 99.9 % of the windows exceed; the minimum, unless compat is false",
                    )
                    .null(),
                    col(
                        "p99",
                        Type::Float,
                        "utilization that 99 % of the windows exceed; the minimum, unless compat is false",
                    )
                    .null(),
                    col(
                        "p95",
                        Type::Float,
                        "utilization that 95 % of the windows exceed; the minimum, unless compat is false",
                    )
                    .null(),
                ],
            },
            doc: "minimum mutator utilization: how much of any window of time the program has at least",
        },
        TableFunction {
            parameters: vec![
                parameter("window", Type::Duration, "length of the windows").takes(LENGTH),
                parameter("n", Type::Int, "how many at most")
                    .takes(Takes::Between(1, 1000))
                    .or(Argument::Int(10)),
                flags(),
            ],
            table: Table {
                name: "mmu_worst",
                row: "window in which the program had little",
                order: &["utilization", "start"],
                columns: vec![
                    col("start", Type::Time, "when the window begins"),
                    col("end", Type::Time, "when it ends"),
                    col("utilization", Type::Float, "mean utilization within it"),
                ],
            },
            doc: "windows with the least mutator utilization, disjoint ones, as go tool trace picks them",
        },
        connections(
            "preceding",
            slice_columns(),
            "what has led to a slice of the timeline, by flows, and by nesting: what encloses a slice leads to it; as the \
             menu of Go's viewer has it",
        ),
        connections(
            "following",
            slice_columns(),
            "what a slice of the timeline has led to, by flows and by nesting",
        ),
        connections(
            "connected",
            std::iter::once(col("relation", Type::String, "what it is to the one given").of(&CONNECTIONS))
                .chain(slice_columns())
                .collect(),
            "all slices that flows and nesting connect with one, in any direction",
        ),
        TableFunction {
            parameters: vec![parameter("task", Type::Int, "task id; null: there are none").or(Argument::Null)],
            table: Table {
                name: "subtasks",
                row: "user task that descends from the one given, which comes first",
                order: &["depth"],
                columns: vec![
                    col("task", Type::Int, "task id"),
                    col("parent", Type::Int, "task that it was created within").null(),
                    col("depth", Type::Int, "generations between the task given and this one"),
                ],
            },
            doc: "a user task with its children, their children, and so on",
        },
    ]
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::table;

    #[test]
    fn no_function_is_called_like_a_table() {
        for function in table_functions() {
            assert!(table(function.name()).is_none(), "{}", function.name());
        }
    }

    #[test]
    fn calls_are_written_like_queries() {
        let mmu = table_function("mmu").expect("it is there");
        let windows = Argument::List(vec![Argument::Int(1000), Argument::Int(5)]);
        let call = mmu.call(vec![Argument::Text("it's".to_owned()), windows, Argument::Bool(true)]);
        assert_eq!(call.to_string(), "mmu(flags: 'it''s', windows: [1000ns, 5ns], compat: true)");
        assert_eq!(
            mmu.signature(),
            "mmu(flags: string = 'stw|background|assist', windows: list<duration> = null, compat: bool = true)"
        );
    }
}

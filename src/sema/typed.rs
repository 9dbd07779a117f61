//! A resolved, typed query: what `sema` makes and `plan` lowers.
//!
//! Names are gone: a column is an id that is unique within the query, whatever tables, aliases and stages it went
//! through. Every expression has a type; where units or number types had to be brought together, a `Cast` says so.

pub use crate::syntax::ast::{BinaryOp, FrameUnit, JoinKind, SetOp, SweepKind, UnaryOp};

use crate::catalog::{self, Picture, TableCall, Type};
use crate::diag::{SourceId, Span};

/// A column, unique within a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ColumnId(pub u32);

/// A column that a relation produces: its id, and the name by which people know it.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    pub id: ColumnId,
    pub name: String,
    pub ty: Type,
}

/// A whole query: a relation, and the columns to show, in order, under unique names.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    pub rel: Rel,
    pub columns: Vec<Column>,
    /// How a person should see it.
    pub render: Option<Render>,
}

impl Query {
    /// What its picture shows of it: the columns that this is made of, without the order that it ends with.
    #[must_use]
    pub fn drawn(mut self) -> Self {
        self.rel = without_order(self.rel);
        if let Some(render) = &self.render {
            self.columns.retain(|column| render.parts.iter().any(|(_, part)| *part == column.id));
        }
        self
    }
}

fn without_order(rel: Rel) -> Rel {
    match rel {
        Rel::Sort { input, .. } => without_order(*input),
        Rel::Project { input, items } => Rel::Project { input: Box::new(without_order(*input)), items },
        other => other,
    }
}

/// A hint at how to show a result. Machine formats ignore it.
#[derive(Debug, Clone, PartialEq)]
pub struct Render {
    pub picture: &'static Picture,
    /// For each of the picture's parts that is given, the column that it is.
    pub parts: Vec<(&'static str, ColumnId)>,
}

/// Something that should hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Assertion {
    pub name: String,
    pub source: SourceId,
    /// The condition's place in the source.
    pub span: Span,
    /// One row: whether the condition holds, then the values that it compares, under their texts.
    pub query: Query,
}

/// Where intervals begin and end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    pub start: ColumnId,
    pub end: ColumnId,
}

/// A relation.
#[derive(Debug, Clone, PartialEq)]
pub enum Rel {
    /// The rows of a table, or what a table function gives for some arguments.
    Scan {
        call: TableCall,
        columns: Vec<(ColumnId, &'static catalog::Column)>,
        /// A window that the rows are cut to further on: from, to, in ns. What lies outside need not be read.
        clip: Option<(Option<i64>, Option<i64>)>,
    },
    /// Literal rows; a select without `from` is one row of no columns.
    Values {
        columns: Vec<Column>,
        rows: Vec<Vec<Expr>>,
    },
    Filter {
        input: Box<Rel>,
        predicate: Expr,
    },
    /// Exactly these columns; one that is passed on unchanged keeps its id.
    Project {
        input: Box<Rel>,
        items: Vec<(Column, Expr)>,
    },
    Aggregate {
        input: Box<Rel>,
        keys: Vec<(Column, Expr)>,
        aggregates: Vec<(Column, Aggregate)>,
    },
    /// Adds columns to those of the input.
    Window {
        input: Box<Rel>,
        calls: Vec<(Column, WindowCall)>,
    },
    Sort {
        input: Box<Rel>,
        keys: Vec<SortKey>,
    },
    Limit {
        input: Box<Rel>,
        skip: u64,
        fetch: Option<u64>,
    },
    Distinct {
        input: Box<Rel>,
    },
    Join {
        kind: JoinKind,
        left: Box<Rel>,
        right: Box<Rel>,
        on: Vec<(Expr, Expr)>,
        filter: Option<Expr>,
    },
    /// Pairs of rows whose intervals overlap for a positive time; adds where the overlap begins and ends.
    OverlapJoin {
        /// Whether rows of the left side without a partner stay, with their own interval.
        outer: bool,
        left: Box<Rel>,
        left_bounds: Bounds,
        right: Box<Rel>,
        right_bounds: Bounds,
        /// Pairs that must be equal.
        on: Vec<(Expr, Expr)>,
        filter: Option<Expr>,
        start: Column,
        end: Column,
    },
    /// One pass over intervals in the order of their starts. Gives the keys, start and end, and but for gaps a number:
    /// how many intervals were merged, or are open.
    Sweep {
        kind: SweepKind,
        input: Box<Rel>,
        bounds: Bounds,
        keys: Vec<Column>,
        start: Column,
        end: Column,
        number: Option<Column>,
    },
    /// Each row cut at the multiples of a width; adds the piece's start and end, and the multiple before it.
    Bucket {
        input: Box<Rel>,
        bounds: Bounds,
        /// A positive duration, without columns.
        width: Expr,
        start: Column,
        end: Column,
        bucket: Column,
    },
    /// `columns` are new; the n-th stems from the n-th of `left_columns` and of `right_columns`.
    Set {
        op: SetOp,
        all: bool,
        left: Box<Rel>,
        left_columns: Vec<ColumnId>,
        right: Box<Rel>,
        right_columns: Vec<ColumnId>,
        columns: Vec<Column>,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub struct SortKey {
    pub expr: Expr,
    pub descending: bool,
    pub nulls_first: bool,
}

/// A call of an aggregate function.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregate {
    pub function: &'static catalog::Function,
    /// Empty for `count()`.
    pub args: Vec<Expr>,
    pub distinct: bool,
    pub filter: Option<Expr>,
    /// `first(x by t)`, `list(x order by t)`.
    pub order_by: Vec<SortKey>,
    pub ty: Type,
}

/// A call of a window function, or of an aggregate with `over`.
#[derive(Debug, Clone, PartialEq)]
pub struct WindowCall {
    pub call: Aggregate,
    pub partition_by: Vec<Expr>,
    pub order_by: Vec<SortKey>,
    pub frame: Option<Frame>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    pub unit: FrameUnit,
    pub start: Bound,
    pub end: Bound,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// None: unbounded. For `rows` and `groups` a count, for `range` a distance in the sort key's unit.
    Preceding(Option<i64>),
    CurrentRow,
    Following(Option<i64>),
}

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    pub kind: ExprKind,
    pub ty: Type,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    Column(ColumnId),
    Value(Value),
    /// A parameter of a declaration that is only checked; no query that runs has one.
    Parameter(String),
    /// `@end`: when the trace ends.
    TraceEnd,
    /// `trace`: what the trace is called.
    TraceName,
    /// ns since the Unix epoch, to become a time of the trace.
    WallClock(i64),
    Neg(Box<Expr>),
    Not(Box<Expr>),
    /// Operands of logic are bool; of comparisons, `??` and `||` of one type; `Has` and `Match` take stacks or strings on
    /// the left, `Has` also lists. Arithmetic is by the type of the result: with a float result both operands are floats
    /// or, for `/`, of one unit; a unit × or ÷ a number keeps the number's own type.
    Binary {
        op: BinaryOp,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    IsNull(Box<Expr>),
    In {
        expr: Box<Expr>,
        list: Vec<Expr>,
    },
    InQuery {
        expr: Box<Expr>,
        query: Box<Query>,
    },
    Like {
        expr: Box<Expr>,
        pattern: Box<Expr>,
        case_insensitive: bool,
    },
    /// To the type of this expression.
    Cast(Box<Expr>),
    Case {
        branches: Vec<(Expr, Expr)>,
        otherwise: Option<Box<Expr>>,
    },
    Call {
        function: &'static catalog::Function,
        args: Vec<Expr>,
    },
    List(Vec<Expr>),
    /// `list[i]`, from 1; outside: null.
    Index {
        expr: Box<Expr>,
        index: Box<Expr>,
    },
    Field {
        expr: Box<Expr>,
        name: String,
    },
    /// The only value of a query with one column; null when it has no rows.
    Query(Box<Query>),
    Exists(Box<Query>),
}

/// A constant; its unit is in the expression's type.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    String(String),
}

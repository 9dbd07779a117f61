//! The tree of a text: statements, and queries in one shape for both forms of the language.
//!
//! Every node carries its span in bytes. The select form is kept as written (`Body::Select`); `sema` turns it into the
//! same stages that the pipe form spells out. A part that could not be parsed is an `Error` node.

use crate::diag::Span;

/// A node with its place in the source text.
#[derive(Debug, Clone, PartialEq)]
pub struct Spanned<T> {
    pub node: T,
    pub span: Span,
}

/// A name as the user wrote it. Unquoted names compare without regard to case: `text` is lower-cased for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ident {
    pub text: String,
    pub quoted: bool,
    pub span: Span,
}

/// A text: what `-e` and `-f` give, or a saved file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct File {
    pub statements: Vec<Statement>,
}

/// What a `;` ends.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    pub kind: StatementKind,
    /// The `///` comments before it.
    pub doc: Option<Doc>,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum StatementKind {
    Use(Use),
    Let(Let),
    Function(FunctionDecl),
    QueryDecl(QueryDecl),
    Assert(Assert),
    /// A query to run.
    Query(Query),
    Error,
}

/// A doc comment: what a declaration is for, and what its parameters mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doc {
    /// Without the marks and the `@param` lines; paragraphs are separated by an empty line.
    pub text: String,
    pub params: Vec<DocParam>,
    pub span: Span,
}

/// `@param name what it means`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocParam {
    pub name: Ident,
    pub text: String,
}

/// `use std.sched;`, `use './lib/http.gtq' as http;`
#[derive(Debug, Clone, PartialEq)]
pub struct Use {
    pub target: UseTarget,
    pub alias: Option<Ident>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum UseTarget {
    /// A module of the standard library: `std.sched`.
    Module(Vec<Ident>),
    /// A file, relative to this one.
    File(Spanned<String>),
}

/// `let slow = 10ms;`, `let busy = from goroutines |> where exec > slow;`
#[derive(Debug, Clone, PartialEq)]
pub struct Let {
    pub name: Ident,
    pub value: LetValue,
}

#[derive(Debug, Clone, PartialEq)]
pub enum LetValue {
    Expr(Expr),
    Relation(Query),
}

/// `fn share(part: duration, whole: duration) -> float = part / whole;`
#[derive(Debug, Clone, PartialEq)]
pub struct FunctionDecl {
    pub name: Ident,
    pub params: Vec<Param>,
    pub result: Option<TypeName>,
    pub body: Expr,
}

/// `query long_waits(min: duration = 1ms) = from …;`
#[derive(Debug, Clone, PartialEq)]
pub struct QueryDecl {
    pub name: Ident,
    pub params: Vec<Param>,
    pub body: Query,
}

/// `name: type? = default`.
#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    pub name: Ident,
    pub ty: TypeName,
    /// `?`: may be null.
    pub nullable: bool,
    pub default: Option<Expr>,
}

/// `assert name: condition;`
#[derive(Debug, Clone, PartialEq)]
pub struct Assert {
    pub name: Ident,
    pub condition: Expr,
}

/// `with … body |> stage |> stage`.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    pub ctes: Vec<Cte>,
    pub body: Body,
    /// What follows after `|>`.
    pub stages: Vec<Stage>,
    pub span: Span,
}

/// `name as (query)` of a `with`.
#[derive(Debug, Clone, PartialEq)]
pub struct Cte {
    pub name: Ident,
    pub query: Query,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// `from source {join}`: the pipe form's beginning.
    From(From),
    Select(Box<Select>),
    /// `left union all right`, with the `order by`, `limit` and `offset` that apply to the whole.
    Set(Box<SetBody>),
    /// A parenthesised query at the beginning: `(select …) |> …`.
    Query(Box<Query>),
    Error(Span),
}

#[derive(Debug, Clone, PartialEq)]
pub struct SetBody {
    pub left: Query,
    pub op: SetOp,
    pub all: bool,
    pub right: Query,
    pub op_span: Span,
    pub order_by: Vec<OrderItem>,
    pub limit: Option<Expr>,
    pub offset: Option<Expr>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetOp {
    Union,
    Intersect,
    Except,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Select {
    pub distinct: bool,
    pub items: Vec<Item>,
    /// None: a select without `from` (`select 1 + 1`).
    pub from: Option<From>,
    pub filter: Option<Expr>,
    /// None: no `group by`; the implicit rule applies.
    pub group_by: Option<GroupBy>,
    pub having: Option<Expr>,
    pub qualify: Option<Expr>,
    pub order_by: Vec<OrderItem>,
    pub limit: Option<Expr>,
    pub offset: Option<Expr>,
    pub span: Span,
}

/// `source {join}`. A comma between sources is a cross join.
#[derive(Debug, Clone, PartialEq)]
pub struct From {
    pub source: Source,
    pub joins: Vec<Join>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    pub kind: SourceKind,
    pub alias: Option<Ident>,
    /// `as t(a, b)`; for `values` and subqueries.
    pub columns: Vec<Ident>,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum SourceKind {
    /// A table, a `with` name; the parts of `a.b` are one name each.
    Table(Vec<Ident>),
    /// A table function: `mmu(flags: 'stw', windows: [1ms])`.
    Function {
        name: Vec<Ident>,
        args: Vec<Arg>,
    },
    Query(Box<Query>),
    /// `values (1, 'a'), (2, 'b')`.
    Values(Vec<Spanned<Vec<Expr>>>),
    Error,
}

/// An argument, positional or named (`name: value`).
#[derive(Debug, Clone, PartialEq)]
pub struct Arg {
    pub name: Option<Ident>,
    pub value: Expr,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Join {
    pub kind: JoinKind,
    pub source: Source,
    pub condition: JoinCondition,
    pub span: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinKind {
    Inner,
    Left,
    Right,
    Full,
    Cross,
    Semi,
    Anti,
}

#[derive(Debug, Clone, PartialEq)]
pub enum JoinCondition {
    None,
    On(Expr),
    Using(Vec<Ident>),
}

/// `group by a, b`, `group by 1`, `group by all`.
#[derive(Debug, Clone, PartialEq)]
pub enum GroupBy {
    All(Span),
    Keys(Vec<GroupKey>),
}

/// A key of `group by`; an alias is allowed (`group by bin(time, 1ms) as t`).
#[derive(Debug, Clone, PartialEq)]
pub struct GroupKey {
    pub expr: Expr,
    pub alias: Option<Ident>,
}

/// An item of a select list.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// `*`, `t.*`, each with `except (…)`.
    Star {
        qualifier: Option<Ident>,
        except: Vec<Ident>,
        span: Span,
    },
    Expr {
        expr: Expr,
        alias: Option<Ident>,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub struct OrderItem {
    pub expr: Expr,
    pub descending: bool,
    /// `nulls first` / `nulls last`; None: PostgreSQL's default (nulls are larger than everything).
    pub nulls_first: Option<bool>,
}

/// What stands after a `|>`.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    pub kind: StageKind,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum StageKind {
    Where(Expr),
    Select {
        distinct: bool,
        items: Vec<Item>,
    },
    /// Adds columns.
    Extend(Vec<Item>),
    /// Replaces columns: `set a = b + 1`.
    Set(Vec<(Ident, Expr)>),
    Drop(Vec<Ident>),
    /// `rename old as new`.
    Rename(Vec<(Ident, Ident)>),
    As(Ident),
    Aggregate {
        items: Vec<Item>,
        group_by: Option<GroupBy>,
    },
    OrderBy(Vec<OrderItem>),
    Limit {
        count: Expr,
        offset: Option<Expr>,
    },
    Offset(Expr),
    Distinct,
    Join(Box<Join>),
    SetOp {
        op: SetOp,
        all: bool,
        query: Box<Query>,
        op_span: Span,
    },
    /// `clip @1s..@2s`.
    Clip(Expr),
    /// `at @1.25s`.
    At(Expr),
    /// `[left] overlap join r [as x] [on …]`.
    OverlapJoin(Box<OverlapJoin>),
    /// `bucket 10ms`.
    Bucket(Expr),
    /// `merge`, `gaps`, `depth`, each with `by a, b`.
    Sweep {
        kind: SweepKind,
        by: Vec<Expr>,
    },
    /// `match by g (a: …) -> (b: … within 1ms)`.
    Match {
        by: Vec<Expr>,
        steps: Vec<MatchStep>,
    },
    /// `render bar(x, y)`.
    Render {
        kind: Ident,
        args: Vec<Arg>,
    },
    Error,
}

#[derive(Debug, Clone, PartialEq)]
pub struct OverlapJoin {
    /// Whether rows without a partner stay.
    pub left: bool,
    pub source: Source,
    pub on: Option<Expr>,
}

/// What a sweep over intervals, in the order of their starts, gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SweepKind {
    /// The union of intervals that overlap or touch.
    Merge,
    /// What the union leaves uncovered.
    Gaps,
    /// How many are open at once.
    Depth,
}

impl SweepKind {
    /// The stage's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::Gaps => "gaps",
            Self::Depth => "depth",
        }
    }
}

/// `(name: condition [within duration])`.
#[derive(Debug, Clone, PartialEq)]
pub struct MatchStep {
    pub name: Ident,
    pub condition: Expr,
    pub within: Option<Expr>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    pub kind: ExprKind,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// `name`, `t.name`, `t.name.field`: resolved by `sema`. At least one part.
    Name(Vec<Ident>),
    Literal(Literal),
    /// `$name`.
    Param(Ident),
    Unary {
        op: UnaryOp,
        expr: Box<Expr>,
    },
    Binary {
        op: BinaryOp,
        op_span: Span,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    IsNull {
        expr: Box<Expr>,
        negated: bool,
    },
    InList {
        expr: Box<Expr>,
        list: Vec<Expr>,
        negated: bool,
    },
    InQuery {
        expr: Box<Expr>,
        query: Box<Query>,
        negated: bool,
    },
    Between {
        expr: Box<Expr>,
        low: Box<Expr>,
        high: Box<Expr>,
        negated: bool,
    },
    Like {
        expr: Box<Expr>,
        pattern: Box<Expr>,
        negated: bool,
        case_insensitive: bool,
    },
    Cast {
        expr: Box<Expr>,
        ty: TypeName,
    },
    /// `list[i]`; 1 is the first.
    Index {
        expr: Box<Expr>,
        index: Box<Expr>,
    },
    /// `expr.field` where `expr` is no plain name.
    Field {
        expr: Box<Expr>,
        field: Ident,
    },
    Call(Box<Call>),
    Case {
        operand: Option<Box<Expr>>,
        branches: Vec<(Expr, Expr)>,
        otherwise: Option<Box<Expr>>,
    },
    List(Vec<Expr>),
    /// `@1s..@2s`, `@1s..`, `..@2s`.
    Range {
        from: Option<Box<Expr>>,
        to: Option<Box<Expr>>,
    },
    /// `(select …)` as a value.
    Query(Box<Query>),
    Exists {
        query: Box<Query>,
    },
    /// Could not be parsed; already reported.
    Error,
}

/// `name([distinct] args [by key] [order by …]) [filter (where …)] [over (…)]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// `m.f(…)`: a function of a module.
    pub module: Option<Ident>,
    pub name: Ident,
    pub distinct: bool,
    /// `count(*)`.
    pub star: bool,
    pub args: Vec<Arg>,
    /// `first(x by t)`.
    pub by: Option<Expr>,
    pub order_by: Vec<OrderItem>,
    pub filter: Option<Expr>,
    pub over: Option<Window>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    pub partition_by: Vec<Expr>,
    pub order_by: Vec<OrderItem>,
    pub frame: Option<Frame>,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    pub unit: FrameUnit,
    pub start: FrameBound,
    pub end: FrameBound,
    pub span: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameUnit {
    Rows,
    Range,
    Groups,
}

#[derive(Debug, Clone, PartialEq)]
pub enum FrameBound {
    /// None: unbounded.
    Preceding(Option<Expr>),
    CurrentRow,
    /// None: unbounded.
    Following(Option<Expr>),
}

/// A type in a cast: `int`, `list<string>`.
#[derive(Debug, Clone, PartialEq)]
pub struct TypeName {
    pub name: Ident,
    pub args: Vec<TypeName>,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    String(String),
    /// ns.
    Duration(i64),
    Bytes(i64),
    /// `@1.25s`: ns since the trace's first event.
    Time(i64),
    /// `@end`.
    TimeEnd,
    /// `@'2026-01-02T03:04:05.678Z'`: ns since the Unix epoch.
    WallClock(i64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnaryOp {
    Neg,
    Not,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinaryOp {
    Or,
    And,
    Eq,
    NotEq,
    Lt,
    LtEq,
    Gt,
    GtEq,
    /// `~`
    Match,
    /// `!~`
    NotMatch,
    Has,
    /// `??`
    Coalesce,
    /// `||`
    Concat,
    Add,
    Sub,
    Mul,
    Div,
    Mod,
}

impl BinaryOp {
    /// As written in a query.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Or => "or",
            Self::And => "and",
            Self::Eq => "=",
            Self::NotEq => "<>",
            Self::Lt => "<",
            Self::LtEq => "<=",
            Self::Gt => ">",
            Self::GtEq => ">=",
            Self::Match => "~",
            Self::NotMatch => "!~",
            Self::Has => "has",
            Self::Coalesce => "??",
            Self::Concat => "||",
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
            Self::Mod => "%",
        }
    }
}

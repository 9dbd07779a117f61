//! The functions, with the rules for their types as data that `sema` interprets.
//!
//! A function has one or more signatures; a call takes the first that fits. A signature says what each parameter
//! accepts, often in terms of the parameters before it, and from that what the call gives.

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::LazyLock;

use super::Type;

/// A function of the language.
#[derive(Debug, PartialEq)]
pub struct Function {
    pub name: &'static str,
    pub kind: FunctionKind,
    pub signatures: Vec<Signature>,
    /// Whether `distinct` may stand before its arguments.
    pub distinct: bool,
    pub ordering: Ordering,
    pub doc: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FunctionKind {
    Scalar,
    /// With `over`, it works on a window instead.
    Aggregate,
    /// Only with `over`.
    Window,
}

/// How the order of an aggregate's rows is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ordering {
    /// It does not matter.
    None,
    /// It must be: `first(x by t)`.
    By,
    /// It may be: `list(x order by t)`.
    OrderBy,
}

/// One way to call a function.
#[derive(Debug, PartialEq)]
pub struct Signature {
    pub parameters: Vec<Parameter>,
    pub result: ResultType,
}

#[derive(Debug, PartialEq)]
pub struct Parameter {
    pub name: &'static str,
    pub accepts: Accepts,
    pub presence: Presence,
    /// Whether the argument must be a literal.
    pub literal: bool,
    /// Where an int must lie that is written out.
    pub between: RangeInclusive<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    Required,
    Optional,
    /// Any number of times, also none; only the last parameter.
    Repeated,
}

/// The types that a parameter takes. Numbers refer to earlier parameters, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepts {
    Any,
    /// One of these. An int is taken for a float where no int is wanted.
    OneOf(&'static [Type]),
    /// Any list.
    List,
    /// A list of one of these.
    ListOf(&'static [Type]),
    /// The type of that parameter; an int and a float meet as floats.
    Same(usize),
    /// An item of that list.
    Item(usize),
    /// The difference between two values of that parameter's type: for a time, a duration.
    Difference(usize),
}

/// What a call gives. Numbers refer to parameters, from 0.
#[derive(Debug, PartialEq)]
pub enum ResultType {
    Is(Type),
    Same(usize),
    ListOf(usize),
    /// Buckets of a histogram: from, to, count.
    Buckets(usize),
    /// What the column is that the parameter names.
    Column,
}

/// How many characters wide a `bar` can be.
pub const BAR_WIDTHS: RangeInclusive<i64> = 1..=200;
/// How wide it is where nothing is said.
pub const USUAL_BAR_WIDTH: i64 = 20;

/// int, float.
const NUMBER: &[Type] = &[Type::Int, Type::Float];
/// What can be added up.
const AMOUNT: &[Type] = &[Type::Int, Type::Float, Type::Duration, Type::Bytes];
/// What lies on a scale.
const SCALE: &[Type] = &[Type::Int, Type::Float, Type::Duration, Type::Bytes, Type::Time];
/// What has an order.
const ORDERED: &[Type] =
    &[Type::Int, Type::Float, Type::Duration, Type::Bytes, Type::Time, Type::String, Type::Bool];
const BOOL: &[Type] = &[Type::Bool];
const INT: &[Type] = &[Type::Int];
const FLOAT: &[Type] = &[Type::Float];
const STRING: &[Type] = &[Type::String];
const STACK: &[Type] = &[Type::Stack];
/// With a unit, and a difference of the same unit.
const UNIT_AMOUNT: &[Type] = &[Type::Duration, Type::Bytes];
/// With a unit.
const UNIT: &[Type] = &[Type::Duration, Type::Bytes, Type::Time];

impl Function {
    /// Its signatures as text: `bin(x: int|time, width: …) -> same as x`.
    pub fn signature_texts(&self) -> Vec<String> {
        self.signatures.iter().map(|s| format!("{}{s}", self.name)).collect()
    }

    fn distinct(self) -> Self {
        Self { distinct: true, ..self }
    }

    fn ordered(self, ordering: Ordering) -> Self {
        Self { ordering, ..self }
    }

    /// Adds another way to call it.
    fn or(mut self, parameters: Vec<Parameter>, result: ResultType) -> Self {
        self.signatures.push(Signature { parameters, result });
        self
    }
}

impl Signature {
    fn name(&self, n: usize) -> &'static str {
        self.parameters.get(n).map_or("?", |p| p.name)
    }

    /// Its parameters as text: `x: int|time`, `width?: difference of x`.
    pub fn parameter_texts(&self) -> Vec<String> {
        let any_of = |types: &[Type]| types.iter().map(ToString::to_string).collect::<Vec<_>>().join("|");
        let text = |parameter: &Parameter| {
            let mark = if parameter.presence == Presence::Optional { "?" } else { "" };
            let accepts = match parameter.accepts {
                Accepts::Any => "any".to_owned(),
                Accepts::OneOf(types) => any_of(types),
                Accepts::List => "list".to_owned(),
                Accepts::ListOf(types) => format!("list<{}>", any_of(types)),
                Accepts::Same(n) => format!("same as {}", self.name(n)),
                Accepts::Item(n) => format!("item of {}", self.name(n)),
                Accepts::Difference(n) => format!("difference of {}", self.name(n)),
            };
            let more = if parameter.presence == Presence::Repeated { ", …" } else { "" };
            format!("{}{mark}: {accepts}{more}", parameter.name)
        };
        self.parameters.iter().map(text).collect()
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |n: usize| self.name(n);
        write!(f, "({}) -> ", self.parameter_texts().join(", "))?;
        match &self.result {
            ResultType::Is(ty) => write!(f, "{ty}"),
            ResultType::Same(n) => write!(f, "same as {}", name(*n)),
            ResultType::ListOf(n) => write!(f, "list of {}", name(*n)),
            ResultType::Buckets(n) => {
                write!(f, "list<struct<from: same as {0}, to: same as {0}, count: int>>", name(*n))
            }
            ResultType::Column => f.write_str("same as the column"),
        }
    }
}

/// All functions: aggregates, window functions, scalars.
pub fn functions() -> &'static [Function] {
    &FUNCTIONS
}

/// The function called `name`. The family of `p50`, `p99`, … is not listed: see [`percentile_of`].
pub fn function(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|f| f.name == name)
}

/// The function that a call of this name means: of `p50`, `p99`, … it is `percentile`.
pub fn called(name: &str) -> Option<&'static Function> {
    function(if percentile_of(name).is_some() { "percentile" } else { name })
}

/// The fraction that a name such as `p50`, `p99`, `p999` stands for: `percentile` with this argument.
pub fn percentile_of(name: &str) -> Option<f64> {
    let digits = name.strip_prefix('p')?;
    if digits.is_empty() || digits.len() > 9 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    match digits {
        "100" => Some(1.0),
        _ if digits.len() == 1 => format!("0.0{digits}").parse().ok(),
        _ => format!("0.{digits}").parse().ok(),
    }
}

fn required(name: &'static str, accepts: Accepts) -> Parameter {
    Parameter { name, accepts, presence: Presence::Required, literal: false, between: i64::MIN..=i64::MAX }
}

fn optional(name: &'static str, accepts: Accepts) -> Parameter {
    Parameter { presence: Presence::Optional, ..required(name, accepts) }
}

fn repeated(name: &'static str, accepts: Accepts) -> Parameter {
    Parameter { presence: Presence::Repeated, ..required(name, accepts) }
}

fn literal(parameter: Parameter) -> Parameter {
    Parameter { literal: true, ..parameter }
}

/// An int that says how many: at least 1.
fn positive(parameter: Parameter) -> Parameter {
    Parameter { between: 1..=i64::MAX, ..parameter }
}

fn make(
    kind: FunctionKind,
    name: &'static str,
    parameters: Vec<Parameter>,
    result: ResultType,
    doc: &'static str,
) -> Function {
    Function {
        name,
        kind,
        signatures: vec![Signature { parameters, result }],
        distinct: false,
        ordering: Ordering::None,
        doc,
    }
}

fn frame() -> Type {
    Type::Struct(vec![
        ("func".to_owned(), Type::String),
        ("file".to_owned(), Type::String),
        ("line".to_owned(), Type::Int),
        ("pc".to_owned(), Type::Int),
    ])
}

static FUNCTIONS: LazyLock<Vec<Function>> = LazyLock::new(|| {
    let mut all = aggregates();
    all.extend(window_functions());
    all.extend(numbers());
    all.extend(strings());
    all.extend(choices_and_lists());
    all.extend(stacks());
    all.extend(drawings());
    all
});

fn aggregates() -> Vec<Function> {
    use Accepts::{Any, OneOf};
    use ResultType::{Buckets, Is, ListOf, Same};
    let aggregate =
        |name, parameters, result, doc| make(FunctionKind::Aggregate, name, parameters, result, doc);
    let x = |accepts| required("x", accepts);
    vec![
        aggregate(
            "count",
            vec![optional("x", Any)],
            Is(Type::Int),
            "number of rows, or of those where x is not null",
        )
        .distinct(),
        aggregate(
            "count_if",
            vec![required("condition", OneOf(BOOL))],
            Is(Type::Int),
            "number of rows where it is true",
        ),
        aggregate("sum", vec![x(OneOf(AMOUNT))], Same(0), "sum").distinct(),
        aggregate("min", vec![x(OneOf(ORDERED))], Same(0), "least value"),
        aggregate("max", vec![x(OneOf(ORDERED))], Same(0), "greatest value"),
        aggregate("avg", vec![x(OneOf(UNIT))], Same(0), "mean")
            .or(vec![x(OneOf(FLOAT))], Is(Type::Float))
            .distinct(),
        aggregate(
            "median",
            vec![x(OneOf(UNIT))],
            Same(0),
            "middle value, or the mean of the two middle ones",
        )
        .or(vec![x(OneOf(FLOAT))], Is(Type::Float)),
        aggregate(
            "percentile",
            vec![x(OneOf(SCALE)), literal(required("q", OneOf(FLOAT)))],
            Same(0),
            "smallest value that is not exceeded by the fraction q (0 to 1) of all; p50, p99, p999 for short; exact",
        ),
        aggregate("stddev", vec![x(OneOf(UNIT_AMOUNT))], Same(0), "standard deviation of a sample")
            .or(vec![x(OneOf(FLOAT))], Is(Type::Float)),
        aggregate("var", vec![x(OneOf(FLOAT))], Is(Type::Float), "variance of a sample"),
        aggregate("any_value", vec![x(Any)], Same(0), "one of the values"),
        aggregate("first", vec![x(Any)], Same(0), "value of the row that comes first: first(x by t)")
            .ordered(Ordering::By),
        aggregate("last", vec![x(Any)], Same(0), "value of the row that comes last: last(x by t)")
            .ordered(Ordering::By),
        aggregate("list", vec![x(Any)], ListOf(0), "all values: list(x order by t)")
            .distinct()
            .ordered(Ordering::OrderBy),
        aggregate(
            "top",
            vec![x(OneOf(ORDERED)), literal(positive(required("n", OneOf(INT))))],
            ListOf(0),
            "the n greatest values, descending",
        ),
        aggregate(
            "histogram",
            vec![x(OneOf(SCALE))],
            Buckets(0),
            "how many values lie in each of some buckets",
        ),
        aggregate("bool_and", vec![x(OneOf(BOOL))], Is(Type::Bool), "whether it is true for all rows"),
        aggregate("bool_or", vec![x(OneOf(BOOL))], Is(Type::Bool), "whether it is true for any row"),
        aggregate(
            "string_agg",
            vec![x(OneOf(STRING)), literal(required("separator", OneOf(STRING)))],
            Is(Type::String),
            "all values, joined: string_agg(x, ', ' order by t)",
        )
        .ordered(Ordering::OrderBy),
    ]
}

fn window_functions() -> Vec<Function> {
    use Accepts::{Any, OneOf, Same as Like};
    use ResultType::{Is, Same};
    let window = |name, parameters, result, doc| make(FunctionKind::Window, name, parameters, result, doc);
    let x = || required("x", Any);
    let near = || vec![x(), literal(optional("n", OneOf(INT))), literal(optional("default", Like(0)))];
    vec![
        window("row_number", vec![], Is(Type::Int), "number of the row, from 1"),
        window("rank", vec![], Is(Type::Int), "rank, with gaps after ties"),
        window("dense_rank", vec![], Is(Type::Int), "rank, without gaps"),
        window("percent_rank", vec![], Is(Type::Float), "(rank - 1) / (rows - 1)"),
        window("cume_dist", vec![], Is(Type::Float), "fraction of rows up to this one and its ties"),
        window(
            "ntile",
            vec![literal(positive(required("n", OneOf(INT))))],
            Is(Type::Int),
            "which of n equal parts, from 1",
        ),
        window("lag", near(), Same(0), "value n rows before (1), or the default (null)"),
        window("lead", near(), Same(0), "value n rows after (1), or the default (null)"),
        window("first_value", vec![x()], Same(0), "value of the frame's first row"),
        window("last_value", vec![x()], Same(0), "value of the frame's last row"),
        window(
            "nth_value",
            vec![x(), literal(positive(required("n", OneOf(INT))))],
            Same(0),
            "value of the frame's n-th row, from 1",
        ),
    ]
}

fn scalar(name: &'static str, parameters: Vec<Parameter>, result: ResultType, doc: &'static str) -> Function {
    make(FunctionKind::Scalar, name, parameters, result, doc)
}

fn numbers() -> Vec<Function> {
    use Accepts::{Difference, OneOf, Same as Like};
    use ResultType::{Is, Same};
    let x = |accepts| required("x", accepts);
    let of_float = |name, doc| scalar(name, vec![x(OneOf(FLOAT))], Is(Type::Float), doc);
    let rounding = |name, doc| scalar(name, vec![x(OneOf(NUMBER))], Same(0), doc);
    vec![
        scalar("abs", vec![x(OneOf(AMOUNT))], Same(0), "without its sign"),
        rounding("ceil", "rounded up"),
        rounding("floor", "rounded down"),
        scalar("round", vec![x(OneOf(INT))], Same(0), "rounded, to so many digits after the point (0)")
            .or(vec![x(OneOf(FLOAT)), optional("digits", OneOf(INT))], Is(Type::Float)),
        rounding("trunc", "rounded towards zero"),
        scalar("sign", vec![x(OneOf(AMOUNT))], Is(Type::Int), "-1, 0 or 1"),
        of_float("sqrt", "square root"),
        of_float("exp", "e to the power of x"),
        of_float("ln", "natural logarithm"),
        of_float("log10", "logarithm to base 10"),
        of_float("log2", "logarithm to base 2"),
        scalar(
            "pow",
            vec![x(OneOf(FLOAT)), required("y", OneOf(FLOAT))],
            Is(Type::Float),
            "x to the power of y",
        ),
        scalar(
            "power",
            vec![x(OneOf(FLOAT)), required("y", OneOf(FLOAT))],
            Is(Type::Float),
            "x to the power of y",
        ),
        scalar("mod", vec![x(OneOf(AMOUNT)), required("y", Like(0))], Same(0), "remainder of x / y"),
        scalar(
            "greatest",
            vec![x(OneOf(ORDERED)), repeated("y", Like(0))],
            Same(0),
            "the greatest, nulls left out",
        ),
        scalar(
            "least",
            vec![x(OneOf(ORDERED)), repeated("y", Like(0))],
            Same(0),
            "the least, nulls left out",
        ),
        scalar(
            "bin",
            vec![x(OneOf(SCALE)), required("width", Difference(0))],
            Same(0),
            "x rounded down to a multiple of the width",
        ),
    ]
}

fn strings() -> Vec<Function> {
    use Accepts::{Item, List, OneOf};
    use ResultType::{Is, Same};
    let s = || required("s", OneOf(STRING));
    let text = |name| required(name, OneOf(STRING));
    let int = |name| required(name, OneOf(INT));
    let of_string = |name, doc| scalar(name, vec![s()], Is(Type::String), doc);
    let trimming =
        |name, doc| scalar(name, vec![s(), optional("characters", OneOf(STRING))], Is(Type::String), doc);
    let padding = |name, doc| {
        scalar(name, vec![s(), int("length"), optional("fill", OneOf(STRING))], Is(Type::String), doc)
    };
    vec![
        scalar("to_hex", vec![int("x")], Is(Type::String), "in hexadecimal: 'ff' of 255"),
        of_string("lower", "in lower case"),
        of_string("upper", "in upper case"),
        scalar("length", vec![s()], Is(Type::Int), "number of characters, or of items")
            .or(vec![required("list", List)], Is(Type::Int)),
        scalar("octet_length", vec![s()], Is(Type::Int), "number of bytes in UTF-8"),
        scalar(
            "substr",
            vec![s(), int("from"), optional("n", OneOf(INT))],
            Is(Type::String),
            "n characters (or all), beginning with number from, which counts from 1",
        ),
        scalar("left", vec![s(), int("n")], Is(Type::String), "the first n characters"),
        scalar("right", vec![s(), int("n")], Is(Type::String), "the last n characters"),
        trimming("trim", "without spaces, or these characters, at both ends"),
        trimming("ltrim", "without spaces, or these characters, at its begin"),
        trimming("rtrim", "without spaces, or these characters, at its end"),
        scalar("replace", vec![s(), text("from"), text("to")], Is(Type::String), "each from replaced by to"),
        scalar(
            "concat",
            vec![s(), repeated("t", OneOf(STRING))],
            Is(Type::String),
            "joined; a null counts as empty",
        ),
        scalar(
            "split_part",
            vec![s(), text("separator"), int("n")],
            Is(Type::String),
            "the n-th part between separators, from 1",
        ),
        scalar("starts_with", vec![s(), text("prefix")], Is(Type::Bool), "whether it begins so"),
        scalar("ends_with", vec![s(), text("suffix")], Is(Type::Bool), "whether it ends so"),
        scalar("contains", vec![s(), text("part")], Is(Type::Bool), "whether the part is in it")
            .or(vec![required("list", List), required("item", Item(0))], Is(Type::Bool)),
        scalar("strpos", vec![s(), text("part")], Is(Type::Int), "where the part begins, from 1; 0: nowhere"),
        padding("lpad", "filled up on the left to that length, or cut"),
        padding("rpad", "filled up on the right to that length, or cut"),
        scalar("repeat", vec![s(), int("n")], Is(Type::String), "n times"),
        scalar("reverse", vec![s()], Same(0), "backwards"),
        scalar(
            "regexp_like",
            vec![s(), text("pattern")],
            Is(Type::Bool),
            "whether the regular expression matches; s ~ pattern for short",
        ),
        scalar(
            "regexp_replace",
            vec![s(), text("pattern"), text("to")],
            Is(Type::String),
            "each match replaced; $1 is the first group",
        ),
        scalar(
            "regexp_extract",
            vec![s(), text("pattern"), literal(optional("group", OneOf(INT)))],
            Is(Type::String),
            "the first match, or a group of it",
        ),
    ]
}

fn choices_and_lists() -> Vec<Function> {
    use Accepts::{Any, Item, List, OneOf, Same as Like};
    use ResultType::{Is, Same};
    let list = || required("list", List);
    vec![
        scalar(
            "if",
            vec![required("condition", OneOf(BOOL)), required("then", Any), optional("otherwise", Like(1))],
            Same(1),
            "then where the condition is true, else the other (null)",
        ),
        scalar(
            "coalesce",
            vec![required("x", Any), repeated("y", Like(0))],
            Same(0),
            "the first that is not null",
        ),
        scalar(
            "nullif",
            vec![required("x", Any), required("y", Like(0))],
            Same(0),
            "x, or null where it equals y",
        ),
        scalar(
            "column",
            vec![literal(required("name", OneOf(STRING)))],
            ResultType::Column,
            "the column of that name, so that a parameter can choose it: order by column($sort)",
        ),
        scalar(
            "list_contains",
            vec![list(), required("item", Item(0))],
            Is(Type::Bool),
            "whether the item is in it",
        ),
        scalar("list_sort", vec![list()], Same(0), "in ascending order"),
        scalar("list_distinct", vec![list()], Same(0), "each item once"),
        scalar("list_concat", vec![list(), repeated("other", Like(0))], Same(0), "one after the other"),
        scalar(
            "list_join",
            vec![list(), required("separator", OneOf(STRING))],
            Is(Type::String),
            "its items as text, joined",
        ),
    ]
}

fn stacks() -> Vec<Function> {
    use Accepts::OneOf;
    use ResultType::Is;
    let of_stack = |name, ty, doc| scalar(name, vec![required("stack", OneOf(STACK))], Is(ty), doc);
    vec![
        of_stack("leaf", Type::String, "function of the innermost frame"),
        of_stack("root", Type::String, "function of the outermost frame"),
        of_stack("depth", Type::Int, "number of frames"),
        of_stack("frames", Type::list(frame()), "its frames, the leaf first"),
        of_stack("funcs", Type::list(Type::String), "functions of its frames, the leaf first"),
        of_stack(
            "locations",
            Type::list(Type::String),
            "its frames as 'func file:line', as results show them, the leaf first",
        ),
        of_stack("fold", Type::String, "its functions from root to leaf, joined by ';'"),
        scalar(
            "package",
            vec![required("func", OneOf(STRING))],
            Is(Type::String),
            "package of a function: 'net/http' of 'net/http.(*conn).serve'",
        ),
    ]
}

fn drawings() -> Vec<Function> {
    use Accepts::{ListOf, OneOf, Same as Like};
    use ResultType::Is;
    let width = Parameter { between: BAR_WIDTHS, ..optional("width", OneOf(INT)) };
    vec![
        scalar(
            "bar",
            vec![required("value", OneOf(AMOUNT)), required("of", Like(0)), width],
            Is(Type::String),
            "a bar in block characters: the share value / of of its width, which is 20 characters or 1 to 200; \
             empty unless both are above 0",
        ),
        scalar(
            "sparkline",
            vec![required("list", ListOf(AMOUNT))],
            Is(Type::String),
            "a block character for each item, its height from 0 (or the least item, if that is less) to the \
             greatest; a null is a space, and more than 60 items are drawn as 60 means",
        ),
    ]
}

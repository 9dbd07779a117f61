//! The pictures that `render` knows, and what each is made of.

use super::Type;

/// A way to show a result.
#[derive(Debug, PartialEq)]
pub struct Picture {
    pub name: &'static str,
    pub parts: &'static [Part],
    pub doc: &'static str,
}

/// A column that a picture is made of.
#[derive(Debug, PartialEq)]
pub struct Part {
    pub name: &'static str,
    pub required: bool,
    /// Empty: any.
    pub accepts: &'static [Type],
}

/// What has a size.
const AMOUNT: &[Type] = &[Type::Int, Type::Float, Type::Duration, Type::Bytes];
/// What lies on an axis.
const SCALE: &[Type] = &[Type::Int, Type::Float, Type::Duration, Type::Bytes, Type::Time];
const TIME: &[Type] = &[Type::Time];
const STACK: &[Type] = &[Type::Stack];

const fn part(name: &'static str, accepts: &'static [Type]) -> Part {
    Part { name, required: true, accepts }
}

const fn optional(name: &'static str, accepts: &'static [Type]) -> Part {
    Part { name, required: false, accepts }
}

static PICTURES: &[Picture] = &[
    Picture { name: "table", parts: &[], doc: "rows and columns" },
    Picture { name: "bar", parts: &[part("label", &[]), part("size", AMOUNT)], doc: "a bar a row" },
    Picture { name: "histogram", parts: &[part("x", SCALE)], doc: "how many values lie where" },
    Picture { name: "line", parts: &[part("x", SCALE), part("y", AMOUNT)], doc: "a line over x" },
    Picture {
        name: "flamegraph",
        parts: &[part("stack", STACK), part("weight", AMOUNT)],
        doc: "stacks, each as wide as its weight",
    },
    Picture {
        name: "timeline",
        parts: &[
            part("lane", &[]),
            part("start", TIME),
            part("end", TIME),
            optional("label", &[]),
            optional("id", &[]),
        ],
        doc: "intervals over time, a lane for each value, or for each of its ids",
    },
    Picture { name: "mmu", parts: &[], doc: "mutator utilization over the length of the window" },
];

/// All pictures.
pub fn pictures() -> &'static [Picture] {
    PICTURES
}

/// The picture called `name`.
pub fn picture(name: &str) -> Option<&'static Picture> {
    PICTURES.iter().find(|picture| picture.name == name)
}

//! The words and the symbols of the language, each once.
//!
//! The lexer, the parser, the printer and whoever documents or completes the language read the same two tables, so
//! that none of them can know a word that the others do not.

/// Where a word stops being free for the user's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reserved {
    /// Never: the word means something only where the grammar asks for it.
    No,
    /// A name in an expression, but not an alias without `as`: `from a left join b` must not call `a` "left".
    AsAlias,
    /// A name only in double quotes.
    Always,
}

/// Letters of the longest keyword.
const LONGEST: usize = 9;

macro_rules! keywords {
    ($($name:ident $text:literal $reserved:ident),* $(,)?) => {
        /// A word that the grammar knows.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Keyword { $($name),* }

        impl Keyword {
            /// All words, in alphabetical order.
            pub const ALL: &'static [Keyword] = &[$(Keyword::$name),*];

            pub const fn text(self) -> &'static str {
                match self { $(Keyword::$name => $text),* }
            }

            pub const fn reserved(self) -> Reserved {
                match self { $(Keyword::$name => Reserved::$reserved),* }
            }

            /// The keyword that a word is, whatever its case.
            pub fn of(word: &str) -> Option<Keyword> {
                let mut lower = [0; LONGEST];
                let lower = lower.get_mut(..word.len())?;
                lower.copy_from_slice(word.as_bytes());
                lower.make_ascii_lowercase();
                let found = Self::ALL.binary_search_by(|keyword| keyword.text().as_bytes().cmp(lower));
                found.ok().and_then(|place| Self::ALL.get(place).copied())
            }
        }
    };
}

keywords! {
    Aggregate "aggregate" No,
    All "all" No,
    And "and" Always,
    Anti "anti" AsAlias,
    As "as" Always,
    Asc "asc" No,
    Assert "assert" No,
    At "at" No,
    Between "between" Always,
    Bucket "bucket" No,
    By "by" No,
    Case "case" Always,
    Clip "clip" No,
    Cross "cross" AsAlias,
    Current "current" No,
    Depth "depth" No,
    Desc "desc" No,
    Distinct "distinct" Always,
    Drop "drop" No,
    Else "else" Always,
    End "end" No,
    Except "except" Always,
    Exists "exists" AsAlias,
    Extend "extend" No,
    False "false" Always,
    Filter "filter" No,
    First "first" No,
    Fn "fn" No,
    Following "following" No,
    From "from" Always,
    Full "full" AsAlias,
    Gaps "gaps" No,
    Group "group" Always,
    Groups "groups" No,
    Has "has" Always,
    Having "having" Always,
    Ilike "ilike" Always,
    In "in" Always,
    Inner "inner" AsAlias,
    Intersect "intersect" Always,
    Is "is" Always,
    Join "join" Always,
    Last "last" No,
    Left "left" AsAlias,
    Let "let" No,
    Like "like" Always,
    Limit "limit" Always,
    Match "match" No,
    Merge "merge" No,
    Not "not" Always,
    Null "null" Always,
    Nulls "nulls" No,
    Offset "offset" AsAlias,
    On "on" Always,
    Or "or" Always,
    Order "order" Always,
    Outer "outer" No,
    Over "over" AsAlias,
    Overlap "overlap" AsAlias,
    Partition "partition" No,
    Preceding "preceding" No,
    Qualify "qualify" Always,
    Query "query" No,
    Range "range" No,
    Rename "rename" No,
    Render "render" No,
    Right "right" AsAlias,
    Row "row" No,
    Rows "rows" No,
    Select "select" Always,
    Semi "semi" AsAlias,
    Set "set" No,
    Then "then" Always,
    True "true" Always,
    Unbounded "unbounded" No,
    Union "union" Always,
    Use "use" No,
    Using "using" AsAlias,
    Values "values" AsAlias,
    When "when" Always,
    Where "where" Always,
    With "with" Always,
    Within "within" No,
}

impl Keyword {
    /// The words that may begin a stage after `|>`.
    pub const STAGES: &'static [Keyword] = &[
        Keyword::Where,
        Keyword::Select,
        Keyword::Extend,
        Keyword::Set,
        Keyword::Drop,
        Keyword::Rename,
        Keyword::As,
        Keyword::Aggregate,
        Keyword::Order,
        Keyword::Limit,
        Keyword::Offset,
        Keyword::Distinct,
        Keyword::Join,
        Keyword::Inner,
        Keyword::Left,
        Keyword::Right,
        Keyword::Full,
        Keyword::Cross,
        Keyword::Semi,
        Keyword::Anti,
        Keyword::Union,
        Keyword::Intersect,
        Keyword::Except,
        Keyword::Clip,
        Keyword::At,
        Keyword::Overlap,
        Keyword::Bucket,
        Keyword::Merge,
        Keyword::Gaps,
        Keyword::Depth,
        Keyword::Match,
        Keyword::Render,
    ];

    /// The words that begin a declaration.
    pub const DECLARATIONS: &'static [Keyword] =
        &[Keyword::Use, Keyword::Let, Keyword::Fn, Keyword::Query, Keyword::Assert];

    /// The clauses of the select form, in the order in which they must stand.
    pub const CLAUSES: &'static [Keyword] = &[
        Keyword::Select,
        Keyword::From,
        Keyword::Where,
        Keyword::Group,
        Keyword::Having,
        Keyword::Qualify,
        Keyword::Order,
        Keyword::Limit,
        Keyword::Offset,
    ];

    /// How the clause or stage that a word begins is written: `order` begins `order by`.
    pub fn phrase(self) -> &'static str {
        match self {
            Keyword::Group => "group by",
            Keyword::Order => "order by",
            Keyword::Overlap => "overlap join",
            other => other.text(),
        }
    }

    /// Whether the word can only be the beginning of another part of a query. Skipping a broken expression stops here.
    pub fn begins_part(self) -> bool {
        use Keyword::*;
        matches!(
            self,
            From | Where
                | Group
                | Having
                | Qualify
                | Order
                | Limit
                | Union
                | Intersect
                | Except
                | Join
                | On
                | When
                | Then
                | Else
                | Select
        )
    }
}

macro_rules! symbols {
    ($($name:ident $text:literal),* $(,)?) => {
        /// A piece of punctuation or an operator.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Symbol { $($name),* }

        impl Symbol {
            /// All symbols; a symbol stands before every other that it begins with.
            pub const ALL: &'static [Symbol] = &[$(Symbol::$name),*];

            pub const fn text(self) -> &'static str {
                match self { $(Symbol::$name => $text),* }
            }

            /// The longest symbol at the beginning of a text.
            pub fn at_start_of(text: &str) -> Option<Symbol> {
                Self::ALL.iter().copied().find(|symbol| text.starts_with(symbol.text()))
            }
        }
    };
}

symbols! {
    Pipe "|>",
    Concat "||",
    AndAnd "&&",
    Coalesce "??",
    Cast "::",
    Range "..",
    EqEq "==",
    Arrow "=>",
    Then "->",
    NotEqBang "!=",
    NotMatch "!~",
    NotEq "<>",
    LtEq "<=",
    GtEq ">=",
    Colon ":",
    Dot ".",
    Eq "=",
    Lt "<",
    Gt ">",
    Match "~",
    Plus "+",
    Minus "-",
    Star "*",
    Slash "/",
    Percent "%",
    Question "?",
    Comma ",",
    Semicolon ";",
    LParen "(",
    RParen ")",
    LBracket "[",
    RBracket "]",
}

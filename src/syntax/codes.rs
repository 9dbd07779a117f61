//! The codes of this room's diagnostics: E0001–E0019 for the lexer, E0020–E0099 for the parser.

use crate::diag::codes;

codes! {
    /// A character that begins nothing in the language.
    UNKNOWN_CHARACTER = "E0001";
    /// A string whose closing `'` is missing.
    UNCLOSED_STRING = "E0002";
    /// A quoted name whose closing `"` is missing, or with nothing in it.
    BAD_QUOTED_NAME = "E0003";
    /// A `/*` without its `*/`.
    UNCLOSED_COMMENT = "E0004";
    /// A number that is not written as numbers are.
    BAD_NUMBER = "E0005";
    /// A number, duration, size or time too large for 64 bits.
    OUT_OF_RANGE = "E0006";
    /// A unit that does not exist.
    UNKNOWN_UNIT = "E0007";
    /// An amount finer than a nanosecond or a byte.
    TOO_FINE = "E0008";
    /// The parts of a compound duration are not in descending order.
    UNIT_ORDER = "E0009";
    /// A `@` without a time after it.
    BAD_TIME = "E0010";
    /// A date and time that is not RFC 3339 or does not exist.
    BAD_DATE = "E0011";
    /// A `$` without a name after it.
    BAD_PARAMETER = "E0012";

    /// Something stands where the grammar has no place for it.
    UNEXPECTED = "E0020";
    /// A bracket that is not closed.
    UNCLOSED_BRACKET = "E0021";
    /// A closing bracket that was never opened.
    UNOPENED_BRACKET = "E0022";
    /// A `case` without its `end`.
    UNCLOSED_CASE = "E0023";
    /// A comparison of a comparison: `a < b < c`.
    CHAINED_COMPARISON = "E0024";
    /// An operator of another language: `==`, `&&`, `=>`.
    FOREIGN_OPERATOR = "E0025";
    /// A word after `|>` that begins no stage.
    UNKNOWN_STAGE = "E0026";
    /// A stage without its `|>`.
    MISSING_PIPE = "E0027";
    /// A clause in the wrong place, or given twice.
    CLAUSE_ORDER = "E0028";
    /// Two items without a comma between them.
    MISSING_COMMA = "E0029";
    /// A `group` or `order` without its `by`.
    MISSING_BY = "E0030";
    /// A select list, or another list, with nothing in it.
    EMPTY_LIST = "E0031";
    /// A query as a value without parentheses.
    BARE_QUERY = "E0032";
    /// Nesting deeper than a query needs.
    TOO_DEEP = "E0033";
    /// A statement that is no query.
    NOT_A_QUERY = "E0034";
    /// A join without a condition, or a cross join with one.
    JOIN_CONDITION = "E0035";
    /// Two statements without a `;` between them.
    MISSING_SEMICOLON = "E0036";
}

//! The codes of this room's diagnostics: E0001–E0019 for the lexer, E0020–E0099 for the parser.

use crate::diag::Code;

/// A character that begins nothing in the language.
pub const UNKNOWN_CHARACTER: Code = Code("E0001");
/// A string whose closing `'` is missing.
pub const UNCLOSED_STRING: Code = Code("E0002");
/// A quoted name whose closing `"` is missing, or with nothing in it.
pub const BAD_QUOTED_NAME: Code = Code("E0003");
/// A `/*` without its `*/`.
pub const UNCLOSED_COMMENT: Code = Code("E0004");
/// A number that is not written as numbers are.
pub const BAD_NUMBER: Code = Code("E0005");
/// A number, duration, size or time too large for 64 bits.
pub const OUT_OF_RANGE: Code = Code("E0006");
/// A unit that does not exist.
pub const UNKNOWN_UNIT: Code = Code("E0007");
/// An amount finer than a nanosecond or a byte.
pub const TOO_FINE: Code = Code("E0008");
/// The parts of a compound duration are not in descending order.
pub const UNIT_ORDER: Code = Code("E0009");
/// A `@` without a time after it.
pub const BAD_TIME: Code = Code("E0010");
/// A date and time that is not RFC 3339 or does not exist.
pub const BAD_DATE: Code = Code("E0011");
/// A `$` without a name after it.
pub const BAD_PARAMETER: Code = Code("E0012");

/// Something stands where the grammar has no place for it.
pub const UNEXPECTED: Code = Code("E0020");
/// A bracket that is not closed.
pub const UNCLOSED_BRACKET: Code = Code("E0021");
/// A closing bracket that was never opened.
pub const UNOPENED_BRACKET: Code = Code("E0022");
/// A `case` without its `end`.
pub const UNCLOSED_CASE: Code = Code("E0023");
/// A comparison of a comparison: `a < b < c`.
pub const CHAINED_COMPARISON: Code = Code("E0024");
/// An operator of another language: `==`, `&&`, `=>`.
pub const FOREIGN_OPERATOR: Code = Code("E0025");
/// A word after `|>` that begins no stage.
pub const UNKNOWN_STAGE: Code = Code("E0026");
/// A stage without its `|>`.
pub const MISSING_PIPE: Code = Code("E0027");
/// A clause in the wrong place, or given twice.
pub const CLAUSE_ORDER: Code = Code("E0028");
/// Two items without a comma between them.
pub const MISSING_COMMA: Code = Code("E0029");
/// A `group` or `order` without its `by`.
pub const MISSING_BY: Code = Code("E0030");
/// A select list, or another list, with nothing in it.
pub const EMPTY_LIST: Code = Code("E0031");
/// A query as a value without parentheses.
pub const BARE_QUERY: Code = Code("E0032");
/// Nesting deeper than a query needs.
pub const TOO_DEEP: Code = Code("E0033");
/// A statement that is no query.
pub const NOT_A_QUERY: Code = Code("E0034");
/// A join without a condition, or a cross join with one.
pub const JOIN_CONDITION: Code = Code("E0035");

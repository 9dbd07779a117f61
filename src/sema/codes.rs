//! The codes of this room's diagnostics: E01xx names, E02xx types, E03xx aggregates and windows, E04xx structure,
//! E05xx declarations, E06xx intervals and pictures; a warning's begins with W.

use crate::diag::codes;

codes! {
    /// There is no such table.
    UNKNOWN_TABLE = "E0100";
    /// There is no such table function.
    UNKNOWN_TABLE_FUNCTION = "E0101";
    /// There is no such column.
    UNKNOWN_COLUMN = "E0102";
    /// Several columns have this name.
    AMBIGUOUS_COLUMN = "E0103";
    /// There is no such function.
    UNKNOWN_FUNCTION = "E0104";
    /// There is no such type.
    UNKNOWN_TYPE = "E0105";
    /// A struct has no such field.
    UNKNOWN_FIELD = "E0106";
    /// There is no such parameter.
    UNKNOWN_PARAMETER = "E0107";
    /// Two tables, or two columns of one list, have the same name.
    DUPLICATE_NAME = "E0108";
    /// A subquery reads a column of the query around it.
    CORRELATED = "E0109";
    /// No table in scope has this name.
    UNKNOWN_QUALIFIER = "E0110";

    /// The types of two operands do not go together.
    TYPE_MISMATCH = "E0200";
    /// Two different units, or a unit and a bare number.
    UNIT_MISMATCH = "E0201";
    /// An operator does not work on this type.
    BAD_OPERAND = "E0202";
    /// A condition is not a bool.
    NOT_BOOL = "E0203";
    /// A function does not take these arguments.
    BAD_ARGUMENTS = "E0204";
    /// A value cannot be cast to that type.
    BAD_CAST = "E0205";
    /// A value that the column never has.
    OUTSIDE_DOMAIN = "E0206";
    /// A range stands where no range can.
    MISPLACED_RANGE = "E0207";
    /// Values of this type have no order.
    NO_ORDER = "E0208";
    /// A regular expression that is none.
    BAD_PATTERN = "E0209";
    /// A table function does not take these arguments.
    BAD_TABLE_ARGUMENTS = "E0210";

    /// A column is neither a key of the grouping nor inside an aggregate.
    NOT_GROUPED = "E0300";
    /// An aggregate stands where none can.
    MISPLACED_AGGREGATE = "E0301";
    /// A window function stands where none can.
    MISPLACED_WINDOW = "E0302";
    /// An aggregate inside an aggregate.
    NESTED_AGGREGATE = "E0303";
    /// A window function without `over`, or `over` on something else.
    BAD_OVER = "E0304";
    /// `distinct`, `by`, `order by` or `filter` in a call that cannot have it, or lacks it.
    BAD_CALL_CLAUSE = "E0305";
    /// A window's frame that means nothing.
    BAD_FRAME = "E0306";

    /// The two sides of a set operation do not fit.
    BAD_SET_OPERATION = "E0400";
    /// A subquery used as a value has not exactly one column.
    NOT_ONE_COLUMN = "E0401";
    /// `limit` or `offset` without a constant number.
    BAD_LIMIT = "E0402";
    /// A position in `group by` or `order by` outside the select list.
    BAD_ORDINAL = "E0403";
    /// Rows of `values` of different lengths, or too many column names.
    BAD_VALUES = "E0404";
    /// `distinct` orders by something that is not selected.
    DISTINCT_ORDER = "E0405";
    /// A star, or another item, where it means nothing.
    BAD_ITEM = "E0406";
    /// More stages, joins and conditions than a query needs.
    TOO_LARGE = "E0407";

    /// There is no such module or file.
    UNKNOWN_MODULE = "E0500";
    /// Files that use each other in a circle.
    IMPORT_CYCLE = "E0501";
    /// A declaration is used before the place where it stands.
    DECLARED_LATER = "E0502";
    /// A declaration of another kind is needed here.
    WRONG_DECLARATION = "E0503";
    /// A saved query is called with the wrong parameters.
    BAD_QUERY_ARGUMENTS = "E0504";
    /// A value does not have the declared type.
    DECLARED_TYPE = "E0505";
    /// A call that cannot work with these arguments.
    BAD_CALL = "E0506";
    /// A parameter's name that nobody can write.
    BAD_PARAMETER_NAME = "E0507";

    /// A relation without `start` and `end`.
    NOT_INTERVALS = "E0600";
    /// A stage that takes a range of times, or a time, gets something else.
    BAD_WINDOW = "E0601";
    /// A width that is not a positive duration.
    BAD_WIDTH = "E0602";
    /// A key that is no column.
    BAD_KEY = "E0603";
    /// A step of `match` that has no name of its own, or nothing to be within.
    BAD_STEP = "E0604";
    /// A picture that `render` does not know, or that lacks something.
    BAD_RENDER = "E0605";

    /// A column hides a named value.
    HIDDEN_VALUE = "W0100";
    /// A parameter that the query does not use.
    UNUSED_PARAMETER = "W0101";
    /// A doc comment names a parameter that there is none of.
    UNKNOWN_DOC_PARAM = "W0102";
    /// A comparison with null, which is never true.
    NULL_COMPARISON = "W0200";
    /// A value that the column is not known to have.
    UNUSUAL_VALUE = "W0201";
    /// A comparison that can never hold.
    NEVER_HOLDS = "W0202";
    /// A window function that depends on an order, without one.
    UNORDERED_WINDOW = "W0300";
    /// A `limit` without an order in a saved query.
    UNORDERED_LIMIT = "W0301";
}

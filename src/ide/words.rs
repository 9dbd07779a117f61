//! What the words of the grammar mean, a line each.

use crate::syntax::keywords::Keyword;

/// What a word of the language stands for.
pub fn meaning_of(word: &str) -> Option<&'static str> {
    Keyword::of(word).map(meaning).filter(|meaning| !meaning.is_empty())
}

/// What a keyword stands for; empty for those that only go with another.
pub(super) fn meaning(keyword: Keyword) -> &'static str {
    use Keyword::*;
    match keyword {
        Aggregate => "computes aggregates: a row for each group of `group by`",
        And => "true if both conditions are",
        Anti => "`anti join`: the rows of the left side that have no partner",
        As => "gives a name; as a stage, to the whole relation",
        Asc => "the smallest first",
        Assert => "declares what should hold: `assert name: condition`",
        At => "the rows whose interval contains an instant: `at @1.25s`",
        Between => "`x between a and b`: both ends included",
        Bucket => "cuts each row at the multiples of a width, and adds `bucket`: `bucket 10ms`",
        Case => "chooses: `case when a then b else c end`",
        Clip => "the rows that intersect a window, cut to it: `clip @1s..@2s`",
        Cross => "`cross join`: all pairs of rows",
        Depth => "how many intervals are open at once, as a step function: `depth by g`",
        Desc => "the largest first",
        Distinct => "each row, or each value, once",
        Drop => "leaves columns out",
        Except => "the rows that the second query has not; behind `*`, columns to leave out",
        Exists => "true if the query gives a row",
        Extend => "adds columns: `extend end - start as length`",
        False | True | Null => "a value",
        Filter => "`filter (where …)`: the rows that an aggregate takes",
        Fn => "declares a function: `fn share(a: duration, b: duration) = a / b`",
        From => "what a query reads",
        Full => "`full join`: pairs, and the rows of both sides without a partner",
        Gaps => "what the union of intervals leaves uncovered: `gaps by g`",
        Group => "`group by`: what rows have in common that are aggregated together",
        Has => "whether a stack has a function in any frame, or a list an item",
        Having => "keeps the groups for which a condition is true",
        Ilike => "like `like`, without regard to case",
        In => "whether a value is among others, in a range, or given by a query",
        Inner | Join => "pairs of rows that satisfy a condition: `join t on …`, `join t using (…)`",
        Intersect => "the rows that both queries have",
        Is => "`is null`, `is not null`",
        Left => "`left join`: pairs, and the rows of the left side without a partner",
        Let => "declares a named value or relation: `let slow = 10ms`",
        Like => "compares a whole string with a pattern: `%` is any text, `_` a character",
        Limit => "keeps so many rows",
        Match => "rows that follow each other: `match by g (a: …) -> (b: … within 1ms)`",
        Merge => "the union of intervals that overlap or touch: `merge by name`",
        Not => "true if the condition is false",
        Offset => "skips so many rows",
        On => "the condition of a join",
        Or => "true if one of the conditions is",
        Order => "`order by`: sorts",
        Over => "computes over a window of rows: `over (partition by … order by …)`",
        Overlap => "`overlap join`: pairs of rows whose intervals intersect",
        Partition => "`partition by`: the rows that belong to one window",
        Qualify => "keeps the rows for which a condition on window functions is true",
        Query => "declares a saved query: `query name(min: duration = 1ms) = …`",
        Rename => "renames columns: `rename old as new`",
        Render => "how to show the result: `render flamegraph(stack, time)`",
        Right => "`right join`: pairs, and the rows of the right side without a partner",
        Select => "these columns and no others",
        Semi => "`semi join`: the rows of the left side that have a partner",
        Set => "replaces columns in their places: `set a = b + 1`",
        Union => "the rows of both queries; `union all` keeps duplicates",
        Use => "uses another text: `use std.sched`, `use './lib/http.gtq' as http`",
        Using => "the columns that both sides of a join have in common",
        Values => "rows that are written out: `values (1, 'a'), (2, 'b')`",
        Where => "keeps the rows for which a condition is true",
        With => "names queries for this query: `with a as (…) select …`",
        Within => "at most so long after the step before",
        All | By | Current | Else | End | First | Following | Groups | Last | Nulls | Outer | Preceding
        | Range | Row | Rows | Then | Unbounded | When => "",
    }
}

//! What holds for every text and every tree.

use gtq::diag::Span;
use gtq::syntax::ast::*;
use gtq::syntax::keywords::{Keyword, Symbol};
use gtq::syntax::{lexer, parse, print};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::support::queries;
use crate::syntax::bare;

const NOWHERE: Span = Span::new(0, 0);

/// A text made of pieces of the language, more likely to reach deep into the grammar than any bytes.
pub(crate) fn soup() -> impl Strategy<Value = String> {
    let words = Keyword::ALL.iter().map(|keyword| keyword.text());
    let symbols = Symbol::ALL.iter().map(|symbol| symbol.text());
    let others = [
        "a", "b.c", "f(", "1", "1.5ms", "'x", "'y'", "\"q\"", "@1s", "@end", "$p", "--", "/*", "*/", "µ",
        "\n", "|", "!",
    ];
    let pieces: Vec<&'static str> = words.chain(symbols).chain(others).collect();
    prop::collection::vec((prop::sample::select(pieces), prop::bool::ANY), 0..40).prop_map(|pieces| {
        pieces.into_iter().map(|(piece, space)| format!("{piece}{}", if space { " " } else { "" })).collect()
    })
}

/// White space, or the mark that some editors put in front of a file.
fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || c == '\u{feff}')
}

fn check_total(source: &str) -> Result<(), TestCaseError> {
    let in_text = |span: Span| source.get(span.start..span.end).is_some();
    let (file, diagnostics) = parse(source);
    for diagnostic in &diagnostics {
        prop_assert!(in_text(diagnostic.span), "{diagnostic:?}");
        prop_assert!(diagnostic.labels.iter().all(|label| in_text(label.span)), "{diagnostic:?}");
        prop_assert!(diagnostic.fix.iter().all(|fix| in_text(fix.span)), "{diagnostic:?}");
    }
    prop_assert!(file.statements.iter().all(|statement| in_text(statement.span)));
    // Printing is total too, whatever stands for what could not be read.
    print::file_text(&file);
    let (tokens, _) = lexer::lex(source);
    let mut at = 0;
    for token in tokens {
        prop_assert!(token.span.start >= at && token.span.end > token.span.start);
        let gap = &source[at..token.span.start];
        prop_assert!(is_blank(gap), "{:?} is in no token", gap);
        at = token.span.end;
    }
    prop_assert!(is_blank(&source[at..]));
    Ok(())
}

fn ident() -> impl Strategy<Value = Ident> {
    const WORDS: &[&str] =
        &["a", "b", "end", "start", "first", "left", "all", "by", "unbounded", "µ", "list", "filter"];
    prop_oneof![
        4 => prop::sample::select(WORDS).prop_map(|text| (text.to_string(), false)),
        1 => prop::sample::select(["A b", "select", "x\"y", "1"].as_slice()).prop_map(|text| (text.to_string(), true)),
    ]
    .prop_map(|(text, quoted)| Ident { text, quoted, span: NOWHERE })
}

fn new(kind: ExprKind) -> Expr {
    Expr { kind, span: NOWHERE }
}

fn literal() -> impl Strategy<Value = Literal> {
    let positive = 0..i64::MAX;
    prop_oneof![
        Just(Literal::Null),
        any::<bool>().prop_map(Literal::Bool),
        positive.clone().prop_map(Literal::Int),
        (0.0..f64::MAX).prop_map(Literal::Float),
        (0.0..1e9).prop_map(Literal::Float),
        "[a-z' \"µ]{0,5}".prop_map(Literal::String),
        positive.clone().prop_map(Literal::Duration),
        (0i64..5000).prop_map(|n| Literal::Duration(n * 50_000_000)),
        positive.clone().prop_map(Literal::Bytes),
        (0i64..5000).prop_map(|n| Literal::Bytes(n * 512)),
        positive.prop_map(Literal::Time),
        Just(Literal::TimeEnd),
        any::<i64>().prop_map(Literal::WallClock),
    ]
}

fn operator() -> impl Strategy<Value = BinaryOp> {
    use BinaryOp::*;
    prop::sample::select(
        [
            Or, And, Eq, NotEq, Lt, LtEq, Gt, GtEq, Match, NotMatch, Has, Coalesce, Concat, Add, Sub, Mul,
            Div, Mod,
        ]
        .as_slice(),
    )
}

fn vec<T: std::fmt::Debug>(
    of: impl Strategy<Value = T>,
    size: std::ops::Range<usize>,
) -> impl Strategy<Value = Vec<T>> {
    prop::collection::vec(of, size)
}

fn maybe<T: std::fmt::Debug>(of: impl Strategy<Value = T>) -> impl Strategy<Value = Option<T>> {
    prop::option::of(of)
}

fn order_by(expr: BoxedStrategy<Expr>) -> impl Strategy<Value = Vec<OrderItem>> {
    let item = (expr, any::<bool>(), maybe(any::<bool>()))
        .prop_map(|(expr, descending, nulls_first)| OrderItem { expr, descending, nulls_first });
    vec(item, 0..3)
}

fn type_name() -> impl Strategy<Value = TypeName> {
    let name = |text: &str| Ident { text: text.into(), quoted: false, span: NOWHERE };
    let plain = prop::sample::select(["int", "time", "list"].as_slice()).prop_map(move |text| TypeName {
        name: name(text),
        args: vec![],
        span: NOWHERE,
    });
    plain.prop_recursive(2, 4, 1, move |inner| {
        inner.prop_map(move |arg| TypeName { name: name("list"), args: vec![arg], span: NOWHERE })
    })
}

fn bound(expr: BoxedStrategy<Expr>) -> impl Strategy<Value = FrameBound> {
    prop_oneof![
        Just(FrameBound::CurrentRow),
        maybe(expr.clone()).prop_map(FrameBound::Preceding),
        maybe(expr).prop_map(FrameBound::Following),
    ]
}

fn window(expr: BoxedStrategy<Expr>) -> impl Strategy<Value = Window> {
    let unit = prop::sample::select([FrameUnit::Rows, FrameUnit::Range, FrameUnit::Groups].as_slice());
    let frame = (unit, bound(expr.clone()), bound(expr.clone())).prop_map(|(unit, start, end)| Frame {
        unit,
        start,
        end,
        span: NOWHERE,
    });
    (vec(expr.clone(), 0..3), order_by(expr), maybe(frame))
        .prop_map(|(partition_by, order_by, frame)| Window { partition_by, order_by, frame, span: NOWHERE })
}

fn call(expr: BoxedStrategy<Expr>) -> impl Strategy<Value = Expr> {
    let args = (any::<bool>(), any::<bool>(), args(expr.clone()));
    let inside = (maybe(expr.clone()), order_by(expr.clone()));
    (ident(), args, inside, maybe(expr.clone()), maybe(window(expr))).prop_map(
        |(name, (distinct, star, args), (by, order_by), filter, over)| {
            let args = if star { vec![] } else { args };
            let distinct = distinct && (star || !args.is_empty());
            // `by` belongs to a value.
            let (by, order_by) = if args.is_empty() { (None, vec![]) } else { (by, order_by) };
            new(ExprKind::Call(Box::new(Call {
                module: None,
                name,
                distinct,
                star,
                args,
                by,
                order_by,
                filter,
                over,
            })))
        },
    )
}

fn args(expr: BoxedStrategy<Expr>) -> impl Strategy<Value = Vec<Arg>> {
    vec((maybe(ident()), expr).prop_map(|(name, value)| Arg { name, value }), 0..3)
}

fn expr() -> BoxedStrategy<Expr> {
    let leaf = prop_oneof![
        vec(ident(), 1..3).prop_map(|parts| new(ExprKind::Name(parts))),
        literal().prop_map(|literal| new(ExprKind::Literal(literal))),
        Just(new(ExprKind::Param(Ident { text: "p".into(), quoted: false, span: NOWHERE }))),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let boxed = inner.clone().prop_map(Box::new);
        let negated = any::<bool>();
        let binary = (operator(), boxed.clone(), boxed.clone())
            .prop_map(|(op, left, right)| new(ExprKind::Binary { op, op_span: NOWHERE, left, right }));
        let tests = prop_oneof![
            (boxed.clone(), negated).prop_map(|(expr, negated)| new(ExprKind::IsNull { expr, negated })),
            (boxed.clone(), vec(inner.clone(), 1..3), negated)
                .prop_map(|(expr, list, negated)| new(ExprKind::InList { expr, list, negated })),
            (boxed.clone(), boxed.clone(), boxed.clone(), negated)
                .prop_map(|(expr, low, high, negated)| new(ExprKind::Between { expr, low, high, negated })),
            (boxed.clone(), boxed.clone(), negated, any::<bool>()).prop_map(
                |(expr, pattern, negated, case_insensitive)| {
                    new(ExprKind::Like { expr, pattern, negated, case_insensitive })
                }
            ),
        ];
        let field = (boxed.clone(), ident()).prop_map(|(expr, field)| match expr.kind {
            // A field of a name is a longer name.
            ExprKind::Name(mut parts) => {
                parts.push(field);
                new(ExprKind::Name(parts))
            }
            kind => new(ExprKind::Field { expr: Box::new(new(kind)), field }),
        });
        let postfix = prop_oneof![
            (boxed.clone(), type_name()).prop_map(|(expr, ty)| new(ExprKind::Cast { expr, ty })),
            (boxed.clone(), boxed.clone()).prop_map(|(expr, index)| new(ExprKind::Index { expr, index })),
            field,
        ];
        let unary = (any::<bool>(), boxed.clone()).prop_map(|(not, expr)| {
            new(ExprKind::Unary { op: if not { UnaryOp::Not } else { UnaryOp::Neg }, expr })
        });
        let case = (maybe(boxed.clone()), vec((inner.clone(), inner.clone()), 1..3), maybe(boxed.clone()))
            .prop_map(|(operand, branches, otherwise)| new(ExprKind::Case { operand, branches, otherwise }));
        let range = (maybe(boxed.clone()), maybe(boxed.clone()))
            .prop_filter("a range has a bound", |(from, to)| from.is_some() || to.is_some())
            .prop_map(|(from, to)| new(ExprKind::Range { from, to }));
        prop_oneof![
            4 => binary,
            2 => tests,
            2 => postfix,
            1 => unary,
            1 => case,
            1 => range,
            2 => call(inner.boxed()),
            1 => vec(boxed.prop_map(|expr| *expr), 0..3).prop_map(|items| new(ExprKind::List(items))),
        ]
    })
    .boxed()
}

fn star() -> impl Strategy<Value = Item> {
    (maybe(ident()), vec(ident(), 0..3)).prop_map(|(qualifier, except)| Item::Star {
        qualifier,
        except,
        span: NOWHERE,
    })
}

fn items() -> BoxedStrategy<Vec<Item>> {
    let value = (expr(), maybe(ident())).prop_map(|(expr, alias)| Item::Expr { expr, alias });
    vec(prop_oneof![1 => star(), 4 => value], 1..3).boxed()
}

fn group_by() -> impl Strategy<Value = GroupBy> {
    let key = (expr(), maybe(ident())).prop_map(|(expr, alias)| GroupKey { expr, alias });
    prop_oneof![Just(GroupBy::All(NOWHERE)), vec(key, 1..3).prop_map(GroupBy::Keys)]
}

fn source(query: BoxedStrategy<Query>) -> BoxedStrategy<Source> {
    let row = |width| vec(expr(), width).prop_map(|node| Spanned { node, span: NOWHERE });
    let kind = prop_oneof![
        4 => vec(ident(), 1..3).prop_map(SourceKind::Table),
        1 => (vec(ident(), 1..3), args(expr())).prop_map(|(name, args)| SourceKind::Function { name, args }),
        1 => query.prop_map(|query| SourceKind::Query(Box::new(query))),
        1 => vec(row(1..3), 1..3).prop_map(SourceKind::Values),
    ];
    (kind, maybe((ident(), vec(ident(), 0..3))))
        .prop_map(|(kind, alias)| {
            let (alias, columns) = alias.unzip();
            Source { kind, alias, columns: columns.unwrap_or_default(), span: NOWHERE }
        })
        .boxed()
}

fn join(query: BoxedStrategy<Query>) -> impl Strategy<Value = Join> {
    use JoinKind::*;
    let kind = prop::sample::select([Inner, Left, Right, Full, Cross, Semi, Anti].as_slice());
    let condition =
        prop_oneof![expr().prop_map(JoinCondition::On), vec(ident(), 1..3).prop_map(JoinCondition::Using)];
    (kind, source(query), condition).prop_map(|(kind, source, condition)| {
        let condition = if kind == Cross { JoinCondition::None } else { condition };
        Join { kind, source, condition, span: NOWHERE }
    })
}

fn from(query: BoxedStrategy<Query>) -> BoxedStrategy<From> {
    (source(query.clone()), vec(join(query), 0..2)).prop_map(|(source, joins)| From { source, joins }).boxed()
}

fn set_op() -> impl Strategy<Value = SetOp> {
    prop::sample::select([SetOp::Union, SetOp::Intersect, SetOp::Except].as_slice())
}

fn stage(query: BoxedStrategy<Query>) -> BoxedStrategy<Stage> {
    let pairs = vec((ident(), ident()), 1..3);
    let order = order_by(expr()).prop_filter("an order has keys", |keys| !keys.is_empty());
    let set_op = (set_op(), any::<bool>(), query.clone()).prop_map(|(op, all, query)| StageKind::SetOp {
        op,
        all,
        query: Box::new(query),
        op_span: NOWHERE,
    });
    prop_oneof![
        expr().prop_map(StageKind::Where),
        (any::<bool>(), items()).prop_map(|(distinct, items)| StageKind::Select { distinct, items }),
        items().prop_map(StageKind::Extend),
        vec((ident(), expr()), 1..3).prop_map(StageKind::Set),
        vec(ident(), 1..3).prop_map(StageKind::Drop),
        pairs.prop_map(StageKind::Rename),
        ident().prop_map(StageKind::As),
        (items(), maybe(group_by())).prop_map(|(items, group_by)| StageKind::Aggregate { items, group_by }),
        order.prop_map(StageKind::OrderBy),
        (expr(), maybe(expr())).prop_map(|(count, offset)| StageKind::Limit { count, offset }),
        expr().prop_map(StageKind::Offset),
        Just(StageKind::Distinct),
        join(query).prop_map(|join| StageKind::Join(Box::new(join))),
        set_op,
    ]
    .prop_map(|kind| Stage { kind, span: NOWHERE })
    .boxed()
}

fn select(query: BoxedStrategy<Query>) -> impl Strategy<Value = Select> {
    let head = (any::<bool>(), items(), maybe(from(query)));
    let clauses = (maybe(expr()), maybe(group_by()), maybe(expr()), maybe(expr()));
    let tail = (order_by(expr()), maybe(expr()), maybe(expr()));
    (head, clauses, tail).prop_map(
        |((distinct, items, from), (filter, group_by, having, qualify), (order_by, limit, offset))| Select {
            distinct,
            items,
            from,
            filter,
            group_by,
            having,
            qualify,
            order_by,
            limit,
            offset,
            span: NOWHERE,
        },
    )
}

fn plain(body: Body) -> Query {
    Query { ctes: vec![], body, stages: vec![], span: NOWHERE }
}

pub(crate) fn query() -> BoxedStrategy<Query> {
    let leaf = ident().prop_map(|name| {
        let kind = SourceKind::Table(vec![name]);
        let source = Source { kind, alias: None, columns: vec![], span: NOWHERE };
        plain(Body::From(From { source, joins: vec![] }))
    });
    leaf.prop_recursive(3, 8, 2, |inner| {
        let inner = inner.boxed();
        let sub = inner.clone();
        let value =
            (expr(), inner.clone(), 0..3u8, any::<bool>()).prop_map(|(expr, query, which, negated)| {
                let (expr, query) = (Box::new(expr), Box::new(query));
                let expr = new(match which {
                    0 => ExprKind::Query(query),
                    1 => ExprKind::Exists { query },
                    _ => ExprKind::InQuery { expr, query, negated },
                });
                Body::Select(Box::new(Select {
                    distinct: false,
                    items: vec![Item::Expr { expr, alias: None }],
                    from: None,
                    filter: None,
                    group_by: None,
                    having: None,
                    qualify: None,
                    order_by: vec![],
                    limit: None,
                    offset: None,
                    span: NOWHERE,
                }))
            });
        let tail = (order_by(expr()), maybe(expr()), maybe(expr()));
        let set = (set_op(), any::<bool>(), inner.clone(), inner.clone(), tail).prop_map(
            |(op, all, left, right, (order_by, limit, offset))| {
                let set = SetBody { left, op, all, right, op_span: NOWHERE, order_by, limit, offset };
                Body::Set(Box::new(set))
            },
        );
        let body = prop_oneof![
            3 => select(inner.clone()).prop_map(|select| Body::Select(Box::new(select))),
            2 => from(inner.clone()).prop_map(Body::From),
            2 => set,
            1 => value,
        ];
        let cte = (ident(), sub).prop_map(|(name, query)| Cte { name, query });
        let whole = (vec(cte, 0..2), body, vec(stage(inner.clone()), 0..3))
            .prop_map(|(ctes, body, stages)| Query { ctes, body, stages, span: NOWHERE });
        let nested = (inner.clone(), stage(inner))
            .prop_map(|(query, stage)| Query { stages: vec![stage], ..plain(Body::Query(Box::new(query))) });
        prop_oneof![4 => whole, 1 => nested]
    })
    .boxed()
}

fn check_print(query: Query) -> Result<(), TestCaseError> {
    let text = print::query_text(&query);
    let (file, diagnostics) = parse(&text);
    prop_assert!(diagnostics.is_empty(), "{text}\n{diagnostics:#?}");
    let span = query.span;
    let statement = Statement { kind: StatementKind::Query(query), doc: None, span };
    let printed = File { statements: vec![statement] };
    prop_assert_eq!(bare(&file), bare(&printed), "{}", text);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_parses(source in any::<String>()) {
        check_total(&source)?;
    }

    #[test]
    fn any_soup_parses(source in soup()) {
        check_total(&source)?;
        check_total(&format!("select {source}"))?;
        check_total(&format!("from t |> {source}"))?;
    }

    #[test]
    fn printed_expressions_parse_to_themselves(expr in expr()) {
        let item = Item::Expr { expr, alias: None };
        let stage = Stage { kind: StageKind::Extend(vec![item]), span: NOWHERE };
        let (file, _) = parse("from t");
        let mut query = queries(&file)[0].clone();
        query.stages.push(stage);
        check_print(query)?;
    }
}

/// On a stack of its own: the strategies for whole queries nest deeply, and are not optimised.
#[test]
fn printed_queries_parse_to_themselves() {
    let run = || {
        let config = ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() };
        TestRunner::new(config).run(&query(), check_print).map_err(|failure| failure.to_string())
    };
    let thread =
        std::thread::Builder::new().stack_size(64 << 20).spawn(run).expect("a thread can be started");
    assert_eq!(thread.join().expect("the runner does not panic"), Ok(()));
}

//! Formatting: the style, and that it changes nothing but white space.

use gtq::ide::{WIDTH, format};
use gtq::library;
use gtq::syntax::lexer::lex;
use gtq::syntax::token::Token;
use gtq::syntax::{parse, print};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::syntax::bare;
use crate::syntax_properties::query;

/// The comments of a text, in its order, without the white space at the ends of their lines.
fn comments(text: &str) -> Vec<String> {
    let (lexemes, _) = lex(text);
    let comments = lexemes.iter().filter_map(|lexeme| match lexeme.token {
        Token::Comment(comment) => Some(comment.trim_end().to_owned()),
        _ => None,
    });
    comments.collect()
}

/// Formats a text, after a look at what must hold for all.
#[track_caller]
fn formatted(text: &str) -> String {
    check(text).unwrap_or_else(|failure| panic!("{failure}"))
}

fn check(text: &str) -> Result<String, String> {
    let once = format(text).map_err(|diagnostics| format!("{text}\n{diagnostics:#?}"))?;
    let twice = format(&once).map_err(|diagnostics| format!("{text}\n→\n{once}\n{diagnostics:#?}"))?;
    if once != twice {
        return Err(format!("not the same again:\n{text}\n→\n{once}\n→\n{twice}"));
    }
    let ((before, _), (after, _)) = (parse(text), parse(&once));
    if bare(&before) != bare(&after) {
        return Err(format!("another tree:\n{text}\n→\n{once}"));
    }
    if comments(text) != comments(&once) {
        return Err(format!("other comments:\n{text}\n→\n{once}"));
    }
    let trailing = once.lines().any(|line| line.ends_with(' ')) && !text.lines().any(|l| l.ends_with(' '));
    if trailing
        || !once.is_empty() && !once.ends_with('\n')
        || once.contains("\n\n\n") && !text.contains('\'')
    {
        return Err(format!("white space:\n{text}\n→\n{once}"));
    }
    Ok(once)
}

/// What ships is in the style already.
#[test]
fn the_library_is_formatted() {
    let mut wrong = Vec::new();
    for (name, text) in library::modules() {
        if formatted(text) != text {
            wrong.push(name);
        }
    }
    assert_eq!(wrong, [""; 0], "`gtq fmt queries/*.gtq` mends it");
}

#[test]
fn lines_are_not_longer_than_they_have_to_be() {
    for (name, text) in library::modules() {
        for line in formatted(text).lines().filter(|line| !line.contains("--") && !line.contains("///")) {
            assert!(line.chars().count() <= WIDTH, "{name}: {line}");
        }
    }
}

#[test]
fn what_tests_accept_stays_what_it_is() {
    for text in include_str!("sema_good.txt").lines() {
        formatted(text);
    }
    for case in include_str!("queries.txt").lines() {
        if let Ok(once) = format(case) {
            assert_eq!(formatted(&once), once);
        }
    }
    for (_, page) in library::diagnostics() {
        for example in page.split("```gtq ").skip(1).filter_map(|rest| rest.split_once('\n')) {
            let text = example.1.split("```").next().unwrap_or_default();
            if format(text).is_ok() {
                formatted(text);
            }
        }
    }
}

#[test]
fn wrong_syntax_is_left_alone() {
    let found = format("from goroutines |> wher x").unwrap_err();
    assert_eq!(found.iter().map(|d| d.code.0).collect::<Vec<_>>(), ["E0026"]);
}

/// Texts between lines of dashes.
#[test]
fn style() {
    let mut out = String::new();
    for text in include_str!("ide_format.txt").split("\n----\n") {
        out.push_str(&formatted(text));
        out.push_str("----\n");
    }
    insta::assert_snapshot!(out);
}

/// Comments of all kinds, and with lines around them.
const KINDS: [&str; 6] =
    ["-- one\n", "/* two */", "\n-- three\n", "\n/* four */\n", "/* five\n   six */", "\n\n-- seven\n\n"];

/// Comments in any place, of any kind.
#[test]
fn comments_stay_in_their_order() {
    let texts: Vec<&str> = library::modules().map(|(_, text)| text).collect();
    let places = (
        prop::sample::select(texts),
        prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(KINDS.as_slice())), 1..6),
    );
    let config = ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = TestRunner::new(config);
    let result = runner.run(&places, |(text, comments)| {
        let (lexemes, _) = lex(text);
        let mut places: Vec<(usize, &str)> =
            comments.iter().map(|(index, comment)| (index.get(&lexemes).span.start, *comment)).collect();
        places.sort_unstable();
        let mut commented = text.to_owned();
        for (place, comment) in places.into_iter().rev() {
            commented.insert_str(place, comment);
        }
        check(&commented).map_err(TestCaseError::fail)?;
        Ok(())
    });
    assert!(result.is_ok(), "{}", result.unwrap_err());
}

/// On a stack of its own, as where printing is tested.
#[test]
fn any_query_can_be_formatted() {
    let run = || {
        let config = ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() };
        let check = |query| {
            let text = print::query_text(&query);
            check(&text).map_err(TestCaseError::fail)?;
            Ok(())
        };
        TestRunner::new(config).run(&query(), check).map_err(|failure| failure.to_string())
    };
    let thread =
        std::thread::Builder::new().stack_size(64 << 20).spawn(run).expect("a thread can be started");
    assert_eq!(thread.join().expect("the runner does not panic"), Ok(()));
}

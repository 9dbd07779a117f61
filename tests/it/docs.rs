//! The documentation is true: what it shows runs, prints what stands there, and is up to date.

use std::path::Path;
use std::process::Command;

use crate::readme;
use crate::support::{compile, compiled, run, trace};
use gtq::engine::{Explanation, Session};
use gtq::library::reference;
use gtq::output::Format;

fn page(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// A block of queries: the words behind `gtq` of its fence, and its text.
fn blocks(page: &str) -> Vec<(Vec<String>, String)> {
    let blocks = page.split("\n```gtq").skip(1).filter_map(|rest| {
        let (words, rest) = rest.split_once('\n')?;
        let (text, _) = rest.split_once("\n```")?;
        Some((words.split_whitespace().map(str::to_owned).collect(), text.to_owned()))
    });
    blocks.collect()
}

fn session(words: &[String]) -> Session {
    let name = words.iter().find(|word| *word != "same").map_or("sum-go1.27.3", String::as_str);
    trace(name).open()
}

#[test]
fn every_query_of_the_docs_runs() {
    let mut count = 0;
    for name in ["language.md", "tutorial.md"] {
        for (words, text) in blocks(&page(name)) {
            let session = session(&words);
            let found = compile(&text);
            assert!(found.diagnostics.is_empty(), "{name}: {text}\n{:#?}", found.diagnostics);
            let assertions = found.assertions.iter().map(|assertion| &assertion.query);
            for query in found.queries.iter().chain(assertions) {
                let prepared = session.prepare(query).unwrap_or_else(|e| panic!("{name}: {text}\n{e}"));
                session.load([&prepared]).unwrap();
                run(&session, &prepared, Format::Csv).unwrap_or_else(|e| panic!("{name}: {text}\n{e}"));
                count += 1;
            }
        }
    }
    assert!(count >= 20, "{count} queries");
}

/// Where a page shows two forms of one question, they have one plan.
#[test]
fn both_forms_have_one_plan() {
    let mut count = 0;
    for (words, text) in blocks(&page("language.md")) {
        if !words.iter().any(|word| word == "same") {
            continue;
        }
        let session = session(&words);
        let plans: Vec<Explanation> =
            compiled(&text).iter().map(|query| session.explain(query).expect("a plan")).collect();
        let [first, second] = &plans[..] else { panic!("not two forms: {text}") };
        assert_eq!(first, second, "{text}");
        count += 1;
    }
    assert!(count >= 3, "{count} pairs");
}

#[test]
fn every_command_of_the_pages_prints_what_it_shows() {
    assert!(readme::check(&page("tutorial.md")) >= 10);
    assert!(readme::check(&page("command-line.md")) >= 1);
}

#[test]
fn the_reference_is_up_to_date() {
    let mend = "make it anew: gtq reference … > docs/….md";
    assert!(page("tables.md") == reference::tables(), "docs/tables.md is stale; {mend}");
    assert!(page("functions.md") == reference::functions(), "docs/functions.md is stale; {mend}");
}

/// The pages of reports show what they print, and pictures as gtq draws them.
#[test]
fn every_command_of_the_reports_prints_what_it_shows() {
    let page = page("reports.md");
    assert!(readme::check(&page) >= 12);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let drawn = page.lines().filter(|line| line.starts_with("gtq ") && line.contains("docs/pictures/"));
    let mut pictures = 0;
    for command in drawn {
        let words: Vec<&str> = command.split_whitespace().collect();
        let (place, picture) =
            words.iter().enumerate().find(|(_, word)| word.starts_with("docs/pictures/")).expect("a picture");
        let fresh =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(Path::new(picture).file_name().expect("a name"));
        let fresh = fresh.display().to_string();
        let mut words = words.clone();
        words[place] = &fresh;
        let run = Command::new(env!("CARGO_BIN_EXE_gtq")).args(&words[1..]).current_dir(root).status();
        assert!(run.expect("gtq runs").success(), "{command}");
        let read = |path: &Path| std::fs::read_to_string(path).expect("a picture");
        assert!(read(&root.join(picture)) == read(Path::new(&fresh)), "{picture} is stale");
        pictures += 1;
    }
    assert!(pictures >= 4);
}

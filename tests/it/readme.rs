//! The README shows real commands with their real output.

use std::path::Path;

use crate::cli::gtq;

/// Splits a command at spaces; double quotes keep an argument together.
fn arguments(command: &str) -> Vec<String> {
    let mut arguments = Vec::new();
    for (i, part) in command.split('"').enumerate() {
        if i % 2 == 1 {
            arguments.push(part.to_owned());
        } else {
            arguments.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    arguments
}

/// Without the spaces that a Markdown file does not keep at the ends of lines.
fn trimmed(text: &str) -> String {
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim_end().to_owned()
}

/// Runs every command that a page shows, each a line after `$ `, and compares what it prints with what follows; gives
/// how many there were.
#[track_caller]
pub(crate) fn check(page: &str) -> usize {
    let mut examples = 0;
    for block in page.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap();
        for example in block.split("\n$ ") {
            let (command, shown) = example.split_once('\n').unwrap();
            let arguments = arguments(command.trim_start_matches("$ "));
            assert_eq!(arguments[0], "gtq", "{command}");
            let arguments: Vec<&str> = arguments[1..].iter().map(String::as_str).collect();
            let output = gtq(&arguments).output().unwrap();
            let printed = [output.stdout, output.stderr].concat();
            assert_eq!(trimmed(&String::from_utf8(printed).unwrap()), trimmed(shown), "{command}");
            examples += 1;
        }
    }
    examples
}

#[test]
fn every_example_prints_what_it_shows() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let examples = check(&std::fs::read_to_string(readme).unwrap());
    assert!(examples >= 10, "{examples} examples");
}

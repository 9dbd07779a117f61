//! Which room knows which: the rules of ARCHITECTURE.md, read off the sources.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Each room with the rooms that it may use. `lib.rs` and `main.rs` are no rooms.
const MAY_USE: [(&str, &[&str]); 18] = [
    ("stack", &[]),
    ("blocks", &[]),
    ("diag", &[]),
    ("compression", &[]),
    ("trace", &[]),
    ("capture", &["trace"]),
    ("catalog", &[]),
    ("syntax", &["stack", "diag"]),
    ("library", &["catalog"]),
    ("sema", &["stack", "diag", "catalog", "syntax"]),
    ("ide", &["stack", "diag", "catalog", "syntax", "library", "sema"]),
    ("tables", &["catalog", "trace"]),
    ("plan", &["blocks", "catalog", "sema", "tables"]),
    // The one exception to "output last": errors of whoever takes the batches.
    (
        "engine",
        &[
            "stack",
            "diag",
            "compression",
            "trace",
            "catalog",
            "syntax",
            "library",
            "sema",
            "tables",
            "plan",
            "output",
        ],
    ),
    ("output", &["blocks", "diag"]),
    ("pages", &["catalog", "syntax", "library", "tables", "engine"]),
    ("repl", &["diag", "catalog", "syntax", "library", "sema", "ide", "engine", "output", "pages"]),
    (
        "cli",
        &[
            "diag", "capture", "catalog", "syntax", "library", "ide", "tables", "engine", "output", "pages",
            "repl",
        ],
    ),
];

/// Libraries that only some rooms may use.
const LIBRARIES: [(&str, &[&str]); 10] = [
    ("arrow", &["tables", "plan", "engine", "output", "pages", "repl", "cli"]),
    ("datafusion", &["tables", "plan", "engine"]),
    ("chumsky", &["syntax"]),
    ("clap", &["cli"]),
    ("inferno", &["output"]),
    ("prost", &["output"]),
    ("rustyline", &["repl"]),
    ("toml", &["cli"]),
    ("ureq", &["capture"]),
    ("zstd", &["compression"]),
];

fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            sources(&entry, found);
        } else {
            found.push((entry.display().to_string(), fs::read_to_string(&entry).unwrap()));
        }
    }
}

/// The words that follow `prefix` in code, not in comments.
fn after<'a>(text: &'a str, prefix: &str) -> BTreeSet<&'a str> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let word =
        |rest: &'a str| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
    code.flat_map(|line| line.split(prefix).skip(1).map(word)).collect()
}

#[test]
fn rooms_use_only_what_they_may() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    for (room, allowed) in MAY_USE {
        let mut files = Vec::new();
        let folder = root.join(room);
        if folder.is_dir() {
            sources(&folder, &mut files);
        } else {
            let file = folder.with_extension("rs");
            files.push((file.display().to_string(), fs::read_to_string(&file).unwrap()));
        }
        for (file, text) in files {
            let (text, _tests) = text.split_once("#[cfg(test)]").unwrap_or((&text, ""));
            for used in after(text, "crate::") {
                if used != room && !allowed.contains(&used) {
                    wrong.push(format!("{file}: {room} uses {used}"));
                }
            }
            for (library, rooms) in LIBRARIES {
                if !rooms.contains(&room) && !after(text, &format!("use {library}")).is_empty() {
                    wrong.push(format!("{file}: {room} uses the library {library}"));
                }
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn every_room_has_a_rule() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let rooms = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    let names = rooms.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()));
    let unknown: Vec<String> = names
        .filter(|name| name != "lib" && name != "main" && !MAY_USE.iter().any(|(room, _)| room == name))
        .collect();
    assert_eq!(unknown, Vec::<String>::new());
}

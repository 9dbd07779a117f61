//! Saved files: declarations, what they use, and running and checking them from the command line.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use gtq::engine::{Compiled, Origin, compile};
use gtq::output::report::{Source, render};

const TRACE: &str = "examples/sum/trace.dat";

/// Runs gtq at the root, without what the user has configured.
fn gtq(args: &[&str]) -> Output {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let nowhere = Path::new(env!("CARGO_TARGET_TMPDIR")).join("no-config");
    let mut gtq = Command::new(env!("CARGO_BIN_EXE_gtq"));
    gtq.args(args).current_dir(root).env("XDG_CONFIG_HOME", nowhere).output().expect("gtq runs")
}

/// Exit code, standard output and standard error, for a snapshot.
pub(crate) fn shown(args: &[&str]) -> String {
    let output = gtq(args);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    let code = output.status.code().expect("an exit code");
    format!("$ gtq {}\n{}{}exit {code}\n\n", args.join(" "), text(output.stdout), text(output.stderr))
}

/// Times of the run itself are different each time.
fn timeless(text: &str) -> String {
    let is_time = |c: char| c.is_ascii_digit() || c == '.' || c == 'e' || c == '-';
    let mut text = text.to_owned();
    for mark in ["time=\"", "\"seconds\": "] {
        let mut parts = text.split(mark);
        let first = parts.next().unwrap_or_default().to_owned();
        text = parts.fold(first, |all, part| format!("{all}{mark}T{}", part.trim_start_matches(is_time)));
    }
    text
}

fn file(name: &str) -> Compiled {
    let path: PathBuf = ["tests/it/files", name].iter().collect();
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(&path)).expect("a file");
    // Relative to the root, where tests run.
    compile(&text, &Origin::File(path))
}

fn said(compiled: &Compiled) -> String {
    let sources: Vec<Source<'_>> = compiled.sources().map(|(name, text)| Source { name, text }).collect();
    render(&sources, &compiled.diagnostics, false)
}

#[test]
fn a_file_runs() {
    insta::assert_snapshot!(shown(&["-f", "tests/it/files/main.gtq", TRACE]));
}

#[test]
fn saved_queries_run() {
    let main = "tests/it/files/main.gtq";
    let query = &format!("{main}:long_waits");
    let mut all = shown(&["run", query, "--help"]);
    all += &shown(&["run", query, "--min", "300ms", "--format", "csv", TRACE]);
    all +=
        &shown(&["run", query, "--min", "100ms", "--goroutine", "main.main.func1", "--format", "csv", TRACE]);
    all += &shown(&["run", query, "--min", "20", TRACE]);
    all += &shown(&["run", query, "--max", "20ms", TRACE]);
    all += &shown(&["run", "tests/it/files/lib.gtq", "--n", "2", TRACE]);
    all += &shown(&["run", "tests/it/files/lib.gtq", "--n", "2", "--among", "main.main,other", TRACE]);
    all += &shown(&["run", "tests/it/files/lib.gtq", TRACE]);
    all += &shown(&["run", &format!("{main}:nothing"), TRACE]);
    all += &shown(&["run", "longest_wait", TRACE]);
    all += &shown(&["run", "sched:longest_waits", "--n", "1", TRACE]);
    all += &shown(&["run", "everyone_at", "--time", "1.25s", "--format", "csv", "--no-header", TRACE]);
    insta::assert_snapshot!(all);
}

/// The pages on mutator utilization.
#[test]
fn mutator_utilization_runs() {
    let trace = "tests/fixtures/garbage-go1.27.3.trace";
    let mut all =
        shown(&["run", "mmu", "--flags", "perProc|stw", "--windows", "10ms,100ms", "--format", "csv", trace]);
    all += &shown(&["run", "mmu", "--windows", "100ms", "--compat", "false", "--format", "csv", trace]);
    all += &shown(&["run", "mmu", "--flags", "perproc", trace]);
    all += &shown(&["run", "mmu", "--windows", "0ms", trace]);
    all += &shown(&["run", "mmu_worst", "--window", "20ms", "--n", "2", "--format", "csv", trace]);
    all += &shown(&["describe", "mmu_worst", "--format", "csv"]);
    insta::assert_snapshot!(all);
}

#[test]
fn the_library_is_listed_and_has_no_mistakes() {
    insta::assert_snapshot!(shown(&["run"]));
    for (name, text) in gtq::library::modules() {
        let compiled = compile(text, &Origin::Library(name.to_owned()));
        assert!(compiled.diagnostics.is_empty(), "{}", said(&compiled));
        for query in compiled.saved_queries() {
            assert!(!query.doc.is_empty(), "{name}:{} has no documentation", query.name);
            assert!(query.params.iter().all(|param| !param.doc.is_empty()), "{name}:{}", query.name);
        }
    }
}

#[test]
fn assertions_are_checked() {
    let main = "tests/it/files/main.gtq";
    let mut all = String::new();
    for format in ["text", "json", "junit"] {
        all += &shown(&["check", "--format", format, main, TRACE]);
    }
    all += &shown(&["check", main]);
    all += &shown(&["check", "tests/it/files/lib.gtq", TRACE]);
    all += &shown(&["check", main, TRACE, "no-such.trace"]);
    insta::assert_snapshot!(timeless(&all));
}

/// Two calls of one function are two values.
#[test]
fn assertions_tell_calls_apart() {
    let text = "fn more(n: int) -> bool = (select count() from goroutines where g > 0) > n;
        assert first: more(0) and more(1000000);
        fn large(x: int) -> bool = x > 3;
        assert second: not large((select count() from procs)) and large((select count() from goroutines));";
    let compiled = compile(text, &Origin::Typed);
    assert!(compiled.diagnostics.is_empty(), "{}", said(&compiled));
    let session = crate::support::trace("sum-go1.27.3").open();
    let holds = compiled.assertions.iter().map(|assertion| {
        let prepared = session.prepare(&assertion.query).expect("a plan");
        let bytes = crate::support::run(&session, &prepared, gtq::output::Format::Csv).expect("an answer");
        String::from_utf8(bytes).expect("UTF-8").contains("\ntrue")
    });
    assert_eq!(holds.collect::<Vec<_>>(), [false, true]);
}

/// A pipe is read once, for all queries and assertions of all files.
#[test]
fn assertions_on_standard_input() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let paths = ["one.gtq", "two.gtq"].map(|name| folder.join(name).display().to_string());
    let text = "select count() as n from goroutines;\n\
        assert some: (select count() from goroutines) > 1;\n\
        assert first: (select count() from goroutines where g = 1) = 1;";
    paths.iter().for_each(|path| fs::write(path, text).expect("a file"));
    let trace = fs::read(TRACE).expect("a trace");
    let output = crate::cli::run_with_input(&["--format", "csv", "-f", &paths[0], "-"], &trace);
    assert_eq!((output.status.code(), &output.stdout[..]), (Some(0), &b"n\n18\n"[..]));
    let output = crate::cli::run_with_input(&["check", &paths[0], &paths[1], "-"], &trace);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert_eq!(said.matches("some").count(), 2, "{said}");
    assert_eq!(gtq(&["check", &paths[0], "-", "-"]).status.code(), Some(2));
}

/// What is read is not written over, also where it is a module.
#[test]
fn results_spare_what_is_read() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (main, module) = (folder.join("spared.gtq"), folder.join("Module.gtq"));
    fs::write(&module, "query all() = from goroutines;").expect("a file");
    fs::write(&main, "use './Module.gtq';\nfrom module.all() |> limit 1;").expect("a file");
    let [main, module] = [main, module].map(|path| path.display().to_string());
    for output in [&main, &module] {
        for args in [&["-f", &main, "-o", output, TRACE][..], &["run", &main, "-o", output, TRACE]] {
            let run = gtq(args);
            assert_eq!(run.status.code(), Some(2), "{args:?}");
            assert!(String::from_utf8_lossy(&run.stderr).contains("would overwrite"), "{args:?}");
        }
    }
    assert!(fs::read_to_string(&module).expect("a file").starts_with("query"));
}

#[test]
fn values_of_parameters_are_checked() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("values.gtq").display().to_string();
    let text = "/// With \u{1b}[31mcolour.\nquery q(a: int, b: duration) = from goroutines |> where g = $a and exec > $b;";
    fs::write(&path, text).expect("a file");
    let said = |args: &[&str]| shown(&[&["run", &path], args, &[TRACE]].concat()).replace(&path, "FILE");
    let all =
        [said(&["--a", "null", "--b", "5"]), said(&["--a", "1; select 2", "--b", "5ms"]), said(&["--help"])];
    insta::assert_snapshot!(all.concat());
}

/// The totals are those of the cases.
#[test]
fn junit_is_valid() {
    let output = gtq(&[
        "check",
        "--format",
        "junit",
        "tests/it/files/main.gtq",
        TRACE,
        "tests/fixtures/sum-go1.22.10.trace",
    ]);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let report = quick_junit::Report::deserialize_from_str(&text).expect("JUnit XML");
    assert_eq!((report.tests, report.failures, report.errors), (4, 2, 0));
    assert_eq!(report.test_suites.len(), 2);
    let names: Vec<&str> = report.test_suites[0].test_cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names, ["sched_p99", "ran"]);
}

#[test]
fn wrong_files_are_told_what_is_wrong() {
    insta::assert_snapshot!(said(&file("wrong.gtq")));
}

#[test]
fn files_that_use_each_other() {
    insta::assert_snapshot!(said(&file("circle_a.gtq")));
}

/// A file in `queries/`, above, and in the user's own folder; the nearest of a name is the one that runs.
#[test]
fn queries_are_found_from_here_upward() {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("shelves");
    let (here, config) = (root.join("a/b"), root.join("config"));
    let write = |path: PathBuf, text: &str| {
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    };
    fs::create_dir_all(&here).expect("a folder");
    write(
        root.join("queries/far.gtq"),
        "query far = select 'far' as found; query near = select 'wrong' as found;",
    );
    write(root.join("a/queries/near.gtq"), "/// Here.\nquery near = select 'near' as found;");
    write(config.join("gtq/queries/own.gtq"), "query own = select 'own' as found;");
    let run = |name: &str| {
        let mut gtq = Command::new(env!("CARGO_BIN_EXE_gtq"));
        gtq.args(["run", name, "--format", "csv", "--no-header"])
            .current_dir(&here)
            .env("XDG_CONFIG_HOME", &config);
        let output = gtq.output().expect("gtq runs");
        String::from_utf8(output.stdout).expect("UTF-8").trim().to_owned()
    };
    assert_eq!(run("near"), "near");
    assert_eq!(run("far"), "far");
    assert_eq!(run("own"), "own");
    assert_eq!(run("nowhere"), "");
}

#[test]
fn help_explains_codes_and_commands() {
    let output = shown(&["help", "e0201"]);
    assert!(output.contains("E0201: Two different units"), "{output}");
    assert!(shown(&["help", "run"]).contains("gtq run NAME"));
    insta::assert_snapshot!(shown(&["help", "E0299"]));
}

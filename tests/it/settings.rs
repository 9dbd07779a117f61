//! What is set for every run: variables, the configuration file, colours, quiet.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::cli::{check_good, feed, gtq, utf8};

const TRACE: &str = "examples/sum/trace.dat";
const QUERY: &str = "select g, exec from goroutines order by g limit 3";

/// A configuration file of this test's own.
fn config(name: &str, text: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("settings");
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(&path, text).expect("a file");
    path
}

fn with(set: &[(&str, &str)], args: &[&str]) -> Command {
    let mut command = gtq(args);
    command.envs(set.iter().copied());
    command
}

fn output(set: &[(&str, &str)], args: &[&str]) -> Output {
    with(set, args).output().expect("gtq runs")
}

#[track_caller]
fn answer(set: &[(&str, &str)], args: &[&str]) -> String {
    let output = output(set, args);
    check_good(&output);
    utf8(&output.stdout).to_owned()
}

/// What is said of settings that are wrong.
#[track_caller]
fn complaint(set: &[(&str, &str)]) -> String {
    let output = output(set, &["-e", QUERY, TRACE]);
    assert_eq!((output.status.code(), utf8(&output.stdout)), (Some(2), ""), "{set:?}");
    utf8(&output.stderr).to_owned()
}

#[test]
fn an_option_counts_more_than_a_variable_and_that_more_than_the_file() {
    let config = config("precedence.toml", "format = 'csv'\nmax-rows = 2");
    let config = ("GTQ_CONFIG", config.to_str().expect("UTF-8"));
    let first = |set: &[(&str, &str)], args: &[&str]| {
        let answer = answer(set, &[args, &["-e", QUERY, TRACE]].concat());
        answer.lines().next().expect("a line").to_owned()
    };
    let ndjson = ("GTQ_FORMAT", "ndjson");
    assert_eq!(first(&[], &[]), " g │  exec");
    assert_eq!(first(&[config], &[]), "g,exec");
    assert_eq!(first(&[config, ndjson], &[]), r#"{"g":1,"exec":283009}"#);
    assert_eq!(first(&[config, ndjson], &["--format", "tsv"]), "g\texec");
    assert_eq!(first(&[config, ("GTQ_FORMAT", "")], &[]), "g,exec", "an empty variable is none");
    let table = |set: &[(&str, &str)], args: &[&str]| {
        let answer = answer(set, &[args, &["--format", "table", "-e", QUERY, TRACE]].concat());
        answer.lines().last().expect("a line").to_owned()
    };
    assert_eq!(table(&[config], &[]), "(2 of 3 rows shown; --max-rows shows more)");
    assert_eq!(table(&[config, ("GTQ_MAX_ROWS", "0")], &[]), "(3 rows)");
    assert_eq!(
        table(&[config, ("GTQ_MAX_ROWS", "0")], &["--max-rows", "1"]),
        "(1 of 3 rows shown; --max-rows shows more)"
    );
}

#[test]
fn the_name_of_the_file_counts_more_than_a_setting() {
    let path = config("result.ndjson", "");
    let path = path.to_str().expect("UTF-8");
    answer(&[("GTQ_FORMAT", "csv")], &["-o", path, "-e", QUERY, TRACE]);
    assert!(fs::read_to_string(path).expect("the result").starts_with('{'));
}

/// Commands with options of their own take the same settings.
#[test]
fn settings_hold_for_every_command() {
    let csv = [("GTQ_FORMAT", "csv")];
    assert!(answer(&csv, &["tables"]).starts_with("table,one row per,columns\n"));
    assert!(answer(&csv, &["describe", "goroutines"]).lines().next().expect("a line").contains(','));
    assert!(answer(&csv, &["info", TRACE]).starts_with("trace,format,"));
    assert!(answer(&csv, &["run", "goroutines", TRACE]).starts_with("name,count,exec\n"));
    assert!(answer(&csv, &["run"]).lines().next().expect("a line").contains(','));
    let piped = feed(with(&csv, &[TRACE]), QUERY.as_bytes());
    check_good(&piped);
    assert!(utf8(&piped.stdout).starts_with("g,exec\n"));
}

#[test]
fn limits_can_be_set() {
    let set = config("limits.toml", "memory-limit = \"1KB\"");
    let set = [("GTQ_CONFIG", set.to_str().expect("UTF-8")), ("GTQ_THREADS", "1")];
    let query = "select g, count() as n from goroutine_states group by g";
    let refused = output(&set, &["-e", query, TRACE]);
    assert_eq!((refused.status.code(), utf8(&refused.stdout)), (Some(1), ""));
    insta::assert_snapshot!(utf8(&refused.stderr));
    let more = output(&set, &["--memory-limit", "100MB", "-e", query, TRACE]);
    check_good(&more);
}

#[test]
fn the_file_is_in_the_users_folder() {
    let path = config("home/gtq/config.toml", "format = 'csv'");
    let home = path.ancestors().nth(2).and_then(Path::to_str).expect("UTF-8");
    for (home, shown) in [(home, "g,exec\n"), ("no/such/folder", " g │  exec\n")] {
        let mut command = with(&[("XDG_CONFIG_HOME", home)], &["-e", QUERY, TRACE]);
        let answer = command.env_remove("GTQ_CONFIG").output().expect("gtq runs");
        check_good(&answer);
        assert!(utf8(&answer.stdout).starts_with(shown), "{home}");
    }
}

#[test]
fn wrong_settings() {
    let mut said = String::new();
    for (n, text) in [
        "format = 'csv'\n\nmaxrows = 5",
        "nonsense = 1",
        "[output]\nformat = 'csv'",
        "format = 'yaml'",
        "# Two\nmax-rows = -1",
        "max-rows = 1.5",
        "max-rows = 0x10",
        "threads = 0",
        "memory-limit = 'lots'",
        "strict = 'perhaps'",
        "color = 'blue'",
        "format = 'csv'\nformat = 'json'",
        "format = csv",
        "format = 'csv",
        "\"\u{1b}[31m\" = 1",
    ]
    .into_iter()
    .enumerate()
    {
        let path = config(&format!("wrong-{n}.toml"), text);
        let path = path.to_str().expect("UTF-8");
        let message = complaint(&[("GTQ_CONFIG", path)]).replace(path, "config.toml");
        said += &format!("{}\n{message}\n", text.replace('\u{1b}', "ESC"));
    }
    for set in [
        ("GTQ_FORMAT", "yaml"),
        ("GTQ_MAX_ROWS", "many"),
        ("GTQ_THREADS", "1025"),
        ("GTQ_MEMORY_LIMIT", "0"),
        ("GTQ_STRICT", "yes"),
        ("GTQ_COLOR", "red"),
        ("GTQ_CONFIG", "no/such/file"),
        ("GTQ_CONFIG", "examples"),
    ] {
        said += &format!("{}={}\n{}\n", set.0, set.1, complaint(&[set]));
    }
    insta::assert_snapshot!(said);
}

/// The page on the command line names all settings, and its example is one.
#[test]
fn settings_are_documented() {
    let page = fs::read_to_string("docs/command-line.md").expect("the page");
    let path = config("unknown.toml", "x-y-z = 1");
    let said = complaint(&[("GTQ_CONFIG", path.to_str().expect("UTF-8"))]);
    let (_, names) = said.trim_end().split_once("there are ").expect("a list");
    for name in names.split(", ") {
        let variable = format!("`GTQ_{}`", name.to_ascii_uppercase().replace('-', "_"));
        assert!(page.contains(&format!("| `--{name}` | {variable} | `{name}` |")), "{name}");
    }
    let example =
        page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let path = config("example.toml", example);
    assert!(
        answer(&[("GTQ_CONFIG", path.to_str().expect("UTF-8"))], &["-e", QUERY, TRACE])
            .starts_with("g,exec\n")
    );
}

/// `GTQ_…=0` takes back what the file sets.
#[test]
fn a_variable_can_turn_off() {
    let set = config("quiet.toml", "quiet = true");
    let set = ("GTQ_CONFIG", set.to_str().expect("UTF-8"));
    let warned = ["-e", "select count() as n from goroutine_states where reason = 'chan recieve'", TRACE];
    assert_eq!(utf8(&output(&[set], &warned).stderr), "");
    assert!(utf8(&output(&[set, ("GTQ_QUIET", "0")], &warned).stderr).starts_with("warning"));
}

#[test]
fn colors() {
    let colored = |set: &[(&str, &str)], args: &[&str]| {
        let shown = answer(set, &[args, &["-e", QUERY, TRACE]].concat());
        let wrong = output(set, &[args, &["-e", "select nme from goroutines", TRACE]].concat());
        assert_eq!(wrong.status.code(), Some(1));
        let both = [shown.contains('\u{1b}'), utf8(&wrong.stderr).contains('\u{1b}')];
        assert_eq!(both[0], both[1], "{set:?} {args:?}");
        both[0]
    };
    let force = ("CLICOLOR_FORCE", "1");
    assert!(!colored(&[], &[]));
    assert!(colored(&[force], &[]));
    assert!(!colored(&[force, ("NO_COLOR", "1")], &[]));
    assert!(!colored(&[force], &["--color", "never"]));
    assert!(colored(&[("NO_COLOR", "1")], &["--color", "always"]));
    assert!(colored(&[("NO_COLOR", "1"), ("GTQ_COLOR", "always")], &[]));
    assert!(!colored(&[("GTQ_COLOR", "always")], &["--color", "auto"]));
    // Neither machines nor files get any.
    let csv = answer(&[force], &["--format", "csv", "-e", QUERY, TRACE]);
    assert!(!csv.contains('\u{1b}'), "{csv:?}");
    let path = config("plain.txt", "");
    answer(&[force], &["-o", path.to_str().expect("UTF-8"), "-e", QUERY, TRACE]);
    assert!(!fs::read_to_string(path).expect("the result").contains('\u{1b}'));
    // Queries from a pipe, and saved ones.
    let piped = feed(with(&[force], &[TRACE]), QUERY.as_bytes());
    assert!(utf8(&piped.stdout).contains('\u{1b}'));
    assert!(answer(&[], &["run", "goroutines", "--color", "always", TRACE]).contains('\u{1b}'));
}

#[test]
fn quiet() {
    let whole = fs::read("tests/fixtures/ticker-go1.27.3.trace").expect("a trace");
    let cut = config("cut.trace", "");
    fs::write(&cut, &whole[..whole.len() - 100]).expect("a file");
    let cut = cut.to_str().expect("UTF-8");
    let warned = "select count() as n from goroutine_states where reason = 'chan recieve'";
    let loud = output(&[], &["-e", warned, cut]);
    assert_eq!(utf8(&loud.stderr).matches("warning").count(), 2);
    for option in ["-q", "--quiet"] {
        let quiet = output(&[], &[option, "-e", warned, cut]);
        check_good(&quiet);
        assert_eq!(quiet.stdout, loud.stdout);
    }
    let piped = feed(gtq(&["-q", cut]), warned.as_bytes());
    check_good(&piped);
    assert_eq!(piped.stdout, loud.stdout);
    // Errors are told: of the trace, and of a query, whose warnings are not.
    let strict = output(&[], &["-q", "--strict", "-e", warned, cut]);
    assert_eq!(strict.status.code(), Some(1));
    assert!(utf8(&strict.stderr).starts_with("error: "));
    let both = "select nme from goroutine_states where reason = 'chan recieve'";
    let said = output(&[], &["-q", "-e", both, TRACE]).stderr;
    assert!(utf8(&said).contains("E0102") && !utf8(&said).contains("warning"), "{}", utf8(&said));
}

//! The program as people run it: arguments, exit codes, what it says where.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use arrow::ipc::reader::FileReader;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

const TRACE: &str = "examples/sum/trace.dat";
const SERVER: &str = "tests/fixtures/server-go1.25.5.trace";
/// Units, nulls, texts, a float, a stack.
const QUERY: &str = "select g, name, parent, exec, exec / total as share, open_end, create_stack from goroutines \
                     where g in (1, 2, 18) order by g";

/// The program with these arguments, run in the project's folder so that paths are short and the same everywhere.
pub(crate) fn gtq(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gtq"));
    command
        .args(args)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("TERM", "xterm-256color")
        .env("GTQ_CONFIG", "/dev/null")
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    for name in ["COLOR", "FORMAT", "MAX_ROWS", "MEMORY_LIMIT", "QUIET", "STRICT", "THREADS"] {
        command.env_remove(format!("GTQ_{name}"));
    }
    command
}

pub(crate) fn run(args: &[&str]) -> Output {
    gtq(args).output().expect("gtq runs")
}

/// Gives the program something to read. It may stop reading when it has enough.
pub(crate) fn run_with_input(args: &[&str], input: &[u8]) -> Output {
    feed(gtq(args), input)
}

pub(crate) fn feed(mut gtq: Command, input: &[u8]) -> Output {
    let mut child = gtq.stdin(Stdio::piped()).spawn().expect("gtq runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_vec();
    let feeding = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().expect("gtq ends");
    feeding.join().expect("no panic");
    output
}

pub(crate) fn utf8(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

/// What goes to standard output when all is well: nothing is said beside it.
#[track_caller]
pub(crate) fn answer(args: &[&str]) -> String {
    let output = run(args);
    check_good(&output);
    utf8(&output.stdout).to_owned()
}

#[track_caller]
pub(crate) fn check_good(output: &Output) {
    assert_eq!(utf8(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}

/// What is said when it goes wrong: nothing goes to standard output, and no control characters to a file.
#[track_caller]
pub(crate) fn complaint(code: i32, args: &[&str]) -> String {
    let output = run(args);
    let said = utf8(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
    assert_eq!(utf8(&output.stdout), "", "{args:?}");
    assert!(!said.is_empty(), "{args:?}");
    assert!(!said.contains('\u{1b}') && !said.contains("panicked"), "{args:?}: {said:?}");
    said.to_owned()
}

/// A folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-{name}"));
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

fn file(name: &str, content: &[u8]) -> String {
    let path = folder("files").join(name);
    fs::write(&path, content).expect("a file");
    path.to_str().expect("UTF-8").to_owned()
}

#[test]
fn text_formats() {
    for format in ["table", "vertical", "markdown", "csv", "tsv", "json", "ndjson"] {
        insta::assert_snapshot!(
            format!("format_{format}"),
            answer(&["--format", format, "-e", QUERY, TRACE])
        );
    }
}

#[test]
fn table_is_the_default() {
    assert_eq!(answer(&["-e", QUERY, TRACE]), answer(&["--format", "table", "-e", QUERY, TRACE]));
}

#[test]
fn the_header_can_be_left_out() {
    for format in ["csv", "tsv"] {
        let with = answer(&["--format", format, "-e", QUERY, TRACE]);
        let without = answer(&["--format", format, "--no-header", "-e", QUERY, TRACE]);
        assert_eq!(with.split_once('\n').map(|(_, rest)| rest), Some(without.as_str()));
    }
}

#[test]
fn the_name_of_the_file_gives_the_format() {
    let folder = folder("inferred");
    for format in ["csv", "tsv", "json", "ndjson"] {
        let path = folder.join(format!("result.{format}"));
        let said = answer(&["-o", path.to_str().unwrap(), "-e", QUERY, TRACE]);
        assert_eq!(said, "", "the result goes to the file only");
        let written = fs::read_to_string(&path).unwrap();
        assert_eq!(written, answer(&["--format", format, "-e", QUERY, TRACE]), "{format}");
    }
    let path = folder.join("result.csv");
    answer(&["-o", path.to_str().unwrap(), "--format", "json", "-e", QUERY, TRACE]);
    assert!(fs::read_to_string(path).unwrap().starts_with('['), "--format counts for more than the name");
}

#[test]
fn parquet_and_arrow_can_be_read_back() {
    let folder = folder("binary");
    let parquet = folder.join("result.parquet");
    answer(&["-o", parquet.to_str().unwrap(), "-e", QUERY, TRACE]);
    let batches =
        ParquetRecordBatchReaderBuilder::try_new(fs::File::open(parquet).unwrap()).unwrap().build().unwrap();
    let rows: usize = batches.map(|batch| batch.unwrap().num_rows()).sum();
    assert_eq!(rows, 3);

    let ipc = folder.join("result.arrow");
    answer(&["-o", ipc.to_str().unwrap(), "-e", QUERY, TRACE]);
    let reader = FileReader::try_new(fs::File::open(ipc).unwrap(), None).unwrap();
    let schema = reader.schema();
    assert_eq!(reader.map(|batch| batch.unwrap().num_rows()).sum::<usize>(), 3);
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    assert_eq!(names, ["g", "name", "parent", "exec", "share", "open_end", "create_stack"]);
    let unit = |name: &str| schema.field_with_name(name).unwrap().metadata().get("unit").cloned();
    assert_eq!((unit("exec").as_deref(), unit("g")), (Some("ns"), None));
}

#[test]
fn binary_formats_go_through_a_pipe_too() {
    for (format, magic) in [("parquet", &b"PAR1"[..]), ("arrow", b"ARROW1")] {
        let output = run(&["--format", format, "-e", QUERY, TRACE]);
        check_good(&output);
        assert!(output.stdout.starts_with(magic) && output.stdout.ends_with(magic), "{format}");
    }
}

#[test]
fn a_binary_format_takes_one_result() {
    let said = complaint(2, &["--format", "parquet", "-e", "from threads", "-e", "from procs", TRACE]);
    insta::assert_snapshot!(said, @"error: parquet takes one result, and there are 2 queries");
}

#[test]
fn a_table_can_be_cut() {
    let query = "select g from goroutines order by g";
    insta::assert_snapshot!(answer(&["--max-rows", "2", "-e", query, TRACE]));
    let all = answer(&["--max-rows", "0", "-e", query, TRACE]);
    assert!(all.ends_with("(18 rows)\n"), "{all}");
    assert_eq!(all, answer(&["-e", query, TRACE]), "all rows where the output is no terminal");
    let machine = answer(&["--max-rows", "2", "--format", "csv", "-e", query, TRACE]);
    assert_eq!(machine.lines().count(), 19, "machines get all rows");
}

#[test]
fn several_queries() {
    let two = ["-e", "select count() as events from events", "-e", "select count() as procs from procs"];
    let of = |format: &str| answer(&[&two[..], &["--format", format, TRACE]].concat());
    insta::assert_snapshot!("several_table", of("table"));
    assert_eq!(of("csv"), "events\n1172\nprocs\n1\n");
    assert_eq!(of("ndjson"), "{\"events\":1172}\n{\"procs\":1}\n");
    let one = answer(&["--format", "csv", "-e", &format!("{}; {};", two[1], two[3]), TRACE]);
    assert_eq!(one, of("csv"), "also in one text");
}

#[test]
fn pictures_are_the_same_beside_other_queries() {
    let queries = [
        "from slices |> where lane in ('proc', 'gc') |> render timeline(lane, start, end, name, id)",
        "select state, count() as n from goroutine_states group by state order by n |> render bar(state, n)",
        "select name, state, start, end from goroutine_states |> render timeline(name, start, end, state)",
        "from goroutine_states |> aggregate first(g by start) as g, count() as n group by name |> order by n desc, name |> render bar(name, n)",
    ];
    let drawn = |query: &str| answer(&["--format", "plot", "-e", query, SERVER]);
    assert_eq!(drawn(&queries.join(";")), queries.map(drawn).join("\n"));
}

#[test]
fn a_file_of_queries() {
    let path = file(
        "queries.gtq",
        b"-- How many?\nselect count() as events from events;\n/* and */ from procs |> select p;\n",
    );
    assert_eq!(answer(&["-f", &path, "--format", "csv", TRACE]), "events\n1172\np\n0\n");
    let output =
        run_with_input(&["-f", "-", "--format", "csv", TRACE], b"select count() as events from events");
    check_good(&output);
    assert_eq!(utf8(&output.stdout), "events\n1172\n");
    complaint(2, &["-f", "no/such/file.gtq", TRACE]);
    complaint(2, &["-f", &path, "-e", "from procs", TRACE]);
    let wrong = file("wrong.gtq", b"from procs;\nfrom goroutines |> where exc > 1ms;\n");
    let said = complaint(1, &["-f", &wrong, TRACE]);
    assert!(said.contains("wrong.gtq:2:26") && said.contains("exec"), "{said}");
}

#[test]
fn a_trace_from_standard_input() {
    let trace = fs::read(SERVER).unwrap();
    for query in [
        "select kind, count() as n from events group by kind order by kind",
        // Two scans of an input that can be read once.
        "select s.g, count() as n, max(o.exec) as exec from goroutine_states s join goroutines o using (g) group by 1 order by 1",
        "select a.g, b.g as next from goroutines a join goroutines b on b.g = a.g + 1 order by 1",
        "select (select count() from events) as events, (select count() from stacks) as stacks",
    ] {
        let output = run_with_input(&["--format", "csv", "-e", query, "-"], &trace);
        check_good(&output);
        assert_eq!(utf8(&output.stdout), answer(&["--format", "csv", "-e", query, SERVER]), "{query}");
    }
    let two = ["--format", "csv", "-e", "select count() from events", "-e", "select count() from tasks"];
    let output = run_with_input(&[&two[..], &["-"]].concat(), &trace);
    check_good(&output);
    assert_eq!(utf8(&output.stdout), answer(&[&two[..], &[SERVER]].concat()), "two queries");
}

/// The size of a pipe is what was read of it.
#[test]
fn info_of_standard_input() {
    let trace = fs::read(SERVER).unwrap();
    let output = run_with_input(&["info", "--format", "json", "-"], &trace);
    check_good(&output);
    let info: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&info[0]["trace"], &info[0]["bytes"]), (&"-".into(), &trace.len().into()));
    let of_file: serde_json::Value =
        serde_json::from_str(&answer(&["info", "--format", "json", SERVER])).unwrap();
    assert_eq!(info[0]["events"], of_file[0]["events"]);
}

#[test]
fn pages() {
    insta::assert_snapshot!("page_info", answer(&["info", TRACE]));
    insta::assert_snapshot!(
        "page_explain",
        answer(&[
            "explain",
            "--threads",
            "1",
            "select name, sum(exec) as exec from goroutines where not system order by exec desc limit 3",
        ])
    );
    let tables = answer(&["tables", "--format", "csv"]);
    assert!(tables.starts_with("table,one row per,columns\n"), "{tables}");
    let functions = gtq::catalog::table_functions();
    assert_eq!(tables.lines().count(), 1 + gtq::catalog::tables().len() + functions.len());
    for function in functions {
        let page = answer(&["describe", function.name(), "--format", "csv"]);
        let parts = function.parameters.len() + function.table.columns.len();
        assert_eq!(page.lines().count(), 1 + parts, "{}", function.name());
    }
    for table in gtq::catalog::tables() {
        let page = answer(&["describe", table.name, "--format", "csv"]);
        assert_eq!(page.lines().count(), 1 + table.columns.len(), "{}", table.name);
    }
    assert_eq!(answer(&["describe", "Goroutines"]), answer(&["describe", "goroutines"]));
}

#[test]
fn explain_takes_a_trace_but_needs_none() {
    let query = "select count() from events";
    let without = answer(&["explain", query]);
    assert!(without.contains("TableScan: events"), "{without}");
    assert!(answer(&["explain", query, TRACE]).contains("TableScan: events"));
}

#[test]
fn help_and_version() {
    assert!(answer(&["--help"]).contains("Exit codes"));
    assert!(answer(&["-h"]).contains("Usage: gtq"));
    assert_eq!(answer(&["--version"]), format!("gtq {}\n", env!("CARGO_PKG_VERSION")));
    let page = answer(&["--help"]);
    let commands = page.split("Commands:\n").nth(1).expect("a list").split("\n\n").next().expect("its end");
    let commands: Vec<&str> = commands
        .lines()
        .filter_map(|line| line.split_whitespace().next().filter(|_| line.starts_with("  ")))
        .collect();
    assert!(commands.len() >= 11, "{commands:?}");
    for command in commands {
        for help in [["help", command], [command, "--help"]] {
            let page = answer(&help);
            assert!(page.contains("Usage: gtq") && page.contains("Example"), "{help:?}: {page}");
        }
    }
}

#[test]
fn completions() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = answer(&["completions", shell]);
        for word in ["memory-limit", "max-rows", "capture", "completions"] {
            assert!(script.contains(word), "{shell} does not know {word}");
        }
    }
    let script = answer(&["completions", "bash"]);
    assert!(script.contains("table vertical markdown csv"), "{script}");
    // Whether it is one for bash, bash itself says.
    if let Ok(bash) = Command::new("bash").args(["-n", &file("gtq.bash", script.as_bytes())]).output() {
        check_good(&bash);
    }
    complaint(2, &["completions", "nonsense"]);
}

#[test]
fn manual_pages() {
    let page = answer(&["man"]);
    assert!(page.contains(".TH gtq 1") && page.contains(r"\-\-memory\-limit"), "{page}");
    let folder = folder("man");
    assert_eq!(answer(&["man", "-o", folder.to_str().expect("UTF-8")]), "");
    assert_eq!(fs::read_to_string(folder.join("gtq.1")).expect("a page"), page);
    let run = fs::read_to_string(folder.join("gtq-run.1")).expect("a page");
    assert!(run.contains("Runs a saved query") || run.contains("Run a saved query"), "{run}");
    assert!(complaint(2, &["man", "-o", "no/such/folder"]).contains("can't write to no/such/folder"));
}

/// Statements from a pipe: one after the other, as at the prompt.
#[test]
fn queries_from_standard_input() {
    let piped = |args: &[&str], input: &str| {
        let output = run_with_input(args, input.as_bytes());
        (output.status.code(), utf8(&output.stdout).to_owned(), utf8(&output.stderr).to_owned())
    };
    let good = |args: &[&str], input: &str| {
        let (code, out, err) = piped(args, input);
        assert_eq!((code, err.as_str()), (Some(0), ""), "{input}");
        out
    };
    assert_eq!(good(&[TRACE], QUERY), answer(&["-e", QUERY, TRACE]));
    let text =
        "let few = 2; -- a few\nselect g from goroutines order by g\nlimit few;\n\nselect count() from procs";
    assert_eq!(good(&["--format", "csv", TRACE], text), "g\n1\n2\ncount\n1\n");
    assert_eq!(good(&[TRACE], &format!(".mode csv\n{text}")), "g\n1\n2\ncount\n1\n");
    assert_eq!(good(&["--format", "csv", "--no-header", TRACE], text), "1\n2\n1\n");
    let all = "select g from goroutines";
    assert!(good(&["--max-rows", "2", TRACE], all).ends_with("(2 of 18 rows shown; .maxrows shows more)\n"));
    assert_eq!(good(&[], "select 1 + 1 as two"), answer(&["-e", "select 1 + 1 as two"]));
    // With -o, or a form that is one whole, as with -f -.
    let path = folder("piped").join("result.csv");
    assert_eq!(good(&["-o", path.to_str().expect("UTF-8"), TRACE], text), "");
    assert_eq!(fs::read_to_string(&path).expect("the result"), "g\n1\n2\ncount\n1\n");
    let output = run_with_input(&["--format", "arrow", TRACE], QUERY.as_bytes());
    check_good(&output);
    assert!(output.stdout.starts_with(b"ARROW1"));
    assert_eq!(good(&["-f", "-", "--format", "csv", TRACE], text), "g\n1\n2\ncount\n1\n");
    // What is wrong does not keep the rest from running, as long as it is not read first.
    let wrong = "select nme from goroutines;\nselect count() from procs;";
    let (code, out, err) = piped(&["--format", "csv", TRACE], wrong);
    assert_eq!((code, out.as_str()), (Some(1), "count\n1\n"));
    assert!(err.contains("E0102"), "{err}");
    let (code, out, _) = piped(&["-f", "-", TRACE], wrong);
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert_eq!(piped(&["no/such/file"], QUERY).0, Some(2));
    let both = piped(&["-f", "-", "-"], QUERY);
    insta::assert_snapshot!(both.2, @"error: standard input can't be both the queries and the trace: name a file for one of them");
    assert_eq!((both.0, both.1.as_str()), (Some(2), ""));
    let (code, _, err) = piped(&["-"], QUERY);
    assert!(code == Some(2) && err.contains("there is no query"), "{err}");
}

/// All that is said of a query that is wrong.
#[test]
fn wrong_queries() {
    let queries = [
        ("column", "select nme from goroutines"),
        ("unit", "select g from goroutines where exec > 10000000"),
        ("domain", "select g from goroutine_states where state = 'runable'"),
        ("string", "select 'abc from goroutines"),
        ("table", "select * from gorutines"),
        ("sum_of_times", "select created + started from goroutines"),
        ("lines", "from goroutines\n|> where exec > 1ms\n|> select nam\n|> limit 3"),
    ];
    for (name, query) in queries {
        insta::assert_snapshot!(format!("wrong_{name}"), complaint(1, &["-e", query, TRACE]));
    }
}

/// A wrong query is told so before the trace is looked at.
#[test]
fn the_query_is_checked_first() {
    assert_eq!(complaint(1, &["-e", "select x", "no/such/file"]), complaint(1, &["-e", "select x"]));
    complaint(1, &["explain", "select x"]);
}

/// A warning does not keep a query from running.
#[test]
fn warnings() {
    let output = run(&[
        "--format",
        "csv",
        "-e",
        "select count() as n from goroutine_states where reason = 'chan recieve'",
        TRACE,
    ]);
    assert_eq!((output.status.code(), utf8(&output.stdout)), (Some(0), "n\n0\n"));
    insta::assert_snapshot!(utf8(&output.stderr));
}

/// An input or usage that is wrong: exit code 2 and the reason.
#[test]
fn inputs_that_cannot_be_read() {
    let mut said = String::new();
    let header = |version: u32| format!("{:\0<16}", format!("go 1.{version} trace")).into_bytes();
    let mut inputs: Vec<(String, Vec<u8>)> = vec![
        ("empty".into(), Vec::new()),
        ("text".into(), b"This is no trace, but a text.\n".to_vec()),
        ("short".into(), b"go".to_vec()),
        ("half-header".into(), b"go 1.26 trace".to_vec()),
        ("gzip".into(), b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x03\x00".to_vec()),
        ("crlf".into(), b"go 1.26 trace\r\n\0\0\0".to_vec()),
    ];
    for version in [5, 7, 8, 9, 11, 19, 21, 22, 23, 24, 25, 26, 27, 99] {
        inputs.push((format!("header-1.{version}"), header(version)));
    }
    for (name, content) in inputs {
        let path = file(&name, &content);
        let message = complaint(2, &["-e", "select count() from events", &path]);
        said += &message.replace(&path, &name);
        let same = complaint(2, &["info", &path]);
        assert_eq!(message, same, "{name}");
    }
    for path in ["no/such/file", "examples", "/dev/null", "", "-"] {
        said += &complaint(2, &["-e", "select count() from events", path]);
    }
    insta::assert_snapshot!(said);
}

#[test]
fn wrong_usage() {
    let mut said = String::new();
    let usages: &[&[&str]] = &[
        &[],
        &[TRACE],
        &["-e"],
        &["-e", "from events"],
        &["--nonsense", "-e", "from events", TRACE],
        &["--format", "yaml", "-e", "from events", TRACE],
        &["--max-rows", "many", "-e", "from events", TRACE],
        &["--memory-limit", "lots", "-e", "from events", TRACE],
        &["--threads", "0", "-e", "from events", TRACE],
        &["-o", "no/such/folder/x.csv", "-e", "from events", TRACE],
        &["describe"],
        &["describe", "nonsense"],
        &["describe", "goroutine"],
        &["info"],
        &["info", "no/such/file"],
    ];
    for args in usages {
        said += &format!("$ gtq {}\n{}\n", args.join(" "), complaint(2, args));
    }
    insta::assert_snapshot!(said);
}

#[test]
fn a_query_without_tables_needs_no_trace() {
    assert_eq!(
        answer(&["--format", "csv", "-e", "select 1+1 as two, 3ms / 2 as half"]),
        "two,half\n2,1500000\n"
    );
    assert_eq!(
        answer(&["--format", "csv", "-e", "from (values (1, 'a'), (2, null)) as t(n, s)"]),
        "n,s\n1,a\n2,\n"
    );
    // A trace's end is that of a trace.
    complaint(2, &["-e", "select @end"]);
}

/// A query that meets a value that it can't be computed for.
#[test]
fn a_query_that_fails_while_it_runs() {
    let mut said = String::new();
    for query in [
        "select 1 / (count() - 1172) from events",
        "select regexp_replace('a', kind || '(', '') from events",
        "select (select g from goroutines)",
        "select g + 9223372036854775807 as n from goroutines",
        "select sum(x) from (values (9223372036854775807), (1)) as t(x)",
        "select (kind || '!')::int from events",
        "select 1e300::int",
    ] {
        said += &format!("{query}\n{}\n", complaint(1, &["-e", query, TRACE]));
    }
    insta::assert_snapshot!(said);
}

/// What stood in the file before is still there, and nothing else.
#[test]
fn a_query_that_fails_leaves_the_file_alone() {
    let folder = folder("fails");
    let file = folder.join("out.csv");
    fs::write(&file, "precious").expect("a file");
    let name = file.to_str().expect("UTF-8");
    complaint(1, &["-o", name, "-e", "select 1 / (count() - 1172) from events", TRACE]);
    assert_eq!(fs::read_to_string(&file).expect("the file"), "precious");
    assert_eq!(folder.read_dir().expect("the folder").count(), 1);
}

/// `gtq … | head`: whoever reads has enough, and that is fine.
#[test]
fn nobody_reads_the_output_any_more() {
    for format in ["csv", "table", "ndjson"] {
        let trace = "tests/fixtures/allocfree-go1.27.3.trace";
        let mut child = gtq(&["--format", format, "-e", "from events", trace]).spawn().expect("gtq runs");
        let mut stdout = child.stdout.take().expect("a pipe");
        stdout.read_exact(&mut [0; 10]).expect("the beginning of the result");
        drop(stdout);
        let output = child.wait_with_output().expect("gtq ends");
        check_good(&output);
        // Nor of statements that come through a pipe.
        let mut child = gtq(&["--format", format, trace]).stdin(Stdio::piped()).spawn().expect("gtq runs");
        let mut stdin = child.stdin.take().expect("a pipe");
        stdin.write_all(b"from events;\nfrom events;\n").expect("a pipe");
        drop(stdin);
        let mut stdout = child.stdout.take().expect("a pipe");
        stdout.read_exact(&mut [0; 10]).expect("the beginning of the result");
        drop(stdout);
        let output = child.wait_with_output().expect("gtq ends");
        check_good(&output);
    }
}

/// A terminal's control characters in a query do not get to the terminal.
#[test]
fn control_characters_are_shown_not_sent() {
    complaint(1, &["-e", "select '\u{1b}[31m' || nme from goroutines", TRACE]);
    complaint(2, &["-e", "from events", "no/such/\u{1b}[31mfile"]);
    for args in [&["describe", "events", "x\u{9b}31m\u{202e}"][..], &["--memory-limit", "5\u{9b}31m\u{202e}"]]
    {
        let said = complaint(2, args);
        assert!(!said.contains(['\u{9b}', '\u{202e}']) && said.contains(r"31m\u{202e}"), "{said:?}");
    }
    let shown = answer(&["-e", "select '\u{1b}[31m' as text"]);
    assert!(!shown.contains('\u{1b}'), "{shown:?}");
}

/// A trace that was cut off: the answer is that of the rest, and that is said.
#[test]
fn a_loss_is_told() {
    let whole = fs::read("tests/fixtures/ticker-go1.27.3.trace").unwrap();
    let path = file("cut.trace", &whole[..whole.len() - 100]);
    let output = run(&["--format", "csv", "-e", "select count() as n from events", &path]);
    assert_eq!(output.status.code(), Some(0));
    insta::assert_snapshot!(format!("{}{}", utf8(&output.stdout), utf8(&output.stderr)));
    // The same answer, but a failure for who wants all or nothing.
    let strict = run(&["--strict", "--format", "csv", "-e", "select count() as n from events", &path]);
    assert_eq!((strict.status.code(), &strict.stdout), (Some(1), &output.stdout));
    assert_eq!(utf8(&strict.stderr).replacen("error:", "warning:", 1), utf8(&output.stderr));
    let piped = run_with_input(&["--strict", "--format", "csv", &path], b"select count() as n from events");
    assert_eq!((piped.status.code(), &piped.stdout), (Some(1), &output.stdout));
    assert!(utf8(&piped.stderr).starts_with("error: "));
    assert_eq!(run(&["--strict", "-e", "select 1 as n", SERVER]).status.code(), Some(0));
    let asserted = file("asserted.gtq", b"assert events: (select count() from events) > 0;");
    assert_eq!(run(&["-f", &asserted, &path]).stderr, output.stderr);
    assert_eq!(run(&["-f", &asserted, "--strict", &path]).status.code(), Some(1));
    assert_eq!(run(&["check", &asserted, &path]).status.code(), Some(0));
    assert_eq!(run(&["check", "--strict", &asserted, &path]).status.code(), Some(1));
}

/// Pictures, profiles and timelines: by the name of the file, of one result or of several.
#[test]
fn results_for_the_eye_and_for_other_tools() {
    let folder = folder("pictures");
    let written = |name: &str, queries: &[&str]| {
        let path = folder.join(name);
        let mut args = vec!["-o", path.to_str().expect("UTF-8")];
        args.extend(queries.iter().flat_map(|query| ["-e", query]));
        assert_eq!(answer(&[&args[..], &[SERVER]].concat()), "", "the result goes to the file only");
        fs::read(&path).expect("the file")
    };
    let bars =
        "from tasks |> aggregate sum(dur) as time group by name |> order by name |> render bar(name, time)";
    let lanes = "from goroutine_states |> render timeline(g, start, end, state)";
    let stacks = "select stack, count() as count, sum(dur) as time from goroutine_states";
    assert!(written("bars.svg", &[bars]).starts_with(b"<svg"));
    assert!(written("waits.pb.gz", &[stacks]).starts_with(&[0x1f, 0x8b]));
    let both = written("g.pftrace", &[lanes, "select time, name, value from metrics"]);
    assert!(both.len() > written("g.perfetto-trace", &[lanes]).len());
    // What is no terminal gets rows, unless a picture is asked for.
    assert_eq!(answer(&["-e", bars, SERVER]), answer(&["--format", "table", "-e", bars, SERVER]));
    assert!(answer(&["--format", "plot", "-e", bars, SERVER]).contains("│█"));
    let one = complaint(2, &["--format", "svg", "-e", bars, "-e", bars, SERVER]);
    assert!(one.contains("takes one result"), "{one}");
    let none = complaint(2, &["--format", "plot", "-e", stacks, SERVER]);
    assert!(none.contains("render bar(label, size)"), "{none}");
}

#[test]
fn files_are_formatted() {
    let path = folder("formatted").join("query.gtq");
    let name = path.to_str().expect("UTF-8");
    fs::write(&path, "FROM goroutines\n|> where exec>1ms |> limit 3; -- three").unwrap();
    let output = run(&["fmt", "--check", name]);
    assert_eq!(output.status.code(), Some(1));
    let said = utf8(&output.stdout);
    assert!(said.starts_with(&format!("{name}:1\n-FROM goroutines\n")), "{said}");
    assert!(said.contains("+|> where exec > 1ms\n"), "{said}");
    assert_eq!(answer(&["fmt", name]), "");
    let formatted = fs::read_to_string(&path).unwrap();
    assert_eq!(formatted, "from goroutines\n|> where exec > 1ms\n|> limit 3; -- three\n");
    assert_eq!(answer(&["fmt", "--check", name]), "");
    let output = run_with_input(&["fmt"], b"select  1");
    check_good(&output);
    assert_eq!(utf8(&output.stdout), "select 1\n");
    // A text with errors stays as it is.
    fs::write(&path, "select  from").unwrap();
    assert!(complaint(1, &["fmt", name]).contains("E0031"));
    assert_eq!(fs::read_to_string(&path).unwrap(), "select  from");
    assert!(complaint(2, &["fmt", "no such file.gtq"]).contains("can't read no such file.gtq"));
}

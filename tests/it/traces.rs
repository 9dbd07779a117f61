//! Several traces at once: one result over all of them, with a column that says which one a row is of.

use std::fs;
use std::path::{Path, PathBuf};

use arrow::ipc::reader::FileReader;

use crate::cli::{answer, check_good, complaint, run, run_with_input, utf8};
use crate::profiles::contents;
use crate::saved::shown;

const SUM: &str = "examples/sum/trace.dat";
const SERVER: &str = "tests/fixtures/server-go1.25.5.trace";
const LOCKS: &str = "tests/fixtures/locks-go1.27.3.trace";
const COUNT: &str = "select count() as n from events";

/// A folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("traces").join(name);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

fn file(folder: &Path, name: &str, content: &[u8]) -> String {
    let path = folder.join(name);
    fs::write(&path, content).expect("a file");
    path.to_str().expect("UTF-8").to_owned()
}

fn bytes(trace: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(trace)).expect("a trace")
}

/// A trace without its end.
fn cut(folder: &Path, name: &str) -> String {
    let whole = bytes("tests/fixtures/ticker-go1.27.3.trace");
    file(folder, name, &whole[..whole.len() - 100])
}

/// How many events a trace has.
fn events(trace: &str) -> String {
    answer(&["--format", "csv", "--no-header", "-e", COUNT, trace]).trim_end().to_owned()
}

/// What each trace says alone, in the order of the arguments.
#[test]
fn each_trace_is_asked() {
    let query = "select g, name, exec, create_stack from goroutines order by g limit 3";
    let csv = |trace| answer(&["--format", "csv", "-e", query, trace]);
    let mut lines = String::from("trace,g,name,exec,create_stack\n");
    let mut objects = String::new();
    for (name, trace) in [("server-go1.25.5.trace", SERVER), ("trace.dat", SUM)] {
        for line in csv(trace).lines().skip(1) {
            lines += &format!("{name},{line}\n");
        }
        for line in answer(&["--format", "ndjson", "-e", query, trace]).lines() {
            objects += &format!("{{\"trace\":\"{name}\",{}\n", line.strip_prefix('{').expect("an object"));
        }
    }
    assert_eq!(lines.lines().count(), 7, "{lines}");
    assert_eq!(answer(&["--format", "csv", "-e", query, SERVER, SUM]), lines);
    assert_eq!(answer(&["--format", "ndjson", "-e", query, SERVER, SUM]), objects);
    let json: serde_json::Value =
        serde_json::from_str(&answer(&["--format", "json", "-e", query, SERVER, SUM])).expect("one array");
    let rows: Vec<serde_json::Value> =
        objects.lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
    assert_eq!(json, serde_json::Value::Array(rows));
}

#[test]
fn one_table_for_people() {
    let query =
        "select name, count(), sum(exec) as exec from goroutines where not system order by exec desc limit 2";
    let mut all = shown(&["-e", query, "tests/fixtures/locks-go1.23.9.trace", LOCKS]);
    all += &shown(&["run", "goroutines", "--max-rows", "12", SUM, LOCKS]);
    all += &shown(&["-f", "tests/it/files/main.gtq", SUM, SERVER]);
    all += &shown(&["info", SUM, SERVER]);
    insta::assert_snapshot!(all);
}

#[test]
fn saved_queries_are_asked_of_each() {
    let args = ["run", "goroutines", "--format", "csv"];
    let of = |traces: &[&str]| answer(&[&args[..], traces].concat());
    let rows = |name: &str, trace| -> Vec<String> {
        of(&[trace]).lines().skip(1).map(|line| format!("{name},{line}")).collect()
    };
    let expected = [rows("trace.dat", SUM), rows("locks-go1.27.3.trace", LOCKS)].concat();
    assert_eq!(of(&[SUM, LOCKS]).lines().skip(1).collect::<Vec<_>>(), expected);
}

/// A result for each query, as of one trace; each trace is read once for all of them.
#[test]
fn several_queries() {
    let two = ["-e", COUNT, "-e", "select p from procs where p < 2 order by p"];
    let of = |format: &str| answer(&[&two[..], &["--format", format, SUM, SERVER]].concat());
    let csv = format!(
        "trace,n\ntrace.dat,1172\nserver-go1.25.5.trace,{}\n\
         trace,p\ntrace.dat,0\nserver-go1.25.5.trace,0\nserver-go1.25.5.trace,1\n",
        events(SERVER)
    );
    assert_eq!(of("csv"), csv);
    let tables = of("table");
    let alone = |query| answer(&["-e", query, SUM, SERVER]);
    assert_eq!(tables, format!("{}\n{}", alone(two[1]), alone(two[3])));
    let path = folder("several").join("both.csv");
    assert_eq!(answer(&[&two[..], &["-o", path.to_str().expect("UTF-8"), SUM, SERVER]].concat()), "");
    assert_eq!(fs::read_to_string(path).expect("the results"), csv);
    // One of them from a pipe, which can be read once.
    let output = run_with_input(&[&two[..], &["--format", "csv", SUM, "-"]].concat(), &bytes(SERVER));
    check_good(&output);
    assert_eq!(utf8(&output.stdout), csv.replace("server-go1.25.5.trace", "-"));
}

#[test]
fn equal_names_are_told_apart() {
    let folder = folder("equal");
    for name in ["before", "after"] {
        fs::create_dir_all(folder.join(name)).expect("a folder");
    }
    let before = file(&folder.join("before"), "trace.dat", &bytes(SUM));
    let after = file(&folder.join("after"), "trace.dat", &bytes(LOCKS));
    let csv = answer(&["--format", "csv", "--no-header", "-e", "select 1", &before, &after, SERVER]);
    assert_eq!(csv, "before/trace.dat,1\nafter/trace.dat,1\nserver-go1.25.5.trace,1\n");
    let info = answer(&["info", "--format", "csv", "--no-header", &before, &after]);
    let names: Vec<&str> = info.lines().filter_map(|line| line.split(',').next()).collect();
    assert_eq!(names, ["before/trace.dat", "after/trace.dat"]);
}

#[test]
fn queries_may_read_what_a_trace_is_called() {
    let folder = folder("called");
    for name in ["before", "after"] {
        fs::create_dir_all(folder.join(name)).expect("a folder");
    }
    let before = file(&folder.join("before"), "trace.dat", &bytes(SUM));
    let after = file(&folder.join("after"), "trace.dat", &bytes(LOCKS));
    let of = |query| answer(&["--format", "csv", "--no-header", "-e", query, &before, &after]);
    let counts = of("select count() as n from events");
    assert_eq!(of("select trace, count() as n from events group by trace"), counts);
    assert_eq!(of("select trace, (select count() from events) as n"), counts);
    assert_eq!(of("from events |> aggregate count() as n group by trace"), counts);
    assert_eq!(of("select count() as n from events where g = -5 group by trace"), "");
    let [first, _] = counts.lines().collect::<Vec<_>>()[..] else { panic!("{counts}") };
    let of_first =
        of("select trace, count() as n from events where trace = 'before/trace.dat' group by trace");
    assert_eq!(of_first.trim_end(), first);
    assert_eq!(of("select trace from traces"), "before/trace.dat\nafter/trace.dat\n");
    // All rows of both are there, and no column more.
    let all = of("select *, trace from logs").lines().count();
    assert_eq!(all, of("from logs").lines().count());
    let header = answer(&["--format", "csv", "-e", "select * from logs limit 0", &before]);
    assert_eq!(header, "time,g,task,category,message,stack\n");
    let one = answer(&["--format", "csv", "--no-header", "-e", "select trace", &before]);
    assert_eq!(one, "trace.dat\n");
    let none = answer(&["--format", "csv", "--no-header", "-e", "select trace is null as none"]);
    assert_eq!(none, "true\n");
}

/// The table `traces` has a column of this name, and so may any query.
#[test]
fn a_column_of_that_name_stays() {
    let of = |query| answer(&["--format", "csv", "-e", query, SUM, SERVER]);
    assert_eq!(
        of("select format, trace from traces"),
        "format,trace\nv2,trace.dat\nv2,server-go1.25.5.trace\n"
    );
    assert_eq!(of("select 7 as trace"), "trace\n7\n7\n");
}

/// The column has the metadata that columns of texts have.
#[test]
fn columnar_formats() {
    let path = folder("columnar").join("result.arrow");
    let name = path.to_str().expect("UTF-8");
    assert_eq!(answer(&["-o", name, "-e", "select name, exec from goroutines", SUM, SERVER]), "");
    let reader = FileReader::try_new(fs::File::open(&path).expect("the file"), None).expect("Arrow");
    let schema = reader.schema();
    assert_eq!(
        schema.fields().iter().map(|field| field.name().as_str()).collect::<Vec<_>>(),
        ["trace", "name", "exec"]
    );
    let (label, text) = (schema.field(0), schema.field(1));
    assert_eq!((label.data_type(), label.metadata()), (text.data_type(), text.metadata()));
    let rows: usize = reader.map(|batch| batch.expect("a batch").num_rows()).sum();
    let alone = |trace| {
        answer(&["--format", "csv", "--no-header", "-e", "select g from goroutines", trace]).lines().count()
    };
    assert_eq!(rows, alone(SUM) + alone(SERVER));
}

/// Profiles add up.
#[test]
fn profiles() {
    let query = "from goroutine_states |> where state = 'waiting' |> aggregate count() as count, sum(dur) as time \
                 group by stack |> render flamegraph(stack, time)";
    let of = |format: &str, traces: &[&str]| {
        let output = run(&[&["--format", format, "-e", query], traces].concat());
        check_good(&output);
        output.stdout
    };
    let (kinds, sum) = contents(&of("pprof", &[SUM]));
    let (_, locks) = contents(&of("pprof", &[LOCKS]));
    let mut expected = sum;
    for (stack, values) in locks {
        let sums = expected.entry(stack).or_insert_with(|| vec![0; values.len()]);
        sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
    }
    assert!(expected.len() > 3, "{expected:?}");
    assert_eq!(contents(&of("pprof", &[SUM, LOCKS])), (kinds, expected));
    assert!(of("flamegraph", &[SUM, LOCKS]).starts_with(b"<?xml"));
}

/// Pictures of different programs are not mixed.
#[test]
fn a_picture_of_each() {
    let query = "from goroutine_states |> where dur > 0ns |> aggregate sum(dur) as time group by state \
                 |> order by state |> render bar(state, time)";
    let of = |trace| answer(&["--format", "plot", "-e", query, trace]);
    let both = answer(&["--format", "plot", "-e", query, SUM, LOCKS]);
    assert_eq!(both, format!("── trace.dat ──\n{}\n── locks-go1.27.3.trace ──\n{}", of(SUM), of(LOCKS)));
    let two = answer(&["--format", "plot", "-e", query, "-e", query, SUM, LOCKS]);
    assert_eq!(two, format!("{both}\n{both}"));
    complaint(2, &["--format", "plot", "-e", COUNT, SUM, LOCKS]);
    let mut said = String::new();
    for format in ["svg", "perfetto", "chrome-json"] {
        said += &complaint(2, &["--format", format, "-e", query, SUM, LOCKS]);
    }
    said += &complaint(2, &["--format", "pprof", "-e", query, "-e", query, SUM, LOCKS]);
    insta::assert_snapshot!(said);
}

/// As with grep, the others are answered, and the exit code tells.
#[test]
fn one_that_cannot_be_read() {
    let output = run(&["--format", "csv", "-e", COUNT, "no/such/file", SUM, "README.md", LOCKS]);
    let locks = events(LOCKS);
    assert_eq!(utf8(&output.stdout), format!("trace,n\ntrace.dat,1172\nlocks-go1.27.3.trace,{locks}\n"));
    assert_eq!(output.status.code(), Some(2));
    insta::assert_snapshot!(utf8(&output.stderr));
    // A file gets what could be read; if nothing could, it stays as it is.
    let path = folder("unread").join("result.csv");
    let name = path.to_str().expect("UTF-8");
    fs::write(&path, "precious").expect("a file");
    complaint(2, &["-o", name, "-e", COUNT, "no/such/file", "README.md"]);
    assert_eq!(fs::read_to_string(&path).expect("the file"), "precious");
    complaint(2, &["-o", name, "-e", COUNT, "no/such/file", SUM]);
    assert_eq!(fs::read_to_string(&path).expect("the file"), "trace,n\ntrace.dat,1172\n");
}

#[test]
fn losses_and_failures_name_the_trace() {
    let folder = folder("losses");
    let (one, two) = (cut(&folder, "one.trace"), cut(&folder, "two.trace"));
    let said = |args: &[&str]| {
        let output = run(args);
        let (out, err) = (utf8(&output.stdout), utf8(&output.stderr));
        let text = format!("{out}{err}exit {}\n\n", output.status.code().expect("an exit code"));
        text.replace(&format!("{}/", folder.display()), "")
    };
    let mut all = said(&["--format", "csv", "-e", COUNT, &one, SUM, &two]);
    all += &said(&["--format", "csv", "--strict", "-e", COUNT, &one, SUM]);
    let asserted = file(&folder, "asserted.gtq", b"assert few: (select count() from events) < 1100;");
    all += &said(&["-f", &asserted, SUM, LOCKS, &one]);
    all += &said(&["check", &asserted, &one, LOCKS]);
    all += &said(&["--format", "csv", "-e", "select 1 / (count() - 1172) as n from events", LOCKS, SUM]);
    insta::assert_snapshot!(all);
}

#[test]
fn wrong_usage() {
    let copy = file(&folder("usage"), "copy.trace", &bytes(SUM));
    let mut said = String::new();
    for args in [
        &["-e", COUNT, "-", SUM, "-"][..],
        &["info", "-", "-"],
        &["run", "goroutines", "-", "-"],
        &["-f", "-", SUM, "-"],
        &[SUM, LOCKS],
        &["-o", &copy, "-e", COUNT, LOCKS, &copy],
        &["info", "-o", &copy, LOCKS, &copy],
        &["run", "goroutines", "-o", &copy, LOCKS, &copy],
    ] {
        let text = format!("$ gtq {}\n{}\n", args.join(" "), complaint(2, args));
        said += &text.replace(&copy, "copy.trace");
    }
    insta::assert_snapshot!(said);
    let output = run_with_input(&[SUM, LOCKS], COUNT.as_bytes());
    assert_eq!((output.status.code(), utf8(&output.stdout)), (Some(2), ""));
    assert_eq!(utf8(&output.stderr), complaint(2, &[SUM, LOCKS]));
}

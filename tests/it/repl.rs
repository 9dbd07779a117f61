//! The interactive session: in a terminal, and from a pipe.

use std::fs;

use crate::cli::{answer, check_good, run_with_input, utf8};
use crate::support::at;
use crate::terminal::{Setting, Terminal, home};

const TRACE: &str = "examples/sum/trace.dat";

/// Takes hours, if nobody stops it.
const LONG: &str = "select count() from events a cross join events b cross join events c cross join events d \
                    where a.g + b.g + c.g = d.g";

/// How far a load is, and what took how long: different each time.
fn lasting(screen: &str) -> String {
    let cut = |line: &str| line.split_once("  read").map_or(line, |(before, _)| before).to_owned();
    screen.lines().map(|line| cut(line) + "\n").collect()
}

struct Place {
    home: tempfile::TempDir,
    columns: u16,
    rows: u16,
}

impl Place {
    fn new(columns: u16, rows: u16) -> Self {
        let home = home();
        let settings = home.path().join(".config/gtq");
        fs::create_dir_all(&settings).unwrap();
        fs::write(settings.join("rc"), ".timer off\n").unwrap();
        Self { home, columns, rows }
    }

    fn start(&self, trace: &str, variables: &[(&str, &str)]) -> Terminal {
        self.start_with(&[trace], variables)
    }

    fn start_with(&self, args: &[&str], variables: &[(&str, &str)]) -> Terminal {
        let Self { home, columns, rows } = self;
        let terminal =
            Terminal::start(&Setting { args, columns: *columns, rows: *rows, home: home.path(), variables });
        terminal.wait_for_prompt();
        terminal
    }
}

/// The screen after some questions, at a width.
fn conversation(columns: u16, rows: u16) -> String {
    let place = Place::new(columns, rows);
    let mut terminal = place.start(TRACE, &[("NO_COLOR", "1")]);
    terminal.ask(".pager off");
    terminal.ask("select g, name, sched_wait from goroutines limit 3");
    terminal.ask("from goroutines |> order by exec desc |> limit 1");
    terminal.ask("from regions |> render histogram(dur)");
    terminal.ask("select nme from goroutines");
    lasting(&terminal.screen())
}

#[test]
fn screens_of_60_columns() {
    insta::assert_snapshot!(conversation(60, 90));
}

#[test]
fn screens_of_80_columns() {
    insta::assert_snapshot!(conversation(80, 90));
}

#[test]
fn screens_of_200_columns() {
    insta::assert_snapshot!(conversation(200, 90));
}

#[test]
fn what_is_typed_is_completed() {
    let place = Place::new(100, 30);
    let mut terminal = place.start(TRACE, &[]);
    terminal.keys("from gorou\t");
    let shown = terminal.wait_for("goroutine_states");
    assert!(shown.contains("a row per stay of a goroutine in a state"), "{shown}");
    terminal.keys("s |> wher\t");
    terminal.wait_for("where");
    // The names in the trace are known as soon as it has been read.
    terminal.interrupt();
    let mut tries = 0;
    loop {
        terminal.keys("from goroutines |> where name = 'main.main.\t");
        std::thread::sleep(std::time::Duration::from_millis(300));
        if terminal.screen().contains("main.main.func1'") || tries == 100 {
            break;
        }
        tries += 1;
        terminal.interrupt();
    }
    assert!(terminal.screen().contains("main.main.func1'"), "{}", terminal.screen());
}

/// More than the screen has room for is counted, and does not take the keys that follow.
#[test]
fn long_lists_of_completions_fit_the_screen() {
    let place = Place::new(60, 12);
    let mut terminal = place.start(TRACE, &[]);
    terminal.keys("select \t");
    let shown = terminal.wait_for("more: type how it begins");
    assert!(!shown.contains("More--"), "{shown}");
    terminal.keys("1 as one\r");
    terminal.wait_for("(1 row)");
}

/// Where the line editor can't draw, the terminal reads lines.
#[test]
fn a_dumb_terminal_keeps_its_prompt_at_an_interrupt() {
    let place = Place::new(60, 20);
    let mut terminal = place.start(TRACE, &[("TERM", "dumb")]);
    terminal.keys("select 1 as o\u{3}");
    terminal.line("select 2 as two");
    terminal.wait_for("(1 row)");
}

#[test]
fn commands_are_completed_too() {
    let place = Place::new(100, 30);
    let mut terminal = place.start(TRACE, &[]);
    terminal.keys(".desc\t");
    terminal.wait_for(".describe");
    terminal.keys(" goroutine_sta\t");
    terminal.wait_for("goroutine_states");
    terminal.interrupt();
    terminal.keys(".mode \t");
    terminal.wait_for("markdown");
    terminal.interrupt();
    terminal.keys(".run sched:\t");
    terminal.wait_for("sched:longest_waits");
    terminal.interrupt();
    terminal.keys(".run mmu --fl\t");
    terminal.wait_for("mmu --flags");
    terminal.interrupt();
    terminal.keys(".run sched:longest_waits \t");
    terminal.wait_for("--n");
}

#[test]
fn a_query_may_have_several_lines() {
    let place = Place::new(100, 30);
    let mut terminal = place.start(TRACE, &[]);
    terminal.line("select count(),");
    terminal.line("  sum(exec) from goroutines where");
    terminal.line("  name = 'main.main.func1'");
    terminal.wait_for("Enter runs it");
    terminal.line("");
    let shown = terminal.wait_for("(1 row)");
    assert!(!shown.contains("error"), "{shown}");
}

#[test]
fn a_stage_goes_on_with_the_last_query() {
    assert_eq!(
        piped(
            ".mode csv\nfrom goroutines |> where name = 'main.main.func1';\n.mode csv\n\
             |> aggregate count() as n;\n"
        )
        .lines()
        .last(),
        Some("10")
    );
}

#[test]
fn a_paste_is_one_input() {
    let place = Place::new(100, 30);
    let mut terminal = place.start(TRACE, &[]);
    terminal.keys("\u{1b}[200~select 1 + 1 as first;\nselect 2 + 3 as second\n\u{1b}[201~");
    terminal.line("");
    let shown = terminal.wait_for("second");
    let shown = if shown.ends_with("gtq>") { shown } else { terminal.wait_for_prompt() };
    assert!(shown.contains("first") && !shown.contains("error"), "{shown}");
}

#[test]
fn a_query_can_be_stopped() {
    check_stopping(&[TRACE]);
}

/// What goes on for a while has no thread that the next query needs.
#[test]
fn a_query_on_one_thread_can_be_stopped() {
    check_stopping(&["--threads", "1", TRACE]);
}

fn check_stopping(args: &[&str]) {
    let place = Place::new(100, 30);
    let mut terminal = place.start_with(args, &[]);
    terminal.line(LONG);
    terminal.wait_for("= d.g");
    std::thread::sleep(std::time::Duration::from_millis(1500));
    terminal.keys("\u{3}");
    terminal.wait_for("cancelled");
    let shown = terminal.ask("select count() as tasks from tasks");
    assert!(shown.contains("(1 row)"), "{shown}");
    terminal.keys("\u{4}");
    terminal.wait_for_end();
}

#[test]
fn inputs_are_remembered() {
    let place = Place::new(100, 30);
    let mut terminal = place.start(TRACE, &[]);
    terminal.ask("select 41 + 1 as answer");
    terminal.ask("select 7 as seven");
    terminal.line(".quit");
    terminal.wait_for_end();
    let mut terminal = place.start(TRACE, &[]);
    terminal.keys("\u{1b}[A\u{1b}[A");
    terminal.wait_for("gtq> select 7 as seven");
    terminal.interrupt();
    terminal.keys("\u{12}41 +");
    terminal.wait_for("select 41 + 1 as answer");
    terminal.keys("\u{7}");
    terminal.interrupt();
    terminal.ask(".history 3");
    let shown = terminal.screen();
    assert!(shown.contains("select 7 as seven"), "{shown}");
}

#[test]
fn long_results_go_through_a_pager() {
    let place = Place::new(100, 20);
    let mut terminal = place.start(TRACE, &[("PAGER", "sed 's/^/paged /' | tail -n 3")]);
    let shown = terminal.ask("select g, start from goroutine_states limit 30");
    assert!(shown.contains("paged "), "{shown}");
    let shown = terminal.ask("select 5 as few");
    assert!(!shown.contains("paged "), "{shown}");
}

/// Half a result is none to be shown again.
#[test]
fn who_leaves_the_pager_gets_all_the_next_time() {
    let place = Place::new(100, 20);
    let mut terminal = place.start("tests/fixtures/allocfree-go1.27.3.trace", &[("PAGER", "head -n 1")]);
    let file = place.home.path().join("all.csv");
    terminal.ask(".mode csv");
    terminal.ask("select time, g from events");
    terminal.ask(&format!(".once {}", file.display()));
    // The same query, which is known by its text.
    terminal.keys("\u{1b}[A\u{1b}[A");
    terminal.wait_until(|screen| screen.ends_with("gtq> select time, g from events"));
    terminal.line("");
    terminal.wait_for_prompt();
    let shown = terminal.ask("select count() as n from events");
    assert!(terminal.screen().contains("written to "), "{}", terminal.screen());
    let events = shown.lines().find_map(|line| line.parse::<usize>().ok()).expect("a number");
    assert_eq!(fs::read_to_string(&file).unwrap().lines().count(), events + 1);
}

#[test]
fn without_a_pager_all_goes_to_the_screen() {
    let place = Place::new(100, 20);
    let mut terminal = place.start(TRACE, &[("PAGER", "no-such-pager")]);
    terminal.line("select g, start from goroutine_states limit 30");
    let shown = terminal.wait_for(".pager is off now");
    assert!(shown.contains("(30 rows)"), "{shown}");
}

#[test]
fn a_trace_that_changes_is_read_anew() {
    let place = Place::new(100, 30);
    let path = place.home.path().join("changing.trace");
    fs::copy(at(TRACE), &path).unwrap();
    let mut terminal = place.start(path.to_str().unwrap(), &[]);
    let shown = terminal.ask("select count() as tasks from tasks");
    assert!(shown.contains("\n     1"), "{shown}");
    fs::copy(at("tests/fixtures/server-go1.25.5.trace"), &path).unwrap();
    let shown = terminal.ask("from tasks |> aggregate count() as tasks");
    assert!(shown.contains("has changed and is read anew") && shown.contains("\n    48"), "{shown}");
}

#[test]
fn a_paste_may_have_commands() {
    let place = Place::new(100, 30);
    let mut terminal = place.start(TRACE, &[]);
    terminal.keys("\u{1b}[200~.mode csv\nselect 1 as one;\n.mode json\nselect 2 as two;\n\u{1b}[201~");
    terminal.line("");
    let shown = terminal.wait_for("{\"two\":2}");
    assert!(shown.contains("one\n1"), "{shown}");
}

#[test]
fn a_table_without_room_stands_upright() {
    let place = Place::new(40, 70);
    let mut terminal = place.start(TRACE, &[]);
    let shown = terminal.ask("select * from goroutines limit 1");
    assert!(shown.contains("row 1"), "{shown}");
}

/// A trace with a region's name changed to control sequences.
#[test]
fn names_can_not_drive_the_terminal() {
    let mut bytes = fs::read(at(TRACE)).unwrap();
    let name = b"sumTask";
    let place_of = bytes.windows(name.len()).position(|window| window == name).expect("a task");
    bytes[place_of..place_of + name.len()].copy_from_slice(b"\x1b[2J\x07\x1bc");
    let place = Place::new(100, 30);
    let path = place.home.path().join("hostile.trace");
    fs::write(&path, bytes).unwrap();
    let mut terminal = place.start(path.to_str().unwrap(), &[]);
    let shown = terminal.ask("select name from tasks limit 1");
    assert!(shown.contains("\\u{1b}[2J\\u{7}\\u{1b}c"), "{shown}");
    // Completion would write it into the line.
    terminal.keys("select count() from tasks where name = '\t+");
    let shown = terminal.wait_for("name = '+");
    assert!(shown.contains("gtq> select name"), "{shown}");
}

#[test]
fn brackets_and_words_are_coloured() {
    let place = Place::new(100, 30);
    let mut terminal = place.start(TRACE, &[]);
    terminal.keys("select count(");
    terminal.wait_for("count(");
    assert!(utf8(&terminal.formatted()).contains("\u{1b}[34"), "{:?}", utf8(&terminal.formatted()));
    let mut plain = place.start(TRACE, &[("NO_COLOR", "1")]);
    plain.keys("select count(");
    plain.wait_for("count(");
    assert!(!utf8(&plain.formatted()).contains("\u{1b}[34"), "{:?}", utf8(&plain.formatted()));
}

#[test]
fn a_dumb_terminal_will_do() {
    let place = Place::new(80, 24);
    let setting = Setting {
        args: &[TRACE],
        columns: 80,
        rows: 24,
        home: place.home.path(),
        variables: &[("TERM", "dumb")],
    };
    let mut terminal = Terminal::start(&setting);
    terminal.wait_for("gtq>");
    terminal.line("select 6 * 7 as answer");
    terminal.wait_for("42");
    terminal.line(".quit");
    terminal.wait_for_end();
}

/// What statements and commands from a pipe say, all of it.
fn piped(input: &str) -> String {
    let output = run_with_input(&[TRACE], input.as_bytes());
    format!("{}{}", utf8(&output.stdout), utf8(&output.stderr))
}

#[test]
fn commands_of_all_kinds() {
    insta::assert_snapshot!(piped(
        ".help\n.help mode\n.help E0201\n.help p99\n.help nothing\n.tables now\n.tabels\n.describe regions\n\
         .mode\n.mode json\nselect 1 as one;\n.mode nothing\n.mode auto\n.maxrows 2\n.maxrows\n.maxrows some\n\
         .timer\n.timer on\n.timer off\n.timer perhaps\n.pager\n.maxwidth 40\n.maxwidth\n.last\n.params\n\
         .set n 2\n.params\n.set n\n.set\n.params sched:longest_waits\n.open nowhere\n.once\n.read nowhere\n\
         .explain select count() from goroutines\n.history 2\nexit;\nselect 'never';\n"
    ));
}

#[test]
fn declarations_live_as_long_as_the_session() {
    insta::assert_snapshot!(piped(
        "let least = 1ms;\n\
         fn long(d: duration) = d >= least;\n\
         query waits(n: int = 3) =\n  from goroutine_states |> where state = 'runnable' and long(dur)\n  \
         |> aggregate count() as waits group by g |> order by waits desc, g |> limit $n;\n\
         from waits();\n\
         let least = 100ms;\n\
         .run waits --n 2\n\
         .set n 1\n\
         .run waits\n\
         .run waits --m 1\n\
         fn long(d: duration) = e;\n\
         from waits(n: 1);\n\
         assert tasks: (select count() from tasks) > 0;\n\
         assert none: (select count() from tasks) = 0;\n"
    ));
}

#[test]
fn what_is_saved_can_be_run() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.gtq");
    let file = file.to_str().unwrap();
    let input = format!(
        "let least = 1ms;\nselect count() as n from regions\nwhere dur > least;\n.save {file}\n.save {file}\n"
    );
    let output = run_with_input(&[TRACE], input.as_bytes());
    check_good(&output);
    insta::assert_snapshot!(fs::read_to_string(file).unwrap());
    let said = format!("saved; gtq run {file} {TRACE} runs it\n");
    assert_eq!(utf8(&output.stdout), answer(&["-f", file, TRACE]) + &said.repeat(2));
    let output = run_with_input(&[TRACE], format!("select 1 as one;\n.save {file}\n").as_bytes());
    assert_eq!(output.status.code(), Some(1));
    assert!(utf8(&output.stderr).contains("is there already"), "{output:?}");
}

#[test]
fn results_go_to_files() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).display().to_string();
    let (csv, pprof, commands) = (file("a.csv"), file("a.pb.gz"), file("c.gtq"));
    fs::write(&commands, "select 3 as three;\n.mode csv\n").unwrap();
    let input = format!(
        ".output {csv}\nselect 1 as one;\nselect 2 as two;\n.output\n\
         .once {pprof}\nselect stack, count() as count from samples;\nselect 4 as four;\n.read {commands}\n\
         select 5 as five;\n.once {TRACE}\n"
    );
    let output = run_with_input(&[TRACE], input.as_bytes());
    assert_eq!(fs::read_to_string(&csv).unwrap(), "one\n1\ntwo\n2\n");
    assert_eq!(fs::read(&pprof).unwrap()[..2], [0x1f, 0x8b]);
    insta::assert_snapshot!(format!("{}{}", utf8(&output.stdout), utf8(&output.stderr)));
}

#[test]
fn comments_stand_before_commands() {
    assert_eq!(piped("-- a comment\n.mode csv\n/* one\n more */\nselect 1 as one;\n"), "one\n1\n");
}

/// A file for one result is for the next one only, also if that fails.
#[test]
fn a_result_that_fails_uses_up_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.csv");
    let said = piped(&format!(
        ".mode csv\n.once {}\n.tables\nselect 1 / (g - g) as broken from goroutines;\nselect 2 as two;\n",
        file.display()
    ));
    assert!(said.contains("goroutine_states") && said.contains("two\n2\n"), "{said}");
    assert!(!fs::read_to_string(&file).unwrap().contains("two"));
}

#[test]
fn values_of_parameters_are_told_apart() {
    let said = piped(
        "query q(a: string, b: string = 'usual') = select $a as a, $b as b;\n.mode csv\n\
         .run q --a \"x b=y\"\n.run q --a x --b y\n",
    );
    assert_eq!(said, "a,b\nx b=y,usual\na,b\nx,y\n");
}

/// What `.run` runs is the last query as text.
#[test]
fn a_saved_query_that_was_run_is_the_last_query() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("own.gtq");
    let kept = folder.path().join("kept.gtq");
    fs::write(
        &own,
        "query slow(name: string, least: duration = 0ns) =\n  select $name as name, $least as least;\n",
    )
    .unwrap();
    let own = own.display();
    let said = piped(&format!(
        ".mode csv\n.set least 1ms\n.run {own} --name \"it's\"\n.last\n|> extend 1 as one;\n\
         query mine(g: int) = select $g as g;\n.run mine --g 7\n.last\n.run tasks\n.last\n.save {}\n",
        kept.display()
    ));
    let last = format!("use '{own}' as own;\nfrom own.slow(name: 'it''s', least: 1ms)\n");
    let lines = [
        "name,least\nit's,1000000\n",
        &last,
        "name,least,one\nit's,1000000,1\n",
        "g\n7\nfrom mine(g: 7)\n",
        "/queries/tasks.gtq' as tasks;\nfrom tasks.tasks()\n",
    ];
    let mut rest = said.as_str();
    for line in lines {
        let (_, after) = rest.split_once(line).unwrap_or_else(|| panic!("no {line} in {rest}"));
        rest = after;
    }
    let saved = fs::read_to_string(&kept).unwrap();
    assert!(saved.contains("query mine(") && saved.contains("as tasks;"), "{saved}");
    let again = answer(&["--format", "csv", "-f", &kept.display().to_string(), TRACE]);
    assert_eq!(again, answer(&["run", "tasks", "--format", "csv", TRACE]));
}

/// What is wrong in a file is told with its place there.
#[test]
fn mistakes_in_a_file_have_their_places() {
    let folder = tempfile::tempdir().unwrap();
    let (outer, inner) = (folder.path().join("outer.gtq"), folder.path().join("inner.gtq"));
    fs::write(&outer, format!("-- more\n.read {}\n.mode none\n", inner.display())).unwrap();
    fs::write(&inner, "select 1 as one;\n\n-- a comment\nselect\n  nme from goroutines;\n.open nowhere\n")
        .unwrap();
    let said = piped(&format!(".read {}\nselect nme;\n", outer.display()));
    let (outer, inner) = (outer.display(), inner.display());
    for place in [
        format!("{inner}:5:3"),
        format!("error: {inner}:6: can't read nowhere"),
        format!("error: {outer}:3: there is no mode `none`"),
        "<query>:1:8".to_owned(),
    ] {
        assert!(said.contains(&place), "{place}: {said}");
    }
}

/// An open quote takes all lines, but two empty ones end it.
#[test]
fn an_open_quote_can_be_left() {
    let place = Place::new(100, 30);
    let mut terminal = place.start(TRACE, &[]);
    terminal.line("select g from goroutines where name = 'main");
    terminal.line("");
    terminal.line("");
    terminal.wait_for("this string is not closed");
    terminal.line("gtq run tasks");
    terminal.wait_for("sumTask");
}

#[test]
fn help_explains_words_of_the_language() {
    let said = piped(".help let\n.help CLIP\n.help query\n.help thing\n|> limit 3;\n.help p99\n");
    for text in [
        "declares a named value",
        "cut to it: `clip @1s..@2s`",
        "declares a saved query",
        "no help on `thing`",
        "there is no query yet that a stage could go on with",
        "percentile(x:",
    ] {
        assert!(said.contains(text), "{text}: {said}");
    }
}

/// Under whatever name.
#[test]
fn the_trace_is_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let [trace, link] = ["trace.dat", "link.csv"].map(|name| folder.path().join(name));
    fs::copy(at(TRACE), &trace).unwrap();
    fs::hard_link(&trace, &link).unwrap();
    let [trace, link] = [trace, link].map(|path| path.display().to_string());
    for command in [".once", ".output", ".save"] {
        let input = format!("select 1 as one;\n{command} {link}\nselect 2 as two;\n");
        let said = run_with_input(&[&trace], input.as_bytes());
        assert!(utf8(&said.stderr).contains("link.csv is the trace"), "{}", utf8(&said.stderr));
    }
    assert!(fs::read(trace).unwrap() == fs::read(at(TRACE)).unwrap());
}

#[test]
fn what_others_wrote_is_not_saved_over() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.gtq");
    let other = folder.path().join("other.gtq");
    fs::write(&other, "-- by hand\n").unwrap();
    let said = piped(&format!("select 1 as one;\n.save {}\n.save {}\n", file.display(), other.display()));
    assert!(said.contains("other.gtq is there already"), "{said}");
    assert_eq!(fs::read_to_string(&other).unwrap(), "-- by hand\n");
}

#[test]
fn statements_from_a_pipe_fail_as_others_do() {
    let output = run_with_input(&[TRACE], b"select nothing from goroutines;\nselect 1 as one;\n");
    assert_eq!(output.status.code(), Some(1));
    assert!(utf8(&output.stdout).contains("one"), "{output:?}");
    let output = run_with_input(&[], b"select count() from goroutines;");
    assert_eq!(output.status.code(), Some(1));
    assert!(utf8(&output.stderr).contains(".open"), "{output:?}");
}

/// The tutorial's conversation, from a run of it in a terminal.
#[test]
fn the_transcript_is_what_is_said() {
    let tutorial = fs::read_to_string(at("docs/tutorial.md")).unwrap();
    let shown =
        tutorial.split("```text session\n").nth(1).expect("a transcript").split("```").next().unwrap();
    let place = Place::new(100, 200);
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = place.start(TRACE, &[("NO_COLOR", "1")]);
    for input in shown.lines().filter_map(|line| line.strip_prefix("gtq> ")) {
        // The repository stays as it is.
        match input.strip_prefix(".save ") {
            Some(name) => terminal.ask(&format!(".save {}", folder.path().join(name).display())),
            None => terminal.ask(input),
        };
    }
    let folder = format!("{}/", folder.path().display());
    let said = terminal.screen().replace(&folder, "");
    assert_eq!(said.strip_suffix("\ngtq>").unwrap(), shown.trim_end());
}

#[test]
fn all_commands_are_documented() {
    let documented = fs::read_to_string(at("docs/command-line.md")).unwrap();
    let listed = piped(".help");
    let commands: Vec<&str> = listed.lines().filter(|line| line.starts_with(" .")).collect();
    assert!(commands.len() > 20, "{listed}");
    for command in commands {
        let (usage, does) = command.split_once(" │ ").expect("what it does");
        let row = format!("| `{}` | {} |", usage.trim().replace('|', "\\|"), does.trim());
        assert!(documented.contains(&row), "{row}");
    }
}

//! Dot commands: one list with what each takes and does, and the functions behind it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command as Process;

use super::core::{Flow, Problem, Repl, Streams};
use super::feed;
use super::results::Output;
use super::settings::Mode;
use crate::catalog;
use crate::engine::{self, ParamValue, Shelves};
use crate::ide;
use crate::library;
use crate::output::{Format, escape};
use crate::pages;
use crate::syntax::similar::closest;

/// Inputs that `.history` shows.
const HISTORY: usize = 50;

/// A dot command.
pub(super) struct Command {
    pub(super) name: &'static str,
    /// What it takes, in words.
    takes: &'static str,
    pub(super) arguments: Arguments,
    /// What it does, in a line.
    pub(super) does: &'static str,
    /// More about it; may be empty.
    more: &'static str,
    run: fn(&mut Repl, &Call<'_>, &mut Streams<'_>) -> Result<Flow, Problem>,
}

/// What may stand behind a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arguments {
    None,
    Query,
    Files,
    Tables,
    Modes,
    Switch,
    Commands,
    SavedQueries,
}

/// What was typed behind a command.
struct Call<'c> {
    command: &'static Command,
    rest: &'c str,
    words: Vec<String>,
}

pub(super) const COMMANDS: &[Command] = &[
    command(
        "help",
        "[NAME]",
        Arguments::Commands,
        "list the commands, or explain one",
        "NAME may also be a table, a function, a word of the language or the code of an error, such as E0201.",
        help,
    ),
    command(
        "open",
        "FILE",
        Arguments::Files,
        "open another trace",
        "What is declared and set stays. Results that were kept are forgotten.",
        open,
    ),
    command("tables", "", Arguments::None, "list the tables", "", tables),
    command("describe", "TABLE", Arguments::Tables, "show the columns of a table", "", describe),
    command("schema", "[TABLE]", Arguments::Tables, "the same; without a name, list the tables", "", schema),
    command("functions", "", Arguments::None, "list the functions", "", functions),
    command(
        "run",
        "[NAME [--PARAM VALUE]…]",
        Arguments::SavedQueries,
        "run a saved query; without a name, list them",
        "What the session declares with `query` comes first, then what `gtq run` finds.",
        run_saved,
    ),
    command(
        "set",
        "[NAME [VALUE]]",
        Arguments::None,
        "give a parameter of saved queries a value",
        "Each query that .run runs and that has a parameter of this name gets the value. Without a value it is\nforgotten; without a name, all are shown.",
        set,
    ),
    command(
        "params",
        "[NAME]",
        Arguments::SavedQueries,
        "show the parameters of a saved query, or those that are set",
        "",
        params,
    ),
    command(
        "mode",
        "[MODE]",
        Arguments::Modes,
        "set the form of results",
        "auto: the picture that a query renders, or a table; vertical where that has no room for most columns, and\nthe screen is tall enough.\nThe others are those of --format that are text.",
        mode,
    ),
    command("maxrows", "[N]", Arguments::None, "set how many rows tables show, 0 for all", "", max_rows),
    command(
        "maxwidth",
        "[N]",
        Arguments::None,
        "set how wide tables are, 0 for the terminal's width",
        "",
        max_width,
    ),
    command("timer", "[on|off]", Arguments::Switch, "show the time that a query takes", "", timer),
    command(
        "pager",
        "[on|off]",
        Arguments::Switch,
        "show what is taller than the screen through $PAGER",
        "Without $PAGER it is less -RFX.",
        pager,
    ),
    command(
        "output",
        "[FILE]",
        Arguments::Files,
        "write results to a file; without a name, to the screen",
        "Results are added one after the other. The name gives the format: .csv, .json, .md, …",
        output,
    ),
    command(
        "once",
        "FILE",
        Arguments::Files,
        "write the next result to a file",
        "The name gives the format: .csv, .parquet, .svg, .pb.gz for pprof, .pftrace for Perfetto, …",
        once,
    ),
    command(
        "read",
        "FILE",
        Arguments::Files,
        "take statements and commands from a file",
        "Statements end with a semicolon.",
        read,
    ),
    command(
        "save",
        "FILE",
        Arguments::Files,
        "write the declarations and the last query to a file",
        "gtq -f FILE and gtq run FILE take it.",
        save,
    ),
    command("edit", "", Arguments::None, "edit the last query with $VISUAL or $EDITOR, and run it", "", edit),
    command("last", "", Arguments::None, "show the last query", "", last),
    command("history", "[N]", Arguments::None, "show the last inputs", "Ctrl-R searches in them.", history),
    command(
        "explain",
        "[analyze] [QUERY]",
        Arguments::Query,
        "show how a query, or the last one, is run",
        "With analyze it is run, and each operator says what it did.",
        explain,
    ),
    command("quit", "", Arguments::None, "leave, as Ctrl-D does", "", quit),
    command("exit", "", Arguments::None, "leave", "", quit),
];

const fn command(
    name: &'static str,
    takes: &'static str,
    arguments: Arguments,
    does: &'static str,
    more: &'static str,
    run: fn(&mut Repl, &Call<'_>, &mut Streams<'_>) -> Result<Flow, Problem>,
) -> Command {
    Command { name, takes, arguments, does, more, run }
}

impl Command {
    /// How many words it takes at most; None: any number.
    fn most(&self) -> Option<usize> {
        (!self.takes.contains(' ')).then_some(usize::from(!self.takes.is_empty()))
    }

    fn usage(&self) -> String {
        format!(".{} {}", self.name, self.takes).trim_end().to_owned()
    }
}

impl Call<'_> {
    fn word(&self) -> Option<&str> {
        self.words.first().map(String::as_str)
    }

    /// The one argument that must be there.
    fn needed(&self) -> Result<&str, Problem> {
        self.word().ok_or_else(|| Problem::Message(format!("usage: {}", self.command.usage())))
    }

    fn number(&self) -> Result<Option<usize>, Problem> {
        let parse = |word: &str| word.parse().map_err(|_| format!("`{word}` is no number").into());
        self.word().map(parse).transpose()
    }
}

/// Runs what stands behind the dot.
pub(super) fn run(repl: &mut Repl, text: &str, streams: &mut Streams<'_>) -> Result<Flow, Problem> {
    let (name, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let name = name.to_ascii_lowercase();
    let name = name.trim_end_matches(';');
    let Some(command) = find(name) else {
        let near = closest(name, COMMANDS.iter().map(|command| command.name));
        let hint =
            near.map_or_else(|| ".help lists them".to_owned(), |near| format!("did you mean `.{near}`?"));
        return Err(format!("there is no command `.{name}`; {hint}").into());
    };
    // Who writes queries ends everything with a semicolon.
    let rest =
        if command.arguments == Arguments::Query { rest } else { rest.trim_end().trim_end_matches(';') };
    let call = Call { command, rest: rest.trim(), words: words(rest) };
    if command.most().is_some_and(|most| call.words.len() > most) {
        return Err(format!("usage: {}", command.usage()).into());
    }
    (command.run)(repl, &call, streams)
}

/// The command of a name, or the only one that begins like it.
pub(super) fn find(name: &str) -> Option<&'static Command> {
    let exact = COMMANDS.iter().find(|command| command.name == name);
    let mut like = COMMANDS.iter().filter(|command| !name.is_empty() && command.name.starts_with(name));
    exact.or_else(|| match (like.next(), like.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    })
}

/// Words at spaces; quotes keep one together.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quote): (Vec<String>, Option<String>, Option<char>) = (vec![], None, None);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match quote {
            // As the completion of file names writes spaces.
            None if c == '\\' && cfg!(unix) => word.get_or_insert_default().extend(chars.next()),
            Some(q) if c == q => quote = None,
            None if c == '\'' || c == '"' => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            None if c.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    // A query behind a command may have an apostrophe in a comment; its words do not matter.
    words.extend(word);
    words
}

fn say(streams: &mut Streams<'_>, text: &str) -> Result<Flow, Problem> {
    writeln!(streams.out, "{text}")?;
    Ok(Flow::Stay)
}

fn help(repl: &mut Repl, call: &Call<'_>, streams: &mut Streams<'_>) -> Result<Flow, Problem> {
    let Some(topic) = call.word() else {
        let commands = COMMANDS.iter().map(|command| (command.usage(), command.does.to_owned()));
        repl.list(&pages::commands(commands), streams)?;
        let rest = "\nAnything else is a query or a declaration (let, fn, query, use), such as\n  \
                    select g, name, exec from goroutines order by exec desc limit 5\n\
                    A line that begins with |> goes on with the last query.\n\
                    Several lines end with ; or an empty line, with an open quote or bracket two of them.\n\
                    Tab completes, Ctrl-R searches the history,\n\
                    Ctrl-C stops a query, Ctrl-D leaves.";
        return say(streams, rest);
    };
    if let Some(command) = find(topic.trim_start_matches('.')) {
        writeln!(streams.out, "{}\n{}", command.usage(), command.does)?;
        return if command.more.is_empty() { Ok(Flow::Stay) } else { say(streams, command.more) };
    }
    let lower = topic.to_ascii_lowercase();
    if let Some(page) = library::diagnostic(&topic.to_ascii_uppercase()) {
        return say(streams, page.trim_end());
    }
    if let Some(function) = catalog::called(&lower) {
        writeln!(streams.out, "{}", function.signature_texts().join("\n"))?;
        return say(streams, function.doc);
    }
    if let Ok(page) = pages::describe(&lower, ".tables") {
        return repl.list(&page, streams).map(|()| Flow::Stay);
    }
    if let Some(meaning) = ide::meaning(&lower) {
        return say(streams, meaning);
    }
    let names = COMMANDS.iter().map(|command| command.name);
    let names = names.chain(catalog::functions().iter().map(|function| function.name));
    let near = closest(&lower, names.chain(catalog::tables().iter().map(|table| table.name)));
    let hint = near.map_or_else(|| ".help lists the commands".to_owned(), |n| format!("did you mean `{n}`?"));
    Err(format!("there is no help on `{topic}`; {hint}").into())
}

fn open(repl: &mut Repl, call: &Call<'_>, streams: &mut Streams<'_>) -> Result<Flow, Problem> {
    let path = call.needed()?;
    repl.open(Path::new(path))?;
    if !repl.prompts {
        return Ok(Flow::Stay);
    }
    say(streams, &repl.dim(&format!("{} is open", escape::terminal(path))))
}

fn tables(repl: &mut Repl, _: &Call<'_>, streams: &mut Streams<'_>) -> Result<Flow, Problem> {
    // What columns they have, .describe says.
    repl.list(&pages::tables_in_brief(), streams)?;
    Ok(Flow::Stay)
}

fn describe(repl: &mut Repl, call: &Call<'_>, streams: &mut Streams<'_>) -> Result<Flow, Problem> {
    repl.list(&pages::describe(call.needed()?, ".tables")?, streams)?;
    Ok(Flow::Stay)
}

fn schema(repl: &mut Repl, call: &Call<'_>, streams: &mut Streams<'_>) -> Result<Flow, Problem> {
    if call.words.is_empty() { tables(repl, call, streams) } else { describe(repl, call, streams) }
}

fn functions(repl: &mut Repl, _: &Call<'_>, streams: &mut Streams<'_>) -> Result<Flow, Problem> {
    repl.list(&pages::functions(), streams)?;
    Ok(Flow::Stay)
}

fn run_saved(repl: &mut Repl, call: &Call<'_>, streams: &mut Streams<'_>) -> Result<Flow, Problem> {
    let Some((name, given)) = call.words.split_first() else {
        for query in engine::compile(&repl.declared(), &engine::Origin::Typed).saved_queries() {
            writeln!(streams.out, "{} is declared in this session", escape::terminal(&query.name))?;
        }
        // What parameters they have, .params and Tab say.
        repl.list(&pages::saved_queries_in_brief(&Shelves::of_user()), streams)?;
        return Ok(Flow::Stay);
    };
    let mut values = Vec::new();
    let mut given = given.iter();
    while let Some(word) = given.next() {
        let Some(param) = word.strip_prefix("--") else {
            return Err(format!("`{word}` is no parameter: write --NAME VALUE").into());
        };
        let (param, text) = match param.split_once('=') {
            Some((param, text)) => (param, text.to_owned()),
            None => {
                let value = given.next().ok_or_else(|| format!("--{param} needs a value"))?;
                (param, value.clone())
            }
        };
        values.push(ParamValue { param: param.to_owned(), text });
    }
    repl.run_saved(name, &values, streams)?;
    Ok(Flow::Stay)
}

fn set(repl: &mut Repl, call: &Call<'_>, streams: &mut Streams<'_>) -> Result<Flow, Problem> {
    let Some((name, value)) = call.words.split_first() else { return shown_params(repl, streams) };
    let name = name.trim_start_matches(['-', '$']).to_owned();
    if value.is_empty() {
        repl.settings.params.remove(&name);
    } else {
        repl.settings.params.insert(name, value.join(" "));
    }
    Ok(Flow::Stay)
}

fn shown_params(repl: &Repl, streams: &mut Streams<'_>) -> Result<Flow, Problem> {
    if repl.settings.params.is_empty() {
        return say(streams, "no parameter is set");
    }
    for (name, value) in &repl.settings.params {
        writeln!(streams.out, "{} = {}", escape::terminal(name), escape::terminal(value))?;
    }
    Ok(Flow::Stay)
}

fn params(repl: &mut Repl, call: &Call<'_>, streams: &mut Streams<'_>) -> Result<Flow, Problem> {
    let Some(name) = call.word() else { return shown_params(repl, streams) };
    let params = repl.find_saved(name)?.query.map(|query| query.params).unwrap_or_default();
    if params.is_empty() {
        return say(streams, "it takes no parameters");
    }
    for param in params {
        let default = param.default.map(|default| format!(" = {default}")).unwrap_or_default();
        let line = format!("--{}: {}{default}  {}", param.name, param.ty, param.doc);
        writeln!(streams.out, "{}", escape::terminal(line.trim_end()))?;
    }
    Ok(Flow::Stay)
}

fn mode(repl: &mut Repl, call: &Call<'_>, streams: &mut Streams<'_>) -> Result<Flow, Problem> {
    let Some(name) = call.word() else { return say(streams, repl.settings.mode.name()) };
    let Some(mode) = Mode::parse(name) else {
        let names: Vec<&str> = Mode::names().collect();
        return Err(format!("there is no mode `{name}`; there are {}", names.join(", ")).into());
    };
    repl.settings.mode = mode;
    Ok(Flow::Stay)
}

fn max_rows(repl: &mut Repl, call: &Call<'_>, streams: &mut Streams<'_>) -> Result<Flow, Problem> {
    limit(&mut repl.settings.max_rows, call, streams)
}

fn max_width(repl: &mut Repl, call: &Call<'_>, streams: &mut Streams<'_>) -> Result<Flow, Problem> {
    limit(&mut repl.settings.max_width, call, streams)
}

/// Sets a limit, for which 0 stands for none; or shows it.
fn limit(limit: &mut Option<usize>, call: &Call<'_>, streams: &mut Streams<'_>) -> Result<Flow, Problem> {
    match call.number()? {
        None => say(streams, &limit.unwrap_or(0).to_string()),
        Some(number) => {
            *limit = Some(number).filter(|number| *number > 0);
            Ok(Flow::Stay)
        }
    }
}

fn timer(repl: &mut Repl, call: &Call<'_>, streams: &mut Streams<'_>) -> Result<Flow, Problem> {
    switch(&mut repl.settings.timer, call, streams)
}

fn pager(repl: &mut Repl, call: &Call<'_>, streams: &mut Streams<'_>) -> Result<Flow, Problem> {
    switch(&mut repl.settings.pager, call, streams)
}

/// Turns something on or off; or shows which it is.
fn switch(on: &mut bool, call: &Call<'_>, streams: &mut Streams<'_>) -> Result<Flow, Problem> {
    match call.word() {
        None => return say(streams, if *on { "on" } else { "off" }),
        Some("on") => *on = true,
        Some("off") => *on = false,
        Some(other) => return Err(format!("`{other}` is neither on nor off").into()),
    }
    Ok(Flow::Stay)
}

fn output(repl: &mut Repl, call: &Call<'_>, _: &mut Streams<'_>) -> Result<Flow, Problem> {
    repl.output = match call.word() {
        None => None,
        Some(path) if Format::of_file(path).is_some_and(Format::is_whole) => {
            return Err(format!("{path} can hold one result: .once {path}").into());
        }
        Some(path) => Some(repl.file(path, false)?),
    };
    Ok(Flow::Stay)
}

fn once(repl: &mut Repl, call: &Call<'_>, _: &mut Streams<'_>) -> Result<Flow, Problem> {
    repl.output = Some(repl.file(call.needed()?, true)?);
    Ok(Flow::Stay)
}

fn read(repl: &mut Repl, call: &Call<'_>, streams: &mut Streams<'_>) -> Result<Flow, Problem> {
    feed::read_file(repl, Path::new(call.needed()?), streams)
}

fn save(repl: &mut Repl, call: &Call<'_>, streams: &mut Streams<'_>) -> Result<Flow, Problem> {
    let path = call.needed()?;
    let mut text = repl.declared();
    if let Some(last) = &repl.last {
        text.push_str(&repl.declarations.beside(last));
    }
    if text.trim().is_empty() {
        return Err("there is nothing to save yet".to_owned().into());
    }
    let text = ide::format(&text).unwrap_or(text);
    let path = repl.spare(path)?;
    // What somebody else wrote is not lost by accident.
    let is_ours =
        |there: &str| repl.saved.as_ref().is_some_and(|(saved, text)| *saved == path && text == there);
    if path.symlink_metadata().is_ok() && !fs::read_to_string(&path).is_ok_and(|there| is_ours(&there)) {
        return Err(format!("{} is there already: name another file", path.display()).into());
    }
    fs::write(&path, &text).map_err(|e| format!("can't write {}: {e}", path.display()))?;
    let trace = repl.trace().map_or_else(|| "TRACE".to_owned(), |trace| trace.display().to_string());
    let said = format!("saved; gtq run {} {trace} runs it", path.display());
    let said = escape::terminal(&said).into_owned();
    repl.saved = Some((path, text));
    say(streams, &repl.dim(&said))
}

fn edit(repl: &mut Repl, _: &Call<'_>, streams: &mut Streams<'_>) -> Result<Flow, Problem> {
    if !repl.prompts {
        return Err("an editor needs a terminal".to_owned().into());
    }
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let editor = set("VISUAL").or_else(|| set("EDITOR")).unwrap_or_else(|| "vi".to_owned());
    let file = tempfile::Builder::new().suffix(".gtq").tempfile()?;
    fs::write(file.path(), repl.last.clone().unwrap_or_default())?;
    let mut process = Process::new("sh");
    process.arg("-c").arg(format!("{editor} \"$1\"")).arg(&editor).arg(file.path());
    match process.status() {
        Ok(status) if status.success() => {}
        Ok(status) => return Err(format!("{editor} ended with {status}; nothing is run").into()),
        Err(e) => return Err(format!("can't start {editor}: {e}").into()),
    }
    let text = engine::read_queries(file.path())?;
    if !text.trim().is_empty() {
        writeln!(streams.out, "{}", repl.dim(&shown(text.trim())))?;
        repl.history.push(text.trim().to_owned());
        // It is there to be mended, also where it has errors.
        repl.last = Some(text.trim().to_owned());
        repl.statements(text.trim(), streams)?;
    }
    Ok(Flow::Stay)
}

/// A text of several lines, safe to show.
fn shown(text: &str) -> String {
    text.lines().map(escape::terminal).collect::<Vec<_>>().join("\n")
}

fn last(repl: &mut Repl, _: &Call<'_>, streams: &mut Streams<'_>) -> Result<Flow, Problem> {
    let last = repl.last.as_deref().ok_or_else(|| "there is no query yet".to_owned())?;
    say(streams, &shown(last))
}

fn history(repl: &mut Repl, call: &Call<'_>, streams: &mut Streams<'_>) -> Result<Flow, Problem> {
    let count = call.number()?.unwrap_or(HISTORY);
    for input in repl.history.iter().skip(repl.history.len().saturating_sub(count)) {
        writeln!(streams.out, "{}", shown(input))?;
    }
    Ok(Flow::Stay)
}

fn explain(repl: &mut Repl, call: &Call<'_>, streams: &mut Streams<'_>) -> Result<Flow, Problem> {
    let (analyze, text) = match call.rest.split_once(char::is_whitespace) {
        Some(("analyze", text)) => (true, text.trim()),
        _ if call.rest == "analyze" => (true, ""),
        _ => (false, call.rest),
    };
    let text = match (text, &repl.last) {
        ("", None) => return Err("there is no query yet".to_owned().into()),
        ("", Some(last)) => last.clone(),
        (text, _) => text.to_owned(),
    };
    let typed = repl.declarations.compile(&text);
    streams.err.write_all(repl.report(&typed).as_bytes())?;
    if typed.compiled.has_errors() {
        return Err(Problem::Said);
    }
    let session = repl.session()?;
    for query in &typed.compiled.queries {
        if analyze {
            let prepared = session.prepare(query)?;
            session.load([&prepared])?;
            writeln!(streams.out, "{}", shown(session.analyze(&prepared)?.trim_end()))?;
        } else {
            let plan = session.explain(query)?;
            writeln!(streams.out, "{}\n\n{}", shown(&plan.optimized), shown(plan.physical.trim_end()))?;
        }
    }
    Ok(Flow::Stay)
}

#[expect(clippy::unnecessary_wraps, reason = "a command like the others")]
fn quit(_: &mut Repl, _: &Call<'_>, _: &mut Streams<'_>) -> Result<Flow, Problem> {
    Ok(Flow::Leave)
}

impl Repl {
    /// A path to write to, if it is not the trace.
    fn spare(&self, path: &str) -> Result<PathBuf, Problem> {
        let path = PathBuf::from(path);
        if self.trace().is_some_and(|trace| engine::is_same_file(trace, &path)) {
            return Err(format!("{} is the trace: name another file", path.display()).into());
        }
        Ok(path)
    }

    fn file(&self, path: &str, once: bool) -> Result<Output, Problem> {
        Ok(Output::new(self.spare(path)?, once))
    }
}

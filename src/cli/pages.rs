//! What is in the catalog, how a query is planned, and what can be typed.

use std::io::Write;
use std::path::Path;

use clap::CommandFactory as _;
use clap_complete::Shell;
use clap_mangen::Man;

use super::Failure;
use super::answer::{compile, open, show};
use super::args::{Args, Limits, Output, Reference};
use super::terminal::Terminal;
use crate::engine;
use crate::library;
use crate::pages;
use crate::syntax::similar;

/// `gtq tables`.
pub(super) fn tables(output: &Output, terminal: &Terminal) -> Result<(), Failure> {
    show(&pages::tables(), output, terminal)
}

/// `gtq describe TABLE`.
pub(super) fn describe(name: &str, output: &Output, terminal: &Terminal) -> Result<(), Failure> {
    show(&pages::describe(name, "gtq tables").map_err(Failure::Usage)?, output, terminal)
}

/// `gtq explain QUERY [TRACE]`.
pub(super) fn explain(
    query: &str,
    trace: Option<&Path>,
    limits: &Limits,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let compiled = compile(query, terminal)?;
    let session = open(trace, None, limits, terminal)?;
    let mut out = std::io::stdout();
    for query in &compiled.queries {
        let engine::Explanation { logical, optimized, physical } = session.explain(query)?;
        let physical = physical.trim_end();
        writeln!(out, "logical plan\n{logical}\n\noptimized plan\n{optimized}\n\nphysical plan\n{physical}")?;
    }
    Ok(())
}

/// `gtq explain --analyze QUERY TRACE`.
pub(super) fn analyze(
    query: &str,
    trace: Option<&Path>,
    limits: &Limits,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let compiled = compile(query, terminal)?;
    let session = open(trace, None, limits, terminal)?;
    let mut out = std::io::stdout();
    for query in &compiled.queries {
        let prepared = session.prepare(query)?;
        session.load([&prepared])?;
        writeln!(out, "{}", session.analyze(&prepared)?.trim_end())?;
    }
    Ok(())
}

/// `gtq help [TOPIC]`.
pub(super) fn help(topic: Option<&str>) -> Result<(), Failure> {
    let mut command = Args::command();
    let text = match topic {
        None => command.render_long_help().to_string(),
        Some(topic) => {
            if let Some(page) = library::diagnostic(&topic.to_ascii_uppercase()) {
                page.to_owned()
            } else if let Some(found) = command.find_subcommand_mut(topic) {
                found.clone().bin_name(format!("gtq {topic}")).render_long_help().to_string()
            } else {
                let names: Vec<String> = command.get_subcommands().map(|c| c.get_name().to_owned()).collect();
                let codes = library::diagnostics().map(|(code, _)| code);
                let near = similar::closest(topic, names.iter().map(String::as_str).chain(codes));
                let hint = near.map_or_else(
                    || "a code looks like E0201, and the commands are in `gtq --help`".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                return Err(Failure::Usage(format!("there is no help on `{topic}`; {hint}")));
            }
        }
    };
    writeln!(std::io::stdout(), "{}", text.trim_end())?;
    Ok(())
}

/// `gtq completions SHELL`.
pub(super) fn completions(shell: Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "gtq", &mut script);
    Ok(std::io::stdout().write_all(&script)?)
}

/// `gtq man [-o FOLDER]`.
pub(super) fn man(folder: Option<&Path>) -> Result<(), Failure> {
    let command = Args::command();
    if let Some(folder) = folder {
        let written = clap_mangen::generate_to(command, folder);
        return written.map_err(|e| Failure::Usage(format!("can't write to {}: {e}", folder.display())));
    }
    let mut page = Vec::new();
    Man::new(command).render(&mut page)?;
    Ok(std::io::stdout().write_all(&page)?)
}

/// `gtq reference PART`.
pub(super) fn reference(part: Reference) -> Result<(), Failure> {
    let text = match part {
        Reference::Tables => library::reference::tables(),
        Reference::Functions => library::reference::functions(),
    };
    write!(std::io::stdout(), "{text}")?;
    Ok(())
}

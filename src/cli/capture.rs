//! `gtq capture ADDRESS`.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::Failure;
use super::args::Capture;
use super::progress::CaptureBar;
use super::target::Target;
use super::terminal::Terminal;
use crate::capture::{self, Address, Captured, Cut};
use crate::output::{escape, human};

pub(super) fn capture(args: &Capture, terminal: &Terminal) -> Result<(), Failure> {
    let address = Address::new(&args.address, args.seconds)?;
    let path = match &args.output {
        Some(path) if path == Path::new("-") => return to_standard_output(&address, terminal),
        Some(path) => path.clone(),
        None => free_name(),
    };
    let mut target = if args.force { Target::at(&path) } else { Target::fresh(&path) }?;
    let Captured { bytes, cut } = fetch(&address, &mut target, terminal)?;
    if let Some(cut) = cut {
        if target.written().is_some_and(|trace| !capture::is_usable(trace)) {
            return Err(Failure::Usage(format!("{cut}; what came is no usable trace and is not kept")));
        }
        target.finish()?;
        report(&path, bytes, terminal)?;
        return told(&cut, terminal);
    }
    target.finish()?;
    report(&path, bytes, terminal)
}

/// `-o -`: for whoever reads it, so nothing else is said.
fn to_standard_output(address: &Address, terminal: &Terminal) -> Result<(), Failure> {
    if io::stdout().is_terminal() {
        return Err(Failure::Usage("a trace is binary: write it to a file with -o".into()));
    }
    let captured = fetch(address, &mut Target::StandardOutput, terminal)?;
    captured.cut.map_or(Ok(()), |cut| told(&cut, terminal))
}

fn fetch(address: &Address, target: &mut Target, terminal: &Terminal) -> Result<Captured, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        flag::register(signal, stop.clone())
            .map_err(|e| Failure::Usage(format!("signals can't be received: {e}")))?;
    }
    let bar = CaptureBar::new(address.duration(), terminal);
    let captured = capture::capture(address, &mut target.out(), &stop, &mut |progress| bar.set(progress));
    bar.finish();
    Ok(captured?)
}

/// Says why a trace that is kept is not whole. That it was to be so is no failure.
fn told(cut: &Cut, terminal: &Terminal) -> Result<(), Failure> {
    let message = format!("{cut}; what came before that is kept");
    match cut {
        Cut::Stopped => {
            terminal.warning(&message);
            Ok(())
        }
        Cut::Broken(_) => Err(Failure::Usage(message)),
    }
}

/// Says what there is now, and how to look at it.
fn report(path: &Path, bytes: u64, terminal: &Terminal) -> Result<(), Failure> {
    if terminal.quiet {
        return Ok(());
    }
    let size = human::bytes(bytes.cast_signed());
    let (path, word) = (path.display().to_string(), shell_word(path));
    let (path, word) = (escape::terminal(&path), escape::terminal(&word));
    Ok(writeln!(io::stdout(), "{path}: {size}; gtq run overview {word} shows what is in it")?)
}

/// The first of `trace.dat`, `trace-2.dat`, … that is not there.
fn free_name() -> PathBuf {
    let names = (2..).map(|n: u32| format!("trace-{n}.dat").into());
    let mut names = std::iter::once(PathBuf::from("trace.dat")).chain(names);
    names.find(|name: &PathBuf| name.symlink_metadata().is_err()).unwrap_or_default()
}

/// A path as one word of a shell's command.
fn shell_word(path: &Path) -> String {
    let path = path.display().to_string();
    if path.chars().all(|c| c.is_alphanumeric() || "/._-+@:".contains(c)) {
        path
    } else {
        format!("'{}'", path.replace('\'', r"'\''"))
    }
}

//! A program in a terminal: keys in, a screen out.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use ptyprocess::PtyProcess;
use tempfile::TempDir;

/// Until something is given up that has not come.
const PATIENCE: Duration = Duration::from_secs(60);

/// gtq in a terminal. A home of its own keeps it from the settings of whoever runs the tests.
pub(crate) struct Terminal {
    process: PtyProcess,
    keys: File,
    screen: Arc<Mutex<vt100::Parser>>,
}

/// The arguments, size and surroundings of a program in a terminal.
pub(crate) struct Setting<'s> {
    pub(crate) args: &'s [&'s str],
    pub(crate) columns: u16,
    pub(crate) rows: u16,
    pub(crate) home: &'s Path,
    pub(crate) variables: &'s [(&'s str, &'s str)],
}

impl Terminal {
    pub(crate) fn start(setting: &Setting<'_>) -> Self {
        let mut command = Command::new("sh");
        // The program begins when its terminal is as large as it stays.
        let size = format!("{} {}", setting.rows, setting.columns);
        let begin = format!("until [ \"$(stty size)\" = '{size}' ]; do sleep 0.01; done; exec \"$0\" \"$@\"");
        command
            .args(["-c", &begin, env!("CARGO_BIN_EXE_gtq")])
            .args(setting.args)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", setting.home)
            .env("TERM", "xterm-256color")
            .env("LANG", "C.UTF-8")
            .env("RUST_BACKTRACE", "0")
            .envs(setting.variables.iter().copied());
        let mut process = PtyProcess::spawn(command).expect("a terminal");
        process.set_window_size(setting.columns, setting.rows).expect("its size");
        let keys = process.get_raw_handle().expect("its keyboard");
        let mut output = process.get_raw_handle().expect("its screen");
        let screen = Arc::new(Mutex::new(vt100::Parser::new(setting.rows, setting.columns, 0)));
        let shown = screen.clone();
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                shown.lock().unwrap_or_else(PoisonError::into_inner).process(&bytes[..count]);
            }
        });
        Self { process, keys, screen }
    }

    /// Types.
    pub(crate) fn keys(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("a keyboard");
    }

    /// Types a line.
    pub(crate) fn line(&mut self, line: &str) {
        self.keys(&format!("{line}\r"));
    }

    /// What is on the screen, without white space at the ends of lines and of all.
    pub(crate) fn screen(&self) -> String {
        let screen = self.screen.lock().unwrap_or_else(PoisonError::into_inner);
        let rows = screen.screen().rows(0, screen.screen().size().1);
        rows.map(|row| row.trim_end().to_owned()).collect::<Vec<_>>().join("\n").trim_end().to_owned()
    }

    /// What has been said in colours and with bells, as bytes.
    pub(crate) fn formatted(&self) -> Vec<u8> {
        self.screen.lock().unwrap_or_else(PoisonError::into_inner).screen().contents_formatted()
    }

    #[track_caller]
    pub(crate) fn wait_until(&self, holds: impl Fn(&str) -> bool) -> String {
        let since = Instant::now();
        loop {
            let screen = self.screen();
            if holds(&screen) {
                return screen;
            }
            assert!(since.elapsed() < PATIENCE, "this is all that is on the screen:\n{screen}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    #[track_caller]
    pub(crate) fn wait_for(&self, text: &str) -> String {
        self.wait_until(|screen| screen.contains(text))
    }

    /// Waits for an empty prompt at the end of the screen.
    #[track_caller]
    pub(crate) fn wait_for_prompt(&self) -> String {
        self.wait_until(|screen| screen.ends_with("\ngtq>") || screen == "gtq>")
    }

    /// Types a line and waits until it has been answered; gives the screen below it.
    #[track_caller]
    pub(crate) fn ask(&mut self, line: &str) -> String {
        self.line(line);
        // A long line is cut where the screen ends.
        let solid = |text: &str| text.split_whitespace().collect::<String>();
        let all = solid(line);
        let screen = self.wait_until(|screen| {
            let below = solid(screen).rsplit_once(&all).map(|(_, below)| below.to_owned());
            below.is_some_and(|below| below.ends_with("gtq>"))
        });
        let start: String = line.chars().take(12).collect();
        screen.rsplit_once(&start).map_or(screen.clone(), |(_, below)| below.to_owned())
    }

    /// Gives up what is being typed.
    #[track_caller]
    pub(crate) fn interrupt(&mut self) {
        self.keys("\u{3}");
        self.wait_for_prompt();
    }

    /// Waits for the end of the program.
    #[track_caller]
    pub(crate) fn wait_for_end(&self) {
        let since = Instant::now();
        while self.process.is_alive().unwrap_or(false) {
            assert!(since.elapsed() < PATIENCE, "it goes on:\n{}", self.screen());
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.process.exit(true);
    }
}

pub(crate) fn home() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

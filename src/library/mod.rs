//! The standard library and the reference, compiled in.
//!
//! The saved queries of `queries/`: each file is a module that others use as `std.name`, and whose queries `gtq run` finds
//! by name. The pages of `docs/diagnostics.md`. And the parts of the reference that are made from the catalog. Texts only:
//! what they mean is for `sema`.

pub mod reference;

macro_rules! modules {
    ($($name:literal),* $(,)?) => {
        static MODULES: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../queries/", $name, ".gtq")))),*];
    };
}

modules![
    "allocations",
    "counters",
    "goroutine",
    "goroutines",
    "intervals",
    "mmu",
    "mmu_worst",
    "net",
    "overview",
    "perfetto",
    "profiles",
    "region",
    "regions",
    "sched",
    "slice",
    "spans",
    "states",
    "sync",
    "syscall",
    "task",
    "tasks",
    "timeline",
];

static DIAGNOSTICS: &str = include_str!("../../docs/diagnostics.md");

/// All modules: names and texts.
pub fn modules() -> impl Iterator<Item = (&'static str, &'static str)> {
    MODULES.iter().copied()
}

/// The text of the module that others use as `std.name`.
pub fn module(name: &str) -> Option<&'static str> {
    modules().find(|(known, _)| *known == name).map(|(_, text)| text)
}

/// The page on each code of a diagnostic.
pub fn diagnostics() -> impl Iterator<Item = (&'static str, &'static str)> {
    let pages = DIAGNOSTICS.split("\n## ").skip(1);
    pages.filter_map(|page| page.split_once(':').map(|(code, _)| (code, page.trim())))
}

/// The page on a code such as `E0201`.
pub fn diagnostic(code: &str) -> Option<&'static str> {
    diagnostics().find(|(known, _)| *known == code).map(|(_, page)| page)
}

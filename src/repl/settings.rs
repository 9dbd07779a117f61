//! What can be set in a session, and what is known of the screen.

use std::collections::BTreeMap;

use crate::output::Format;

/// The terminal that results are shown on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Screen {
    /// Columns and rows of text. None: whatever the terminal has at the moment.
    pub size: Option<(usize, usize)>,
    pub color: bool,
}

impl Screen {
    /// The size of one that does not tell it.
    pub(super) const USUAL: (usize, usize) = (80, 24);

    /// Columns and rows of text.
    pub(super) fn size(self) -> (usize, usize) {
        let of_terminal = || {
            let (width, height) = terminal_size::terminal_size()?;
            Some((usize::from(width.0), usize::from(height.0)))
        };
        self.size.or_else(of_terminal).unwrap_or(Self::USUAL)
    }
}

/// What is set from the beginning.
#[expect(clippy::struct_excessive_bools, reason = "any of them goes with any other")]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Preset {
    /// None: the mode `auto`.
    pub format: Option<Format>,
    /// Rows of a table, 0 for all; None: 40 on a screen, elsewhere all.
    pub max_rows: Option<usize>,
    /// Whether csv and tsv have no header.
    pub no_header: bool,
    /// Colours, also where there is no screen.
    pub color: bool,
    /// Colours of what is wrong.
    pub error_color: bool,
    /// Whether nothing is said beside results and errors.
    pub quiet: bool,
    /// Whether it is an error if some of the trace could not be used.
    pub strict: bool,
}

/// The form of results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// On a terminal the picture that a query renders, or a table; where that has no room for most columns, vertical.
    Auto,
    As(Format),
}

impl Mode {
    pub(super) const AUTO: &str = "auto";

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Auto => Self::AUTO,
            Self::As(format) => format.name(),
        }
    }

    /// The formats that a terminal can show, by name.
    pub(super) fn names() -> impl Iterator<Item = &'static str> {
        let texts = Format::ALL.iter().filter(|format| !format.is_binary()).map(|format| format.name());
        std::iter::once(Self::AUTO).chain(texts)
    }

    pub(super) fn parse(name: &str) -> Option<Self> {
        if name == Self::AUTO {
            return Some(Self::Auto);
        }
        name.parse().ok().filter(|format: &Format| !format.is_binary()).map(Self::As)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Settings {
    pub(super) mode: Mode,
    pub(super) timer: bool,
    pub(super) pager: bool,
    /// Rows of a table; None: all.
    pub(super) max_rows: Option<usize>,
    /// Columns of text; None: as the screen has.
    pub(super) max_width: Option<usize>,
    /// Values that saved queries get for their parameters of these names.
    pub(super) params: BTreeMap<String, String>,
}

impl Settings {
    /// On a terminal, or for a pipe.
    pub(super) fn new(on_terminal: bool, preset: Preset) -> Self {
        let max_rows = preset.max_rows.or(on_terminal.then_some(40));
        Self {
            mode: preset.format.map_or(Mode::Auto, Mode::As),
            timer: false,
            pager: false,
            max_rows: max_rows.filter(|rows| *rows > 0),
            max_width: None,
            params: BTreeMap::new(),
        }
    }
}

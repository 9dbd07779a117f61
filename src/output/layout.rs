//! Making a table fit: which columns are shown, and how wide each may be. Pure arithmetic over display widths.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// No text column is shortened below this many terminal columns to make room for others.
const MIN_TEXT: usize = 12;

/// Widths are in terminal columns and without padding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Need {
    /// The width of the column's name
    pub(super) name: usize,
    /// The width of its widest cell or its name, whichever is wider
    pub(super) full: usize,
    /// Whether its cells may be shortened: a text still says something, a number would be another one
    pub(super) shrinks: bool,
}

impl Need {
    fn least(self) -> usize {
        if self.shrinks { self.full.min(self.name.max(MIN_TEXT)) } else { self.full }
    }

    fn within(self, cap: usize) -> usize {
        if self.shrinks { self.full.min(cap.max(self.least())) } else { self.full }
    }
}

/// The widths of the columns that are shown, from the left; the rest is left out. At least one is shown, also where
/// that is too wide.
///
/// `width` is that of the terminal; n columns take 3n - 1 terminal columns besides their cells. First the widest text
/// columns are shortened, all to the same width, then columns are left out from the right.
pub(super) fn fit(needs: &[Need], width: Option<usize>) -> Vec<usize> {
    let Some(width) = width else {
        return needs.iter().map(|need| need.full).collect();
    };
    let room = |columns: &[Need]| width.saturating_sub((3 * columns.len()).saturating_sub(1));
    let mut shown = needs;
    while shown.len() > 1 && shown.iter().map(|need| need.least()).sum::<usize>() > room(shown) {
        shown = &shown[..shown.len() - 1];
    }
    let room = room(shown);
    if let [only] = shown
        && only.shrinks
    {
        return vec![only.full.min(room.max(1))];
    }
    let total = |cap: usize| shown.iter().map(|need| need.within(cap)).sum::<usize>();
    let (mut low, mut high) = (MIN_TEXT, shown.iter().map(|need| need.full).max().unwrap_or(0).max(MIN_TEXT));
    while low < high {
        let middle = high - (high - low) / 2;
        if total(middle) <= room {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    let mut widths: Vec<usize> = shown.iter().map(|need| need.within(low)).collect();
    // What a common width leaves over, a column each, for those that are still shortened.
    let mut spare = room.saturating_sub(widths.iter().sum());
    for (need, width) in shown.iter().zip(&mut widths) {
        if spare > 0 && need.shrinks && *width < need.full {
            *width += 1;
            spare -= 1;
        }
    }
    widths
}

/// `text` within `width` terminal columns, or None where it fits as it is. The middle gives way to `…`: names of Go
/// functions and paths differ at their end, messages at their beginning.
pub(super) fn shorten(text: &str, width: usize) -> Option<String> {
    if text.width() <= width {
        return None;
    }
    let room = width.saturating_sub(1);
    let (head, rest) = text.split_at(prefix(text.chars(), room / 3));
    let tail = rest.len() - prefix(rest.chars().rev(), room.saturating_sub(head.width()));
    // A mark that joins the character before it must not join the sign.
    let tail = rest[tail..].trim_start_matches(|c: char| c.width().unwrap_or(0) == 0);
    Some(format!("{head}…{tail}"))
}

/// How many bytes of `chars`, from the first one on, take at most `width` terminal columns.
fn prefix(chars: impl Iterator<Item = char>, width: usize) -> usize {
    let mut used = 0;
    chars
        .take_while(|c| {
            used += c.width().unwrap_or(0);
            used <= width
        })
        .map(char::len_utf8)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(full: usize) -> Need {
        Need { name: 1, full, shrinks: false }
    }

    fn words(full: usize) -> Need {
        Need { name: 4, full, shrinks: true }
    }

    #[test]
    fn texts_are_shortened_before_columns_are_left_out() {
        let needs = [number(5), words(40), words(20), number(9)];
        assert_eq!(fit(&needs, None), [5, 40, 20, 9]);
        assert_eq!(fit(&needs, Some(85)), [5, 40, 20, 9]);
        assert_eq!(fit(&needs, Some(80)), [5, 35, 20, 9]);
        assert_eq!(fit(&needs, Some(60)), [5, 18, 17, 9]);
        assert_eq!(fit(&needs, Some(49)), [5, 12, 12, 9]);
        assert_eq!(fit(&needs, Some(48)), [5, 18, 17]);
        assert_eq!(fit(&needs, Some(22)), [5, 12]);
        assert_eq!(fit(&needs, Some(21)), [5]);
        assert_eq!(fit(&needs, Some(3)), [5]);
        assert_eq!(fit(&[words(50), number(3)], Some(10)), [8]);
        assert_eq!(fit(&[words(50)], Some(0)), [1]);
        assert_eq!(fit(&[], Some(80)), [0_usize; 0]);
    }

    #[test]
    fn whatever_is_shown_fits() {
        for width in 16..200 {
            let needs =
                [words(31), number(7), words(90), Need { name: 20, full: 60, shrinks: true }, number(12)];
            let widths = fit(&needs, Some(width));
            assert!(widths.iter().sum::<usize>() + 3 * widths.len() - 1 <= width, "{width}: {widths:?}");
        }
    }

    #[test]
    fn the_middle_gives_way() {
        assert_eq!(shorten("main.main", 9), None);
        assert_eq!(shorten("github.com/a/b.(*T).Run", 13).as_deref(), Some("gith…(*T).Run"));
        assert_eq!(shorten("世界世界世界", 6).as_deref(), Some("…世界"));
        assert_eq!(shorten("abc", 1).as_deref(), Some("…"));
        assert_eq!(shorten("abc", 0).as_deref(), Some("…"));
        for width in 1..30 {
            let short = shorten("e\u{301}e\u{301}世界 main.(*T).héllo 👩‍🚀 wörld", width).unwrap_or_default();
            assert!(short.width() <= width, "{short}");
        }
    }
}

//! Amounts drawn with block characters, within one line of text.

/// A bar of `share` (from 0 to 1) of `width` cells, in eighths of a cell. What is more than nothing is seen.
pub(crate) fn bar(share: f64, width: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let eighths = (share.clamp(0.0, 1.0) * width as f64 * 8.0).round() as usize;
    let eighths = if share > 0.0 { eighths.max(1) } else { eighths };
    format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8])
}

/// How many characters a sparkline has at most.
const SPARKS: usize = 60;
/// Beyond every amount, and far from where sums of such numbers overflow.
const HUGE: f64 = 1e290;

/// A character for each value, as high as the value is great, in eighths rounded up. Heights begin at 0, or at the least
/// value where that is less, and end at the greatest. Too many values are drawn as the means of equal parts. What has no
/// value, or one that is not a number, is a space.
pub(crate) fn sparkline(values: impl ExactSizeIterator<Item = Option<f64>>) -> String {
    let count = values.len();
    let cells = count.min(SPARKS);
    let mut sums = vec![(0.0, 0u32); cells];
    for (n, value) in values.enumerate() {
        if let Some(value) = value.filter(|value| !value.is_nan()) {
            let (sum, added) = &mut sums[n * cells / count];
            *sum += value.clamp(-HUGE, HUGE);
            *added += 1;
        }
    }
    let means: Vec<Option<f64>> =
        sums.iter().map(|(sum, added)| (*added > 0).then(|| sum / f64::from(*added))).collect();
    let low = means.iter().flatten().copied().fold(0.0, f64::min);
    let high = means.iter().flatten().copied().fold(low, f64::max);
    means.iter().map(|mean| mean.map_or(' ', |mean| column((mean - low) / (high - low)))).collect()
}

/// A column of `share` (from 0 to 1) of a cell's height; even nothing is seen.
fn column(share: f64) -> char {
    const EIGHTHS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let eighths = (share * 8.0).ceil() as usize;
    EIGHTHS[eighths.clamp(1, 8) - 1]
}

#[cfg(test)]
mod tests {
    use super::{SPARKS, bar, sparkline};
    use proptest::num::f64;
    use proptest::prelude::*;
    use proptest::{collection, option};

    fn spark(values: &[f64]) -> String {
        sparkline(values.iter().copied().map(Some))
    }

    #[test]
    fn bars_have_eighths() {
        let drawn = |share| bar(share, 2);
        assert_eq!([0.0, 0.0625, 0.5, 0.75, 1.0].map(drawn), ["", "▏", "█", "█▌", "██"]);
        assert_eq!([1e-9, -1.0, 7.0, f64::NAN, f64::INFINITY].map(drawn), ["▏", "", "██", "", "██"]);
    }

    #[test]
    fn sparklines_begin_at_zero_or_the_least() {
        assert_eq!(spark(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]), "▁▂▃▄▅▆▇█");
        assert_eq!(spark(&[50.0, 100.0, 0.0]), "▄█▁");
        assert_eq!(spark(&[-4.0, 0.0, 4.0]), "▁▄█");
        assert_eq!(
            (spark(&[3.0, 3.0]), spark(&[0.0, 0.0]), spark(&[-3.0, -3.0])),
            ("██".into(), "▁▁".into(), "▁▁".into())
        );
        assert_eq!(spark(&[]), "");
        assert_eq!(sparkline([Some(1.0), None, Some(f64::NAN), Some(2.0)].into_iter()), "▄  █");
    }

    #[test]
    fn sparklines_bear_extremes() {
        assert_eq!(spark(&[1.0, f64::INFINITY, f64::NEG_INFINITY]), "▄█▁");
        assert_eq!(spark(&[f64::MAX, f64::MIN, 0.0]), "█▁▄");
    }

    #[test]
    fn long_sparklines_are_of_means() {
        let halves: Vec<f64> =
            (0..6000).map(|n| if n < 3000 { 1.0 } else { f64::from(n % 2) * 4.0 }).collect();
        assert_eq!(spark(&halves), format!("{}{}", "▄".repeat(30), "█".repeat(30)));
    }

    proptest! {
        #[test]
        fn bars_keep_to_their_width(share in f64::ANY, width in 1usize..300) {
            let drawn = bar(share, width);
            prop_assert!(drawn.chars().count() <= width, "{drawn}");
        }

        #[test]
        fn sparklines_have_a_character_for_each_value(
            values in collection::vec(option::of(f64::ANY), 0..200)
        ) {
            let drawn = sparkline(values.iter().copied());
            prop_assert_eq!(drawn.chars().count(), values.len().min(SPARKS));
        }
    }
}

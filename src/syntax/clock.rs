//! RFC 3339 dates: `2026-01-02T03:04:05.678Z` → nanoseconds since the Unix epoch, and back.

use std::ops::Range;

/// What is wrong with a date, and where in its text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) range: Range<usize>,
    pub(super) message: String,
}

const NANOS: i128 = 1_000_000_000;
const DAY: i64 = 86_400;

/// Reads a date, a time of day and an offset. Fractions of a second may have up to nine digits.
pub(super) fn parse_rfc3339(text: &str) -> Result<i64, Wrong> {
    let mut reader = Reader { text, at: 0 };
    let year = reader.digits(4, "the year")?;
    reader.one_of("-", "`-` after the year")?;
    let month = reader.number(1..=12, "the month")?;
    reader.one_of("-", "`-` after the month")?;
    let day_at = reader.at;
    let day = reader.number(1..=31, "the day")?;
    if day > days_in_month(year, month) {
        return Err(Wrong {
            range: day_at..reader.at,
            message: format!("{year:04}-{month:02} has {} days", days_in_month(year, month)),
        });
    }
    reader.one_of("Tt ", "`T` between date and time")?;
    let hour = reader.number(0..=23, "the hour")?;
    reader.one_of(":", "`:` after the hour")?;
    let minute = reader.number(0..=59, "the minute")?;
    reader.one_of(":", "`:` after the minute")?;
    let second = reader.number(0..=59, "the second")?;
    let fraction = reader.fraction()?;
    let offset = reader.offset()?;
    if reader.at < text.len() {
        return Err(Wrong { range: reader.at..text.len(), message: "the date ends before this".into() });
    }
    let seconds = days_since_epoch(year, month, day) * DAY + hour * 3600 + minute * 60 + second - offset;
    let nanos = i128::from(seconds) * NANOS + i128::from(fraction);
    i64::try_from(nanos).map_err(|_| Wrong {
        range: 0..text.len(),
        message: "this date is out of range: 1678 to 2262 can be told in nanoseconds".into(),
    })
}

/// The date of a number of nanoseconds since the Unix epoch, in UTC.
pub(super) fn format_rfc3339(nanos: i64) -> String {
    let (seconds, fraction) = (nanos.div_euclid(1_000_000_000), nanos.rem_euclid(1_000_000_000));
    let (year, month, day) = date_of(seconds.div_euclid(DAY));
    let time = seconds.rem_euclid(DAY);
    let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
    let mut text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
    if fraction != 0 {
        text.push_str(format!(".{fraction:09}").trim_end_matches('0'));
    }
    text.push('Z');
    text
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    /// The place of the next character, for an underline.
    fn here(&self) -> Range<usize> {
        let length = self.text[self.at..].chars().next().map_or(0, char::len_utf8);
        self.at..self.at + length
    }

    fn one_of(&mut self, wanted: &str, what: &str) -> Result<char, Wrong> {
        match self.text[self.at..].chars().next() {
            Some(c) if wanted.contains(c) => {
                self.at += c.len_utf8();
                Ok(c)
            }
            _ => Err(Wrong { range: self.here(), message: format!("this date lacks {what}") }),
        }
    }

    fn digits(&mut self, count: usize, what: &str) -> Result<i64, Wrong> {
        let rest = &self.text.as_bytes()[self.at..];
        match rest.get(..count) {
            Some(digits) if digits.iter().all(u8::is_ascii_digit) => {
                self.at += count;
                Ok(digits.iter().fold(0, |value, digit| value * 10 + i64::from(digit - b'0')))
            }
            _ => Err(Wrong { range: self.here(), message: format!("{what} of a date takes {count} digits") }),
        }
    }

    fn number(&mut self, allowed: std::ops::RangeInclusive<i64>, what: &str) -> Result<i64, Wrong> {
        let start = self.at;
        let value = self.digits(2, what)?;
        if allowed.contains(&value) {
            return Ok(value);
        }
        let (low, high) = allowed.into_inner();
        Err(Wrong { range: start..self.at, message: format!("{what} is between {low:02} and {high:02}") })
    }

    /// `.678`, in nanoseconds; nothing is 0.
    fn fraction(&mut self) -> Result<i64, Wrong> {
        if !self.text[self.at..].starts_with('.') {
            return Ok(0);
        }
        let start = self.at + 1;
        let digits: &str = &self.text[start..];
        let count = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        self.at = start + count;
        if count == 0 || count > 9 {
            return Err(Wrong {
                range: start - 1..self.at,
                message: "a fraction of a second has one to nine digits".into(),
            });
        }
        let value = digits[..count].bytes().fold(0, |value, digit| value * 10 + i64::from(digit - b'0'));
        Ok((count..9).fold(value, |value, _| value * 10))
    }

    /// The offset from UTC in seconds.
    fn offset(&mut self) -> Result<i64, Wrong> {
        let sign = match self.one_of("Zz+-", "its offset from UTC (`Z` or `+01:00`)")? {
            '+' => 1,
            '-' => -1,
            _ => return Ok(0),
        };
        let hours = self.number(0..=23, "the offset's hour")?;
        self.one_of(":", "`:` in its offset")?;
        let minutes = self.number(0..=59, "the offset's minute")?;
        Ok(sign * (hours * 3600 + minutes * 60))
    }
}

fn is_leap(year: i64) -> bool {
    (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01. Years are counted from March, so that the leap day is the last of its year and the days before
/// a month are linear in it.
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The inverse of [`days_since_epoch`].
fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

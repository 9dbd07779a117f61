//! The events in the bytes.

use super::spec::{self, Spec};
use crate::trace::error::ErrorKind;
use crate::trace::reader::Version;
use crate::trace::wire::{Cursor, Malformed};

/// The most bytes that a string can have.
const MAX_STRING: u64 = 1_000_000;

/// An event as it stands in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Raw<'a> {
    pub(super) kind: u8,
    pub(super) spec: &'static Spec,
    /// The numbers that follow its kind.
    args: &'a [u8],
    /// Of a string and of a log: the text.
    pub(super) text: &'a [u8],
}

impl<'a> Raw<'a> {
    /// Reads the next event. Its kind and the place of its arguments are valid then, not yet their number.
    #[inline]
    pub(super) fn read(cursor: &mut Cursor<'a>, version: Version) -> Result<Self, ErrorKind> {
        let first = cursor.byte().map_err(|Malformed| ErrorKind::Truncated)?;
        let kind = first & 0x3f;
        let spec = spec::of(kind, version).ok_or_else(|| unknown(kind))?;
        let mut raw = Self { kind, spec, args: &[], text: &[] };
        if kind == spec::STRING {
            let rest = cursor.clone();
            number(cursor)?;
            raw.args = consumed(rest, cursor)?;
            raw.text = text(cursor)?;
            return Ok(raw);
        }
        // Two bits for the number of arguments, which counts neither the time nor, before Go 1.7, a sequence number.
        raw.args = match first >> 6 {
            3 => {
                let length = number(cursor)?;
                take(cursor, length)?
            }
            few => {
                let rest = cursor.clone();
                for _ in 0..few + 1 + u8::from(version < spec::SYMBOLS) {
                    number(cursor)?;
                }
                consumed(rest, cursor)?
            }
        };
        if kind == spec::USER_LOG {
            raw.text = text(cursor)?;
        }
        Ok(raw)
    }

    /// The arguments, which must be as many as asked for.
    #[inline]
    pub(super) fn numbers<const N: usize>(&self, count: usize) -> Result<[u64; N], ErrorKind> {
        let mut cursor = self.cursor();
        let mut numbers = [0; N];
        let wrong = || self.malformed(&format!("does not have {count} arguments"));
        for number in numbers.iter_mut().take(count) {
            *number = cursor.uvarint().map_err(|Malformed| wrong())?;
        }
        if cursor.is_empty() { Ok(numbers) } else { Err(wrong()) }
    }

    /// The bytes of the arguments.
    pub(super) fn cursor(&self) -> Cursor<'a> {
        Cursor::new(self.args)
    }

    pub(super) fn malformed(&self, what: &str) -> ErrorKind {
        ErrorKind::Malformed(format!("{} {what}", self.spec.name))
    }
}

fn unknown(kind: u8) -> ErrorKind {
    ErrorKind::Malformed(format!("an event of the unknown kind {kind}"))
}

/// The bytes from `from` to the cursor.
fn consumed<'a>(mut from: Cursor<'a>, to: &Cursor<'a>) -> Result<&'a [u8], ErrorKind> {
    let length = from.remaining() - to.remaining();
    take(&mut from, length as u64)
}

fn take<'a>(cursor: &mut Cursor<'a>, length: u64) -> Result<&'a [u8], ErrorKind> {
    cursor.take(length).map_err(|Malformed| ErrorKind::Truncated)
}

fn number(cursor: &mut Cursor<'_>) -> Result<u64, ErrorKind> {
    const LONGEST: usize = 10;
    let left = cursor.remaining();
    cursor.uvarint().map_err(|Malformed| {
        if left < LONGEST {
            ErrorKind::Truncated
        } else {
            ErrorKind::Malformed("a number has more than 64 bits".into())
        }
    })
}

fn text<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], ErrorKind> {
    let length = number(cursor)?;
    if length > MAX_STRING {
        return Err(ErrorKind::Malformed(format!("a string of {length} bytes; the most is {MAX_STRING}")));
    }
    take(cursor, length)
}

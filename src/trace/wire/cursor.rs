//! Reading from bytes in memory.

/// Bytes that break the format: they end too early, or a varint overflows 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

/// A position in bytes.
#[derive(Debug, Clone)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The number of bytes left.
    pub(crate) fn remaining(&self) -> usize {
        self.rest.len()
    }

    #[inline]
    pub(crate) fn byte(&mut self) -> Result<u8, Malformed> {
        let (&first, rest) = self.rest.split_first().ok_or(Malformed)?;
        self.rest = rest;
        Ok(first)
    }

    pub(crate) fn take(&mut self, n: u64) -> Result<&'a [u8], Malformed> {
        let n = usize::try_from(n).map_err(|_| Malformed)?;
        let (taken, rest) = self.rest.split_at_checked(n).ok_or(Malformed)?;
        self.rest = rest;
        Ok(taken)
    }

    /// An unsigned LEB128 number of at most 64 bits.
    #[inline]
    pub(crate) fn uvarint(&mut self) -> Result<u64, Malformed> {
        match self.rest {
            [b, rest @ ..] if *b < 0x80 => {
                self.rest = rest;
                Ok(u64::from(*b))
            }
            [a, b, rest @ ..] if *b < 0x80 => {
                self.rest = rest;
                Ok(u64::from(*a & 0x7f) | u64::from(*b) << 7)
            }
            _ => self.long_uvarint(),
        }
    }

    fn long_uvarint(&mut self) -> Result<u64, Malformed> {
        let mut value = 0u64;
        for (i, &b) in self.rest.iter().enumerate().take(10) {
            if i == 9 && b > 1 {
                return Err(Malformed);
            }
            value |= u64::from(b & 0x7f) << (7 * i);
            if b < 0x80 {
                self.rest = &self.rest[i + 1..];
                return Ok(value);
            }
        }
        Err(Malformed)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encode(mut value: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        while value >= 0x80 {
            bytes.push(u8::try_from(value & 0x7f).expect("seven bits") | 0x80);
            value >>= 7;
        }
        bytes.push(u8::try_from(value).expect("seven bits"));
        bytes
    }

    proptest! {
        #[test]
        fn varints_round_trip(values: Vec<u64>) {
            let bytes: Vec<u8> = values.iter().flat_map(|&v| encode(v)).collect();
            let mut cursor = Cursor::new(&bytes);
            for value in values {
                prop_assert_eq!(cursor.uvarint(), Ok(value));
            }
            prop_assert!(cursor.is_empty());
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let mut cursor = Cursor::new(&bytes);
            let mut before = cursor.remaining();
            while cursor.uvarint().is_ok() {
                prop_assert!(cursor.remaining() < before);
                before = cursor.remaining();
            }
            prop_assert_eq!(cursor.remaining(), before, "a refused varint consumes nothing");
        }

        #[test]
        fn a_cut_varint_is_refused(value: u64) {
            let bytes = encode(value);
            prop_assert_eq!(Cursor::new(&bytes[..bytes.len() - 1]).uvarint(), Err(Malformed));
        }
    }

    #[test]
    fn more_than_64_bits_are_refused() {
        assert_eq!(Cursor::new(&[0xff; 9]).uvarint(), Err(Malformed));
        assert_eq!(
            Cursor::new(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]).uvarint(),
            Ok(u64::MAX)
        );
        assert_eq!(
            Cursor::new(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02]).uvarint(),
            Err(Malformed)
        );
    }

    #[test]
    fn take_checks_its_length() {
        let mut cursor = Cursor::new(b"abc");
        assert_eq!(cursor.take(4), Err(Malformed));
        assert_eq!(cursor.take(u64::MAX), Err(Malformed));
        assert_eq!(cursor.take(2), Ok(&b"ab"[..]));
        assert_eq!(cursor.byte(), Ok(b'c'));
        assert_eq!(cursor.byte(), Err(Malformed));
    }
}

//! Any bytes: the trace's events, or why not.

#![no_main]

use std::io::Cursor;

use gtq::trace::{Reader, Time};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut reader) = Reader::new(Cursor::new(bytes.to_vec())) else { return };
    // Some of them through a window.
    if bytes.len() % 4 == 0 {
        reader.skip_to(1_000_000_000);
    }
    let mut last = Time(i64::MIN);
    while let Some((events, symbols)) = reader.next_events().expect("bytes in memory can be read") {
        for event in events {
            assert!(event.time > last, "times increase");
            last = event.time;
            symbols.frames(event.stack).for_each(|frame| drop(symbols.text(frame.func)));
        }
    }
    let lost: u64 = reader.losses().iter().map(|loss| loss.bytes).sum();
    assert_eq!(reader.valid_bytes() + lost, bytes.len() as u64, "every byte is used or lost");
});

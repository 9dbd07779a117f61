//! Damaged traces: always an answer or an error, never a panic.

use std::io::Cursor;
use std::path::Path;

use gtq::trace::Reader;

/// A trace without marks at the ends of generations, one with, and some without generations.
const TRACES: [&str; 7] = [
    "locks-go1.22.10.trace",
    "server-go1.27.3.trace",
    "garbage-go1.19.8.trace",
    "locks-go1.19.8.trace",
    "locks-go1.21.13.trace",
    "server-go1.19.8.trace",
    "ticker-go1.21.13.trace",
];

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)).unwrap()
}

/// The events that can be read.
fn events(bytes: Vec<u8>) -> usize {
    let Ok(mut reader) = Reader::new(Cursor::new(bytes)) else { return 0 };
    let mut count = 0;
    while let Ok(Some((events, symbols))) = reader.next_events() {
        count += events.len();
        for event in events {
            assert!(symbols.frames(event.stack).count() <= 128);
        }
    }
    assert!(matches!(reader.next_event(), Ok(None)), "there is nothing after an error");
    count
}

#[test]
fn cut_anywhere() {
    for name in TRACES {
        let whole = bytes(name);
        let all = events(whole.clone());
        for at in (0..whole.len()).step_by(97) {
            let left = events(whole[..at].to_vec());
            assert!(left <= all, "{name} cut at {at}: {left} of {all} events");
        }
    }
}

#[test]
fn any_byte_flipped() {
    for name in TRACES {
        let whole = bytes(name);
        let mut seed = 7u64;
        for _ in 0..600 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let mut mutated = whole.clone();
            let at = usize::try_from(seed >> 33).unwrap() % mutated.len();
            mutated[at] ^= 1 << (seed >> 20 & 7);
            events(mutated);
        }
    }
}

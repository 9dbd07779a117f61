//! Damaged traces cost neither time nor memory without bound, and never a panic.
//!
//! A binary of its own, with one test: its allocator counts what all threads hold.

use std::io::Cursor;
use std::path::Path;
use std::time::{Duration, Instant};

use gtq::trace::{Reader, Time};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Bytes that are read of each trace, in whatever many pieces.
const READ: usize = 3 << 20;
const FEWEST: usize = 14;
const MOST: usize = 200;

/// Numbers that look random, the same ones every time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % n.max(1)
    }

    fn byte(&mut self) -> u8 {
        self.below(256).to_le_bytes()[0]
    }
}

fn traces() -> Vec<(String, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let fixtures = root.join("tests/fixtures").read_dir().unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = fixtures.filter(|path| path.extension().is_some_and(|e| e == "trace")).collect();
    paths.push(root.join("examples/sum/trace.dat"));
    paths.sort();
    paths.into_iter().map(|path| (path.display().to_string(), std::fs::read(&path).unwrap())).collect()
}

/// Damages a trace in one of several ways.
fn damage(bytes: &mut Vec<u8>, kind: usize, numbers: &mut Numbers) {
    let at = numbers.below(bytes.len());
    let length = numbers.below(2000).min(bytes.len() - at);
    match kind {
        0 => bytes.truncate(at),
        1 => bytes[at] ^= 1 << numbers.below(8),
        2 => (0..20).for_each(|_| {
            let at = numbers.below(bytes.len());
            bytes[at] = numbers.byte();
        }),
        3 => bytes[at..at + length].fill(numbers.byte()),
        4 => drop(bytes.drain(at..at + length)),
        5 => {
            let piece = bytes[at..at + length].to_vec();
            let at = numbers.below(bytes.len());
            bytes.splice(at..at, piece);
        }
        // The largest numbers there are.
        _ => {
            let end = (at + 10).min(bytes.len());
            bytes[at..end]
                .copy_from_slice(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1][..end - at]);
        }
    }
}

/// Reads what can be read.
fn read(bytes: &[u8]) {
    let Ok(mut reader) = Reader::new(Cursor::new(bytes.to_vec())) else { return };
    let mut last = Time(i64::MIN);
    while let Some((events, symbols)) = reader.next_events().expect("bytes in memory can be read") {
        for event in events {
            assert!(event.time > last, "times increase");
            last = event.time;
            symbols.frames(event.stack).for_each(|frame| drop(symbols.text(frame.func)));
        }
    }
    assert!(matches!(reader.next_event(), Ok(None)));
    let lost: u64 = reader.losses().iter().map(|loss| loss.bytes).sum();
    assert_eq!(reader.valid_bytes() + lost, bytes.len() as u64, "every byte is used or lost");
}

#[test]
fn any_damage_is_read_or_refused() {
    let mut numbers = Numbers(11);
    let mut cases = 0;
    for (name, whole) in traces() {
        for n in 0..(READ / whole.len()).clamp(FEWEST, MOST) {
            let mut bytes = whole.clone();
            damage(&mut bytes, n % 7, &mut numbers);
            let (start, before) = (Instant::now(), MEMORY.current_usage());
            MEMORY.reset_peak_usage();
            read(&bytes);
            let (time, memory) = (start.elapsed(), MEMORY.peak_usage().saturating_sub(before));
            assert!(memory <= (64 << 20) + 8 * bytes.len(), "{name}, damage {n}: {memory} bytes");
            assert!(time < Duration::from_secs(20), "{name}, damage {n}: {time:?}");
            cases += 1;
        }
    }
    assert!(cases > 2000, "{cases}");
}

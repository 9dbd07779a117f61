//! A trace like one of goroutines that hand values to each other over channels, of any size.

/// Threads, each with a proc and two goroutines of its own.
const THREADS: u64 = 4;
/// Events that a pair makes while both have run once.
const EVENTS_PER_ROUND: usize = 6;
/// The runtime begins a generation about once a second; so many events are then a busy program.
const ROUNDS_PER_GENERATION: usize = 50_000;
const NO_THREAD: u64 = u64::MAX;

/// A trace in the format of Go 1.26 with about so many events.
pub(crate) fn trace(events: usize) -> Vec<u8> {
    let mut out = b"go 1.26 trace\0\0\0".to_vec();
    let mut rounds = events.div_ceil(EVENTS_PER_ROUND * THREADS as usize);
    let mut tick = 1_000_000;
    for generation in 1.. {
        if rounds == 0 {
            break;
        }
        let now = rounds.min(ROUNDS_PER_GENERATION);
        rounds -= now;
        tick = write_generation(&mut out, generation, tick, now);
    }
    out
}

/// Writes a generation; returns the clock's reading at its end.
fn write_generation(out: &mut Vec<u8>, generation: u64, start: u64, rounds: usize) -> u64 {
    let mut sync = vec![50, 8];
    varints(&mut sync, &[1_000_000_000 / 64]);
    sync.push(51);
    varints(&mut sync, &[0, start, 1_767_225_600, 0]);
    batch(out, generation, NO_THREAD, start, &sync);

    let mut strings = vec![4];
    for (id, text) in ["chan receive", "main.ping", "main.pong", "/src/main.go"].iter().enumerate() {
        strings.push(5);
        varints(&mut strings, &[id as u64 + 1, text.len() as u64]);
        strings.extend_from_slice(text.as_bytes());
    }
    batch(out, generation, NO_THREAD, start, &strings);

    let mut stacks = vec![2];
    for (id, func) in [(1, 2), (2, 3)] {
        stacks.push(3);
        varints(&mut stacks, &[id, 1, 0x40_0000 + id, func, 4, 10 * id]);
    }
    batch(out, generation, NO_THREAD, start, &stacks);

    let mut end = start;
    for thread in 0..THREADS {
        end = end.max(write_thread(out, generation, thread, start + thread, rounds));
    }
    out.push(52);
    end
}

/// Two goroutines take turns on a thread: each wakes the other and blocks. The first is runnable before and after.
fn write_thread(out: &mut Vec<u8>, generation: u64, thread: u64, start: u64, rounds: usize) -> u64 {
    let (m, p, pair) = (100 + thread, thread, [10 + 2 * thread, 11 + 2 * thread]);
    let mut tick = start;
    let mut since = start;
    let mut data = Vec::new();
    event(&mut data, 13, &[0, p, 1]);
    event(&mut data, 48, &[0, pair[0], NO_THREAD, 1, 1]);
    event(&mut data, 48, &[0, pair[1], NO_THREAD, 4, 2]);
    let mut sequences = [0, 0];
    for _ in 0..rounds {
        for (this, other) in [(0, 1), (1, 0)] {
            sequences[this] += 1;
            event(&mut data, 16, &[3, pair[this], sequences[this]]);
            sequences[other] += 1;
            event(&mut data, 21, &[2, pair[other], sequences[other], this as u64 + 1]);
            event(&mut data, 20, &[1, 1, this as u64 + 1]);
            tick += 6;
        }
        if data.len() > 60_000 {
            batch(out, generation, m, since, &data);
            data.clear();
            since = tick;
        }
    }
    batch(out, generation, m, since, &data);
    tick
}

fn event(data: &mut Vec<u8>, kind: u8, args: &[u64]) {
    data.push(kind);
    varints(data, args);
}

fn batch(out: &mut Vec<u8>, generation: u64, m: u64, tick: u64, data: &[u8]) {
    out.push(1);
    varints(out, &[generation, m, tick, data.len() as u64]);
    out.extend_from_slice(data);
}

fn varints(out: &mut Vec<u8>, values: &[u64]) {
    for &value in values {
        let mut rest = value;
        while rest >= 0x80 {
            out.push((rest & 0x7f) as u8 | 0x80);
            rest >>= 7;
        }
        out.push(rest as u8);
    }
}

//! What is taken for a trace: compressed or not, from where it may come, and what is said of anything else.

use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};

use flate2::Compression as Level;
use flate2::write::GzEncoder;
use gtq::compression::{Compression, Content};
use gtq::trace::{Error, Reader};

use crate::cli::{answer, complaint, gtq, run, run_with_input, utf8};

/// Of Go 1.27, 1.23 and 1.21.
const TRACES: [&str; 3] = ["server-go1.27.3.trace", "locks-go1.23.9.trace", "locks-go1.21.13.trace"];
const SUM: &str = "examples/sum/trace.dat";
const COUNT: [&str; 4] = ["--format", "csv", "-e", "select count() as n from events"];

fn sum() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(SUM)
}

fn bytes(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)).expect("a fixture")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Level::default());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

/// Blocks of `size` bytes, so that what is cut still has whole ones.
fn zstd(bytes: &[u8], size: usize) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 3).expect("memory");
    encoder.include_checksum(true).expect("an option");
    for piece in bytes.chunks(size) {
        encoder.write_all(piece).expect("memory");
        encoder.flush().expect("memory");
    }
    encoder.finish().expect("memory")
}

/// A folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("inputs-{name}"));
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

fn file(name: &str, content: &[u8]) -> String {
    let path = folder("files").join(name);
    fs::write(&path, content).expect("a file");
    path.to_str().expect("UTF-8").to_owned()
}

fn open(bytes: Vec<u8>) -> Result<Reader, Error> {
    Reader::new(Content::new(Cursor::new(bytes)).expect("memory").read)
}

/// How many events there are, and what is said to be wrong.
fn events(bytes: Vec<u8>) -> (usize, Option<String>) {
    let mut reader = match open(bytes) {
        Ok(reader) => reader,
        Err(error) => return (0, Some(error.to_string())),
    };
    let mut count = 0;
    loop {
        match reader.next_events() {
            Ok(Some((events, _))) => count += events.len(),
            Ok(None) => return (count, reader.losses().first().map(|loss| loss.error.to_string())),
            Err(error) => return (count, Some(error.to_string())),
        }
    }
}

#[test]
fn compressed_traces_are_the_same_traces() {
    for name in TRACES {
        let plain = bytes(name);
        let half = plain.len() / 2;
        let (all, none) = events(plain.clone());
        assert!(all > 1000 && none.is_none(), "{name}");
        let skippable = [&b"\x50\x2a\x4d\x18\x03\0\0\0abc"[..], &zstd(&plain, 1 << 20)].concat();
        let forms = [
            gzip(&plain),
            [gzip(&plain[..half]), gzip(&plain[half..])].concat(),
            zstd(&plain, 1 << 20),
            [zstd(&plain[..half], 500), zstd(&plain[half..], 1000)].concat(),
            skippable,
        ];
        for (i, form) in forms.into_iter().enumerate() {
            let (count, problem) = events(form);
            assert_eq!(count, all, "{name}, form {i}");
            assert!(problem.is_none(), "{name}, form {i}: {problem:?}");
        }
    }
}

#[test]
fn content_shows_by_its_beginning() {
    let of = |bytes: &'static [u8]| Content::new(bytes).expect("memory").compression;
    assert_eq!(of(b""), None);
    assert_eq!(of(b"\x1f"), None);
    assert_eq!(of(b"\x1f\x8b"), Some(Compression::Gzip));
    assert_eq!(of(b"\x28\xb5\x2f\xfd"), Some(Compression::Zstd));
    assert_eq!(of(b"\x28\xb5\x2f"), None);
    assert_eq!(of(b"\x5f\x2a\x4d\x18"), Some(Compression::Zstd));
}

/// A position is one in the input, not in what comes out of it.
#[test]
fn the_position_is_that_of_the_input() {
    let plain = bytes(TRACES[0]);
    for form in [plain.clone(), gzip(&plain), zstd(&plain, 1000)] {
        let size = form.len() as u64;
        let mut content = Content::new(Cursor::new(form)).expect("memory");
        content.read.read_exact(&mut [0; 16]).expect("a header");
        assert!(content.position.bytes() <= size);
        let mut rest = Vec::new();
        content.read.read_to_end(&mut rest).expect("the rest");
        assert_eq!(rest, plain[16..]);
        assert_eq!(content.position.bytes(), size);
    }
}

/// An input that comes in pieces of a byte each.
struct Slow(Cursor<Vec<u8>>);

impl Read for Slow {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let length = buf.len().min(1);
        self.0.read(&mut buf[..length])
    }
}

#[test]
fn pieces_may_be_small() {
    let plain = bytes(TRACES[0]);
    for form in [plain.clone(), gzip(&plain), zstd(&plain, 1000)] {
        let mut all = Vec::new();
        let mut content = Content::new(Slow(Cursor::new(form))).expect("memory");
        content.read.read_to_end(&mut all).expect("all of it");
        assert_eq!(all, plain);
    }
}

/// What comes before a fault is used, and the fault told.
#[test]
fn cut_and_damaged_compression() {
    // Of several generations, and of none.
    let of_sum = fs::read(sum()).expect("the example");
    for plain in [of_sum, bytes("locks-go1.21.13.trace")] {
        let (all, _) = events(plain.clone());
        for (word, form) in [("gzip", gzip(&plain)), ("zstd", zstd(&plain, 1000))] {
            let (count, problem) = events(form[..form.len() - 300].to_vec());
            assert!((1000..=all).contains(&count), "{word}: {count} of {all} events");
            let problem = problem.expect("it is cut");
            let expected = format!("the {word} data is cut off at byte {} of the input", form.len() - 300);
            assert_eq!(problem, expected);
            // The checksum, which stands behind everything.
            let mut damaged = form.clone();
            let at = damaged.len() - if word == "gzip" { 8 } else { 1 };
            damaged[at] ^= 0xff;
            let (count, problem) = events(damaged);
            assert_eq!(count, all, "{word}");
            let problem = problem.expect("it is damaged");
            assert!(
                problem.starts_with(&format!("the {word} data can't be decompressed beyond byte")),
                "{problem}"
            );
        }
    }
}

/// Zeros behind the end are padding; anything else is not what was written.
#[test]
fn what_follows_compressed_data() {
    let folder = tempfile::tempdir().unwrap();
    let whole = gzip(&fs::read(sum()).unwrap());
    let count = answer(&[&COUNT[..], &[SUM]].concat());
    for (behind, is_loss) in [(vec![0; 100_000], false), (vec![0], false), (b"\0\0more".to_vec(), true)] {
        let path = folder.path().join("padded.gz").display().to_string();
        fs::write(&path, [whole.as_slice(), &behind].concat()).unwrap();
        let output = run(&[&COUNT[..], &["--strict", &path]].concat());
        assert_eq!(utf8(&output.stdout), count);
        assert_eq!(output.status.code(), Some(i32::from(is_loss)), "{}", utf8(&output.stderr));
    }
}

#[test]
fn any_byte_of_compressed_data_flipped() {
    let plain = bytes(TRACES[0]);
    for form in [gzip(&plain), zstd(&plain, 1000)] {
        for at in (0..form.len()).step_by(101) {
            let mut damaged = form.clone();
            damaged[at] ^= 0x55;
            events(damaged);
        }
    }
}

/// A few bytes that become very many do not fill the memory: neither in a generation without end, nor in a trace of Go 1.21,
/// which is read whole.
#[test]
fn bombs() {
    let batch = [&b"\x01\x01\x01\x01\xff\xff\x03"[..], &[0; 65535]].concat();
    for (header, piece) in [(&b"go 1.26 trace\0\0\0"[..], &batch[..]), (b"go 1.21 trace\0\0\0", &[0; 65536])]
    {
        let mut encoder = GzEncoder::new(Vec::new(), Level::fast());
        encoder.write_all(header).expect("memory");
        for _ in 0..2000 {
            encoder.write_all(piece).expect("memory");
        }
        let Err(error) = open(encoder.finish().expect("memory")) else { panic!("there is no such trace") };
        let said = error.to_string();
        assert!(said.contains("of the gzip data become more than 100 times as many"), "{said}");
    }
}

#[test]
fn several_traces_in_one_file() {
    for name in TRACES {
        let plain = bytes(name);
        let (all, _) = events(plain.clone());
        for second in TRACES {
            let (count, problem) = events([plain.clone(), bytes(second)].concat());
            assert_eq!(count, all, "{name} and {second}");
            let problem = problem.expect("there is another trace");
            let begins = format!("another trace begins at byte {}", plain.len());
            assert!(problem.starts_with(&begins), "{name} and {second}: {problem}");
        }
    }
}

#[test]
fn queries_on_compressed_traces() {
    let plain = fs::read(sum()).expect("the example");
    let expected = answer(&[&COUNT[..], &[SUM]].concat());
    for (name, form) in [("a.trace", gzip(&plain)), ("b.gz", zstd(&plain, 1 << 20))] {
        let path = file(name, &form);
        assert_eq!(answer(&[&COUNT[..], &[&path]].concat()), expected, "by content, not by name");
        let output = run_with_input(&[&COUNT[..], &["-"]].concat(), &form);
        assert_eq!((utf8(&output.stdout), utf8(&output.stderr)), (expected.as_str(), ""));
        // Sizes are those of the trace.
        let sizes = ["--format", "csv", "-e", "select bytes, valid_bytes from traces", &path];
        assert_eq!(answer(&sizes), format!("bytes,valid_bytes\n{0},{0}\n", plain.len()));
        // What goes over a trace several times.
        let twice = "select (select count() from events) as a, count() as b from goroutines where g > (select min(g) from goroutines)";
        let of =
            |trace: &str| answer(&["--format", "csv", "-e", twice, "-e", "from procs |> select p", trace]);
        assert_eq!(of(&path), of(SUM));
    }
}

#[test]
fn what_is_lost_of_a_compressed_trace_is_told() {
    let plain = fs::read(sum()).expect("the example");
    let form = zstd(&plain, 1000);
    let path = file("cut.zst", &form[..form.len() - 300]);
    let output = run(&[&COUNT[..], &[&path]].concat());
    assert_eq!(output.status.code(), Some(0));
    let said = utf8(&output.stderr);
    let start = format!(
        "warning: the zstd data is cut off at byte {} of the input; what follows could not be used, ",
        form.len() - 300
    );
    assert!(said.starts_with(&start), "{said}");
}

/// None of these is a trace: the reason, exit code 2, and nothing else.
#[test]
fn anything_else_is_refused() {
    let elf = fs::read(env!("CARGO_BIN_EXE_gtq")).expect("the program")[..4000].to_vec();
    let huge =
        [&b"go 1.26 trace\0\0\0\x01\x01\x01\x01"[..], &[0xff; 8], &[0x7f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]]
            .concat();
    assert_eq!(huge.len(), 40);
    let mut said = String::new();
    let inputs = [
        ("empty.gz", gzip(b"")),
        ("empty.zst", zstd(b"", 1)),
        ("text.gz", gzip(b"This is no trace, but a text.\n")),
        ("half.gz", gzip(&bytes(TRACES[0])[..3000])),
        ("cut.gz", gzip(&bytes(TRACES[0]))[..3000].to_vec()),
        ("magic.gz", b"\x1f\x8b".to_vec()),
        ("magic.zst", b"\x28\xb5\x2f\xfd".to_vec()),
        ("elf", elf),
        ("huge", huge),
        ("half", bytes(TRACES[0])[..3000].to_vec()),
    ];
    for (name, content) in inputs {
        let path = file(name, &content);
        said += &complaint(2, &[&COUNT[..], &[&path]].concat()).replace(&path, name);
        let output = run_with_input(&[&COUNT[..], &["-"]].concat(), &content);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{name} from standard input");
    }
    insta::assert_snapshot!(said, @"
    error: can't read empty.gz (decompressed from gzip): the file is empty
    error: can't read empty.zst (decompressed from zstd): the file is empty
    error: can't read text.gz (decompressed from gzip): this is not a Go execution trace (it has no `go 1.N trace` header)
    error: can't read half.gz (decompressed from gzip): the trace is cut off at byte 3000
    error: can't read cut.gz (decompressed from gzip): the gzip data is cut off at byte 3000 of the input
    error: can't read magic.gz (decompressed from gzip): the gzip data is cut off at byte 2 of the input
    error: can't read magic.zst (decompressed from zstd): the zstd data is cut off at byte 4 of the input
    error: can't read elf: this is not a Go execution trace (it has no `go 1.N trace` header)
    error: can't read huge: the trace is damaged near byte 16: a batch of 9223372036854775807 bytes; the most is 65536
    error: can't read half: the trace is cut off at byte 3000
    ");
}

#[cfg(unix)]
mod unix {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::PermissionsExt as _;
    use std::process::Command;

    use super::*;

    /// Any name that the system takes is taken, and shown without what a terminal would act on.
    #[test]
    fn names_of_any_bytes() {
        let folder = folder("names");
        for name in
            [&b"not \xff UTF-8"[..], b"esc \x1b[31m", "right \u{202e}to left".as_bytes(), b"-dash", b"a\nb"]
        {
            let path = folder.join(OsStr::from_bytes(name));
            fs::copy(sum(), &path).expect("a copy");
            let good = gtq(&COUNT).arg(&path).output().expect("gtq runs");
            assert_eq!(utf8(&good.stdout), "n\n1172\n", "{name:?}");
            let info = gtq(&["info"]).arg(&path).output().expect("gtq runs");
            assert_eq!(info.status.code(), Some(0), "{name:?}");
            fs::write(&path, "no trace").expect("a file");
            let bad = gtq(&COUNT).arg(&path).output().expect("gtq runs");
            assert_eq!(bad.status.code(), Some(2), "{name:?}");
            for shown in [utf8(&info.stdout), utf8(&bad.stderr)] {
                let wrong = shown.chars().find(|c| *c != '\n' && gtq::output::escape::is_unsafe(*c));
                assert_eq!(wrong, None, "{shown:?}");
            }
        }
    }

    #[test]
    fn a_file_that_may_not_be_read() {
        let path = file("secret.trace", &bytes(TRACES[0]));
        let permissions =
            |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("permissions");
        permissions(0o000);
        // To root, everything is open.
        if fs::File::open(&path).is_err() {
            let said = complaint(2, &[&COUNT[..], &[&path]].concat());
            assert!(said.contains("Permission denied"), "{said}");
        }
        permissions(0o644);
    }

    /// A pipe with a name is read once, whatever is asked.
    #[test]
    fn pipes_with_names() {
        let path = folder("pipe").join("pipe");
        let _ = fs::remove_file(&path);
        assert!(Command::new("mkfifo").arg(&path).status().expect("mkfifo").success());
        let name = path.to_str().expect("UTF-8").to_owned();
        for queries in [
            &["-e", "select count() as n from events"][..],
            &["-e", "select (select count() from events) as a, (select count() from stacks) as b"],
            &["-e", "select count() from events", "-e", "select count() from tasks"],
        ] {
            let writer = std::thread::spawn({
                let path = path.clone();
                move || fs::copy(sum(), path).expect("someone reads")
            });
            let output = run(&[&["--format", "csv"], queries, &[&name]].concat());
            // Nobody to read it: it waits for ever, so this comes first.
            assert_eq!(utf8(&output.stderr), "");
            writer.join().expect("no panic");
            assert_eq!(utf8(&output.stdout), answer(&[&["--format", "csv"], queries, &[SUM]].concat()));
        }
        fs::remove_file(&path).expect("the pipe");
    }
}

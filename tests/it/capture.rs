//! `gtq capture`, from a server in this process that says what net/http/pprof says.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread;
use std::time::Duration;

use crate::cli::{check_good, complaint, gtq, run, utf8};

/// Of several generations.
const TRACE: &str = "examples/sum/trace.dat";

fn trace() -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(TRACE)).expect("the example")
}

/// An empty folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("capture-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// Answers one request with these bytes, waits, and closes the connection; gives the first line of the request.
fn serve(answer: Vec<u8>, wait: Duration) -> (SocketAddr, thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).expect("a request");
            request.push(byte[0]);
        }
        // Who has heard enough hangs up.
        let _ = stream.write_all(&answer);
        thread::sleep(wait);
        String::from_utf8(request).expect("UTF-8").lines().next().unwrap_or_default().to_owned()
    });
    (address, server)
}

fn at_once(answer: Vec<u8>) -> (SocketAddr, thread::JoinHandle<String>) {
    serve(answer, Duration::ZERO)
}

/// In chunks, as Go sends a trace.
fn chunked(trace: &[u8]) -> Vec<u8> {
    let mut answer =
        b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
            .to_vec();
    for chunk in trace.chunks(4000) {
        answer.extend(format!("{:x}\r\n", chunk.len()).bytes());
        answer.extend(chunk);
        answer.extend(b"\r\n");
    }
    answer.extend(b"0\r\n\r\n");
    answer
}

fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// The program in a folder.
fn capture(folder: &Path, args: &[&str]) -> Output {
    command(folder, args).output().expect("gtq runs")
}

fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = gtq(&["capture"]);
    command.args(args).current_dir(folder);
    command
}

fn files(folder: &Path) -> Vec<String> {
    let entries = folder.read_dir().expect("the folder").map(|entry| entry.expect("a file").file_name());
    let mut names: Vec<String> = entries.map(|name| name.into_string().expect("UTF-8")).collect();
    names.sort();
    names
}

#[test]
fn a_trace_is_fetched() {
    let folder = folder("whole");
    for (name, n) in [("trace.dat", 1), ("trace-2.dat", 2), ("trace-3.dat", 3)] {
        let (address, server) = at_once(chunked(&trace()));
        let output = capture(&folder, &[&address.to_string(), "--seconds", "0.5"]);
        check_good(&output);
        let said = format!("{name}: 23.2KiB; gtq run overview {name} shows what is in it\n");
        assert_eq!(utf8(&output.stdout), said);
        assert_eq!(server.join().expect("no panic"), "GET /debug/pprof/trace?seconds=0.5 HTTP/1.1");
        assert_eq!(fs::read(folder.join(name)).expect("the trace"), trace());
        assert_eq!(files(&folder).len(), n);
    }
}

/// What is there is replaced only if that is asked for.
#[test]
fn a_file_is_not_written_over() {
    let folder = folder("force");
    let file = folder.join("my trace");
    fs::write(&file, "precious").expect("a file");
    let refused = capture(&folder, &["localhost:1", "-o", "my trace"]);
    assert_eq!(refused.status.code(), Some(2));
    insta::assert_snapshot!(
        utf8(&refused.stderr),
        @"error: my trace is there already: name another file with -o, or replace it with --force"
    );
    let (address, server) = at_once(answer("404 Not Found", "", "404 page not found\n"));
    let failed = capture(&folder, &[&address.to_string(), "-o", "my trace", "--force"]);
    server.join().expect("no panic");
    assert_eq!(failed.status.code(), Some(2));
    assert_eq!(fs::read_to_string(&file).expect("the file"), "precious");
    let (address, server) = at_once(chunked(&trace()));
    let output = capture(&folder, &[&address.to_string(), "-o", "my trace", "--force"]);
    server.join().expect("no panic");
    check_good(&output);
    assert_eq!(utf8(&output.stdout), "my trace: 23.2KiB; gtq run overview 'my trace' shows what is in it\n");
    assert_eq!(fs::read(&file).expect("the trace"), trace());
    assert_eq!(files(&folder), ["my trace"]);
}

#[test]
fn a_trace_to_standard_output() {
    let folder = folder("stdout");
    let (address, server) = at_once(chunked(&trace()));
    let output = capture(&folder, &[&address.to_string(), "-o", "-"]);
    server.join().expect("no panic");
    check_good(&output);
    assert_eq!(output.stdout, trace());
    assert_eq!(files(&folder), Vec::<String>::new());
}

/// An answer that is no trace: nothing is left, and what was said is shown.
#[test]
fn other_answers() {
    let folder = folder("answers");
    let text = "Content-Type: text/plain; charset=utf-8\r\n";
    let answers = [
        answer("404 Not Found", text, "404 page not found\n"),
        answer(
            "500 Internal Server Error",
            text,
            "Could not enable tracing: execution tracer already enabled\n",
        ),
        answer("400 Bad Request", text, "profile duration exceeds server's WriteTimeout\n"),
        b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n".to_vec(),
        answer("401 Unauthorized", "Content-Type: text/html\r\n", "<h1>Who are you?</h1>"),
        answer("301 Moved Permanently", "Location: https://example.com/\r\n", ""),
        answer("200 OK", "Content-Type: text/html\r\n", "<html>This is a page and no trace.</html>"),
        answer("200 OK", text, "\u{1b}[31mred"),
        answer("503 Service Unavailable", text, "\u{1b}[31mred\n"),
        answer("200 OK", "", ""),
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ngo 1.26".to_vec(),
        b"\x15\x03\x01\x00\x02\x02\x0a".to_vec(),
        Vec::new(),
    ];
    let mut all = String::new();
    for answer in answers {
        let (address, server) = at_once(answer);
        let output = capture(&folder, &[&format!("http://{address}/t?seconds=1")]);
        server.join().expect("no panic");
        let said = utf8(&output.stderr);
        assert_eq!((output.status.code(), utf8(&output.stdout)), (Some(2), ""), "{said}");
        assert!(!said.contains('\u{1b}'), "{said:?}");
        all += &said.replace(&address.to_string(), "HOST");
    }
    assert_eq!(files(&folder), Vec::<String>::new());
    insta::assert_snapshot!(all, @"
    error: http://HOST/t?seconds=1 answered 404 Not Found: 404 page not found; does the program import net/http/pprof, and serve it there?
    error: http://HOST/t?seconds=1 answered 500 Internal Server Error: Could not enable tracing: execution tracer already enabled
    error: http://HOST/t?seconds=1 answered 400 Bad Request: profile duration exceeds server's WriteTimeout
    error: http://HOST/t?seconds=1 answered 400 Bad Request: Client sent an HTTP request to an HTTPS server. (gtq does not speak https, curl does)
    error: http://HOST/t?seconds=1 answered 401 Unauthorized
    error: http://HOST/t?seconds=1 answered 301 Moved Permanently; it is said to be at https://example.com/
    error: http://HOST/t?seconds=1 answered with something that is no trace (text/html); net/http/pprof serves traces at /debug/pprof/trace
    error: http://HOST/t?seconds=1 answered with something that is no trace (text/plain; charset=utf-8); net/http/pprof serves traces at /debug/pprof/trace
    error: http://HOST/t?seconds=1 answered 503 Service Unavailable: \\u{1b}[31mred
    error: http://HOST/t?seconds=1 answered with something that is no trace; net/http/pprof serves traces at /debug/pprof/trace
    error: the connection to http://HOST/t?seconds=1 failed: Peer disconnected
    error: there is no answer from http://HOST/t?seconds=1: it does not speak HTTP (http parse fail: invalid HTTP version)
    error: there is no answer from http://HOST/t?seconds=1: Peer disconnected
    ");
}

#[test]
fn nobody_answers() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    drop(listener);
    let said = complaint(2, &["capture", &address]);
    assert!(said.contains("refused") && said.contains("is the program running"), "{said}");
}

/// A connection that breaks off: what came is kept if queries can be asked of it.
#[test]
fn a_broken_connection() {
    let folder = folder("broken");
    let whole = chunked(&trace());
    let (address, server) = at_once(whole[..20_000].to_vec());
    let output = capture(&folder, &[&address.to_string(), "-o", "cut.dat"]);
    server.join().expect("no panic");
    let said = utf8(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.starts_with("error: the capture broke off: ") && said.ends_with("is kept\n"), "{said}");
    assert!(utf8(&output.stdout).ends_with("gtq run overview cut.dat shows what is in it\n"));
    let kept = fs::read(folder.join("cut.dat")).expect("what came");
    assert!(kept.len() > 16_000 && trace().starts_with(&kept));
    let path = folder.join("cut.dat");
    let asked = run(&[
        "--format",
        "csv",
        "-e",
        "select count() > 100 as many from events",
        path.to_str().expect("UTF-8"),
    ]);
    assert_eq!(utf8(&asked.stdout), "many\ntrue\n");

    let (address, server) = at_once(whole[..600].to_vec());
    let output = capture(&folder, &[&address.to_string(), "-o", "useless.dat"]);
    server.join().expect("no panic");
    let said = utf8(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.ends_with("; what came is no usable trace and is not kept\n"), "{said}");
    assert_eq!(files(&folder), ["cut.dat"]);
}

/// Ctrl-C: the same, and no failure.
#[cfg(unix)]
#[test]
fn interrupted() {
    let folder = folder("interrupted");
    let whole = chunked(&trace());
    let (address, server) = serve(whole[..20_000].to_vec(), Duration::from_secs(4));
    let mut command = command(&folder, &[&address.to_string(), "--seconds", "60", "-o", "cut.dat"]);
    let child = command.spawn().expect("gtq runs");
    // Long enough for all that has been sent, and nothing tells when it has come.
    thread::sleep(Duration::from_secs(2));
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(kill.expect("kill").success());
    let output = child.wait_with_output().expect("gtq ends");
    server.join().expect("no panic");
    assert_eq!(utf8(&output.stderr), "warning: the capture was stopped; what came before that is kept\n");
    assert_eq!(output.status.code(), Some(0));
    assert!(trace().starts_with(&fs::read(folder.join("cut.dat")).expect("what came")));
    assert_eq!(files(&folder), ["cut.dat"]);
}

#[test]
fn wrong_usage() {
    let mut said = String::new();
    let usages: &[&[&str]] = &[
        &[],
        &["https://localhost:6060"],
        &["ftp://localhost"],
        &["http://"],
        &["localhost:6060?seconds=3", "--seconds", "5"],
        &["localhost:6060", "--seconds", "0"],
        &["localhost:6060", "-o", "no/such/folder/trace.dat"],
    ];
    for args in usages {
        said +=
            &format!("$ gtq capture {}\n{}\n", args.join(" "), complaint(2, &[&["capture"], *args].concat()));
    }
    insta::assert_snapshot!(said);
}

//! The conversation with the server.

use std::io::{self, Read};
use std::time::Duration;

use ureq::http::header::{CONTENT_TYPE, LOCATION};
use ureq::http::{HeaderName, Response, StatusCode};
use ureq::{Agent, Body, Timeout};

use super::{Address, Error};
use crate::trace::is_trace;

/// How long it may take to reach the server.
const CONNECT: Duration = Duration::from_secs(10);
/// Bytes that are read at a time.
const PIECE: usize = 64 << 10;
/// Bytes that show whether it is a trace.
const START: usize = 16;
/// Bytes of what else the server says.
const TEXT: u64 = 1 << 10;

/// Gives the pieces of a trace, the first of which has been found to begin one, to `take`, which says whether it wants more.
pub(super) fn fetch(address: &Address, take: &mut dyn FnMut(Vec<u8>) -> bool) -> Result<(), Error> {
    let url = || address.url().to_owned();
    let response = agent()
        .get(address.url())
        .call()
        .map_err(|error| Error::Connect { url: url(), reason: reason(&error) })?;
    if response.status() != StatusCode::OK {
        return Err(refused(address, response));
    }
    let content_type = header(&response, CONTENT_TYPE);
    let mut body = response.into_body().into_reader();
    let mut broken = |error: io::Error| Error::Broken { url: url(), reason: error.to_string() };
    let mut piece = Vec::with_capacity(PIECE);
    body.by_ref().take(START as u64).read_to_end(&mut piece).map_err(&mut broken)?;
    if !is_trace(&piece) {
        return Err(Error::NotATrace { url: url(), content_type });
    }
    loop {
        let from = piece.len();
        piece.resize(PIECE, 0);
        let read = loop {
            match body.read(&mut piece[from..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        piece.truncate(from + *read.as_ref().unwrap_or(&0));
        if !piece.is_empty() && !take(std::mem::take(&mut piece)) {
            return Ok(());
        }
        if read.map_err(&mut broken)? == 0 {
            return Ok(());
        }
    }
}

/// Asks the server itself, and shows what it says.
fn agent() -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .timeout_connect(Some(CONNECT))
        .user_agent(concat!("gtq/", env!("CARGO_PKG_VERSION")));
    config.build().into()
}

fn header(response: &Response<Body>, name: HeaderName) -> Option<String> {
    Some(response.headers().get(name)?.to_str().ok()?.to_owned())
}

/// An answer that is no trace.
fn refused(address: &Address, response: Response<Body>) -> Error {
    let location = header(&response, LOCATION);
    // What is no plain text is a page for a browser.
    let is_plain = header(&response, CONTENT_TYPE).is_none_or(|kind| kind.starts_with("text/plain"));
    let status = response.status();
    let mut text = Vec::new();
    if is_plain {
        // What can't be read is not shown.
        let _ = response.into_body().into_reader().take(TEXT).read_to_end(&mut text);
    }
    let text = String::from_utf8_lossy(&text);
    let text = text.lines().next().unwrap_or_default().trim().to_owned();
    Error::Refused { url: address.url().to_owned(), status: status.to_string(), text, location }
}

/// Why there is no answer.
fn reason(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            format!("{error}; is the program running, and does it serve net/http/pprof there?")
        }
        ureq::Error::Io(error) => error.to_string(),
        ureq::Error::HostNotFound => "there is no host of this name".into(),
        ureq::Error::Timeout(Timeout::Connect) => format!("it can't be reached within {CONNECT:?}"),
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => "this is no address".into(),
        ureq::Error::Protocol(error) => format!("it does not speak HTTP ({error})"),
        other => other.to_string(),
    }
}

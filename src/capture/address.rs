//! Where a trace is fetched, and for how long it is taken.

use std::time::Duration;

use super::Error;

/// The handler of `net/http/pprof`.
const PATH: &str = "/debug/pprof/trace";
/// Seconds of a trace, where nothing says how many.
const SECONDS: f64 = 5.0;
/// Seconds of a trace where the address says something else than a positive number: what Go takes it for.
const GO_SECONDS: f64 = 1.0;

/// The address of a program's trace.
#[derive(Debug, Clone, PartialEq)]
pub struct Address {
    url: String,
    duration: Duration,
}

impl Address {
    /// Takes `host:port`, `:port`, `http://host:port`, or an address with a path of its own, which may say for how long. If
    /// it does not, `seconds` does; without it, 5.
    ///
    /// # Errors
    /// When it is no address of HTTP, or both say for how long.
    ///
    /// ```
    /// use gtq::capture::Address;
    ///
    /// let address = Address::new("localhost:6060", None)?;
    /// assert_eq!(address.url(), "http://localhost:6060/debug/pprof/trace?seconds=5");
    /// let address = Address::new("http://localhost/own?seconds=0.5", None)?;
    /// assert_eq!(address.duration().as_millis(), 500);
    /// # Ok::<(), gtq::capture::Error>(())
    /// ```
    pub fn new(text: &str, seconds: Option<f64>) -> Result<Self, Error> {
        let rest = match text.split_once("://") {
            None => text,
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => rest,
            Some((scheme, _)) if scheme.eq_ignore_ascii_case("https") => {
                return Err(Error::Https { url: text.to_owned() });
            }
            Some((scheme, _)) => {
                return Err(Error::Address(format!(
                    "`{scheme}` is not supported: the address is one of http"
                )));
            }
        };
        let (place, fragment) = rest.split_once('#').unwrap_or((rest, ""));
        let (place, query) = place.split_once('?').unwrap_or((place, ""));
        let (host, path) = place.split_at(place.find('/').unwrap_or(place.len()));
        if host.is_empty() || !fragment.is_empty() {
            return Err(Error::Address(format!("`{text}` is no address such as http://localhost:6060")));
        }
        let host = if host.starts_with(':') { format!("localhost{host}") } else { host.to_owned() };
        let path = if matches!(path, "" | "/") { PATH } else { path };
        let given = query.split('&').find_map(|part| part.strip_prefix("seconds="));
        let (query, duration) = match (given, seconds) {
            (Some(_), Some(_)) => {
                return Err(Error::Address(
                    "the address says for how many seconds: leave --seconds out".into(),
                ));
            }
            (Some(text), None) => (query.to_owned(), positive(text.parse().ok())),
            (None, _) => {
                let seconds = seconds.unwrap_or(SECONDS);
                let and = if query.is_empty() { "" } else { "&" };
                (format!("{query}{and}seconds={seconds}"), positive(Some(seconds)))
            }
        };
        Ok(Self { url: format!("http://{host}{path}?{query}"), duration })
    }

    /// What is asked for.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// How long it takes.
    pub fn duration(&self) -> Duration {
        self.duration
    }
}

fn positive(seconds: Option<f64>) -> Duration {
    let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    duration.filter(|d| !d.is_zero()).unwrap_or(Duration::from_secs_f64(GO_SECONDS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let url = |text: &str, seconds| Address::new(text, seconds).map(|address| address.url);
        for (text, seconds, expected) in [
            ("localhost:6060", None, "http://localhost:6060/debug/pprof/trace?seconds=5"),
            (":6060", Some(10.0), "http://localhost:6060/debug/pprof/trace?seconds=10"),
            ("HTTP://example.com/", Some(0.5), "http://example.com/debug/pprof/trace?seconds=0.5"),
            ("http://[::1]:80", None, "http://[::1]:80/debug/pprof/trace?seconds=5"),
            ("a:1/b/trace?x=1", Some(2.0), "http://a:1/b/trace?x=1&seconds=2"),
            ("a:1?seconds=3", None, "http://a:1/debug/pprof/trace?seconds=3"),
            ("http://a/b?seconds=3&x", None, "http://a/b?seconds=3&x"),
        ] {
            assert_eq!(url(text, seconds).unwrap(), expected, "{text}");
        }
        for (text, seconds) in
            [("", None), ("http://", None), ("/debug", None), ("ftp://a", None), ("a?seconds=1", Some(1.0))]
        {
            assert!(matches!(url(text, seconds), Err(Error::Address(_))), "{text}");
        }
        assert!(matches!(url("https://a", None), Err(Error::Https { .. })));
    }

    #[test]
    fn durations_are_those_that_go_takes() {
        for (text, seconds) in [("2", 2.0), ("0.25", 0.25), ("0", 1.0), ("-3", 1.0), ("x", 1.0), ("NaN", 1.0)]
        {
            let address = Address::new(&format!("a?seconds={text}"), None).unwrap();
            assert_eq!(address.duration(), Duration::from_secs_f64(seconds), "{text}");
        }
    }
}

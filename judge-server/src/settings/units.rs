//! Times, counts and sizes as people write them, within what the server can work with.

use std::fmt::{self, Display};
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use bytesize::ByteSize;
use http::uri::Authority;
use ipnet::IpNet;
use reqwest::Url;
use serde::{Serialize, Serializer};

/// A time above 0, or 0, such as `250ms`, `30s`, `5min`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(Duration);

impl Span {
    /// The time.
    pub fn get(self) -> Duration {
        self.0
    }
}

impl From<Duration> for Span {
    fn from(time: Duration) -> Self {
        Self(time)
    }
}

impl FromStr for Span {
    type Err = humantime::DurationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        humantime::parse_duration(text).map(Self)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        humantime::format_duration(self.0).fmt(f)
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A number of bytes such as `4MiB`, `4MB`, `4194304`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(u64);

impl Size {
    /// The bytes.
    pub fn get(self) -> u64 {
        self.0
    }
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(|size: ByteSize| Self(size.as_u64()))
    }
}

impl fmt::Display for Size {
    /// In the largest unit of which it is a whole multiple: a rounded text would be read as another value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(u32, &str); 4] = [(40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")];
        let whole = |(shift, _): &(u32, &str)| self.0 > 0 && self.0.trailing_zeros() >= *shift;
        let (shift, unit) = UNITS.into_iter().find(whole).unwrap_or((0, "B"));
        write!(f, "{} {unit}", self.0 >> shift)
    }
}

impl Serialize for Size {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Range of timeouts and intervals: a timer of 0 would never rest, and clocks end somewhere.
pub(super) const TIMES: RangeInclusive<Span> = Span(Duration::from_millis(1))..=LONGEST;

/// The same, if 0 means none.
pub(super) const TIMES_OR_NONE: RangeInclusive<Span> = Span(Duration::ZERO)..=LONGEST;

/// How long something is kept; 0 means for ever.
pub(super) const AGES: RangeInclusive<Span> =
    Span(Duration::ZERO)..=Span(Duration::from_hours(36_525 * 24));

/// Bytes on a disk; 0 means no limit.
pub(super) const KEPT: RangeInclusive<Size> = Size(0)..=Size(64 << 40);

/// A lease is renewed at a third of it.
pub(super) const LEASES: RangeInclusive<Span> =
    Span(Duration::from_secs(3))..=Span(Duration::from_hours(1));

const LONGEST: Span = Span(Duration::from_hours(30 * 24));

/// Range of limits. With 0 nothing could be judged; the end is far beyond real needs, and below what a semaphore can hold.
pub(super) const COUNTS: RangeInclusive<usize> = 1..=MOST;

const MOST: usize = 100_000_000;

/// 0 means one per processor.
pub(super) const THREADS: RangeInclusive<usize> = 0..=1024;

/// gRPC gives a message's length in 32 bits.
pub(super) const MESSAGES: RangeInclusive<Size> = Size(1)..=Size(4 << 30);

/// From the size of one answer to more than the memory of a machine.
pub(super) const MEMORY: RangeInclusive<Size> = Size(16 << 10)..=Size(64 << 40);

/// A share: below a hundredth a caller could do next to nothing.
pub(super) const SHARES: RangeInclusive<f64> = 0.01..=1.0;

/// Reads an address to listen on. A name is refused, because it could mean several addresses.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    let allowed =
        "allowed is an IP address with a port, such as 127.0.0.1:8080, 0.0.0.0:8080, [::]:8080";
    text.parse().map_err(|_| allowed.to_owned())
}

/// Reads a network, or a single address.
pub(super) fn network(text: &str) -> Result<IpNet, String> {
    let allowed = "allowed is an address or a network, such as 10.0.0.7, 10.0.0.0/8, fd00::/8";
    let address = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse().or_else(|_| address()).map_err(|_| allowed.to_owned())
}

/// Reads the name of a host as requests give it, without a port.
pub(super) fn host(text: &str) -> Result<String, String> {
    let host = Authority::try_from(text).ok().filter(|authority| authority.host() == text);
    let allowed = "allowed is a host without a port, such as judge.example.org, 10.0.0.7, [::1]";
    host.map(|host| host.to_string()).ok_or_else(|| allowed.to_owned())
}

/// Reads a URL that links begin with, without a slash at its end.
pub(super) fn page_url(text: &str) -> Result<String, String> {
    let is_base = |url: &Url| {
        let has_user = !url.username().is_empty() || url.password().is_some();
        !has_user && url.query().is_none() && url.fragment().is_none()
    };
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let allowed = "allowed is a URL without user and query, such as https://judge.example.org";
    let base = url.filter(is_base).map(|url| url.as_str().trim_end_matches('/').to_owned());
    base.ok_or_else(|| allowed.to_owned())
}

/// Reads a value within `allowed`.
pub(super) fn within<T>(
    allowed: RangeInclusive<T>,
) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync + 'static
where
    T: FromStr + Display + PartialOrd + Clone + Send + Sync + 'static,
{
    move |text| {
        // An example of a right value explains what is wrong.
        let value = text.parse().ok().filter(|value| allowed.contains(value));
        value.ok_or_else(|| format!("allowed is {} to {}", allowed.start(), allowed.end()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_written_as_people_write_them() {
        for (text, expected) in
            [("10.0.0.7", "10.0.0.7/32"), ("fd00::/8", "fd00::/8"), ("::1", "::1/128")]
        {
            assert_eq!(network(text).unwrap().to_string(), expected);
        }
        let error = network("ten").unwrap_err();
        assert!(error.starts_with("allowed is an address or a network"), "{error}");
    }

    #[test]
    fn hosts_and_urls_that_no_request_or_link_can_have_are_refused() {
        for good in ["judge.example.org", "a_b", "10.0.0.7", "[::1]"] {
            assert_eq!(host(good).as_deref(), Ok(good));
        }
        for bad in ["", "a_b/c:80", "a:80", "me@a", "::1", "a b"] {
            assert!(host(bad).unwrap_err().starts_with("allowed is a host without"), "{bad}");
        }
        for (good, base) in [
            ("https://judge.example.org", "https://judge.example.org"),
            ("http://10.0.0.7:8080/judge/", "http://10.0.0.7:8080/judge"),
            ("HTTPS://Judge.example.org\n", "https://judge.example.org"),
        ] {
            assert_eq!(page_url(good).as_deref(), Ok(base));
        }
        let strange = ["", "nonsense", "javascript:alert(1)", "https://"];
        let with_more = ["https://a/?b", "http://a#b", "https://me@a", "https://:sesame@a"];
        for bad in strange.into_iter().chain(with_more) {
            assert!(page_url(bad).unwrap_err().starts_with("allowed is a URL without"), "{bad}");
        }
    }
}

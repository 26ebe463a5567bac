//! Deadlines: a call with one answer has `call-time`, or less if its caller says so.

use std::time::Duration;

use http::HeaderMap;
use tokio::time::{Instant, timeout_at};

use super::step::{Inbound, Next, Step};
use crate::convert::refusal::Refusal;
use crate::handlers::{Answered, Failure};

/// Ends calls that take too long. Streams have their own clocks once they are open.
#[derive(Debug)]
pub(super) struct Deadline {
    /// Longest duration of a call.
    pub(super) call_time: Duration,
}

impl Step for Deadline {
    async fn handle(&self, mut inbound: Inbound, next: &impl Next) -> Result<Answered, Failure> {
        let now = Instant::now();
        inbound.deadline = grpc_timeout(inbound.request.headers()).map(|after| now + after);
        let own = now + self.call_time;
        let deadline = inbound.deadline.map_or(own, |deadline| deadline.min(own));
        let answered = timeout_at(deadline, next.run(inbound)).await;
        answered.unwrap_or_else(|_| Err(Refusal::DeadlineExceeded.into()))
    }
}

/// The time that a `grpc-timeout` header gives.
fn grpc_timeout(headers: &HeaderMap) -> Option<Duration> {
    parse(headers.get("grpc-timeout")?.to_str().ok()?)
}

fn parse(header: &str) -> Option<Duration> {
    // The protocol has at most 8 digits.
    let (digits, unit) = header.split_at_checked(header.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(count * 3600)),
        "M" => Some(Duration::from_secs(count * 60)),
        "S" => Some(Duration::from_secs(count)),
        "m" => Some(Duration::from_millis(count)),
        "u" => Some(Duration::from_micros(count)),
        "n" => Some(Duration::from_nanos(count)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_of_grpc() {
        let cases = [
            ("1H", Some(Duration::from_hours(1))),
            ("99999999n", Some(Duration::from_nanos(99_999_999))),
            ("250m", Some(Duration::from_millis(250))),
            ("100000000S", None),
            ("S", None),
            ("", None),
            ("-1S", None),
            ("1é", None),
            ("5x", None),
        ];
        for (header, expected) in cases {
            assert_eq!(parse(header), expected, "{header}");
        }
    }
}

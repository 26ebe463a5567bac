//! Refusals in gRPC: as a status whose details fit the headers of any client, and as a message of a stream.

use tonic::Status;
use tonic_types::{ErrorDetails, StatusExt};

use super::problems::more;
use super::refusal::{DOMAIN, Refusal};
use super::words::shortened;
use crate::proto;

/// Bytes of field violations that a gRPC status may carry. It travels in headers too, in base64 and
/// with the message once more, and many clients read 8 KiB of all headers together.
const VIOLATION_BYTES: usize = 3584;

/// Bytes of the tags and lengths of one violation.
const VIOLATION_FRAME: usize = 8;

impl From<prost::DecodeError> for Refusal {
    fn from(error: prost::DecodeError) -> Self {
        Self::Unreadable(error.to_string())
    }
}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        let mut details = ErrorDetails::new();
        details.set_error_info(refusal.reason(), DOMAIN, std::collections::HashMap::new());
        let problems = refusal.problems();
        let mut room = VIOLATION_BYTES;
        for (index, problem) in problems.iter().enumerate() {
            let message = problem.message();
            let Some(left) = room.checked_sub(VIOLATION_FRAME + problem.path.len() + message.len())
            else {
                let found = match &refusal {
                    Refusal::Invalid(problems) => problems.count(),
                    _ => problems.len(),
                };
                if let Some(rest) = more(found - index) {
                    details.add_bad_request_violation("", rest.message());
                }
                break;
            };
            room = left;
            details.add_bad_request_violation(&problem.path, message);
        }
        if let Some(delay) = refusal.retry_delay() {
            details.set_retry_info(Some(delay));
        }
        Self::with_error_details(refusal.code(), shortened(refusal.to_string()), details)
    }
}

impl From<Refusal> for proto::Refusal {
    fn from(refusal: Refusal) -> Self {
        let delay = refusal.retry_delay().map(|delay| pbjson_types::Duration {
            seconds: i64::try_from(delay.as_secs()).unwrap_or(i64::MAX),
            nanos: i32::try_from(delay.subsec_nanos()).unwrap_or_default(),
        });
        Self {
            code: refusal.code().into(),
            reason: refusal.reason().to_owned(),
            message: refusal.to_string(),
            problems: refusal.problems().into_iter().map(Into::into).collect(),
            retry_delay: delay,
        }
    }
}

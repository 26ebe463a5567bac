//! Refusals as statuses of gRPC and HTTP, with details that fit the headers of any client, and as a message of a stream.

use http::StatusCode;
use tonic::{Code, Status};
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

impl Refusal {
    /// The status over gRPC.
    pub(crate) fn code(&self) -> Code {
        match self {
            Self::Invalid(_)
            | Self::MessageTooLarge { .. }
            | Self::Unreadable(_)
            | Self::Unusable(_)
            | Self::BadHeaders(_) => Code::InvalidArgument,
            Self::Overloaded(_) => Code::ResourceExhausted,
            Self::DeadlineExceeded | Self::SlowRequest => Code::DeadlineExceeded,
            Self::Unauthenticated(_) | Self::Revoked => Code::Unauthenticated,
            Self::Absent(_) => Code::NotFound,
            Self::Exists(_) => Code::AlreadyExists,
            Self::ReadOnly(_) => Code::FailedPrecondition,
            Self::NotFound(_)
            | Self::Stateless
            | Self::MethodNotAllowed { .. }
            | Self::UnsupportedMediaType(_)
            | Self::UnsupportedEncoding { .. }
            | Self::UnsupportedTransfer(_) => Code::Unimplemented,
            Self::MissingScope(_) | Self::ForeignSite(_) => Code::PermissionDenied,
            Self::StreamEnded(_) | Self::ShuttingDown | Self::StoreAway(_) => Code::Unavailable,
            Self::Cancelled => Code::Cancelled,
            Self::Internal => Code::Internal,
        }
    }

    /// The status over HTTP.
    pub(crate) fn http_status(&self) -> StatusCode {
        match self {
            // Nobody reads the last.
            Self::Invalid(_)
            | Self::Unreadable(_)
            | Self::Unusable(_)
            | Self::BadHeaders(_)
            | Self::Cancelled => StatusCode::BAD_REQUEST,
            Self::MessageTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Overloaded(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
            Self::SlowRequest => StatusCode::REQUEST_TIMEOUT,
            Self::Unauthenticated(_) | Self::Revoked => StatusCode::UNAUTHORIZED,
            Self::NotFound(_) | Self::Absent(_) => StatusCode::NOT_FOUND,
            Self::Exists(_) | Self::ReadOnly(_) => StatusCode::CONFLICT,
            Self::MethodNotAllowed { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::UnsupportedMediaType(_) | Self::UnsupportedEncoding { .. } => {
                StatusCode::UNSUPPORTED_MEDIA_TYPE
            }
            Self::MissingScope(_) | Self::ForeignSite(_) => StatusCode::FORBIDDEN,
            Self::UnsupportedTransfer(_) | Self::Stateless => StatusCode::NOT_IMPLEMENTED,
            Self::StreamEnded(_) | Self::ShuttingDown | Self::StoreAway(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

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

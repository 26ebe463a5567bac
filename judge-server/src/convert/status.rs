//! Refusals as statuses of gRPC and HTTP, with details that fit the headers of any client, and as a message of a stream.

use http::StatusCode;
use judge_contract::{Problems, proto};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use super::refusal::{DOMAIN, Refusal, Resource, shortened};

/// Most bytes of field violations in a gRPC status. It travels in headers, too, in base64 and with the message once more, and
/// many clients read 8 KiB of all headers together.
const VIOLATION_BYTES: usize = 3584;

/// Bytes of the tags and lengths of one violation.
const VIOLATION_FRAME: usize = 8;

impl Refusal {
    /// One word for logs, metrics and `ErrorInfo`.
    pub(crate) fn reason(&self) -> &'static str {
        self.row().0
    }

    /// The status over gRPC.
    pub(crate) fn code(&self) -> Code {
        self.row().1
    }

    /// The status over HTTP.
    pub(crate) fn http_status(&self) -> StatusCode {
        self.row().2
    }

    /// The one table of reasons and statuses.
    fn row(&self) -> (&'static str, Code, StatusCode) {
        use StatusCode as Http;
        match self {
            Self::Invalid(_) => ("INVALID_REQUEST", Code::InvalidArgument, Http::BAD_REQUEST),
            Self::MessageTooLarge { .. } => {
                ("MESSAGE_TOO_LARGE", Code::InvalidArgument, Http::PAYLOAD_TOO_LARGE)
            }
            Self::Unreadable(_) => ("UNREADABLE_MESSAGE", Code::InvalidArgument, Http::BAD_REQUEST),
            Self::Overloaded(what) => {
                (what.reason(), Code::ResourceExhausted, Http::TOO_MANY_REQUESTS)
            }
            Self::DeadlineExceeded => {
                ("DEADLINE_EXCEEDED", Code::DeadlineExceeded, Http::GATEWAY_TIMEOUT)
            }
            Self::SlowRequest => ("SLOW_REQUEST", Code::DeadlineExceeded, Http::REQUEST_TIMEOUT),
            Self::Unauthenticated(_) | Self::Revoked => {
                ("UNAUTHENTICATED", Code::Unauthenticated, Http::UNAUTHORIZED)
            }
            Self::NotFound(_) => ("NOT_FOUND", Code::Unimplemented, Http::NOT_FOUND),
            Self::MethodNotAllowed { .. } => {
                ("METHOD_NOT_ALLOWED", Code::Unimplemented, Http::METHOD_NOT_ALLOWED)
            }
            Self::UnsupportedMediaType(_) => {
                ("UNSUPPORTED_MEDIA_TYPE", Code::Unimplemented, Http::UNSUPPORTED_MEDIA_TYPE)
            }
            Self::UnsupportedEncoding { .. } => {
                ("UNSUPPORTED_ENCODING", Code::Unimplemented, Http::UNSUPPORTED_MEDIA_TYPE)
            }
            Self::MissingScope(_) => ("MISSING_SCOPE", Code::PermissionDenied, Http::FORBIDDEN),
            Self::ForeignSite(_) => ("FOREIGN_SITE", Code::PermissionDenied, Http::FORBIDDEN),
            Self::BadHeaders(_) => ("BAD_HEADERS", Code::InvalidArgument, Http::BAD_REQUEST),
            Self::UnsupportedTransfer(_) => {
                ("UNSUPPORTED_TRANSFER", Code::Unimplemented, Http::NOT_IMPLEMENTED)
            }
            Self::Unusable(_) => ("UNUSABLE", Code::InvalidArgument, Http::BAD_REQUEST),
            Self::Absent(_) => ("ABSENT", Code::NotFound, Http::NOT_FOUND),
            Self::Exists(_) => ("EXISTS", Code::AlreadyExists, Http::CONFLICT),
            Self::ReadOnly(_) => ("READ_ONLY", Code::FailedPrecondition, Http::CONFLICT),
            Self::Stateless => ("STATELESS", Code::Unimplemented, Http::NOT_IMPLEMENTED),
            Self::StoreAway(_) => ("STORE_AWAY", Code::Unavailable, Http::SERVICE_UNAVAILABLE),
            Self::StoreFailed => ("STORE_FAILED", Code::Internal, Http::INTERNAL_SERVER_ERROR),
            Self::StreamSilent => ("STREAM_SILENT", Code::Unavailable, Http::SERVICE_UNAVAILABLE),
            Self::StreamOld => ("STREAM_OLD", Code::Unavailable, Http::SERVICE_UNAVAILABLE),
            Self::ShuttingDown => ("SHUTTING_DOWN", Code::Unavailable, Http::SERVICE_UNAVAILABLE),
            // Its status is not read by anyone.
            Self::Cancelled => ("CANCELLED", Code::Cancelled, Http::BAD_REQUEST),
            Self::Internal => ("INTERNAL", Code::Internal, Http::INTERNAL_SERVER_ERROR),
        }
    }
}

impl Resource {
    fn reason(self) -> &'static str {
        match self {
            Self::Bytes => "TOO_MANY_BYTES",
            Self::Share => "TOO_MANY_BYTES_OF_CALLER",
            Self::Looks => "TOO_MANY_LOOKS",
            Self::Probes => "TOO_MANY_PROBES",
            Self::Watches => "TOO_MANY_WATCHES",
            Self::Connections => "TOO_MANY_CONNECTIONS",
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
                if let Some(rest) = Problems::others(found - index) {
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
        Self {
            code: refusal.code().into(),
            reason: refusal.reason().to_owned(),
            message: refusal.to_string(),
            problems: refusal.problems().into_iter().map(Into::into).collect(),
            retry_delay: refusal.retry_delay().map(Into::into),
        }
    }
}

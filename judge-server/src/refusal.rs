//! Why a call was not answered with a judgement, in the words of gRPC and of HTTP.

use std::time::Duration;

use http::StatusCode;
use judge_core::{JudgeError, Problem, Severity};
use thiserror::Error;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use crate::problems::{Problems, more};
use crate::proto;
use crate::proto_bytes::Malformed;

/// Characters of what a caller sent that a refusal repeats.
const QUOTED: usize = 80;

/// The beginning of what a caller sent, for a refusal that repeats it.
pub(crate) fn quoted(text: &str) -> String {
    text.chars().take(QUOTED).collect()
}

/// Domain of every `ErrorInfo`.
pub(crate) const DOMAIN: &str = "canary.judge.v1";

/// When a caller that was refused for lack of capacity may try again. A queue that is full when
/// judgements take milliseconds is empty well before.
pub(crate) const RETRY_DELAY: Duration = Duration::from_secs(1);

/// Problems that the message for people says; the details have more.
const SAID: usize = 3;

/// Bytes of that message as it travels in a header, where a character may take many.
const SAID_BYTES: usize = 1000;

/// Bytes of field violations that a gRPC status may carry. It travels in headers too, in base64 and
/// with the message once more, and many clients read 8 KiB of all headers together.
const VIOLATION_BYTES: usize = 3584;

/// Bytes of the tags and lengths of one violation.
const VIOLATION_FRAME: usize = 8;

/// A call that is not judged.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The request cannot be judged.
    #[error("the request cannot be judged: {}", first(.0))]
    Invalid(Problems),
    /// The message is larger than the server reads.
    #[error(
        "the message is larger than the {limit} bytes that this server reads; submit fewer \
             points or metrics, or raise --max-message-size"
    )]
    MessageTooLarge {
        /// Bytes that the server reads.
        limit: u64,
    },
    /// The message is not what its content type says.
    #[error("the message cannot be read: {0}")]
    Unreadable(String),
    /// Something that the server has a bounded amount of is used up.
    #[error("the server is at its limit of {0}; try again in a second")]
    Overloaded(Resource),
    /// The caller's deadline or the server's own limit passed first.
    #[error("the deadline passed before there was a judgement")]
    DeadlineExceeded,
    /// The caller took too long to send the request.
    #[error("the request was not sent completely in time")]
    SlowRequest,
    /// The caller gave no token or a wrong one.
    #[error("{0}: authorization: Bearer TOKEN")]
    Unauthenticated(Token),
    /// There is no such thing to call.
    #[error("{0}")]
    NotFound(String),
    /// The thing called takes another method.
    #[error("{0}")]
    MethodNotAllowed(String),
    /// The content type is none that the server reads.
    #[error("{0}")]
    UnsupportedMediaType(String),
    /// The content is compressed in a way that the server does not read.
    #[error("content encoding {found:?}, but allowed is {allowed}")]
    UnsupportedEncoding {
        /// What the header says.
        found: String,
        /// What the server reads, as a header lists it.
        allowed: &'static str,
    },
    /// The server ends.
    #[error("the server is shutting down; ask another")]
    ShuttingDown,
    /// A defect of the server.
    #[error("the judge failed on this request; please report it with the request")]
    Internal,
}

/// What the server has a bounded amount of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum Resource {
    /// Judgements queued or running.
    #[error("concurrent calls")]
    Calls,
    /// Calls on all connections, whether they judge or not.
    #[error("open calls")]
    OpenCalls,
    /// Open streams.
    #[error("open streams")]
    Streams,
    /// Bytes of requests and answers in memory.
    #[error("buffered bytes")]
    Bytes,
}

/// What is wrong with a caller's token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Token {
    /// There is none.
    #[error("a bearer token is needed")]
    Missing,
    /// It is none of the server's.
    #[error("the bearer token is none of those that this server takes")]
    Unknown,
}

impl Refusal {
    /// What tonic says of a message that it cannot take, in this server's words.
    pub(crate) fn of_message(status: &Status, limit: u64) -> Self {
        match status.code() {
            // The second when it is too large only once it is decompressed.
            Code::OutOfRange | Code::ResourceExhausted => Self::MessageTooLarge { limit },
            _ => Self::Unreadable(status.message().to_owned()),
        }
    }

    /// One word for logs, metrics and `ErrorInfo`.
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "INVALID_REQUEST",
            Self::MessageTooLarge { .. } => "MESSAGE_TOO_LARGE",
            Self::Unreadable(_) => "UNREADABLE_MESSAGE",
            Self::Overloaded(Resource::Calls) => "TOO_MANY_CALLS",
            Self::Overloaded(Resource::OpenCalls) => "TOO_MANY_OPEN_CALLS",
            Self::Overloaded(Resource::Streams) => "TOO_MANY_STREAMS",
            Self::Overloaded(Resource::Bytes) => "TOO_MANY_BYTES",
            Self::DeadlineExceeded => "DEADLINE_EXCEEDED",
            Self::SlowRequest => "SLOW_REQUEST",
            Self::Unauthenticated(_) => "UNAUTHENTICATED",
            Self::NotFound(_) => "NOT_FOUND",
            Self::MethodNotAllowed(_) => "METHOD_NOT_ALLOWED",
            Self::UnsupportedMediaType(_) => "UNSUPPORTED_MEDIA_TYPE",
            Self::UnsupportedEncoding { .. } => "UNSUPPORTED_ENCODING",
            Self::ShuttingDown => "SHUTTING_DOWN",
            Self::Internal => "INTERNAL",
        }
    }

    /// The status over gRPC.
    pub(crate) fn code(&self) -> Code {
        match self {
            Self::Invalid(_) | Self::MessageTooLarge { .. } | Self::Unreadable(_) => {
                Code::InvalidArgument
            }
            Self::Overloaded(_) => Code::ResourceExhausted,
            Self::DeadlineExceeded | Self::SlowRequest => Code::DeadlineExceeded,
            Self::Unauthenticated(_) => Code::Unauthenticated,
            Self::NotFound(_)
            | Self::MethodNotAllowed(_)
            | Self::UnsupportedMediaType(_)
            | Self::UnsupportedEncoding { .. } => Code::Unimplemented,
            Self::ShuttingDown => Code::Unavailable,
            Self::Internal => Code::Internal,
        }
    }

    /// The status over HTTP.
    pub(crate) fn http_status(&self) -> StatusCode {
        match self {
            Self::Invalid(_) | Self::Unreadable(_) => StatusCode::BAD_REQUEST,
            Self::MessageTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Overloaded(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
            Self::SlowRequest => StatusCode::REQUEST_TIMEOUT,
            Self::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::UnsupportedMediaType(_) | Self::UnsupportedEncoding { .. } => {
                StatusCode::UNSUPPORTED_MEDIA_TYPE
            }
            Self::ShuttingDown => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Every field that is wrong, or a thousand of them and how many more there are.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        match self {
            Self::Invalid(problems) => problems.clone().listed(Severity::Error),
            Self::MessageTooLarge { limit } => {
                let allowed = format!("at most {limit} bytes");
                vec![Problem::error("", "a message that is too large", allowed)]
            }
            Self::Unreadable(why) => {
                vec![Problem::error("", why, "a message as the contract has it")]
            }
            _ => Vec::new(),
        }
    }

    /// When to try again, if that helps.
    pub(crate) fn retry_delay(&self) -> Option<Duration> {
        matches!(self, Self::Overloaded(_)).then_some(RETRY_DELAY)
    }
}

/// The first of the problems in words.
fn first(problems: &Problems) -> String {
    let first = problems.kept().iter().take(SAID);
    let mut said: Vec<String> = first.map(ToString::to_string).collect();
    if problems.count() > SAID {
        said.push(format!("and {} more", problems.count() - SAID));
    }
    shortened(said.join("; "))
}

/// `said`, cut where it would take more than its share of a header.
fn shortened(mut said: String) -> String {
    let mut room = SAID_BYTES;
    let over = said.char_indices().find(|(_, character)| {
        // Each byte of most of the others becomes three: %E6.
        let plain = character.is_ascii_alphanumeric();
        let encoded = if plain { 1 } else { 3 * character.len_utf8() };
        room.checked_sub(encoded).is_none_or(|left| {
            room = left;
            false
        })
    });
    if let Some((end, _)) = over {
        said.truncate(end);
        said.push('…');
    }
    said
}

impl From<JudgeError> for Refusal {
    fn from(refused: JudgeError) -> Self {
        Self::Invalid(refused.into())
    }
}

impl From<Problems> for Refusal {
    fn from(problems: Problems) -> Self {
        Self::Invalid(problems)
    }
}

impl From<Malformed> for Refusal {
    fn from(error: Malformed) -> Self {
        Self::Unreadable(error.to_string())
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

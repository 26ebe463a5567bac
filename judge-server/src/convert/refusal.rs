//! Why a call was not answered with a judgement, in the words of gRPC and of HTTP.

use std::error::Error;
use std::time::Duration;

use judge_contract::{MessageError, Problems};
use judge_core::{JudgeError, Problem, Severity};
use thiserror::Error as ThisError;
use tonic::{Code, Status};

/// Characters of what a caller sent that a refusal repeats.
const QUOTED: usize = 80;

/// The beginning of what a caller sent, for a refusal that repeats it.
pub(crate) fn quoted(text: &str) -> String {
    text.chars().take(QUOTED).collect()
}

/// Bytes of the message for people in a header, where one character may take several.
const SAID_BYTES: usize = 1000;

/// `said`, cut to its share of a header.
pub(super) fn shortened(mut said: String) -> String {
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

/// Domain of every `ErrorInfo`.
pub(crate) const DOMAIN: &str = "canary.judge.v1";

/// When a caller that was refused for lack of capacity may try again. A queue that is full when
/// judgements take milliseconds is empty well before.
pub(crate) const RETRY_DELAY: Duration = Duration::from_secs(1);

/// A call that is not judged.
#[derive(Debug, Clone, ThisError)]
#[non_exhaustive]
pub enum Refusal {
    /// The request cannot be judged.
    #[error("the request cannot be judged: {}", shortened(.0.to_string()))]
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
    #[error("no answer in time (--call-time, grpc-timeout); repeat a change with the same key")]
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
    #[error("{text}")]
    MethodNotAllowed {
        /// What is wrong.
        text: String,
        /// The methods that it takes, as a header lists them.
        allowed: String,
    },
    /// The content type is none that the server reads.
    #[error("{0}")]
    UnsupportedMediaType(String),
    /// The content is compressed in a way that the server does not read.
    #[error("content-encoding: expected {allowed}, got {found:?}")]
    UnsupportedEncoding {
        /// What the header says.
        found: String,
        /// What the server reads, as a header lists it.
        allowed: &'static str,
    },
    /// The caller's certificate is no longer one that the server takes.
    #[error("the client certificate is no longer one of those that this server takes")]
    Revoked,
    /// The token may not call this.
    #[error("the token has not the scope {0:?} that this call needs")]
    MissingScope(&'static str),
    /// A page of another site calls, or by a name that is none of the server's.
    #[error("{0}")]
    ForeignSite(String),
    /// The headers are none that a request may have.
    #[error("{0}")]
    BadHeaders(String),
    /// The body comes in a way that the server does not read.
    #[error("transfer-encoding: expected chunked, got {0:?}")]
    UnsupportedTransfer(String),
    /// A plan or a config that no canary can be judged by.
    #[error("{0}")]
    Unusable(String),
    /// What is asked for is not kept.
    #[error("{0}")]
    Absent(String),
    /// It is there already.
    #[error("{0}")]
    Exists(String),
    /// It is changed elsewhere.
    #[error("{0}")]
    ReadOnly(String),
    /// Canaries are not kept here.
    #[error(
        "canaries need a store and a source; give --store and --prometheus, or [store] and [sources] in --config"
    )]
    Stateless,
    /// The store is away, read-only or full, or a source cannot be reached, now.
    #[error("{0}")]
    StoreAway(String),
    /// The store failed.
    #[error("the store failed on this call; the server's log says why")]
    StoreFailed,
    /// No complete message of the stream came for too long; its client may open another.
    #[error("the stream had no message for too long (--stream-silence); open another")]
    StreamSilent,
    /// The stream is older than streams may be; its client may open another.
    #[error("the stream is older than streams may be (--stream-age); open another")]
    StreamOld,
    /// The server shuts down.
    #[error("the server is shutting down; ask another")]
    ShuttingDown,
    /// The caller cancelled or went away.
    #[error("the caller cancelled or went away")]
    Cancelled,
    /// A defect of the server.
    #[error("the judge failed on this request; please report it with the request")]
    Internal,
}

/// A bounded resource of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, ThisError)]
#[non_exhaustive]
pub enum Resource {
    /// Bytes of calls, streams and answers in memory.
    #[error("buffered bytes (--max-buffered)")]
    Bytes,
    /// The share of one caller.
    #[error("what one caller may hold (--caller-share)")]
    Share,
    /// Bytes of the looks at one canary.
    #[error(
        "bytes for so many looks (--max-buffered); /v1/canaries/ID?afterLook=N&pageSize=N has fewer"
    )]
    Looks,
    /// Open probes.
    #[error("open probes")]
    Probes,
    /// Open watches and lookups.
    #[error("open watches")]
    Watches,
    /// Connections: this one is kept for a probe.
    #[error("connections (--max-connections)")]
    Connections,
}

/// Why a caller's token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ThisError)]
#[non_exhaustive]
pub enum Token {
    /// It is missing.
    #[error("a bearer token is needed")]
    Missing,
    /// It is not a token of this server.
    #[error("the bearer token is none of those that this server takes")]
    Unknown,
}

impl Refusal {
    /// Translates tonic's errors about messages into this server's words.
    pub(crate) fn from_message(status: &Status, limit: u64) -> Self {
        // An error of this server while the message came.
        if let Some(refusal) = Self::within(status) {
            return refusal;
        }
        match status.code() {
            // The second when it is too large only once it is decompressed.
            Code::OutOfRange | Code::ResourceExhausted => Self::MessageTooLarge { limit },
            _ => Self::Unreadable(status.message().to_owned()),
        }
    }

    /// The refusal among the sources of an error: our bodies and decoders pass it through libraries that know only errors.
    pub(crate) fn within(error: &(dyn Error + 'static)) -> Option<Self> {
        let mut error = Some(error);
        while let Some(source) = error {
            if let Some(refusal) = source.downcast_ref::<Self>() {
                return Some(refusal.clone());
            }
            error = source.source();
        }
        None
    }

    /// All wrong fields, or the first thousand of them and the number of the others.
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

    /// Wait before a retry, if a retry may help.
    pub(crate) fn retry_delay(&self) -> Option<Duration> {
        matches!(self, Self::Overloaded(_)).then_some(RETRY_DELAY)
    }
}

impl From<MessageError> for Refusal {
    fn from(error: MessageError) -> Self {
        match error {
            MessageError::Invalid(problems) => Self::Invalid(problems),
            MessageError::Unreadable(error) => error.into(),
            // The server reads and writes messages of the contract only.
            _ => Self::Internal,
        }
    }
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

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Invalid(problem.into())
    }
}

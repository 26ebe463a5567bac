//! Why a source gave no series.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use judge_core::judgement::Side;
use judge_points::prometheus::ResponseError;
use judge_points::time;
use thiserror::Error;

use crate::grid::{Grid, MOST_POINTS};
use crate::kind::StoreKind;
use crate::query_text::QueryError;

/// One query that was not answered, and why.
#[derive(Debug, Error)]
#[error("{} of the {side} from {source_name}: {cause}{asked}", .metric, side = side_name(*.side))]
pub struct QueryFailure {
    /// The metric, as the config calls it.
    pub metric: String,
    /// Of which side.
    pub side: Side,
    /// The source that was asked, or would have been.
    pub source_name: String,
    /// What was asked, as far as it got.
    pub asked: Asked,
    /// Why there is no answer.
    #[source]
    pub cause: Cause,
}

impl QueryFailure {
    /// Whether asking again may help: the source was busy, broken off or away.
    pub fn may_pass(&self) -> bool {
        matches!(&self.cause, Cause::Ask { cause, .. } if cause.may_pass() || matches!(cause, AskError::OutOfTime))
    }
}

/// A query and the times it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The query as the store takes it, or the template that it could not be made of; `None` where that says nothing.
    pub query: Option<String>,
    /// The times.
    pub window: Grid,
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.query {
            Some(query) => write!(f, "\nquery {query}\nfrom {}", self.window),
            None => write!(f, "\nfrom {}", self.window),
        }
    }
}

/// What a person calls a side.
pub(crate) fn side_name(side: Side) -> &'static str {
    match side {
        Side::Baseline => "baseline",
        Side::Canary => "canary",
    }
}

/// Why a query has no answer.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Cause {
    /// There is no such source.
    #[error(transparent)]
    Chosen(#[from] ChoiceError),
    /// The text could not be made.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The store could not be reached, or refused.
    #[error("{cause}{}", after(*.attempts))]
    Ask {
        /// How often it was asked.
        attempts: u32,
        /// What was wrong at last.
        cause: AskError,
    },
    /// The store answered something else.
    #[error(transparent)]
    Answer(#[from] AnswerError),
}

fn after(attempts: u32) -> String {
    if attempts > 1 { format!(" (tried {attempts} times)") } else { String::new() }
}

/// Why no source is asked.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ChoiceError {
    /// The query names one that is not there.
    #[error("expected query.source to name one of {known}, got {name:?}")]
    Unknown {
        /// The name.
        name: String,
        /// What there is.
        known: String,
    },
    /// The one it names is of another kind.
    #[error("the query is of type {expected}, but its source {name} is of type {got}")]
    OtherKind {
        /// The source.
        name: String,
        /// What the query is for.
        expected: StoreKind,
        /// What the source is.
        got: StoreKind,
    },
    /// There is none of its kind.
    #[error(
        "no source of type {0} is known; give it with --{0} URL, --source NAME=URL or --sources FILE"
    )]
    None(StoreKind),
    /// There are several of its kind.
    #[error("several sources are of type {kind}: {known}; name one as query.source in the config")]
    Several {
        /// The kind.
        kind: StoreKind,
        /// What there is.
        known: String,
    },
}

/// Why a store did not answer. No text in it has a credential.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AskError {
    /// A file with a credential cannot be read.
    #[error("cannot read {}: {why}", path.display())]
    Credential {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The request cannot be signed.
    #[error("cannot sign the request: {0}")]
    Signature(String),
    /// No connection was made.
    #[error("no connection to {to}: {why}")]
    Connect {
        /// The host.
        to: String,
        /// What went wrong.
        why: String,
    },
    /// The connection is not private, or not with whom it should be.
    #[error("no secure connection to {to}: {why}{}", tls_way_out(.why))]
    Tls {
        /// The host.
        to: String,
        /// What went wrong.
        why: String,
    },
    /// The connection broke off.
    #[error("the answer broke off: {0}")]
    BrokenOff(String),
    /// No whole answer came in time.
    #[error("no whole answer within {}", shown(*.0))]
    Late(Duration),
    /// The caller's time ended before the store was asked.
    #[error(
        "the time allowed ended before there was an answer; lengthen --timeout or ask for less"
    )]
    OutOfTime,
    /// The store answered with an error.
    #[error("HTTP {status}{}{}", said_of(.said), way_out(*.status))]
    Status {
        /// The HTTP status.
        status: u16,
        /// What the store said.
        said: String,
        /// How long it asks to be left alone.
        retry_after: Option<Duration>,
    },
    /// It sends to somewhere else, which is not followed: credentials are for one host.
    #[error("HTTP {status}, a redirect to {to}; if that is the store, give its URL")]
    Redirect {
        /// The HTTP status.
        status: u16,
        /// Where to.
        to: String,
    },
    /// The answer is too large.
    #[error("the answer is larger than {} MiB; aggregate in the query, or lengthen --step", .0 >> 20)]
    TooLarge(usize),
    /// The answer is a web page.
    #[error(
        "expected JSON, got the web page {0:?}; is the URL the store's own, and is a login in front of it?"
    )]
    Page(String),
}

fn shown(duration: Duration) -> String {
    humantime::format_duration(duration).to_string()
}

fn said_of(said: &str) -> String {
    if said.is_empty() { String::new() } else { format!(": {said}") }
}

fn way_out(status: u16) -> &'static str {
    match status {
        401 => "; give credentials in --sources FILE",
        403 => "; the credentials do not allow this",
        404 => {
            "; is the URL right? The store's paths are put after it, so it ends before /api, /graph or /render"
        }
        _ => "",
    }
}

/// The way out of what rustls says.
fn tls_way_out(why: &str) -> &'static str {
    if why.contains("UnknownIssuer") {
        "; give the authority that issued its certificate as tls-ca in --sources FILE"
    } else if why.contains("CaUsedAsEndEntity") {
        "; the server shows the certificate of an authority (CA:TRUE) as its own; give it one with CA:FALSE"
    } else if why.contains("InvalidContentType") || why.contains("corrupt message") {
        "; does it speak http:// rather than https://?"
    } else {
        ""
    }
}

impl AskError {
    /// Whether asking again may help. Kayenta's rule: broken connections, 408, 429 and 5xx.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Connect { .. } | Self::BrokenOff(_) | Self::Late(_) => true,
            Self::Status { status, .. } => matches!(status, 408 | 429 | 500..),
            _ => false,
        }
    }

    /// How long the store asks to be left alone.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

/// What is wrong with an answer.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// It cannot be read.
    #[error(transparent)]
    Response(#[from] ResponseError),
    /// It has points at times that were not asked for.
    #[error(
        "the answer has a point at {}, which is no time that was asked for: every {} ms from {} to {}",
        time::show(*.millis), .grid.step_millis(), time::show(.grid.start_millis()), time::show(.grid.last_millis())
    )]
    OtherTimes {
        /// The point's time.
        millis: i64,
        /// What was asked for.
        grid: Grid,
    },
    /// There are too many series to judge.
    #[error(
        "the answer has more than {MOST_SERIES} series, which are too many to judge; aggregate in the query"
    )]
    TooManySeries,
    /// There are too many points to hold.
    #[error(
        "the answer has more than {MOST_CELLS} points, gaps counted, which are too many to hold; aggregate in the \
         query, or lengthen the step"
    )]
    TooManyPoints,
    /// Two series are the same.
    #[error("{0}; aggregate in the query")]
    SameLabels(String),
    /// It is no answer of that kind of store.
    #[error(
        "expected an answer of {store}, got something else: {why}; is the URL the store's own?"
    )]
    Json {
        /// The kind of store.
        store: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// The store says that it cannot answer.
    #[error("{0}")]
    Refused(String),
    /// A point lies outside of the window.
    #[error("the answer has a point at {}, outside of the window that was asked for", time::show(*.0))]
    OutsideWindow(i64),
    /// Kayenta would end the canary here.
    #[error(
        "no series was found, with which Kayenta ends a canary; without --compat kayenta it is judged with gaps"
    )]
    NoSeries,
    /// Kayenta would end the canary here.
    #[error(
        "Control metrics have different tag keys than the experiment tag set ({baseline} and {canary}), as Kayenta \
         says; without --compat kayenta they would be paired"
    )]
    TagKeys {
        /// Labels of the baseline.
        baseline: String,
        /// Labels of the canary.
        canary: String,
    },
}

/// Most series of one side of a metric.
pub const MOST_SERIES: usize = 1000;
/// Most points of all series of one side of a metric, with gaps: four of the longest series, in 74 MiB.
pub(crate) const MOST_CELLS: usize = 4 * MOST_POINTS;

//! Errors of sources.

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
use crate::setting_names::SettingNames;

/// A query that failed, and the reason.
#[derive(Debug, Error)]
#[error(
    "{metric} of the {side} from {source_name}: {cause}{}{asked}", .cause.way_out(*.names), side = side_name(*.side)
)]
pub struct QueryFailure {
    /// Name of the metric in the config.
    pub metric: String,
    /// The side.
    pub side: Side,
    /// Name of the source.
    pub source_name: String,
    /// The query and its times, as far as they are known.
    pub asked: Asked,
    /// The reason.
    #[source]
    pub cause: Cause,
    /// How the way out names settings.
    pub names: SettingNames,
}

impl QueryFailure {
    /// Whether a retry may help: the source was busy, unavailable, or its connection broke.
    pub fn may_pass(&self) -> bool {
        match &self.cause {
            Cause::Ask { cause, .. } => {
                cause.may_pass() || matches!(cause, AskError::NotAsked(_) | AskError::OutOfTime)
            }
            Cause::Answer(error) => matches!(error, AnswerError::OutOfTime),
            Cause::Chosen(_) | Cause::Query(_) => false,
        }
    }

    /// Whether the source was not asked, because other queries of this process took all the time.
    pub fn was_not_asked(&self) -> bool {
        matches!(&self.cause, Cause::Ask { cause: AskError::NotAsked(_), .. })
    }
}

/// A query, and the times of its points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The query as it is sent to the store; its template if it cannot be expanded; `None` if neither explains
    /// anything.
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

/// Name of a side for people.
pub(crate) fn side_name(side: Side) -> &'static str {
    match side {
        Side::Baseline => "baseline",
        Side::Canary => "canary",
    }
}

/// Why a query failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Cause {
    /// No source fits the query.
    #[error(transparent)]
    Chosen(#[from] ChoiceError),
    /// The text of the query could not be built.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The store was unavailable, or refused.
    #[error("{cause}{}", after(*.attempts))]
    Ask {
        /// Number of attempts.
        attempts: u32,
        /// The error of the last attempt.
        cause: AskError,
    },
    /// The answer was unusable.
    #[error(transparent)]
    Answer(#[from] AnswerError),
}

fn after(attempts: u32) -> String {
    if attempts > 1 { format!(" (tried {attempts} times)") } else { String::new() }
}

/// Why no source fits a query.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ChoiceError {
    /// The query names an unknown source.
    #[error("expected query.source to name one of {known}, got {name:?}")]
    Unknown {
        /// The name.
        name: String,
        /// The known sources.
        known: String,
    },
    /// The named source has another kind.
    #[error("the query is of type {expected}, but its source {name} is of type {got}")]
    OtherKind {
        /// The source.
        name: String,
        /// Kind of the query.
        expected: StoreKind,
        /// Kind of the source.
        got: StoreKind,
    },
    /// There is no source of the query's kind.
    #[error("no source of type {0} is known")]
    None(StoreKind),
    /// There are several sources of the query's kind.
    #[error("several sources are of type {kind}: {known}; name one as query.source in the config")]
    Several {
        /// The kind.
        kind: StoreKind,
        /// The known sources.
        known: String,
    },
}

/// Why a store did not answer. No text here contains a credential.
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
    /// The TLS connection could not be trusted.
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
    /// No complete answer came in time.
    #[error("no whole answer within {}", shown(*.0))]
    Late(Duration),
    /// The caller's deadline passed while other queries had all permits; the store was not asked.
    #[error("not asked in time: other queries came first, and max-queries allows {0} at once")]
    NotAsked(usize),
    /// The caller's deadline passed before the answer was read.
    #[error("the time allowed ended before there was an answer")]
    OutOfTime,
    /// The store answered with an error.
    #[error("HTTP {status}{}{}", said_of(.said), way_out(*.status))]
    Status {
        /// The HTTP status.
        status: u16,
        /// Message of the store.
        said: String,
        /// Wait that the store asks for (`Retry-After`).
        retry_after: Option<Duration>,
    },
    /// A redirect to another host. It is not followed, because credentials belong to one host.
    #[error("HTTP {status}, a redirect to {to}; if that is the store, give its URL")]
    Redirect {
        /// The HTTP status.
        status: u16,
        /// Target of the redirect.
        to: String,
    },
    /// A redirect that names no target.
    #[error(
        "HTTP {status}, a redirect whose Location is no URL; give the URL at which the store answers itself"
    )]
    Location {
        /// The HTTP status.
        status: u16,
    },
    /// Too many redirects.
    #[error(
        "more than {most} redirects, the last to {to}; give the URL at which the store answers itself"
    )]
    Redirects {
        /// Most redirects that are followed.
        most: usize,
        /// Target of the last redirect.
        to: String,
    },
    /// The answer is compressed in a way that is not understood.
    #[error(
        "expected an answer that is not compressed, or in gzip, got content-encoding {0:?}; it was not asked for, so \
         turn it off in the store, or in a proxy before it"
    )]
    Encoding(String),
    /// The answer is too large.
    #[error("the answer is larger than {} MiB", .0 >> 20)]
    TooLarge(usize),
    /// The answer is a web page with this title, which may be empty.
    #[error(
        "expected JSON, got {}; is the URL the store's own, and is a login in front of it?", page(.0)
    )]
    Page(String),
}

fn page(title: &str) -> String {
    if title.is_empty() {
        "a web page without a title".to_owned()
    } else {
        format!("the web page {title:?}")
    }
}

pub(crate) fn shown(duration: Duration) -> String {
    humantime::format_duration(duration).to_string()
}

fn said_of(said: &str) -> String {
    if said.is_empty() { String::new() } else { format!(": {said}") }
}

fn way_out(status: u16) -> &'static str {
    match status {
        403 => "; the credentials do not allow this",
        404 => {
            "; is the URL right? The store's paths are put after it, so it ends before /api, /graph or /render"
        }
        _ => "",
    }
}

/// Advice for an error of rustls.
fn tls_way_out(why: &str) -> &'static str {
    if why.contains("CaUsedAsEndEntity") {
        "; the server shows the certificate of an authority (CA:TRUE) as its own; give it one with CA:FALSE"
    } else if why.contains("InvalidContentType") || why.contains("corrupt message") {
        "; does it speak http:// rather than https://?"
    } else {
        ""
    }
}

impl AskError {
    /// Whether a retry may help. Kayenta's rule: broken connections, 408, 429 and 5xx.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Connect { .. } | Self::BrokenOff(_) | Self::Late(_) => true,
            Self::Status { status, .. } => matches!(status, 408 | 429 | 500..),
            _ => false,
        }
    }

    /// Wait that the store asks for.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

/// Why an answer is unusable.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// It cannot be read.
    #[error(transparent)]
    Response(#[from] ResponseError),
    /// It has points at times that were not requested.
    #[error(
        "the answer has a point at {}, which is no time that was asked for: every {} ms from {} to {}{}",
        time::show(*.millis), .grid.step_millis(), time::show(.grid.start_millis()),
        time::show(.grid.last_millis()), moved(*.millis, *.grid)
    )]
    OtherTimes {
        /// The point's time.
        millis: i64,
        /// The requested times.
        grid: Grid,
    },
    /// The times of a series do not ascend.
    #[error(
        "the answer has a point at {} after one at {}; expected one point for each time, in order",
        time::show(*.millis), time::show(*.last)
    )]
    Backwards {
        /// The point's time.
        millis: i64,
        /// Time of the point before it.
        last: i64,
    },
    /// There are too many series to judge.
    #[error(
        "the answer has more than {MOST_SERIES} series, which are too many to judge; aggregate in the query"
    )]
    TooManySeries,
    /// There are too many points.
    #[error(
        "the answer has more than {MOST_CELLS} points, gaps counted, which are too many to hold; aggregate in the \
         query, or lengthen the step"
    )]
    TooManyPoints,
    /// All queries together have too many points.
    #[error(
        "the series of all queries have more than {MOST_HELD} points together, gaps counted, which are too many to \
         hold; aggregate in the queries, or lengthen the step"
    )]
    TooManyPointsTogether,
    /// The caller's deadline passed while the series were put on their grid, or paired.
    #[error("the time allowed ended while the series of the answer were put in order")]
    OutOfTime,
    /// Two series are the same.
    #[error("{0}; aggregate in the query")]
    SameLabels(String),
    /// It is no answer of this kind of store.
    #[error(
        "expected an answer of {store}, got something else: {why}; is the URL the store's own?"
    )]
    Json {
        /// The kind of store.
        store: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// InfluxDB reports an error.
    #[error("{0}")]
    Refused(String),
    /// InfluxDB cut its answer off.
    #[error("the answer is cut off at the server's max-row-limit; group by time(${{step}})")]
    CutOff,
    /// A point lies outside of the window.
    #[error("the answer has a point at {}, outside of the window that was asked for", time::show(*.0))]
    OutsideWindow(i64),
    /// Kayenta would end the canary here.
    #[error("no series was found, with which Kayenta ends a canary")]
    NoSeries,
    /// Kayenta would end the canary here.
    #[error(
        "Control metrics have different tag keys than the experiment tag set ({baseline} and {canary}), as Kayenta \
         says"
    )]
    TagKeys {
        /// Labels of the baseline.
        baseline: String,
        /// Labels of the canary.
        canary: String,
    },
}

impl AnswerError {
    /// Whether the answer cannot be judged: the query, its times, its labels or its database have to change. Otherwise
    /// the store is at fault or was too slow, or something else answered.
    pub fn is_for_query(&self) -> bool {
        match self {
            Self::Response(
                ResponseError::Histogram { .. }
                | ResponseError::ResultType(_)
                | ResponseError::Point { .. },
            )
            | Self::OtherTimes { .. }
            | Self::Backwards { .. }
            | Self::OutsideWindow(_)
            | Self::CutOff
            | Self::TooManySeries
            | Self::TooManyPoints
            | Self::TooManyPointsTogether
            | Self::SameLabels(_)
            | Self::NoSeries
            | Self::TagKeys { .. } => true,
            Self::Refused(said) => !PASSING.iter().any(|passing| said.contains(passing)),
            Self::Response(_) | Self::OutOfTime | Self::Json { .. } => false,
        }
    }

    /// The same with its text changed by `change`: many errors repeat words of the store.
    pub(crate) fn with_words(self, change: impl Fn(String) -> String) -> Self {
        let text = self.to_string();
        let changed = change(text.clone());
        if changed == text { self } else { Self::Refused(changed) }
    }
}

/// Parts of InfluxDB's errors that say that the server is too busy, or not up: the same query may be answered later.
const PASSING: [&str; 7] = [
    "max-concurrent-queries",
    "timeout",
    "interrupted",
    "query aborted",
    "shutdown",
    "is closed",
    "is disabled",
];

/// Advice for a store that moves times to multiples of the step, as VictoriaMetrics and the frontend of Thanos do.
fn moved(millis: i64, grid: Grid) -> &'static str {
    let is_multiple = |time: i64| time.unsigned_abs().is_multiple_of(grid.step_millis());
    if is_multiple(millis) && !is_multiple(grid.start_millis()) {
        "; the store may move times to multiples of the step, so start at one"
    } else {
        ""
    }
}

/// Most series of one side of a metric.
pub const MOST_SERIES: usize = 1000;
/// Most points of all series of one side of a metric, with gaps: four of the longest series, in 74 MiB.
pub(crate) const MOST_CELLS: usize = 4 * MOST_POINTS;
/// Most points of all series of one fetch, with gaps: both sides of one metric that has the most.
pub(crate) const MOST_HELD: usize = 2 * MOST_CELLS;

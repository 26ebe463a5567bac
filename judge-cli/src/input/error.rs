//! Errors of the input, as opposed to those of the program.

use std::io;
use std::time::Duration;

use humantime::format_duration;
use judge_core::JudgeError;
use judge_core::stats::SampleError;
use judge_points::time;
use thiserror::Error;

use super::csv_table::CsvError;
use super::other_document::OtherDocument;
use super::prometheus::PrometheusError;
use super::release_list::ListError;

/// A problem of an input.
#[derive(Debug, Error)]
#[error("{origin}")]
pub(crate) struct InputError {
    /// The file or option.
    pub(crate) origin: String,
    /// The problem.
    #[source]
    pub(crate) problem: InputProblem,
}

/// The problem of an input.
#[derive(Debug, Error)]
#[non_exhaustive]
pub(crate) enum InputProblem {
    #[error("{0}")]
    Io(io::Error),
    #[error("cannot be read as YAML: {0}")]
    Yaml(String),
    #[error("expected one YAML document, got {0}, separated by lines of ---; give a file for each")]
    SeveralDocuments(usize),
    #[error(transparent)]
    Other(OtherDocument),
    #[error("the input is empty")]
    Empty,
    #[error("expected at most {} MiB, got more; judge a shorter window, or give the series in more files", .0 >> 20)]
    TooLarge(u64),
    #[error("expected another file than an input, got {0}")]
    Overwritten(String),
    #[error("expected another file than --output, got {0}")]
    SameOutput(String),
    #[error("--explain: expected the name of a judged metric ({judged}), got {name:?}")]
    NotJudged {
        /// The requested name.
        name: String,
        /// The metrics of the judgement.
        judged: String,
    },
    #[error("{}", judge_points::table::UTF16)]
    Utf16,
    #[error("can be read only once; give files for the other inputs")]
    StdinTwice,
    #[error("expected a Prometheus response, {{\"status\":...}}, got a JSON list")]
    JsonList,
    #[error("expected a .csv or .json file in the directory, got none")]
    NoFiles,
    #[error("both {0} and {1} are series of the metric {2:?}; remove one")]
    SameMetric(String, String, String),
    #[error(
        "expected one series per file of a directory, where the file names the metric, got {count}: \
         {labels}"
    )]
    SeveralInDirectory {
        /// Number of series.
        count: usize,
        /// Some of the series.
        labels: String,
    },
    #[error(
        "the series {labels} names no metric of the config; put it into a directory, as a file named \
         after its metric, such as {example}.json"
    )]
    UnnamedSeries {
        /// The series.
        labels: String,
        /// A metric of the config.
        example: String,
    },
    #[error(
        "no series belongs to a metric of the config; the series are {found}; the config has {wanted}"
    )]
    NothingOfConfig {
        /// Names in the data.
        found: String,
        /// Names in the config.
        wanted: String,
    },
    #[error("expected the name of a judge ({known}), got {name:?}")]
    UnknownJudge {
        /// The requested name.
        name: String,
        /// The names of all judges.
        known: String,
    },
    #[error(
        "expected a marginal score of at most pass, got marginal {marginal} and pass {pass}; give both --pass and --marginal"
    )]
    Thresholds {
        /// The threshold for Pass.
        pass: f64,
        /// The threshold for Marginal.
        marginal: f64,
    },
    #[error(
        "expected the judge {expected}, got {got}; choose it with --judge, or use --interval instead"
    )]
    NoMonitor {
        /// The judge that can monitor.
        expected: String,
        /// The chosen judge.
        got: String,
    },
    #[error("expected {expected}, got {value}")]
    Option {
        /// The value.
        value: f64,
        /// The expected range.
        expected: &'static str,
    },
    #[error("{}", columns(.name.as_deref(), .names))]
    Column {
        /// The requested name.
        name: Option<String>,
        /// The columns of the file.
        names: String,
    },
    #[error("column {0:?}: {1}")]
    Sample(String, SampleError),
    #[error("the series of {0:?} has no points; a history needs those of a healthy instance")]
    NoPoints(String),
    #[error("the series of {0:?} has no regular times; a history needs timestamps one step apart")]
    Untimed(String),
    #[error(
        "expected points {0} ms apart as in the rest of the history, got {1} ms; use one step for all"
    )]
    Steps(u64, u64),
    #[cfg(not(feature = "retro"))]
    #[error("{}", crate::args::LEFT_OUT)]
    LeftOut,
    #[cfg(feature = "retro")]
    #[error(transparent)]
    History(Box<judge_retro::HistoryError>),
    #[error(transparent)]
    Settings(Box<judge_sources::SettingsError>),
    #[error("{0}: {1}")]
    Pairs(String, Box<judge_sources::AnswerError>),
    #[error(
        "expected one series of {metric}, as a history is of one instance, got {count}; aggregate them in the query, \
         as in sum(...) or avg(...)"
    )]
    SeveralSeries {
        /// The metric.
        metric: String,
        /// Number of series.
        count: usize,
    },
    #[error(transparent)]
    Grid(judge_sources::GridError),
    #[error("expected --last TIME above 0 or --start WHEN; --last 30m is the last half hour")]
    NoWindow,
    #[error(
        "expected a window that has begun, got one from {} on; it is {} now",
        time::show(*.start_millis), time::show(*.now_millis)
    )]
    Future {
        /// When the window begins.
        start_millis: i64,
        /// The current time.
        now_millis: i64,
    },
    #[error(
        "expected a request with canaryConfig and metricSetPairList, got a canary config; give it by --config, with \
         --prometheus URL or with --baseline and --canary"
    )]
    ConfigAsRequest,
    #[error(
        "expected a request with canaryConfig and metricSetPairList, got a judgement; `judge report` makes a page of it"
    )]
    JudgementAsRequest,
    #[error(
        "expected a step of at most the window, {}, got {}",
        format_duration(*.window), format_duration(*.step)
    )]
    LongStep {
        /// The time between two points.
        step: Duration,
        /// The window's length.
        window: Duration,
    },
    #[error("no query found a point on either side\n{0}")]
    NothingFetched(String),
    #[error("expected a table [sources.NAME] with a url, got none")]
    NoSources,
    #[error("expected NAME=URL, such as eu=http://host:9090; --prometheus URL needs no name")]
    NoNamedUrl,
    #[error("compressed by {by}; unpack it first, as in `{unpacked}`")]
    Packed { by: &'static str, unpacked: String },
    #[error("expected text, got {0}")]
    NoText(&'static str),
    #[error("expected a file, got a directory")]
    Directory,
    #[error(transparent)]
    Calibrate(#[from] judge_calibrate::CalibrateError),
    #[error(transparent)]
    Csv(#[from] CsvError),
    #[error(transparent)]
    List(Box<ListError>),
    #[error(transparent)]
    Prometheus(#[from] PrometheusError),
    #[error(transparent)]
    Refused(#[from] JudgeError),
}

fn columns(name: Option<&str>, names: &str) -> String {
    match name {
        Some(name) => format!("expected one column named {name:?}, got the columns {names}"),
        None => format!("expected one column, got {names}; choose one with --column"),
    }
}

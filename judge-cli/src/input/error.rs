//! Why an input was not judged. Every such error is the input's, never the program's.

use std::io;

use judge_core::JudgeError;
use judge_core::stats::SampleError;
use thiserror::Error;

use super::csv_table::CsvError;
use super::prometheus::PrometheusError;

/// What is wrong, and with which input.
#[derive(Debug, Error)]
#[error("{origin}")]
pub(crate) struct InputError {
    /// The file or option.
    pub(crate) origin: String,
    /// What is wrong with it.
    #[source]
    pub(crate) problem: InputProblem,
}

/// What is wrong with an input.
#[derive(Debug, Error)]
#[non_exhaustive]
pub(crate) enum InputProblem {
    #[error("{0}")]
    Io(io::Error),
    #[error("the input is empty")]
    Empty,
    #[error("--explain {name}: no metric of that name was judged; there are: {judged}")]
    NotJudged {
        /// What was asked for.
        name: String,
        /// What there is.
        judged: String,
    },
    #[error("{}", judge_points::table::UTF16)]
    Utf16,
    #[error("standard input can be read once only; give files for the others")]
    StdinTwice,
    #[error(
        "JSON of another kind: a list, but allowed is a Prometheus response, {{\"status\":...}}"
    )]
    JsonList,
    #[error("no series: the directory has no .csv or .json file of its own")]
    NoFiles,
    #[error("both {0} and {1} are series of the metric {2:?}; remove one")]
    SameMetric(String, String, String),
    #[error(
        "{count} series, but allowed is one in a file of a directory, where the file names the \
         metric: {labels}"
    )]
    SeveralInDirectory {
        /// How many.
        count: usize,
        /// Some of them.
        labels: String,
    },
    #[error(
        "the series {labels} names no metric of the config; keep it in a directory as a file that \
         its metric names, such as {example}.json"
    )]
    UnnamedSeries {
        /// The series.
        labels: String,
        /// A metric of the config.
        example: String,
    },
    #[error("no series is of a metric of the config; there are: {found}; the config has: {wanted}")]
    NothingOfConfig {
        /// Names in the data.
        found: String,
        /// Names in the config.
        wanted: String,
    },
    #[error("no judge {name:?}; allowed are {allowed}")]
    UnknownJudge {
        /// What was asked for.
        name: String,
        /// What there is.
        allowed: String,
    },
    #[error("marginal {marginal} is above pass {pass}; give both --pass and --marginal")]
    Thresholds {
        /// The threshold for Pass.
        pass: f64,
        /// The threshold for Marginal.
        marginal: f64,
    },
    #[error("{value}, but allowed is {allowed}")]
    Option {
        /// What was given.
        value: f64,
        /// What may be given.
        allowed: &'static str,
    },
    #[error("{}; the columns are {names}", named(.name.as_deref()))]
    Column {
        /// What was asked for.
        name: Option<String>,
        /// What there is.
        names: String,
    },
    #[error("column {0:?}: {1}")]
    Sample(String, SampleError),
    #[error(
        "the series of {0:?} has no regular times, which a history needs; give it timestamps a step \
         apart"
    )]
    Untimed(String),
    #[error("points {1} ms apart, but others of the history are {0} ms apart; give all one step")]
    Steps(u64, u64),
    #[cfg(feature = "retro")]
    #[error(transparent)]
    History(Box<judge_retro::HistoryError>),
    #[error(transparent)]
    Calibrate(#[from] judge_calibrate::CalibrateError),
    #[error(transparent)]
    Csv(#[from] CsvError),
    #[error(transparent)]
    Prometheus(#[from] PrometheusError),
    #[error(transparent)]
    Refused(#[from] JudgeError),
}

fn named(name: Option<&str>) -> String {
    match name {
        Some(name) => format!("not one column named {name:?}"),
        None => "several columns, name one with --column".to_owned(),
    }
}

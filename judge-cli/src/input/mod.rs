//! Reads files into a request that can be judged.

mod absent;
mod column;
mod config;
mod csv_table;
mod error;
mod fetched;
mod healthy;
mod healthy_instances;
mod labels;
mod other_document;
mod overwritten;
mod prometheus;
mod release_list;
#[cfg(feature = "retro")]
mod releases;
mod request;
mod saved_judgement;
mod side;
mod source;

pub(crate) use column::read as read_column;
pub(crate) use error::{InputError, InputProblem};
pub(crate) use fetched::{
    FetchFailed, Fetcher, fetch_request, fetched_judging, fetched_queries, from_sources,
    is_bad_input, millis, nothing_fetched, now, odd_warnings, pairs as fetched_pairs,
    read_release_list, warnings as fetch_warnings, window,
};
pub(crate) use healthy::{CalibrateParts, HistorySource, calibrate_parts};
pub(crate) use other_document::OtherDocument;
pub(crate) use overwritten::{refuse_overwriting, refuse_same_output};
pub(crate) use release_list::ListedRelease;
#[cfg(feature = "retro")]
pub(crate) use releases::{Releases, ignored_warning};
#[cfg(feature = "retro")]
pub(crate) use request::judging;
pub(crate) use request::{Judging, Parts, Prepared, from_pairs, from_parts, from_request};
pub(crate) use saved_judgement::{SavedJudgement, read as read_saved_judgement};
pub(crate) use side::{MOST_NAMES, join_names};
pub(crate) use source::InputSource;

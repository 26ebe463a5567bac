//! The judgements of releases as rows, also as Parquet.

mod parquet;

pub use judge_replay::frame::{COLUMNS, csv_header, write_csv, write_json};
pub(crate) use parquet::RowGroups;
pub use parquet::{ParquetFrame, ParquetRows};

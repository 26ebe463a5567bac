//! Opens files of history with polars.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use judge_points::table;
use judge_replay::ColumnNames;
use polars::io::HiveOptions;
use polars::prelude::{
    DataFrame, DataType, Engine, IpcScanOptions, LazyCsvReader, LazyFileListReader, LazyFrame,
    LazyJsonLineReader, PlRefPath, PlanCallback, PolarsResult, ScanArgsParquet, Schema,
    UnifiedScanArgs,
};

use super::batch::Batch;
use super::error::{FileProblem, HistoryError};
use super::files::HistoryFile;
use super::format::Format;
use super::guard::guarded;
use super::layout::FileLayout;
use super::prometheus;

/// A lazy frame of a file's rows.
fn scan(file: &HistoryFile, names: &ColumnNames) -> Result<LazyFrame, HistoryError> {
    let broken = |error| broken(file, &error);
    let path = PlRefPath::try_from_path(file.readable()).map_err(broken)?;
    match file.format {
        Format::Parquet => {
            let hive_options = HiveOptions::new_disabled();
            let args = ScanArgsParquet { hive_options, glob: false, ..ScanArgsParquet::default() };
            LazyFrame::scan_parquet(path, args).map_err(broken)
        }
        Format::Csv => {
            let header = file.csv.iter().flat_map(|rows| &rows.header);
            // Everything as text, so that numbers and times are read by one set of rules.
            let schema =
                columns(header, names).into_iter().map(|name| (name.into(), DataType::String));
            let reader = LazyCsvReader::new(path).with_schema(Some(Arc::new(schema.collect())));
            reader.with_glob(false).finish().map_err(broken)
        }
        Format::Ndjson => {
            // This reader takes every path for a pattern.
            let path = PlRefPath::new(glob::Pattern::escape(path.as_str()));
            // Every line, since a column may first appear in the last one.
            LazyJsonLineReader::new(path).with_infer_schema_length(None).finish().map_err(broken)
        }
        Format::Ipc => {
            let hive_options = HiveOptions::new_disabled();
            let args = UnifiedScanArgs { hive_options, glob: false, ..UnifiedScanArgs::default() };
            LazyFrame::scan_ipc(path, IpcScanOptions::default(), args).map_err(broken)
        }
        Format::Prometheus => prometheus::read(file, names),
    }
}

/// The columns of `header`. The times may have the names of `judge run` too.
fn columns<'a>(header: impl Iterator<Item = &'a String>, names: &ColumnNames) -> Vec<String> {
    let mut columns: Vec<String> = header.cloned().collect();
    let timestamp = ColumnNames::default().timestamp;
    if names.timestamp == timestamp
        && let Some(column) = table::time_column(&columns)
    {
        columns[column] = timestamp;
    }
    columns
}

fn broken(file: &HistoryFile, error: &polars::prelude::PolarsError) -> HistoryError {
    let reason = error.to_string();
    let reason = reason.lines().next().unwrap_or_default();
    file.error(FileProblem::Broken { format: file.format, reason: reason.to_owned() })
}

/// The columns of `file`.
pub(super) fn schema(file: &HistoryFile, names: &ColumnNames) -> Result<Arc<Schema>, HistoryError> {
    guarded(file, || scan(file, names)?.collect_schema().map_err(|error| broken(file, &error)))
}

/// Passes the rows of `file` to `take` in order, until it returns false.
pub(super) fn read(
    file: &Arc<HistoryFile>,
    layout: &Arc<FileLayout>,
    names: &ColumnNames,
    take: impl Fn(Batch) -> bool + Send + Sync + 'static,
) -> Result<(), HistoryError> {
    let (of, by) = (Arc::clone(file), Arc::clone(layout));
    let rows = AtomicUsize::new(0);
    let each = move |frame: DataFrame| -> PolarsResult<bool> {
        // One batch at a time, in order.
        let first_row = rows.fetch_add(frame.height(), Ordering::Relaxed);
        let all = first_row..first_row + frame.height();
        let Some(csv) = &of.csv else {
            return Ok(!take(Batch::new(&of, &by, first_row, &frame)?));
        };
        for rows in csv.filled(&all) {
            let offset = i64::try_from(rows.start - first_row).unwrap_or(i64::MAX);
            let frame = frame.slice(offset, rows.len());
            if !take(Batch::new(&of, &by, rows.start, &frame)?) {
                return Ok(true);
            }
        }
        Ok(false)
    };
    guarded(file, || {
        let rows = scan(file, names)?.select(layout.columns());
        let read = rows
            .sink_batches(PlanCallback::new(each), true, None)
            .and_then(|sink| sink.collect_with_engine(Engine::Streaming));
        read.map(drop).map_err(|error| broken(file, &error))
    })
}

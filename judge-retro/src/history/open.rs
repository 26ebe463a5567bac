//! Opens files of history with polars.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use polars::io::HiveOptions;
use polars::prelude::{
    DataFrame, Engine, IpcScanOptions, LazyCsvReader, LazyFileListReader, LazyFrame,
    LazyJsonLineReader, PlRefPath, PlanCallback, PolarsResult, ScanArgsParquet, Schema,
    UnifiedScanArgs,
};

use super::batch::Batch;
use super::error::{FileProblem, HistoryError};
use super::files::HistoryFile;
use super::format::Format;
use super::guard::guarded;
use super::layout::Layout;
use super::options::ColumnNames;
use super::prometheus;

/// A file's rows, not read yet.
fn scan(file: &HistoryFile, names: &ColumnNames) -> Result<LazyFrame, HistoryError> {
    let broken = |error| broken(file, &error);
    let path = PlRefPath::try_from_path(&file.path).map_err(broken)?;
    match file.format {
        Format::Parquet => {
            let hive_options = HiveOptions::new_disabled();
            let args = ScanArgsParquet { hive_options, glob: false, ..ScanArgsParquet::default() };
            LazyFrame::scan_parquet(path, args).map_err(broken)
        }
        Format::Csv => {
            // Everything as text, so that numbers and times are read by one set of rules.
            let reader = LazyCsvReader::new(path).with_infer_schema_length(Some(0));
            let header = header(file)?;
            let reader =
                reader.with_glob(false).with_schema_modify(|read| Ok(named(&read, &header)));
            reader.and_then(LazyFileListReader::finish).map_err(broken)
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

/// The names in a CSV file's header. polars leaves the doubled quotes of quoted names as they are.
fn header(file: &HistoryFile) -> Result<Vec<String>, HistoryError> {
    let reader = csv::ReaderBuilder::new().has_headers(false).from_path(&file.path);
    let header = reader.and_then(|reader| reader.into_byte_records().next().transpose());
    let header = header.map_err(|error| file.error(FileProblem::Io(error.to_string())))?;
    let name = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
    Ok(header.iter().flatten().map(name).collect())
}

/// The columns of `read` with the names of `header`; one that stands there twice keeps what polars calls
/// it.
fn named(read: &Schema, header: &[String]) -> Schema {
    if read.len() != header.len() {
        return read.clone();
    }
    let mut schema = Schema::with_capacity(read.len());
    for ((known, dtype), name) in read.iter().zip(header) {
        let name = if schema.contains(name) { known.clone() } else { name.as_str().into() };
        schema.insert(name, dtype.clone());
    }
    schema
}

fn broken(file: &HistoryFile, error: &polars::prelude::PolarsError) -> HistoryError {
    let reason = error.to_string();
    let reason = reason.lines().next().unwrap_or_default();
    file.error(FileProblem::Broken { format: file.format, reason: reason.to_owned() })
}

/// The columns of `file`.
pub(super) fn schema(file: &HistoryFile, names: &ColumnNames) -> Result<Arc<Schema>, HistoryError> {
    let schema = guarded(file, || {
        scan(file, names)?.collect_schema().map_err(|error| broken(file, &error))
    })?;
    let repeated = schema.iter_names().find_map(|name| name.strip_suffix(REPEATED));
    match repeated {
        Some(name) if file.format == Format::Csv => {
            Err(file.error(FileProblem::RepeatedColumn(name.to_owned())))
        }
        _ => Ok(schema),
    }
}

/// What polars adds to the name of a CSV file's second column of that name.
const REPEATED: &str = "_duplicated_0";

/// Hands the rows of `file` to `take` in their order, until it wants no more.
pub(super) fn read(
    file: &Arc<HistoryFile>,
    layout: &Arc<Layout>,
    names: &ColumnNames,
    take: impl Fn(Batch) -> bool + Send + Sync + 'static,
) -> Result<(), HistoryError> {
    let (of, by) = (Arc::clone(file), Arc::clone(layout));
    let rows = AtomicUsize::new(0);
    let each = move |frame: DataFrame| -> PolarsResult<bool> {
        // One batch at a time, in order.
        let first_row = rows.fetch_add(frame.height(), Ordering::Relaxed);
        let batch = Batch::new(&of, &by, first_row, &frame)?;
        Ok(!take(batch))
    };
    guarded(file, || {
        let rows = scan(file, names)?.select(layout.columns());
        let read = rows
            .sink_batches(PlanCallback::new(each), true, None)
            .and_then(|sink| sink.collect_with_engine(Engine::Streaming));
        read.map(drop).map_err(|error| broken(file, &error))
    })
}

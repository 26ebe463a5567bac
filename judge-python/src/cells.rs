//! Reads columns of times and values.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef};
use arrow_buffer::ScalarBuffer;
use arrow_schema::extension::EXTENSION_TYPE_NAME_KEY;
use arrow_schema::{DataType, Field, TimeUnit};
use judge_points::{number, time};

use crate::exception::Exception;

/// A cell that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UnreadCell {
    /// The row within its column, from 0.
    pub(crate) row: usize,
    /// The column.
    pub(crate) column: String,
    /// The cell.
    pub(crate) got: String,
    /// The allowed values.
    pub(crate) expected: String,
}

/// The values of a column, and its unreadable cells.
pub(crate) struct Read<T: arrow_buffer::ArrowNativeType> {
    pub(crate) cells: ScalarBuffer<T>,
    pub(crate) bad: Vec<UnreadCell>,
}

/// The longest text that an error quotes, in characters.
const LONGEST_VALUE: usize = 80;

/// Refuses a column of an extension type, such as the periods of pandas, since only that type knows what its numbers
/// mean.
fn refuse_extension(field: &Field, path: &str, expected: &str) -> Result<(), Exception> {
    match field.metadata().get(EXTENSION_TYPE_NAME_KEY) {
        None => Ok(()),
        Some(name) => Err(Exception::data(path, format!("extension type {name}"), expected)),
    }
}

/// Reads the times in `column`, described by `field`, in milliseconds since 1970. `path` names the column.
pub(crate) fn times(column: &ArrayRef, field: &Field, path: &str) -> Result<Read<i64>, Exception> {
    refuse_extension(field, path, TIMES)?;
    let name = field.name();
    let broken = |error: arrow_schema::ArrowError| Exception::data(path, error, "times");
    let kind = column.data_type();
    let mut bad = Vec::new();
    let mut wrong = |row: usize, got: String, expected: String| {
        bad.push(UnreadCell { row, column: name.clone(), got, expected });
        0
    };
    let empty = || ("an empty cell".to_owned(), "a time".to_owned());
    let cells: ScalarBuffer<i64> = match kind {
        DataType::Timestamp(unit, _) => {
            let per_milli = match unit {
                TimeUnit::Second | TimeUnit::Millisecond => 1,
                TimeUnit::Microsecond => 1000,
                TimeUnit::Nanosecond => 1_000_000,
            };
            let millis = if *unit == TimeUnit::Second { 1000 } else { 1 };
            let numbers = arrow_cast::cast(column, &DataType::Int64).map_err(broken)?;
            let numbers = numbers.as_primitive::<Int64Type>();
            let human = -time::LAST_MILLIS..time::LAST_MILLIS;
            let plain = per_milli == 1 && millis == 1 && numbers.null_count() == 0;
            if plain && numbers.values().iter().all(|time| human.contains(time)) {
                numbers.values().clone()
            } else {
                let read = numbers.iter().enumerate().map(|(row, time)| {
                    let Some(time) = time else {
                        let (got, expected) = empty();
                        return wrong(row, got, expected);
                    };
                    let read = time.saturating_mul(millis).div_euclid(per_milli);
                    if human.contains(&read) {
                        read
                    } else {
                        wrong(row, read.to_string(), FAR_OFF.to_owned())
                    }
                });
                read.collect()
            }
        }
        kind if kind.is_integer() || kind.is_floating() => {
            let numbers = arrow_cast::cast(column, &DataType::Float64).map_err(broken)?;
            let read =
                numbers.as_primitive::<Float64Type>().iter().enumerate().map(|(row, found)| {
                    let Some(found) = found else {
                        let (got, expected) = empty();
                        return wrong(row, got, expected);
                    };
                    time::from_number(found)
                        .unwrap_or_else(|_| wrong(row, found.to_string(), EPOCH.to_owned()))
                });
            read.collect()
        }
        kind if kind.is_string() => {
            let texts = arrow_cast::cast(column, &DataType::Utf8View).map_err(broken)?;
            let read = texts.as_string_view().iter().enumerate().map(|(row, text)| {
                let Some(text) = text.map(str::trim_ascii) else {
                    let (got, expected) = empty();
                    return wrong(row, got, expected);
                };
                time::parse(text).unwrap_or_else(|_| wrong(row, quote(text), TEXT.to_owned()))
            });
            read.collect()
        }
        kind => return Err(Exception::data(path, format!("type {kind}"), TIMES)),
    };
    Ok(Read { cells, bad })
}

const NUMBERS: &str = "numbers; cast the column to float64, or leave it out";
const TIMES: &str =
    "timestamps, text in RFC 3339 with a zone, or seconds or milliseconds since 1970";
const EPOCH: &str = "seconds or milliseconds since 1970; convert finer units to milliseconds";
const TEXT: &str =
    "RFC 3339 with a zone, such as 2026-01-31T12:00:00Z, or seconds or milliseconds since 1970";
const FAR_OFF: &str = "a time between the years -1199 and 5138";

/// Reads the values in `column`, described by `field`; a missing value is NaN. `path` names the column.
pub(crate) fn values(column: &ArrayRef, field: &Field, path: &str) -> Result<Read<f64>, Exception> {
    refuse_extension(field, path, NUMBERS)?;
    let name = field.name();
    let broken = |error: arrow_schema::ArrowError| Exception::data(path, error, "numbers");
    let kind = column.data_type();
    let number = kind.is_integer() || kind.is_floating() || *kind == DataType::Null;
    let mut bad = Vec::new();
    let cells: ScalarBuffer<f64> = if number {
        let numbers = arrow_cast::cast(column, &DataType::Float64).map_err(broken)?;
        let numbers = numbers.as_primitive::<Float64Type>();
        if numbers.null_count() == 0 {
            numbers.values().clone()
        } else {
            numbers.iter().map(|value| value.unwrap_or(f64::NAN)).collect()
        }
    } else if kind.is_string() {
        let texts = arrow_cast::cast(column, &DataType::Utf8View).map_err(broken)?;
        let read = texts.as_string_view().iter().enumerate().map(|(row, text)| {
            let text = text.unwrap_or_default().trim_ascii();
            number::parse(text).unwrap_or_else(|| {
                let expected = number::EXPECTED.to_owned();
                bad.push(UnreadCell { row, column: name.clone(), got: quote(text), expected });
                f64::NAN
            })
        });
        read.collect()
    } else {
        return Err(Exception::data(path, format!("type {kind}"), NUMBERS));
    };
    Ok(Read { cells, bad })
}

fn quote(text: &str) -> String {
    format!("{:?}", text.chars().take(LONGEST_VALUE).collect::<String>())
}

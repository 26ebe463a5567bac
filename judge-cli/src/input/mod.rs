//! From files to a request that can be judged.

mod align;
mod column;
mod csv_table;
mod error;
mod healthy;
mod judged;
mod number;
mod prometheus;
mod request;
mod series_file;
mod side;
mod source;
mod time;

pub(crate) use column::read as read_column;
pub(crate) use error::{InputError, InputProblem};
pub(crate) use healthy::{CalibrateParts, calibrate_parts};
pub(crate) use judged::{Judged, read as read_judged};
pub(crate) use request::{Overrides, Parts, Prepared, from_parts, from_request};
pub(crate) use source::Source;

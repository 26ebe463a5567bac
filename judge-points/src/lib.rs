//! Reads points from files: timestamps, values, tables, and Prometheus responses.
//!
//! All commands share these rules, so `judge run` and `judge retro` read the same text alike. A gap is NaN. Times are
//! milliseconds since the Unix epoch.
//!
//! ```
//! use judge_points::{number, time};
//!
//! assert_eq!(time::parse("2026-11-20T14:00:00Z")?, 1_795_183_200_000);
//! assert_eq!(number::parse("12.5"), Some(12.5));
//! assert!(number::parse("").is_some_and(f64::is_nan));
//! # Ok::<(), judge_points::time::TimeError>(())
//! ```

pub mod csv_reader;
pub mod dialect;
pub mod number;
pub mod prometheus;
pub mod table;
pub mod time;

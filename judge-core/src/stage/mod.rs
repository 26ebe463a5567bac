//! The life of a canary: the points that each interval is judged on, and the outcome, as in Spinnaker's canary stage.
//!
//! All times are milliseconds since the Unix epoch, so time zones and daylight saving have no effect.
//! Unix time repeats or smears a leap second; no window is longer or shorter for it. A span contains its
//! start but not its end, so adjacent windows share no point.
//!
//! Source: `RunCanaryIntervalsStage.kt` of Spinnaker's orca. Where this differs from it:
//!
//! - Spinnaker counts whole minutes; this module counts milliseconds.
//! - Spinnaker shortens an interval that is longer than the lifetime; here it is an error.
//! - With an end time, Spinnaker waits for the warm-up but judges its points all the same. Here the
//!   warm-up is never judged, unless a sliding lookback reaches into it, as in Spinnaker.

mod cause;
mod error;
mod length;
mod options;
mod rule;
#[cfg(test)]
mod tests;
mod windows;

pub use cause::{because_line, because_of};
pub use error::WindowError;
pub use length::show as show_length;
pub use options::{Lifetime, Lookback, WindowOptions};
pub use rule::{Stage, StageRule};
pub use windows::{TimeSpan, Window, Windows};

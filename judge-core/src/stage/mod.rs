//! A canary's life: which points each interval is judged on, and what becomes of it, as Spinnaker's canary stage
//! has it.
//!
//! All times are milliseconds since the Unix epoch, so neither time zones nor daylight saving play a
//! part; Unix time repeats or smears a leap second, and no window is longer or shorter for it. A span
//! of time holds its start and not its end, so that windows that follow each other share no point.
//!
//! Source: `RunCanaryIntervalsStage.kt` of Spinnaker's orca. Where this differs from it:
//!
//! - Spinnaker reckons in whole minutes; here it is milliseconds.
//! - An interval longer than the lifetime is cut to it there and refused here.
//! - Given an end time, Spinnaker waits for the warm-up but judges its points all the same. Here the
//!   warm-up is never judged, unless a sliding lookback reaches into it, as it can there.

mod cause;
mod error;
mod length;
mod options;
mod rule;
#[cfg(test)]
mod tests;
mod windows;

pub use cause::because_of;
pub use error::WindowError;
pub use length::show as show_length;
pub use options::{Lifetime, Lookback, WindowOptions};
pub use rule::{Stage, StageRule};
pub use windows::{TimeSpan, Window, Windows};

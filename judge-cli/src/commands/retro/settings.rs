//! The settings that an output depends on.

use std::fs;
use std::time::UNIX_EPOCH;

use judge_retro::{ReleaseHistory, Replay};
use serde_json::{Value, json};

use super::frame::OutputChoice;
use crate::args::RetroArgs;
use crate::input::Judging;

/// Everything that the output of a run depends on, by names for people.
pub(super) fn settings(
    args: &RetroArgs,
    judging: &Judging,
    replay: &Replay,
    history: &ReleaseHistory,
    wanted: OutputChoice,
) -> Value {
    let files: Vec<Value> = history
        .files()
        .map(|(path, bytes)| {
            let modified = fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
            let since = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
            let millis = since.map(|since| since.as_millis().to_string());
            json!([path.display().to_string(), bytes, millis])
        })
        .collect();
    let mut settings = json!({
        "the version of judge": env!("CARGO_PKG_VERSION"),
        "--format": format!("{wanted:?}"),
        "the config": judging.document,
        "--judge": replay.judge.name(),
        "--pass": replay.thresholds.pass(),
        "--marginal": replay.thresholds.marginal(),
        "--time-zone": format!("{:?}", args.zone.time_zone),
        "--stage-rule": format!("{:?}", replay.rule),
        "--all-intervals": args.all_intervals,
        "--report": args.report.as_ref().map(|folder| folder.display().to_string()),
        "how the history is read": format!("{:?}", args.reading),
        "the files of the history": files,
    });
    for (option, value) in args.windows.settings() {
        settings[option] = value.into();
    }
    settings
}

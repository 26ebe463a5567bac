//! `judge calibrate`.

use std::path::PathBuf;

use super::common::{ConfigArgs, ListFormat, Overrides, ZoneArgs, source};
#[cfg(feature = "retro")]
use super::retro::{READING, ReadingArgs};
#[cfg(feature = "retro")]
use super::windows::duration;
use crate::input::InputSource;

const EXAMPLES: &str = "\
Examples:
  judge calibrate --config canary.json --history monday.csv tuesday.csv
  judge calibrate -c canary.json --history pod-1.csv pod-2.csv --change 10%
  judge calibrate -c canary.json --history old/ --minutes 15,60,240 -f json
  judge calibrate -c canary.json --history pods/*.csv --propose -o proposed.json
  judge calibrate -c canary.json --history pods/*.csv --minutes 60 --looks 6
  judge calibrate -c canary.json --releases 'good/*.parquet' --with-canaries";

const DETAILS: &str = "\
Each history path is one healthy instance, in any format of judge run. Instances
that ran at the same time are compared with each other. Without such instances,
each instance is compared with itself later, block by block; changes over the day
then count as differences.

--releases uses the baselines of recorded releases. --with-canaries also uses
their canaries, if all these releases were good.

False alarms are counted on pairs of healthy windows. Then changes are added to
one side of each pair. The smallest change found is the smallest one that is
found as often as --power requires. Brackets are 95 % intervals, which cover the
errors of a finite number of pairs and of a finite history.
docs/calibration.md describes the method.

--looks judges growing windows of the longest --minutes at evenly spaced looks.
It shows how many healthy canaries fail at some look. It also shows how many
canaries fail, and when, if all their metrics change by half of --change, by
--change, or by twice --change. Planned looks share one significance level; each
uncorrected look has all of it.

--propose writes the config with an allowance for each metric in which healthy
instances differ: effectSize.allowedIncrease and .allowedDecrease, or
minimumAbsolute if a metric is not above 0. The allowances hold back at most
--false-alarms of healthy canaries. Nothing else in the config changes. A table
of the costs goes to stderr, or to stdout with --output. With --format json, one
document contains the table and the config.

Exit codes:
  0  calibrated
  1  any other error, such as a full disk
  2  bad usage or bad input";

/// Drops the parts of a text about releases in a build that cannot read them.
fn of_this_build(text: &str, between: &str) -> String {
    let is_kept = |part: &&str| cfg!(feature = "retro") || !part.contains("--releases");
    text.split(between).filter(is_kept).collect::<Vec<_>>().join(between)
}

#[derive(Debug, clap::Args)]
#[command(before_help = of_this_build(EXAMPLES, "\n"), after_help = of_this_build(DETAILS, "\n\n"))]
pub(crate) struct CalibrateArgs {
    #[command(flatten)]
    pub(crate) judged: ConfigArgs,
    /// Series of healthy instances: one file or directory per instance.
    #[arg(long, num_args = 1.., value_name = "PATH", value_parser = source())]
    #[cfg_attr(feature = "retro", arg(
        required_unless_present = "releases",
        conflicts_with_all = ["releases", "with_canaries", "step", READING],
    ))]
    #[cfg_attr(not(feature = "retro"), arg(required = true))]
    pub(crate) history: Vec<InputSource>,
    /// Recorded releases as judge retro reads them; uses their baselines.
    #[cfg(feature = "retro")]
    #[arg(long, num_args = 1.., value_name = "PATH")]
    pub(crate) releases: Vec<PathBuf>,
    /// Recorded releases, which this build cannot read.
    #[cfg(not(feature = "retro"))]
    #[arg(
        long,
        num_args = 1..,
        value_name = "PATH",
        value_parser = super::left_out::releases,
        hide = true,
        allow_hyphen_values = true
    )]
    pub(crate) releases: Vec<PathBuf>,
    /// The canaries of the releases were good: compare them with their baselines.
    #[cfg(feature = "retro")]
    #[arg(long, requires = "releases")]
    pub(crate) with_canaries: bool,
    /// Step of the grid for points of releases [default: each release's own]
    #[cfg(feature = "retro")]
    #[arg(long, value_name = "TIME", value_parser = duration, allow_hyphen_values = true, requires = "releases")]
    pub(crate) step: Option<std::time::Duration>,
    #[cfg(feature = "retro")]
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    /// Lengths of the judged window, in minutes [with --propose: one length, 30 by default]
    #[arg(
        long,
        value_delimiter = ',',
        value_name = "MINUTES",
        allow_hyphen_values = true,
        default_value = "10,20,30,60",
        default_value_if("propose", "true", "30")
    )]
    pub(crate) minutes: Vec<f64>,
    /// The change that you want to detect, such as 20% or 0.2.
    #[arg(long, value_name = "CHANGE", default_value = "20%", value_parser = change, allow_hyphen_values = true, conflicts_with = "propose")]
    pub(crate) change: f64,
    /// Share of pairs in which a change must be found, above 0 and below 1.
    #[arg(long, value_name = "SHARE", default_value_t = 0.8, allow_hyphen_values = true)]
    pub(crate) power: f64,
    /// Pairs of windows to judge for each figure, 10 to 100000 [with --propose: 1000]
    #[arg(
        long,
        value_name = "N",
        default_value_t = 200,
        default_value_if("propose", "true", "1000")
    )]
    pub(crate) pairs: usize,
    /// Seed of the random pairs; the same seed gives the same figures.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Compare this many looks at a canary with one look at its end: false alarms, power and time to detection.
    #[arg(long, value_name = "N", conflicts_with = "propose")]
    pub(crate) looks: Option<u32>,
    /// Write the config with allowances for the differences of healthy instances.
    #[arg(long)]
    pub(crate) propose: bool,
    /// The largest share of healthy canaries that the proposed config may hold back, such as 1%.
    #[arg(long, value_name = "SHARE", default_value = "1%", value_parser = false_alarms, allow_hyphen_values = true, requires = "propose")]
    pub(crate) false_alarms: f64,
    /// Propose no larger allowance than this, such as 100%.
    #[arg(long, value_name = "CHANGE", default_value = "100%", value_parser = change, allow_hyphen_values = true, requires = "propose")]
    pub(crate) largest: f64,
    #[command(flatten)]
    pub(crate) zone: ZoneArgs,
    #[command(flatten)]
    pub(crate) overrides: Overrides,
    /// Number of threads, 1 to 1024 [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// Output format.
    #[arg(long, short, value_enum, default_value_t)]
    pub(crate) format: ListFormat,
    /// Write the figures or the proposed config to this file, atomically; - is stdout.
    #[arg(long, short, value_name = "FILE", default_value = "-")]
    pub(crate) output: PathBuf,
}

/// Parses a share of at most a half, or percent.
fn false_alarms(text: &str) -> Result<f64, String> {
    change(text)
        .ok()
        .filter(|share| *share <= 0.5)
        .ok_or_else(|| "expected a share above 0 and at most 50%, such as 1% or 0.01".to_owned())
}

/// Parses a share, or percent.
fn change(text: &str) -> Result<f64, String> {
    let (number, unit) = text.strip_suffix('%').map_or((text, 1.0), |number| (number, 100.0));
    match number.trim().parse::<f64>() {
        Ok(number) if number > 0.0 && number.is_finite() => Ok(number / unit),
        _ => Err("expected a change above 0, such as 20% or 0.2".to_owned()),
    }
}

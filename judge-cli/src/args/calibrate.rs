//! `judge calibrate`.

use std::path::PathBuf;

use super::common::{ListFormat, Overrides, source};
#[cfg(feature = "retro")]
use super::retro::{READING, ReadingArgs};
use crate::input::Source;

const EXAMPLES: &str = "\
Examples:
  judge calibrate --config canary.json --history monday.csv tuesday.csv
  judge calibrate -c canary.json --history pod-1.csv pod-2.csv --change 10%
  judge calibrate -c canary.json --history old/ --minutes 15,60,240 -f json
  judge calibrate -c canary.json --history pods/*.csv --propose -o proposed.json
  judge calibrate -c canary.json --releases 'good/*.parquet' --with-canaries";

const DETAILS: &str = "\
Each history is one healthy instance, in any form that judge run takes for a
side. Those of the same time ran side by side and are compared with each other;
where there are none, each is compared with itself later, block by block, so
that what changes with the time of day counts as a difference.

--releases takes the baselines out of a history of releases, each with its own
time; --with-canaries, for releases that were good, their canaries too.

False alarms are counted on pairs of healthy windows. The smallest change found
is the smallest that is found as often as --power says when it is put into one
side of them. Brackets hold 95 % intervals, for the error of judging so many
pairs and of history that is so long. docs/calibration.md has the method.

--propose writes the config back with an allowance for each metric that healthy
instances differ in, as effectSize.allowedIncrease and .allowedDecrease, or as
minimumAbsolute where a metric is not above 0, so that at most --false-alarms of
healthy canaries are held back. All else in the config stays as it is. The table
of what that costs goes to stderr, to stdout with --output, and with --format
json into one document with the config.

Exit codes:
  0  calibrated
  1  anything not named here, such as a full disk
  2  bad usage or bad input";

#[derive(Debug, clap::Args)]
#[command(before_help = EXAMPLES, after_help = DETAILS)]
pub(crate) struct CalibrateArgs {
    /// The canary config (Kayenta's JSON); - is stdin.
    #[arg(long, short, value_name = "FILE", value_parser = source())]
    pub(crate) config: Source,
    /// Series of healthy instances: a file or a directory an instance.
    #[arg(long, num_args = 1.., value_name = "PATH", value_parser = source())]
    #[cfg_attr(feature = "retro", arg(
        required_unless_present = "releases",
        conflicts_with_all = ["releases", "with_canaries", "step", READING],
    ))]
    #[cfg_attr(not(feature = "retro"), arg(required = true))]
    pub(crate) history: Vec<Source>,
    /// Recorded releases as judge retro reads them; their baselines are taken.
    #[cfg(feature = "retro")]
    #[arg(long, num_args = 1.., value_name = "PATH")]
    pub(crate) releases: Vec<PathBuf>,
    /// The canaries of the releases were good: they are compared with their baselines.
    #[cfg(feature = "retro")]
    #[arg(long, requires = "releases")]
    pub(crate) with_canaries: bool,
    /// The step that points of releases are put on [default: each release's own]
    #[cfg(feature = "retro")]
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, requires = "releases")]
    pub(crate) step: Option<std::time::Duration>,
    #[cfg(feature = "retro")]
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    /// Minutes of metrics that a judgement sees, in as many lengths as you like [with --propose: one,
    /// 30 unless given]
    #[arg(
        long,
        value_delimiter = ',',
        value_name = "MINUTES",
        default_value = "10,20,30,60",
        default_value_if("propose", "true", "30")
    )]
    pub(crate) minutes: Vec<f64>,
    /// The change that should be found, such as 20% or 0.2.
    #[arg(long, value_name = "CHANGE", default_value = "20%", value_parser = change, conflicts_with = "propose")]
    pub(crate) change: f64,
    /// How often a change must be found to count as found, above 0 and below 1.
    #[arg(long, value_name = "SHARE", default_value_t = 0.8)]
    pub(crate) power: f64,
    /// Pairs of windows that are judged for each figure, 10 to 100000 [with --propose: 1000]
    #[arg(
        long,
        value_name = "N",
        default_value_t = 200,
        default_value_if("propose", "true", "1000")
    )]
    pub(crate) pairs: usize,
    /// What the pairs are drawn from; the same seed gives the same figures.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Write the config back, with allowances for what healthy instances differ by.
    #[arg(long)]
    pub(crate) propose: bool,
    /// The largest share of healthy canaries that the proposed config may hold back, such as 1%.
    #[arg(long, value_name = "SHARE", default_value = "1%", value_parser = false_alarms, requires = "propose")]
    pub(crate) false_alarms: f64,
    /// Propose no larger allowance than this, such as 100%.
    #[arg(long, value_name = "CHANGE", default_value = "100%", value_parser = change, requires = "propose")]
    pub(crate) largest: f64,
    #[command(flatten)]
    pub(crate) overrides: Overrides,
    /// Threads that judge, 1 to 1024 [default: one a core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// How to show the figures.
    #[arg(long, short, value_enum, default_value_t)]
    pub(crate) format: ListFormat,
    /// Write the figures, or the proposed config, here, complete or not at all; - is stdout.
    #[arg(long, short, value_name = "FILE", default_value = "-")]
    pub(crate) output: PathBuf,
}

/// A share of at most a half, or percent.
fn false_alarms(text: &str) -> Result<f64, String> {
    change(text)
        .ok()
        .filter(|share| *share <= 0.5)
        .ok_or_else(|| "expected a share above 0 and at most 50%, such as 1% or 0.01".to_owned())
}

/// A share, or percent.
fn change(text: &str) -> Result<f64, String> {
    let (number, unit) = text.strip_suffix('%').map_or((text, 1.0), |number| (number, 100.0));
    match number.trim().parse::<f64>() {
        Ok(number) if number > 0.0 && number.is_finite() => Ok(number / unit),
        _ => Err("allowed is a change above 0, such as 20% or 0.2".to_owned()),
    }
}

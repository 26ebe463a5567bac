//! The options of the command line.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use judge_core::config::Direction;
use judge_core::config::evidence::{
    AcrossMetrics, EvidenceConfig, Fraction, SettingWord, Spending,
};
use judge_core::stats::ConfidenceLevel;
use judge_scenarios::random::Random;

/// Offset of the seeds on which parameters may be tuned.
const TUNING: u64 = 1_000_000;
/// Offset of the seeds on which results are only reported.
const HELD_BACK: u64 = 500_000_000;
/// Fewest points a side; judges treat fewer points as missing data.
const FEWEST_POINTS: usize = 5;

pub(crate) struct Options {
    pub(crate) what: String,
    pub(crate) base: u64,
    pub(crate) repeats: u64,
    /// Points a side; empty for the defaults of the measurement.
    points: Vec<usize>,
    /// Looks at each canary; empty for the defaults of the measurement.
    looks: Vec<u32>,
    pub(crate) file: Option<String>,
    pub(crate) folder: Option<PathBuf>,
    pub(crate) direction: Direction,
    pub(crate) json: bool,
    /// Whether to look at canaries after every point, without a plan.
    pub(crate) every_point: bool,
    pub(crate) show: Option<String>,
    pub(crate) evidence: EvidenceConfig,
}

impl Options {
    /// # Errors
    /// If an option is unknown, lacks its value, or has an invalid one.
    pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Result<Self> {
        let mut options = Self {
            what: "families".to_owned(),
            base: TUNING,
            repeats: 200,
            points: Vec::new(),
            looks: Vec::new(),
            file: None,
            folder: None,
            direction: Direction::Increase,
            json: false,
            every_point: false,
            show: None,
            evidence: EvidenceConfig::default(),
        };
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            let mut value = || {
                arguments.next().with_context(|| format!("{argument}: expected a value, got none"))
            };
            match argument.as_str() {
                "--held-back" => options.base = HELD_BACK,
                "--repeats" => options.repeats = value()?.parse()?,
                "--points" => options.points = sizes(&value()?)?,
                "--file" => options.file = Some(value()?),
                "--folder" => options.folder = Some(value()?.into()),
                "--direction" => options.direction = direction(&value()?)?,
                "--json" => options.json = true,
                "--every-point" => options.every_point = true,
                "--show" => options.show = Some(value()?),
                "--confidence" => {
                    let confidence = ConfidenceLevel::new(value()?.parse()?);
                    options.evidence.confidence = confidence.map_err(|p| anyhow::anyhow!("{p}"))?;
                }
                "--looks" => {
                    let looks = value()?;
                    let looks: Result<Vec<u32>, _> = looks.split(',').map(str::parse).collect();
                    options.looks = looks?;
                }
                "--spending" => {
                    let word = value()?;
                    let spending = Spending::from_word(&word);
                    options.evidence.spending = spending
                        .with_context(|| format!("--spending: {}", Spending::expected()))?;
                }
                "--early-pass" => {
                    let share = Fraction::new(value()?.parse()?);
                    let share = share.map_err(|p| anyhow::anyhow!("--early-pass: {p}"))?;
                    options.evidence.early_pass = Some(share);
                }
                "--holm" => options.evidence.across_metrics = AcrossMetrics::Holm,
                word if word.starts_with('-') => bail!(
                    "expected --held-back, --repeats, --points, --file, --folder, --direction, --json, \
                     --show, --looks, --every-point, --spending, --early-pass, --confidence or --holm, got {word}"
                ),
                word => word.clone_into(&mut options.what),
            }
        }
        Ok(options)
    }

    /// Numbers of points a side: from the command line, or `defaults`.
    pub(crate) fn sizes(&self, defaults: &[usize]) -> Vec<usize> {
        if self.points.is_empty() { defaults.to_vec() } else { self.points.clone() }
    }

    /// Numbers of looks: from the command line, or `defaults`.
    pub(crate) fn looks_or(&self, defaults: &[u32]) -> Vec<u32> {
        if self.looks.is_empty() { defaults.to_vec() } else { self.looks.clone() }
    }

    /// One number of points a side, drawn if several are possible.
    pub(crate) fn size(&self, defaults: &[usize], random: &mut Random) -> usize {
        match self.points.as_slice() {
            [] => *random.pick(defaults),
            [one] => *one,
            several => *random.pick(several),
        }
    }

    /// Name of the seeds.
    pub(crate) fn seeds(&self) -> &'static str {
        if self.base == HELD_BACK { "held-back" } else { "tuning" }
    }
}

fn sizes(text: &str) -> Result<Vec<usize>> {
    let size = |word: &str| word.trim().parse().ok().filter(|points| *points >= FEWEST_POINTS);
    text.split(',').map(size).collect::<Option<Vec<usize>>>().with_context(|| {
        format!(
            "--points: expected whole numbers from {FEWEST_POINTS}, such as 15,30,60, got {text:?}"
        )
    })
}

fn direction(text: &str) -> Result<Direction> {
    match text {
        "increase" => Ok(Direction::Increase),
        "either" => Ok(Direction::Either),
        other => bail!("--direction: expected increase or either, got {other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options> {
        Options::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn options_are_parsed() {
        let options = parse("real --folder d --points 15,240 --direction either --json").unwrap();
        assert_eq!((options.what.as_str(), options.folder), ("real", Some(PathBuf::from("d"))));
        assert_eq!((options.points, options.direction), (vec![15, 240], Direction::Either));
        assert!(options.json);
        let usual = parse("propose --held-back").unwrap();
        assert_eq!((usual.sizes(&[7]), usual.direction), (vec![7], Direction::Increase));
        assert_eq!(usual.seeds(), "held-back");
    }

    #[test]
    fn invalid_options_are_refused() {
        let cases = [
            ("real --folder", "--folder: expected a value, got none"),
            (
                "real --points 15,x",
                "--points: expected whole numbers from 5, such as 15,30,60, got \"15,x\"",
            ),
            (
                "real --points 4",
                "--points: expected whole numbers from 5, such as 15,30,60, got \"4\"",
            ),
            ("real --direction down", "--direction: expected increase or either, got \"down\""),
        ];
        for (line, message) in cases {
            assert_eq!(parse(line).err().unwrap().to_string(), message);
        }
        assert!(parse("--fodler d").err().unwrap().to_string().ends_with("got --fodler"));
    }
}

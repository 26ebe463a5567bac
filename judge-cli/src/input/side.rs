//! The series of one side, by metric.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use judge_core::CanaryConfig;
use judge_points::time::TimeZone;
use judge_replay::{SeriesFile, TimedSeries, align};
use judge_sources::Found;

use super::csv_table::{self, CsvSeries};
use super::error::{InputError, InputProblem};
use super::prometheus;
use super::source::InputSource;

/// The series of one side.
#[derive(Debug, Default)]
pub(crate) struct SideSeries {
    /// The series of each metric of the config.
    pub(crate) by_metric: BTreeMap<String, Vec<Found>>,
    /// Names of series without a metric in the config.
    pub(crate) ignored: Vec<String>,
    /// Messages for people.
    pub(crate) warnings: Vec<String>,
}

/// Reads the series of `source` for the metrics of `config`. `zone` is the time zone of times without one.
pub(crate) fn read(
    source: &InputSource,
    config: &CanaryConfig,
    zone: Option<&TimeZone>,
) -> Result<SideSeries, InputError> {
    let wanted: BTreeSet<&str> = config.metrics.iter().map(|metric| metric.name.as_str()).collect();
    let mut ignored = Vec::new();
    let mut warnings = Vec::new();
    let files = match source {
        InputSource::Path(path) if path.is_dir() => {
            read_directory(path, &wanted, zone, &mut ignored)?
        }
        _ => {
            let (file, renamed) = read_file(source, &wanted, zone, &mut ignored)?;
            warnings.extend(renamed);
            vec![file]
        }
    };
    let named = |series: &TimedSeries| {
        let name = series.name.clone().unwrap_or_else(|| series.labels.clone());
        (name, series.tags.clone())
    };
    let names: Vec<_> = files.iter().flat_map(|file| &file.series).map(named).collect();
    let aligned = align(&files);
    warnings.extend(aligned.warnings);
    let mut side = SideSeries { warnings, ..SideSeries::default() };
    if names.is_empty() && ignored.is_empty() {
        side.warnings.push(format!("{source}: an empty result; no metric has data on this side"));
    }
    for ((name, labels), series) in names.into_iter().zip(aligned.files.into_iter().flatten()) {
        if wanted.contains(name.as_str()) {
            side.by_metric.entry(name).or_default().push(Found { labels, series });
        } else if !ignored.contains(&name) {
            ignored.push(name);
        }
    }
    if side.by_metric.is_empty() && !ignored.is_empty() && !wanted.is_empty() {
        let found = join_names(ignored.iter().map(String::as_str));
        let wanted = join_names(wanted.iter().copied());
        return Err(source.error(InputProblem::NothingOfConfig { found, wanted }));
    }
    if !ignored.is_empty() {
        let names = join_names(ignored.iter().map(String::as_str));
        side.warnings.push(format!("{source}: ignored, not in the config: {names}"));
    }
    side.ignored = ignored;
    Ok(side)
}

/// Reads a file whose series have names. The second value warns if its only series has a name that is not the metric's.
fn read_file(
    source: &InputSource,
    wanted: &BTreeSet<&str>,
    zone: Option<&TimeZone>,
    ignored: &mut Vec<String>,
) -> Result<(SeriesFile, Option<String>), InputError> {
    let CsvSeries { mut series, mut left_out } = read_series(source, wanted, zone)?;
    ignored.append(&mut left_out);
    let is_metric =
        |one: &TimedSeries| one.name.as_deref().is_some_and(|name| wanted.contains(name));
    // The only metric of a config needs no name.
    let is_one = series.len() == 1 || series.iter().all(|one| one.name.is_none());
    let mut renamed = None;
    if is_one && !series.iter().any(is_metric) {
        match (wanted.first(), series.iter().find(|one| one.name.is_none())) {
            (Some(&metric), _) if wanted.len() == 1 => {
                for one in &mut series {
                    let name = one.name.replace(metric.to_owned());
                    // A column called `value` names no metric.
                    renamed = name.filter(|name| !name.eq_ignore_ascii_case("value")).map(|name| {
                        format!(
                            "{source}: the series {name:?} is taken as {metric}, the only metric of the config"
                        )
                    });
                }
            }
            (Some(&example), Some(unnamed)) => {
                let (labels, example) = (unnamed.labels.clone(), example.to_owned());
                return Err(source.error(InputProblem::UnnamedSeries { labels, example }));
            }
            _ => {}
        }
    }
    Ok((SeriesFile { origin: source.to_string(), series }, renamed))
}

/// Reads the files of a directory. The name of a file is the metric of its only series.
fn read_directory(
    directory: &Path,
    wanted: &BTreeSet<&str>,
    zone: Option<&TimeZone>,
    ignored: &mut Vec<String>,
) -> Result<Vec<SeriesFile>, InputError> {
    let mut files: BTreeMap<String, (InputSource, SeriesFile)> = BTreeMap::new();
    let paths = series_paths(directory)?;
    if paths.is_empty() {
        return Err(InputSource::Path(directory.to_owned()).error(InputProblem::NoFiles));
    }
    for path in paths {
        let Some(metric) = path.file_stem().and_then(|stem| stem.to_str()).map(str::to_owned)
        else {
            ignored.push(path.display().to_string());
            continue;
        };
        if !wanted.contains(metric.as_str()) {
            ignored.push(metric);
            continue;
        }
        let source = InputSource::Path(path);
        // The file names the metric, so its columns may have any names.
        let CsvSeries { mut series, .. } =
            read_series(&source, &BTreeSet::from([metric.as_str()]), zone)?;
        if series.len() > 1 && series.iter().any(|one| one.tags.is_empty()) {
            let labels = join_names(series.iter().map(|series| series.labels.as_str()));
            let count = series.len();
            return Err(source.error(InputProblem::SeveralInDirectory { count, labels }));
        }
        if series.is_empty() {
            series.push(TimedSeries::without_points());
        }
        for series in &mut series {
            series.name = Some(metric.clone());
        }
        let file = SeriesFile { origin: source.to_string(), series };
        if let Some((first, _)) = files.get(&metric) {
            let (first, second) = (first.to_string(), source.to_string());
            return Err(InputSource::Path(directory.to_owned())
                .error(InputProblem::SameMetric(first, second, metric)));
        }
        files.insert(metric, (source, file));
    }
    Ok(files.into_values().map(|(_, file)| file).collect())
}

/// The `.csv` and `.json` files in `directory` in order of name.
fn series_paths(directory: &Path) -> Result<Vec<PathBuf>, InputError> {
    let error = |error| InputSource::Path(directory.to_owned()).error(InputProblem::Io(error));
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory).map_err(error)? {
        let path = entry.map_err(error)?.path();
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        let series = path.extension().is_some_and(|extension| {
            extension.eq_ignore_ascii_case("csv") || extension.eq_ignore_ascii_case("json")
        });
        if series && !hidden && !path.is_dir() {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn read_series(
    source: &InputSource,
    wanted: &BTreeSet<&str>,
    zone: Option<&TimeZone>,
) -> Result<CsvSeries, InputError> {
    parse_series(&source.read()?, wanted, zone).map_err(|problem| source.error(problem))
}

/// Parses series in any format. Columns of a table other than `wanted` may contain text.
pub(super) fn parse_series(
    bytes: &[u8],
    wanted: &BTreeSet<&str>,
    zone: Option<&TimeZone>,
) -> Result<CsvSeries, InputProblem> {
    match bytes.trim_ascii_start().first() {
        Some(b'{') => Ok(CsvSeries { series: prometheus::read(bytes)?, left_out: Vec::new() }),
        Some(b'[') => Err(InputProblem::JsonList),
        _ => Ok(csv_table::read(bytes, wanted, zone)?),
    }
}

/// Largest number of names in a message.
pub(crate) const MOST_NAMES: usize = 10;

/// Joins the first names for a message.
pub(crate) fn join_names<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut names: Vec<&str> = names.take(MOST_NAMES + 1).collect();
    if names.len() > MOST_NAMES {
        names[MOST_NAMES] = "...";
    }
    names.join(", ")
}

#[cfg(test)]
mod tests;

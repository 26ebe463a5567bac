//! Groups healthy instances that ran at the same time, on one grid.

use std::collections::BTreeMap;

use judge_core::Series;

use crate::error::CalibrateError;
use crate::history::{Instance, Recording};

/// An instance with its times.
#[derive(Debug, Clone, PartialEq)]
pub struct TimedInstance {
    /// The instance, for messages.
    pub name: String,
    /// Time of its first point, in milliseconds since the Unix epoch.
    pub start_millis: i64,
    /// Time between two of its points, in milliseconds.
    pub step_millis: u64,
    /// Number of points of its longest series.
    pub points: usize,
    /// Its series.
    pub by_metric: BTreeMap<String, Series>,
}

/// Concurrent instances, and their common steps counted from the start of the first one.
struct ConcurrentInstances {
    instances: Vec<(i64, TimedInstance)>,
    from: i64,
    to: i64,
}

/// Recordings, and what was cut off.
#[derive(Debug, Clone, PartialEq)]
pub struct Recordings {
    /// The recordings.
    pub recordings: Vec<Recording>,
    /// Messages for people, one per recording that is shorter than one of its instances.
    pub cut: Vec<String>,
}

/// Groups instances that ran at the same time, so that their times overlap by at least half of the shorter one. Each
/// group is cut to its common time.
///
/// # Errors
/// If two series of an instance differ in length.
pub fn recordings(
    mut instances: Vec<TimedInstance>,
    step_millis: u64,
) -> Result<Recordings, CalibrateError> {
    instances.sort_by_key(|instance| instance.start_millis);
    let mut groups: Vec<ConcurrentInstances> = Vec::new();
    for instance in instances {
        let length = i64::try_from(instance.points).unwrap_or(i64::MAX);
        let joined = groups.iter_mut().find_map(|group| {
            let (_, first) = group.instances.first()?;
            let late = instance.start_millis.saturating_sub(first.start_millis);
            let offset = late / i64::try_from(step_millis).unwrap_or(i64::MAX).max(1);
            let (from, to) = (group.from.max(offset), group.to.min(offset.saturating_add(length)));
            let shorter = length.min(group.to - group.from);
            (2 * (to - from) >= shorter && to > from).then_some((group, offset, from, to))
        });
        match joined {
            Some((group, offset, from, to)) => {
                (group.from, group.to) = (from, to);
                group.instances.push((offset, instance));
            }
            None => groups.push(ConcurrentInstances {
                instances: vec![(0, instance)],
                from: 0,
                to: length,
            }),
        }
    }
    let cut = groups.iter().filter_map(ConcurrentInstances::cut).collect();
    let recordings = groups.into_iter().map(recording).collect::<Result<_, _>>()?;
    Ok(Recordings { recordings, cut })
}

impl ConcurrentInstances {
    fn name(&self) -> String {
        let names: Vec<&str> = self.instances.iter().map(|(_, one)| one.name.as_str()).collect();
        names.join(" and ")
    }

    /// Message about the part that is cut off the longest instance, if any.
    fn cut(&self) -> Option<String> {
        let common = usize::try_from(self.to - self.from).unwrap_or_default();
        let (_, longest) = self.instances.iter().max_by_key(|(_, one)| one.points)?;
        (longest.points > common).then(|| {
            format!(
                "{}: cut to the {common} steps that all have; {} has {}",
                self.name(),
                longest.name,
                longest.points
            )
        })
    }
}

/// Puts the instances on their common time, with gaps for missing points.
fn recording(group: ConcurrentInstances) -> Result<Recording, CalibrateError> {
    let name = group.name();
    let ConcurrentInstances { instances, from, to } = group;
    let cut = |offset: i64, series: &Series| -> Vec<f64> {
        let at = |step: i64| usize::try_from(step - offset).ok();
        (from..to)
            .map(|step| at(step).and_then(|at| series.values.get(at)).copied().unwrap_or(f64::NAN))
            .collect()
    };
    let cut_all = |(offset, instance): &(i64, TimedInstance)| -> Instance {
        let series = instance.by_metric.iter();
        series.map(|(metric, series)| (metric.clone(), cut(*offset, series))).collect()
    };
    let cut: Vec<Instance> = instances.iter().map(cut_all).collect();
    Recording::new(name, cut)
}

#[cfg(test)]
mod tests {
    use judge_core::Clock;

    use super::*;

    fn instance(name: &str, start_millis: i64, values: &[f64]) -> TimedInstance {
        let clock = Clock::new(start_millis, 1000).ok();
        let series = Series { values: values.to_vec(), clock };
        TimedInstance {
            name: name.to_owned(),
            start_millis,
            step_millis: 1000,
            points: values.len(),
            by_metric: [("m".to_owned(), series)].into(),
        }
    }

    #[test]
    fn instances_of_one_time_are_cut_to_what_all_have() {
        let early = instance("a", 0, &[0.0, 1.0, 2.0, 3.0]);
        let late = instance("b", 1400, &[11.0, 12.0, 13.0, 14.0]);
        let apart = instance("c", 60_000, &[5.0]);
        let Recordings { recordings, cut } = recordings(vec![apart, late, early], 1000).unwrap();
        assert_eq!(cut, ["a and b: cut to the 3 steps that all have; b has 4"]);
        let names: Vec<&str> = recordings.iter().map(Recording::name).collect();
        assert_eq!(names, ["a and b", "c"]);
        let series: Vec<&[f64]> =
            recordings[0].instances().iter().map(|instance| &*instance["m"]).collect();
        assert_eq!(series, [[1.0, 2.0, 3.0], [11.0, 12.0, 13.0]]);
    }
}

//! The series of one file in order of time, before they are put on a grid.

use std::collections::BTreeMap;
use std::sync::Arc;

use judge_points::time;
use thiserror::Error;

/// One series of a file: strictly ascending times, each with a value. NaN is a gap.
#[derive(Debug, Clone, PartialEq)]
pub struct TimedSeries {
    /// The metric's name, if the file gives one.
    pub name: Option<String>,
    /// The label of the series in messages.
    pub labels: String,
    /// Labels that distinguish it from other series of the same name.
    pub tags: BTreeMap<String, String>,
    /// Milliseconds since 1970; the series of a wide table share them.
    pub times: Arc<Vec<i64>>,
    /// One value per time.
    pub values: Vec<f64>,
}

impl TimedSeries {
    /// The empty series of a query without a result.
    pub fn without_points() -> Self {
        Self {
            name: None,
            labels: "{}".to_owned(),
            tags: BTreeMap::new(),
            times: Arc::default(),
            values: Vec::new(),
        }
    }
}

/// A time that occurs twice in a series.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[error("the time {} is already in {unit} {first}; a series has one value per time", time::show(*.millis))]
pub struct RepeatedTime {
    /// The unit of positions: lines or points.
    pub unit: &'static str,
    /// Position of the first occurrence.
    pub first: u64,
    /// Position of the second occurrence.
    pub again: u64,
    /// The time, in milliseconds since the Unix epoch.
    pub millis: i64,
}

/// Sorts rows by time. `positions` are their positions in the file.
///
/// # Errors
/// If a time occurs twice.
pub fn sort_by_time(
    unit: &'static str,
    times: &mut Vec<i64>,
    positions: &[u64],
    columns: &mut [Vec<f64>],
) -> Result<(), RepeatedTime> {
    if times.is_sorted_by(|a, b| a < b) {
        return Ok(());
    }
    let mut order: Vec<usize> = (0..times.len()).collect();
    order.sort_by_key(|&row| times[row]);
    for pair in order.windows(2) {
        if let &[first, again] = pair
            && times[first] == times[again]
        {
            let (first, again, millis) = (positions[first], positions[again], times[first]);
            return Err(RepeatedTime { unit, first, again, millis });
        }
    }
    *times = order.iter().map(|&row| times[row]).collect();
    for column in columns {
        *column = order.iter().map(|&row| column[row]).collect();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_rows_and_refuses_repeated_times() {
        let mut times = vec![3, 1, 2];
        let mut columns = [vec![30.0, 10.0, 20.0], vec![3.0, 1.0, 2.0]];
        assert_eq!(sort_by_time("line", &mut times, &[2, 3, 4], &mut columns), Ok(()));
        assert_eq!(times, [1, 2, 3]);
        assert_eq!(columns, [vec![10.0, 20.0, 30.0], vec![1.0, 2.0, 3.0]]);

        let mut times = vec![3000, 1000, 3000];
        let repeated = sort_by_time("line", &mut times, &[2, 3, 4], &mut []).unwrap_err();
        assert_eq!((repeated.first, repeated.again), (2, 4));
        assert!(repeated.to_string().contains("1970-01-01T00:00:03Z is already in line 2"));
    }
}

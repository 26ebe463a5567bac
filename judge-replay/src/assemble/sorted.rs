//! Sorts the points of a series by time.

use judge_points::time;

use super::buckets::Bucket;

/// Times of a sorted series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SeriesTimes {
    pub(super) first: i64,
    pub(super) last: i64,
    /// The shortest time between two points, in milliseconds.
    pub(super) smallest: Option<u64>,
}

/// Sorts `bucket` and removes repeated points. `None` if it is empty.
///
/// # Errors
/// If one time has two different values.
pub(super) fn sort(bucket: &mut Bucket) -> Result<Option<SeriesTimes>, String> {
    let (Some(&first), Some(&last)) = (bucket.times.first(), bucket.times.last()) else {
        return Ok(None);
    };
    if let Some(smallest) = smallest_step(&bucket.times) {
        return Ok(Some(SeriesTimes { first, last, smallest: (smallest > 0).then_some(smallest) }));
    }
    let points = bucket.times.iter().copied().zip(bucket.values.iter().copied());
    let mut points: Vec<(i64, f64)> = points.collect();
    // By value too, so that an error does not depend on the order of rows.
    points.sort_by(|(time, value), (other, its)| time.cmp(other).then(value.total_cmp(its)));
    for pair in points.windows(2) {
        if let &[(time, one), (again, other)] = pair
            && time == again
            && one.to_bits() != other.to_bits()
            && !(one.is_nan() && other.is_nan())
        {
            return Err(format!(
                "two values at {}: {one} and {other}; a series has one value at a time: if there are \
                 several instances, name the column `instance` that tells them apart",
                time::show(time)
            ));
        }
    }
    points.dedup_by_key(|&mut (time, _)| time);
    bucket.times = points.iter().map(|&(time, _)| time).collect();
    bucket.values = points.iter().map(|&(_, value)| value).collect();
    sort(bucket)
}

/// The shortest time between two neighbours, 0 without neighbours; `None` if times do not ascend.
fn smallest_step(times: &[i64]) -> Option<u64> {
    let mut smallest = i64::MAX;
    for (one, next) in times.iter().zip(times.get(1..)?) {
        smallest = smallest.min(next.saturating_sub(*one));
    }
    match smallest {
        i64::MAX => Some(0),
        smallest => u64::try_from(smallest).ok().filter(|&smallest| smallest > 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(points: &[(i64, f64)]) -> Bucket {
        Bucket {
            times: points.iter().map(|&(time, _)| time).collect(),
            values: points.iter().map(|&(_, value)| value).collect(),
        }
    }

    #[test]
    fn points_are_sorted_and_duplicates_count_once() {
        let mut shuffled =
            bucket(&[(30, 3.0), (10, 1.0), (30, 3.0), (15, f64::NAN), (15, f64::NAN)]);
        let times = sort(&mut shuffled).unwrap().unwrap();
        assert_eq!(times, SeriesTimes { first: 10, last: 30, smallest: Some(5) });
        assert_eq!(shuffled.times, [10, 15, 30]);
        assert_eq!((shuffled.values[0], shuffled.values[2]), (1.0, 3.0));
        assert!(shuffled.values[1].is_nan());
        assert_eq!(sort(&mut bucket(&[])), Ok(None));
        let lone = SeriesTimes { first: 7, last: 7, smallest: None };
        assert_eq!(sort(&mut bucket(&[(7, 1.0)])), Ok(Some(lone)));
    }

    #[test]
    fn two_values_at_one_time_are_refused() {
        for (one, other) in [(1.0, 2.0), (1.0, f64::NAN), (0.0, -0.0)] {
            let error = sort(&mut bucket(&[(0, 5.0), (60_000, one), (60_000, other)])).unwrap_err();
            assert!(error.contains("two values at 1970-01-01T00:01:00Z"), "{error}");
        }
    }
}

use super::*;

fn instance(values: &[f64]) -> RecordedInstance {
    RecordedInstance { name: String::new(), values: values.to_vec() }
}

#[test]
fn instances_without_a_point_do_not_count_in_the_mean() {
    let mean = mean(&[instance(&[1.0, f64::NAN, f64::NAN]), instance(&[4.0, 6.0, f64::NAN])], 3);
    assert_eq!(mean[..2], [2.5, 6.0]);
    assert!(mean[2].is_nan());
}

proptest::proptest! {
    /// Whatever the order of the rows, each value is at its own time and all other times are gaps.
    #[test]
    fn points_keep_their_times_in_any_order_of_rows(
        values in proptest::collection::btree_map(0_i64..300, -1e6..1e6_f64, 1..60),
        order in proptest::collection::vec(proptest::num::u64::ANY, 60),
    ) {
        let mut rows: Vec<(u64, (&i64, &f64))> = order.into_iter().zip(&values).collect();
        rows.sort_by_key(|(key, _)| *key);
        let mut bucket = buckets::Bucket::default();
        for (_, (&minute, &value)) in rows {
            bucket.times.push(1_000 + minute * 60_000);
            bucket.values.push(value);
        }
        let found = sorted::sort(&mut bucket).unwrap().unwrap();
        let mut ends = Extent::default();
        ends.include(found.first, found.last);
        let grid = ends.grid(1_000, 60_000);
        let placed = GridPlacer::default().place(&bucket, grid, true).unwrap();
        proptest::prop_assert_eq!(placed.len(), grid.points);
        for (value, slot) in placed.iter().zip(0_i64..) {
            let minute = (grid.start_millis - 1_000) / 60_000 + slot;
            match values.get(&minute) {
                Some(expected) => proptest::prop_assert_eq!(value, expected),
                None => proptest::prop_assert!(value.is_nan()),
            }
        }
    }
}

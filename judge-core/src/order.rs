//! Sorting and selecting doubles by integer keys.
//!
//! Flip all bits but the sign of a negative double, and its bits are an integer with the same rank as the
//! double in the order of [`f64::total_cmp`]. The standard library sorts and selects integers without
//! branches, which is about twice as fast on values that the branch predictor has not seen.

/// The integer key of `value`: −0.0 is below 0.0, NaN above infinity.
pub(crate) fn key(value: f64) -> i64 {
    turned(value.to_bits().cast_signed())
}

/// Converts bits to a key, and a key to bits.
fn turned(bits: i64) -> i64 {
    bits ^ ((bits >> 63) & i64::MAX)
}

/// Sorts ascending. O(n log n).
pub(crate) fn sort(values: &mut [f64]) {
    as_keys(values, <[i64]>::sort_unstable);
}

/// Calls `work` with the keys of the values, which it may reorder.
pub(crate) fn as_keys<R>(values: &mut [f64], work: impl FnOnce(&mut [i64]) -> R) -> R {
    let keys: &mut [i64] = bytemuck::cast_slice_mut(values);
    for key in &mut *keys {
        *key = turned(*key);
    }
    let done = work(keys);
    for key in keys {
        *key = turned(*key);
    }
    done
}

/// Moves the value of rank `index` to that index, smaller values before it and larger values behind it, and
/// returns it. O(n).
pub(crate) fn select(values: &mut [f64], index: usize) -> f64 {
    as_keys(values, |keys| {
        keys.select_nth_unstable(index);
    });
    values[index]
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn any_double() -> impl Strategy<Value = f64> {
        prop_oneof![
            any::<u64>().prop_map(f64::from_bits),
            (-3..3_i32).prop_map(f64::from),
            Just(-0.0)
        ]
    }

    fn bits(values: &[f64]) -> Vec<u64> {
        values.iter().map(|value| value.to_bits()).collect()
    }

    proptest! {
        #[test]
        fn the_order_is_that_of_total_cmp(values in vec(any_double(), 0..60), index in any::<prop::sample::Index>()) {
            let mut expected = values.clone();
            expected.sort_by(f64::total_cmp);
            let mut sorted = values.clone();
            sort(&mut sorted);
            prop_assert_eq!(bits(&sorted), bits(&expected));
            if !values.is_empty() {
                let index = index.index(values.len());
                let mut selected = values;
                prop_assert_eq!(select(&mut selected, index).to_bits(), expected[index].to_bits());
                sort(&mut selected);
                prop_assert_eq!(bits(&selected), bits(&expected));
            }
        }

        #[test]
        fn keys_compare_as_their_doubles(a in any_double(), b in any_double()) {
            prop_assert_eq!(key(a).cmp(&key(b)), a.total_cmp(&b));
        }
    }
}

//! Doubles in order, by comparing whole numbers instead.
//!
//! A double's bits, with those below the sign turned over where it is negative, are a whole number of
//! the same place in the order of [`f64::total_cmp`]. Comparing two of these is one instruction, so
//! the standard library sorts and selects them without branches: about twice as fast on values that
//! no processor has seen before.

/// The whole number that stands for `value`: −0.0 below 0.0, infinity above every number, NaN above it.
pub(crate) fn key(value: f64) -> i64 {
    turned(value.to_bits().cast_signed())
}

/// From bits to key, and from key to bits.
fn turned(bits: i64) -> i64 {
    bits ^ ((bits >> 63) & i64::MAX)
}

/// Sorts ascending. O(n log n).
pub(crate) fn sort(values: &mut [f64]) {
    as_keys(values, <[i64]>::sort_unstable);
}

/// Lets `work` reorder the values by their keys.
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

/// Puts the value that belongs at `index` in ascending order there, none smaller to its right and
/// none larger to its left, and returns it. O(n).
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

//! Ids: ULIDs, which sort by time. The last three characters of a canary's id are `000`; in the ids of its looks they are
//! the look's number, so that a look has a ULID of its own.

use std::sync::{Mutex, PoisonError};

use ulid::Ulid;

use crate::plan::MOST_LOOKS;

/// Characters of a ULID before the number of a look.
const OF_CANARY: usize = 23;

/// Distance of two consecutive ids of one millisecond: 1 in the character before the number of a look.
const STEP: u128 = 1 << 15;

const _: () = assert!((MOST_LOOKS as u128) < STEP);

/// The last id of this process.
static LAST_ID: Mutex<Ulid> = Mutex::new(Ulid::nil());

/// A new id. It sorts after all earlier ids of this process, also within one millisecond.
pub(crate) fn new_id(now_millis: i64) -> String {
    let millis = u64::try_from(now_millis).unwrap_or_default();
    let mut last = LAST_ID.lock().unwrap_or_else(PoisonError::into_inner);
    let fresh = Ulid::from_parts(millis, fastrand::u128(..) / STEP * STEP);
    let next = last.0.checked_add(STEP).map(Ulid);
    let next = next.filter(|next| next.timestamp_ms() == fresh.timestamp_ms());
    *last = next.unwrap_or(fresh);
    last.to_string()
}

/// The id of a look at a canary, from 1.
pub fn look_id(canary: &str, number: usize) -> String {
    let number = Ulid::from_parts(0, number as u128).to_string();
    let (canary, number) = (canary.get(..OF_CANARY), number.get(OF_CANARY..));
    format!("{}{}", canary.unwrap_or_default(), number.unwrap_or_default())
}

/// The canary's id and the number of the look, for the id of a look; `None` for other ids.
pub fn look_of_id(id: &str) -> Option<(String, usize)> {
    let read = Ulid::from_string(id).ok().filter(|read| read.to_string() == id)?;
    let number = usize::try_from(read.0 % STEP).ok()?;
    (number > 0).then(|| (look_id(id, 0), number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time_and_those_of_looks_lie_between() {
        let now = 1_767_261_600_000;
        let ids: Vec<String> = (0..200).map(|number| new_id(now + number / 100)).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]), "{ids:?}");
        for id in &ids {
            assert!(id.len() == 26 && id.ends_with("000"), "{id}");
            assert_eq!(look_of_id(id), None);
            for number in [1, 31, 32, MOST_LOOKS] {
                let look = look_id(id, number);
                assert_eq!(look_of_id(&look), Some((id.clone(), number)), "{look}");
            }
        }
        let last = look_id(&ids[0], MOST_LOOKS);
        assert!(ids[0] < last && last < ids[1]);
        assert_eq!(look_id("01DS50WVHAWSTAQACJKB1VK000", 33), "01DS50WVHAWSTAQACJKB1VK011");
        for odd in ["", "x", "01DS50WVHAWSTAQACJKB1VK00", "01ds50wvhawstaqacjkb1vk001", "ü"] {
            assert_eq!(look_of_id(odd), None, "{odd}");
        }
        assert_eq!(look_id("ü", 1), "001");
    }
}

//! The library's judgements are the same to the bit in every build.
#![cfg(feature = "kayenta")]
#![allow(clippy::unwrap_used, reason = "these are tests")]

mod pinned;

use judge_core::{judges, kayenta};

#[test]
fn the_library_gives_the_pinned_bits() {
    pinned::check(pinned::By::Library, |_, request| {
        let request = kayenta::read_request(request.to_string().as_bytes()).unwrap();
        let judgement = judges::built_in().chosen_by(&request).unwrap().judge(&request).unwrap();
        serde_json::to_value(&judgement).unwrap()
    });
}

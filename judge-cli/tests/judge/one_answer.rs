//! The command gives the library's judgements to the bit, whatever features it was built with.

use crate::harness::TestFolder;
use crate::pinned::{By, check};

#[test]
fn the_command_gives_the_pinned_bits() {
    let place = TestFolder::with(&[]);
    check(By::Library, |pinned, request| {
        let answer = place.judge_with("run - --format json", request.to_string().as_bytes());
        serde_json::from_str(&answer.stdout)
            .unwrap_or_else(|error| panic!("{}: {error}: {answer:?}", pinned.case))
    });
}

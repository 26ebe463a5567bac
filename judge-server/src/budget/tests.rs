use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::ledger::CallWeights;
use super::*;
use crate::convert::refusal::Refusal;

const LIMIT: usize = 4 * LARGE_BYTES;

fn reserve(budget: &Arc<Budget>, bytes: usize) -> Result<Reservation, Refusal> {
    budget.reserve(Part::Calls, None, bytes)
}

fn large(budget: &Budget) -> usize {
    budget.counter(Part::Calls).large.load(Ordering::Relaxed)
}

#[test]
fn holds_to_the_byte_and_gives_back() {
    let budget = Budget::new(10, 1.0);
    let first = reserve(&budget, 6).unwrap();
    first.grow_to(4).unwrap();
    assert!(reserve(&budget, 5).is_err());
    let second = reserve(&budget, 4).unwrap();
    drop(first.split());
    assert_eq!(budget.used(), 4);
    drop((first, second));
    assert_eq!(budget.used(), 0);
}

#[test]
fn answers_take_the_place_of_requests() {
    let budget = Budget::new(LIMIT, 1.0);
    let call = reserve(&budget, 3 * LARGE_BYTES).unwrap();
    assert!(call.exchange(3 * LARGE_BYTES + 1).is_err());
    call.exchange(LARGE_BYTES).unwrap();
    assert_eq!((budget.used(), large(&budget)), (LARGE_BYTES, 0));
    let stream = call.another();
    stream.absorb(&call);
    // Together they are large.
    call.grow(1).unwrap();
    stream.absorb(&call);
    assert_eq!((budget.used(), large(&budget)), (LARGE_BYTES + 1, LARGE_BYTES + 1));
    drop((call, stream));
    assert_eq!((budget.used(), large(&budget)), (0, 0));
}

#[test]
fn large_requests_leave_a_quarter() {
    let budget = Budget::new(LIMIT, 1.0);
    let first = reserve(&budget, LARGE_BYTES).unwrap();
    first.grow(LARGE_BYTES / 2).unwrap();
    // Not large yet, so whatever is left is for it.
    let second = reserve(&budget, LARGE_BYTES).unwrap();
    second.grow(LARGE_BYTES / 2).unwrap();
    assert!(second.grow(1).is_err());
    let third = reserve(&budget, LARGE_BYTES).unwrap();
    drop(second.split());
    assert!(third.grow(LARGE_BYTES).is_err(), "more than the large may have with the first");
    third.grow(LARGE_BYTES / 2).unwrap();
    drop((first, second, third));
    assert_eq!((budget.used(), large(&budget)), (0, 0));
}

#[test]
fn what_is_refused_for_the_whole_budget_counts_nowhere_as_large() {
    let budget = Budget::new(LIMIT, 1.0);
    let _held = [(); 3].map(|()| reserve(&budget, LARGE_BYTES).unwrap());
    // Large requests have room for it, all together have not.
    assert!(reserve(&budget, LARGE_BYTES + 1).is_err());
    assert_eq!((budget.used(), large(&budget)), (3 * LARGE_BYTES, 0));
}

#[test]
fn parts_do_not_take_from_each_other() {
    let budget = Budget::new(LIMIT, 1.0);
    let all = reserve(&budget, LIMIT).unwrap_err();
    assert_eq!(all.reason(), "TOO_MANY_BYTES", "all of it would be large");
    for (part, reason) in [
        (Part::GrpcProbes, "TOO_MANY_PROBES"),
        (Part::HttpProbes, "TOO_MANY_PROBES"),
        (Part::Watches, "TOO_MANY_WATCHES"),
        (Part::Refusals, "TOO_MANY_BYTES"),
    ] {
        let weight = 16 * 1024;
        let held: Vec<_> = (0..1024).map(|_| budget.reserve(part, None, weight).unwrap()).collect();
        assert_eq!(budget.reserve(part, None, 1).unwrap_err().reason(), reason);
        drop(held);
        budget.reserve(part, None, weight).unwrap();
    }
    assert_eq!(budget.used(), 0);
}

#[test]
fn one_caller_has_its_share_and_no_more() {
    let budget = Budget::new(1000, 0.5);
    let of = |caller, bytes| budget.reserve(Part::Calls, Some(caller), bytes);
    let first = of("a", 300).unwrap();
    let second = of("a", 200).unwrap();
    assert_eq!(of("a", 1).unwrap_err().reason(), "TOO_MANY_BYTES_OF_CALLER");
    assert_eq!(first.another().grow(1).unwrap_err().reason(), "TOO_MANY_BYTES_OF_CALLER");
    let other = of("b", 500).unwrap();
    // Where all is taken, a share of one's own does not help, and nothing of it is taken.
    drop(second);
    let unnamed = budget.reserve(Part::Calls, None, 200).unwrap();
    assert_eq!(of("a", 1).unwrap_err().reason(), "TOO_MANY_BYTES");
    drop(unnamed);
    let again = of("a", 200).unwrap();
    drop((first, other, again));
    assert_eq!(budget.used(), 0);
}

#[test]
fn the_smallest_share_has_room_for_a_call_that_judges_or_a_stream() {
    for limit in [1024 * 1024, 24 * 1024 * 1024] {
        let budget = Budget::new(limit, 0.01);
        let weights = budget.weights;
        for weight in [weights.judgement, weights.stream] {
            let held = budget.reserve(Part::Calls, Some("a"), weights.call).unwrap();
            held.another().grow(weight).unwrap();
        }
    }
}

#[test]
fn a_small_budget_admits_some_of_each() {
    let weights = CallWeights::within(16 * 1024);
    assert_eq!((weights.call, weights.judgement, weights.stream), (256, 1024, 2048));
    let weights = CallWeights::within(64 * 1024 * 1024);
    let whole = (16 * 1024, LARGE_BYTES, 1024 * 1024);
    assert_eq!((weights.call, weights.judgement, weights.stream), whole);
}

use proptest::prelude::*;

use super::*;

#[test]
fn content_tells_the_kind() {
    let parse_series = |bytes: &[u8]| parse_series(bytes, &BTreeSet::new(), None);
    assert!(matches!(parse_series(b"  {\"status\":\"x\"}"), Err(InputProblem::Prometheus(_))));
    assert!(matches!(parse_series(b"\n[1]"), Err(InputProblem::JsonList)));
    assert!(matches!(parse_series(b"a,b\n"), Err(InputProblem::Csv(_))));
    assert_eq!(parse_series(b"timestamp,a\n0,1\n").unwrap().series.len(), 1);
}

proptest! {
    #[test]
    fn any_bytes_are_series_or_an_error(bytes: Vec<u8>) {
        let _ = parse_series(&bytes, &BTreeSet::new(), None);
    }
}

//! The titled edge cases.

use super::{answer, check_interval, comparable, golden, intended};

#[test]
fn all_edge_cases_are_equal_or_refused() {
    let rows = golden::rows("edge-cases.ndjson");
    assert_eq!(rows.len(), 139);
    for row in rows {
        let title = row["title"].as_str().unwrap();
        let (request, expected) = (&row["request"], &row["expected"]);
        if intended::TITLES.contains(&title) {
            continue;
        }
        if request["kind"] == "mw" {
            check_interval(request, expected, &row["title"]);
        } else if expected["error"].is_string() {
            assert!(answer(request).is_err(), "{title} is not refused");
        } else {
            let actual = comparable(&answer(request).unwrap());
            assert_eq!(actual, comparable(expected), "{title}");
        }
    }
}

use super::{normal, student};

/// Rows of `fixtures/golden/two-sample/more.ndjson.gz`: mpmath with 40 digits.
fn rows(kind: &str) -> Vec<serde_json::Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/golden/two-sample/more.ndjson.gz");
    let file = std::fs::File::open(path).unwrap();
    let text = std::io::read_to_string(flate2::read::GzDecoder::new(file)).unwrap();
    let rows: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter(|row| row["kind"] == kind)
        .collect();
    assert!(!rows.is_empty());
    rows
}

fn relative(got: f64, wanted: f64) -> f64 {
    ((got - wanted) / wanted).abs()
}

#[test]
fn student_tails_and_quantiles_agree_with_mpmath() {
    for row in rows("student") {
        let [t, df, tail] = ["t", "df", "tail"].map(|key| row[key].as_f64().unwrap());
        if tail < f64::MIN_POSITIVE {
            continue;
        }
        let got = student::upper_tail(t, df);
        // An exponent's own rounding is relative to the exponent.
        let tolerance = 1e-14 * (5.0 - tail.ln());
        assert!(relative(got, tail) < tolerance, "P(T > {t}), {df} df: {got:e}, not {tail:e}");
        assert_eq!(student::upper_tail(-t, df), 1.0 - got);
        if t > 0.01 {
            let back = student::upper_quantile(tail, df);
            assert!(relative(back, t) < 1e-12, "t of {tail:e}, {df} df: {back}, not {t}");
        }
    }
}

#[test]
fn quick_students_agree_with_exact_ones() {
    for df in [1.0, 3.5, 8.0, 13.0, 28.0, 118.0, 2878.0] {
        for t in [0.0, 0.3, 1.0, 2.0, 3.0, 4.5, 7.0] {
            let exact = student::upper_tail(t, df);
            let z = student::normal_score(t, df);
            let tolerance = if exact > 1e-4 { 2e-6 } else { 1e-4 };
            assert!(relative(normal::upper_tail(z), exact) < tolerance, "t {t}, {df} df: z {z}");
            assert_eq!(student::normal_score(-t, df), -z);
        }
    }
    assert_eq!(student::normal_score(2.5, f64::INFINITY), 2.5);
}

#[test]
fn normal_tails_and_quantiles_agree_with_mpmath() {
    for row in rows("normal") {
        let [z, tail] = ["z", "tail"].map(|key| row[key].as_f64().unwrap());
        assert!(relative(normal::upper_tail(z), tail) < 2e-13, "{z}");
        if tail > 1e-16 {
            let back = normal::upper_quantile(tail);
            assert!((back - z).abs() < 1e-14 * z.abs().max(1.0), "{tail:e}: {back}, not {z}");
        }
    }
}

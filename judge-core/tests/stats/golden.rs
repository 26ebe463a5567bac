//! Golden rows of R and SciPy.

use std::io::Read;
use std::path::Path;

use flate2::read::GzDecoder;
use judge_core::stats::{ConfidenceLevel, Sample};
use serde_json::Value;

/// The documents of a file in `fixtures/golden/two-sample`, one a line.
pub(crate) fn rows(file: &str) -> Vec<Row> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/golden/two-sample");
    let mut text = String::new();
    GzDecoder::new(std::fs::File::open(folder.join(file)).unwrap())
        .read_to_string(&mut text)
        .unwrap();
    text.lines().map(|line| Row(serde_json::from_str(line).unwrap())).collect()
}

pub(crate) struct Row(Value);

impl Row {
    pub(crate) fn id(&self) -> &str {
        self.0["id"].as_str().unwrap()
    }

    pub(crate) fn text(&self, key: &str) -> &str {
        self.0[key].as_str().unwrap()
    }

    pub(crate) fn counts(&self, key: &str) -> Vec<u64> {
        self.0[key].as_array().unwrap().iter().map(|v| v.as_u64().unwrap()).collect()
    }

    pub(crate) fn values(&self, key: &str) -> Vec<f64> {
        self.0[key].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
    }

    pub(crate) fn sample(&self, key: &str) -> Sample {
        Sample::new(self.values(key)).unwrap()
    }

    pub(crate) fn level(&self) -> ConfidenceLevel {
        ConfidenceLevel::new(self.0["conf"].as_f64().unwrap()).unwrap()
    }

    /// The number at a JSON pointer, when the implementation gave one.
    pub(crate) fn number(&self, pointer: &str) -> Option<f64> {
        self.0.pointer(pointer).and_then(Value::as_f64)
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.0.get(key).is_some()
    }

    /// Compares with the number at `pointer`, relatively.
    #[track_caller]
    pub(crate) fn check(&self, pointer: &str, got: f64, tolerance: f64) {
        let wanted = self.number(pointer).unwrap();
        let error = (got - wanted).abs();
        assert!(
            error <= tolerance * wanted.abs().max(f64::MIN_POSITIVE),
            "{} {pointer}: {got:e} instead of {wanted:e}, {:.1e} relative",
            self.id(),
            error / wanted.abs()
        );
    }
}

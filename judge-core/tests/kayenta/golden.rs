//! Golden rows.

use std::io::Read;
use std::path::Path;

use flate2::read::GzDecoder;
use serde_json::Value;

/// The documents of a file in `fixtures/golden/kayenta`, one a line.
pub(crate) fn rows(file: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/golden/kayenta").join(file);
    let bytes = std::fs::read(path).unwrap();
    let mut text = String::new();
    if Path::new(file).extension().is_some_and(|extension| extension == "gz") {
        GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).unwrap();
    } else {
        text = String::from_utf8(bytes).unwrap();
    }
    // One row has bare NaN, to be accepted like the quoted one; serde_json itself knows none.
    let text = text.replace("[NaN", "[\"NaN\"").replace(",NaN", ",\"NaN\"");
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub(crate) fn points(list: &Value) -> Vec<f64> {
    list.as_array().unwrap().iter().map(point).collect()
}

pub(crate) fn point(value: &Value) -> f64 {
    match value.as_str() {
        None => value.as_f64().unwrap(),
        Some("NaN") => f64::NAN,
        Some("Infinity") => f64::INFINITY,
        Some("-Infinity") => f64::NEG_INFINITY,
        Some(other) => panic!("not a number: {other}"),
    }
}

/// The bits of a double, with one NaN and one zero.
pub(crate) fn bits(value: f64) -> u64 {
    if value.is_nan() { f64::NAN.to_bits() } else { (value + 0.0).to_bits() }
}

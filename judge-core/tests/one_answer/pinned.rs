//! Judgements that are pinned to the bit: which, and the digests of their numbers.
//!
//! `fixtures/golden/one-answer/digests.tsv` names a request, a judge and two digests: of the judgement as
//! the library and the command give it, and of the server's answer in its own JSON. After a judge has
//! changed on purpose, the tests write them anew with `JUDGE_BLESS=1`.

use std::fs;
use std::path::PathBuf;

use flate2::read::GzDecoder;
use serde_json::{Value, json};

/// One judgement.
pub(crate) struct Pinned {
    /// A file in `fixtures/`, or a row of Kayenta's golden requests: `golden/17`.
    pub(crate) case: String,
    /// The judge that judges it.
    pub(crate) judge: String,
    digests: [String; 2],
}

/// Who gave the judgement.
#[derive(Clone, Copy)]
#[allow(dead_code, reason = "each test that includes this file checks one of them")]
pub(crate) enum By {
    /// The library, also inside of the command.
    Library,
    /// The server.
    Server,
}

fn fixture(path: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures")).join(path)
}

const DIGESTS: &str = "golden/one-answer/digests.tsv";

fn rows() -> Vec<Pinned> {
    let text = fs::read_to_string(fixture(DIGESTS)).unwrap();
    let row = |line: &str| {
        let mut fields = line.split('\t').map(str::to_owned);
        let mut next = || fields.next().unwrap_or_default();
        Pinned { case: next(), judge: next(), digests: [next(), next()] }
    };
    text.lines().skip(1).map(row).collect()
}

/// Judges every pinned request with `judge` and holds the numbers in the document that it gives against
/// the digests.
pub(crate) fn check(by: By, mut judge: impl FnMut(&Pinned, &Value) -> Value) {
    let golden = golden();
    let mut rows = rows();
    assert!(rows.len() >= 60);
    let mut differ = Vec::new();
    for row in &mut rows {
        let mut request = match row.case.strip_prefix("golden/") {
            Some(index) => golden[index.parse::<usize>().unwrap()].clone(),
            None => serde_json::from_slice(&fs::read(fixture(&row.case)).unwrap()).unwrap(),
        };
        // Kayenta's golden weights are random; EvidenceJudge refuses those that do not fit the groups.
        request["canaryConfig"]["classifier"]["groupWeights"] = json!({});
        request["canaryConfig"]["judge"] = json!({"name": row.judge, "judgeConfigurations": {}});
        let found = digest(&judge(row, &request));
        if found != row.digests[by as usize] {
            differ.push(format!("{} by {}", row.case, row.judge));
            row.digests[by as usize] = found;
        }
    }
    if std::env::var_os("JUDGE_BLESS").is_some() {
        let line =
            |row: &Pinned| format!("{}\t{}\t{}\n", row.case, row.judge, row.digests.join("\t"));
        let text: String = rows.iter().map(line).collect();
        fs::write(fixture(DIGESTS), format!("request\tjudge\tlibrary\tserver\n{text}")).unwrap();
    } else {
        assert!(differ.is_empty(), "other bits than pinned: {differ:#?}");
    }
}

fn golden() -> Vec<Value> {
    let file = fs::File::open(fixture("golden/kayenta/judge.ndjson.gz")).unwrap();
    let text = std::io::read_to_string(GzDecoder::new(file)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// FNV-1a of the bits of all numbers, keys in alphabetical order.
fn digest(document: &Value) -> String {
    let mut numbers = Vec::new();
    collect(document, &mut numbers);
    assert!(numbers.len() > 10, "{document}");
    let bytes = numbers.iter().flat_map(|number: &f64| number.to_bits().to_be_bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

fn collect(value: &Value, numbers: &mut Vec<f64>) {
    match value {
        Value::Number(number) => numbers.push(number.as_f64().unwrap()),
        Value::String(word) => match word.as_str() {
            "NaN" => numbers.push(f64::NAN),
            "Infinity" => numbers.push(f64::INFINITY),
            "-Infinity" => numbers.push(f64::NEG_INFINITY),
            _ => {}
        },
        Value::Array(values) => {
            for value in values {
                collect(value, numbers);
            }
        }
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_unstable_by_key(|(key, _)| *key);
            for (_, value) in fields {
                collect(value, numbers);
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

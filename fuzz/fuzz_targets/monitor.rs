//! Bytes as the messages of a monitor's stream, each after its length.
#![no_main]

mod entrance;

use judge_contract::proto::MonitorResponse;
use libfuzzer_sys::fuzz_target;
use prost::Message;

/// The most messages of a stream.
const MOST: usize = 64;

fuzz_target!(|bytes: &[u8]| {
    let mut rest = bytes;
    let mut messages = Vec::new();
    while messages.len() < MOST
        && let Ok(length) = prost::decode_length_delimiter(&mut rest)
    {
        let (message, others) = rest.split_at(length.min(rest.len()));
        messages.push(message);
        rest = others;
    }
    let Some(verdicts) = entrance::monitor(&messages) else { return };
    let read = |verdict: Vec<u8>| MonitorResponse::decode(verdict.as_slice());
    let verdicts: Vec<_> =
        verdicts.into_iter().map(|verdict| read(verdict).expect("a verdict can be read")).collect();
    for verdict in &verdicts {
        assert!((0.0..=100.0).contains(&verdict.score), "{verdict:?}");
        for metric in &verdict.metrics {
            assert!(metric.evidence >= 0.0 && metric.needed >= 1.0, "{metric:?}");
        }
    }
    for pair in verdicts.windows(2) {
        assert!(pair[0].verdict <= pair[1].verdict, "it can only get worse");
        assert!(pair[0].steps <= pair[1].steps && pair[0].late <= pair[1].late);
        for (before, after) in pair[0].metrics.iter().zip(&pair[1].metrics) {
            assert!(before.alarm.is_none() || before.alarm == after.alarm, "an alarm stays");
        }
    }
    let (last, others) = verdicts.split_last().expect("a last verdict");
    assert!(last.last && others.iter().all(|verdict| !verdict.last));
});

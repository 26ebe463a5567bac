use std::fmt::Write;

use serde_json::Value;

use crate::harness::{TestFolder, config};

/// A wide table of two metrics with one point per minute; `seed` determines the values.
fn healthy(seed: u64, points: u64, start: u64) -> String {
    let mut table = "timestamp,latency,errors\n".to_owned();
    let mut state = seed;
    let mut noise = || {
        // Knuth's MMIX generator; its upper bits are uniform enough.
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 40) as f64 / (1_u64 << 24) as f64
    };
    for index in 0..points {
        let time = 1_700_000_000 + 60 * (start + index);
        writeln!(table, "{time},{},{}", 100.0 + 20.0 * noise(), 3.0 + noise()).unwrap();
    }
    table
}

fn place() -> TestFolder {
    TestFolder::with(&[
        ("config.json", &config(&["latency", "errors", "gone"])),
        ("one.csv", healthy(1, 600, 0).as_bytes()),
        ("two.csv", healthy(2, 600, 0).as_bytes()),
        ("later.csv", healthy(3, 300, 5000).as_bytes()),
        ("other-step.csv", b"timestamp,latency\n0,1\n30,2\n60,1\n"),
        // A grid of seconds would consist almost only of gaps.
        ("header.csv", b"timestamp,latency\n"),
        ("untimed.csv", b"timestamp,latency\n0,1\n1,2\n100000007,1\n"),
    ])
}

const CALIBRATE: &str = "calibrate --config config.json --minutes 10,30 --pairs 60";

#[test]
fn instances_of_one_time_are_compared_side_by_side() {
    let place = place();
    let answer = place.judge(&format!("{CALIBRATE} --history one.csv two.csv later.csv -f json"));
    assert_eq!(answer.code, 0, "{answer:?}");
    let calibration: Value = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!(calibration["history"]["pairing"], "concurrent");
    assert_eq!(calibration["history"]["recordings"], 2);
    assert_eq!(calibration["history"]["instances"], 3);
    let latency = &calibration["metrics"][0];
    let change = latency["shift"][1]["change"].as_f64().unwrap();
    // Uniform noise of 100 to 120 in windows of 30 points detects a few percent.
    assert!(change > 0.01 && change < 0.1, "{latency:#}");
    assert!(latency["shift"][1]["from"].as_f64().unwrap() < change);
    assert!(latency["falseAlarms"][0]["upper"].as_f64().unwrap() < 0.2, "{latency:#}");
    assert_eq!(calibration["metrics"][2]["findings"][0]["kind"], "notInHistory");
}

#[test]
fn a_metric_is_calibrated_beside_the_one_that_counts_its_traffic() {
    let place = place();
    let mut config: Value = serde_json::from_slice(&config(&["latency", "errors"])).unwrap();
    config["judge"] = serde_json::json!({
        "name": "EvidenceJudge-v1", "judgeConfigurations": { "traffic": "errors" },
    });
    place.write("config.json", &serde_json::to_vec(&config).unwrap());
    let answer = place.judge(&format!("{CALIBRATE} --history one.csv two.csv -f json"));
    assert_eq!(answer.code, 0, "{answer:?}");
    let calibration: Value = serde_json::from_str(&answer.stdout).unwrap();
    let latency = &calibration["metrics"][0];
    let change = latency["shift"][1]["change"].as_f64().unwrap();
    assert!(change > 0.01 && change < 0.1, "{latency:#}");
}

#[test]
fn looks_cost_false_alarms_unless_they_are_planned() {
    let place = place();
    let looks = "calibrate --config config.json --minutes 30 --pairs 100 --change 10% --looks 6 \
                 --history one.csv two.csv -f json --judge EvidenceJudge-v1";
    let answer = place.judge(looks);
    assert_eq!(answer.code, 0, "{answer:?}");
    let figures: Value = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!((&figures["looks"], &figures["minutes"]), (&6.into(), &30.0.into()));
    let share = |row: usize, how: &str| figures["canaries"][row][how]["share"]["share"].as_f64();
    let by = |row: usize, how: &str| figures["canaries"][row][how]["medianMinutes"].as_f64();
    assert!(share(0, "planned") <= share(0, "uncorrected"), "{figures:#}");
    assert!(figures["canaries"][0]["change"].is_null() && by(0, "planned").is_none());
    // A change of 10 % is three standard deviations of this noise, and one of 20 % is more.
    assert_eq!(figures["canaries"][3]["change"], 0.2);
    assert_eq!(share(3, "planned"), Some(1.0), "{figures:#}");
    assert_eq!(by(3, "one"), Some(30.0));
    assert!(by(3, "uncorrected") <= by(3, "planned") && by(3, "planned") < Some(30.0));
    for (more, said) in [("--looks 1", "--looks"), ("--looks 31", "--looks")] {
        let answer = place.judge(&looks.replace("--looks 6", more));
        assert!(answer.code == 2 && answer.stderr.contains(said), "{answer:?}");
    }
    let ignoring = place.judge(&looks.replace("EvidenceJudge-v1", "NetflixACAJudge-v1.0"));
    assert!(ignoring.stderr.contains("reads no looks"), "{ignoring:?}");
    assert!(ignoring.stdout.contains("\"planned\": null"), "{ignoring:?}");
}

#[test]
fn ignored_parts_of_a_history_are_reported() {
    let place = place();
    place.write("short.csv", healthy(4, 400, 50).as_bytes());
    let nothing = br#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#;
    place.write("nothing.json", nothing);
    let history = "one.csv nothing.json short.csv ./one.csv";
    let answer = place.judge(&format!("{CALIBRATE} -f json --history {history}"));
    assert_eq!(answer.code, 0, "{answer:?}");
    for part in [
        "nothing.json: an empty result",
        "./one.csv: given twice, which is one instance",
        "one.csv and short.csv: cut to the 400 steps that all have; one.csv has 600",
    ] {
        assert!(answer.stderr.contains(part), "{part}: {answer:?}");
    }
    let calibration: Value = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!(calibration["history"]["instances"], 2);
    let alone = place.judge(&format!("{CALIBRATE} --history nothing.json"));
    assert_eq!(alone.code, 2, "{alone:?}");
    assert!(alone.stderr.contains("the history is empty"), "{alone:?}");
}

#[test]
fn one_instance_is_compared_block_by_block() {
    let place = place();
    let answer = place.judge(&format!("{CALIBRATE} --history one.csv"));
    assert_eq!(answer.code, 0, "{answer:?}");
    assert!(answer.stdout.contains("each block with a later block"), "{}", answer.stdout);
    assert!(answer.stdout.contains("  gone: "), "{}", answer.stdout);
}

#[test]
fn figures_follow_the_seed_and_not_the_threads() {
    let place = place();
    let on = |more: &str| {
        let answer = place.judge(&format!("{CALIBRATE} --history one.csv two.csv -f json {more}"));
        assert_eq!(answer.code, 0, "{answer:?}");
        answer.stdout
    };
    assert_eq!(on("--threads 1"), on("--threads 3"));
    assert_ne!(on("--seed 1"), on("--seed 2"));
}

#[test]
fn windows_without_history_are_reported() {
    let place = place();
    let answer =
        place.judge("calibrate --config config.json --minutes 10,700 --history one.csv two.csv");
    assert_eq!(answer.code, 0, "{answer:?}");
    assert!(answer.stderr.contains("no windows of 700 min"), "{answer:?}");
}

#[test]
fn bad_histories_and_options_are_refused() {
    let place = place();
    for (arguments, says) in [
        ("--history one.csv --minutes 400", "two blocks of 400"),
        ("--history one.csv --minutes 0", "error: --minutes: "),
        ("--history one.csv --minutes x", "invalid value 'x'"),
        ("--history one.csv --change -20%", "expected a change above 0, such as 20% or 0.2"),
        ("--history one.csv --minutes -5", "error: --minutes: "),
        ("--history one.csv --power -1", "error: --power: "),
        ("--history one.csv --change 0", "above 0, such as 20%"),
        ("--history one.csv --power 1", "power"),
        ("--history one.csv --pairs 3", "error: --pairs: "),
        ("--history one.csv --pairs 1000000000000", "got 1000000000000"),
        ("--history one.csv --judge Solomon", "\"Solomon\""),
        ("--history one.csv other-step.csv", "60000 ms"),
        ("--history untimed.csv", "no regular times"),
        ("--history header.csv", "header.csv: the series of \"latency\" has no points"),
        ("--history missing.csv", "missing.csv"),
        ("", "--history"),
        #[cfg(feature = "retro")]
        ("--history one.csv --with-canaries", "cannot be used with"),
        #[cfg(feature = "retro")]
        ("--history one.csv --step 1m", "cannot be used with"),
        #[cfg(feature = "retro")]
        ("--history one.csv --column release=build", "cannot be used with"),
        #[cfg(feature = "retro")]
        ("--history one.csv --role canary=new", "cannot be used with"),
        #[cfg(feature = "retro")]
        ("--history one.csv --history-format csv", "cannot be used with"),
        #[cfg(feature = "retro")]
        ("--history one.csv --releases two.csv", "cannot be used with"),
        #[cfg(feature = "retro")]
        ("--releases one.csv --step 0s", "step: expected a millisecond"),
    ] {
        let answer = place.judge(&format!("calibrate --config config.json {arguments}"));
        assert_eq!(answer.code, 2, "{arguments}: {answer:?}");
        assert!(answer.stderr.contains(says), "{arguments}: {answer:?}");
        assert_eq!(answer.stdout, "", "{arguments}");
    }
    let both = place.judge_with("calibrate --config - --history -", b"{}");
    assert_eq!(both.code, 2, "{both:?}");
}

#[test]
fn a_config_that_its_judge_refuses_is_refused() {
    let place = place();
    place.write("odd.json", &config(&["latency", "latency"]));
    let answer = place.judge(
        "calibrate --config odd.json --judge EvidenceJudge-v1 --minutes 10 --history one.csv two.csv",
    );
    assert_eq!(answer.code, 2, "{answer:?}");
    assert!(answer.stderr.contains("metrics[1].name"), "{answer:?}");
}

#[test]
fn a_history_of_gaps_alone_is_called_so() {
    let config = br#"{"metrics": [{"name": "latency", "groups": ["G"]}], "classifier": {}}"#;
    let place = TestFolder::with(&[
        ("config.json", config),
        ("gaps.csv", b"timestamp,latency,other\n0,,1\n60,NaN,2\n120,,3\n"),
    ]);
    let answer = place.judge("calibrate --config config.json --minutes 1 --history gaps.csv");
    assert_eq!(answer.code, 2, "{answer:?}");
    assert!(
        answer.stderr.contains("only gaps for the metrics of the config: latency"),
        "{answer:?}"
    );
}

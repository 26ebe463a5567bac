//! Messages about wrong queries to a source.

use serde_json::{Value, json};

use crate::harness::{Answer, TestFolder};
use crate::store::{Asked, Store, answer, config, matrix, matrix_of};

const RUN: &str = "run --config canary.json --baseline-scope stable --canary-scope new";

fn folder() -> TestFolder {
    TestFolder::with(&[("canary.json", &config("latency{version=\"${scope}\"}"))])
}

fn judge(folder: &TestFolder, more: &str) -> Answer {
    folder.judge(&format!("{RUN} {more}"))
}

#[test]
fn errors_of_times_and_sources_name_the_option() {
    let folder = folder();
    folder.write("other.toml", b"[main]\nurl = 'http://h'\n");
    folder.write("secret.toml", b"[sources.a]\nurl = 'http://h'\npassword = 'sesame'\n");
    let url = "--prometheus http://127.0.0.1:1";
    for (more, said) in [
        (format!("{url} --last 0s"), "error: --last: expected --last TIME above 0"),
        (
            format!("{url} --start 2100-01-01T00:00:00Z"),
            "--start: expected a window that has begun",
        ),
        (
            format!("{url} --last 1h --end 2100-01-01T00:00:00Z"),
            "--end: expected a window that has",
        ),
        (format!("{url} --start 60 --end 0"), "--start: expected an end after the start"),
        (
            format!("{url} --last 30s"),
            "error: --step: expected a step of at most the window, 30s, got 1m\n",
        ),
        (
            format!("{url} --last -5m"),
            "'--last <TIME>': expected a time such as 30s, 5m or 1h 30m, got",
        ),
        (format!("{url} --start 2026-11-20T14:00:00+25:00"), "an offset from UTC of at most 23:59"),
        (format!("{url} --last 5m --step 0s"), "--step: expected a step above 0"),
        (
            format!("{url} --last 500000y"),
            "error: --start, --end or --last: expected a time between",
        ),
        (
            format!("{url} --last 5m --baseline-offset 500000y"),
            "error: --baseline-offset: expected a time between",
        ),
        ("--prometheus db-1:9090 --last 5m".to_owned(), "a URL such as http://db-1:9090, got \"db"),
        (
            "--source http://me:sesame@h?a=b --last 5m".to_owned(),
            "error: --source: expected NAME=URL, such as eu=http://host",
        ),
        (
            "--source eu=me:sesame@h:9090 --last 5m".to_owned(),
            "such as http://h:9090, got \"h:9090",
        ),
        (
            "--sources secret.toml --last 5m".to_owned(),
            "secret.toml: line 3: unknown field `password`",
        ),
        ("--graphite http://h --last 5m".to_owned(), "give it with --prometheus URL, --source"),
        (
            "--sources other.toml --last 5m".to_owned(),
            "other.toml: expected a table [sources.NAME]",
        ),
    ] {
        let answer = judge(&folder, &more);
        assert_eq!((answer.code, answer.stdout.as_str()), (2, ""), "{more}: {answer:?}");
        let is_safe = !answer.stderr.contains("sesame");
        assert!(answer.stderr.contains(said) && is_safe, "{more}: {answer:?}");
    }
}

#[test]
fn errors_of_queries_have_a_way_out() {
    let url = "--prometheus http://127.0.0.1:1 --last 5m";
    for (query, said) in [
        (json!("up"), "an object with the metric's query, such as {\"customInlineTemplate\""),
        (json!({"customInlineTemplate": "sum(up)"}), "or `PromQL:` before a whole expression"),
        (json!({"query": "up"}), "metricName: missing, expected a metric's name, or `PromQL:`"),
        (json!({"type": "atlas"}), "got \"atlas\"; its series can come from files alone"),
    ] {
        let metric = json!({"name": "m", "groups": ["g"], "query": query});
        let config = json!({"metrics": [metric], "classifier": {"groupWeights": {}}});
        let folder = TestFolder::with(&[("canary.json", config.to_string().as_bytes())]);
        let answer = judge(&folder, url);
        assert_eq!(answer.code, 2, "{query}: {answer:?}");
        assert!(answer.stderr.contains(said), "{query}: {answer:?}");
    }
    // One message for all metrics with the same problem, whatever their queries are.
    let query = |name: &str| format!("PromQL:{name}{{a=\"${{scope}}\"}}");
    let metric = |name: &str| json!({"name": name, "groups": ["g"], "query": {"customInlineTemplate": query(name)}});
    let config = json!({"metrics": [metric("a"), metric("b"), metric("c")], "classifier": {"groupWeights": {}}});
    let folder = TestFolder::with(&[("canary.json", config.to_string().as_bytes())]);
    let answer = folder.judge(&format!("run --config canary.json {url}"));
    let said = "nothing is known for ${scope}; give it with --baseline-scope and --canary-scope\n  query PromQL:a{a=";
    assert!(answer.code == 2 && answer.stderr.contains(said), "{answer:?}");
    assert!(answer.stderr.contains("and 5 more queries for the same reason"), "{answer:?}");
}

#[test]
fn a_store_that_does_not_answer_is_reported_once() {
    let metric = |name: &str| json!({"name": name, "groups": ["g"], "query": {"customInlineTemplate": "PromQL:up"}});
    let metrics: Vec<Value> = (0..10).map(|number| metric(&format!("m{number}"))).collect();
    let config = json!({"metrics": metrics, "classifier": {"groupWeights": {}}});
    let folder = TestFolder::with(&[("canary.json", config.to_string().as_bytes())]);
    let store = Store::open(|_| {
        loop {
            std::thread::park();
        }
    });
    let more = format!("{} --start 0 --end 60 --timeout 300ms", store.named());
    let said = folder.judge(&format!("run --config canary.json {more}"));
    assert_eq!(said.code, 1, "{said:?}");
    // Eight are asked; the others wait until it is too late for them.
    for cause in ["no whole answer within ", "not asked in time: "] {
        assert!(said.stderr.matches(cause).count() <= 1, "{said:?}");
    }
    assert!(said.stderr.contains("more queries for the same reason"), "{said:?}");
}

#[test]
fn queries_that_find_nothing_are_reported_once() {
    let query = |name: &str| format!("PromQL:{name}{{a=\"${{scope}}\"}}");
    let metric = |name: &str| json!({"name": name, "groups": ["g"], "query": {"customInlineTemplate": query(name)}});
    let config = json!({"metrics": [metric("a"), metric("b")], "classifier": {"groupWeights": {}}});
    let folder = TestFolder::with(&[("canary.json", config.to_string().as_bytes())]);
    let store = Store::open(|_| answer(&json!([])));
    let said = judge(&folder, &format!("{} --start 0 --end 60", store.named()));
    let expected = "error: canary.json: no query found a point on either side\n  \
        a, b: the store has no series at all from 1970-01-01T00:00:00Z to 1970-01-01T00:01:00Z\n  \
        from 1970-01-01T00:00:00Z to 1970-01-01T00:01:00Z\n  \
        query a{a=\"stable\"}\n";
    assert_eq!((said.code, said.stderr.as_str()), (2, expected));
}

/// Runs over one minute with a step of a second and returns the warnings.
fn warnings(
    answer: impl Fn(&Asked) -> (&'static str, String) + Send + Sync + 'static,
    query: &str,
) -> String {
    let folder = TestFolder::with(&[("canary.json", &config(query))]);
    let store = Store::open(answer);
    judge(&folder, &format!("{} --start 0 --end 60 --step 1s", store.named())).stderr
}

#[test]
fn doubtful_numbers_are_warned_of() {
    let noisy = |time: i64| f64::from(i32::try_from(time * 37 % 101).unwrap());
    let of = "latency{version=\"${scope}\"}";
    let said = warnings(move |asked| matrix_of(asked, |time| noisy(time / 5)), of);
    let expected = "latency: each value of the baseline stands 5 times in a row: it is measured every 5s or so; \
                    lengthen --step to that";
    assert!(said.contains(expected), "{said}");
    let said = warnings(|asked| matrix_of(asked, |_| f64::NAN), of);
    assert!(said.contains("latency: the series of the canary hold NaN alone, no number"), "{said}");
    let counter = "sum(errors_total{version=\"${scope}\"})";
    let said = warnings(move |asked| matrix_of(asked, noisy), counter);
    assert!(said.contains("take its growth, as in rate(errors_total[5m])"), "{said}");
    let growth = counter.replace('}', "}[5m]").replace("sum", "rate");
    let said = warnings(move |asked| matrix_of(asked, noisy), &growth);
    assert!(!said.contains("counter") && !said.contains("in a row"), "{said}");
}

#[test]
fn a_query_that_the_store_does_not_understand_is_bad_input() {
    let folder = folder();
    folder.write(
        "releases.csv",
        b"release,start,end,baseline-scope,canary-scope\nv1,0,60,stable,new\n",
    );
    let scopes = "--baseline-scope stable --canary-scope new";
    for (status, code) in [
        ("400 Bad Request", 2),
        ("422 Unprocessable Entity", 2),
        ("401 Unauthorized", 1),
        ("404 Not Found", 2),
    ] {
        let store = Store::open(move |_| {
            (status, json!({"status": "error", "error": "1:5: parse error"}).to_string())
        });
        for command in [
            format!("{RUN} --last 5m"),
            format!("config try canary.json {scopes} --last 5m"),
            format!("watch --config canary.json {scopes} --lifetime 5m"),
            "fetch releases.csv --config canary.json --output h.ndjson".to_owned(),
        ] {
            let answer = folder.judge(&format!("{command} {}", store.named()));
            assert_eq!(answer.code, code, "{command}, {status}: {answer:?}");
            assert!(format!("{answer:?}").contains("1:5: parse error"), "{command}: {answer:?}");
        }
    }
}

#[test]
fn an_answer_for_which_the_query_must_change_is_bad_input() {
    let response = |kind: &str, series: &Value| {
        let data = json!({"resultType": kind, "result": series});
        json!({"status": "success", "data": data}).to_string()
    };
    let histogram = json!([{"metric": {}, "histograms": [[0, {"count": "1", "sum": "1"}]]}]);
    let same = json!([
        {"metric": {"__name__": "a", "pod": "x"}, "values": [[0, "1"]]},
        {"metric": {"__name__": "b", "pod": "x"}, "values": [[0, "1"]]},
    ]);
    let points = |values: &Value| json!([{"metric": {}, "values": values}]);
    for (body, code, said) in [
        (response("matrix", &histogram), 2, "native histograms have no single value"),
        (response("vector", &json!([])), 2, "expected \"matrix\", got \"vector\""),
        (response("matrix", &same), 2, "aggregate in the query"),
        (response("matrix", &points(&json!([[0, "1"], [0, "2"]]))), 2, "one point for each time"),
        (response("matrix", &points(&json!([[60, "1"], [0, "2"]]))), 2, "one point for each time"),
        (response("matrix", &points(&json!([[0, "abc"]]))), 2, "got \"abc\""),
        ("{\"status\":\"success\",".to_owned(), 1, "not valid JSON"),
        ("<html><body>x</body></html>".to_owned(), 1, "got a web page without a title; is the URL"),
        ("<html><title>Log in</title></html>".to_owned(), 1, "got the web page \"Log in\"; is"),
    ] {
        let store = Store::open(move |_| ("200 OK", body.clone()));
        let answer = judge(&folder(), &format!("{} --start 0 --end 120", store.named()));
        assert_eq!((answer.code, answer.stdout.as_str()), (code, ""), "{said}: {answer:?}");
        assert!(answer.stderr.contains(said), "{said}: {answer:?}");
        assert!(answer.stderr.starts_with("error: 2 queries failed:\n"), "{answer:?}");
    }
}

#[test]
fn a_metric_that_is_0_all_the_time_is_warned_of_and_no_fault() {
    let trial = "config try canary.json --baseline-scope stable --canary-scope new --start 0 --end 60 --step 1s";
    for (value, code) in [(0.0, 0), (7.0, 2)] {
        let store = Store::open(move |asked| matrix_of(asked, |_| value));
        let answer = folder().judge(&format!("{trial} {}", store.named()));
        assert_eq!(answer.code, code, "{answer:?}");
        let said = format!("warning: every point of the canary is {value}; does the query");
        assert!(answer.stdout.contains(&said), "{answer:?}");
    }
}

#[test]
fn a_trial_warns_of_what_is_odd() {
    let folder = folder();
    let trial = "config try canary.json --start 0 --end 60 --step 1s --baseline-scope stable --canary-scope";
    let try_with = |canary: &str, result: fn(&Asked) -> Value| {
        let store = Store::open(move |asked| answer(&result(asked)));
        folder.judge(&format!("{trial} {canary} {}", store.named()))
    };
    let pods = |asked: &Asked| {
        let side = if asked.query.contains("stable") { "a" } else { "b" };
        let series = |pod: usize| json!({"metric": {"pod": format!("{side}-{pod}")}, "values": [[0, "1"], [1, "2"]]});
        json!([series(1), series(2)])
    };
    for (answer, said) in [
        (
            try_with("new", pods),
            "some series are on one side only, as pod differs; aggregate over it",
        ),
        (
            try_with("new", |_| json!([])),
            "the query of the canary finds nothing from 1970-01-01T00:00:00Z",
        ),
        (
            try_with("new", |_| json!([{"metric": {}, "values": [[0, "7"], [1, "7"]]}])),
            "every point of the baseline is 7; does the query measure anything?",
        ),
        (try_with("stable", pods), "both sides are asked the same query over the same time"),
    ] {
        assert_eq!(answer.code, 2, "{answer:?}");
        assert!(answer.stdout.contains(&format!("warning: {said}")), "{said}: {answer:?}");
    }
}

#[test]
fn no_page_and_no_output_has_a_credential_in_it() {
    let folder = folder();
    folder.write(
        "releases.csv",
        b"release,start,end,baseline-scope,canary-scope\nv1,0,60,stable,new\n",
    );
    let store = Store::open(|asked| matrix(asked, 100.0));
    let with_password = store.url.replace("http://", "http://me:sesame@");
    let scopes = "--baseline-scope stable --canary-scope new";
    for command in [
        format!(
            "{RUN} --start 0 --end 60 --step 1s --format full --output run.json --report run.html"
        ),
        format!(
            "watch --config canary.json {scopes} --start 0 --lifetime 60s --step 1s --settle 0s \
             --output watch.json --report watch.html"
        ),
        format!("config try canary.json {scopes} --start 0 --end 60 --step 1s"),
        "fetch releases.csv --config canary.json --output h.ndjson".to_owned(),
    ] {
        let answer = folder.judge(&format!("{command} --prometheus {with_password}"));
        assert_eq!(answer.code, 0, "{command}: {answer:?}");
        assert!(!format!("{answer:?}").contains("sesame"), "{command}: {answer:?}");
    }
    for written in ["run.json", "run.html", "watch.json", "watch.html", "h.ndjson"] {
        let text = std::fs::read_to_string(folder.path().join(written)).unwrap();
        assert!(!text.contains("sesame") && !text.contains("bWU6c2VzYW1l"), "{written}");
    }
}

#[test]
fn a_trial_shows_the_unit() {
    let folder =
        TestFolder::with(&[("canary.json", &config("latency_seconds{version=\"${scope}\"}"))]);
    let store =
        Store::open(|asked| matrix_of(asked, |time| f64::from(i32::try_from(time % 60).unwrap())));
    let trial = "config try canary.json --baseline-scope stable --canary-scope new --start 0 --end 60 --step 1s";
    let answer = folder.judge(&format!("{trial} {}", store.named()));
    assert!(answer.stdout.contains("1 series, 60 points, 0 gaps, 0 to 59 seconds\n"), "{answer:?}");
    let answer = folder.judge(&format!("{trial} {} --format json", store.named()));
    let tried: Value = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!(tried[0]["unit"], "seconds");
}

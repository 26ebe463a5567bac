//! Faults on the wire: each is told with source, side, query and window, and nothing hangs beyond the deadline.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use judge_sources::{Grid, StoreKind};
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};

use super::server::{
    PROMETHEUS, answering, asked, at, fetch, fetch_up, grid, http, listen, ok, points, queries,
    request, run, run_each, settings,
};

/// A deadline that passes. A busy machine still begins to ask by then.
const SOON: Duration = Duration::from_secs(2);
/// For answers that come at once, however busy the machine is. A source's own timeout is longer.
const PLENTY: Duration = Duration::from_secs(20);

/// What every failure tells.
#[track_caller]
fn check(kind: StoreKind, error: &str, parts: &[&str]) {
    let window = "1970-01-01T00:00:00Z to 1970-01-01T00:00:03Z";
    let always = [
        "latency of the baseline from store (http",
        &format!("\nquery {}\nfrom {window}", asked(kind)),
    ];
    for part in always.iter().chain(parts) {
        assert!(error.contains(part), "{kind}: {part:?} is not in {error}");
    }
}

#[test]
fn a_port_without_a_server() {
    run_each(async |kind| {
        // Nobody listens there, and nobody else can.
        let held = TcpSocket::new_v4().unwrap();
        held.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = held.local_addr().unwrap();
        let error = fetch_up(at(kind, &format!("http://{address}")), SOON).await.unwrap_err();
        check(kind, &error, &[&format!("no connection to {address}: "), "refused"]);
    });
}

#[test]
fn a_host_without_a_name() {
    run_each(async |kind| {
        // Longer than names may be, so that no resolver asks another machine.
        let host = "x".repeat(64);
        let error = fetch_up(at(kind, &format!("http://{host}:9090")), SOON).await.unwrap_err();
        check(kind, &error, &[&format!("no connection to {host}:9090: ")]);
    });
}

#[test]
fn a_connection_that_is_reset() {
    run_each(async |kind| {
        let address = listen(|mut stream| async move {
            request(&mut stream).await;
            // With unread bytes or without linger, closing resets.
            stream.set_zero_linger().unwrap();
        });
        let error =
            fetch_up(at(kind, &format!("http://{}", address.await)), PLENTY).await.unwrap_err();
        check(kind, &error, &["the answer broke off: "]);
    });
}

/// A server that writes this, then nothing more, for as long as the client stays.
async fn stalled_after(written: &'static str) -> String {
    listen(move |mut stream: TcpStream| async move {
        request(&mut stream).await;
        stream.write_all(written.as_bytes()).await.unwrap();
        request(&mut stream).await;
    })
    .await
}

/// Asks in vain until the deadline, and no longer.
async fn check_deadline(kind: StoreKind, url: &str) {
    let asking = fetch_up(at(kind, url), SOON);
    let error = timeout(PLENTY, asking).await.expect("it ends at the deadline").unwrap_err();
    check(kind, &error, &["no whole answer within "]);
}

#[test]
fn a_server_that_stalls_at_each_stage() {
    let stages = [
        ("http", ""),
        ("http", "HTTP/1.1 200 OK\r\ncontent-le"),
        ("http", "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"stat"),
        // A handshake that does not end.
        ("https", ""),
    ];
    run_each(async |kind| {
        let stall = async |(scheme, written)| {
            check_deadline(kind, &format!("{scheme}://{}", stalled_after(written).await)).await;
        };
        join_all(stages.map(stall)).await;
    });
}

#[test]
fn a_slow_drip() {
    run_each(async |kind| {
        let address = listen(|mut stream: TcpStream| async move {
            request(&mut stream).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n").await;
            while stream.write_all(b" ").await.is_ok() {
                sleep(Duration::from_millis(20)).await;
            }
        });
        check_deadline(kind, &format!("http://{}", address.await)).await;
    });
}

#[test]
fn an_attempt_has_a_timeout_of_its_own() {
    run_each(async |kind| {
        let address = stalled_after("").await;
        let settings = settings(kind, &format!("http://{address}"), "timeout = '100ms'");
        let error = fetch_up(settings, SOON).await.unwrap_err();
        check(kind, &error, &["no whole answer within ", "ms (tried "]);
    });
}

#[test]
fn lasting_refusals_are_reported_at_once() {
    let bad = r#"{"status":"error","errorType":"bad_data","error":"1:5: parse error"}"#;
    for (status, body, said) in [
        ("400 Bad Request", bad, "HTTP 400: 1:5: parse error"),
        ("401 Unauthorized", "", "HTTP 401; give credentials in the source's table [sources.NAME]"),
        ("403 Forbidden", "no", "HTTP 403: no; the credentials do not allow this"),
        ("404 Not Found", "404 page not found", "HTTP 404: 404 page not found; is the URL right"),
        (
            "422 Unprocessable Entity",
            r#"{"error":"too many samples"}"#,
            "HTTP 422: too many samples",
        ),
    ] {
        run_each(async |kind| {
            let (address, seen) = answering(move |_| http(status, "", body)).await;
            let error = fetch_up(at(kind, &format!("http://{address}")), PLENTY).await.unwrap_err();
            check(kind, &error, &[said]);
            assert!(!error.contains("tried"), "{error}");
            assert_eq!(seen.lock().unwrap().len(), 2, "once a side: {status}");
        });
    }
}

#[test]
fn refusals_that_may_pass_are_asked_again() {
    const BUSY: &str = r#"{"status":"error","errorType":"timeout","error":"query timed out"}"#;
    let statuses = [
        "408 Request Timeout",
        "429 Too Many Requests",
        "500 Internal Server Error",
        "503 Service Unavailable",
    ];
    let refused = async |kind: StoreKind, status: &'static str| {
        let tries = std::cell::Cell::new(0);
        // Two refusals for each side.
        let (address, _) = answering(move |_| {
            tries.set(tries.get() + 1);
            if tries.get() <= 4 { http(status, "", BUSY) } else { ok(&points(kind, 3)) }
        })
        .await;
        let source = at(kind, &format!("http://{address}"));
        let fetched = fetch_up(source, PLENTY).await.unwrap();
        assert_eq!(fetched.pairs[0].canary.values, [0.0, 1.0, 2.0]);

        let (address, _) = answering(move |_| http(status, "", BUSY)).await;
        let source = at(kind, &format!("http://{address}"));
        let error = fetch_up(source, Duration::from_secs(3)).await.unwrap_err();
        check(kind, &error, &[&format!("HTTP {}: query timed out (tried ", &status[..3])]);
    };
    run_each(async |kind| {
        join_all(statuses.map(|status| refused(kind, status))).await;
    });
}

#[test]
fn a_store_is_asked_five_times_at_most() {
    run_each(async |kind| {
        let (address, seen) = answering(|_| http("503 Busy", "retry-after: 0\r\n", "")).await;
        let source = at(kind, &format!("http://{address}"));
        let error = fetch_up(source, PLENTY).await.unwrap_err();
        check(kind, &error, &["HTTP 503 (tried 5 times)"]);
        assert_eq!(seen.lock().unwrap().len(), 10, "five times a side");
    });
}

#[test]
fn a_store_that_asks_for_time_gets_it() {
    run_each(async |kind| {
        let tries = std::cell::Cell::new(0);
        let (address, _) = answering(move |_| {
            tries.set(tries.get() + 1);
            if tries.get() <= 2 {
                http("429 Slow", "retry-after: 1\r\n", "")
            } else {
                ok(&points(kind, 3))
            }
        })
        .await;
        let started = Instant::now();
        fetch_up(at(kind, &format!("http://{address}")), PLENTY).await.unwrap();
        assert!(started.elapsed() >= Duration::from_secs(1), "{:?}", started.elapsed());

        // Not beyond the deadline: then it is told at once.
        for wait in ["3600", "18446744073709551615", "Fri, 01 Jan 2100 00:00:00 GMT"] {
            let (address, seen) =
                answering(move |_| http("503 Busy", &format!("retry-after: {wait}\r\n"), "")).await;
            let asking = fetch_up(at(kind, &format!("http://{address}")), Duration::from_mins(5));
            let error = timeout(PLENTY, asking).await.expect("it waits for nothing").unwrap_err();
            check(kind, &error, &["HTTP 503", "the store asks for a wait of ", "(Retry-After)"]);
            assert_eq!(seen.lock().unwrap().len(), 2);
        }
    });
}

#[test]
fn a_login_page_is_distinguished_from_an_answer() {
    run_each(async |kind| {
        let page = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>";
        let (address, _) =
            answering(move |_| http("200 OK", "content-type: text/html\r\n", page)).await;
        let error = fetch_up(at(kind, &format!("http://{address}")), PLENTY).await.unwrap_err();
        check(kind, &error, &["expected JSON, got the web page \"Sign in\""]);
    });
}

#[test]
fn json_that_is_cut_off() {
    run_each(async |kind| {
        let whole = points(kind, 3);
        let cut = whole[..40].to_owned();
        let (address, _) = answering(move |_| ok(&cut)).await;
        let error = fetch_up(at(kind, &format!("http://{address}")), PLENTY).await.unwrap_err();
        check(kind, &error, &["EOF while parsing"]);
        // Fewer bytes than were announced.
        let address = listen(move |mut stream: TcpStream| {
            let whole = whole.clone();
            async move {
                request(&mut stream).await;
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", whole.len());
                let _ = stream.write_all(head.as_bytes()).await;
                let _ = stream.write_all(&whole.as_bytes()[..40]).await;
            }
        });
        let error =
            fetch_up(at(kind, &format!("http://{}", address.await)), PLENTY).await.unwrap_err();
        check(kind, &error, &["the answer broke off: "]);
    });
}

#[test]
fn an_answer_for_other_times() {
    run_each(async |kind| {
        // Its fourth point lies after the end.
        let (address, _) = answering(move |_| ok(&points(kind, 4))).await;
        let error = fetch_up(at(kind, &format!("http://{address}")), PLENTY).await.unwrap_err();
        let said = if kind == StoreKind::Prometheus {
            "a point at 1970-01-01T00:00:03Z, which is no time that was asked for: every 1000 ms from \
             1970-01-01T00:00:00Z to 1970-01-01T00:00:02Z"
        } else {
            "a point at 1970-01-01T00:00:03Z"
        };
        check(kind, &error, &[said]);
        assert_eq!(grid().points(), 3);
    });
}

#[test]
fn times_that_a_cache_moves_are_asked_for_without_it() {
    run(async {
        // As VictoriaMetrics: multiples of the step, unless it may not use its cache.
        let (address, seen) = answering(|request| {
            let start = if request.contains("&nocache=1") { 500 } else { 0 };
            let values: Vec<_> =
                (0..3).map(|i| json!([f64::from(start + 1000 * i) / 1000.0, "1"])).collect();
            let result = json!([{"metric": {}, "values": values}]);
            ok(&json!({"status": "success", "data": {"resultType": "matrix", "result": result}})
                .to_string())
        })
        .await;
        for (start, asked) in [(500, 2), (0, 1)] {
            let grid = Grid::new(start, start + 3000, 1000).unwrap();
            let url = format!("http://{address}");
            let fetched = fetch(at(PROMETHEUS, &url), &queries(PROMETHEUS), grid, PLENTY).await;
            assert_eq!(fetched.unwrap().pairs[0].canary.values, [1.0, 1.0, 1.0]);
            assert_eq!(seen.lock().unwrap().drain(..).count(), 2 * asked, "both sides: {start}");
        }
    });
}

#[test]
fn json_of_something_else() {
    const RESULT: &str = r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[0,"x"]]}]}}"#;
    use StoreKind::{Graphite, InfluxDb, Prometheus};
    for (kind, body, said) in [
        (
            Prometheus,
            r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#,
            "data.resultType: expected \"matrix\", got \"vector\"",
        ),
        (Prometheus, r#"{"status":"error","errorType":"e","error":"odd"}"#, "odd"),
        (Prometheus, "[]", "this is a list"),
        (Prometheus, "", "EOF while parsing"),
        (Prometheus, RESULT, "\"x\""),
        (Graphite, "", "EOF while parsing"),
        (Graphite, RESULT, "expected a sequence"),
        (Graphite, r#"[{"target":"up"}]"#, "missing field `datapoints`"),
        (Graphite, r#"[{"target":"up","datapoints":[[1,"soon"]]}]"#, "\"soon\""),
        (Graphite, r#"[{"target":"up","datapoints":[["x",0]]}]"#, "a value of up is no number"),
        (Graphite, r#"[{"target":"up","datapoints":[[1,1e300]]}]"#, "expected seconds since 1970"),
        (InfluxDb, "", "EOF while parsing"),
        (InfluxDb, "[]", "expected an answer of InfluxDB, got something else"),
        (InfluxDb, "{}", "expected results, got none"),
        (InfluxDb, RESULT, "expected results, got none"),
        (InfluxDb, r#"{"results":[{"error":"shop: no such database"}]}"#, "shop: no such database"),
        (InfluxDb, r#"{"error":"unable to parse"}"#, "unable to parse"),
        (
            InfluxDb,
            r#"{"results":[{"series":[{"columns":["count"],"values":[[1]]}]}]}"#,
            "expected a column time, got count",
        ),
        (
            InfluxDb,
            r#"{"results":[{"series":[{"columns":["time","count"],"values":[["now",1]]}]}]}"#,
            "expected milliseconds in the column time",
        ),
        (
            InfluxDb,
            r#"{"results":[{"series":[{"columns":["time","count"],"values":[[0,1]],"partial":true}]}]}"#,
            "cut off at the server's max-row-limit",
        ),
    ] {
        run(async {
            let (address, _) = answering(move |_| ok(body)).await;
            let error = fetch_up(at(kind, &format!("http://{address}")), PLENTY).await.unwrap_err();
            check(kind, &error, &[said]);
        });
    }
}

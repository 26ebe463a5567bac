//! Faults on the wire: each is told with source, side, query and window, and nothing hangs beyond the deadline.

use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

use super::server::{
    answering, at, fetch_up, grid, http, listen, matrix, ok, request, run, settings,
};

const SOON: Duration = Duration::from_millis(600);

/// What every failure tells.
#[track_caller]
fn check(error: &str, parts: &[&str]) {
    let always = [
        "latency of the baseline from store (http",
        "\nquery up{side=\"old\"}\nfrom 1970-01-01T00:00:00Z to 1970-01-01T00:00:03Z",
    ];
    for part in always.iter().chain(parts) {
        assert!(error.contains(part), "{part:?} is not in {error}");
    }
}

#[test]
fn a_port_without_a_server() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let error = fetch_up(at(&format!("http://{address}")), SOON).await.unwrap_err();
        check(&error, &[&format!("no connection to {address}: "), "refused"]);
    });
}

#[test]
fn a_host_without_a_name() {
    run(async {
        // A resolver may take its time, and is asked three times.
        let error = fetch_up(at("http://no-such-host.invalid:9090"), 10 * SOON).await.unwrap_err();
        check(&error, &["no connection to no-such-host.invalid:9090: "]);
    });
}

#[test]
fn a_connection_that_is_reset() {
    run(async {
        let address = listen(|mut stream| async move {
            request(&mut stream).await;
            // With unread bytes or without linger, closing resets.
            stream.set_zero_linger().unwrap();
        });
        let error = fetch_up(at(&format!("http://{}", address.await)), SOON).await.unwrap_err();
        check(&error, &["the answer broke off: "]);
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

#[test]
fn a_server_that_stalls_at_each_stage() {
    for written in [
        "",
        "HTTP/1.1 200 OK\r\ncontent-le",
        "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"stat",
    ] {
        run(async {
            let address = stalled_after(written).await;
            let started = Instant::now();
            let error = fetch_up(at(&format!("http://{address}")), SOON).await.unwrap_err();
            check(&error, &["no whole answer within "]);
            assert!(
                started.elapsed() < SOON + Duration::from_millis(500),
                "{:?}",
                started.elapsed()
            );
        });
    }
    // A handshake that does not end.
    run(async {
        let address = stalled_after("").await;
        let started = Instant::now();
        let error = fetch_up(at(&format!("https://{address}")), SOON).await.unwrap_err();
        check(&error, &["no whole answer within "]);
        assert!(started.elapsed() < SOON + Duration::from_millis(500), "{:?}", started.elapsed());
    });
}

#[test]
fn a_slow_drip() {
    run(async {
        let address = listen(|mut stream: TcpStream| async move {
            request(&mut stream).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n").await;
            while stream.write_all(b" ").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        let started = Instant::now();
        let error = fetch_up(at(&format!("http://{}", address.await)), SOON).await.unwrap_err();
        check(&error, &["no whole answer within "]);
        assert!(started.elapsed() < SOON + Duration::from_millis(500), "{:?}", started.elapsed());
    });
}

#[test]
fn an_attempt_has_a_timeout_of_its_own() {
    run(async {
        let address = stalled_after("").await;
        let settings = settings(&format!("http://{address}"), "timeout = '100ms'");
        let error = fetch_up(settings, Duration::from_millis(900)).await.unwrap_err();
        check(&error, &["no whole answer within ", "ms (tried "]);
    });
}

#[test]
fn refusals_that_stay_are_told_at_once() {
    let bad = r#"{"status":"error","errorType":"bad_data","error":"1:5: parse error"}"#;
    for (status, body, said) in [
        ("400 Bad Request", bad, "HTTP 400: 1:5: parse error"),
        ("401 Unauthorized", "", "HTTP 401; give credentials in --sources FILE"),
        ("403 Forbidden", "no", "HTTP 403: no; the credentials do not allow this"),
        ("404 Not Found", "404 page not found", "HTTP 404: 404 page not found; is the URL right"),
        (
            "422 Unprocessable Entity",
            r#"{"error":"too many samples"}"#,
            "HTTP 422: too many samples",
        ),
    ] {
        run(async {
            let (address, seen) = answering(move |_| http(status, "", body)).await;
            let error = fetch_up(at(&format!("http://{address}")), SOON).await.unwrap_err();
            check(&error, &[said]);
            assert!(!error.contains("tried"), "{error}");
            assert_eq!(seen.lock().unwrap().len(), 2, "once a side: {status}");
        });
    }
}

#[test]
fn refusals_that_may_pass_are_asked_again() {
    let busy = r#"{"status":"error","errorType":"timeout","error":"query timed out"}"#;
    for status in [
        "408 Request Timeout",
        "429 Too Many Requests",
        "500 Internal Server Error",
        "503 Service Unavailable",
    ] {
        run(async {
            let tries = std::cell::Cell::new(0);
            // Two refusals for each side.
            let (address, _) = answering(move |_| {
                tries.set(tries.get() + 1);
                if tries.get() <= 4 { http(status, "", busy) } else { ok(&matrix(3)) }
            })
            .await;
            let fetched =
                fetch_up(at(&format!("http://{address}")), Duration::from_secs(20)).await.unwrap();
            assert_eq!(fetched.pairs[0].canary.values, [0.0, 1.0, 2.0]);

            let (address, _) = answering(move |_| http(status, "", busy)).await;
            let error = fetch_up(at(&format!("http://{address}")), Duration::from_millis(900))
                .await
                .unwrap_err();
            check(&error, &[&format!("HTTP {}: query timed out (tried ", &status[..3])]);
        });
    }
}

#[test]
fn a_store_that_asks_for_time_gets_it() {
    run(async {
        let tries = std::cell::Cell::new(0);
        let (address, _) = answering(move |_| {
            tries.set(tries.get() + 1);
            if tries.get() <= 2 {
                http("429 Slow", "retry-after: 1\r\n", "")
            } else {
                ok(&matrix(3))
            }
        })
        .await;
        let started = Instant::now();
        fetch_up(at(&format!("http://{address}")), Duration::from_secs(20)).await.unwrap();
        assert!(started.elapsed() >= Duration::from_secs(1), "{:?}", started.elapsed());

        // Not beyond the deadline: then it is told at once.
        for wait in ["3600", "Fri, 01 Jan 2100 00:00:00 GMT"] {
            let (address, seen) =
                answering(move |_| http("503 Busy", &format!("retry-after: {wait}\r\n"), "")).await;
            let started = Instant::now();
            let error = fetch_up(at(&format!("http://{address}")), Duration::from_secs(20))
                .await
                .unwrap_err();
            check(&error, &["HTTP 503"]);
            assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
            assert_eq!(seen.lock().unwrap().len(), 2);
        }
    });
}

#[test]
fn a_login_page_is_told_apart_from_an_answer() {
    run(async {
        let page = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>";
        let (address, _) =
            answering(move |_| http("200 OK", "content-type: text/html\r\n", page)).await;
        let error = fetch_up(at(&format!("http://{address}")), SOON).await.unwrap_err();
        check(&error, &["expected JSON, got the web page \"Sign in\""]);
    });
}

#[test]
fn json_that_is_cut_off() {
    run(async {
        let whole = matrix(3);
        let cut = whole[..40].to_owned();
        let (address, _) = answering(move |_| ok(&cut)).await;
        let error = fetch_up(at(&format!("http://{address}")), SOON).await.unwrap_err();
        check(&error, &["EOF while parsing"]);
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
        let error = fetch_up(at(&format!("http://{}", address.await)), SOON).await.unwrap_err();
        check(&error, &["the answer broke off: "]);
    });
}

#[test]
fn an_answer_for_other_times() {
    run(async {
        // Its fourth point lies after the end.
        let (address, _) = answering(|_| ok(&matrix(4))).await;
        let error = fetch_up(at(&format!("http://{address}")), SOON).await.unwrap_err();
        let (start, last) = ("1970-01-01T00:00:00Z", "1970-01-01T00:00:02Z");
        check(
            &error,
            &[&format!(
                "a point at 1970-01-01T00:00:03Z, which is no time that was asked for: every 1000 ms from {start} to {last}"
            )],
        );
        assert_eq!(grid().points(), 3);
    });
}

#[test]
fn json_of_something_else() {
    for (body, said) in [
        (
            r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#,
            "data.resultType: expected \"matrix\", got \"vector\"",
        ),
        (r#"{"status":"error","errorType":"e","error":"odd"}"#, "odd"),
        ("[]", "this is a list"),
        ("", "EOF while parsing"),
        (
            r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[0,"x"]]}]}}"#,
            "\"x\"",
        ),
    ] {
        run(async {
            let (address, _) = answering(move |_| ok(body)).await;
            let error = fetch_up(at(&format!("http://{address}")), SOON).await.unwrap_err();
            check(&error, &[said]);
        });
    }
}

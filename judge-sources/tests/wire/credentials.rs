//! Who is told who asks.

use std::fs;
use std::time::Duration;

use serde_json::json;

use super::server::{
    PROMETHEUS, Seen, answering, at, fetch_up, http, matrix, ok, points, run, run_each, settings,
};

/// For answers that come at once, however busy the machine is.
const SOON: Duration = Duration::from_secs(20);

fn header(seen: &Seen, index: usize, name: &str) -> Option<String> {
    let seen = seen.lock().unwrap();
    let (head, _) = seen[index].split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
}

#[test]
fn credentials_are_sent_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let password = folder.path().join("password");
    fs::write(&password, "sesame\n").unwrap();
    let table = format!(
        "username = 'me'\npassword-file = '{}'\nheaders = {{ X-Scope-OrgID = 'shop' }}",
        password.display()
    );
    run_each(async |kind| {
        let (address, seen) = answering(move |_| ok(&points(kind, 3))).await;
        fetch_up(settings(kind, &format!("http://{address}"), &table), SOON).await.unwrap();
        assert_eq!(header(&seen, 0, "authorization").as_deref(), Some("Basic bWU6c2VzYW1l"));
        assert_eq!(header(&seen, 0, "x-scope-orgid").as_deref(), Some("shop"));
        fetch_up(at(kind, &format!("http://me:sesame@{address}")), SOON).await.unwrap();
        assert_eq!(header(&seen, 2, "authorization").as_deref(), Some("Basic bWU6c2VzYW1l"));
        fetch_up(at(kind, &format!("http://{address}")), SOON).await.unwrap();
        assert_eq!(header(&seen, 4, "authorization"), None);
    });
}

#[test]
fn a_token_is_read_again_for_each_request() {
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    let table = format!("bearer-token-file = '{}'", token.display());
    run(async {
        let replaced = token.clone();
        let (address, seen) = answering(move |request| {
            if request.contains("Bearer first") {
                fs::write(&replaced, "second\n").unwrap();
                return http("503 Busy", "", "");
            }
            ok(&matrix(3))
        })
        .await;
        let url = format!("http://{address}");
        let error = fetch_up(settings(PROMETHEUS, &url, &table), SOON).await.unwrap_err();
        assert!(error.contains(&format!("cannot read {}: ", token.display())), "{error}");
        fs::write(&token, "first").unwrap();
        fetch_up(settings(PROMETHEUS, &url, &table), SOON).await.unwrap();
        assert_eq!(header(&seen, 0, "authorization").as_deref(), Some("Bearer first"));
        let last = seen.lock().unwrap().len() - 1;
        assert_eq!(header(&seen, last, "authorization").as_deref(), Some("Bearer second"));
        fs::write(&token, "two\nlines").unwrap();
        let error = fetch_up(settings(PROMETHEUS, &url, &table), SOON).await.unwrap_err();
        assert!(error.contains("expected one line of visible ASCII"), "{error}");
    });
}

#[test]
fn redirects_are_followed_on_one_host_alone() {
    run(async {
        let (other, told) = answering(|_| ok(&matrix(3))).await;
        let to = format!("location: http://{other}/login?state=abc\r\n");
        let (address, _) = answering(move |_| http("302 Found", &to, "")).await;
        let error = fetch_up(at(PROMETHEUS, &format!("http://me:sesame@{address}")), SOON)
            .await
            .unwrap_err();
        assert!(
            error.contains(&format!(
                "HTTP 302, a redirect to http://{other}/login; if that is the store"
            )),
            "{error}"
        );
        assert!(told.lock().unwrap().is_empty(), "the other host was told something");

        let (address, seen) = answering(|request| {
            let moved = "location: /prometheus/api/v1/query_range\r\n";
            if request.starts_with("GET /api") {
                http("307 Moved", moved, "")
            } else {
                ok(&matrix(3))
            }
        })
        .await;
        fetch_up(at(PROMETHEUS, &format!("http://me:sesame@{address}")), SOON).await.unwrap();
        assert!(
            seen.lock()
                .unwrap()
                .iter()
                .any(|request| request.starts_with("GET /prometheus/api/v1/query_range?query=up"))
        );

        let (address, seen) = answering(|_| http("307 Moved", "location: /again\r\n", "")).await;
        let error = fetch_up(at(PROMETHEUS, &format!("http://{address}")), SOON).await.unwrap_err();
        let said =
            format!("more than 5 redirects, the last to http://{address}/again; give the URL");
        assert!(error.contains(&said), "{error}");
        assert_eq!(seen.lock().unwrap().len(), 12, "five redirects a side");
    });
}

/// The secrets of a request.
fn told(request: &str) -> String {
    let lines = request.lines().filter_map(|line| line.split_once(": "));
    let mut secret = lines.filter(|(name, _)| matches!(*name, "authorization" | "x-api-key"));
    let (_, value) = secret.next().unwrap();
    value.rsplit(' ').next().unwrap().to_owned()
}

/// An answer that repeats a secret.
type Echo = fn(&str) -> String;

/// What an answer says besides the secret, and the answer.
const ECHOES: [(&str, Echo); 8] = [
    ("HTTP 403", |secret| http("403 Forbidden", "", &format!("no access with {secret}"))),
    ("got the web page", |secret| {
        // Longer than what an error says of a page.
        ok(&format!("<html><title>{}no access with {secret}</title></html>", "x".repeat(380)))
    }),
    ("a redirect to", |secret| {
        http("302 Found", &format!("location: http://h.invalid/{secret}/login\r\n"), "")
    }),
    ("bad_data", |secret| {
        ok(&json!({"status": "error", "errorType": "bad_data", "error": secret}).to_string())
    }),
    ("data.resultType", |secret| {
        ok(&json!({"status": "success", "data": {"resultType": secret}}).to_string())
    }),
    ("data.result", |secret| {
        let data = json!({"resultType": "matrix", "result": secret});
        ok(&json!({"status": "success", "data": data}).to_string())
    }),
    ("content-encoding", |secret| http("200 OK", &format!("content-encoding: {secret}\r\n"), "")),
    ("Said", |secret| {
        let data = json!({"resultType": "matrix", "result": []});
        ok(&json!({"status": "success", "data": data, "warnings": [secret]}).to_string())
    }),
];

#[test]
fn no_error_has_a_credential_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    fs::write(&file, "sesame").unwrap();
    let file = file.display();
    // Longer than what an error says of a refusal.
    let long = folder.path().join("long");
    fs::write(&long, "sesame".repeat(200)).unwrap();
    for table in [
        format!("username = 'me'\npassword-file = '{file}'"),
        format!("bearer-token-file = '{file}'"),
        format!("bearer-token-file = '{}'", long.display()),
        "headers = { X-Api-Key = 'sesame' }".to_owned(),
    ] {
        // Stores that say what they were told, each in another place.
        for (said, echo) in ECHOES {
            run(async {
                let (address, _) = answering(move |request| echo(&told(request))).await;
                let url = format!("http://{address}");
                let fetched = fetch_up(settings(PROMETHEUS, &url, &table), SOON).await;
                let text = match fetched {
                    Ok(fetched) => format!("{:?}", fetched.notices),
                    Err(error) => error,
                };
                assert!(text.contains(said) && text.contains("***"), "{text}");
                assert!(
                    !["sesame", "bWU6c2VzYW1l"].iter().any(|secret| text.contains(secret)),
                    "{text}"
                );
            });
        }
    }
    run(async {
        let error =
            fetch_up(at(PROMETHEUS, "http://me:sesame@127.0.0.1:1"), SOON).await.unwrap_err();
        assert!(!error.contains("sesame"), "{error}");
    });
}

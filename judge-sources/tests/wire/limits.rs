//! How much is asked for and read, and how much of it at once.

use std::cell::Cell;
use std::io::Write as _;
use std::rc::Rc;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use judge_sources::{
    Compat, FetchRequest, Grid, Queries, Scope, SideRequest, SourceSettings, Sources, StoreKind,
};
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::server::{
    PROMETHEUS, answering, at, fetch, fetch_up, listen, matrix, ok, points, read, request, run,
    run_each,
};

/// For answers that come at once, however busy the machine is.
const SOON: Duration = Duration::from_mins(1);

#[test]
fn an_answer_of_200_mb_is_not_read() {
    run_each(async |kind| {
        // Announced: nothing of it.
        let address = listen(|mut stream: TcpStream| async move {
            request(&mut stream).await;
            let _ =
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 209715200\r\n\r\n{").await;
            request(&mut stream).await;
        });
        let error =
            fetch_up(at(kind, &format!("http://{}", address.await)), SOON).await.unwrap_err();
        assert!(error.contains("the answer is larger than 32 MiB"), "{error}");

        // Not announced: no more than is allowed, and what stands in the system's buffers.
        let written = Rc::new(Cell::new(0_u64));
        let count = Rc::clone(&written);
        let address = listen(move |mut stream: TcpStream| {
            let count = Rc::clone(&count);
            async move {
                request(&mut stream).await;
                let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
                let _ = stream.write_all(head.as_bytes()).await;
                let chunk = format!("100000\r\n{}\r\n", " ".repeat(0x10_0000));
                for _ in 0..200 {
                    if stream.write_all(chunk.as_bytes()).await.is_err() {
                        return;
                    }
                    count.set(count.get() + 1);
                }
            }
        });
        let error =
            fetch_up(at(kind, &format!("http://{}", address.await)), SOON).await.unwrap_err();
        assert!(error.contains("the answer is larger than 32 MiB"), "{error}");
        assert!(written.get() < 2 * 50, "{} MiB were taken", written.get());
    });
}

/// A server that answers each request with `body`, packed as `encoding` says, whatever the client understands.
async fn packing(status: &'static str, encoding: &'static str, body: Vec<u8>) -> String {
    let body = Rc::new(body);
    let address = listen(move |mut stream: TcpStream| {
        let body = Rc::clone(&body);
        async move {
            while let Some(request) = request(&mut stream).await {
                assert!(!request.to_ascii_lowercase().contains("accept-encoding"), "{request}");
                let length = body.len();
                let head = format!(
                    "HTTP/1.1 {status}\r\ncontent-encoding: {encoding}\r\ncontent-length: {length}\r\n\r\n"
                );
                let _ = stream.write_all(head.as_bytes()).await;
                let _ = stream.write_all(&body).await;
            }
        }
    });
    format!("http://{}", address.await)
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    packer.write_all(text).unwrap();
    packer.finish().unwrap()
}

#[test]
fn an_answer_that_is_packed_unasked_is_unpacked() {
    run_each(async |kind| {
        for encoding in ["gzip", "GZIP", "x-gzip"] {
            let url = packing("200 OK", encoding, gzip(points(kind, 3).as_bytes())).await;
            let fetched = fetch_up(at(kind, &url), SOON).await.unwrap();
            assert_eq!(fetched.pairs[0].canary.values, [0.0, 1.0, 2.0]);
        }
        let url = packing("200 OK", "identity", points(kind, 3).into_bytes()).await;
        fetch_up(at(kind, &url), SOON).await.unwrap();

        let refused = gzip(br#"{"error":"too many samples"}"#);
        let url = packing("422 Unprocessable Entity", "gzip", refused).await;
        let error = fetch_up(at(kind, &url), SOON).await.unwrap_err();
        assert!(error.contains("HTTP 422: too many samples"), "{error}");

        let mut cut = gzip(points(kind, 3).as_bytes());
        cut.truncate(cut.len() / 2);
        let mut damaged = gzip(points(kind, 3).as_bytes());
        let checksum = damaged.len() - 8;
        damaged[checksum] ^= 1;
        for body in [cut, damaged, points(kind, 3).into_bytes()] {
            let url = packing("200 OK", "gzip", body).await;
            let error = fetch_up(at(kind, &url), Duration::from_secs(2)).await.unwrap_err();
            assert!(error.contains("the answer broke off: cannot unpack its gzip"), "{error}");
        }

        for encoding in ["br", "gzip, br"] {
            let url = packing("200 OK", encoding, b"?".to_vec()).await;
            let error = fetch_up(at(kind, &url), SOON).await.unwrap_err();
            let got = format!("got content-encoding {encoding:?}");
            assert!(error.contains(&got) && error.contains("turn it off"), "{error}");
        }
    });
}

#[test]
fn a_small_answer_that_unpacks_to_200_mb_is_not_unpacked() {
    let bomb = gzip(&vec![b' '; 200 << 20]);
    assert!(bomb.len() < 1 << 20, "{}", bomb.len());
    run_each(async |kind| {
        let url = packing("200 OK", "gzip", bomb.clone()).await;
        let error = fetch_up(at(kind, &url), SOON).await.unwrap_err();
        assert!(error.contains("the answer is larger than 32 MiB"), "{error}");
        // Nor the message of a refusal.
        let url = packing("403 Forbidden", "gzip", bomb.clone()).await;
        let error = fetch_up(at(kind, &url), SOON).await.unwrap_err();
        assert!(error.contains("HTTP 403; the credentials"), "{error}");
    });
}

#[test]
fn long_queries_are_posted() {
    let long = "a b+".repeat(600);
    let prometheus = json!({"customInlineTemplate": format!("PromQL:up{{side=\"${{scope}}\",long=\"{long}\"}}")});
    let graphite = json!({"type": "graphite", "metricName": format!("alias(up.$scope,'{long}')")});
    let fields = [format!("count AS \"{long}\"")];
    let influxdb = json!({"type": "influxdb", "metricName": "up", "fields": fields});
    for (kind, query, path, start, end) in [
        (
            StoreKind::Prometheus,
            prometheus,
            "api/v1/query_range",
            "query=up%7Bside%3D%22old%22%2Clong%3D%22a%20b%2Ba%20b%2B",
            "&start=0&end=2&step=1",
        ),
        (
            StoreKind::Graphite,
            graphite,
            "render",
            "target=alias%28up.old%2C%27a%20b%2Ba%20b%2B",
            "&from=-1&until=2&format=json",
        ),
        (
            StoreKind::InfluxDb,
            influxdb,
            "query",
            "db=latency&q=SELECT%20count%20AS%20%22a%20b%2Ba%20b%2B",
            "&epoch=ms",
        ),
    ] {
        run(async {
            let (address, seen) = answering(move |_| ok(&points(kind, 3))).await;
            let grid = super::server::grid();
            let url = format!("http://{address}/base/");
            fetch(at(kind, &url), &read(&query), grid, SOON).await.unwrap();
            let seen = seen.lock().unwrap();
            let (head, body) = seen[0].split_once("\r\n\r\n").unwrap();
            assert!(head.starts_with(&format!("POST /base/{path} HTTP/1.1")), "{head}");
            let form = "content-type: application/x-www-form-urlencoded";
            assert!(head.to_ascii_lowercase().contains(form), "{head}");
            assert!(body.starts_with(start) && body.ends_with(end), "{body}");
        });
    }
}

#[test]
fn more_points_than_prometheus_gives_are_asked_for_in_parts() {
    run(async {
        let (address, seen) = answering(|request| {
            let field = |name: &str| {
                let (_, rest) = request.split_once(name).unwrap();
                rest.split(['&', ' ']).next().unwrap().parse::<usize>().unwrap()
            };
            let (start, end) = (field("start="), field("end="));
            assert!(end - start <= 11_000, "{start} to {end}");
            let values: Vec<_> =
                (start..=end).map(|point| json!([point, point.to_string()])).collect();
            let result = json!([{"metric": {"job": "shop"}, "values": values}]);
            ok(&json!({"status": "success", "data": {"resultType": "matrix", "result": result}})
                .to_string())
        })
        .await;
        let grid = Grid::new(0, 25_000_000, 1000).unwrap();
        let fetched = fetch(
            at(PROMETHEUS, &format!("http://{address}")),
            &read(&json!({"customInlineTemplate": "PromQL:up"})),
            grid,
            SOON,
        )
        .await
        .unwrap();
        assert_eq!(fetched.pairs.len(), 1);
        let values = &fetched.pairs[0].canary.values;
        assert_eq!(values.len(), 25_000);
        assert!(values.iter().enumerate().all(|(point, value)| *value == point as f64));
        assert_eq!(seen.lock().unwrap().len(), 6, "three parts a side");
    });
}

#[test]
fn a_source_is_asked_few_things_at_once() {
    // The limit is each source's own.
    for (table, sources, most) in [("", 1, 8), ("max-queries = 2", 1, 2), ("max-queries = 2", 2, 4)]
    {
        run(async {
            let (now, highest) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
            let seen = Rc::clone(&highest);
            let address = listen(move |mut stream: TcpStream| {
                let (now, highest) = (Rc::clone(&now), Rc::clone(&highest));
                async move {
                    while request(&mut stream).await.is_some() {
                        now.set(now.get() + 1);
                        highest.set(highest.get().max(now.get()));
                        // As many others come as are let, and no more.
                        while highest.get() < most {
                            tokio::task::yield_now().await;
                        }
                        tokio::time::sleep(Duration::from_millis(20)).await;
                        now.set(now.get() - 1);
                        let _ = stream.write_all(ok(&matrix(3)).as_bytes()).await;
                    }
                }
            });
            let metric = |number: usize| {
                let template = format!("PromQL:m{number}");
                let source = format!("store-{}", number % sources);
                let query = json!({"customInlineTemplate": template, "source": source});
                json!({"name": format!("m{number}"), "groups": ["G"], "query": query})
            };
            let metrics: Vec<_> = (0..20).map(metric).collect();
            let queries = Queries::read(&json!({"metrics": metrics})).unwrap();
            let url = format!("http://{}", address.await);
            let table = |number| format!("[sources.store-{number}]\nurl = '{url}'\n{table}\n");
            let tables: String = (0..sources).map(table).collect();
            let sources = Sources::new(SourceSettings::read_all(&tables).unwrap()).unwrap();
            let side = SideRequest { scope: Scope::new("x"), grid: super::server::grid() };
            let (baseline, canary) = (side.clone(), side);
            let request = FetchRequest { baseline, canary, compat: Compat::None, timeout: SOON };
            let fetched = sources.fetch(&queries, &request).await.unwrap();
            let names: Vec<&str> = fetched.iter().map(|one| one.metric.as_str()).collect();
            assert_eq!(
                (names.len(), names[0], names[19]),
                (20, "m0", "m19"),
                "in the order of the config"
            );
            assert_eq!(seen.get(), most);
        });
    }
}

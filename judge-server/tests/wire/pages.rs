//! Pages as browsers ask for them: signing in, forms, scopes, names that mean harm.

use std::collections::BTreeMap;

use http::{Method, Request, header};
use http_body_util::Full;
use serde_json::{Value, json};

use crate::harness::{Answer, Server, send};
use crate::kayenta_clients::{Kayenta, run, scoped};
use crate::kept::{Service, flags};
use crate::source::{Prometheus, config};

const TOKENS: &str = "read-token-of-16-bytes viewer read\njudge-token-of-16-bytes ci judge,read\n\
                      write-token-of-16-bytes ann write,read\nadmin-token-of-16-bytes boss admin\n";

/// A browser: it keeps cookies, and sends them back.
struct Browser<'a> {
    server: &'a Server,
    cookies: BTreeMap<String, String>,
}

impl<'a> Browser<'a> {
    fn new(server: &'a Server) -> Self {
        Self { server, cookies: BTreeMap::new() }
    }

    async fn send(&mut self, method: Method, path: &str, form: &[(&str, &str)]) -> Answer {
        let mut request = Request::builder()
            .method(&method)
            .uri(format!("http://{}{path}", self.server.http))
            .header("sec-fetch-site", "same-origin");
        if !self.cookies.is_empty() {
            let pairs = self.cookies.iter().map(|(name, value)| format!("{name}={value}"));
            request = request.header(header::COOKIE, pairs.collect::<Vec<_>>().join("; "));
        }
        let mut body = String::new();
        if method == Method::POST {
            let origin = format!("http://{}", self.server.http);
            request = request.header(header::ORIGIN, origin);
            body = form_urlencoded::Serializer::new(body).extend_pairs(form).finish();
        }
        let answer = send(request.body(Full::new(body.into())).unwrap()).await;
        for cookie in answer.headers.get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            assert!(cookie.contains("; HttpOnly; SameSite="), "{cookie}");
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        answer
    }

    async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, &[]).await
    }

    /// Sends a form as the page at `page` has it.
    async fn post(&mut self, page: &str, path: &str, form: &[(&str, &str)]) -> Answer {
        let token = form_token(&self.get(page).await);
        let form = [form, &[("form", token.as_str())]].concat();
        self.send(Method::POST, path, &form).await
    }

    async fn sign_in(server: &'a Server, token: &str) -> Self {
        let mut browser = Self::new(server);
        let answer = browser.post("/login", "/login", &[("token", token), ("to", "/")]).await;
        assert_eq!(seen(&answer), (303, "/"), "{}", answer.text());
        browser
    }
}

/// What the forms of a page send back.
fn form_token(page: &Answer) -> String {
    let text = page.text();
    let (_, rest) = text.split_once("name=\"form\" value=\"").expect("a form");
    rest.split('"').next().unwrap().to_owned()
}

/// The status, and where an answer leads.
fn seen(answer: &Answer) -> (u16, &str) {
    let to = answer.headers.get(header::LOCATION);
    (answer.status.as_u16(), to.map_or("", |to| to.to_str().unwrap()))
}

/// Starts a canary over the last minutes, and returns its id.
async fn start(server: &Server, token: &str, canary: &str, config: &Value) -> String {
    let start = json!({
        "kayentaConfigJson": config.to_string(), "application": "shop",
        "scopes": {"default": {"baseline": {"scope": "stable"}, "canary": {"scope": canary}}},
        "stage": {"start": "2026-03-29T00:30:00Z", "lifetime": "1200s", "interval": "600s"},
        "metadata": {"ci": "7"},
    });
    let request = Request::post(format!("http://{}/v1/canaries", server.http))
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::AUTHORIZATION, format!("Bearer {token}"));
    let started = send(request.body(Full::new(start.to_string().into())).unwrap()).await;
    started.json()["canary"]["id"].as_str().unwrap().to_owned()
}

/// Reads a canary's events to their end.
async fn events(browser: &mut Browser<'_>, id: &str) -> String {
    browser.get(&format!("/canaries/{id}/events")).await.text()
}

#[tokio::test]
async fn a_token_is_asked_for_once_and_kept_in_a_cookie() {
    let Service { server, folder: _folder, source: _source } = Service::start(TOKENS).await;
    let mut browser = Browser::new(&server);
    let asked = browser.get("/canaries/x?y=1%202&z=%3C").await;
    assert_eq!(seen(&asked), (303, "/login?to=%2Fcanaries%2Fx%3Fy%3D1%25202%26z%3D%253C"));
    let login = browser.get(seen(&asked).1).await;
    assert_eq!(login.status, 200);
    for (name, value) in [
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, judge_pages::POLICY),
    ] {
        assert_eq!(login.headers[&name], value);
    }
    assert!(login.text().contains("value=\"/canaries/x?y=1%202&amp;z=%3C\""), "{}", login.text());
    let style = login.text().split_once("rel=\"stylesheet\" href=\"").unwrap().1.to_owned();
    let style = style.split('"').next().unwrap().to_owned();
    assert_eq!(browser.get(&style).await.headers[header::CONTENT_TYPE], "text/css; charset=utf-8");
    let script = browser.get("/assets/live.js").await;
    assert_eq!(seen(&script).0, 303, "scripts are for who may see a page");
    // A wrong token says so, and keeps nothing.
    let wrong = browser.post("/login", "/login", &[("token", "wrong-token-of-16")]).await;
    assert!(wrong.status == 403 && wrong.text().contains("none of those"), "{}", wrong.text());
    assert!(!browser.cookies.contains_key("judge-token"));
    let token = "read-token-of-16-bytes";
    for (to, leads) in [
        ("/configs?x=1", "/configs?x=1"),
        ("https://site.example/", "/"),
        ("//site.example/", "/"),
        ("/\\site.example/", "/"),
        ("/login", "/"),
        ("/a\r\nset-cookie: b", "/"),
    ] {
        let form = [("token", token), ("to", to)];
        assert_eq!(seen(&browser.post("/login", "/login", &form).await), (303, leads));
    }
    let list = browser.get("/").await;
    assert_eq!((list.status.as_u16(), list.text().contains("<bdi>viewer</bdi>")), (200, true));
    assert_eq!(browser.get("/assets/live.js").await.status, 200);
    assert_eq!(browser.get("/about").await.status, 200);
    // The cookie is for pages alone: elsewhere a page of another site could use it.
    assert_eq!(browser.get("/v1/canaries").await.reason(), "UNAUTHENTICATED");
    assert_eq!(seen(&browser.post("/", "/logout", &[]).await), (303, "/login"));
    assert_eq!(seen(&browser.get("/").await).0, 303);
}

#[tokio::test]
async fn a_link_of_another_site_is_followed_once_more_with_the_cookie() {
    let Service { server, folder: _folder, source: _source } = Service::start(TOKENS).await;
    let request = Request::get(format!("http://{}/canaries/x", server.http));
    let request = request.header("sec-fetch-site", "cross-site");
    let answer = send(request.body(Full::default()).unwrap()).await;
    assert_eq!(answer.status, 200);
    assert!(answer.text().contains("content=\"0;url=/canaries/x\""), "{}", answer.text());
}

#[tokio::test]
async fn forms_come_from_pages_of_this_server_alone() {
    let Service { server, folder: _folder, source: _source } = Service::start("").await;
    let mut browser = Browser::new(&server);
    let id = start(&server, "", "canary", &config(1)).await;
    let page = format!("/canaries/{id}");
    let token = form_token(&browser.get("/configs-new").await);
    let mut other = Browser::new(&server);
    let foreign = form_token(&other.get("/configs-new").await);
    assert_ne!(token, foreign);
    let text = config(1).to_string();
    for form in ["", "x", &foreign] {
        let form = [("form", form), ("do", "store"), ("text", &text)];
        let refused = browser.send(Method::POST, "/configs", &form).await;
        assert!(refused.status == 403 && refused.text().contains("no page of this server"));
    }
    // Without the cookie, too.
    let mut bare = Browser::new(&server);
    let refused = bare.send(Method::POST, "/configs", &[("form", &token), ("do", "store")]).await;
    assert_eq!(refused.status, 403);
    // Nor from another origin.
    let request = Request::post(format!("http://{}{page}/cancel", server.http))
        .header(header::ORIGIN, "https://site.example")
        .header(header::COOKIE, format!("judge-form={}", browser.cookies["judge-form"]));
    let request = request.body(Full::new(format!("form={token}").into())).unwrap();
    assert_eq!(send(request).await.status, 403);
    assert!(browser.get("/configs").await.text().contains("No config is stored."));
    let form = [("form", token.as_str()), ("do", "store"), ("text", &text)];
    let stored = browser.send(Method::POST, "/configs", &form).await;
    assert_eq!(stored.status, 303, "{}", stored.text());
    // There is nobody to sign in.
    assert_eq!(seen(&browser.get("/login").await), (303, "/"));
}

#[tokio::test]
async fn a_canary_in_the_list_on_its_page_and_beside_another() {
    let Service { server, folder: _folder, source: _source } = Service::start("").await;
    let mut browser = Browser::new(&server);
    assert!(browser.get("/").await.text().contains("No canary is like that."));
    let good = start(&server, "", "canary", &config(2)).await;
    let bad = start(&server, "", "bad", &config(2)).await;
    let told = events(&mut browser, &good).await;
    assert!(told.contains("event: look\nid: 1\n") && told.contains("event: ended\n"), "{told}");
    events(&mut browser, &bad).await;
    let list = browser.get("/").await.text();
    let at = |id: &str| list.find(&format!("href=\"/canaries/{id}\"")).expect("a row");
    assert!(at(&bad) < at(&good), "the newest first");
    for (query, has_good, has_bad) in [
        ("verdict=fail", false, true),
        ("verdict=pass&state=finished&application=shop&config=shop", true, false),
        ("search=M0+HIGH", false, true),
        ("search=100%25", false, false),
        ("search=m_+", false, false),
        ("state=running", false, false),
    ] {
        let list = browser.get(&format!("/?{query}")).await.text();
        assert_eq!(list.contains(&good), has_good, "{query}");
        assert_eq!(list.contains(&bad), has_bad, "{query}");
    }
    let page = browser.get(&format!("/canaries/{bad}")).await.text();
    for part in ["What decided", "score 0 at look 1 of 2", "id=\"series\"", "Compare with", &good] {
        assert!(page.contains(part), "{part}");
    }
    assert!(!page.contains("data-events") && !page.contains("Cancel this canary"));
    assert_eq!(browser.get(&format!("/canaries/{bad}/json")).await.json()["metadata"]["ci"], "7");
    for query in [format!("a={good}&b={bad}"), format!("id={good}&id={bad}")] {
        let both = browser.get(&format!("/compare?{query}")).await.text();
        assert!(both.contains("<bdi>m0</bdi>") && both.matches("badge").count() > 4, "{both}");
    }
    let one = browser.get(&format!("/compare?id={good}")).await;
    assert!(one.status == 400 && one.text().contains("expected two canaries, got 1"));
    let missing = browser.get("/canaries/none").await;
    assert!(missing.status == 404 && missing.text().contains("does not exist"));
    // Ids lead to their page, those of looks too.
    let (path, look) = (format!("/canaries/{bad}"), format!("{}001", &bad[..23]));
    for way in
        [format!("/?search=+{bad}+"), format!("/?search={look}"), format!("/canaries/{look}")]
    {
        assert_eq!(seen(&browser.get(&way).await), (303, path.as_str()), "{way}");
    }
    let unknown = browser.get("/?search=01DS50WVHAWSTAQACJKB1VKDQB").await;
    assert!(unknown.status == 200 && unknown.text().contains("No canary is like that."));
}

#[tokio::test]
async fn an_execution_of_kayentas_api_leads_a_browser_to_its_page() {
    let folder = tempfile::tempdir().unwrap();
    let source = Prometheus::start().await;
    let mut flags = flags(&folder, source.url());
    flags.push("--public-url=https://judge.example/".to_owned());
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let kayenta = Kayenta { server: Server::start(&flags).await, source, folder };
    let body = json!({"canaryConfig": scoped(1), "executionRequest": run("canary", &json!(95), &json!(75))});
    let started = kayenta.post("/canary", &body).await;
    let id = started["canaryExecutionId"].as_str().unwrap();
    let ask = async |path: &str, accept: &str| {
        let address = format!("http://{}{path}", kayenta.server.kayenta.unwrap());
        let request = Request::get(address).header(header::ACCEPT, accept);
        send(request.body(Full::default()).unwrap()).await
    };
    let path = format!("/canary/{id}");
    let browsers = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    let page = format!("https://judge.example/canaries/{id}");
    assert_eq!(seen(&ask(&path, browsers).await), (303, page.as_str()));
    assert_eq!(ask("/canary/none", browsers).await.status, 404);
    for accept in ["*/*", "application/json"] {
        assert_eq!(ask(&path, accept).await.json()["pipelineId"], id);
    }
}

#[tokio::test]
async fn a_running_canary_is_shown_and_cancelled() {
    let Service { server, folder: _folder, source } = Service::start("").await;
    source.set_held(true);
    let mut browser = Browser::new(&server);
    let id = start(&server, "", "canary", &config(1)).await;
    let path = format!("/canaries/{id}");
    let page = browser.get(&path).await.text();
    assert!(page.contains(&format!("data-events=\"{path}/events?afterLook=0\"")), "{page}");
    assert!(page.contains("No look was made yet.") && page.contains("Cancel this canary"));
    let cancelled = browser.post(&path, &format!("{path}/cancel"), &[]).await;
    assert_eq!(seen(&cancelled), (303, path.as_str()));
    let page = browser.get(&path).await.text();
    assert!(page.contains("cancelled by 127.0.0.1") && !page.contains("data-events"), "{page}");
    let audit = browser.get("/audit").await.text();
    assert!(audit.contains("canary.cancel") && audit.contains("canary.start"), "{audit}");
    source.set_held(false);
}

#[tokio::test]
async fn events_go_on_after_the_last_that_was_seen() {
    let Service { server, folder: _folder, source: _source } = Service::start("").await;
    let id = start(&server, "", "canary", &config(1)).await;
    events(&mut Browser::new(&server), &id).await;
    for (path, seen) in [("canaries", "1"), ("v1/canaries", "2")] {
        let request = Request::get(format!("http://{}/{path}/{id}/events", server.http));
        let request = request.header("last-event-id", seen).body(Full::default()).unwrap();
        let told = send(request).await.text();
        assert_eq!(told.contains("id: 2\n"), seen == "1", "{told}");
        assert!(!told.contains("id: 1\n") && told.contains("event: ended"), "{told}");
    }
}

#[tokio::test]
async fn a_config_is_checked_tried_stored_and_removed() {
    let Service { server, folder: _folder, source: _source } = Service::start("").await;
    let mut browser = Browser::new(&server);
    let text = format!("{:#}", config(2));
    let check = |text: String| [("do", "check".to_owned()), ("text", text)];
    for (text, said) in [
        (text.clone(), "Nothing is wrong with it."),
        (text.replace("\"increase\"", "\"up\""), "expected one of either, increase, decrease"),
        ("{".to_owned(), "text that is not JSON"),
    ] {
        let form = check(text);
        let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
        let page = browser.post("/configs-new", "/configs", &form).await;
        assert!(page.status == 200 && page.text().contains(said), "{said}: {}", page.text());
    }
    let sides = [("baseline", "stable"), ("canary", "bad"), ("minutes", "30")];
    let form = [&[("do", "try"), ("text", text.as_str())], &sides[..]].concat();
    let tried = browser.post("/configs-new", "/configs", &form).await.text();
    assert!(tried.contains("m0{app=&quot;bad&quot;}") && tried.contains("30 of 30"), "{tried}");
    let form = [("do", "try"), ("text", text.as_str()), ("minutes", "0")];
    let refused = browser.post("/configs-new", "/configs", &form).await.text();
    assert!(refused.contains("minutes: expected 1 to 1440, got &quot;0&quot;"), "{refused}");
    let store = [("do", "store"), ("text", text.as_str())];
    let stored = browser.post("/configs-new", "/configs", &store).await;
    let (status, path) = seen(&stored);
    let path = path.to_owned();
    assert!(status == 303 && path.starts_with("/configs/"), "{}", stored.text());
    let again = browser.post("/configs-new", "/configs", &store).await;
    assert!(again.status == 409 && again.text().contains("Not stored:"), "{}", again.text());
    let second = browser.post(&path, &path, &store).await;
    assert_eq!(seen(&second), (303, path.as_str()));
    let page = browser.get(&path).await.text();
    assert!(page.contains("<bdi>shop</bdi>, version 2") && page.contains("?version=1"), "{page}");
    assert!(browser.get(&format!("{path}?version=1")).await.text().contains(", version 1"));
    assert!(browser.get("/configs").await.text().contains(&path));
    let removed = browser.post(&path, &format!("{path}/delete"), &[]).await;
    assert_eq!(seen(&removed), (303, "/configs"));
    assert!(browser.get("/configs").await.text().contains("No config is stored."));
}

#[tokio::test]
async fn scopes_bound_what_a_page_has_and_does() {
    let Service { server, folder: _folder, source } = Service::start(TOKENS).await;
    source.set_held(true);
    let id = start(&server, "judge-token-of-16-bytes", "canary", &config(1)).await;
    let path = format!("/canaries/{id}");
    let mut viewer = Browser::sign_in(&server, "read-token-of-16-bytes").await;
    let page = viewer.get(&path).await.text();
    assert!(!page.contains("Cancel this canary") && !page.contains("href=\"/audit\""), "{page}");
    let token = form_token(&viewer.get("/").await);
    let form = [("form", token.as_str())];
    let refused = viewer.send(Method::POST, &format!("{path}/cancel"), &form).await;
    assert!(refused.status == 403 && refused.text().contains("write"), "{}", refused.text());
    assert_eq!(viewer.get("/audit").await.status, 403);
    let text = config(1).to_string();
    for (asks, status) in [("check", 200), ("try", 403), ("store", 403)] {
        let form = [("do", asks), ("text", text.as_str())];
        assert_eq!(viewer.post("/configs-new", "/configs", &form).await.status, status, "{asks}");
    }
    let mut ann = Browser::sign_in(&server, "write-token-of-16-bytes").await;
    let cancelled = ann.post(&path, &format!("{path}/cancel"), &[]).await;
    assert_eq!(seen(&cancelled), (303, path.as_str()));
    let mut boss = Browser::sign_in(&server, "admin-token-of-16-bytes").await;
    let audit = boss.get(&format!("/audit?subject={id}")).await.text();
    assert!(audit.contains("<bdi>ann</bdi>") && audit.contains(&path), "{audit}");
    source.set_held(false);
}

/// Releases of which each is 3 % slower than its baseline, which is the release before.
async fn boil(server: &Server, browser: &mut Browser<'_>, releases: usize) -> Vec<String> {
    let mut config = config(1);
    config["metrics"][0]["analysisConfigurations"]["canary"]["effectSize"] =
        json!({"allowedIncrease": 1.1, "criticalIncrease": 1.5});
    let mut ids = Vec::new();
    for _ in 0..releases {
        let id = start(server, "", "slow3", &config).await;
        events(browser, &id).await;
        ids.push(id);
    }
    ids
}

#[tokio::test]
async fn a_slow_drift_over_releases_is_warned_of_in_the_next_canary() {
    let Service { server, folder: _folder, source: _source } = Service::start("").await;
    let mut browser = Browser::new(&server);
    let ids = boil(&server, &mut browser, 8).await;
    let warnings = async |id: &str| {
        let canary = server.get(&format!("/v1/canaries/{id}")).await.json();
        assert_eq!(canary["canary"]["verdict"], "VERDICT_PASS");
        canary["warnings"].clone()
    };
    // Two steps are no drift yet, whatever their sum.
    assert_eq!(warnings(&ids[2]).await, json!([]));
    let said = warnings(&ids[7]).await;
    let said = said[0].as_str().expect("a warning");
    assert!(said.starts_with("m0 has drifted +") && said.contains("the last 7 releases"), "{said}");
    assert!(said.contains("each within the +10% allowed to one"), "{said}");
    let page = browser.get(&format!("/canaries/{}", ids[7])).await.text();
    assert!(page.contains("m0 has drifted +"), "{page}");
    let link = "/history?application=shop&amp;config=shop";
    assert!(page.contains(link), "{page}");
    let history = browser.get(&link.replace("&amp;", "&")).await.text();
    assert!(history.contains("the last 8 releases") && history.contains("m0 has drifted"));
    assert_eq!(history.matches("circle class=\"canary\"").count(), 8, "{history}");
    assert!(ids.iter().all(|id| history.contains(&format!("href=\"/canaries/{id}\""))));
    for (path, said) in [
        ("/history", "Choose an application"),
        ("/history", "href=\"/history?application=shop\""),
        ("/history?application=other", "No canary of it has ended"),
        ("/history?application=shop&config=other", "No canary of it has ended"),
    ] {
        assert!(browser.get(path).await.text().contains(said), "{path}");
    }
}

#[tokio::test]
async fn past_releases_are_a_history() {
    let Service { server, folder: _folder, source: _source } = Service::start("").await;
    let mut browser = Browser::new(&server);
    let mut odd = config(1);
    odd["metrics"][0]["name"] = json!("a \"b\", c");
    let good = start(&server, "", "canary", &odd).await;
    events(&mut browser, &good).await;
    let bad = start(&server, "", "bad", &odd).await;
    events(&mut browser, &bad).await;
    let history = server.get("/v1/history?application=shop").await;
    assert_eq!(history.headers[header::CONTENT_TYPE], "text/csv; charset=utf-8");
    let text = history.text();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "release,role,metric,instance,timestamp,value,config_version,verdict");
    // One look of ten minutes, and two whose second has twenty, on both sides.
    assert_eq!(lines.len(), 1 + 2 * 10 + 2 * 20);
    let row = format!("{bad},baseline,\"a \"\"b\"\", c\",,1774744200000,");
    assert!(lines[1].starts_with(&row) && lines[1].ends_with(",0,fail"), "{}", lines[1]);
    assert!(lines[59].starts_with(&format!("{good},canary,")) && lines[59].ends_with(",0,pass"));
    let few = server.get("/v1/history?application=shop&verdict=pass&limit=1&config=shop").await;
    assert_eq!(few.text().lines().count(), 41);
    assert_eq!(browser.get("/history/csv?application=shop").await.body, history.body);
    for query in ["", "?application=shop&verdict=good", "?application=shop&limit=x"] {
        let refused = server.get(&format!("/v1/history{query}")).await;
        assert_eq!((refused.status.as_u16(), refused.reason().as_str()), (400, "UNUSABLE"));
    }
}

#[tokio::test]
async fn names_that_mean_harm_are_text() {
    let Service { server, folder: _folder, source: _source } = Service::start("").await;
    let mut browser = Browser::new(&server);
    let name = "</script><script>window.harmed = true</script>";
    let mut hostile = config(1);
    hostile["name"] = json!(name);
    hostile["metrics"][0]["name"] = json!(name);
    hostile["metrics"][0]["groups"] = json!([name]);
    hostile["classifier"]["groupWeights"] = json!({name: 100});
    let id = start(&server, "", "bad", &hostile).await;
    events(&mut browser, &id).await;
    let escaped = "&lt;/script&gt;&lt;script&gt;window.harmed = true&lt;/script&gt;";
    let search = form_urlencoded::byte_serialize(name.as_bytes()).collect::<String>();
    for path in [
        "/".to_owned(),
        format!("/?search={search}"),
        format!("/canaries/{id}"),
        format!("/compare?id={id}&id={id}"),
        format!("/audit?subject={search}"),
        "/history?application=shop".to_owned(),
        format!("/history?application={search}"),
        format!("/canaries/{search}"),
    ] {
        let page = browser.get(&path).await.text();
        assert!(
            !page.contains("<script>window") && page.contains("<!DOCTYPE html>"),
            "{path}: {page}"
        );
        let is_there = page.contains(escaped) || page.contains("window.harmed");
        assert!(is_there || path.starts_with("/canaries/%"), "{path}: {page}");
    }
}

#[tokio::test]
async fn without_a_store_there_are_no_pages() {
    let server = Server::start(&[]).await;
    let page = server.get("/").await;
    assert!(page.status == 200 && page.text().contains("<h1>judge-server</h1>"));
    assert_eq!(server.get("/about").await.text(), page.text());
    assert_eq!(server.get("/about/openapi.json").await.status, 200);
    for path in ["/login", "/configs", "/audit", "/assets/pages.css", "/canaries/x/events"] {
        let refused = server.get(path).await;
        assert_eq!(
            (refused.status.as_u16(), refused.reason().as_str()),
            (501, "STATELESS"),
            "{path}"
        );
    }
}

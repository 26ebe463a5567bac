//! One attempt: a request, redirects on the same host, a bounded answer.

use std::path::PathBuf;
use std::time::Duration;

use jiff::{Timestamp, fmt::rfc2822};
use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER,
};
use reqwest::{Request, Response, Url};

use super::body::body;
use super::{SourceClient, faults};
use crate::error::AskError;
use crate::settings::Auth;
use crate::store_request::StoreRequest;

/// Largest answer that is read, in bytes.
const LARGEST_ANSWER: usize = 32 << 20;
/// Largest part of an error response that is read for its message.
const LARGEST_REFUSAL: usize = 64 << 10;
/// Longer queries are posted: proxies refuse long URLs.
const LONGEST_QUERY: usize = 2000;
/// A header with a shorter value is no secret, such as the number of a tenant.
const SHORTEST_SECRET: usize = 4;
/// Most redirects that are followed, all on one host.
const MOST_REDIRECTS: usize = 5;

impl SourceClient {
    /// Sends `ask` once and returns the answer.
    pub(super) async fn once(&self, ask: &StoreRequest) -> Result<Vec<u8>, AskError> {
        let mut url = self.settings.url.clone();
        let path = format!("{}/{}", url.path().trim_end_matches('/'), ask.path);
        url.set_path(&path);
        let mut redirects = 0;
        loop {
            let request = self.request(url.clone(), ask)?;
            let secrets = secrets(&request);
            let sent = self.http.execute(request).await;
            let response = sent.map_err(|error| faults::of_request(error, &url))?;
            let status = response.status();
            let location = response.headers().get(LOCATION).filter(|_| status.is_redirection());
            if let Some(location) = location {
                redirects += 1;
                let target = redirected(&url, location, status.as_u16(), redirects);
                url = target.map_err(|error| match error {
                    AskError::Redirect { status, to } => {
                        AskError::Redirect { status, to: self.scrubbed(to, secrets) }
                    }
                    AskError::Redirects { most, to } => {
                        AskError::Redirects { most, to: self.scrubbed(to, secrets) }
                    }
                    error => error,
                })?;
            } else if status.is_success() {
                let words = |text| faults::shortened(&self.scrubbed(text, secrets));
                return answer(response).await.map_err(|error| match error {
                    AskError::Page(title) => AskError::Page(words(title)),
                    AskError::Encoding(name) => AskError::Encoding(words(name)),
                    error => error,
                });
            } else {
                return Err(self.refusal(response, secrets).await);
            }
        }
    }

    /// The request with its credentials and headers.
    fn request(&self, mut url: Url, ask: &StoreRequest) -> Result<Request, AskError> {
        url.set_query(None);
        let query = encoded(&url, ask);
        let mut request = if query.len() <= LONGEST_QUERY {
            url.set_query(Some(&query));
            self.http.get(url)
        } else {
            let form = HeaderValue::from_static("application/x-www-form-urlencoded");
            self.http.post(url).header(CONTENT_TYPE, form).body(query)
        };
        request = request.header(ACCEPT, "application/json").headers(self.headers.clone());
        let credentials = self.credentials()?;
        request = match &credentials {
            Credentials::None => request,
            Credentials::Basic(user, password) => request.basic_auth(user, Some(password)),
            Credentials::Bearer(token) => request.bearer_auth(token),
        };
        // Of all parts of this request, only a token can be invalid.
        let mut request = request.build().map_err(|_| AskError::Credential {
            path: self.settings.auth.file().cloned().unwrap_or_default(),
            why: "expected one line of visible ASCII".to_owned(),
        })?;
        if let Some(signer) = &self.signer {
            signer.sign(&mut request)?;
        }
        Ok(request)
    }

    /// Reads the credentials for each request, because their files may be replaced while the process runs.
    fn credentials(&self) -> Result<Credentials, AskError> {
        let read = |path: &PathBuf| {
            let text = std::fs::read_to_string(path).map(|text| text.trim().to_owned());
            text.map_err(|error| AskError::Credential {
                path: path.clone(),
                why: error.to_string(),
            })
        };
        Ok(match &self.settings.auth {
            Auth::None | Auth::SigV4 { .. } => Credentials::None,
            Auth::Basic(user, password) => Credentials::Basic(user.clone(), password.clone()),
            Auth::BasicFile(user, path) => Credentials::Basic(user.clone(), read(path)?),
            Auth::BearerFile(path) => Credentials::Bearer(read(path)?),
        })
    }

    async fn refusal(&self, response: Response, secrets: Vec<String>) -> AskError {
        let status = response.status().as_u16();
        let retry_after = retry_after(response.headers());
        let body = body(response, LARGEST_REFUSAL).await.unwrap_or_else(|(read, _)| read);
        // Shortened last: a part of a secret is secret, too.
        let said = faults::shortened(&self.scrubbed(faults::message(&body), secrets));
        AskError::Status { status, said, retry_after }
    }

    /// The text of an answer to `ask`, without the secrets that were sent with it.
    pub(crate) fn without_secrets(&self, text: String, ask: &StoreRequest) -> String {
        let sent = self.request(self.settings.url.clone(), ask).map(|sent| secrets(&sent));
        self.scrubbed(text, sent.unwrap_or_default())
    }

    /// A store's message without the secrets that were sent to it.
    fn scrubbed(&self, text: String, sent: Vec<String>) -> String {
        let credential = match self.credentials() {
            Ok(Credentials::Basic(_, secret) | Credentials::Bearer(secret)) => Some(secret),
            Ok(Credentials::None) | Err(_) => None,
        };
        let secrets = sent.into_iter().chain(credential);
        let secrets = secrets.filter(|secret| secret.len() >= SHORTEST_SECRET);
        secrets.fold(text, |text, secret| text.replace(&secret, "***"))
    }
}

/// The secrets in the headers of a request: whole values, and the part of `authorization` after the scheme.
fn secrets(request: &Request) -> Vec<String> {
    let sent = request.headers().iter().filter(|(_, value)| value.is_sensitive());
    let secret = |(name, value): (&HeaderName, &HeaderValue)| {
        let text = value.to_str().ok()?;
        let scheme = text.split_once(' ').filter(|_| name == AUTHORIZATION);
        Some(scheme.map_or(text, |(_, secret)| secret).to_owned())
    };
    sent.filter_map(secret).collect()
}

/// The credentials of a request.
enum Credentials {
    None,
    Basic(String, String),
    Bearer(String),
}

/// The parameters as a query string, in the only spelling that AWS signatures allow: a verifier may use the
/// text as it comes.
fn encoded(url: &Url, ask: &StoreRequest) -> String {
    let mut url = url.clone();
    url.query_pairs_mut().extend_pairs(&ask.params);
    let form = url.query().unwrap_or_default();
    form.replace('+', "%20").replace('*', "%2A").replace("%7E", "~")
}

/// Target of a redirect, if it stays on the host and is not one too many.
fn redirected(
    from: &Url,
    location: &HeaderValue,
    status: u16,
    redirects: usize,
) -> Result<Url, AskError> {
    let to = location.to_str().ok().and_then(|location| from.join(location).ok());
    let Some(mut to) = to else {
        return Err(AskError::Location { status });
    };
    let is_same_host = to.origin() == from.origin();
    if is_same_host && redirects <= MOST_REDIRECTS {
        return Ok(to);
    }
    // They may contain a state that is as good as a credential.
    to.set_query(None);
    to.set_fragment(None);
    let _ = to.set_password(None);
    let _ = to.set_username("");
    let to = to.to_string();
    Err(if is_same_host {
        AskError::Redirects { most: MOST_REDIRECTS, to }
    } else {
        AskError::Redirect { status, to }
    })
}

async fn answer(response: Response) -> Result<Vec<u8>, AskError> {
    let bytes = body(response, LARGEST_ANSWER).await.map_err(|(_, error)| error)?;
    if bytes.trim_ascii_start().first() == Some(&b'<') {
        let start = String::from_utf8_lossy(&bytes[..bytes.len().min(LARGEST_REFUSAL)]);
        if let Some(title) = faults::page(&start) {
            return Err(AskError::Page(title));
        }
    }
    Ok(bytes)
}

/// Wait that a store asks for: in seconds, or a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = rfc2822::parse(text).ok()?.timestamp();
    Some(Duration::try_from(until.duration_since(Timestamp::now())).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_host_and_no_url_are_named_whatever_the_number_of_redirects() {
        let from = Url::parse("https://store/a").unwrap();
        for (location, redirects, expected) in [
            ("/b", 5, "https://store/b"),
            ("/b?state=x", 6, "more than 5 redirects, the last to https://store/b; give"),
            ("https://login/?state=x", 1, "HTTP 302, a redirect to https://login/; if"),
            ("https://login/?state=x", 6, "HTTP 302, a redirect to https://login/; if"),
            ("https://", 1, "HTTP 302, a redirect whose Location is no URL; give"),
            ("https://", 6, "HTTP 302, a redirect whose Location is no URL; give"),
        ] {
            let location = HeaderValue::from_static(location);
            let found = redirected(&from, &location, 302, redirects);
            let said = found.map_or_else(|error| error.to_string(), String::from);
            assert!(said.starts_with(expected), "{said}");
        }
    }
}

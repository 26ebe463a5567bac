//! Settings of a source: from the command line, or from a table in a file.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::Url;
use serde::{Deserialize, Deserializer};
use thiserror::Error;

use crate::kind::StoreKind;

/// Settings of a source.
///
/// In TOML they are a table in `[sources]`, under the source's name:
///
/// ```
/// let settings = judge_sources::SourceSettings::read_all(r#"
///     [sources.main]
///     url = "https://mimir.example.com/prometheus"
///     bearer-token-file = "/var/run/secrets/token"
///     headers = { X-Scope-OrgID = "shop" }
/// "#)?;
/// assert_eq!(settings[0].name(), "main");
/// # Ok::<(), judge_sources::SettingsError>(())
/// ```
#[derive(Clone)]
pub struct SourceSettings {
    pub(crate) name: String,
    pub(crate) kind: StoreKind,
    pub(crate) url: Url,
    pub(crate) auth: Auth,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) tls_ca: Option<PathBuf>,
    pub(crate) tls_identity: Option<(PathBuf, PathBuf)>,
    pub(crate) max_queries: usize,
    pub(crate) timeout: Duration,
    /// Database of InfluxDB.
    pub(crate) database: Option<String>,
}

/// Credentials of a request.
#[derive(Clone, Default)]
pub(crate) enum Auth {
    #[default]
    None,
    /// A password in the URL.
    Basic(String, String),
    /// A password in a file that is read again for each request.
    BasicFile(String, PathBuf),
    /// A token in a file that is read again for each request.
    BearerFile(PathBuf),
    /// AWS's Signature Version 4.
    SigV4 { region: String, service: String },
}

impl Auth {
    /// The file that holds the secret.
    pub(crate) fn file(&self) -> Option<&PathBuf> {
        match self {
            Self::BasicFile(_, path) | Self::BearerFile(path) => Some(path),
            Self::None | Self::Basic(..) | Self::SigV4 { .. } => None,
        }
    }
}

impl std::fmt::Debug for SourceSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SourceSettings")
            .field("name", &self.name)
            .field("kind", &self.kind)
            .field("url", &self.url.as_str())
            .finish_non_exhaustive()
    }
}

/// Name, kind, URL and database, without credentials: `main (prometheus http://prometheus:9090/)`.
impl std::fmt::Display for SourceSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({} {}", self.name, self.kind, self.url)?;
        if let Some(database) = &self.database {
            write!(f, "?db={database}")?;
        }
        f.write_str(")")
    }
}

/// Most queries at once: Prometheus runs 20, and others ask it too.
const MAX_QUERIES: usize = 8;
/// Longest wait for one answer, without retries. Prometheus itself gives up after two minutes.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Why settings of sources are invalid.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// The file is no TOML, or has no table of sources.
    #[error("{0}")]
    File(String),
    /// An invalid URL.
    #[error("source {name}: expected a URL such as {}, got {url:?}", example_of(.url))]
    Url {
        /// The source.
        name: String,
        /// The given value.
        url: String,
    },
    /// Parameters in the URL, which requests would not have.
    #[error(
        "source {name}: expected a URL without parameters{}, got {keys}; credentials and headers are keys of a table \
         [sources.NAME]", if *kind == StoreKind::InfluxDb { " but db" } else { "" }
    )]
    Parameters {
        /// The source.
        name: String,
        /// Its kind.
        kind: StoreKind,
        /// The names of the parameters.
        keys: String,
    },
    /// Two kinds of credentials at once.
    #[error("source {0}: expected one of username, bearer-token-file and sigv4-region")]
    SeveralCredentials(String),
    /// One of two settings that belong together.
    #[error("source {name}: expected {missing} beside {given}")]
    Half {
        /// The source.
        name: String,
        /// The given setting.
        given: &'static str,
        /// The missing setting.
        missing: &'static str,
    },
    /// A database for a store that has none.
    #[error("source {0}: only a source of type influxdb has a database")]
    NoDatabase(String),
    /// A number out of range.
    #[error("source {name}: expected max-queries from 1 to 1000, got {got}")]
    MaxQueries {
        /// The source.
        name: String,
        /// The given value.
        got: usize,
    },
    /// A header that HTTP does not allow.
    #[error(
        "source {name}: expected a header name and a value in ASCII, got the header {header:?}"
    )]
    Header {
        /// The source.
        name: String,
        /// The header.
        header: String,
    },
    /// A certificate or a key cannot be used.
    #[error("source {name}: cannot use {}: {why}", path.display())]
    Tls {
        /// The source.
        name: String,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Credentials for AWS are missing.
    #[error("source {name}: {why}")]
    Aws {
        /// The source.
        name: String,
        /// What is missing.
        why: String,
    },
    /// The HTTP client cannot be created.
    #[error("source {name}: {why}")]
    Client {
        /// The source.
        name: String,
        /// What is wrong.
        why: String,
    },
    /// Two sources have the same name.
    #[error("two sources are called {0}; names must differ")]
    SameName(String),
}

/// A URL that was probably meant.
fn example_of(url: &str) -> String {
    let with_scheme = format!("http://{url}");
    let is_host = !url.contains("//") && Url::parse(&with_scheme).is_ok_and(|url| url.has_host());
    if is_host { with_scheme } else { "http://prometheus:9090".to_owned() }
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    sources: BTreeMap<String, Raw>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Raw {
    url: String,
    #[serde(rename = "type", default)]
    kind: StoreKind,
    username: Option<String>,
    password_file: Option<PathBuf>,
    bearer_token_file: Option<PathBuf>,
    sigv4_region: Option<String>,
    sigv4_service: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    tls_ca: Option<PathBuf>,
    tls_certificate: Option<PathBuf>,
    tls_key: Option<PathBuf>,
    max_queries: Option<usize>,
    database: Option<String>,
    #[serde(default, deserialize_with = "duration")]
    timeout: Option<Duration>,
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let found = toml::Value::deserialize(deserializer)?;
    let text = found.as_str().ok_or_else(|| {
        serde::de::Error::custom(format!("expected a time such as \"30s\", got {found}"))
    })?;
    let duration = humantime::parse_duration(text).map_err(serde::de::Error::custom)?;
    Ok(Some(duration))
}

impl SourceSettings {
    /// A source at `url`, with defaults for everything else. A user and a password in the URL become
    /// credentials, and are not shown.
    ///
    /// # Errors
    /// If `url` is no HTTP URL.
    pub fn at(name: impl Into<String>, kind: StoreKind, url: &str) -> Result<Self, SettingsError> {
        let name = name.into();
        // A text that is no valid URL may still contain a password.
        let shown = url.rsplit_once('@').map_or(url, |(_, host)| host).to_owned();
        let parsed = Url::parse(url).ok();
        let is_http = |url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host();
        let Some(mut url) = parsed.filter(is_http) else {
            return Err(SettingsError::Url { name, url: shown });
        };
        let auth = match (url.username(), url.password()) {
            ("", None) => Auth::None,
            (user, password) => Auth::Basic(decoded(user), decoded(password.unwrap_or_default())),
        };
        // They fail only for URLs without a host.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        let database = url.query_pairs().find(|(name, _)| name == "db");
        let database =
            database.map(|(_, value)| value.into_owned()).filter(|_| kind == StoreKind::InfluxDb);
        let others = url.query_pairs().filter(|(key, _)| database.is_none() || key != "db");
        // A parameter without a value may be a secret.
        let keys: Vec<String> = others
            .map(|(key, value)| if value.is_empty() { "one".to_owned() } else { format!("{key}=") })
            .collect();
        if !keys.is_empty() {
            return Err(SettingsError::Parameters { name, kind, keys: keys.join(", ") });
        }
        url.set_query(None);
        url.set_fragment(None);
        Ok(Self {
            name,
            kind,
            url,
            auth,
            headers: BTreeMap::new(),
            tls_ca: None,
            tls_identity: None,
            max_queries: MAX_QUERIES,
            timeout: TIMEOUT,
            database,
        })
    }

    /// A source at a URL with its kind: `influxdb+http://influxdb:8086?db=shop`. Without a kind before the
    /// scheme it is a Prometheus.
    ///
    /// # Errors
    /// As [`SourceSettings::at`].
    ///
    /// # Example
    /// ```
    /// use judge_sources::{SourceSettings, StoreKind};
    ///
    /// let source = SourceSettings::from_url("old", "graphite+https://graphite.example.com")?;
    /// assert_eq!(source.kind(), StoreKind::Graphite);
    /// # Ok::<(), judge_sources::SettingsError>(())
    /// ```
    pub fn from_url(name: impl Into<String>, url: &str) -> Result<Self, SettingsError> {
        let said = StoreKind::ALL
            .into_iter()
            .find_map(|kind| Some((kind, url.strip_prefix(kind.name())?.strip_prefix('+')?)));
        let (kind, url) = said.unwrap_or((StoreKind::Prometheus, url));
        Self::at(name, kind, url)
    }

    /// The sources of a file: its `[sources]` table. Other tables are not read.
    ///
    /// # Errors
    /// If the file cannot be parsed, or a source in it is invalid.
    pub fn read_all(toml: &str) -> Result<Vec<Self>, SettingsError> {
        let file: File = toml::from_str(toml)
            .map_err(|error| SettingsError::File(toml_problem(toml, &error)))?;
        Self::from_all(file.sources)
    }

    /// The sources of a `[sources]` table, for programs that have it among their own settings.
    ///
    /// # Errors
    /// As [`SourceSettings::read_all`].
    ///
    /// # Example
    /// ```
    /// let mut settings: toml::Table = "[sources.main]\nurl = 'http://prometheus:9090'".parse()?;
    /// let Some(toml::Value::Table(sources)) = settings.remove("sources") else { return Ok(()) };
    /// assert_eq!(judge_sources::SourceSettings::read_table(sources)?[0].name(), "main");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn read_table(sources: toml::Table) -> Result<Vec<Self>, SettingsError> {
        let read = sources.try_into();
        Self::from_all(read.map_err(|error| SettingsError::File(toml_problem("", &error)))?)
    }

    fn from_all(sources: BTreeMap<String, Raw>) -> Result<Vec<Self>, SettingsError> {
        sources.into_iter().map(|(name, raw)| Self::from_raw(name, raw)).collect()
    }

    fn from_raw(name: String, raw: Raw) -> Result<Self, SettingsError> {
        let mut settings = Self::at(name, raw.kind, &raw.url)?;
        let name = || settings.name.clone();
        let half = |given, missing| SettingsError::Half { name: name(), given, missing };
        let mut all = Vec::new();
        match (raw.username, raw.password_file) {
            (Some(user), Some(file)) => all.push(Auth::BasicFile(user, file)),
            (Some(_), None) => return Err(half("username", "password-file")),
            (None, Some(_)) => return Err(half("password-file", "username")),
            (None, None) => {}
        }
        all.extend(raw.bearer_token_file.map(Auth::BearerFile));
        match (raw.sigv4_region, raw.sigv4_service) {
            (Some(region), service) => {
                let service = service.unwrap_or_else(|| "aps".to_owned());
                all.push(Auth::SigV4 { region, service });
            }
            (None, Some(_)) => return Err(half("sigv4-service", "sigv4-region")),
            (None, None) => {}
        }
        if !matches!(settings.auth, Auth::None) {
            all.push(settings.auth.clone());
        }
        if all.len() > 1 {
            return Err(SettingsError::SeveralCredentials(name()));
        }
        settings.tls_identity = match (raw.tls_certificate, raw.tls_key) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (Some(_), None) => return Err(half("tls-certificate", "tls-key")),
            (None, Some(_)) => return Err(half("tls-key", "tls-certificate")),
            (None, None) => None,
        };
        settings.auth = all.pop().unwrap_or_default();
        if raw.database.is_some() && settings.kind != StoreKind::InfluxDb {
            return Err(SettingsError::NoDatabase(name()));
        }
        settings.database = raw.database.or(settings.database);
        settings.headers = raw.headers;
        settings.tls_ca = raw.tls_ca;
        settings.max_queries = raw.max_queries.unwrap_or(MAX_QUERIES);
        settings.timeout = raw.timeout.unwrap_or(TIMEOUT);
        if !(1..=1000).contains(&settings.max_queries) {
            return Err(SettingsError::MaxQueries {
                got: settings.max_queries,
                name: settings.name,
            });
        }
        Ok(settings)
    }

    /// Name of the source.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Kind of the store.
    pub fn kind(&self) -> StoreKind {
        self.kind
    }

    /// The URL, without user and password.
    pub fn url(&self) -> &str {
        self.url.as_str()
    }
}

/// What is wrong with `text`, with its line. The line itself and values in it are not shown, because they may be
/// secrets.
///
/// # Example
/// ```
/// let text = "[sources.main]\npassword = 'sesame'\nurl =";
/// let error = text.parse::<toml::Table>().unwrap_err();
/// let problem = judge_sources::toml_problem(text, &error);
/// assert!(problem.starts_with("line 3: ") && !problem.contains("sesame"));
/// ```
pub fn toml_problem(text: &str, error: &toml::de::Error) -> String {
    let message = error.message().trim_end();
    // As in: invalid type: string "sesame", expected a map.
    let value = message.strip_prefix("invalid type: ").and_then(|rest| rest.rsplit_once(", "));
    let message = value.map_or_else(
        || message.to_owned(),
        |(found, expected)| {
            let kind = found.split([' ', '`']).next().unwrap_or_default();
            format!("{expected}, got a value of type {kind}")
        },
    );
    let before = error.span().and_then(|span| text.get(..span.start)).filter(|_| !text.is_empty());
    match before {
        Some(before) => format!("line {}: {message}", before.matches('\n').count() + 1),
        None => message,
    }
}

/// Decodes percent signs of a URL. If the result is no UTF-8, the text stays as it is.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        let code = behind.get(..2).filter(|_| first == b'%');
        let code =
            code.and_then(|code| u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok());
        bytes.push(code.unwrap_or(first));
        rest = if code.is_some() { &behind[2..] } else { behind };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_a_url_is_used_and_not_shown() {
        let settings =
            SourceSettings::at("p", StoreKind::Prometheus, "http://me:s%65cret@host:9090/base")
                .unwrap();
        assert_eq!(settings.url.as_str(), "http://host:9090/base");
        assert!(
            matches!(&settings.auth, Auth::Basic(user, word) if user == "me" && word == "secret")
        );
        assert!(!format!("{settings:?}").contains("cret"));
        for wrong in ["prometheus:9090", "ftp://host", "http://", "//me:secret@host", ""] {
            let error =
                SourceSettings::at("p", StoreKind::Prometheus, wrong).unwrap_err().to_string();
            assert!(
                error.starts_with("source p: expected a URL") && !error.contains("secret"),
                "{error}"
            );
        }
        let error = SourceSettings::at("p", StoreKind::Prometheus, "db-1:9090").unwrap_err();
        assert!(
            error.to_string().contains("such as http://db-1:9090, got \"db-1:9090\""),
            "{error}"
        );
    }

    #[test]
    fn no_problem_of_a_file_shows_a_value() {
        for (lines, said) in [
            ("password = 'sesame'", "line 3: unknown field `password`, expected one of `url`"),
            (
                "headers = 'Authorization: sesame'",
                "line 3: expected a map, got a value of type string",
            ),
            ("headers = {X-Key = 'sesame'", "line 3: "),
            ("bearer-token = 'sesame' 'x'", "line 3: "),
            ("max-queries = 'sesame'", "expected usize, got a value of type string"),
        ] {
            let text = format!("[sources.a]\nurl = 'http://h'\n{lines}\n");
            let error = SourceSettings::read_all(&text).unwrap_err().to_string();
            assert!(error.contains(said) && !error.contains("sesame"), "{lines}: {error}");
            let Ok(toml::Value::Table(mut file)) = text.parse().map(toml::Value::Table) else {
                continue;
            };
            let Some(toml::Value::Table(sources)) = file.remove("sources") else { continue };
            let error = SourceSettings::read_table(sources).unwrap_err().to_string();
            assert!(!error.contains("sesame"), "{lines}: {error}");
        }
    }

    #[test]
    fn a_database_is_of_influxdb() {
        let at = |url| SourceSettings::from_url("i", url).unwrap();
        assert_eq!(at("influxdb+http://h:8086?db=shop").database.as_deref(), Some("shop"));
        assert_eq!(at("influxdb+http://h:8086").database, None);
        let table =
            "a = {url = 'http://h?db=x', type = 'influxdb', database = 'y'}".parse().unwrap();
        let read = SourceSettings::read_table(table).unwrap();
        assert_eq!(read[0].database.as_deref(), Some("y"));
    }

    #[test]
    fn no_parameter_of_a_url_is_dropped_in_silence() {
        for (url, got) in [
            ("http://h:8086?db=shop", "without parameters, got db="),
            ("https://h?token=sesame&dedup=true", "without parameters, got token=, dedup="),
            ("https://h?sesame", "without parameters, got one"),
            ("influxdb+http://h?db=shop&p=sesame", "without parameters but db, got p="),
            ("influxdb+http://h?u=me", "without parameters but db, got u="),
        ] {
            let error = SourceSettings::from_url("a", url).unwrap_err().to_string();
            assert!(error.contains(got) && !error.contains("sesame"), "{url}: {error}");
        }
        assert!(SourceSettings::from_url("a", "http://h/base?#graph").is_ok());
    }

    #[test]
    fn a_table_is_read_whole_or_refused() {
        let one = |lines: &str| {
            let read = SourceSettings::read_all(&format!("[sources.a]\nurl = 'http://h'\n{lines}"));
            read.map(|mut all| all.remove(0)).map_err(|error| error.to_string())
        };
        let settings = one("max-queries = 3\ntimeout = '5s'\ntype = 'prometheus'").unwrap();
        assert_eq!((settings.max_queries, settings.timeout), (3, Duration::from_secs(5)));
        for (lines, said) in [
            ("database = 'x'", "only a source of type influxdb has a database"),
            ("max-queries = 0", "expected max-queries from 1 to 1000, got 0"),
            ("username = 'u'", "expected password-file beside username"),
            ("tls-key = 'k'", "expected tls-certificate beside tls-key"),
            ("sigv4-service = 'aps'", "expected sigv4-region beside sigv4-service"),
            (
                "bearer-token-file = 't'\nsigv4-region = 'r'",
                "expected one of username, bearer-token-file",
            ),
            ("password = 'x'", "unknown field `password`"),
            ("type = 'splunk'", "unknown variant `splunk`"),
            ("timeout = 'soon'", "expected number"),
            ("timeout = 30", "expected a time such as \"30s\", got 30"),
        ] {
            let error = one(lines).unwrap_err();
            assert!(error.contains(said), "{lines}: {error}");
        }
        assert!(SourceSettings::read_all("grpc-listen = 'x'").unwrap().is_empty());
        let table =
            "a = {url = 'http://h'}\nb = {url = 'http://i', max-queries = 0}".parse().unwrap();
        let error = SourceSettings::read_table(table).unwrap_err().to_string();
        assert_eq!(error, "source b: expected max-queries from 1 to 1000, got 0");
    }
}

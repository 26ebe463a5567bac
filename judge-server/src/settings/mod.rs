//! What can be set, by flag, environment or file.
//!
//! A flag wins over its environment variable, that over the file, that over the default. The file is
//! TOML with the flags' names: `max-metrics = 64`.

mod check;
mod directives;
pub(crate) mod error;
mod file;
mod retired;
mod units;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::{BoolishValueParser, NonEmptyStringValueParser};
use clap::{Parser, ValueEnum};
use ipnet::IpNet;
use judge_sources::SourceSettings;
use serde::Serialize;

pub(crate) use check::{StoreSettings, TlsFiles, WebhookSettings};
use retired::Retired;
use units::{
    AGES, COUNTS, KEPT, LEASES, MEMORY, MESSAGES, SHARES, THREADS, TIMES, TIMES_OR_NONE, address,
    host, network, page_url, within,
};
pub use units::{Size, Span};

/// Judges canary releases over gRPC and HTTP.
#[derive(Debug, Clone, Parser, Serialize)]
#[command(name = "judge-server", version, after_help = EXAMPLES, args_override_self = true)]
#[serde(rename_all = "kebab-case")]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Settings {
    /// A TOML file with settings of the same names as the flags.
    #[arg(long, env = "JUDGE_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    pub config: Option<PathBuf>,

    /// Print the settings as a file would have them, and stop; with 1 if they cannot work together.
    #[arg(long)]
    #[serde(skip)]
    pub print_config: bool,

    /// Ask the server that has these settings, on this machine, whether it is ready, and stop.
    #[arg(long)]
    #[serde(skip)]
    pub healthcheck: bool,

    /// Print who did what to canaries and configs, the newest last, and stop.
    #[arg(long, hide = true)]
    #[serde(skip)]
    pub audit: bool,

    /// Where to listen for gRPC.
    #[arg(long, env = "JUDGE_GRPC_LISTEN", default_value = "127.0.0.1:50051", value_parser = address)]
    pub grpc_listen: SocketAddr,

    /// Where to listen for HTTP.
    #[arg(long, env = "JUDGE_HTTP_LISTEN", default_value = "127.0.0.1:8080", value_parser = address)]
    pub http_listen: SocketAddr,

    /// Where to listen for clients of Kayenta; only with a store.
    #[arg(long, env = "JUDGE_KAYENTA_LISTEN", default_value = "127.0.0.1:8090", value_parser = address)]
    pub kayenta_listen: SocketAddr,

    /// Keep canaries and configs: in a file of SQLite, or in the PostgreSQL of a URL that begins with postgres://.
    #[arg(long, env = "JUDGE_STORE", value_name = "FILE|URL", hide_env_values = true, value_parser = NonEmptyStringValueParser::new())]
    pub store: Option<String>,

    /// Remove canaries this long after their end. 0: never.
    #[arg(long, env = "JUDGE_STORE_MAX_AGE", default_value = "0s", value_parser = within(AGES))]
    pub store_max_age: Span,

    /// Remove the oldest canaries while all take more bytes than this, compressed. 0: never.
    #[arg(long, env = "JUDGE_STORE_MAX_SIZE", default_value = "10GiB", value_parser = within(KEPT))]
    pub store_max_size: Size,

    /// Remove entries of the audit log this long after they were written. 0: never.
    #[arg(long, env = "JUDGE_STORE_AUDIT_AGE", default_value = "1year 1month", value_parser = within(AGES))]
    pub store_audit_age: Span,

    /// How long a replica that is gone keeps its canaries from the others.
    #[arg(long, env = "JUDGE_STORE_LEASE", default_value = "30s", value_parser = within(LEASES))]
    pub store_lease: Span,

    /// The Prometheus that canaries are judged on; further ones, and credentials, in the table `[sources]` of --config.
    #[arg(long, env = "JUDGE_PROMETHEUS", value_name = "URL", hide_env_values = true)]
    pub prometheus: Option<String>,

    /// The sources of the file's table `[sources]`.
    #[arg(skip)]
    #[serde(skip)]
    pub(crate) sources: Vec<SourceSettings>,

    /// Read configs from the files *.json of this folder, and again when they change: the file's name is the config's id.
    #[arg(long, env = "JUDGE_CONFIGS", value_name = "FOLDER")]
    pub configs: Option<PathBuf>,

    /// Tell this URL of every canary that ended, signed with --webhook-secret-file.
    #[arg(long, env = "JUDGE_WEBHOOK_URL", value_name = "URL", hide_env_values = true)]
    pub webhook_url: Option<String>,

    /// The secret that it is signed with, by Standard Webhooks: text, or whsec_ with base64.
    #[arg(long, env = "JUDGE_WEBHOOK_SECRET_FILE", value_name = "FILE")]
    pub webhook_secret_file: Option<PathBuf>,

    /// What callers reach the HTTP port by, for links, such as <https://judge.example.org>.
    #[arg(long, env = "JUDGE_PUBLIC_URL", value_name = "URL", value_parser = page_url)]
    pub public_url: Option<String>,

    /// Listen beyond this machine though anyone there may call.
    #[arg(long, env = "JUDGE_INSECURE", value_parser = BoolishValueParser::new())]
    pub insecure: bool,

    /// The server's certificate chain, PEM. Turns TLS on, on both ports.
    #[arg(long, env = "JUDGE_TLS_CERTIFICATE", value_name = "FILE")]
    pub tls_certificate: Option<PathBuf>,

    /// The certificate's private key, PEM.
    #[arg(long, env = "JUDGE_TLS_KEY", value_name = "FILE")]
    pub tls_key: Option<PathBuf>,

    /// Require a client certificate of these authorities, PEM.
    #[arg(long, env = "JUDGE_TLS_CLIENT_CA", value_name = "FILE")]
    pub tls_client_ca: Option<PathBuf>,

    /// Require one of the bearer tokens in this file: `TOKEN [NAME [SCOPES]]` a line.
    #[arg(long, env = "JUDGE_TOKENS", value_name = "FILE")]
    pub tokens: Option<PathBuf>,

    /// The names that this server may be called by, with commas; any without. On loopback without tokens
    /// or client certificates: the names of this machine, for each port by itself.
    #[arg(long, env = "JUDGE_ALLOWED_HOSTS", value_name = "HOSTS", value_delimiter = ',', value_parser = host)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed_hosts: Vec<String>,

    /// Proxies, as addresses or networks with commas: exempt from the limits of one address.
    #[arg(long, env = "JUDGE_TRUSTED_PROXIES", value_name = "NETWORKS", value_delimiter = ',', value_parser = network)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trusted_proxies: Vec<IpNet>,

    /// How often certificates and tokens are looked at for changes; SIGHUP has them read at once.
    #[arg(long, env = "JUDGE_RELOAD_EVERY", default_value = "10s", value_parser = within(TIMES))]
    pub reload_every: Span,

    /// Threads that judge; half as many more judge large canaries. 0: one a processor.
    #[arg(long, env = "JUDGE_THREADS", default_value_t = 0, value_parser = within(THREADS))]
    pub threads: usize,

    /// Threads that read and write. 0: one a processor.
    #[arg(long, env = "JUDGE_IO_THREADS", default_value_t = 0, value_parser = within(THREADS))]
    pub io_threads: usize,

    /// Bytes of one message, decompressed.
    #[arg(long, env = "JUDGE_MAX_MESSAGE_SIZE", default_value = "4MiB", value_parser = within(MESSAGES))]
    pub max_message_size: Size,

    /// Metrics of one canary.
    #[arg(long, env = "JUDGE_MAX_METRICS", default_value_t = 1000, value_parser = within(COUNTS))]
    pub max_metrics: usize,

    /// Points of one series.
    #[arg(long, env = "JUDGE_MAX_SERIES_POINTS", default_value_t = 100_000, value_parser = within(COUNTS))]
    pub max_series_points: usize,

    /// Points of all series of one canary together.
    #[arg(long, env = "JUDGE_MAX_POINTS", default_value_t = 500_000, value_parser = within(COUNTS))]
    pub max_points: usize,

    /// Canaries of one stream that are judged at once; it is not read further meanwhile.
    #[arg(long, env = "JUDGE_MAX_STREAM_CALLS", default_value_t = 16, value_parser = within(COUNTS))]
    pub max_stream_calls: usize,

    /// Bytes of all calls, streams and answers together, at most three quarters of it for those over 256
    /// KiB; what exceeds it is refused. A call counts 16 KiB at least, a judgement 256 KiB, a stream 1 MiB.
    #[arg(long, env = "JUDGE_MAX_BUFFERED", default_value = "64MiB", value_parser = within(MEMORY))]
    pub max_buffered: Size,

    /// The share of it that one caller may have, by its token, its certificate, or else its address. 1: all of it.
    #[arg(long, env = "JUDGE_CALLER_SHARE", default_value_t = 0.5, value_parser = within(SHARES))]
    pub caller_share: f64,

    /// Open connections on both ports together; of the next, 64 are kept for probes.
    #[arg(long, env = "JUDGE_MAX_CONNECTIONS", default_value_t = 4096, value_parser = within(COUNTS))]
    pub max_connections: usize,

    /// Open connections of one address, or of one /64 network of IPv6; one more is closed.
    #[arg(long, env = "JUDGE_MAX_ADDRESS_CONNECTIONS", default_value_t = 1024, value_parser = within(COUNTS))]
    pub max_address_connections: usize,

    /// The longest a call may take, from its headers to its answer.
    #[arg(long, env = "JUDGE_CALL_TIME", default_value = "60s", value_parser = within(TIMES))]
    pub call_time: Span,

    /// The longest that a request's body may take to arrive.
    #[arg(long, env = "JUDGE_READ_TIME", default_value = "30s", value_parser = within(TIMES))]
    pub read_time: Span,

    /// The longest that a client may leave an answer untaken, to within a factor of two.
    #[arg(long, env = "JUDGE_WRITE_TIME", default_value = "30s", value_parser = within(TIMES))]
    pub write_time: Span,

    /// The longest that a TLS handshake may take, or the first byte of a connection, or the headers of
    /// HTTP/1 from the answer before, or the message of a health check.
    #[arg(long, env = "JUDGE_HEADER_TIME", default_value = "10s", value_parser = within(TIMES))]
    pub header_time: Span,

    /// The longest that a connection may go without a call, to within a factor of two.
    #[arg(long, env = "JUDGE_IDLE_TIME", default_value = "5min", value_parser = within(TIMES))]
    pub idle_time: Span,

    /// The longest that a stream or watch may be open; its client may open another.
    #[arg(long, env = "JUDGE_STREAM_AGE", default_value = "1h", value_parser = within(TIMES))]
    pub stream_age: Span,

    /// The longest that a stream may go without a whole message of its client's.
    #[arg(long, env = "JUDGE_STREAM_SILENCE", default_value = "5min", value_parser = within(TIMES))]
    pub stream_silence: Span,

    /// How long a connection takes new calls, up to a tenth longer. Then it ends once those in progress
    /// are answered, so that its client connects anew, maybe to another replica.
    #[arg(long, env = "JUDGE_CONNECTION_AGE", default_value = "30min", value_parser = within(TIMES))]
    pub connection_age: Span,

    /// How often HTTP/2 clients are asked whether they are still there.
    #[arg(long, env = "JUDGE_KEEP_ALIVE", default_value = "60s", value_parser = within(TIMES))]
    pub keep_alive: Span,

    /// How long to go on accepting calls after a signal to end, so that load balancers notice.
    #[arg(long, env = "JUDGE_DRAIN_DELAY", default_value = "0s", value_parser = within(TIMES_OR_NONE))]
    pub drain_delay: Span,

    /// How long calls may go on after that.
    #[arg(long, env = "JUDGE_DRAIN_TIME", default_value = "30s", value_parser = within(TIMES_OR_NONE))]
    pub drain_time: Span,

    /// How to write the log, on standard error.
    #[arg(long, env = "JUDGE_LOG_FORMAT", value_enum, default_value_t)]
    pub log_format: LogFormat,

    /// What to log: off, error, warn, info, debug, trace, and such for single targets: `info,h2=off`.
    #[arg(long, env = "JUDGE_LOG", default_value = directives::DEFAULT, value_parser = directives::read)]
    pub log: String,

    /// Where to send a span for every call, over OTLP's gRPC: `http://collector:4317`.
    #[cfg(feature = "otlp")]
    #[arg(long, env = "JUDGE_OTLP_ENDPOINT", value_name = "URL")]
    pub otlp_endpoint: Option<String>,

    #[command(flatten)]
    #[serde(skip)]
    pub(crate) retired: Retired,
}

const EXAMPLES: &str = "Examples:
  judge-server
  judge-server --store judge.db --prometheus http://prometheus:9090 --configs configs
  judge-server --grpc-listen 0.0.0.0:50051 --http-listen 0.0.0.0:8080 --tokens /etc/judge/tokens
  judge-server --config judge-server.toml --print-config
  judge-server --config judge-server.toml --healthcheck
  judge-server audit --config judge-server.toml";

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// One JSON object a line.
    #[default]
    Json,
    /// For people.
    Text,
}

/// `count` threads, or one a processor for 0.
pub fn threads(count: usize) -> usize {
    if count > 0 {
        return count;
    }
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

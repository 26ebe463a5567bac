//! The judge as a service: gRPC for any orchestrator, Kayenta's remote judge, and its own JSON.
//!
//! [`serve`] runs it on sockets of the caller's until a future of the caller's is ready, so that tests
//! and programs start the same server as the command `judge-server` does.

mod activity;
mod answer;
mod bench;
mod body;
mod budget;
mod call;
mod connections;
mod convert;
mod error;
mod frames;
mod gate;
mod grpc;
mod heads;
mod healthcheck;
mod http;
mod judged;
mod judging;
mod limits;
pub mod logs;
mod metrics;
pub mod offline;
mod open;
mod parts;
mod pool;
mod problem_json;
mod problems;
pub mod proto;
mod proto_bytes;
pub mod proto_json;
mod refusal;
mod secrets;
mod server;
mod settings;
mod systemd;
mod target;
mod tls;
mod tokens;
mod traces;
mod wire;

pub use error::StartError;
pub use healthcheck::healthcheck;
pub use problems::Problems;
pub use refusal::{Refusal, Resource, Token};
pub use server::{Listeners, serve};
pub use settings::{LogFormat, Settings, SettingsError, Size, Span, threads};

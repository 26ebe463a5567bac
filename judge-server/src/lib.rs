//! The judge as a service: gRPC for any orchestrator, Kayenta's remote judge, and its own JSON.
//!
//! [`serve`] runs it on sockets of the caller's until a future of the caller's is ready, so that tests
//! and programs start the same server as the command `judge-server` does.
//!
//! The folders from the top down, each importing only those below it: `server` puts everything together;
//! `layers` is what every call passes; `handlers` is what can be called and what answers it; `budget`
//! what calls may hold; `callers` who calls; `transport` the connections; `observe` what the server tells
//! of itself; `convert` reads and writes messages; `settings` what can be set.

mod audit;
mod budget;
mod callers;
mod config_folder;
mod convert;
mod handlers;
mod healthcheck;
mod keeping;
mod layers;
mod observe;
pub mod offline;
pub mod proto;
mod server;
mod settings;
mod transport;
mod webhook;

pub use audit::audit;
pub use convert::problems::Problems;
pub use convert::proto_json;
pub use convert::refusal::{Refusal, Resource, StreamEnd, Token};
pub use healthcheck::healthcheck;
pub use observe::logs;
pub use server::{Listeners, serve};
pub use settings::error::StartError;
pub use settings::{LogFormat, Network, Settings, SettingsReadError, Size, Span, threads};

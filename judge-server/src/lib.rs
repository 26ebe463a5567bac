//! The judge as a service: gRPC for any orchestrator, Kayenta's remote judge, and its own JSON.
//!
//! [`serve`] runs it on the caller's sockets until the caller's future is ready, so that tests and programs start the same
//! server as the command `judge-server` does.
//!
//! The folders from the top down, each importing only those below it: `server` assembles everything; `layers` is the stack
//! that every call passes; `handlers` has the routes and their handlers; `budget` the bytes that calls may hold; `callers` the
//! identity of callers; `transport` the connections; `observe` logs, metrics and spans; `convert` writes refusals and kept
//! canaries as messages; `settings` has all settings. The crate `judge_contract` has the messages, and converts what is judged.

mod audit;
mod budget;
mod callers;
mod canary_runtime;
mod config_folder;
mod convert;
mod handlers;
mod healthcheck;
mod layers;
mod observe;
pub mod offline;
mod server;
mod settings;
mod transport;
mod webhook;

pub use audit::audit;
pub use convert::refusal::{Refusal, Resource, Token};
pub use healthcheck::healthcheck;
pub use observe::logs;
pub use server::{Listeners, serve};
pub use settings::error::StartError;
pub use settings::{LogFormat, Settings, Size, Span, threads};

//! Between bytes, the contract's messages and the core's types; decoding is validation.
//!
//! `guard` counts the parts of a document before it is read, `proto_json` reads and writes our messages as JSON, `request`,
//! `monitor`, `config` and `evidence` read messages into the core's types, `judgement` and `finding` write them back. Problems
//! of an input are [`problems`]; a call that is not judged is a [`refusal`].

pub(crate) mod canary;
pub(crate) mod canary_request;
mod config;
mod evidence;
mod finding;
pub(crate) mod guard;
mod header_text;
mod judgement;
pub(crate) mod limits;
pub(crate) mod monitor;
mod problem;
pub(crate) mod problems;
pub mod proto_json;
mod reading;
pub(crate) mod refusal;
mod request;
mod status;

pub(crate) use judgement::{VERSION, list_judges};
pub(crate) use problem::Dialect;
pub(crate) use request::{ConfigToCheck, read_config_to_check};

#[cfg(test)]
mod tests;

//! Between the contract's messages and the core's types; decoding is validation.

mod config;
mod evidence;
mod finding;
mod judgement;
mod problem;
mod request;

pub(crate) use judgement::{VERSION, list_judges, without_findings};
pub(crate) use problem::Dialect;
pub(crate) use request::{ConfigToCheck, read_config_to_check};

#[cfg(test)]
mod tests;

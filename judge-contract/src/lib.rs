//! The judge's gRPC contract: its messages, their canonical JSON, and their conversion for [`judge_core`].
//!
//! A client writes requests and reads answers with [`proto`]. A server also checks, limits and converts what clients send. The
//! crate opens no socket and reads no file.
//!
//! # Example
//!
//! ```
//! use judge_contract::{proto, proto_json};
//! use judge_core::JudgeRequest;
//! use judge_core::judges::{EvidenceJudge, Judge};
//!
//! let json = br#"{
//!     "canaryConfig": {
//!         "metrics": [{"name": "latency", "groups": ["Latency"], "direction": "DIRECTION_INCREASE"}],
//!         "groupWeights": {"Latency": 100}
//!     },
//!     "thresholds": {"pass": 90, "marginal": 75},
//!     "pairs": [{
//!         "name": "latency",
//!         "baseline": {"values": [9, 10, 11, "NaN", 12]},
//!         "canary": {"values": [10, 9, 12, 11, 10]}
//!     }]
//! }"#;
//! let message: proto::JudgeRequest = proto_json::read(json)?;
//! let request = JudgeRequest::try_from(message)?;
//! let judgement = EvidenceJudge.judge(&request)?;
//! let answer = proto::JudgeResponse { judgement: Some(judgement.into()), ..Default::default() };
//! println!("{}", String::from_utf8(proto_json::write(&answer)?)?);
//!
//! // All that is wrong is said at once.
//! let wrong = br#"{"id": 7, "pairs": [{"nome": "latency"}], "thresholds": {"pass": true}}"#;
//! let error = proto_json::read::<proto::JudgeRequest>(wrong).unwrap_err();
//! let said: Vec<String> = error.problems().iter().map(ToString::to_string).collect();
//! assert_eq!(said[0], "id: expected a string, got 7");
//! assert!(said[1].starts_with("pairs[0].nome: expected one of name, "));
//! assert!(said[2].starts_with("thresholds.pass: expected a number"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Overview
//!
//! | to | use |
//! | --- | --- |
//! | write and read messages, call or implement the services | [`proto`] |
//! | read and write messages as JSON | [`proto_json`] |
//! | refuse a document that needs far more memory than bytes | [`guard`], before it is decoded |
//! | bound the metrics and points of a request | [`limits::Limits`] |
//! | judge a request | `JudgeRequest::try_from(message)`, and `judgement.into()` for the answer |
//! | check a config | [`read_config_to_check`] |
//! | monitor a canary point by point | [`monitor`] |
//! | name a field as the caller wrote it | [`Dialect`] |
//! | say what is wrong | [`Problems`], [`MessageError`] |

mod config;
mod dialect;
mod evidence;
mod finding;
pub mod guard;
mod judgement;
pub mod limits;
mod message_error;
pub mod monitor;
mod problems;
pub mod proto;
pub mod proto_json;
mod reading;
mod request;
pub mod times;

pub use dialect::Dialect;
pub use judgement::{VERSION, list_judges};
pub use message_error::MessageError;
pub use problems::Problems;
pub use request::{ConfigToCheck, read_config_to_check};

#[cfg(test)]
mod tests;

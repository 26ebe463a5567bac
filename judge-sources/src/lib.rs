//! Fetches the series of a canary and its baseline from the stores that have them.
//!
//! ```text
//! config's queries + scopes --> text a store takes --> HTTP --> points on a grid --> pairs by labels
//! ```
//!
//! [`Queries`] reads the queries of a canary config, [`Sources`] has the sources, and [`Sources::fetch`]
//! returns the pairs of all metrics, or all reasons for a failure.
//!
//! ```no_run
//! use std::time::Duration;
//! use judge_sources::{Compat, Grid, Queries, Scope, FetchRequest, SideRequest, SourceSettings, Sources, StoreKind};
//!
//! # async fn example(config: serde_json::Value) -> Result<(), Box<dyn std::error::Error>> {
//! let queries = Queries::read(&config)?;
//! let settings = SourceSettings::at("prometheus", StoreKind::Prometheus, "http://prometheus:9090")?;
//! let sources = Sources::new(vec![settings])?;
//! let grid = Grid::new(1_795_184_200_000, 1_795_186_000_000, 60_000)?;
//! let side = |scope| SideRequest { scope: Scope::new(scope), grid };
//! let request = FetchRequest {
//!     baseline: side("shop-stable"),
//!     canary: side("shop-canary"),
//!     compat: Compat::None,
//!     timeout: Duration::from_secs(60),
//! };
//! match sources.fetch(&queries, &request).await {
//!     Ok(metrics) => println!("{} metrics", metrics.len()),
//!     Err(failures) => failures.iter().for_each(|failure| println!("{failure}")),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Credentials are sent with the first request, and to the source's own host only. No error contains them.

mod client;
mod compat;
mod error;
mod expression;
mod fetch;
mod fields;
mod grid;
mod gridding;
mod hint;
mod kind;
mod names;
mod notice;
mod numbers;
mod pair;
mod query;
mod query_text;
mod scope;
mod secret_url;
mod selector;
mod setting_names;
mod settings;
mod sign;
mod store;
mod store_request;
mod template;
mod unit;
mod way_out;

pub use compat::Compat;
pub use error::{AnswerError, AskError, Asked, Cause, ChoiceError, MOST_SERIES, QueryFailure};
pub use fetch::{FetchRequest, FetchedMetric, FetchedSide, SideRequest, Sources};
pub use grid::{Grid, GridError, MOST_POINTS};
pub use gridding::Found;
pub use kind::StoreKind;
pub use notice::{DroppedLabel, Notice};
pub use pair::pair_by_labels;
pub use query::{MetricQuery, Queries};
pub use query_text::QueryError;
pub use scope::Scope;
pub use secret_url::{without_path, without_secrets};
pub use setting_names::SettingNames;
pub use settings::{SettingsError, SourceSettings, toml_problem};
pub use template::TemplateError;

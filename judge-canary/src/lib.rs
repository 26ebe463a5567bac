//! Canaries over their lifetime: plans, looks, storage, watching.
//!
//! ```text
//! CanaryRequest --> Plan, config --> SqlStore --> Runner: claim --> fetch --> judge --> record, decide
//!                                   ^                                                  |
//!                                   +------------------ next look ---------------------+
//! ```
//!
//! [`Canaries`] is the API for handlers: start, get, list, watch, cancel, configs. [`Runner`] makes the looks
//! when they are due. A [`SqlStore`] keeps everything in a SQLite file or in
//! PostgreSQL, where several replicas share the work by leases. Windows, rule and judgement are those of `judge
//! watch` and `judge retro`; `judge-core` defines them.
//!
//! A look and the new state of its canary are written in one transaction. If a process dies before that, the
//! look is made again: after the next start, or by another replica within one lease. The same series give the
//! same judgement.
//!
//! ```no_run
//! use std::sync::Arc;
//! use judge_canary::{
//!     Canaries, CanaryRequest, ConfigChoice, PlanSpec, Runner, RunnerOptions, ScopePair, SqlStore, StageTimes,
//!     StorePlace, SystemClock,
//! };
//! use judge_sources::{SourceSettings, Sources, StoreKind};
//!
//! # async fn example(config: serde_json::Value) -> Result<(), Box<dyn std::error::Error>> {
//! let source = SourceSettings::at("prometheus", StoreKind::Prometheus, "http://prometheus:9090")?;
//! let store = SqlStore::open(&StorePlace::Sqlite("judge.db".into())).await?;
//! let sources = Arc::new(Sources::new(vec![source])?);
//! let canaries = Canaries::new(Arc::new(store), sources, Arc::new(SystemClock));
//! let ending = tokio_util::sync::CancellationToken::new();
//! tokio::spawn(Runner::new(&canaries, RunnerOptions::default()).run(ending.clone()));
//!
//! let times = StageTimes { interval_millis: Some(300_000), ..StageTimes::lasting(1_800_000) };
//! let request = CanaryRequest {
//!     key: Some("shop-1.7.3".to_owned()),
//!     origin: "canary".to_owned(),
//!     application: "shop".to_owned(),
//!     config: ConfigChoice::Inline(config),
//!     thresholds: None,
//!     plan: PlanSpec::stage(ScopePair::new("shop-stable", "shop-canary"), times),
//!     metadata: Default::default(),
//!     api: serde_json::Value::Null,
//! };
//! let started = canaries.start(request, "ci").await?;
//! println!("{} has {} looks", started.canary.summary.id, started.canary.summary.planned);
//! # Ok(())
//! # }
//! ```

mod canaries;
mod cancel;
mod clock;
mod config_files;
mod drift;
mod error;
mod id;
mod keep;
mod large;
mod machine;
mod names;
mod plan;
mod record;
mod runnable;
mod runner;
mod shared;
mod step;
mod store;
mod stored_config;
mod watch;

pub use canaries::{Canaries, Started};
pub use clock::{ManualClock, RunClock, SystemClock};
pub use config_files::{ConfigFile, FilesTaken};
pub use drift::{Allowed, Drift, PastRelease, RELEASES, find_drifts};
pub use error::CanaryError;
pub use id::{look_id, look_of_id};
pub use large::without_delay;
pub use machine::reason_of;
pub use plan::{
    DEFAULT_SCOPE, FETCH_MILLIS, LookWindow, MOST_LOOKS, PairWindows, Plan, PlanError, PlanSpec,
    PlanTimes, SETTLE_MILLIS, ScopePair, SideWindow, SourceFailure, StageEnd, StageTimes, Target,
};
pub use record::{
    Canary, CanaryLook, CanaryRequest, CanaryState, CanarySummary, ConfigChoice, FailureKind,
    JudgedSeries, LookFailure, LookResult, MetricSet, StoredPair, StoredSeries,
};
pub use runnable::{FetchFailure, FetchedLook, MOST_POINTS, RunnableConfig, UnusableConfig};
pub use runner::{Runner, RunnerOptions};
pub use shared::{CanaryEvent, Postponed};
pub use store::{
    AuditEntry, CanaryFilter, CanaryPage, ClaimDue, Claimed, ConfigChange, Delivery, Inserted,
    KeepError, KeepLimits, LookRecord, MOST_OF_A_PAGE, MetricSetSize, NewCanary, PAGE,
    ReleaseFilter, Retention, SqlStore, StorePlace,
};
pub use stored_config::{ConfigHead, ConfigRule, ConfigVersion, Existing};
pub use watch::WatchEvent;

//! The pages of a service that keeps canaries: data in, HTML out. No clock, no store and no socket is here.
//!
//! The look, the charts and the escaping are those of `judge-report`. Everything but the charts is plain HTML and reads
//! without scripts; what is served beside the pages is in [`asset`]. Text is shown as text, whatever it holds.
//!
//! # Example
//! ```
//! use judge_canary::CanaryPage;
//! use judge_pages::{ListQuery, Visitor, canaries_page};
//!
//! let query = ListQuery { search: "<shop>".to_owned(), ..ListQuery::default() };
//! let html = canaries_page(&Visitor::anyone("form token"), &query, &CanaryPage::default());
//! assert!(html.contains("&lt;shop&gt;"));
//! ```

mod assets;
mod audit;
mod canary;
mod compare;
mod configs;
mod frame;
mod history;
mod list;
mod looks;
mod place;
mod session;

pub use assets::{Asset, asset};
pub use audit::{AuditQuery, audit_page};
pub use canary::{CanaryView, canary_page};
pub use compare::{ShownSide, compare_page};
pub use configs::{ConfigView, TriedLook, TryQuery, config_page, configs_page};
pub use frame::{Right, Visitor};
pub use history::{HistoryQuery, HistoryView, history_page};
pub use list::{ListQuery, canaries_page};
pub use place::{canary_path, config_path};
pub use session::{login_page, message_page, refresh_page};

/// Content security policy of a page: a browser may run scripts of this server only, never one inside the page. Styles
/// may be in it, because the charting library writes some.
pub const POLICY: &str = "default-src 'none'; img-src data:; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                          connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

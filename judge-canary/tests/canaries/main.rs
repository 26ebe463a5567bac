//! Canaries over real stores and a source over HTTP.

mod life;
mod source;
mod store;

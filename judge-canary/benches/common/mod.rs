//! Where benches keep canaries.

use std::path::Path;

use judge_canary::StorePlace;

#[path = "../../tests/canaries/postgres.rs"]
mod postgres;

/// A file of SQLite in `folder`; with `JUDGE_POSTGRES`, the URL of a server where databases may be made, a database of its own.
pub(crate) async fn place(folder: &Path) -> StorePlace {
    match std::env::var("JUDGE_POSTGRES") {
        Ok(server) => StorePlace::Postgres(postgres::new_database(&server).await),
        Err(_) => StorePlace::Sqlite(folder.join("judge.db")),
    }
}

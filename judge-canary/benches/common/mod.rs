//! Where benches keep canaries.

use std::path::Path;

use judge_canary::StorePlace;

/// A file of SQLite in `folder`; with `JUDGE_POSTGRES`, the URL of a server where databases may be made, a database of its own.
pub(crate) async fn place(folder: &Path) -> StorePlace {
    let Ok(server) = std::env::var("JUDGE_POSTGRES") else {
        return StorePlace::Sqlite(folder.join("judge.db"));
    };
    sqlx::any::install_default_drivers();
    let name = format!("bench_{:016x}", fastrand::u64(..));
    let pool = sqlx::AnyPool::connect(&format!("{server}/postgres")).await.unwrap();
    let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
    sqlx::query(create).execute(&pool).await.unwrap();
    pool.close().await;
    StorePlace::Postgres(format!("{server}/{name}"))
}

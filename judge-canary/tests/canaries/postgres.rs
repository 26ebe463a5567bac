//! A database of its own on the server of `JUDGE_POSTGRES`; benches have it from here, too.

/// Makes a database on `server`, the URL of one where databases may be made. Returns the database's URL.
pub(crate) async fn new_database(server: &str) -> String {
    sqlx::any::install_default_drivers();
    let name = format!("judge_{:016x}", fastrand::u64(..));
    let pool = sqlx::AnyPool::connect(&format!("{server}/postgres")).await.unwrap();
    let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
    sqlx::query(create).execute(&pool).await.unwrap();
    pool.close().await;
    format!("{server}/{name}")
}

//! Opens a store, and brings its tables up to date.

use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AnyConnection, AnyPool, Connection, Executor, SqlSafeStr};

use super::error::KeepError;

/// Location of a store.
#[derive(Clone, PartialEq, Eq)]
pub enum StorePlace {
    /// A file of SQLite, for one process.
    Sqlite(PathBuf),
    /// A database of PostgreSQL, by its URL, for any number of processes.
    Postgres(String),
}

impl fmt::Debug for StorePlace {
    /// The location without the password of a URL.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(url) => {
                let shown = url.split('?').next().and_then(|url| url.rsplit_once('@'));
                write!(f, "postgres://{}", shown.map_or("…", |(_, host)| host))
            }
        }
    }
}

/// Connections to SQLite: one writes, others read beside it.
const SQLITE_CONNECTIONS: u32 = 4;
/// Connections to PostgreSQL, whose default for all clients is 100.
const POSTGRES_CONNECTIONS: u32 = 8;
/// How long a caller waits for a connection before the store counts as unavailable.
const ACQUIRE: Duration = Duration::from_secs(5);

/// First statements on a connection to SQLite. Committed transactions survive a crash of the machine. Temporary
/// tables are in memory, because an image with nothing but the server has no folder for temporary files.
const PRAGMAS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
                       PRAGMA busy_timeout = 4000; PRAGMA temp_store = MEMORY;";

/// First statement on a connection to PostgreSQL. A replica whose machine is gone closes no connection; without it the rows of its
/// last transaction would stay locked for hours, and no other replica could take them over.
const SESSION: &str = "SET idle_in_transaction_session_timeout = '15s'";

/// A file of one of the folders of migrations.
macro_rules! migration {
    ($folder:literal, $version:literal, $name:literal) => {
        (
            $version,
            $name,
            include_str!(concat!(
                "../../migrations/",
                $folder,
                "/000",
                $version,
                "_",
                $name,
                ".sql"
            )),
        )
    };
}

const SQLITE: &[(i64, &str, &str)] = &[
    migration!("sqlite", 1, "canaries"),
    migration!("sqlite", 2, "deliveries"),
    migration!("sqlite", 3, "search"),
    migration!("sqlite", 4, "filters"),
    migration!("sqlite", 5, "points"),
];
const POSTGRES: &[(i64, &str, &str)] = &[
    migration!("postgres", 1, "canaries"),
    migration!("postgres", 2, "deliveries"),
    migration!("postgres", 3, "search"),
    migration!("postgres", 4, "points"),
];

/// Connections, and the lock that keeps other processes out.
pub(super) struct Opened {
    pub(super) pool: AnyPool,
    pub(super) lock: Option<File>,
}

/// Connects to the store, and creates or migrates its tables. With `read_only` it does not, and shares the
/// file.
pub(super) async fn open(place: &StorePlace, read_only: bool) -> Result<Opened, KeepError> {
    sqlx::any::install_default_drivers();
    let (url, lock, connections) = match place {
        StorePlace::Sqlite(path) if read_only && !path.exists() => {
            return Err(KeepError::NoFile(path.display().to_string()));
        }
        StorePlace::Sqlite(path) => {
            let lock = if read_only { None } else { Some(lock(path)?) };
            let mode = if read_only { "ro" } else { "rwc" };
            let url = format!("sqlite:{}?mode={mode}", escaped(path));
            try_file(path, &url, read_only).await?;
            (url, lock, SQLITE_CONNECTIONS)
        }
        StorePlace::Postgres(url) => (url.clone(), None, POSTGRES_CONNECTIONS),
    };
    let first = match place {
        StorePlace::Sqlite(_) => (!read_only).then_some(PRAGMAS),
        StorePlace::Postgres(_) => Some(SESSION),
    };
    let options: AnyConnectOptions = url
        .parse()
        .map_err(|error: sqlx::Error| KeepError::Failed(format!("{place:?}: {error}")))?;
    let pool = AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                if let Some(first) = first {
                    connection.execute(first).await?;
                }
                Ok(())
            })
        })
        .after_release(|connection, _| {
            // A connection without an answer would keep its place in the pool.
            let idle = tokio::time::timeout(ACQUIRE, is_idle(connection));
            Box::pin(async move { idle.await.map_err(|_| sqlx::Error::PoolTimedOut)? })
        })
        .connect_with(options)
        .await?;
    if !read_only {
        migrator(place).run(&pool).await?;
    }
    Ok(Opened { pool, lock })
}

/// Opens a file of SQLite once, and says what is wrong with it: a pool would try again and again, and then say that it waited.
async fn try_file(path: &Path, url: &str, read_only: bool) -> Result<(), KeepError> {
    let tried = async {
        let mut connection = AnyConnection::connect(url).await?;
        let first = if read_only { "SELECT count(*) FROM sqlite_master" } else { PRAGMAS };
        connection.execute(first).await?;
        connection.close().await
    };
    tried.await.map_err(|error| match KeepError::from(error) {
        KeepError::Failed(said) => KeepError::Failed(format!(
            "{}: {said}; restore a copy of the file, or move it away to begin a new store",
            path.display()
        )),
        other => other,
    })
}

/// Whether no transaction is open. A full disk makes SQLite undo a transaction by itself; sqlx then cannot roll it back, takes it
/// for open for ever, and begins no other on this connection.
async fn is_idle(connection: &mut AnyConnection) -> Result<bool, sqlx::Error> {
    // Waits for a rollback in progress.
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

fn migrator(place: &StorePlace) -> Migrator {
    let all = match place {
        StorePlace::Sqlite(_) => SQLITE,
        StorePlace::Postgres(_) => POSTGRES,
    };
    let migration = |(version, name, sql): &(i64, &'static str, &'static str)| {
        Migration::new(*version, (*name).into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    let mut migrator = Migrator::with_migrations(all.iter().map(migration).collect());
    // A newer replica may have added tables and columns: migrations only add, so that an older one can go on.
    migrator.set_ignore_missing(true);
    migrator
}

/// Locks the file against other processes, until this process ends, however it ends. A symbolic link is locked as what it points to.
fn lock(path: &Path) -> Result<File, KeepError> {
    let failed = |error: std::io::Error| {
        KeepError::Failed(format!("cannot open {}: {error}", path.display()))
    };
    let mut name = resolve(path).map_err(failed)?.into_os_string();
    name.push(".lock");
    let file =
        File::options().create(true).truncate(false).write(true).open(name).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(KeepError::InUse(path.display().to_string())),
        Err(std::fs::TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// The path without symbolic links, also if the file is not there yet.
fn resolve(path: &Path) -> std::io::Result<PathBuf> {
    match path.canonicalize() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            let folder = folder.unwrap_or(Path::new("."));
            match path.read_link() {
                Ok(target) => resolve(&folder.join(target)),
                Err(_) => Ok(folder.canonicalize()?.join(path.file_name().unwrap_or_default())),
            }
        }
        resolved => resolved,
    }
}

/// A path, escaped for a URL.
fn escaped(path: &Path) -> String {
    let bytes = path.as_os_str().as_encoded_bytes();
    let escape = |&byte: &u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => {
            char::from(byte).to_string()
        }
        byte => format!("%{byte:02X}"),
    };
    bytes.iter().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_migrations_is_run() {
        for (folder, listed) in [("sqlite", SQLITE), ("postgres", POSTGRES)] {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(folder);
            let files = std::fs::read_dir(folder).unwrap();
            let mut texts: Vec<(String, String)> = files
                .map(|file| {
                    let file = file.unwrap();
                    let name = file.file_name().into_string().unwrap();
                    (name, std::fs::read_to_string(file.path()).unwrap())
                })
                .collect();
            texts.sort();
            let named = listed.iter();
            let named = named.map(|(version, name, sql)| {
                (format!("{version:04}_{name}.sql"), (*sql).to_owned())
            });
            assert_eq!(texts, named.collect::<Vec<_>>());
        }
    }

    #[test]
    fn passwords_are_not_shown() {
        for url in ["postgres://me:secret@host/judge", "postgres://me@host/judge?password=secret@x"]
        {
            let place = StorePlace::Postgres(url.to_owned());
            assert_eq!(format!("{place:?}"), "postgres://host/judge");
        }
        assert_eq!(escaped(Path::new("/a b/ü?.db")), "/a%20b/%C3%BC%3F.db");
    }
}

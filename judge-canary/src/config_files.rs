//! Configs from files. They are stored like others, so that canaries, lists and versions know them, but only
//! their files can change them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::canaries::Canaries;
use crate::error::CanaryError;
use crate::runnable::RunnableConfig;
use crate::store::{ConfigChange, KeepError};
use crate::stored_config::{ConfigRule, Described, Existing, describe_file, overlaps};

/// Caller that stores a config from a file, followed by the file's name. No token has this name: names have no
/// blank.
const AUTHOR: &str = "file ";

/// A config from a file.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfigFile {
    /// Its id: the file's name without its ending. It is the config's name, too, where that has none.
    pub id: String,
    /// The file's name, for people.
    pub file: String,
    /// The config, Kayenta's JSON; `None` if the file has none. The last good version then stays in force.
    pub document: Option<Value>,
}

/// Result of reading the configs of all files.
#[derive(Debug, Default)]
pub struct FilesTaken {
    /// Configs that are new, or have a new version.
    pub changed: Vec<String>,
    /// Configs whose file is gone.
    pub removed: Vec<String>,
    /// Files that could not be used, and why.
    pub refused: Vec<(String, CanaryError)>,
}

impl Canaries {
    /// Brings the configs of all files into force. Until the next call nobody else can change them.
    ///
    /// A config that cannot be stored, or that cannot judge canaries, is refused, and its last good version
    /// stays. A config whose file is gone is removed, also if an earlier process read the file.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn take_config_files(&self, files: &[ConfigFile]) -> Result<FilesTaken, CanaryError> {
        let mut taken = FilesTaken::default();
        let names = files.iter().map(|file| (file.id.clone(), file.file.clone()));
        let names: BTreeMap<String, String> = names.collect();
        let before = match self.shared.config_files.get() {
            Some(before) => before,
            None => self.written_by_files().await?,
        };
        // After an error both stay: the next call removes what is gone.
        let both = before.iter().chain(&names).map(|(id, file)| (id.clone(), file.clone()));
        self.shared.config_files.set(both.collect());
        let mut earlier = NamesOfFiles::default();
        for file in files {
            let Some(document) = &file.document else { continue };
            match self.store_file(file, document.clone(), &mut earlier).await {
                Ok(true) => taken.changed.push(file.id.clone()),
                Ok(false) => {}
                Err(CanaryError::Keep(error)) if error.may_pass() => return Err(error.into()),
                Err(error) => taken.refused.push((file.file.clone(), error)),
            }
        }
        for id in before.into_keys().filter(|id| !names.contains_key(id)) {
            let entry = self.entry(AUTHOR.trim_end(), "config.delete", &id, &[]);
            match self.shared.store.delete_config(&id, &entry).await {
                Ok(()) => taken.removed.push(id),
                Err(KeepError::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.shared.config_files.set(names);
        Ok(taken)
    }

    /// Stores the config of a file, unless it is in force already. Returns whether it stored it.
    async fn store_file(
        &self,
        file: &ConfigFile,
        mut document: Value,
        earlier: &mut NamesOfFiles,
    ) -> Result<bool, CanaryError> {
        let ConfigFile { id, file, .. } = file;
        if document.get("name").and_then(Value::as_str).is_none_or(str::is_empty)
            && document.is_object()
        {
            document["name"] = json!(id);
        }
        let described = describe_file(&document)?;
        RunnableConfig::read(&document, None)?;
        earlier.check(&described)?;
        match self.shared.store.config(id, None).await {
            Ok(found) if found.document == document => {
                earlier.add(file, described);
                return Ok(false);
            }
            Ok(_) | Err(KeepError::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        let actor = format!("{AUTHOR}{file}");
        let entry = self.entry(&actor, "config.put", id, &[("name", &described.name)]);
        let (name, applications) = (described.name.clone(), described.applications.clone());
        let (id, existing) = (id.clone(), Existing::May);
        let change = ConfigChange { id, name, applications, document, existing };
        self.shared.store.put_config(&change, &entry).await?;
        earlier.add(file, described);
        Ok(true)
    }

    /// Configs whose newest version came from a file, with its name.
    async fn written_by_files(&self) -> Result<BTreeMap<String, String>, CanaryError> {
        let mut all = BTreeMap::new();
        for head in self.shared.store.configs().await? {
            let newest = self.shared.store.config(&head.id, None).await?;
            if let Some(file) = newest.author.strip_prefix(AUTHOR) {
                all.insert(head.id, file.to_owned());
            }
        }
        Ok(all)
    }

    /// The file that a config is read from, if there is one.
    pub fn config_file(&self, id: &str) -> Option<String> {
        self.shared.config_files.file_of(id)
    }

    /// # Errors
    /// If a file defines the config.
    pub(crate) fn check_no_file(&self, id: &str) -> Result<(), CanaryError> {
        match self.config_file(id) {
            Some(file) => Err(CanaryError::ReadOnly { id: id.to_owned(), file }),
            None => Ok(()),
        }
    }
}

/// The files of configs by the name of the config, each with its applications. Clients that find a config by its name take any of
/// that name.
#[derive(Debug, Default)]
struct NamesOfFiles(BTreeMap<String, Vec<(String, Vec<String>)>>);

impl NamesOfFiles {
    /// # Errors
    /// If a config of an added file has the same name for one of the applications. A config without applications is for all.
    fn check(&self, described: &Described) -> Result<(), ConfigRule> {
        let Described { name, applications } = described;
        let mut same = self.0.get(name).into_iter().flatten();
        match same.find(|(_, others)| overlaps(applications, others)) {
            Some((file, _)) => {
                Err(ConfigRule::NameOfFile { name: name.clone(), file: file.clone() })
            }
            None => Ok(()),
        }
    }

    fn add(&mut self, file: &str, Described { name, applications }: Described) {
        self.0.entry(name).or_default().push((file.to_owned(), applications));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use judge_sources::Sources;

    use super::*;
    use crate::clock::SystemClock;
    use crate::store::{SqlStore, StorePlace};

    #[tokio::test]
    async fn files_of_before_and_of_now_both_count_until_the_store_has_followed() {
        let folder = tempfile::TempDir::new().unwrap();
        let place = StorePlace::Sqlite(folder.path().join("judge.db"));
        let store = Arc::new(SqlStore::open(&place).await.unwrap());
        let sources = Arc::new(Sources::new(Vec::new()).unwrap());
        let canaries = Canaries::new(store.clone(), sources, Arc::new(SystemClock));
        let file =
            |id: &str| ConfigFile { id: id.into(), file: format!("{id}.json"), document: None };
        canaries.take_config_files(&[file("a")]).await.unwrap();
        let named = || ["a", "b"].map(|id| canaries.config_file(id).is_some());
        assert_eq!(named(), [true, false]);
        store.close().await;
        assert!(canaries.take_config_files(&[file("b")]).await.is_err(), "a cannot be removed");
        assert_eq!(named(), [true, true]);
    }
}

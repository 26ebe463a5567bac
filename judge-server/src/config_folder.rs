//! `--configs`: a folder of canary configs, one a file, read again when they change.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;

use judge_canary::{Canaries, ConfigFile, FilesTaken};
use judge_contract::guard;
use judge_contract::limits::Limits;
use judge_core::kayenta;
use serde_json::Value;
use tracing::{error, info, warn};

use crate::observe::metrics::Metrics;
use crate::settings::Settings;
use crate::settings::error::StartError;
use crate::transport::reload::Rounds;

/// Ending of the name of a config's file.
const ENDING: &str = ".json";

/// The folder, and the content of its files when they were last read.
#[derive(Debug)]
pub(crate) struct ConfigFolder {
    path: PathBuf,
    rounds: Rounds,
    limits: Limits,
    canaries: Canaries,
    metrics: Arc<Metrics>,
    /// By file; `None` for a file that cannot be read.
    seen: BTreeMap<String, Option<Vec<u8>>>,
    /// The store did not accept their content.
    is_behind: bool,
}

impl ConfigFolder {
    /// Reads all configs for the first time. A wrong file is logged and left out.
    ///
    /// # Errors
    /// If the folder cannot be read, or the store does not accept its configs.
    pub(crate) async fn open(
        path: PathBuf,
        settings: &Settings,
        canaries: Canaries,
        metrics: &Arc<Metrics>,
    ) -> Result<Self, StartError> {
        let (rounds, limits) = (Rounds::every(settings.reload_every.get())?, settings.limits());
        let metrics = Arc::clone(metrics);
        let (seen, is_behind) = (BTreeMap::new(), false);
        let mut folder = Self { path, rounds, limits, canaries, metrics, seen, is_behind };
        let shown = folder.path.display().to_string();
        let failed = |why: String| StartError::Settings(format!("configs {shown:?}: {why}"));
        let files = folder.files().map_err(|error| failed(error.to_string()))?;
        folder.apply(files).await.map_err(failed)?;
        Ok(folder)
    }

    /// Reads changed files, for ever.
    pub(crate) async fn watch(mut self) {
        loop {
            let at_once = self.rounds.next().await;
            let taken = match self.files() {
                Ok(files) if files == self.seen && !at_once && !self.is_behind => continue,
                Ok(files) => self.apply(files).await,
                Err(error) => Err(error.to_string()),
            };
            if let Err(why) = taken {
                // It is tried again at the next tick.
                self.metrics.show_config_files(0, self.seen.len().max(1));
                self.is_behind = true;
                error!(configs = %self.path.display(), why, "kept the configs that were read before");
            }
        }
    }

    /// Reads the files. They are small, and modification times miss a swap of a volume's links.
    fn files(&self) -> io::Result<BTreeMap<String, Option<Vec<u8>>>> {
        let mut files = BTreeMap::new();
        for entry in fs::read_dir(&self.path)? {
            let name = entry?.file_name();
            let Some(name) = name.to_str() else { continue };
            // Volumes of Kubernetes and editors have hidden files of their own.
            if name.starts_with('.') || !name.ends_with(ENDING) {
                continue;
            }
            files.insert(name.to_owned(), self.content(name).ok());
        }
        Ok(files)
    }

    fn content(&self, name: &str) -> io::Result<Vec<u8>> {
        let path = self.path.join(name);
        // A pipe would block.
        if !fs::metadata(&path)?.is_file() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let mut content = Vec::new();
        // One byte more shows that it is too large.
        let most = self.limits.message_bytes.saturating_add(1);
        File::open(path)?.take(most).read_to_end(&mut content)?;
        Ok(content)
    }

    /// Brings the configs of the files into force.
    async fn apply(&mut self, files: BTreeMap<String, Option<Vec<u8>>>) -> Result<(), String> {
        let mut broken = BTreeSet::new();
        let mut configs = Vec::with_capacity(files.len());
        for (name, content) in &files {
            let document = match self.read(content.as_deref()) {
                Ok(document) => Some(document),
                Err(why) => {
                    warn!(
                        file = name,
                        why, "a config is not taken; its last version stays in force"
                    );
                    broken.insert(name.clone());
                    None
                }
            };
            let id = name.strip_suffix(ENDING).unwrap_or(name).to_owned();
            configs.push(ConfigFile { id, file: name.clone(), document });
        }
        let taken = self.canaries.take_config_files(&configs).await;
        let FilesTaken { changed, removed, refused } = taken.map_err(|error| error.to_string())?;
        // A file that was refused for the name of another one fits once that one has changed or gone.
        let may_fit = !refused.is_empty() && changed.len() + removed.len() > 0;
        for (file, why) in refused {
            warn!(file, %why, "a config is not taken; its last version stays in force");
            broken.insert(file);
        }
        self.metrics.show_config_files(files.len() - broken.len(), broken.len());
        info!(
            files = files.len(),
            changed = changed.join(", "),
            removed = removed.join(", "),
            broken = broken.len(),
            "read configs"
        );
        self.seen = files;
        self.is_behind = may_fit;
        Ok(())
    }

    /// The document of a file.
    fn read(&self, content: Option<&[u8]>) -> Result<Value, String> {
        let content = content.ok_or("it cannot be read")?;
        if content.len() as u64 > self.limits.message_bytes {
            let most = self.limits.message_bytes;
            return Err(format!("it is larger than max-message-size, which is {most} bytes"));
        }
        guard::check_json(content, &self.limits).map_err(|refusal| refusal.to_string())?;
        kayenta::read_document(content).map_err(|error| error.to_string())
    }
}

//! The settings file: what it says becomes flags, where neither flag nor environment says otherwise.
//! So there is one parser, and a value is allowed in the file exactly if it is on the command line.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches};
use thiserror::Error;
use toml::Value;

use super::Settings;

/// Why the settings cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// A flag or variable is unknown or not allowed, or help was asked for.
    #[error(transparent)]
    Flags(#[from] clap::Error),
    /// The file cannot be read.
    #[error("{}: {why}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}

pub(super) fn read(mut arguments: Vec<OsString>) -> Result<Settings, SettingsError> {
    let mut matches = Settings::command().try_get_matches_from(&arguments)?;
    if let Some(path) = matches.get_one::<PathBuf>("config").cloned() {
        arguments.extend(flags(&path, &matches)?);
        // Without the file it could be read, so it is the file that says something wrong.
        matches = Settings::command().try_get_matches_from(&arguments).map_err(|error| {
            let said = error.to_string();
            // Behind an empty line it has advice about the command line.
            let why = said.split("\n\n").next().unwrap_or_default();
            let why: Vec<&str> = why.trim_start_matches("error: ").split_whitespace().collect();
            SettingsError::File { path, why: why.join(" ") }
        })?;
    }
    Ok(Settings::from_arg_matches(&matches)?)
}

fn flags(path: &Path, matches: &ArgMatches) -> Result<Vec<OsString>, SettingsError> {
    let failed = |why: String| SettingsError::File { path: path.to_owned(), why };
    let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    let table: toml::Table =
        text.parse().map_err(|error: toml::de::Error| failed(error.to_string()))?;
    let mut flags = Vec::new();
    for (key, value) in table {
        let id = key.replace('-', "_");
        let known = Settings::command().get_arguments().any(|argument| {
            argument.get_long() == Some(key.as_str()) && argument.get_env().is_some()
        });
        if !known || key == "config" {
            return Err(failed(format!("there is no setting {key:?}; see --print-config")));
        }
        let source = matches.value_source(&id);
        if matches!(source, Some(ValueSource::CommandLine | ValueSource::EnvVariable)) {
            continue;
        }
        match value {
            Value::Boolean(true) => flags.push(format!("--{key}").into()),
            Value::Boolean(false) => {}
            Value::String(value) => flags.push(format!("--{key}={value}").into()),
            Value::Integer(value) => flags.push(format!("--{key}={value}").into()),
            _ => return Err(failed(format!("{key}: needs a text, a whole number, true or false"))),
        }
    }
    Ok(flags)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(file: &str, flags: &[&str]) -> Result<Settings, SettingsError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        std::fs::write(&path, file).unwrap();
        let config = format!("--config={}", path.display());
        let arguments = ["judge-server", &config].into_iter().chain(flags.iter().copied());
        read(arguments.map(OsString::from).collect())
    }

    #[test]
    fn flags_win_over_the_file_and_the_file_over_defaults() {
        let file = "max-calls = 7\nmax-message-size = \"1MiB\"\ninsecure = true\n";
        let settings = settings(file, &["--max-calls", "8"]).unwrap();
        assert_eq!(settings.max_calls, 8);
        assert_eq!(settings.max_message_size.get(), 1 << 20);
        assert!(settings.insecure);
        assert_eq!(settings.max_streams, 64);
    }

    #[test]
    fn certificate_and_key_come_together() {
        let both = settings("tls-key = \"k\"", &["--tls-certificate", "c"]).unwrap();
        assert_eq!(both.tls().unwrap().unwrap().key, PathBuf::from("k"));
        for one in ["tls-key = \"k\"", "tls-certificate = \"c\"", "tls-client-ca = \"a\""] {
            assert!(settings(one, &[]).unwrap().tls().is_err(), "{one}");
        }
    }

    #[test]
    fn what_the_file_may_not_say() {
        for file in
            ["max-cals = 7", "max-calls = 1.5", "max-calls = -1", "x", "print-config = true"]
        {
            assert!(settings(file, &[]).is_err(), "{file}");
        }
    }

    #[test]
    fn what_is_printed_reads_back() {
        let first = settings("max-calls = 7\nidle-time = \"90s\"", &[]).unwrap();
        let printed = first.to_toml().unwrap();
        assert_eq!(settings(&printed, &[]).unwrap().to_toml().unwrap(), printed);
    }
}

//! The settings file. Its settings become flags, unless a flag or a variable has them already. So there is one parser, and the
//! file allows exactly the values of the command line. Errors name the source of a wrong value: flag, variable or file.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::error::{ContextKind, ContextValue};
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command, CommandFactory, FromArgMatches};
use judge_sources::{SourceSettings, toml_problem, without_path, without_secrets};
use toml::Value;

use super::Settings;
use super::error::StartError;

impl Settings {
    /// Reads the command line, the environment, and the file that either names.
    ///
    /// # Errors
    /// If a setting is unknown or not allowed, or the file cannot be read. The error prints as clap prints it; for `--help`
    /// and `--version` that is the answer.
    pub fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, StartError> {
        read(arguments.into_iter().collect())
    }

    /// The settings as a file would have them, without secrets. The sources are named in a comment.
    ///
    /// # Errors
    /// When a path among them is not Unicode.
    pub fn to_toml(&self) -> Result<String, StartError> {
        let shown = Self {
            store: self.store.as_deref().map(without_secrets),
            prometheus: self.prometheus.as_deref().map(without_secrets),
            webhook_url: self.webhook_url.as_deref().map(without_path),
            #[cfg(feature = "otlp")]
            otlp_endpoint: self.otlp_endpoint.as_deref().map(without_secrets),
            ..self.clone()
        };
        let sources = self.sources.iter().map(|source| format!("# {source}: see --config\n"));
        let text = toml::to_string(&shown).map_err(|why| StartError::Settings(why.to_string()))?;
        Ok(sources.fold(text, |text, source| text + &source))
    }
}

fn read(mut arguments: Vec<OsString>) -> Result<Settings, StartError> {
    let mut matches = command()
        .try_get_matches_from(&arguments)
        .map_err(|error| name_variable(error, &arguments))?;
    let mut sources = Vec::new();
    if let Some(path) = matches.get_one::<PathBuf>("config").cloned() {
        let file = File::read(&path)?;
        sources = file.sources;
        arguments.extend(flags(&path, file.settings, &matches)?);
        // Without the file there is no error, so the file contains it.
        matches = command().try_get_matches_from(&arguments).map_err(|error| {
            let said = error.to_string();
            // After an empty line it has advice about the command line.
            let why = said.split("\n\n").next().unwrap_or_default();
            let why: Vec<&str> = why.trim_start_matches("error: ").split_whitespace().collect();
            StartError::file(&path, why.join(" "))
        })?;
    }
    Ok(Settings { sources, ..Settings::from_arg_matches(&matches)? })
}

/// The content of a file: settings by the names of their flags, and the sources of series.
struct File {
    settings: toml::Table,
    sources: Vec<SourceSettings>,
}

/// The table of the file whose keys are flags that begin with its name.
const STORE: &str = "store";

impl File {
    fn read(path: &Path) -> Result<Self, StartError> {
        let failed = |why: String| StartError::file(path, why);
        let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
        let mut settings: toml::Table =
            text.parse().map_err(|error: toml::de::Error| failed(toml_problem(&text, &error)))?;
        let sources = match settings.remove("sources") {
            None => Vec::new(),
            Some(Value::Table(sources)) => SourceSettings::read_table(sources)
                .map_err(|error| failed(format!("sources: {error}")))?,
            Some(_) => return Err(failed("sources: expected a table".to_owned())),
        };
        if settings.get(STORE).is_some_and(Value::is_table)
            && let Some(Value::Table(store)) = settings.remove(STORE)
        {
            for (key, value) in store {
                let key = if key == "place" { STORE.to_owned() } else { format!("{STORE}-{key}") };
                settings.insert(key, value);
            }
        }
        Ok(Self { settings, sources })
    }
}

/// The command line. An empty variable counts as missing, because there is no other way to unset one in a list of variables.
fn command() -> Command {
    let empty = |argument: &Arg| {
        let value = argument.get_env().and_then(std::env::var_os);
        value.is_some_and(|value| value.is_empty())
    };
    Settings::command().mut_args(|argument| {
        if empty(&argument) { argument.env(None::<&'static str>) } else { argument }
    })
}

/// If a refused value comes from no flag, the variable's name replaces the name of the flag.
fn name_variable(mut error: clap::Error, arguments: &[OsString]) -> clap::Error {
    let Some(ContextValue::String(blamed)) = error.get(ContextKind::InvalidArg) else {
        return error;
    };
    let flag = blamed.split(' ').next().unwrap_or_default();
    let given = arguments.iter().filter_map(|argument| argument.to_str());
    let mut given = given.map(|argument| argument.split('=').next().unwrap_or_default());
    // A variable is not read if its flag is given.
    if given.any(|given| given == flag) {
        return error;
    }
    let command = Settings::command();
    let known = |argument: &&Arg| argument.get_long() == flag.strip_prefix("--");
    let variable = command.get_arguments().find(known).and_then(|argument| argument.get_env());
    if let Some(variable) = variable.and_then(|variable| variable.to_str()) {
        error.insert(ContextKind::InvalidArg, ContextValue::String(variable.into()));
    }
    error
}

fn flags(
    path: &Path,
    table: toml::Table,
    matches: &ArgMatches,
) -> Result<Vec<OsString>, StartError> {
    let failed = |why: String| StartError::file(path, why);
    let command = Settings::command();
    let known = |name: &str| {
        command.get_arguments().find(|argument| {
            argument.get_long() == Some(name) && argument.get_env().is_some() && name != "config"
        })
    };
    let mut flags = Vec::new();
    for (key, value) in table {
        let Some(argument) = known(&key) else {
            let dashed = key.replace('_', "-");
            let advice = if known(&dashed).is_some() {
                format!("there is {dashed:?}")
            } else {
                "see --print-config".to_owned()
            };
            return Err(failed(format!("there is no setting {key:?}; {advice}")));
        };
        let source = matches.value_source(argument.get_id().as_str());
        if matches!(source, Some(ValueSource::CommandLine | ValueSource::EnvVariable)) {
            continue;
        }
        match (argument.get_action().takes_values(), value) {
            (false, Value::Boolean(true)) => flags.push(format!("--{key}").into()),
            (false, Value::Boolean(false)) => {}
            (false, value) => {
                return Err(failed(format!("{key} = {value}: allowed is true or false")));
            }
            (true, Value::Array(values)) if argument.get_value_delimiter().is_some() => {
                let values = values.into_iter().map(unquoted).collect::<Vec<_>>().join(",");
                flags.push(format!("--{key}={values}").into());
            }
            (true, value) => flags.push(format!("--{key}={}", unquoted(value)).into()),
        }
    }
    Ok(flags)
}

/// A value as a flag has it.
fn unquoted(value: Value) -> String {
    match value {
        Value::String(text) => text,
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(file: &str, flags: &[&str]) -> Result<Settings, StartError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        std::fs::write(&path, file).unwrap();
        let config = format!("--config={}", path.display());
        let arguments = ["judge-server", &config].into_iter().chain(flags.iter().copied());
        read(arguments.map(OsString::from).collect())
    }

    #[test]
    fn flags_win_over_the_file_and_the_file_over_defaults() {
        let file = "max-metrics = 7\nmax-message-size = \"1MiB\"\ninsecure = true\n";
        let settings = settings(file, &["--max-metrics", "8"]).unwrap();
        assert_eq!(settings.max_metrics, 8);
        assert_eq!(settings.max_message_size.get(), 1 << 20);
        assert!(settings.insecure);
        assert_eq!(settings.max_stream_calls, 16);
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
    fn bad_settings_in_a_file_are_refused() {
        for file in
            ["max-metrixx = 7", "max-metrics = 1.5", "max-metrics = -1", "x", "print-config = true"]
        {
            assert!(settings(file, &[]).is_err(), "{file}");
        }
    }

    #[test]
    fn store_and_sources_are_tables() {
        let file = "[store]\nplace = 'judge.db'\nmax-age = '7days'\n\
                    [sources.main]\nurl = 'http://prometheus:9090'";
        let read = settings(file, &["--store-max-age", "8days"]).unwrap();
        assert_eq!(read.store.as_deref(), Some("judge.db"));
        assert_eq!(read.store_max_age.to_string(), "8days");
        assert_eq!(read.sources[0].name(), "main");
        assert_eq!(settings("store = 'a.db'", &[]).unwrap().store.as_deref(), Some("a.db"));
        for (wrong, said) in [
            ("[store]\nplaces = 'x'", "there is no setting \"store-places\""),
            ("sources = 'sesame'", "sources: expected a table"),
            ("[sources.main]\nurl = 'http://me:sesame@h'x", "line 2: "),
            ("[sources.main]\nurl = 'x'", "sources: source main: expected a URL"),
        ] {
            let error = settings(wrong, &[]).unwrap_err().to_string();
            assert!(error.contains(said) && !error.contains("sesame"), "{error}");
        }
    }

    #[test]
    fn printed_settings_can_be_read() {
        let file = "max-metrics = 7\nidle-time = \"90s\"\ncaller-share = 0.25\n\
                    trusted-proxies = [\"10.0.0.0/8\", \"::1\"]\nallowed-hosts = \"a,b\"";
        let first = settings(file, &[]).unwrap();
        assert_eq!((first.trusted_proxies.len(), first.allowed_hosts.len()), (2, 2));
        let printed = first.to_toml().unwrap();
        assert_eq!(settings(&printed, &[]).unwrap().to_toml().unwrap(), printed);
    }

    #[cfg(feature = "otlp")]
    #[test]
    fn the_password_of_a_collector_is_not_printed() {
        let file = "otlp-endpoint = 'http://me:sesame@collector:4317'";
        let printed = settings(file, &[]).unwrap().to_toml().unwrap();
        assert!(printed.contains("otlp-endpoint = \"http://me:***@collector:4317/\""), "{printed}");
    }

    #[test]
    fn secrets_are_not_printed_and_sources_are_named() {
        let file = "store = 'postgres://me:sesame@db/judge'\nprometheus = 'http://me:sesame@h/p'\n\
                    webhook-url = 'https://example.org/sesame?token=sesame'\n\
                    [sources.main]\nurl = 'http://me:sesame@prometheus:9090'";
        let printed = settings(file, &[]).unwrap().to_toml().unwrap();
        assert!(!printed.contains("sesame"), "{printed}");
        for line in [
            "store = \"postgres://me:***@db/judge\"",
            "prometheus = \"http://me:***@h/p\"",
            "webhook-url = \"https://example.org/***\"",
            "# main (prometheus http://prometheus:9090/): see --config",
        ] {
            assert!(printed.lines().any(|found| found == line), "{line}: {printed}");
        }
    }
}

//! What to log. The filter itself would read any word that is no level as a target, and then log nothing at all.

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// The default level.
pub(super) const DEFAULT: &str = "info";

/// Reads a level, levels of single targets, or both.
pub(super) fn read(text: &str) -> Result<String, String> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    let mut parts = parts.map(directive).collect::<Option<Vec<_>>>().ok_or_else(|| {
        let levels = LEVELS.join(", ");
        format!("allowed is a level ({levels}), target=level, or several of them with commas")
    })?;
    if !parts.iter().any(|part| LEVELS.contains(&part.as_str())) {
        parts.insert(0, DEFAULT.into());
    }
    Ok(parts.join(","))
}

fn directive(text: &str) -> Option<String> {
    let Some((target, word)) = text.split_once('=') else {
        return level(text).map(str::to_owned);
    };
    let path = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':');
    let known = !target.is_empty() && target.bytes().all(path);
    known.then(|| level(word).map(|level| format!("{target}={level}")))?
}

fn level(word: &str) -> Option<&'static str> {
    let word = word.to_ascii_lowercase();
    let word = if word == "warning" { "warn" } else { &word };
    LEVELS.into_iter().find(|level| *level == word)
}

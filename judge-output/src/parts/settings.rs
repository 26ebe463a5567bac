//! The settings that parts depend on.

use std::path::Path;
use std::{fs, io};

use serde_json::Value;

use super::error::PartsError;

/// The settings of an earlier run; `None` if there are none.
pub(super) fn read(path: &Path) -> Result<Option<Value>, PartsError> {
    let text = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        text => text.map_err(|source| PartsError::Read { path: path.to_owned(), source })?,
    };
    let settings = serde_json::from_slice(&text);
    settings.map(Some).map_err(|source| PartsError::Settings { path: path.to_owned(), source })
}

/// Refuses settings that differ.
pub(super) fn check(parts: &Path, then: &Value, now: &Value) -> Result<(), PartsError> {
    for name in now.as_object().into_iter().flatten().map(|(name, _)| name) {
        let (was, is) = (&then[name], &now[name]);
        if was != is {
            let [was, is] = differing_parts(was, is);
            let (parts, what) = (parts.to_owned(), name.clone());
            return Err(PartsError::Changed { parts, what, was, is });
        }
    }
    Ok(())
}

/// The longest part of a setting that an error quotes, in characters.
const LONGEST_SETTING: usize = 60;
/// Characters that an error quotes before the first difference of long settings.
pub(super) const BEFORE_DIFFERENCE: usize = 20;

/// Both settings as text; of long ones, the part where they begin to differ.
fn differing_parts(was: &Value, is: &Value) -> [String; 2] {
    let texts = [was, is].map(|value| value.to_string().chars().collect::<Vec<char>>());
    let [was, is] = &texts;
    let same = was.iter().zip(is).take_while(|(one, other)| one == other).count();
    let long = texts.iter().any(|text| text.len() > LONGEST_SETTING);
    let start = if long { same.saturating_sub(BEFORE_DIFFERENCE) } else { 0 };
    texts.map(|text| {
        let shown: String = text.iter().skip(start).take(LONGEST_SETTING).collect();
        let before = if start > 0 { "..." } else { "" };
        let after = if text.len() > start + LONGEST_SETTING { "..." } else { "" };
        format!("{before}{shown}{after}")
    })
}

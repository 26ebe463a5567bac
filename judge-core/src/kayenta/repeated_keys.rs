//! Keys that an object has more than once, as after a merge. A parser keeps the last one and says nothing.

use std::collections::HashSet;
use std::fmt::{self, Write};

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::problem::Problem;

/// A notice for each key that an object of `json` repeats. Stops where `json` cannot be parsed, which whoever reads it
/// reports.
pub(super) fn notices(json: &[u8]) -> Vec<Problem> {
    let (mut path, mut repeated) = (String::new(), Vec::new());
    let walk = Walk { path: &mut path, repeated: &mut repeated };
    let _ = walk.deserialize(&mut serde_json::Deserializer::from_slice(json));
    repeated.into_iter().map(notice).collect()
}

fn notice(path: String) -> Problem {
    Problem {
        consequence: "only the last one is read".to_owned(),
        ..Problem::notice(path, "the key again", "each key once")
    }
}

/// Walks the value at `path`.
struct Walk<'a> {
    path: &'a mut String,
    repeated: &'a mut Vec<String>,
}

impl Walk<'_> {
    fn reborrow(&mut self) -> Walk<'_> {
        Walk { path: self.path, repeated: self.repeated }
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut elements: A) -> Result<(), A::Error> {
        let (above, mut index) = (self.path.len(), 0_usize);
        loop {
            let _ = write!(self.path, "[{index}]");
            let element = elements.next_element_seed(self.reborrow())?;
            self.path.truncate(above);
            if element.is_none() {
                return Ok(());
            }
            index += 1;
        }
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut entries: A) -> Result<(), A::Error> {
        let above = self.path.len();
        let mut seen = HashSet::new();
        while let Some(key) = entries.next_key::<String>()? {
            let dot = if above > 0 { "." } else { "" };
            let _ = write!(self.path, "{dot}{key}");
            if !seen.insert(key) {
                self.repeated.push(self.path.clone());
            }
            entries.next_value_seed(self.reborrow())?;
            self.path.truncate(above);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_repeated_key_has_a_notice() {
        let json = br#"{"name": "x", "metrics": [{"name": "a"}, {"name": "b", "groups": [], "name": "c"}],
            "classifier": {"groupWeights": {"G": 50, "G": 100, "G": 1}}, "name": null, "deep": [[{"a": 1, "a": 2}]]}"#;
        let found: Vec<String> = notices(json).iter().map(ToString::to_string).collect();
        let said = |path: &str| {
            format!("{path}: expected each key once, got the key again; only the last one is read")
        };
        let paths = [
            "metrics[1].name",
            "classifier.groupWeights.G",
            "classifier.groupWeights.G",
            "name",
            "deep[0][0].a",
        ];
        assert_eq!(found, paths.map(said));
        assert!(notices(br#"{"a": [1, 2.5, -3, true, null, "b", {}, []]}"#).is_empty());
        assert_eq!(notices(br#"{"a": 1, "a": 2, "b": "#).len(), 1);
    }
}

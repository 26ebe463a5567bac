//! Settings that are one of several words.

use crate::test_kind::TestKind;

/// A setting that is one of several words.
///
/// Kayenta's JSON and the contract's enums read the same table: `WORDS` has `benjaminiHochberg` where the contract
/// has `ACROSS_METRICS_BENJAMINI_HOCHBERG`.
///
/// # Example
/// ```
/// use judge_core::config::evidence::{AcrossMetrics, SettingWord};
///
/// assert_eq!(AcrossMetrics::from_word("holm"), Some(AcrossMetrics::Holm));
/// assert_eq!(AcrossMetrics::from_word("bonferroni"), None);
/// assert_eq!(AcrossMetrics::expected(), "one of balanced, each, holm, benjaminiHochberg");
/// ```
pub trait SettingWord: Copy + 'static {
    /// Every word with its meaning, in the order in which they are listed to people.
    const WORDS: &'static [(&'static str, Self)];

    /// The meaning of a word.
    fn from_word(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(known, _)| *known == word).map(|(_, meaning)| *meaning)
    }

    /// What is expected instead of an unknown word: `one of fail, marginal, warn`.
    fn expected() -> String {
        let words: Vec<&str> = Self::WORDS.iter().map(|(word, _)| *word).collect();
        format!("one of {}", words.join(", "))
    }
}

impl SettingWord for TestKind {
    const WORDS: &'static [(&'static str, Self)] = &[
        (Self::Location.name(), Self::Location),
        (Self::EndState.name(), Self::EndState),
        (Self::Spread.name(), Self::Spread),
        (Self::Tail.name(), Self::Tail),
        (Self::Excursions.name(), Self::Excursions),
        (Self::Events.name(), Self::Events),
        (Self::StartUp.name(), Self::StartUp),
        (Self::Bursts.name(), Self::Bursts),
        (Self::MannWhitney.name(), Self::MannWhitney),
        (Self::Silence.name(), Self::Silence),
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_test_has_its_word() {
        assert_eq!(TestKind::WORDS.len(), TestKind::ALL.len());
        for test in TestKind::ALL {
            assert_eq!(TestKind::from_word(test.name()), Some(test));
        }
    }
}

//! Names and colours of verdicts and classes.

use judge_core::{Classification, Verdict};

/// The colour of a verdict or a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// For Pass.
    Good,
    /// For Marginal, missing data and whatever is not certain.
    Doubtful,
    /// For Fail and a class that fails.
    Bad,
}

impl Tone {
    /// Its class in the style sheet.
    pub fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Doubtful => "doubtful",
            Self::Bad => "bad",
        }
    }
}

/// The name of a verdict or a class, with its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    /// Its name.
    pub text: &'static str,
    /// Its colour.
    pub tone: Tone,
}

/// For a canary whose end was not judged.
pub const NO_VERDICT: Word = Word { text: "No verdict", tone: Tone::Doubtful };

/// The name and colour of a verdict.
pub fn verdict(verdict: Verdict) -> Word {
    match verdict {
        Verdict::Pass => Word { text: "Pass", tone: Tone::Good },
        Verdict::Marginal => Word { text: "Marginal", tone: Tone::Doubtful },
        Verdict::Fail => Word { text: "Fail", tone: Tone::Bad },
    }
}

/// The name and colour of a class.
pub fn classification(classification: Classification) -> Word {
    match classification {
        Classification::Pass => Word { text: "Pass", tone: Tone::Good },
        Classification::High => Word { text: "High", tone: Tone::Bad },
        Classification::Low => Word { text: "Low", tone: Tone::Bad },
        Classification::NoData => Word { text: "No data", tone: Tone::Doubtful },
        Classification::Inconclusive => Word { text: "Inconclusive", tone: Tone::Doubtful },
        Classification::NoDataFail => Word { text: "No data, which fails", tone: Tone::Bad },
        _ => Word { text: "Not tested", tone: Tone::Doubtful },
    }
}

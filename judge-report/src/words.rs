//! Names of classes and verdicts, and how bad they are.

use judge_core::{Classification, Verdict};

/// How a thing is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Good,
    /// Neither.
    Doubtful,
    /// A failure.
    Bad,
}

impl Tone {
    /// The class of the style sheet.
    pub fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Doubtful => "doubtful",
            Self::Bad => "bad",
        }
    }
}

/// What a thing is called, and its tone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    /// What it is called.
    pub text: &'static str,
    /// Its tone.
    pub tone: Tone,
}

/// Of a canary whose end was not judged.
pub const NO_VERDICT: Word = Word { text: "No verdict", tone: Tone::Doubtful };

/// The word for a verdict.
pub fn verdict(verdict: Verdict) -> Word {
    match verdict {
        Verdict::Pass => Word { text: "Pass", tone: Tone::Good },
        Verdict::Marginal => Word { text: "Marginal", tone: Tone::Doubtful },
        Verdict::Fail => Word { text: "Fail", tone: Tone::Bad },
    }
}

/// The word for a class.
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

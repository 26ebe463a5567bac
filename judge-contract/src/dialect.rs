//! The names that the fields of a problem have for the caller.

use judge_core::{JudgeError, Judgement, Problem, Severity, Warning};

use crate::{Problems, proto};

/// The encoding of the caller's request, which determines the names of its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Kayenta's own document, whose names are the core's.
    Kayenta,
    /// Our messages, with a Kayenta config as text inside.
    KayentaText,
    /// Our messages.
    Messages,
}

/// Parts of the core's paths, and their names in our messages.
const MESSAGES: &[(&str, &str)] = &[
    ("metricSetPairList", "pairs"),
    ("scoreThresholds", "thresholds"),
    ("values.control", "baseline.values"),
    ("values.experiment", "canary.values"),
];
const MESSAGES_CONFIG: &[(&str, &str)] = &[
    ("classifier.scoreThresholds", "thresholds"),
    ("classifier.groupWeights", "groupWeights"),
    (".analysisConfigurations.canary.of", ".evidence.of"),
    (".analysisConfigurations.canary.traffic", ".evidence.traffic"),
    (".analysisConfigurations.canary", ""),
    ("judge.judgeConfigurations", "evidence"),
    ("judge.name", "judge"),
];

impl Dialect {
    /// The dialect of a request of ours.
    pub fn from_request(request: &proto::JudgeRequest) -> Self {
        match request.config {
            Some(proto::judge_request::Config::KayentaConfigJson(_)) => Self::KayentaText,
            _ => Self::Messages,
        }
    }

    /// `problem` with the caller's name of its field.
    #[must_use]
    pub fn name(self, mut problem: Problem) -> Problem {
        if self == Self::Kayenta {
            return problem;
        }
        if let Some(rest) = problem.path.strip_prefix("canaryConfig") {
            problem.path = if self == Self::KayentaText {
                format!("kayentaConfigJson{rest}")
            } else {
                replace(&problem.path, MESSAGES_CONFIG)
            };
        } else {
            problem.path = replace(&problem.path, MESSAGES);
            if self == Self::Messages {
                problem.path = replace(&problem.path, MESSAGES_CONFIG);
            }
        }
        problem
    }

    /// The refusal with the caller's names of its fields.
    #[must_use]
    pub fn name_all(self, refused: &JudgeError) -> Problems {
        let mut named = Problems::default();
        for problem in refused.problems() {
            named.push(|| self.name(problem.clone()));
        }
        named
    }

    /// The judgement with the caller's names of the fields in its warnings. There are no more of these than of the problems of
    /// a refusal.
    #[must_use]
    pub fn name_warnings(self, mut judgement: Judgement) -> Judgement {
        let mut suspect = Problems::default();
        judgement.warnings.retain_mut(|warning| match warning {
            Warning::Suspect(problem) => {
                suspect.push(|| self.name(problem.clone()));
                false
            }
            _ => true,
        });
        let suspect = suspect.listed(Severity::Notice).into_iter().map(Warning::Suspect);
        // They come first, in the order of the judges.
        judgement.warnings.splice(0..0, suspect);
        judgement
    }
}

fn replace(path: &str, words: &[(&str, &str)]) -> String {
    words.iter().fold(path.to_owned(), |path, (from, to)| path.replacen(from, to, 1))
}

impl From<Problem> for proto::Problem {
    fn from(problem: Problem) -> Self {
        let Problem { severity, path, value, allowed, consequence } = problem;
        let severity = match severity {
            Severity::Error => proto::Severity::Error,
            Severity::Suspect => proto::Severity::Suspect,
            Severity::Notice => proto::Severity::Notice,
        };
        Self { severity: severity.into(), path, value, allowed, consequence }
    }
}

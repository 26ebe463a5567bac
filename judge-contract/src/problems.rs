//! The problems of one input, in bounded memory.

use std::error::Error;
use std::fmt;

use judge_core::{JudgeError, Problem, Severity};

/// Most problems that are kept. Whoever has more has made one mistake many times, and a small hostile message can have a
/// million.
const KEPT: usize = 1000;

/// Number of problems in the text of all.
const SAID: usize = 3;

/// The first thousand problems of an input, and the number of the others. As text it is the first three in words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems {
    kept: Vec<Problem>,
    left_out: usize,
}

impl Problems {
    /// Adds a problem; its text is written only if it is kept.
    pub fn push(&mut self, problem: impl FnOnce() -> Problem) {
        if self.kept.len() < KEPT {
            self.kept.push(problem());
        } else {
            self.left_out += 1;
        }
    }

    /// Number of problems, including those that were not kept.
    pub fn count(&self) -> usize {
        self.kept.len() + self.left_out
    }

    /// The problems of the part of the input at `path`.
    #[must_use]
    pub fn within(self, path: &str) -> Self {
        let kept = self.kept.into_iter().map(|problem| problem.within(path)).collect();
        Self { kept, ..self }
    }

    /// The problems that were kept.
    pub fn kept(&self) -> &[Problem] {
        &self.kept
    }

    /// The problem that represents `count` others, if there are any.
    pub fn others(count: usize) -> Option<Problem> {
        (count > 0).then(|| Problem::error("", format!("{count} more problems"), ""))
    }

    /// All problems that were kept, and one of `severity` with the number of the others.
    pub fn listed(self, severity: Severity) -> Vec<Problem> {
        let mut listed = self.kept;
        listed.extend(Self::others(self.left_out).map(|more| Problem { severity, ..more }));
        listed
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.kept.iter().take(SAID).enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            problem.fmt(f)?;
        }
        match self.count().saturating_sub(SAID) {
            0 => Ok(()),
            others => write!(f, "; and {others} more"),
        }
    }
}

impl Error for Problems {}

impl FromIterator<Problem> for Problems {
    fn from_iter<I: IntoIterator<Item = Problem>>(problems: I) -> Self {
        let mut collected = Self::default();
        for problem in problems {
            collected.push(|| problem);
        }
        collected
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self { kept: vec![problem], left_out: 0 }
    }
}

impl From<JudgeError> for Problems {
    fn from(refused: JudgeError) -> Self {
        refused.problems().iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_a_thousand_problems_are_only_counted() {
        let problems = |count: usize| -> Problems {
            (0..count).map(|index| Problem::error(index.to_string(), "", "")).collect()
        };
        assert_eq!(problems(1000).listed(Severity::Error).len(), 1000);
        let many = problems(1003);
        assert_eq!(many.count(), 1003);
        let listed = many.listed(Severity::Notice);
        assert_eq!(listed.len(), 1001);
        let last = &listed[1000];
        assert_eq!((last.value.as_str(), last.severity), ("3 more problems", Severity::Notice));
    }

    #[test]
    fn the_text_has_the_first_three_and_counts_the_others() {
        let text = |count: usize| {
            let problem = |index: usize| Problem::error(format!("a[{index}]"), "b", "c");
            (0..count).map(problem).collect::<Problems>().to_string()
        };
        assert_eq!(text(0), "");
        let three = "a[0]: expected c, got b; a[1]: expected c, got b; a[2]: expected c, got b";
        assert_eq!(text(3), three);
        assert_eq!(text(1002), format!("{three}; and 999 more"));
    }
}

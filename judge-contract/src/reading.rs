//! Where a message is read, and what was found wrong in it.

use std::fmt;

use judge_core::Problem;

use crate::Problems;

/// Where the reading is, and what was found wrong so far.
pub(crate) struct Reading<'a> {
    path: FieldPath<'a>,
    problems: &'a mut Problems,
}

/// Where a message stands in the request; written out only where something is wrong.
#[derive(Debug, Clone, Copy)]
enum FieldPath<'a> {
    Root(&'a str),
    Field(&'a FieldPath<'a>, &'a str),
    Element(&'a FieldPath<'a>, &'a str, usize),
}

impl fmt::Display for FieldPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root(name) => f.write_str(name),
            Self::Field(parent, name) => write!(f, "{parent}.{name}"),
            Self::Element(parent, name, index) => write!(f, "{parent}.{name}[{index}]"),
        }
    }
}

impl<'a> Reading<'a> {
    pub(crate) fn new(path: &'a str, problems: &'a mut Problems) -> Self {
        Self { path: FieldPath::Root(path), problems }
    }

    pub(crate) fn within<'b>(&'b mut self, field: &'b str) -> Reading<'b> {
        Reading { path: FieldPath::Field(&self.path, field), problems: self.problems }
    }

    pub(crate) fn element<'b>(&'b mut self, field: &'b str, index: usize) -> Reading<'b> {
        Reading { path: FieldPath::Element(&self.path, field, index), problems: self.problems }
    }

    pub(crate) fn error(&mut self, field: &str, value: impl fmt::Display, allowed: &str) {
        let path = self.path;
        self.problems.push(|| Problem::error(format!("{path}.{field}"), value, allowed));
    }

    /// What `check` of the core returns; the problems that it finds get the path of the message.
    pub(crate) fn checked<T>(&mut self, check: impl FnOnce(&mut Vec<Problem>) -> T) -> T {
        let mut found = Vec::new();
        let config = check(&mut found);
        for problem in found {
            self.push(problem);
        }
        config
    }

    /// What the core found wrong with a field of the message.
    pub(crate) fn push(&mut self, problem: Problem) {
        let path = self.path;
        self.problems.push(|| problem.within(&path.to_string()));
    }

    /// How many problems were found so far.
    pub(crate) fn problems(&self) -> usize {
        self.problems.count()
    }
}

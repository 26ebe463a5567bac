//! Reads, judges and writes one line.

use judge_core::judges::{self, Judge, Scratch};
use judge_core::{JudgeError, Problem, kayenta};

use crate::output::BadLine;

/// A line of output.
pub(super) struct OutputLine {
    /// The text, including its newline.
    pub(super) text: Vec<u8>,
    /// Whether it reports a problem instead of a judgement.
    pub(super) bad: bool,
}

/// Judges lines one by one, and reuses its buffers.
pub(super) struct Worker {
    named: Option<&'static dyn Judge>,
    scratch: Scratch,
}

impl Worker {
    /// Creates a worker that judges with `named`, or else with the judge that each request names.
    pub(super) fn new(named: Option<&'static dyn Judge>) -> Self {
        Self { named, scratch: Scratch::default() }
    }

    /// Judges line `number`.
    pub(super) fn judge(&mut self, number: u64, line: &[u8]) -> OutputLine {
        self.result(line).unwrap_or_else(|refused| {
            let (field, message) = field_and_message(refused.problems());
            bad_line(number, field, &message)
        })
    }

    fn result(&mut self, line: &[u8]) -> Result<OutputLine, JudgeError> {
        let request = kayenta::read_request(line)?;
        let judge = self.named.map_or_else(|| judges::built_in().chosen_by(&request), Ok)?;
        let judgement = judge.judge_with(&request, &mut self.scratch)?;
        let mut text = Vec::with_capacity(line.len() / 2);
        match serde_json::to_writer(&mut text, &kayenta::result(&judgement)) {
            Ok(()) => text.push(b'\n'),
            Err(error) => {
                return Err(Problem::error("", error, "a result that JSON can hold").into());
            }
        }
        Ok(OutputLine { text, bad: false })
    }
}

/// The field and the message of the first problem; the message includes the other problems with their fields.
fn field_and_message(problems: &[Problem]) -> (&str, String) {
    let Some((first, others)) = problems.split_first() else {
        return ("", String::new());
    };
    let mut message = first.message();
    for other in others {
        message.push_str("; ");
        message.push_str(&other.to_string());
    }
    (&first.path, message)
}

/// The output for a line `number` that cannot be judged.
pub(super) fn bad_line(number: u64, field: &str, message: &str) -> OutputLine {
    // Two strings and a number can always be written as JSON.
    let mut text = serde_json::to_vec(&BadLine::new(number, field, message)).unwrap_or_default();
    text.push(b'\n');
    OutputLine { text, bad: true }
}

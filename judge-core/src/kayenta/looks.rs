//! Reads `looks` of a request, which Kayenta does not know.

use serde_json::Value;

use crate::looks::Looks;

use super::document::{Node, ProblemList};

/// The look; `None` if it is absent or has problems.
pub(super) fn read(node: &Node<'_>, problems: &mut ProblemList) -> Option<Looks> {
    if node.is_absent() || node.object(problems).is_none() {
        return None;
    }
    let before = problems.len();
    let number = count(&node.field("number"), problems);
    let planned = count(&node.field("planned"), problems);
    let sliding = node.field("sliding").flag(problems);
    if problems.len() > before {
        return None;
    }
    match Looks::new(number?, planned?) {
        Ok(looks) if sliding => Some(looks.sliding()),
        Ok(looks) => Some(looks),
        Err(problem) => {
            problems.push(problem.within(&node.path.to_string()));
            None
        }
    }
}

fn count(node: &Node<'_>, problems: &mut ProblemList) -> Option<u32> {
    let count = node.value.and_then(Value::as_u64).and_then(|count| u32::try_from(count).ok());
    if count.is_none() {
        problems.push(node.error("a whole number of looks, from 1"));
    }
    count
}

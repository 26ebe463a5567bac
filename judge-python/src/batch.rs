//! Many requests on all cores.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use judge_core::judges::{self, Judge};
use judge_core::{JudgeError, JudgeRequest, Judgement, Scratch, kayenta};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;

use crate::exception::Exception;
use crate::judgement::PyJudgement;
use crate::judging::find_judge;
use crate::work::{WorkHandle, interruptible, threads};

type Judged = Result<(Judgement, JudgeRequest, serde_json::Value), JudgeError>;

/// Judges each of `requests`, Kayenta's JSON, in their order. A bad request has its exception in place of a
/// judgement.
#[pyfunction]
pub(crate) fn batch<'py>(
    py: Python<'py>,
    requests: Vec<PyBackedStr>,
    judge: Option<&str>,
    thread_count: Option<usize>,
    progress: Option<Bound<'py, PyAny>>,
) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let named = judge.map(find_judge).transpose()?;
    let work =
        move |worker: &WorkHandle| judge_all(&requests, named, threads(thread_count), worker);
    let judged = interruptible(py, progress.as_ref(), work)?;
    let mut results = Vec::with_capacity(judged.len());
    for one in judged {
        results.push(match one {
            Ok((judgement, request, document)) => {
                let judgement = PyJudgement::new(judgement, request, document, Vec::new());
                Bound::new(py, judgement)?.into_any()
            }
            Err(error) => {
                let problems = error.problems().to_vec();
                PyErr::from(Exception::Data(problems)).into_value(py).into_bound(py).into_any()
            }
        });
    }
    Ok(results)
}

fn judge_all(
    requests: &[PyBackedStr],
    named: Option<&'static dyn Judge>,
    threads: usize,
    worker: &WorkHandle,
) -> Vec<Judged> {
    let next = AtomicUsize::new(0);
    let done = AtomicUsize::new(0);
    let mut judged: Vec<(usize, Judged)> = thread::scope(|scope| {
        let work = || {
            let mut scratch = Scratch::default();
            scratch.stop_on(Arc::clone(&worker.stop));
            let mut thread_results = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(request) = requests.get(index).filter(|_| !worker.stopped()) else {
                    return thread_results;
                };
                thread_results.push((index, judge_one(request, named, &mut scratch)));
                worker.progress(done.fetch_add(1, Ordering::Relaxed) + 1, requests.len());
            }
        };
        let workers: Vec<_> = (0..threads.min(requests.len())).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
    });
    judged.sort_by_key(|(index, _)| *index);
    judged.into_iter().map(|(_, one)| one).collect()
}

fn judge_one(json: &str, named: Option<&'static dyn Judge>, scratch: &mut Scratch) -> Judged {
    let request = kayenta::read_request(json.as_bytes())?;
    let judge = named.map_or_else(|| judges::built_in().chosen_by(&request), Ok)?;
    let judgement = judge.judge_with(&request, scratch)?;
    let mut document = kayenta::read_document(json.as_bytes())?;
    Ok((judgement, request, document["canaryConfig"].take()))
}

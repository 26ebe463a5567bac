//! The judges, by name.

mod data;
pub mod evidence;
pub mod netflix;
mod pairs;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::judgement::Judgement;
use crate::problem::{Problem, Refused};
use crate::request::JudgeRequest;

pub use evidence::EvidenceJudge;
pub use netflix::NetflixAcaJudge;

/// An algorithm that turns config and series into a judgement.
///
/// A judgement is a pure function of the request: the same bits in give the same bits out, whatever
/// the machine, the thread or the scratch.
pub trait Judge: Sync {
    /// The name that configs use.
    fn name(&self) -> &'static str;

    /// What it does, in one line.
    fn summary(&self) -> &'static str;

    /// Judges one canary with buffers of an earlier one.
    ///
    /// # Errors
    /// When the request cannot be judged: a series without a metric in the config, or whatever else
    /// this judge does not accept.
    fn judge_with(
        &self,
        request: &JudgeRequest,
        scratch: &mut Scratch,
    ) -> Result<Judgement, Refused>;

    /// Judges one canary.
    ///
    /// # Errors
    /// As for [`Judge::judge_with`].
    fn judge(&self, request: &JudgeRequest) -> Result<Judgement, Refused> {
        self.judge_with(request, &mut Scratch::default())
    }
}

/// Buffers that a judge fills anew for every metric. Keep one a thread to judge many canaries.
#[derive(Debug, Default)]
pub struct Scratch {
    netflix: netflix::Buffers,
    evidence: evidence::Buffers,
    stop: Option<Arc<AtomicBool>>,
}

impl Scratch {
    /// From now on a judgement ends before its next metric, refused, once `stop` is true: for callers
    /// that may lose interest in it.
    pub fn stop_on(&mut self, stop: Arc<AtomicBool>) {
        self.stop = Some(stop);
    }

    /// Whether to go on.
    fn check_stop(&self) -> Result<(), Refused> {
        match &self.stop {
            Some(stop) if stop.load(Ordering::Relaxed) => {
                Err(Problem::error("", "stopped by the caller", "to be judged to the end").into())
            }
            _ => Ok(()),
        }
    }
}

/// Every judge, in the order in which they are listed to people.
pub const ALL: &[&dyn Judge] = &[&EvidenceJudge, &NetflixAcaJudge];

/// The judge for configs that name none. Kayenta's configs always name one.
pub const DEFAULT: &dyn Judge = &EvidenceJudge;

/// What Kayenta's own remote judge is called in a config; it stands for the judge that
/// `judge.judgeConfigurations.judge` names, else for the default.
pub const REMOTE: &str = "RemoteJudge-v1.0";

/// The judge called `name`.
///
/// # Errors
/// When there is none; the error lists those that there are.
pub fn by_name(name: &str) -> Result<&'static dyn Judge, Refused> {
    ALL.iter().copied().find(|judge| judge.name() == name).ok_or_else(|| {
        let names: Vec<&str> = ALL.iter().map(|judge| judge.name()).collect();
        Problem::error("judge.name", format!("{name:?}"), names.join(", ")).into()
    })
}

/// The judge that `request` asks for, or the default.
///
/// # Errors
/// When it asks for one that there is not.
pub fn chosen_by(request: &JudgeRequest) -> Result<&'static dyn Judge, Refused> {
    let chosen = request.config.judge.as_deref().map_or(Ok(DEFAULT), by_name);
    chosen.map_err(|refused| refused.within("canaryConfig"))
}

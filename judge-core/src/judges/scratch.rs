//! Buffers that judges use again.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use type_map::concurrent::TypeMap;

use crate::error::JudgeError;

/// Buffers that judges fill anew for every metric. Keep one a thread to judge many canaries.
///
/// # Example
/// ```
/// use judge_core::judges::{EvidenceJudge, Judge, Scratch};
/// use judge_core::{CanaryConfig, JudgeRequest, MetricConfig};
///
/// let config = CanaryConfig {
///     metrics: vec![MetricConfig::new("latency", "Latency")],
///     ..CanaryConfig::default()
/// };
/// let request = JudgeRequest::without_points(config);
/// let mut scratch = Scratch::default();
/// let first = EvidenceJudge.judge_with(&request, &mut scratch)?;
/// assert_eq!(EvidenceJudge.judge_with(&request, &mut scratch)?, first);
/// # Ok::<(), judge_core::JudgeError>(())
/// ```
#[derive(Default)]
pub struct Scratch {
    buffers: TypeMap,
    stop: Option<Arc<AtomicBool>>,
}

impl Scratch {
    /// The buffers of type `B`, empty the first time. A judge has a type of its own for what it reuses.
    pub fn buffers<B: Default + Send + Sync + 'static>(&mut self) -> &mut B {
        self.buffers.entry::<B>().or_insert_with(B::default)
    }

    /// Makes judgements end before their next metric, with [`JudgeError::Stopped`], once `stop` is true.
    pub fn stop_on(&mut self, stop: Arc<AtomicBool>) {
        self.stop = Some(stop);
    }

    /// Tells a judge whether to go on. Judges ask before every metric.
    ///
    /// # Errors
    /// [`JudgeError::Stopped`] once the caller has stopped the judgement.
    pub fn check_stop(&self) -> Result<(), JudgeError> {
        match &self.stop {
            Some(stop) if stop.load(Ordering::Relaxed) => Err(JudgeError::Stopped),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Scratch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scratch").field("stop", &self.stop).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_are_kept_by_type() {
        let mut scratch = Scratch::default();
        scratch.buffers::<Vec<f64>>().push(1.0);
        scratch.buffers::<Vec<u8>>().push(2);
        assert_eq!(*scratch.buffers::<Vec<f64>>(), [1.0]);
    }

    #[test]
    fn stops_on_request() {
        let mut scratch = Scratch::default();
        assert_eq!(scratch.check_stop(), Ok(()));
        let stop = Arc::new(AtomicBool::new(false));
        scratch.stop_on(Arc::clone(&stop));
        assert_eq!(scratch.check_stop(), Ok(()));
        stop.store(true, Ordering::Relaxed);
        assert_eq!(scratch.check_stop(), Err(JudgeError::Stopped));
    }
}

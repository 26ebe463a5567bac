//! Looks at a canary, each when its interval is over.

use std::time::Duration;

use judge_core::stage::{StageRule, TimeSpan, Window};
use judge_core::{JudgeRequest, Judgement, Looks, MetricPair};
use judge_sources::{Notice, Sought};
use tokio::time::sleep;

use super::look::{JudgedLook, Look, WatchEnd};
use super::shown::Shown;
use crate::args::{OnSourceError, WatchArgs};
use crate::input::{
    FetchFailed, Fetcher, InputError, Judging, fetch_warnings, fetched_pairs, millis, now, sought,
};

/// A canary that is watched.
pub(super) struct Watch<'a> {
    pub(super) args: &'a WatchArgs,
    pub(super) fetcher: &'a Fetcher,
    pub(super) judging: &'a Judging,
    pub(super) windows: &'a [Window],
    /// The looks of the windows, if there are several.
    pub(super) looks: &'a [Option<Looks>],
}

/// Longest wait before a source that failed is asked again.
const LONGEST_WAIT: Duration = Duration::from_secs(15);

/// Why the looks end with this judgement, if they do.
fn ended_by(rule: StageRule, judgement: &Judgement) -> Option<WatchEnd> {
    let ended = if rule.stops(judgement) { WatchEnd::Stopped } else { WatchEnd::PassedEarly };
    rule.ends(judgement).then_some(ended)
}

impl Watch<'_> {
    /// Finds what is wrong with config, command line and source before the first interval is waited for.
    pub(super) async fn check(&self, start: i64, shown: &mut Shown<'_>) -> anyhow::Result<()> {
        let step = i64::try_from(millis(self.args.of.step)).unwrap_or(i64::MAX);
        let before = TimeSpan { start_millis: start.saturating_sub(step), end_millis: start };
        match self.fetcher.ask(&self.sought(before)?).await {
            Err(failed) if !failed.may_pass() => Err(failed.into()),
            Err(_) => Ok(()),
            Ok(mut fetched) => {
                for metric in &mut fetched {
                    metric.notices.retain(Notice::is_about_scopes);
                }
                for warning in fetch_warnings(&fetched) {
                    shown.warn(warning);
                }
                Ok(())
            }
        }
    }

    /// Looks until the rule stops the canary, its last window is over, or a source fails for good.
    pub(super) async fn look_at_all(
        &self,
        looks: &mut Vec<Look>,
        shown: &mut Shown<'_>,
    ) -> anyhow::Result<WatchEnd> {
        let interval = i64::try_from(millis(self.args.interval())).unwrap_or(i64::MAX);
        let settle = i64::try_from(millis(self.args.settle)).unwrap_or(i64::MAX);
        let last = self.windows.len();
        for (&window, &look) in self.windows.iter().zip(self.looks) {
            let due = window.canary.end_millis.saturating_add(settle);
            shown.wait(due, &window).await;
            let judged = match self.fetched(window, due.saturating_add(interval), shown).await? {
                Ok(fetched) => Ok(self.judge(fetched, look)?),
                Err(failed) => Err(failed),
            };
            let rule = StageRule::from(self.args.stage_rule);
            let ended = judged.as_ref().ok().and_then(|judged| ended_by(rule, &judged.judgement));
            let failed = judged.is_err();
            let look = Look { window, judged };
            shown.look(&look)?;
            looks.push(look);
            if let Some(ended) = ended {
                return Ok(ended);
            }
            let skipped = self.args.on_source_error == OnSourceError::Skip && looks.len() < last;
            if failed && !skipped {
                return Ok(WatchEnd::SourceFailed);
            }
        }
        Ok(WatchEnd::Lifetime)
    }

    fn sought(&self, canary: TimeSpan) -> Result<Sought, InputError> {
        sought(&self.args.of, (canary.start_millis, canary.end_millis))
    }

    /// The series of `window`; asked again until `until` while that may help.
    pub(super) async fn fetched(
        &self,
        window: Window,
        until: i64,
        shown: &mut Shown<'_>,
    ) -> anyhow::Result<Result<(Vec<MetricPair>, Vec<String>), FetchFailed>> {
        let mut wait = Duration::from_millis(500);
        loop {
            let mut sought = self.sought(window.canary)?;
            let left =
                Duration::from_millis(u64::try_from(until.saturating_sub(now())).unwrap_or(0));
            sought.timeout = sought.timeout.min(left.max(Duration::from_secs(1)));
            let failed = match self.fetcher.ask(&sought).await {
                Ok(fetched) => {
                    let warnings = fetch_warnings(&fetched);
                    return Ok(Ok((fetched_pairs(fetched), warnings)));
                }
                Err(failed) => failed,
            };
            if !failed.may_pass() || now().saturating_add_unsigned(millis(wait)) >= until {
                return Ok(Err(failed));
            }
            shown.again(&failed);
            sleep(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    fn judge(
        &self,
        (pairs, warnings): (Vec<MetricPair>, Vec<String>),
        looks: Option<Looks>,
    ) -> anyhow::Result<JudgedLook> {
        let Judging { config, thresholds, judge, .. } = self.judging;
        let (config, thresholds) = (config.clone(), *thresholds);
        let mut request = JudgeRequest { config, thresholds, pairs, looks };
        let judgement = judge.judge(&request).map_err(|refused| self.judging.error(refused))?;
        let pairs = std::mem::take(&mut request.pairs);
        Ok(JudgedLook { judgement, pairs, warnings })
    }
}

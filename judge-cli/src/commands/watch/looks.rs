//! Looks at a canary at the end of each interval.

use std::time::Duration;

use judge_core::stage::{StageRule, TimeSpan, Window};
use judge_core::{JudgeRequest, Judgement, Looks};
use judge_sources::{FetchRequest, FetchedMetric, Notice};
use tokio::time::sleep;

use super::display::WatchDisplay;
use super::look::{JudgedLook, Look, Unjudged, WatchEnd};
use crate::args::{OnSourceError, WatchArgs};
use crate::input::{
    FetchFailed, Fetcher, InputError, Judging, fetch_request, fetch_warnings, fetched_pairs,
    millis, nothing_fetched, now,
};

/// A watched canary.
pub(super) struct Watch<'a> {
    pub(super) args: &'a WatchArgs,
    pub(super) fetcher: &'a Fetcher,
    pub(super) judging: &'a Judging,
    pub(super) windows: &'a [Window],
    /// The look of each window, if there are several.
    pub(super) looks: &'a [Option<Looks>],
}

/// Longest wait before a failed source is queried again.
const LONGEST_WAIT: Duration = Duration::from_secs(15);

/// The reason for which this judgement ends the looks, if it does.
fn ended_by(rule: StageRule, judgement: &Judgement) -> Option<WatchEnd> {
    let ended = if rule.stops(judgement) { WatchEnd::Stopped } else { WatchEnd::PassedEarly };
    rule.ends(judgement).then_some(ended)
}

impl Watch<'_> {
    /// Finds errors of the config, the command line and the source before we wait for the first interval.
    pub(super) async fn check(
        &self,
        start: i64,
        display: &mut WatchDisplay<'_>,
    ) -> anyhow::Result<()> {
        let step = i64::try_from(millis(self.args.scopes.step)).unwrap_or(i64::MAX);
        let before = TimeSpan { start_millis: start.saturating_sub(step), end_millis: start };
        match self.fetcher.fetch_async(&self.request(before)?).await {
            Err(failed) if !failed.may_pass() => Err(failed.into()),
            Err(_) => Ok(()),
            Ok(mut fetched) => {
                for metric in &mut fetched {
                    metric.notices.retain(Notice::is_about_scopes);
                }
                for warning in fetch_warnings(&fetched) {
                    display.warn(warning);
                }
                Ok(())
            }
        }
    }

    /// Looks until the rule stops the canary, its last window is over, or a source fails for good.
    pub(super) async fn look_at_all(
        &self,
        looks: &mut Vec<Look>,
        display: &mut WatchDisplay<'_>,
    ) -> anyhow::Result<WatchEnd> {
        let interval = i64::try_from(millis(self.args.interval())).unwrap_or(i64::MAX);
        let settle = i64::try_from(millis(self.args.settle)).unwrap_or(i64::MAX);
        let last = self.windows.len();
        let mut is_warned = false;
        for (&window, &look) in self.windows.iter().zip(self.looks) {
            let due = window.canary.end_millis.saturating_add(settle);
            display.wait(due, &window).await;
            let judged =
                match self.fetch_window(window, due.saturating_add(interval), display).await? {
                    Ok(fetched) => self.judge(fetched, look)?,
                    Err(failed) => Err(Unjudged::SourceFailed(failed)),
                };
            let rule = StageRule::from(self.args.stage_rule);
            let ended = judged.as_ref().ok().and_then(|judged| ended_by(rule, &judged.judgement));
            let unjudged = judged.as_ref().err().map(Unjudged::end);
            let look = Look { window, judged };
            display.look(&look)?;
            // The end is an error with the same text.
            if let Err(nothing @ Unjudged::NothingFound(_)) = &look.judged
                && !is_warned
                && looks.len() + 1 < last
            {
                display.warn(nothing.to_string());
                is_warned = true;
            }
            looks.push(look);
            if let Some(ended) = ended {
                return Ok(ended);
            }
            // Later looks may find points: the canary may only be starting.
            let may_skip = unjudged == Some(WatchEnd::NothingFound)
                || self.args.on_source_error == OnSourceError::Skip;
            if let Some(end) = unjudged.filter(|_| !may_skip || looks.len() == last) {
                return Ok(end);
            }
        }
        Ok(WatchEnd::Lifetime)
    }

    fn request(&self, canary: TimeSpan) -> Result<FetchRequest, InputError> {
        fetch_request(&self.args.scopes, (canary.start_millis, canary.end_millis))
    }

    /// Fetches the series of `window`. Retries until `until` if a retry may help.
    pub(super) async fn fetch_window(
        &self,
        window: Window,
        until: i64,
        display: &mut WatchDisplay<'_>,
    ) -> anyhow::Result<Result<Vec<FetchedMetric>, FetchFailed>> {
        let mut wait = Duration::from_millis(500);
        loop {
            let mut request = self.request(window.canary)?;
            let left =
                Duration::from_millis(u64::try_from(until.saturating_sub(now())).unwrap_or(0));
            request.timeout = request.timeout.min(left.max(Duration::from_secs(1)));
            let failed = match self.fetcher.fetch_async(&request).await {
                Ok(fetched) => return Ok(Ok(fetched)),
                Err(failed) => failed,
            };
            if !failed.may_pass() || now().saturating_add_unsigned(millis(wait)) >= until {
                return Ok(Err(failed));
            }
            display.again(&failed);
            sleep(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    fn judge(
        &self,
        mut fetched: Vec<FetchedMetric>,
        looks: Option<Looks>,
    ) -> anyhow::Result<Result<JudgedLook, Unjudged>> {
        if let Some(error) = nothing_fetched(&self.args.queried.config, &mut fetched) {
            return Ok(Err(Unjudged::NothingFound(error)));
        }
        let warnings = fetch_warnings(&fetched);
        let pairs = fetched_pairs(fetched);
        let Judging { config, thresholds, judge, .. } = self.judging;
        let (config, thresholds) = (config.clone(), *thresholds);
        let mut request = JudgeRequest { config, thresholds, pairs, looks };
        let judgement = judge.judge(&request).map_err(|refused| self.judging.error(refused))?;
        let pairs = std::mem::take(&mut request.pairs);
        Ok(Ok(JudgedLook { judgement, pairs, warnings }))
    }
}

//! Events of the same times, each with its exposure on both sides.
//!
//! Whatever both sides share at a time, such as its load or a trouble of a third service, cancels. Nor does it matter that the
//! canary's share of the traffic changes (Simpson's paradox). **Null**: at each time, the canary has its share of the events
//! of both sides: its exposure times the allowance, over that plus the baseline's exposure. **Statistic**: the canary's events
//! less their expected number, summed over the times, over the standard error of the sum (Mantel and Haenszel 1959; as a
//! Student's t). **Effect**: the ratio of rates of Mantel and Haenszel, by Rothman and Boice for exposures (in Robins, Breslow
//! and Greenland 1986); its interval inverts the t. **Cost**: O(n) for the test; the interval takes some 100 times that.

use crate::judgement::Interval;
use crate::judges::evidence::parameters as p;
use crate::math;
use crate::stats::distribution::student;

/// Events and exposures of one time, in the same unit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stratum {
    pub(crate) canary: f64,
    pub(crate) baseline: f64,
    pub(crate) canary_exposure: f64,
    pub(crate) baseline_exposure: f64,
}

impl Stratum {
    fn events(&self) -> f64 {
        self.canary + self.baseline
    }

    fn exposure(&self) -> f64 {
        self.canary_exposure + self.baseline_exposure
    }

    /// The canary's share of the events, if its rate is `ratio` times the baseline's.
    fn share(&self, ratio: f64) -> f64 {
        // Not r·m/(r·m + n), which is ∞/∞ for large ratios.
        1.0 / (1.0 + self.baseline_exposure / (ratio * self.canary_exposure))
    }

    /// The canary's events less their expected number.
    fn residual(&self, ratio: f64) -> f64 {
        self.canary - self.events() * self.share(ratio)
    }

    /// Variance of [`Self::residual`] if events are independent: Poisson counts, or binomial ones if exposures are `trials`.
    fn variance(&self, ratio: f64, trials: bool) -> f64 {
        let share = self.share(ratio);
        let poisson = self.events() * share * (1.0 - share);
        if !trials {
            return poisson;
        }
        let of_baseline = self.events() / (ratio * self.canary_exposure + self.baseline_exposure);
        poisson * (1.0 - of_baseline * ((1.0 - share) * ratio + share)).max(0.0)
    }
}

/// All times at which both sides have an exposure.
#[derive(Debug)]
pub(crate) struct Strata {
    times: Vec<Stratum>,
    /// Number of times that have events.
    with_events: f64,
    /// Whether exposures are trials, of which events are a part.
    trials: bool,
    dispersion: Dispersion,
}

/// How many times the variance of independent events the variance of the residuals is, and the degrees of freedom of that estimate.
#[derive(Debug, Clone, Copy)]
struct Dispersion {
    factor: f64,
    freedom: f64,
}

/// Numbers of events, which vary `dispersion` times as much as independent ones.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Totals {
    pub(crate) canary: f64,
    pub(crate) baseline: f64,
    /// Exposure of the canary and of the baseline.
    pub(crate) exposures: (f64, f64),
    pub(crate) dispersion: f64,
}

impl Strata {
    /// `None` if fewer than two times have events.
    pub(crate) fn new(times: Vec<Stratum>, trials: bool) -> Option<Self> {
        let with_events = times.iter().filter(|stratum| stratum.events() > 0.0).count();
        if with_events < 2 {
            return None;
        }
        // Events that exceed their trials are no part of them.
        let trials = trials && times.iter().all(|stratum| stratum.events() <= stratum.exposure());
        let dispersion = Dispersion { factor: 1.0, freedom: 1.0 };
        let strata = Self { times, with_events: with_events as f64, trials, dispersion };
        Some(Self { dispersion: strata.estimate_dispersion(), ..strata })
    }

    fn sum(&self, term: impl Fn(&Stratum) -> f64) -> f64 {
        self.times.iter().map(term).sum()
    }

    /// Mantel and Haenszel's sums: the canary's events, and the baseline's, each times the other side's share of the exposure.
    fn crossed(&self) -> (f64, f64) {
        (
            self.sum(|s| s.canary * s.baseline_exposure / s.exposure()),
            self.sum(|s| s.baseline * s.canary_exposure / s.exposure()),
        )
    }

    /// The canary's rate over the baseline's; infinite if the baseline has no events.
    pub(crate) fn rate_ratio(&self) -> f64 {
        let (canary, baseline) = self.crossed();
        canary / baseline
    }

    /// The canary's rate less the baseline's (Greenland and Robins 1985).
    pub(crate) fn rate_difference(&self) -> f64 {
        let (canary, baseline) = self.crossed();
        let weights = self.sum(|s| s.canary_exposure * s.baseline_exposure / s.exposure());
        (canary - baseline) / weights
    }

    /// Pearson's χ² over its degrees of freedom, or the same with each time weighed by its variance if that is larger: at times
    /// with much traffic, rates that come and go count for more. At least 1.
    ///
    /// Residuals are those from the fitted ratio, so that harm is no dispersion.
    fn estimate_dispersion(&self) -> Dispersion {
        let n = self.with_events;
        let (even, part) = self.missing_time();
        let (canary, baseline) = self.crossed();
        let added = even.events() * even.share(1.0) * (1.0 - even.share(1.0));
        let ratio = (canary + added) / (baseline + added);
        let all = || self.times.iter().chain([&even]);
        let variance_of = |stratum: &Stratum| stratum.variance(ratio, self.trials);
        let variances: f64 = all().map(variance_of).sum();
        let (mut pearson, mut weighed, mut concentration) = (0.0, 0.0, 0.0);
        for stratum in all() {
            let (residual, variance) = (stratum.residual(ratio), variance_of(stratum));
            let weight = variance / variances;
            // How far the fitted ratio follows this time: not at all for single events, whose residuals all are of one size.
            let leverage = weight * (1.0 - 1.0 / stratum.events().max(1.0));
            if variance > 0.0 && leverage < 1.0 {
                pearson += residual * residual / variance;
                weighed += residual * residual / (1.0 - leverage) / variances;
                concentration += weight * weight;
            }
        }
        // Satterthwaite (1946): the square of a residual of few events varies less than that of a normal one, and not at all
        // for one event.
        let variability = self.sum(|s| 1.0 - 1.0 / s.events().max(1.0));
        let pearson = pearson / (n - variability / n + part);
        let mut freedom = (n - 1.0) * n / variability;
        if weighed > pearson.max(1.0) {
            // A few times with most of the traffic decide.
            freedom = freedom.min((1.0 / concentration - 1.0).max(1.0));
        }
        let factor = pearson.max(weighed).max(1.0) * self.autocorrelation_factor(ratio);
        Dispersion { factor, freedom }
    }

    /// A time at which the sides do not differ, with the events that a side lacks to have as many as a typical time, and which part
    /// of a typical time that is. Where all events are the canary's, the fit is perfect whether they come one by one or in a
    /// few bursts, which are all the canary's by chance; with this time, bursts count as such.
    fn missing_time(&self) -> (Stratum, f64) {
        let all = self.sum(Stratum::events);
        let typical = self.sum(|s| s.events() * s.events()) / all;
        let fewer = self.sum(|s| s.canary).min(self.sum(|s| s.baseline));
        let events = (typical - fewer).max(0.0);
        let share = self.sum(|s| s.events() * s.share(1.0)) / all;
        let exposure = typical * self.sum(Stratum::exposure) / all;
        let even = Stratum {
            canary: events * share,
            baseline: events * (1.0 - share),
            canary_exposure: exposure * share,
            baseline_exposure: exposure * (1.0 - share),
        };
        (even, events / typical)
    }

    /// By how much autocorrelated residuals widen the sum, for an AR(1). It counts no further than the baseline alone has it:
    /// harm that begins within the window looks like autocorrelation, too.
    fn autocorrelation_factor(&self, ratio: f64) -> f64 {
        let of_pairs = neighbours(self.times.iter().map(|stratum| {
            let variance = stratum.variance(ratio, self.trials);
            if variance > 0.0 { stratum.residual(ratio) / variance.sqrt() } else { 0.0 }
        }));
        let rate = self.sum(|s| s.baseline) / self.sum(|s| s.baseline_exposure);
        let of_baseline = neighbours(self.times.iter().map(|stratum| {
            (stratum.baseline - rate * stratum.baseline_exposure) / stratum.baseline_exposure.sqrt()
        }));
        let r = of_pairs.min(of_baseline).min(p::STRATA_PHI);
        let is_clear = r * (self.times.len() as f64).sqrt() > p::UNREMARKABLE_SCORE;
        if is_clear { (1.0 + r) / (1.0 - r) } else { 1.0 }
    }

    /// The canary's events less those expected at `ratio`, in standard errors.
    fn score(&self, ratio: f64) -> f64 {
        let above = self.sum(|s| s.residual(ratio));
        let variance = self.sum(|s| s.variance(ratio, self.trials));
        if above == 0.0 { 0.0 } else { above / (self.dispersion.factor * variance).sqrt() }
    }

    /// Probability of a canary that is as much worse (`sign` 1: more events, −1: fewer), if its rate is `allowed` times the baseline's.
    pub(crate) fn p_value(&self, allowed: f64, sign: f64) -> f64 {
        student::upper_tail(sign * self.score(allowed), self.dispersion.freedom)
    }

    /// The ratios that the test does not reject.
    pub(crate) fn interval(&self) -> Interval {
        let width = student::upper_quantile((1.0 - p::SHOWN) / 2.0, self.dispersion.freedom);
        let (canary, baseline) = (self.sum(|s| s.canary), self.sum(|s| s.baseline));
        let exposures = self.sum(|s| s.baseline_exposure) / self.sum(|s| s.canary_exposure);
        let middle = math::ln((canary + 0.5) / (baseline + 0.5) * exposures);
        // The score falls as the ratio rises.
        let limit = |score: f64| {
            let (mut below, mut above) = (middle - p::RATIOS_SEARCHED, middle + p::RATIOS_SEARCHED);
            for _ in 0..p::RATIO_HALVINGS {
                let log_ratio = f64::midpoint(below, above);
                let bound =
                    if self.score(math::exp(log_ratio)) > score { &mut below } else { &mut above };
                *bound = log_ratio;
            }
            math::exp(below)
        };
        Interval {
            lower: if canary > 0.0 { limit(width) } else { 0.0 },
            upper: if baseline > 0.0 { limit(-width) } else { f64::INFINITY },
            level: p::SHOWN,
        }
    }

    /// The totals of all times as if they were one time, for a canary whose rate is `allowed` times the baseline's: with exposures
    /// for which the canary's expected share of all events is the mean over the times. Counts with one mean share vary more than
    /// counts whose shares differ (Hoeffding 1956), so an exact test of the totals is valid for few events.
    pub(crate) fn standardise(&self, allowed: f64) -> Totals {
        let (canary, baseline) = (self.sum(|s| s.canary), self.sum(|s| s.baseline));
        let (events, exposure) = (canary + baseline, self.sum(Stratum::exposure));
        let share = self.sum(|s| s.events() * s.share(allowed)) / events;
        let exposures = (exposure * share / allowed, exposure * (1.0 - share));
        let whole = Stratum {
            canary,
            baseline,
            canary_exposure: exposures.0,
            baseline_exposure: exposures.1,
        };
        let variance = self.sum(|s| s.variance(allowed, self.trials));
        let of_whole = whole.variance(allowed, self.trials && allowed == 1.0);
        let relative = if of_whole > 0.0 { variance / of_whole } else { 1.0 };
        let dispersion = (self.dispersion.factor * relative).max(1.0);
        Totals { canary, baseline, exposures, dispersion }
    }
}

/// Correlation of neighbours; 0 where nothing varies.
fn neighbours(residuals: impl Iterator<Item = f64> + Clone) -> f64 {
    let squares: f64 = residuals.clone().map(|u| u * u).sum();
    let products: f64 = residuals.clone().zip(residuals.skip(1)).map(|(u, next)| u * next).sum();
    if squares > 0.0 { products / squares } else { 0.0 }
}

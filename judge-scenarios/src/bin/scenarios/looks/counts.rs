//! Counts and proportions, judged and monitored. The canary gets a tenth of the baseline's traffic.

use judge_core::config::evidence::{MetricEvidence, MetricKind};
use judge_core::config::{CanaryConfig, Direction, MetricConfig};
use judge_core::{JudgeRequest, MetricPair};
use judge_scenarios::random::Random;
use judge_scenarios::real_series::Seeds;

use super::every_point::{Monitored, once_and_at_any_point};
use crate::bench::Bench;
use crate::options::Options;
use crate::real::in_parallel;

/// How events arrive.
#[derive(Debug, Clone, Copy)]
enum Arrivals {
    /// Independently.
    Poisson,
    /// In bursts, with this dispersion: a negative binomial distribution.
    Bursts(f64),
    /// Independently, at a rate that both sides share and that changes from hour to hour.
    Swings,
}

const KINDS: [(&str, Arrivals); 4] = [
    ("Poisson", Arrivals::Poisson),
    ("dispersion 2", Arrivals::Bursts(2.0)),
    ("dispersion 5", Arrivals::Bursts(5.0)),
    ("shared swings", Arrivals::Swings),
];
/// Requests of the baseline per point, and errors among them.
const REQUESTS: f64 = 1000.0;
const ERRORS: f64 = 20.0;
const CANARY_SHARE: f64 = 0.1;
/// Factors of the canary's rate of errors.
const FACTORS: [f64; 4] = [1.0, 1.5, 2.0, 3.0];

struct Case {
    name: String,
    arrivals: Arrivals,
    points: usize,
    factor: f64,
    repeat: u64,
}

/// Judges and monitors canaries of every kind.
pub(super) fn monitor_all(options: &Options, sizes: &[usize], bench: &mut Bench) -> Vec<Monitored> {
    let mut cases = Vec::new();
    for (name, arrivals) in KINDS {
        for &points in sizes {
            for factor in FACTORS {
                for repeat in 0..options.repeats {
                    cases.push(Case { name: name.to_owned(), arrivals, points, factor, repeat });
                }
            }
        }
    }
    in_parallel("counts", &cases, bench, |case, bench| {
        let request = case.request(options);
        let Some((once, alarm)) = once_and_at_any_point(&request, bench) else {
            return Vec::new();
        };
        let step =
            if case.factor > 1.0 { format!("{} times", case.factor) } else { "none".to_owned() };
        vec![Monitored {
            row: (case.name.clone(), case.points, step),
            entity: case.repeat.to_string(),
            series: case.repeat.to_string(),
            once,
            alarm,
        }]
    })
}

impl Case {
    fn request(&self, options: &Options) -> JudgeRequest {
        let seed = format!("counts|{}|{}|{}|{}", self.name, self.points, self.factor, self.repeat);
        let mut random: Random = Seeds(options.seeds()).random(&seed);
        let kind = MetricKind::Count { exposure: Some("requests".to_owned()) };
        let evidence = MetricEvidence { kind, ..MetricEvidence::default() };
        let direction = Direction::Increase;
        let errors = MetricConfig { direction, evidence, ..MetricConfig::new("errors", "All") };
        let requests = MetricConfig { muted: true, ..MetricConfig::new("requests", "Traffic") };
        let mut config =
            CanaryConfig { metrics: vec![errors, requests], ..CanaryConfig::default() };
        config.evidence = options.evidence.clone();
        let swing: Vec<f64> = (0..self.points).map(|index| self.swing(index)).collect();
        let mut events = |rate: f64| -> Vec<f64> {
            swing.iter().map(|swing| self.draw(rate * swing, &mut random)).collect()
        };
        let canary = events(ERRORS * CANARY_SHARE * self.factor);
        let baseline = events(ERRORS);
        let requests = |share: f64| vec![REQUESTS * share; self.points];
        let pairs = vec![
            MetricPair::new("errors", baseline, canary),
            MetricPair::new("requests", requests(1.0), requests(CANARY_SHARE)),
        ];
        JudgeRequest { config, pairs, ..JudgeRequest::default() }
    }

    fn swing(&self, index: usize) -> f64 {
        match self.arrivals {
            Arrivals::Swings => [0.3, 1.0, 2.0, 0.7][index / 15 % 4],
            Arrivals::Poisson | Arrivals::Bursts(_) => 1.0,
        }
    }

    fn draw(&self, rate: f64, random: &mut Random) -> f64 {
        match self.arrivals {
            Arrivals::Bursts(dispersion) => {
                // A Poisson rate with a gamma distribution has variance = dispersion × mean. Our gamma needs a shape
                // of at least 1; for a smaller shape we multiply a draw by a power of a uniform number (Marsaglia and
                // Tsang 2000, section 8).
                let shape = rate / (dispersion - 1.0);
                let gamma = if shape >= 1.0 {
                    random.gamma(shape)
                } else {
                    random.gamma(shape + 1.0) * random.unit().powf(1.0 / shape)
                };
                random.poisson(gamma * (dispersion - 1.0))
            }
            Arrivals::Poisson | Arrivals::Swings => random.poisson(rate),
        }
    }
}

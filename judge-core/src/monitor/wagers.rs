//! Bets against the claim that a canary is healthy: the capital is an e-process.
//!
//! A test starts with a capital of 1 and bets at odds that are fair, or worse than fair, if the canary is healthy.
//! The chance that such a capital ever reaches 1/α is at most α, however often one looks (Ville 1939; Shafer 2021).

/// Share of the capital that is bet from the first point on. The rest is a reserve for harm that begins later.
const FROM_THE_START: f64 = 0.8;
/// After n points, the share `LATER` / (n + `LATER`) of the reserve is bet too. So whenever harm begins, part of the
/// capital was in reserve until shortly before.
const LATER: f64 = 0.3;
/// No bet grows beyond this. Cutting the capital makes the odds only worse.
const LARGEST: f64 = 1e100;

/// A capital: the reserve, and the amount on each of `N` bets. A mixture with fixed share (Herbster and Warmuth 1998).
#[derive(Debug, Clone)]
pub(super) struct Wagers<const N: usize> {
    reserve: f64,
    placed: [f64; N],
}

/// The share of the reserve that is bet at point `count`, which starts from 1.
pub(super) fn share_bet(count: u64) -> f64 {
    if count <= 1 { 0.0 } else { LATER / (count as f64 + LATER) }
}

impl<const N: usize> Wagers<N> {
    pub(super) fn new() -> Self {
        Self { reserve: 1.0 - FROM_THE_START, placed: [FROM_THE_START / N as f64; N] }
    }

    /// Moves `share` of the reserve onto the bets, evenly, and multiplies each bet by its factor.
    pub(super) fn pay(&mut self, share: f64, factors: [f64; N]) {
        let moved = self.reserve * share;
        self.reserve -= moved;
        for (placed, factor) in self.placed.iter_mut().zip(factors) {
            *placed = ((*placed + moved / N as f64) * factor).min(LARGEST);
        }
    }

    pub(super) fn capital(&self) -> f64 {
        self.placed.iter().fold(self.reserve, |sum, placed| sum + placed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bets_that_pay_nothing_and_everything() {
        let mut wagers = Wagers::<2>::new();
        assert!((wagers.capital() - 1.0).abs() < 1e-15);
        for count in 1..=5000 {
            wagers.pay(share_bet(count), [1.0, 1.0]);
        }
        assert!((wagers.capital() - 1.0).abs() < 1e-9, "even bets neither win nor lose");
        wagers.pay(0.0, [0.0, 0.0]);
        let held = wagers.capital();
        assert!((0.005..0.05).contains(&held), "some is held back for later: {held}");
        for _ in 0..5000 {
            wagers.pay(0.1, [2.0, 0.0]);
        }
        assert!(wagers.capital().is_finite() && wagers.capital() > 1e99);
    }
}

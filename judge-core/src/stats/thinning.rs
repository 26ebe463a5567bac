//! Thinned versions of two sorted sides. Bands around wanted ranks are read from them.

use super::rank_targets::DIRECT;

/// No side is thinned to fewer values.
const COARSEST: usize = 8;
/// Fractions of 1/golden ratio and of the square root of 2: multiples of neither repeat.
const TURNS: [f64; 2] = [0.618_033_988_749_894_9, 0.414_213_562_373_095_1];

/// Both sides, thinned.
#[derive(Debug, Default)]
pub(super) struct Level {
    pub(super) x: Vec<f64>,
    pub(super) y: Vec<f64>,
}

/// Fills `levels`, each thinner than the one before, until one is small. Returns their number.
pub(super) fn thin_down(x: &[f64], y: &[f64], levels: &mut Vec<Level>) -> usize {
    let mut depth = 0;
    let (mut m, mut n) = (x.len(), y.len());
    while m * n > DIRECT {
        if levels.len() == depth {
            levels.push(Level::default());
        }
        let (done, rest) = levels.split_at_mut(depth);
        let (x, y) = done.last().map_or((x, y), |level| (&level.x, &level.y));
        let factor = match m + n {
            ..6_000 => 4,
            6_000..100_000 => 8,
            _ => 16,
        };
        thin(x, factor, TURNS[0], &mut rest[0].x);
        thin(y, factor, TURNS[1], &mut rest[0].y);
        (m, n) = (rest[0].x.len(), rest[0].y.len());
        depth += 1;
    }
    depth
}

/// One value from each of equal stretches of `sorted`; its position in the stretch moves on by `turn`.
///
/// Positions that change make the rounding errors of neighbouring rows independent, so that the errors of a
/// count mostly cancel. Evenly spaced values would line up otherwise.
fn thin(sorted: &[f64], factor: usize, turn: f64, kept: &mut Vec<f64>) {
    let len = (sorted.len() / factor).max(sorted.len().min(COARSEST));
    let stretch = sorted.len() as f64 / len as f64;
    let mut place = 0.5;
    kept.clear();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at least 0 and below the length"
    )]
    kept.extend((0..len).map(|k| {
        let index = ((k as f64 + place) * stretch) as usize;
        place += turn;
        place -= f64::from(u8::from(place >= 1.0));
        sorted[index.min(sorted.len() - 1)]
    }));
}

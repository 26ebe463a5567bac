//! The normal quantile, to the last bit as in Kayenta.

use std::f64::consts::SQRT_2;

use crate::math;
use crate::stats::distribution::normal;

/// Half-width in standard deviations of a two-sided normal interval at `level`; `None` above 1. Negative
/// below 0, as in Kayenta, which does not check the level.
pub(super) fn two_sided(level: f64) -> Option<f64> {
    // From the lower tail, which rounds differently from 1 minus the tail.
    let p = (1.0 - level) / 2.0;
    if !(0.0..=1.0).contains(&p) {
        return None;
    }
    let x = 1.0 - 2.0 * p;
    Some(central_erf_inv(x).map_or_else(|| normal::upper_quantile(p), |y| SQRT_2 * y))
}

/// Giles (2010), "Approximating the erfinv function", table 5, central polynomial, highest power first.
/// commons-math uses it; its last bits differ from those of better approximations.
const CENTRAL: [f64; 23] = [
    -3.6444120640178196996e-21,
    -1.685059138182016589e-19,
    1.2858480715256400167e-18,
    1.115787767802518096e-17,
    -1.333171662854620906e-16,
    2.0972767875968561637e-17,
    6.6376381343583238325e-15,
    -4.0545662729752068639e-14,
    -8.1519341976054721522e-14,
    2.6335093153082322977e-12,
    -1.2975133253453532498e-11,
    -5.4154120542946279317e-11,
    1.051212273321532285e-09,
    -4.1126339803469836976e-09,
    -2.9070369957882005086e-08,
    4.2347877827932403518e-07,
    -1.3654692000834678645e-06,
    -1.3882523362786468719e-05,
    0.0001867342080340571352,
    -0.00074070253416626697512,
    -0.0060336708714301490533,
    0.24015818242558961693,
    1.6536545626831027356,
];

/// The inverse error function in the range of the central polynomial: up to a level of 0.999.
fn central_erf_inv(x: f64) -> Option<f64> {
    let w = -math::ln((1.0 - x) * (1.0 + x));
    let centred = w - 3.125;
    (w < 6.25).then(|| CENTRAL.iter().fold(0.0, |sum, coefficient| coefficient + sum * centred) * x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_the_normal_distribution() {
        // qnorm in R 4.2.2; Kayenta's own value at 0.98 is one unit in the last place above.
        let cases = [
            (0.0, 0.0),
            (0.9, 1.644853626951472),
            (0.98, 2.326347874040841),
            (0.999, 3.290526731491896),
        ];
        for (level, expected) in cases {
            let z = two_sided(level).unwrap_or(f64::NAN);
            approx::assert_relative_eq!(z, expected, max_relative = 1e-14);
        }
        assert_eq!(two_sided(1.0), Some(f64::INFINITY));
        assert_eq!(two_sided(1.5), None);
        assert_eq!(two_sided(0.98), Some(super::super::parameters::NORMAL_QUANTILE));
    }
}

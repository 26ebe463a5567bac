//! Whose rules are followed.

/// How points become series, and series pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compat {
    /// A time without a point is a gap, and labels that tell the sides apart are dropped.
    #[default]
    None,
    /// As Kayenta: gaps are closed up, only equal labels are paired, and times are asked for as Kayenta asks.
    Kayenta,
}

//! Rules for points and pairs: our own, or Kayenta's.

/// How points become series, and how series become pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compat {
    /// A time without a point is a gap. Labels that distinguish the sides are ignored for pairing.
    #[default]
    None,
    /// As in Kayenta: gaps are closed up, only series with equal labels are paired, and the end of the window
    /// is included.
    Kayenta,
}

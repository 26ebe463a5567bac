//! A sentence in the making.

use std::fmt::Write;

use crate::format::{push_fixed, push_short};

use super::view::View;

/// Room for nearly every sentence.
const LENGTH: usize = 128;

/// A sentence in the making.
pub(super) struct Sentence<'a> {
    text: String,
    view: View<'a>,
}

impl<'a> Sentence<'a> {
    pub(super) fn new(view: View<'a>) -> Self {
        Self { text: String::with_capacity(LENGTH), view }
    }

    pub(super) fn say(mut self, words: &str) -> Self {
        self.text.push_str(words);
        self
    }

    pub(super) fn count(mut self, count: impl std::fmt::Display) -> Self {
        // Writing to a string cannot fail.
        let _ = write!(self.text, "{count}");
        self
    }

    /// A size with `decimals` decimals; in four digits from 1000 on.
    pub(super) fn fixed(mut self, size: f64, decimals: usize) -> Self {
        if size >= 1000.0 {
            return self.short(size.round());
        }
        push_fixed(&mut self.text, size, decimals);
        self
    }

    /// A shift of the axis in percent of the baseline's median, or in the metric's unit where that is 0.
    pub(super) fn share(mut self, shift: f64) -> Self {
        let axis = self.view.comparison.axis;
        let size = axis.sign() * shift;
        let shown = self.shown(shift);
        self.text.push_str(match shown {
            _ if size > 0.0 => "+",
            _ if shown.is_sign_negative() && !shown.is_nan() => "−",
            _ => "",
        });
        self.size(shown.abs())
    }

    /// The size of a shift of the axis with `±`, in the same unit as [`Sentence::share`].
    pub(super) fn reach(self, shift: f64) -> Self {
        let shown = self.shown(shift).abs();
        self.say("±").size(shown)
    }

    fn shown(&self, shift: f64) -> f64 {
        let axis = self.view.comparison.axis;
        let size = axis.sign() * shift;
        if axis.level() > 0.0 { 100.0 * (size / axis.level()) } else { axis.in_metric(shift) }
    }

    /// A size in percent, or in the metric's unit where the baseline's median is 0.
    fn size(self, shown: f64) -> Self {
        if self.view.comparison.axis.level() <= 0.0 {
            self.short(shown)
        } else {
            self.fixed(shown, 1).say(" %")
        }
    }

    /// An interval of shifts of the axis, the lower end in the metric's own direction first.
    pub(super) fn interval(self, lower: f64, upper: f64) -> Self {
        self.say(" (").range(lower, upper).say(")")
    }

    /// An interval without its brackets.
    pub(super) fn range(self, lower: f64, upper: f64) -> Self {
        let (lower, upper) =
            if self.view.comparison.axis.sign() < 0.0 { (upper, lower) } else { (lower, upper) };
        self.share(lower).say(" to ").share(upper)
    }

    /// A number in four digits. The exponent's minus sign is `−` as elsewhere.
    pub(super) fn short(mut self, size: f64) -> Self {
        let before = self.text.len();
        push_short(&mut self.text, size);
        if let Some(exponent) = self.text[before..].find('-') {
            self.text.replace_range(before + exponent..=before + exponent, "−");
        }
        self
    }

    pub(super) fn end(self) -> String {
        self.text
    }
}

//! Samples: the input of the statistics.

use thiserror::Error;

use crate::order;

/// Finite values of one side, sorted ascending; at least one.
///
/// The type guarantees what every statistic here needs, so values are checked and sorted once.
///
/// [`Sample::new`] has an example.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    sorted: Vec<f64>,
}

/// Why values do not make a [`Sample`].
///
/// # Example
/// ```
/// use judge_core::stats::{Sample, SampleError};
///
/// let error = Sample::new(vec![1.0, f64::INFINITY]).unwrap_err();
/// assert_eq!(error, SampleError::NotFinite { index: 1, value: f64::INFINITY });
/// ```
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum SampleError {
    /// There are no values.
    #[error("a sample needs at least one value, got none")]
    Empty,
    /// A value is NaN or infinite.
    #[error("a sample holds finite values only, got {value} at index {index}")]
    NotFinite {
        /// Index, in the given order.
        index: usize,
        /// The value.
        value: f64,
    },
}

impl Sample {
    /// Checks and sorts `values`, in O(n log n).
    ///
    /// # Errors
    /// If there are no values, or one is NaN or infinite.
    ///
    /// # Example
    /// ```
    /// use judge_core::stats::Sample;
    /// let sample = Sample::new(vec![3.0, 1.0, 2.0])?;
    /// assert_eq!(sample.sorted(), [1.0, 2.0, 3.0]);
    /// # Ok::<(), judge_core::stats::SampleError>(())
    /// ```
    pub fn new(mut values: Vec<f64>) -> Result<Self, SampleError> {
        if values.is_empty() {
            return Err(SampleError::Empty);
        }
        if let Some((index, &value)) = values.iter().enumerate().find(|(_, v)| !v.is_finite()) {
            return Err(SampleError::NotFinite { index, value });
        }
        order::sort(&mut values);
        Ok(Self { sorted: values })
    }

    /// The values, ascending; −0.0 stands before 0.0.
    pub fn sorted(&self) -> &[f64] {
        &self.sorted
    }
}

impl TryFrom<&[f64]> for Sample {
    type Error = SampleError;

    fn try_from(values: &[f64]) -> Result<Self, SampleError> {
        Self::new(values.to_vec())
    }
}

/// Copies a view, which may be strided: a column of a matrix.
#[cfg(feature = "ndarray")]
impl TryFrom<ndarray::ArrayView1<'_, f64>> for Sample {
    type Error = SampleError;

    fn try_from(values: ndarray::ArrayView1<'_, f64>) -> Result<Self, SampleError> {
        Self::new(values.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_come_from_slices() {
        let sample = Sample::try_from([2.0, -0.0, 0.0].as_slice()).unwrap();
        assert_eq!(sample.sorted(), [-0.0, 0.0, 2.0]);
        assert_eq!(Sample::try_from([].as_slice()), Err(SampleError::Empty));
        let infinite = Sample::try_from([1.0, f64::NEG_INFINITY].as_slice());
        assert_eq!(infinite, Err(SampleError::NotFinite { index: 1, value: f64::NEG_INFINITY }));
    }

    #[cfg(feature = "ndarray")]
    #[test]
    fn samples_come_from_strided_views() {
        let matrix = ndarray::array![[3.0, 10.0], [1.0, 20.0], [2.0, 30.0]];
        let sample = Sample::try_from(matrix.column(0)).unwrap();
        assert_eq!(sample.sorted(), [1.0, 2.0, 3.0]);
        let mut reversed = matrix.column(1);
        reversed.invert_axis(ndarray::Axis(0));
        assert_eq!(Sample::try_from(reversed).unwrap().sorted(), [10.0, 20.0, 30.0]);
    }
}

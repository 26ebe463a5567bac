//! Tails and quantiles, correct to the last few bits in the far tails.

pub(crate) mod normal;
pub(crate) mod student;

#[cfg(test)]
mod tests;

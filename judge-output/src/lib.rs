//! Files that are written whole or not at all.
//!
//! [`replace`] writes a file at once. [`OutputParts`] keeps the finished parts of a file that takes long, and joins them at
//! the end. A process may be killed at any time: the file has its old content, or all of the new one, and the parts
//! that were finished stay.

mod parts;
mod replace;

pub use parts::{JoinError, OutputParts, PartsError};
pub use replace::replace;

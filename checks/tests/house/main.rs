//! Rules that the sources and pages of this workspace keep.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test fails")]

mod arrows;
mod circles;
mod exceptions;
mod flags;
mod imports;
mod packages;
mod sources;
mod type_names;
mod vocabulary;
mod walk;

//! Rules that the sources and pages of this workspace keep. They are tests, in `tests/house/`, and need
//! nothing of the crates that they read but their files.
//!
//! | rule | file |
//! | --- | --- |
//! | no files of a crate import each other in a circle | `circles.rs` |
//! | a crate depends only on crates below it | `arrows.rs` |
//! | a type name means one thing | `type_names.rs` |
//! | no word that the glossary replaces | `vocabulary.rs` |
//! | packages have a readme, a licence and a description | `packages.rs` |
//! | one search finds each thing of CONTRIBUTING's table | `walk.rs` |

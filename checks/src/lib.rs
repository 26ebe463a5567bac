//! Rules for the sources and pages of this workspace. They are tests in `tests/house/`, which read the files of the
//! other crates but do not depend on these crates.
//!
//! | rule | file |
//! | --- | --- |
//! | no files of a crate import each other in a circle | `circles.rs` |
//! | a crate depends only on crates below it | `arrows.rs` |
//! | a type name means one thing | `type_names.rs` |
//! | no word that the glossary replaces | `vocabulary.rs` |
//! | packages have a readme, a licence and a description | `packages.rs` |
//! | one search finds each thing of CONTRIBUTING's table | `walk.rs` |

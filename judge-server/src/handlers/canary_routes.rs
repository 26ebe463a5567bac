//! Canaries and configs that are kept: a part of the table of routes.

use super::route::Route;

pub(super) const CANARIES: &[Route] = &[];

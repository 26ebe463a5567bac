//! The native module of the Python package `canary-judge`.
//!
//! It is thin. Python turns its arguments into text, Arrow tables and arrays. This module reads them, judges on
//! threads without Python's lock, and returns JSON, HTML and Arrow tables. `python/canary_judge/` contains the
//! functions for users.

#![allow(clippy::needless_pass_by_value, reason = "Python's arguments come by value")]

mod arrow_input;
mod batch;
mod calibrate;
mod cells;
mod exception;
mod judgement;
mod judging;
mod names;
mod retro;
mod rows;
mod side;
mod two_sample;
mod work;

use pyo3::prelude::*;

/// The native module: see `canary_judge/_native.pyi`.
#[pymodule]
#[pyo3(name = "_native")]
mod native {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::batch::batch;
    #[pymodule_export]
    use crate::calibrate::{calibrate, check_options, propose};
    #[pymodule_export]
    use crate::judgement::PyJudgement;
    #[pymodule_export]
    use crate::judging::{PyJudging, check_config};
    #[pymodule_export]
    use crate::retro::{PyReplay, check_history, columns, retro, retro_here};
    #[pymodule_export]
    use crate::side::judge;
    #[pymodule_export]
    use crate::two_sample::two_sample;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}

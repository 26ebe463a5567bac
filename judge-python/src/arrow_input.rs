//! Reads the Arrow data of Python's objects. What cannot be read is refused by name.

use judge_core::Problem;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3_arrow::input::AnyArray;
use pyo3_arrow::{PyChunkedArray, PyTable};

use crate::exception::Exception;

/// Reads a table with the `PyCapsule` interface; `path` names it in errors.
pub(crate) fn table(object: &Bound<'_, PyAny>, path: &str) -> Result<PyTable, Exception> {
    object.extract().map_err(|error| unreadable(object.py(), error, path, "a frame"))
}

/// Reads an array with the `PyCapsule` interface; `path` names it in errors.
pub(crate) fn array(object: &Bound<'_, PyAny>, path: &str) -> Result<PyChunkedArray, Exception> {
    let read: PyResult<AnyArray> = object.extract();
    read.and_then(|array| Ok(array.into_chunked_array()?))
        .map_err(|error| unreadable(object.py(), error, path, "an array"))
}

/// Turns an error of a reader of `what`, or of an object, into `InvalidData`. Ctrl-C stays what it is.
fn unreadable(py: Python<'_>, error: PyErr, path: &str, what: &str) -> Exception {
    if !error.is_instance_of::<PyException>(py) {
        return Exception::Raised(error);
    }
    let said = error.value(py).to_string();
    let said = said.rsplit("C Data interface error: ").next().unwrap_or_default();
    // Readers quote whole tracebacks.
    let said = said.lines().next().unwrap_or_default();
    let said = said.split_once(" Detail: Python exception").map_or(said, |(said, _)| said);
    let expected = format!(
        "{what} whose Arrow data can be read to the end; write a damaged file again, and give a stream only once"
    );
    Exception::Data(vec![Problem {
        // What the reader says is not cut, since it tells where the data are broken.
        value: format!("data that cannot be read: {said}"),
        ..Problem::error(path, "", expected)
    }])
}

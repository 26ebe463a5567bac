"""Converts frames of any library to Arrow tables with the PyCapsule interface, which the native module reads."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Set
from typing import Any

from ._errors import InvalidData, InvalidOption, Problem

TIME = "timestamp"


def library(frame: Any) -> str:
    """The library of ``frame``: pandas, polars, or pyarrow for all others."""
    name = type(frame).__module__.partition(".")[0]
    return name if name in ("pandas", "polars") else "pyarrow"


def _pandas() -> Any:
    # If pandas is not loaded, the frame cannot be one of pandas.
    return sys.modules.get("pandas")


def _is_times(index: Any) -> bool:
    pandas = _pandas()
    return pandas is not None and isinstance(index, pandas.DatetimeIndex)


def _refuse_periods(cells: Any, path: str) -> None:
    """Refuses periods, which Arrow stores as numbers of their own unit."""
    pandas = _pandas()
    if pandas is not None and isinstance(cells.dtype, pandas.PeriodDtype):
        expected = "times or numbers; convert periods to their starts with to_timestamp()"
        raise InvalidData([Problem(path, expected, f"a column of type {cells.dtype}")])


def _from_pandas(frame: Any, path: str) -> Any:
    """Converts ``frame`` to an Arrow table. An index of times becomes a column; other indexes are left out unless named."""
    if frame.index.nlevels == 1:
        _refuse_periods(frame.index, f"{path}, index")
    if _is_times(frame.index):
        frame = frame.rename_axis(index=frame.index.name or TIME).reset_index()
    elif any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    names = [str(name) for name in frame.columns]
    frame = frame.set_axis(names, axis="columns")
    try:
        import pyarrow
    except ImportError as error:
        raise ImportError("pandas frames need pyarrow: pip install pyarrow") from error
    arrays = []
    for index, name in enumerate(names):
        column = frame.iloc[:, index]
        _refuse_periods(column, f'{path}["{name}"]')
        try:
            arrays.append(pyarrow.array(column, from_pandas=True))
        except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError, pyarrow.ArrowNotImplementedError) as error:
            row, got = _odd_cell(column)
            where = f"{path}[{name!r}]" if row is None else f"{path}[{name!r}], row {row}"
            where = where.replace("'", '"')
            expected = "numbers, text or times, of one type; convert the column, as with pandas.to_numeric, or leave it out"
            raise InvalidData([Problem(where, expected, got or f"type {column.dtype}: {error}")]) from error
    return pyarrow.table(arrays, names=names)


def _odd_cell(column: Any) -> tuple[int | None, str]:
    """The first cell whose type differs from the cells before it."""
    first = None
    for row, cell in enumerate(column):
        if cell is None or cell != cell:
            continue
        if first is None:
            first = type(cell)
        elif type(cell) is not first:
            return row, f"{cell!r}, a {type(cell).__name__} after a {first.__name__}"
    return None, ""


def _typed(data: Any) -> Any:
    """Gives a type to the columns of a polars frame or series that have no value: the native module cannot read their own."""
    import polars

    if isinstance(data, polars.Series):
        return data.cast(polars.String) if data.dtype == polars.Null else data
    untyped = [name for name, dtype in data.schema.items() if dtype == polars.Null]
    return data.with_columns(polars.col(untyped).cast(polars.String)) if untyped else data


def _in_chunks(frame: Any) -> Any:
    """Converts a polars frame chunk by chunk if pyarrow is installed, since polars' stream first copies all chunks into one."""
    import polars

    if isinstance(frame, polars.Series) or frame.n_chunks() < 2 or polars.Object in frame.dtypes:
        return frame
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        return frame
    return frame.to_arrow(compat_level=polars.CompatLevel.newest())


FRAME = "a pandas, polars or Arrow frame"
SIDE = f"{FRAME}, or a mapping from metric to values"


def table(frame: Any, path: str, expected: str = FRAME) -> Any:
    """Converts ``frame`` to an object with the Arrow PyCapsule interface. ``path`` names it in messages."""
    pandas = _pandas()
    if pandas is not None and isinstance(frame, pandas.DataFrame):
        return _from_pandas(frame, path)
    if hasattr(frame, "collect_schema") and hasattr(frame, "collect"):
        frame = frame.collect()
    if library(frame) == "polars":
        return _in_chunks(_typed(frame))
    if hasattr(frame, "__arrow_c_stream__"):
        return frame
    if hasattr(frame, "__arrow_c_array__"):
        import pyarrow

        return pyarrow.table(pyarrow.record_batch(frame))
    raise InvalidData([Problem(path, expected, f"a {type(frame).__name__}")])


def _values(values: Any, path: str) -> tuple[Any, list[int] | None]:
    """Reads one series: its values, and times in milliseconds if its index has them."""
    pandas = _pandas()
    times = None
    if pandas is not None and isinstance(values, pandas.Series):
        if values.index.nlevels == 1:
            _refuse_periods(values.index, f"{path}, index")
        if _is_times(values.index):
            if values.index.hasnans:
                row = int(values.index.isna().argmax())
                raise InvalidData([Problem(f"{path}, row {row}", "a time", "an empty cell")])
            times = [int(time) for time in values.index.as_unit("ms").asi8]
        # Other types would silently become numbers: booleans, times, the real parts of complex numbers.
        if values.dtype.kind not in "iuf":
            expected = "numbers; convert it with pandas.to_numeric"
            raise InvalidData([Problem(path, expected, f"a column of type {values.dtype}")])
        return values.to_numpy(dtype="float64", na_value=float("nan")), times
    if library(values) == "polars":
        return _typed(values), None
    if hasattr(values, "__arrow_c_stream__") or hasattr(values, "__arrow_c_array__"):
        return values, None
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(values, numpy.ndarray):
        if values.ndim != 1:
            raise InvalidData([Problem(path, "one dimension", f"{values.ndim} dimensions")])
        if values.dtype.kind not in "iuf":
            expected = "numbers; convert it with astype(float)"
            raise InvalidData([Problem(path, expected, f"an array of type {values.dtype}")])
        values = values.astype("float64", copy=False)
        if isinstance(values, numpy.ma.MaskedArray):
            values = values.filled(numpy.nan)
        return numpy.ascontiguousarray(values), None
    if isinstance(values, (str, bytes, Mapping, Set)) or not isinstance(values, Iterable):
        expected = "a list, an array or a series of numbers"
        raise InvalidData([Problem(path, expected, f"a {type(values).__name__}")])
    return [_number(value, f"{path}, row {row}") for row, value in enumerate(values)], None


def _number(value: Any, path: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, (int, float)) and not isinstance(value, bool) or getattr(value, "dtype", None) is not None:
        try:
            return float(value)
        except OverflowError as error:
            raise InvalidData([Problem(path, f"a number of at most {sys.float_info.max:g}", "a larger one")]) from error
        except (TypeError, ValueError):
            pass
    raise InvalidData([Problem(path, "a number, or None or NaN for a gap", repr(value))])


def values(series: Any, path: str) -> Any:
    """Reads one series without times."""
    return _values(series, path)[0]


def side(data: Any, role: str) -> Any:
    """Reads the series of one side: a frame, or a mapping from metric to values."""
    if isinstance(data, Mapping):
        series = []
        for name, given in data.items():
            if not isinstance(name, str):
                raise InvalidData([Problem(role, "names of metrics as keys", repr(name))])
            series.append((name, *_values(given, f'{role}["{name}"]')))
        return series
    return table(data, role, SIDE)


def sides(given: Any, path: str) -> list[Any]:
    """Reads a list of sides."""
    one = isinstance(given, (str, bytes, Mapping)) or hasattr(given, "columns")
    if one or not isinstance(given, Iterable):
        raise InvalidData([Problem(path, f"a list, each element {SIDE}", f"a {type(given).__name__}")])
    return [side(data, f"{path}[{index}]") for index, data in enumerate(given)]


def frame(rows: Any, kind: str) -> Any:
    """Converts an Arrow table to a frame of the library ``kind``: pandas, polars or pyarrow."""
    if kind == "polars":
        import polars

        return polars.DataFrame(rows)
    if kind not in ("pandas", "pyarrow"):
        raise InvalidOption([Problem("library", "pandas, polars or pyarrow", repr(kind))])
    import pyarrow

    arrow = pyarrow.table(rows)
    return arrow.to_pandas() if kind == "pandas" else arrow


def installed() -> str:
    """The library for frames if the caller names none: a loaded one, else an installed one."""
    from importlib.util import find_spec

    for name in ("pandas", "polars", "pyarrow"):
        if name in sys.modules:
            return name
    for name in ("pandas", "polars", "pyarrow"):
        if find_spec(name) is not None:
            return name
    raise ImportError("frames need a library: pip install pandas pyarrow, or polars")

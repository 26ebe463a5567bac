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
    levels = [frame.index.name or TIME] if _is_times(frame.index) else list(frame.index.names)
    for name in levels:
        if name is not None and name in frame.columns:
            expected = "an index or a column of this name; drop the index with reset_index(drop=True)"
            raise InvalidData([Problem(f'{path}["{name}"]', expected, "both")])
    if any(name is not None for name in levels):
        frame = frame.rename_axis(index=levels).reset_index()
    names = [str(name) for name in frame.columns]
    for name in names:
        if not _is_unicode(name):
            raise InvalidData([Problem(path, "names of columns that are text", ascii(name))])
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
            arrays.append(_arrow(column))
            _refuse_mixed_zones(column, arrays[-1], path)
        except (pyarrow.ArrowException, OverflowError) as error:
            row, got = _odd_cell(column)
            where = f"{path}[{name!r}]" if row is None else f"{path}[{name!r}], row {row}"
            where = where.replace("'", '"')
            expected = "numbers, text or times, of one type; convert the column, as with pandas.to_numeric, or leave it out"
            raise InvalidData([Problem(where, expected, got or f"type {column.dtype}: {error}")]) from error
    return pyarrow.table(arrays, names=names)


def _arrow(column: Any) -> Any:
    """The Arrow array of a series, made from the array behind it, without copies but for zoned times. Given the series itself,
    PyArrow asks it for attributes that it lacks, where NumPy, which compares types then, drops any exception; given the zone as
    an object, it looks for pytz and drops any exception too. A Ctrl-C at that moment would be lost; it still is while PyArrow reads
    the first cell of a column of objects that are zoned times."""
    import pyarrow

    pandas, dtype = _pandas(), column.dtype
    if isinstance(dtype, pandas.DatetimeTZDtype):
        times = column.array.tz_convert(None).to_numpy()
        return pyarrow.array(times, from_pandas=True).cast(pyarrow.timestamp(dtype.unit, "UTC"))
    cells = column.array if isinstance(dtype, pandas.api.extensions.ExtensionDtype) else column.to_numpy()
    return pyarrow.array(cells, from_pandas=True)


def _refuse_mixed_zones(column: Any, array: Any, path: str) -> None:
    """Refuses times of which only some have a zone: Arrow would read the others as UTC."""
    import pyarrow

    if column.dtype != object or not pyarrow.types.is_timestamp(array.type):
        return
    first = None
    for row, cell in enumerate(column):
        if cell is None or cell != cell:
            continue
        zoned = cell.tzinfo is not None
        if first is None:
            first = zoned
        elif zoned is not first:
            expected = 'times with a zone in all rows, or in none: localize the naive ones, as with tz_localize("UTC")'
            raise InvalidData([Problem(f'{path}["{column.name}"], row {row}', expected, f"{cell}, unlike the rows before it")])


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
    """Casts the columns of a polars frame, or a series, whose types the native module cannot read: without any value, and
    whole numbers of 128 bits."""
    import polars

    types = {polars.Null: polars.String, polars.Int128: polars.Float64}
    if isinstance(data, polars.Series):
        return data.cast(types[data.dtype]) if data.dtype in types else data
    casts = {name: types[dtype] for name, dtype in data.schema.items() if dtype in types}
    return data.cast(casts) if casts else data


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
    if _is_series(frame):
        raise InvalidData([Problem(path, f"{expected}; a series becomes a frame with to_frame()", f"a {type(frame).__name__}")])
    if library(frame) == "polars" and hasattr(frame, "schema"):
        return _in_chunks(_typed(frame))
    if hasattr(frame, "__arrow_c_stream__"):
        return frame
    if hasattr(frame, "__arrow_c_array__"):
        import pyarrow

        try:
            return pyarrow.table(pyarrow.record_batch(frame))
        except (pyarrow.ArrowException, TypeError, ValueError) as error:
            raise InvalidData([Problem(path, expected, f"a {type(frame).__name__} that cannot be read: {error}")]) from error
    got = f"a {type(frame).__name__}"
    if type(frame).__module__.startswith("pyspark."):
        expected = f"{expected}; canary_judge.spark judges histories of Spark, and toPandas() makes a small one a pandas frame"
        got = f"a Spark {type(frame).__name__}"
    raise InvalidData([Problem(path, expected, got)])


def _is_series(data: Any) -> bool:
    """Whether ``data`` is one column of pandas or polars."""
    return library(data) in ("pandas", "polars") and type(data).__name__ == "Series"


def _values(values: Any, path: str) -> tuple[Any, tuple[list[int], bool] | None]:
    """Reads one series: its values, and if its index has times, these in milliseconds and whether they have a zone."""
    pandas = _pandas()
    times = None
    if pandas is not None and isinstance(values, pandas.Series):
        if values.index.nlevels == 1:
            _refuse_periods(values.index, f"{path}, index")
        if _is_times(values.index):
            if values.index.hasnans:
                row = int(values.index.isna().argmax())
                raise InvalidData([Problem(f"{path}, row {row}", "a time", "an empty cell")])
            times = [int(time) for time in values.index.as_unit("ms").asi8], values.index.tz is not None
        # Other types would silently become numbers: booleans, times, the real parts of complex numbers.
        if values.dtype.kind not in "iuf":
            expected = "numbers; convert it with pandas.to_numeric"
            raise InvalidData([Problem(path, expected, f"a column of type {values.dtype}")])
        return values.to_numpy(dtype="float64", na_value=float("nan")), times
    expected = "a list, an array or a series of numbers"
    if hasattr(values, "columns"):
        raise InvalidData([Problem(path, f"{expected}, such as one column of the frame", f"a {type(values).__name__}")])
    if library(values) == "polars" and _is_series(values):
        return _typed(values), None
    if hasattr(values, "__arrow_c_stream__"):
        return values, None
    if hasattr(values, "__arrow_c_array__"):
        return _ArrowArray(values, path), None
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
        raise InvalidData([Problem(path, expected, f"a {type(values).__name__}")])
    return [_number(value, f"{path}, row {row}") for row, value in enumerate(values)], None


class _ArrowArray:
    """An array with the Arrow PyCapsule interface, whose capsules nobody has read before: the native module would read
    memory that was freed."""

    def __init__(self, array: Any, path: str) -> None:
        expected = "an array whose Arrow data can be read; an object of this interface returns new capsules at each call"
        try:
            self._capsules = schema, data = array.__arrow_c_array__()
            released = _released(schema, b"arrow_schema", 7) or _released(data, b"arrow_array", 8)
        except (TypeError, ValueError) as error:
            raise InvalidData([Problem(path, expected, f"a {type(array).__name__} that cannot be read: {error}")]) from error
        if released:
            raise InvalidData([Problem(path, expected, "data that was read before")])

    def __arrow_c_array__(self, requested_schema: Any = None) -> Any:
        return self._capsules


def _released(capsule: Any, name: bytes, callback: int) -> bool:
    """Whether the structure in a capsule was read before: then its callback, the pointer at this position, is null."""
    import ctypes

    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    words = ctypes.cast(pointer(capsule, name), ctypes.POINTER(ctypes.c_void_p))
    return not words[callback]


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
            if not isinstance(name, str) or not _is_unicode(name):
                raise InvalidData([Problem(role, "names of metrics as keys", ascii(name))])
            series.append((name, *_values(given, f'{role}["{name}"]')))
        return series
    return table(data, role, SIDE)


def _is_unicode(name: str) -> bool:
    """Whether ``name`` has no lone surrogates, which are no characters."""
    return name.isascii() or not any("\ud800" <= character <= "\udfff" for character in name)


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

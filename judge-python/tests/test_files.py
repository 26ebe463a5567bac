"""`judge retro` reads one history alike from the files that pandas, polars and pyarrow write."""

from __future__ import annotations

import json

import polars
import pyarrow.feather
import pyarrow.parquet
from conftest import command, history_config, history_table

NAMES = ["release", "metric", "role", "instance"]


def test_the_files_of_every_library_are_one_history(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps(history_config()))
    table = history_table(7)
    frame = polars.from_arrow(table)
    pandas = table.to_pandas()
    categories = frame.with_columns(polars.col(NAMES).cast(polars.Categorical))
    encodings = {
        "value": "BYTE_STREAM_SPLIT",
        "timestamp": "DELTA_BINARY_PACKED",
        "release": "DELTA_BYTE_ARRAY",
        "metric": "DELTA_LENGTH_BYTE_ARRAY",
    }
    ways = {
        "pyarrow.parquet": lambda path: pyarrow.parquet.write_table(table, path, compression="zstd", row_group_size=100),
        "other-encodings.parquet": lambda path: pyarrow.parquet.write_table(
            table, path, use_dictionary=False, data_page_version="2.0", column_encoding=encodings
        ),
        "int96.parquet": lambda path: pyarrow.parquet.write_table(
            table, path, use_deprecated_int96_timestamps=True, compression="lz4"
        ),
        "polars.parquet": frame.write_parquet,
        "categories.parquet": categories.write_parquet,
        "pandas.parquet": lambda path: pandas.to_parquet(path, compression="brotli"),
        "pandas-categories.parquet": lambda path: pandas.astype(dict.fromkeys(NAMES, "category")).to_parquet(
            path, compression="gzip"
        ),
        "pandas-index.parquet": lambda path: pandas.set_index("timestamp").to_parquet(path),
        "feather.feather": lambda path: pyarrow.feather.write_feather(table, str(path)),
        "polars.arrow": lambda path: frame.write_ipc(path, compression="zstd"),
        "categories.arrow": categories.write_ipc,
        "nanoseconds.arrow": frame.with_columns(polars.col("timestamp").dt.cast_time_unit("ns")).write_ipc,
        "polars.ndjson": frame.write_ndjson,
        "polars.csv": frame.write_csv,
        "pandas.csv": lambda path: pandas.to_csv(path, index=False, sep=";"),
    }
    read = {}
    for name, write in ways.items():
        write(tmp_path / name)
        arguments = ["--config", str(tmp_path / "config.json"), "--history", str(tmp_path / name), "--format", "json"]
        read[name] = command("retro", *arguments, codes=(0, 4))
    expected = read["pyarrow.parquet"]
    assert len(expected.splitlines()) == 7
    assert [name for name, found in read.items() if found != expected] == []

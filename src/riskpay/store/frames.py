"""Dataclasses of Polars frames on disk: Arrow files that are mapped into memory, in folders by field.

    FOLDER/values.json                   numbers and text, by field
    FOLDER/<field>.arrow                 a frame, or a series as its only column
    FOLDER/<field>.<column>              a column of whole numbers of 128 bits, which Arrow does not have
    FOLDER/SIZES.json                    every file and its size, written last: what is not as it says is not read
    FOLDER/<field>/...                   a dataclass; a tuple or a mapping of them, by number or key

A field that is None is not there. What is read is as what was written, and takes no time however large it is: a page of a
file comes to memory when something on it is asked for. Files must not be changed while they are read; to replace a folder,
rename another into its place.
"""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import UnionType
from typing import Final, TypeVar, cast, get_args, get_origin, get_type_hints

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.ipc

from riskpay.errors import DataError
from riskpay.store.flush import flush

T = TypeVar("T")

_VALUES, _SIZES = "values.json", "SIZES.json"
_WHOLE: Final = pl.Decimal(38, 0)
_BYTES: Final = 16


def write_frames(value: object, folder: Path, *, lasting: bool = False) -> None:
    """Every field of a dataclass in ``folder``, which is made; ``lasting``: on disk before this ends."""
    _write_parts(value, folder)
    sizes = _sizes(folder)
    (folder / _SIZES).write_text(json.dumps(sizes), encoding="utf-8")
    for name in (*sizes, _SIZES) if lasting else ():
        flush(folder / name)


def read_frames(kind: type[T], folder: Path) -> T:
    """A dataclass as it was written to ``folder``; raises DataError where that is not whole."""
    try:
        whole = json.loads((folder / _SIZES).read_text(encoding="utf-8")) == _sizes(folder)
    except (OSError, ValueError):
        whole = False
    if not whole:
        raise DataError(f"{folder} is not as it was written", "remove it: it is made anew")
    return _read_parts(kind, folder)


def _sizes(folder: Path) -> dict[str, int]:
    """The size of every file of a folder by its path there."""
    files = (file for file in folder.rglob("*") if file.is_file() and file.name != _SIZES)
    return {file.relative_to(folder).as_posix(): file.stat().st_size for file in sorted(files)}


def _write_parts(value: object, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    plain = {}
    for name, part in _parts(value).items():
        if isinstance(part, pl.DataFrame):
            _write(part, folder / f"{name}.arrow")
        elif isinstance(part, pl.Series):
            _write(part.to_frame("values"), folder / f"{name}.arrow")
        elif is_dataclass(part) or isinstance(part, Mapping | tuple):
            _write_parts(part, folder / name)
        elif part is not None:
            plain[name] = part
    if plain:
        (folder / _VALUES).write_text(json.dumps(plain), encoding="utf-8")


def _read_parts(kind: type[T], folder: Path) -> T:
    values, kinds = _values(folder), _kinds(kind)
    return kind(**{name: _read(part, folder / name, values) for name, part in kinds.items()})


def _parts(value: object) -> dict[str, object]:
    if isinstance(value, Mapping):
        return {str(key): part for key, part in value.items()}
    if isinstance(value, tuple):
        return {str(number): part for number, part in enumerate(value)}
    return {name: getattr(value, name) for name in _kinds(type(value))}


def _kinds(kind: type) -> dict[str, object]:
    """The types of a dataclass's fields."""
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def _read(kind: object, place: Path, values: Mapping[str, object]) -> object:
    """What a field of a type holds; ``values``: the numbers and text beside it."""
    file, origin = place.with_name(f"{place.name}.arrow"), get_origin(kind)
    if origin is UnionType and not (place.exists() or file.exists() or place.name in values):
        return None
    if origin is UnionType:
        return _read(get_args(kind)[0], place, values)
    if kind in {pl.DataFrame, pl.Series}:
        found = _mapped(file)
        return found if kind is pl.DataFrame else found["values"]
    if origin in {tuple, dict}:
        return _read_several(kind, place)
    return _read_parts(kind, place) if isinstance(kind, type) and is_dataclass(kind) else values[place.name]


def _read_several(kind: object, place: Path) -> object:
    inner = {folder.name: folder for folder in place.glob("*")}
    if get_origin(kind) is tuple:
        return tuple(_read(get_args(kind)[0], inner[str(number)], {}) for number in range(len(inner)))
    key, part = get_args(kind)
    return {key(name): _read(part, folder, {}) for name, folder in inner.items()}


def _write(frame: pl.DataFrame, file: Path) -> None:
    large = frame.select(pl.col(pl.Int128).cast(_WHOLE))
    frame.drop(large.columns).write_ipc(file, record_batch_size=max(1, frame.height))
    for column in large:
        # Arrow knows these as decimal numbers, and has them begin at a multiple of 8 bytes; where they lie must be one of 16.
        if column.null_count():
            raise ValueError(f"{column.name} has rows without a value")
        values = column.rechunk().to_arrow()
        size = column.len() * _BYTES
        with file.with_suffix(f".{column.name}").open("wb") as sink:
            sink.write(memoryview(values.buffers()[1])[values.offset * _BYTES :][:size] if size else b"")


def _mapped(file: Path) -> pl.DataFrame:
    table = pa.ipc.open_file(pa.memory_map(str(file))).read_all()
    found = cast("pl.DataFrame", pl.from_arrow(table, rechunk=False))
    large = [place for place in file.parent.glob(f"{file.stem}.*") if place != file]
    return found.with_columns(_large(place).alias(place.suffix[1:]) for place in sorted(large))


def _large(file: Path) -> pl.Series:
    """A column of 128 bits."""
    size = file.stat().st_size
    values = pa.py_buffer(np.memmap(file, mode="r") if size else b"")
    column = pa.Array.from_buffers(pa.decimal128(38), size // _BYTES, [None, values])
    return cast("pl.Series", pl.from_arrow(column)).to_physical()


def _values(place: Path) -> Mapping[str, object]:
    file = place / _VALUES
    return cast("Mapping[str, object]", json.loads(file.read_text(encoding="utf-8"))) if file.exists() else {}

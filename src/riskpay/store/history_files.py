"""An item history on disk, as Arrow files that are read without a copy."""

from dataclasses import fields
from pathlib import Path

import polars as pl

from riskpay.features.item_history import ItemHistory


def write_history(history: ItemHistory, folder: Path) -> None:
    """Every table of the history as ``folder/<table>.arrow``."""
    folder.mkdir(parents=True, exist_ok=True)
    for field in fields(history):
        getattr(history, field.name).write_ipc(folder / f"{field.name}.arrow")


def read_history(folder: Path) -> ItemHistory:
    """The history written to ``folder``."""
    return ItemHistory(**{f.name: pl.read_ipc(folder / f"{f.name}.arrow") for f in fields(ItemHistory)})

"""Planted faults: growers of models that the gate must stop, to see that it does."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

import polars as pl

from riskpay.model.hazard import Growth, grown_here

_SEED: Final = 3


def grown_on_shuffled(growths: Iterable[Growth]) -> list[str]:
    """The boosters of ``growths`` as texts, grown on labels that were dealt out anew within each interval.

    As many are paid in each interval as before, and no longer those that were: what a join by the wrong key does to labels.
    """
    return grown_here(_shuffled(growth) for growth in growths)


def _shuffled(growth: Growth) -> Growth:
    watched = None if growth.watched is None else _dealt(growth.watched)
    return replace(growth, rows=_dealt(growth.rows), watched=watched)


def _dealt(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(paid=pl.col("paid").shuffle(seed=_SEED).over("interval"))

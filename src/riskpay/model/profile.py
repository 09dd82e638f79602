"""What a population looked like while a model learnt: counts by column, bin and four weeks, and a sample of values."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Final, Self

import numpy as np
import numpy.typing as npt
import polars as pl

from riskpay.ledger.tables import ITEM_KEY
from riskpay.model.drift import Binning, IntArray, corrected, kolmogorov_smirnov, psi, shares

FloatArray = npt.NDArray[np.float64]

WINDOW_DAYS: Final = 28
"""Length of the windows that are compared: whole weeks, so that weekdays weigh the same in each."""

SAMPLE_ROWS: Final = 2000
LEAST_ROWS: Final = 30
"""Fewer rows make no window that others are measured by."""

LEAST_WINDOWS, MOST_WINDOWS = 4, 13
"""Fewer past windows do not say how far windows usually lie from what came before them; 13 are a year."""


@dataclass(frozen=True)
class Moved:
    """How far a column of the present window lies from what came before.

    ``usual``: mean and three standard deviations of the index between past windows and what lay before each, at the
    same distance in time; None where too few windows are kept. ``q``: p of the two-sample test, corrected for the
    number of columns. ``before`` and ``now``: shares by bin, null first.
    """

    column: str
    psi: float
    usual: float | None
    distance: float
    p: float
    q: float
    n_before: int
    n_now: int
    before: tuple[float, ...]
    now: tuple[float, ...]


@dataclass(frozen=True)
class Profile:
    """The columns of a population of questions, all asked before ``until``.

    ``edges``: by column. ``counts``: column, window (0 is the newest, ending the day before ``until``), bin, count.
    ``sample``: as_of and the columns (Float32) of at most ``SAMPLE_ROWS`` questions, evenly spaced in time.
    """

    until: date
    edges: dict[str, tuple[float, ...]]
    counts: pl.DataFrame
    sample: pl.DataFrame

    @classmethod
    def of(cls, frame: pl.DataFrame, columns: Sequence[str], until: date) -> Self:
        """The profile of questions ``frame`` (item key, as_of and ``columns``) asked before ``until``."""
        asked = frame.filter(pl.col("as_of") < until)
        windows = ((pl.lit(until - timedelta(days=1)) - pl.col("as_of")).dt.total_days() // WINDOW_DAYS).cast(pl.Int32)
        window = asked.select(window=windows)["window"]
        edges, counts = {}, []
        for column in columns:
            values = floats(asked[column])
            binning = Binning.of(values)
            edges[column] = binning.edges
            counts.append(_counted(column, window, binning.places(values)))
        return cls(until, edges, pl.concat(counts), _sample(asked, columns))

    def moved(self, frame: pl.DataFrame, first: date) -> list[Moved]:
        """How far each column of the questions ``frame``, asked from ``first`` on, lies from what was asked before then.

        Questions of the profile from ``first`` on are left out. Columns that ``frame`` lacks are left out too.
        """
        sample = self.sample.filter(pl.col("as_of") < first)
        found = [self._moved(column, frame, sample, first) for column in self.edges if column in frame.columns]
        adjusted = corrected(np.array([p for *_, p in found]))
        return [
            Moved(
                column,
                float(psi(old, new)),
                usual,
                distance,
                p,
                float(q),
                int(old.sum()),
                int(new.sum()),
                tuple(shares(old).tolist()),
                tuple(shares(new).tolist()),
            )
            for (column, old, new, usual, distance, p), q in zip(found, adjusted, strict=True)
        ]

    def _moved(
        self, column: str, frame: pl.DataFrame, sample: pl.DataFrame, first: date
    ) -> tuple[str, IntArray, IntArray, float | None, float, float]:
        values = floats(frame[column])
        windows = self._windows(column)[self._begun(first) :]
        new = Binning(self.edges[column]).counts(values)
        gap = max(0, (first - self.until).days // WINDOW_DAYS)
        return (
            column,
            windows.sum(axis=0),
            new,
            usual(windows, gap),
            # The sample is kept in 32 bits: held against 64, a value would differ from itself.
            *kolmogorov_smirnov(floats(sample[column]), values.astype(np.float32).astype(np.float64)),
        )

    def _begun(self, first: date) -> int:
        """Number of the newest windows that reach ``first``."""
        return max(0, -(-(self.until - first).days // WINDOW_DAYS))

    def _windows(self, column: str) -> IntArray:
        """Counts of a column by window and bin."""
        own = self._by_column[column]
        found = np.zeros((self._last_window + 1, Binning(self.edges[column]).size), dtype=np.int64)
        found[own["window"].to_numpy(), own["bin"].to_numpy()] = own["count"].to_numpy()
        return found

    @cached_property
    def _by_column(self) -> dict[str, pl.DataFrame]:
        parts = self.counts.partition_by("column", as_dict=True)
        return {column: parts.get((column,), self.counts.clear()) for column in self.edges}

    @cached_property
    def _last_window(self) -> int:
        newest = self.counts["window"].max()
        return newest if isinstance(newest, int) else 0


def usual(windows: IntArray, gap: int) -> float | None:
    """How far windows usually lie from what came before: mean plus three standard deviations of the index.

    ``windows``: counts by window, newest first, and bin. The windows of the newer half, at most a year of them, are
    each held against all that lie more than ``gap`` windows before: the older half is history that they have, as the
    present has. None where fewer than ``LEAST_WINDOWS`` of them can be.
    """
    older = np.cumsum(windows[::-1], axis=0)[::-1][1 + gap :]
    number = min(len(windows) // 2, len(older), MOST_WINDOWS)
    these, older = windows[:number], older[:number]
    enough = (these.sum(axis=1) >= LEAST_ROWS) & (older.sum(axis=1) >= LEAST_ROWS)
    if int(enough.sum()) < LEAST_WINDOWS:
        return None
    found = psi(older[enough], these[enough])
    return float(found.mean() + 3 * found.std(ddof=1))


def floats(values: pl.Series) -> FloatArray:
    """A column as float64, null as NaN."""
    return values.cast(pl.Float64).fill_null(np.nan).to_numpy()


def _counted(column: str, window: pl.Series, places: IntArray) -> pl.DataFrame:
    rows = pl.DataFrame({"window": window, "bin": pl.Series(places, dtype=pl.Int32)})
    return rows.group_by("window", "bin").agg(count=pl.len()).select(pl.lit(column).alias("column"), pl.all())


def spread(asked: pl.DataFrame, rows: int) -> pl.DataFrame:
    """At most so many questions, evenly spaced in order of day: the same ones whatever their order was."""
    ordered = asked.sort("as_of", *ITEM_KEY)
    places = np.linspace(0, max(0, asked.height - 1), min(rows, asked.height)).astype(np.int64)
    return ordered[np.unique(places)]


def _sample(asked: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    return spread(asked, SAMPLE_ROWS).select("as_of", *(pl.col(c).cast(pl.Float32) for c in columns))

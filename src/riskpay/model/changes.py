"""What moved an item's chances from one day to another: another model, days that passed, figures that changed.

The way from then to now goes in steps, and each is told: the other model asked as of the first day; then the days pass, and with
them what only counts days; then the figures that changed, phrase by phrase (``walk``), a due date that was moved among them. The
steps follow one another, so their parts sum to the whole way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from riskpay.model.bridge import Bridge, Part
from riskpay.model.chances import chances
from riskpay.model.late_model import LateModel
from riskpay.model.walk import Parts, walk

FloatArray = npt.NDArray[np.float64]

ALWAYS_COUNT: Final = ("age_days", "days_from_due")
"""Features that only count days."""
MAY_COUNT: Final = ("customer_age_days", "days_since_settled", "oldest_days_past_due")
"""Features that count days while nothing happens: where they moved by as many days as passed, they only counted."""


@dataclass(frozen=True)
class Questions:
    """A model of the registry, and questions of one day with the features that it reads."""

    model: LateModel
    version: str
    frame: pl.DataFrame


@dataclass(frozen=True)
class Way:
    """One figure of items on its way: ``then``, by the ``other_model`` as of then, after the ``days``, and ``now``.

    Shapes (items,). ``news``: what each changed figure adds from ``days`` to ``now``, by item; None where it was not split.
    """

    then: FloatArray
    other_model: FloatArray
    days: FloatArray
    now: FloatArray
    news: Sequence[Parts | None]


@dataclass(frozen=True)
class Changes:
    """What moved the figures (``p_late``, ``p_unpaid_30``) of items, in the order of the frames they were made from.

    ``versions``: of the model then and now. ``passed``: in words, by item.
    """

    ways: Mapping[str, Way]
    versions: tuple[str, str]
    passed: Sequence[str]

    def bridge(self, figure: str, row: int) -> Bridge:
        """One figure of one item from then to now."""
        way = self.ways[figure]
        then, other, days, now = (float(at[row]) for at in (way.then, way.other_model, way.days, way.now))
        steps = (
            Part("model", f"model {self.versions[1]} in place of model {self.versions[0]}", other - then),
            Part("days_passed", self.passed[row], days - other),
        )
        news = way.news[row]
        told = (Part("news", "its other figures changed", now - days),) if news is None else news
        return Bridge(figure, then, tuple(part for part in (*steps, *told) if part.points), now)


def changes(then: Questions, now: Questions, anew: pl.DataFrame, days: int, most: int | None = None) -> Changes:
    """What moved p_late and S(``days``) of items between two days.

    The frames hold the same items in the same order, as of the earlier and the later day. ``anew``: the questions of the
    earlier day with the features that the later model reads. ``most``: the news of so many items are told phrase by
    phrase, of those whose S moved most (default: of all); of the others they are one part.
    """
    passed = with_days_passed(anew, now.frame)
    first = chances(then.model, then.frame, days)
    other = first if then.version == now.version else chances(now.model, anew, days)
    later, last = (chances(now.model, frame, days) for frame in (passed, now.frame))
    split = np.zeros(passed.height, dtype=bool)
    split[furthest(last.unpaid - first.unpaid)[:most]] = True
    news = walk(now.model, passed, now.frame, (later, last), days, split)
    late = Way(first.p_late, other.p_late, later.p_late, last.p_late, [one.p_late if one else None for one in news])
    unpaid = Way(first.unpaid, other.unpaid, later.unpaid, last.unpaid, [one.unpaid if one else None for one in news])
    ways = {"p_late": late, f"p_unpaid_{days}": unpaid}
    return Changes(ways, (then.version, now.version), _passed(anew, now))


def furthest(moved: FloatArray) -> npt.NDArray[np.int64]:
    """The places of what moved, the furthest first; of two alike the earlier place."""
    return np.argsort(-np.abs(moved), kind="stable")


def with_days_passed(then: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """The questions ``then`` asked as of ``now``, as if nothing had happened in between: only what counts days has moved."""
    elapsed = (now["as_of"] - then["as_of"]).dt.total_days().cast(pl.Float64)
    moved = [now["as_of"], *(then[name] + elapsed for name in ALWAYS_COUNT if name in then.columns)]
    for name in MAY_COUNT:
        if name in then.columns:
            counted = (now[name] - then[name]).eq_missing(elapsed)
            moved.append(now[name].zip_with(counted, then[name]))
    return then.with_columns(moved)


def _passed(then: pl.DataFrame, now: Questions) -> list[str]:
    """What passed between the days, by item: its due date, where it did, else the days."""
    rows = zip(then["as_of"], now.frame["as_of"], then["due_date"], strict=True)
    return [_passed_between(before, after, due, now.model.grid.ends[0]) for before, after, due in rows]


def _passed_between(before: date, after: date, due: date, grace: int) -> str:
    if (before - due).days <= grace < (after - due).days:
        return "its due date passed"
    days = (after - before).days
    return "a day passed" if days == 1 else f"{days} days passed"

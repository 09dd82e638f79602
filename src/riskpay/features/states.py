"""Daily states: rows that add up, summed to the end of each day, and asked as of any day."""

from collections.abc import Sequence
from heapq import heappop, heappush

import polars as pl


def daily_state(rows: pl.DataFrame, keys: Sequence[str], sums: Sequence[str]) -> pl.DataFrame:
    """Running sums of ``sums`` by ``keys`` at the end of each ``day`` that has rows, ordered by day."""
    by_day = rows.group_by(*keys, "day").agg(pl.col(sums).sum()).sort("day")
    running = pl.col(sums).cum_sum()
    return by_day.with_columns(running.over(keys) if keys else running)


def at_day(
    asked: pl.DataFrame,
    state: pl.DataFrame,
    keys: Sequence[str],
    values: Sequence[str],
    prefix: str,
    days_back: int = 0,
) -> pl.DataFrame:
    """``asked`` with the state known ``days_back`` days before its ``last_day``, as ``prefix + value``.

    One backward as-of join, facts of that day included; null where nothing was known yet. Rows keep
    their order.
    """
    moment = asked.select("row", *keys, moment=pl.col("last_day") - pl.duration(days=days_back)).sort("moment")
    named = state.select(*keys, "day", *(pl.col(v).alias(prefix + v) for v in values)).sort("day")
    found = moment.join_asof(
        named, left_on="moment", right_on="day", by=list(keys) or None, strategy="backward", check_sortedness=False
    )
    return asked.join(found.select("row", *(prefix + v for v in values)), on="row", how="left", maintain_order="left")


def last_settled(settled: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """The last day on which settlements that still stand became known, at each day on which it may change.

    ``settled`` as ``facts.settlements``. Columns: keys, day, settled_day and days_late (their mean days
    late); both null from a day on which nothing is left.
    """
    by_day = settled.group_by(*keys, "day", "since").agg(pl.col("n", "days_late").sum())
    changed = settled.filter(pl.col("day") != pl.col("since")).select(keys).unique()
    mean = pl.col("days_late") / pl.col("n")
    plain = by_day.join(changed, on=keys, how="anti").select(*keys, "day", settled_day="since", days_late=mean)
    frames = [plain]
    touched = by_day.join(changed, on=keys, how="semi").sort("day", "since")
    for key, part in touched.partition_by(list(keys), as_dict=True, maintain_order=True).items():
        rows = _standing(part.select("day", "since", "n", "days_late").rows())
        frame = pl.DataFrame(
            rows, schema={n: plain.schema[n] for n in ("day", "settled_day", "days_late")}, orient="row"
        )
        frames.append(frame.select(*(pl.lit(k).alias(n) for n, k in zip(keys, key, strict=True)), pl.all()))
    return pl.concat(frames).sort("day")


def _standing(rows: list[tuple]) -> list[tuple]:  # type: ignore[type-arg]
    """Rows (day, since, number, days late) in order to (day, last since with a number left, its mean)."""
    sums: dict = {}  # type: ignore[type-arg]
    found = {}
    for day, since, number, days_late in rows:
        count, total = sums.pop(since, (0.0, 0.0))
        if count + number > 0:
            sums[since] = (count + number, total + days_late)
        last = max(sums, default=None)
        found[day] = (day, last, sums[last][1] / sums[last][0] if last else None)
    return list(found.values())


def oldest_due(spells: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """The earliest due date among the spans that hold, by ``keys``, at each day on which it may change.

    ``spells`` as ``facts.overdue_spells``. Columns: keys, day, oldest (null: none holds). A sweep
    with a heap a customer: spans enter on ``first`` and are dropped once their ``end`` has come.
    """
    ordered = spells.sort(*keys, "first", "due_date")
    parts = ordered.partition_by(list(keys), as_dict=True, maintain_order=True)
    frames = []
    for key, part in parts.items():
        days, oldest = _sweep(part["first"].to_list(), part["end"].to_list(), part["due_date"].to_list())
        frame = pl.DataFrame({"day": days, "oldest": oldest}, schema={"day": pl.Date, "oldest": pl.Date})
        frames.append(frame.with_columns(pl.lit(k).alias(n) for n, k in zip(keys, key, strict=True)))
    empty = spells.select(*keys, day="first", oldest="due_date").clear()
    return pl.concat([empty, *(frame.select(empty.columns) for frame in frames)]).sort("day")


def _sweep(first: list, end: list, due: list) -> tuple[list, list]:  # type: ignore[type-arg]
    days = sorted({*first, *(day for day in end if day is not None)})
    heap: list = []  # type: ignore[type-arg]
    oldest = []
    entered = 0
    for day in days:
        while entered < len(first) and first[entered] <= day:
            heappush(heap, (due[entered], entered))
            entered += 1
        while heap and end[heap[0][1]] is not None and end[heap[0][1]] <= day:
            heappop(heap)
        oldest.append(heap[0][0] if heap else None)
    return days, oldest

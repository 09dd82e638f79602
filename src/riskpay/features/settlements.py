"""Settlements in cash as dated rows that add up: what became known on each day, and what was taken back.

The sum of all rows up to a day is what was known at the end of it.
"""

from typing import Final

import polars as pl

from riskpay.features.bank_days import with_month_end
from riskpay.features.catalogue import EDGES, HELD_DAYS, LATE_DAYS
from riskpay.features.item_history import ItemHistory

PAY_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday")

_MEASURED: Final = (
    "customer",
    "issue_date",
    "due_date",
    "value",
    "terms_days",
    "due_weekday",
    "amount_class",
    "due_roll",
    "country",
    "due_kind",
    "terms_class",
    "like_amount",
    "same_amount",
    "value_log",
)

UPTO: Final = tuple(f"upto_{days}" for days in EDGES)
CORE: Final = ("n", "late", "days_late")
SUMS: Final = (
    *CORE,
    *(f"late_{days}" for days in LATE_DAYS),
    *UPTO,
    "late_effective",
    "paid_month_end",
    "late_value",
    "value",
    "days_late_sq",
    "held",
    "held_sq",
    "days_to_pay",
    "value_log",
    "value_log_sq",
    "late_value_log",
    "terms",
    "terms_sq",
    "late_terms",
    *(f"paid_{name}" for name in PAY_WEEKDAYS),
)
"""Columns of ``settlements`` that add up."""


def settlements(history: ItemHistory, grace_days: int) -> pl.DataFrame:
    """A row per settlement in cash (+1), and one that takes it back (-1) when the item is opened again.

    A settled item whose document changes is taken back as it was and put in as it is. Columns: customer
    (its number), day, since (day on which the settlement became known; it is earlier than ``day``
    where something was changed or taken back), terms_days, due_weekday, amount_class, due_roll, and
    ``SUMS``: n, late, one for each of ``catalogue.LATE_DAYS``, one for each of ``catalogue.EDGES``
    (upto_<days>) and the like, each already times +1 or -1.
    """
    paid = (pl.col("settled") & (pl.col("settled_by") == "cash")).fill_null(value=False)
    same_item = pl.col("item") == pl.col("item").shift(1)
    states = history.states.select(
        "version",
        "known_on",
        "settled_on",
        paid.alias("paid"),
        (paid.shift(1) & same_item).fill_null(value=False).alias("was_paid"),
        content=history.versions["content"][history.states["version"]],
    )
    same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(name).shift(1)) for name in ("content", "settled_on"))
    marked = states.with_columns(
        since=pl.when(pl.col("paid") & ~pl.col("was_paid")).then("known_on").forward_fill(),
        stays=pl.col("paid") & pl.col("was_paid") & same,
    )
    kept = ["version", "settled_on", "since"]
    made = marked.filter(pl.col("paid") & ~pl.col("stays"))
    undone = marked.with_columns(pl.col(kept).shift(1)).filter(pl.col("was_paid") & ~pl.col("stays"))
    signs = ((made, 1), (undone, -1))
    rows = pl.concat(part.select("known_on", *kept, sign=pl.lit(sign, pl.Int32)) for part, sign in signs)
    return _measured(rows, history.versions, grace_days)


def _measured(rows: pl.DataFrame, versions: pl.DataFrame, grace_days: int) -> pl.DataFrame:
    document = versions.select(_MEASURED)[rows["version"]]
    found = with_month_end(pl.concat([rows.drop("version"), document], how="horizontal"))
    days_late = (pl.col("settled_on") - pl.col("due_date")).dt.total_days()
    late = pl.col("days_late") > grace_days
    weekday = pl.col("settled_on").dt.weekday()
    return found.with_columns(days_late=days_late, held=days_late.clip(-HELD_DAYS, HELD_DAYS)).select(
        "customer",
        "since",
        "terms_days",
        "due_weekday",
        "amount_class",
        "due_roll",
        "due_kind",
        "terms_class",
        "like_amount",
        "same_amount",
        pl.col("known_on").alias("day"),
        *(
            (value * pl.col("sign")).alias(name)
            for name, value in {
                "n": pl.lit(1, pl.Int32),
                "late": late,
                "days_late": pl.col("days_late"),
                **{f"late_{days}": pl.col("days_late") > days for days in LATE_DAYS},
                **{f"upto_{days}": pl.col("days_late") <= days for days in EDGES},
                "late_effective": pl.col("days_late") > grace_days + pl.col("due_roll"),
                "paid_month_end": pl.col("settled_month_end"),
                "late_value": pl.when(late).then("value").otherwise(0.0),
                "value": pl.col("value"),
                "days_late_sq": pl.col("days_late") ** 2,
                "held": pl.col("held"),
                "held_sq": pl.col("held") ** 2,
                "days_to_pay": (pl.col("settled_on") - pl.col("issue_date")).dt.total_days(),
                "value_log": pl.col("value_log"),
                "value_log_sq": pl.col("value_log") ** 2,
                "late_value_log": pl.when(late).then("value_log").otherwise(0.0),
                "terms": pl.col("terms_days"),
                "terms_sq": pl.col("terms_days") ** 2,
                "late_terms": pl.when(late).then("terms_days").otherwise(0),
                **{f"paid_{name}": weekday == number for number, name in enumerate(PAY_WEEKDAYS, start=1)},
            }.items()
        ),
    )


def overcounted(changed: pl.DataFrame, days: int) -> pl.DataFrame:
    """What to add to ``CORE`` of a window that is the difference of two running sums, for settlements changed later.

    ``changed``: ``settlements`` with day > since. The difference counts such a row for ``days`` days from
    ``day``; it belongs there only while ``since`` lies within the window too.
    """
    leaves = pl.max_horizontal("day", pl.col("since") + pl.duration(days=days))
    out = changed.with_columns(pl.col(CORE) * -1, day=leaves)
    back = changed.with_columns(day=pl.col("day") + pl.duration(days=days))
    return pl.concat([out, back])

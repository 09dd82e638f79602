"""Dated facts of customers, as rows that add up: settlements, documents, and the open book.

Each row says what changed on the ``day`` it became known, with a ``sign`` of +1 or -1 (a re-opened
item takes its settlement back). The sum of all rows up to a day is what was known at the end of it.
"""

from typing import Final

import polars as pl

from riskpay.features.bank_days import with_bank_days
from riskpay.features.catalogue import EDGES, HELD_DAYS, LATE_DAYS, FeatureSettings
from riskpay.ledger.fx import with_value
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.settlement import item_states
from riskpay.ledger.tables import CUSTOMER_KEY, ITEM_KEY

AMOUNT_BREAKS: Final = tuple(2.0**power for power in range(41))
"""Edges of the classes of like amounts, in major units of the company's currency."""

PAY_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday")

_KEY = list(ITEM_KEY)


def valued_states(ledger: Ledger, settings: FeatureSettings) -> pl.DataFrame:
    """``item_states`` with value and open_value (major units of the company's currency), terms_days,
    due_weekday (0 = Monday) and amount_class.

    The rate is the last one on or before the issue day, or before the day the document became known if
    that was earlier; without one, one for one.
    """
    states = item_states(ledger, settings.tolerance).with_columns(
        rate_day=pl.min_horizontal("issue_date", pl.col("known_on").min().over(_KEY))
    )
    for amount, into in (("amount", "value"), ("open_amount", "open_value")):
        states = with_value(states, ledger, amount, "rate_day", into, later_rates=False)
    return with_bank_days(states.drop("rate_day"), ledger).with_columns(
        terms_days=(pl.col("due_date") - pl.col("issue_date")).dt.total_days(),
        due_weekday=pl.col("due_date").dt.weekday().cast(pl.Int32) - 1,
        amount_class=amount_class(pl.col("value")),
    )


def amount_class(value: pl.Expr) -> pl.Expr:
    """Index of the class of like amounts that a value falls into; each class spans a doubling."""
    breaks = pl.Series(AMOUNT_BREAKS)
    return value.map_batches(lambda s: breaks.search_sorted(s, side="right").cast(pl.Int32), return_dtype=pl.Int32)


_OF_SETTLEMENT = (
    "customer_id",
    "issue_date",
    "due_date",
    "terms_days",
    "due_weekday",
    "value",
    "amount_class",
    "due_roll",
    "settled_month_end",
    "settled_on",
    "since",
)
"""What a settlement is measured by: where a later version of the document changes it, it is measured anew."""


def settlements(states: pl.DataFrame, grace_days: int) -> pl.DataFrame:
    """A row per settlement in cash (+1), and one that takes it back (-1) when the item is opened again.

    A settled item whose document changes is taken back as it was and put in as it is. Columns:
    company_id, customer_id, day, since (day on which the settlement became known; it is earlier than ``day``
    where something was changed or taken back), sign, terms_days, due_weekday, amount_class, and the sums
    n, late, one for each of ``catalogue.LATE_DAYS``, one for each of ``catalogue.EDGES`` (upto_<days>), late_value, value,
    days_late, days_late_sq, days_to_pay, paid_monday .. paid_friday, each already times the sign.
    """
    same_item = pl.all_horizontal(pl.col(name) == pl.col(name).shift(1) for name in _KEY)
    paid = (pl.col("settled") & (pl.col("settled_by") == "cash")).fill_null(value=False)
    marked = states.with_columns(paid=paid, was_paid=(paid.shift(1) & same_item).fill_null(value=False))
    begun = marked.with_columns(
        since=pl.when(pl.col("paid") & ~pl.col("was_paid")).then("known_on").forward_fill()
    ).with_columns(same=pl.all_horizontal(pl.col(n).eq_missing(pl.col(n).shift(1)) for n in _OF_SETTLEMENT[:-1]))
    stays = pl.col("paid") & pl.col("was_paid") & pl.col("same")
    made = begun.filter(pl.col("paid") & ~stays)
    undone = begun.with_columns(pl.col(_OF_SETTLEMENT).shift(1)).filter(pl.col("was_paid") & ~stays)
    rows = pl.concat([made.with_columns(sign=pl.lit(1)), undone.with_columns(sign=pl.lit(-1))])
    late_by = (pl.col("settled_on") - pl.col("due_date")).dt.total_days()
    weekday = pl.col("settled_on").dt.weekday()
    measured = rows.select(
        *CUSTOMER_KEY,
        "since",
        "sign",
        "terms_days",
        "due_weekday",
        "amount_class",
        "due_roll",
        day="known_on",
        n=pl.lit(1.0),
        late=late_by > grace_days,
        **{f"late_{days}": late_by > days for days in LATE_DAYS},
        **{f"upto_{days}": late_by <= days for days in EDGES},
        late_effective=late_by > grace_days + pl.col("due_roll"),
        paid_month_end=pl.col("settled_month_end"),
        late_value=pl.when(late_by > grace_days).then("value").otherwise(0.0),
        value="value",
        days_late=late_by,
        days_late_sq=late_by**2,
        held=late_by.clip(-HELD_DAYS, HELD_DAYS),
        held_sq=late_by.clip(-HELD_DAYS, HELD_DAYS) ** 2,
        days_to_pay=(pl.col("settled_on") - pl.col("issue_date")).dt.total_days(),
        **{f"paid_{name}": weekday == number for number, name in enumerate(PAY_WEEKDAYS, start=1)},
    )
    return measured.with_columns(pl.col(SETTLED_SUMS).cast(pl.Float64) * pl.col("sign"))


UPTO: Final = tuple(f"upto_{days}" for days in EDGES)

SETTLED_SUMS: Final = (
    "n",
    "late",
    *(f"late_{days}" for days in LATE_DAYS),
    *UPTO,
    "late_effective",
    "paid_month_end",
    "late_value",
    "value",
    "days_late",
    "days_late_sq",
    "held",
    "held_sq",
    "days_to_pay",
    *(f"paid_{name}" for name in PAY_WEEKDAYS),
)
"""Columns of ``settlements`` that add up."""


def overcounted(changed: pl.DataFrame, days: int) -> pl.DataFrame:
    """What to add to a window that is the difference of two daily states, for settlements changed later.

    ``changed``: ``settlements`` with day > since. The difference counts such a row for ``days`` days from
    ``day``; it belongs there only while ``since`` lies within the window too.
    """
    leaves = pl.max_horizontal("day", pl.col("since") + pl.duration(days=days))
    out = changed.with_columns(-pl.col(SETTLED_SUMS), day=leaves)
    back = changed.with_columns(day=pl.col("day") + pl.duration(days=days))
    return pl.concat([out, back])


def documents(states: pl.DataFrame) -> pl.DataFrame:
    """A row per item on the day it became known: company_id, customer_id (first issued to), day, issued = 1."""
    first = states.group_by(_KEY, maintain_order=True).first()
    return first.select(*CUSTOMER_KEY, day="known_on", issued=pl.lit(1.0))


def open_spells(states: pl.DataFrame) -> pl.DataFrame:
    """Spans of days in which an item was known to be open with one amount and due date.

    Columns: company_id, customer_id, due_date, open_value, first (day it became so known) and end
    (day that changed it, null: still so). The span holds from ``first`` up to but not including ``end``.
    """
    spans = states.with_columns(end=pl.col("known_on").shift(-1).over(_KEY))
    return spans.filter(~pl.col("settled")).select(*CUSTOMER_KEY, "due_date", "open_value", "end", first="known_on")


def overdue_spells(spells: pl.DataFrame, first_overdue_day: int) -> pl.DataFrame:
    """The part of each open span that lies past the due date, empty ones left out.

    ``first_overdue_day``: days from the due date to the first day, counted as ``first`` is, that
    finds the item overdue (1 where facts of as_of itself count, 0 where they do not).
    """
    turned = pl.col("due_date") + pl.duration(days=first_overdue_day)
    late = spells.with_columns(first=pl.max_horizontal("first", turned))
    return late.filter(pl.col("end").is_null() | (pl.col("first") < pl.col("end")))


def book_changes(spells: pl.DataFrame, prefix: str) -> pl.DataFrame:
    """Rows that add up to the number and value of spans that hold on a day.

    Columns: company_id, customer_id, day, ``<prefix>_count`` and ``<prefix>_value``.
    """
    names = {f"{prefix}_count": pl.lit(1.0), f"{prefix}_value": pl.col("open_value")}
    begins = spells.select(*CUSTOMER_KEY, day="first", **names)
    ends = spells.filter(pl.col("end").is_not_null()).select(
        *CUSTOMER_KEY, day="end", **{name: -value for name, value in names.items()}
    )
    return pl.concat([begins, ends])

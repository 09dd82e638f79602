"""Looking back: what a model says of questions whose answers have come in since."""

from dataclasses import replace
from datetime import date

import polars as pl

from riskpay.ledger.tables import CUSTOMER_KEY, ITEM_KEY
from riskpay.model.hindsight import NEVER, Hindsight
from riskpay.model.late_model import LateModel

MOST = 20_000
"""Questions that are looked back on in one go, at most: a curve takes 181 figures."""


def look_back(model: LateModel, asked: pl.DataFrame, items: pl.DataFrame, before: date, lag_days: int) -> Hindsight:
    """What ``model`` says of ``asked`` questions, and what was known of them before the day ``before``.

    ``asked`` as for ``LateModel.hazards``, with customer_id and at_issue; of them the ``seen`` ones. ``items`` as
    ``open_items.latest`` of what was known.
    """
    kept = _ended(asked, items).filter(seen(asked, items))
    # All of the curve, however little the ledger vouches for it: an interval is held against what came.
    risks = replace(model, settled_only=False).risks(kept, before, "")
    return Hindsight(_rows(kept, risks.items["p_late"], model.grid.ends[0], before, lag_days), risks.unpaid)


def seen(asked: pl.DataFrame, items: pl.DataFrame) -> pl.Series:
    """Which questions are looked back on: every so many, where there are more than ``MOST``.

    Items ended by a credit note or write-off are left out: a competing event, after which no payment can be seen.
    """
    ended = _ended(asked, items)["settled_by"]
    by_cash = ended.is_null() | (ended == "cash")
    step = max(1, -(-int(by_cash.sum()) // MOST))
    return by_cash.fill_null(value=True) & ((by_cash.cast(pl.Int64).cum_sum() - 1) % step == 0)


def _ended(asked: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    ends = items.select(*ITEM_KEY, "settled_on", "settled_by")
    return asked.join(ends, on=ITEM_KEY, how="left", maintain_order="left")


def _rows(kept: pl.DataFrame, p_late: pl.Series, grace_days: int, before: date, lag_days: int) -> pl.DataFrame:
    at, paid_in = _days(pl.col("as_of") - pl.col("due_date")), _days(pl.col("settled_on") - pl.col("as_of"))
    watched = _days(pl.lit(before) - pl.col("as_of")) - lag_days - 1
    is_decided = (at <= grace_days) & (at + watched >= grace_days)
    was_late = (_days(pl.col("settled_on") - pl.col("due_date")) > grace_days).fill_null(value=True)
    return kept.select(
        *CUSTOMER_KEY,
        "at_issue",
        "settled_count",
        "late_share",
        at=at,
        p_late=p_late,
        paid_in=paid_in.fill_null(NEVER).clip(lower_bound=1),
        watched=watched,
        late=pl.when(is_decided).then(was_late),
    )


def _days(span: pl.Expr) -> pl.Expr:
    return span.dt.total_days().cast(pl.Int64)

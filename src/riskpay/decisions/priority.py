"""In which order payers are called: must-contact rules first, then the value of a minute.

priority = (P(reach) x call value - cost of a call) / minutes of a call, in reporting minor units a minute.
While no model is trained, priority is the points strategy: points of the rules that hold over all points,
a share from 0 to 1; equal points are ordered by what can be collected.
"""

from datetime import date, timedelta
from typing import Final

import polars as pl

from riskpay.decisions.contacted import PAYER_KEY
from riskpay.decisions.holds import minor
from riskpay.decisions.payers import TERMS
from riskpay.decisions.policy import Policy
from riskpay.money import minor_digits

AMOUNT_FACT: Final = "past_due_amount"


def ranked(payers: pl.DataFrame, as_of: date, reporting: str, policy: Policy) -> pl.DataFrame:
    """``payers`` with call_value (reporting minor units), priority and must_contact (rule or null), in calling order.

    Ties go by what can be collected, then by key, so the order never depends on the input's.
    """
    found = payers.with_columns(call_value=pl.sum_horizontal(TERMS), must_contact=_must(as_of, reporting, policy))
    by_model = bool(found["scored"].any())
    value = _by_value(reporting, policy) if by_model else _by_points(reporting, policy)
    keys = ["_must", "priority", "worth", *PAYER_KEY]
    return (
        found.with_columns(
            priority=value.round(6), by_model=pl.lit(by_model), _must=pl.col("must_contact").is_not_null()
        )
        .sort(keys, descending=[True, True, True, False, False])
        .drop("_must")
    )


def _by_value(reporting: str, policy: Policy) -> pl.Expr:
    phone = policy.channels.phone
    cost = minor(float(phone.cost), reporting)
    return (phone.p_reach * pl.col("call_value") - cost) / phone.minutes


def _by_points(reporting: str, policy: Policy) -> pl.Expr:
    most = sum(rule.points for rule in policy.points)
    unit = 10 ** minor_digits(reporting)
    given = pl.lit(0.0)
    for rule in policy.points:
        fact = pl.col("past_due_worth") / unit if rule.fact == AMOUNT_FACT else pl.col(rule.fact)
        holds = fact >= rule.at_least
        if rule.below is not None:
            holds &= fact < rule.below
        given += pl.when(holds).then(rule.points).otherwise(0.0)
    return given / most


def _must(as_of: date, reporting: str, policy: Policy) -> pl.Expr:
    """The first must-contact rule that holds, in the words of the list."""
    rules = policy.must_contact
    overdue = pl.col("oldest_days_past_due") > 0
    since = pl.max_horizontal("last_touch", "oldest_due")
    untouched = overdue & (since < as_of - timedelta(days=policy.longest_untouched_days))
    large = pl.col("past_due_worth") >= minor(float(rules.large_amount), reporting)
    returned = pl.col("debit_returned_on") > as_of - timedelta(days=rules.returned_debit_days)
    cases = [
        (returned & _not_spoken_since("debit_returned_on"), "returned debit"),
        (_not_spoken_since("broken_on") & rules.broken_promise & (pl.col("broken_promises") > 0), "broken promise"),
        (large & (pl.col("oldest_days_past_due") >= rules.large_days), "large and overdue"),
        (untouched & (pl.col("worth") >= minor(float(rules.untouched_amount), reporting)), "longest untouched"),
    ]
    return pl.coalesce([pl.when(holds.fill_null(value=False)).then(pl.lit(name)) for holds, name in cases])


def _not_spoken_since(day: str) -> pl.Expr:
    return pl.col("last_spoken").is_null() | (pl.col("last_spoken") <= pl.col(day))


def within_capacity(payers: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """``payers`` (ranked) with ``minutes`` of each call and ``listed``: whether its collector has time for it.

    Each collector works down the list until the minutes of the day are used.
    """
    minutes = policy.channels.phone.minutes
    rooms = {name: int(given / minutes) for name, given in policy.capacity.collectors.items()}
    room = pl.col("owner").replace_strict(rooms, default=int(policy.capacity.minutes / minutes), return_dtype=pl.Int64)
    place = pl.int_range(pl.len()).over("owner")
    return payers.with_columns(minutes=pl.lit(minutes), listed=place < room)


def pays_its_minutes() -> pl.Expr:
    """Whether a call must be made, stands on the ladder for today (``call_due``), or brings more than it costs."""
    return pl.col("must_contact").is_not_null() | pl.col("call_due") | (pl.col("priority") > 0)

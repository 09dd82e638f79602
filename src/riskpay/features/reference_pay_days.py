"""On which days a customer pays, as plain arithmetic: part of ``reference``, and read with it."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from math import nan, sqrt

import pandas as pd

from riskpay.dates import SATURDAY, is_business_day

Figures = dict[str, float]

_USUAL = 0.15
_MOSTLY_MONTH_END = 0.5
_REACH = 8
_MONTH_REACH = 31
_ONE = timedelta(days=1)
_NAMES = (
    "days_since_pay_day",
    "days_to_pay_day",
    "paid_by_pay_day_share",
    "paid_before_next_pay_day_share",
    "pay_day_margin",
    "days_late_over_pay_day",
)


@cache
def days_to_business_day(day: date, country: str) -> int:
    """Days from ``day`` to the first day on or after it on which banks work."""
    return 0 if is_business_day(day, country) else 1 + days_to_business_day(day + _ONE, country)


@cache
def is_last_business_day(day: date, country: str) -> bool:
    """Whether banks work on ``day`` and on no later day of its month."""
    rest = [day + n * _ONE for n in range(1, 31)]
    return is_business_day(day, country) and not any(
        later.month == day.month and is_business_day(later, country) for later in rest
    )


def weekday_counts(paid: pd.DataFrame) -> list[int]:
    """How many settlements fell on each of Monday to Friday."""
    return [int((paid["paid_weekday"] == n).sum()) for n in range(SATURDAY)]


def pay_weekdays(paid: pd.DataFrame, due_weekday: int) -> Figures:
    """Shares of settlements on Monday to Friday, and on last business days of a month."""
    counts, total = weekday_counts(paid), len(paid)
    names = ("monday", "tuesday", "wednesday", "thursday", "friday")
    before_due = [(due_weekday - back) % 7 for back in range(4)]
    around = sum(counts[n] for n in before_due if n < SATURDAY)
    return {
        **{f"pay_share_{name}": count / total if total else nan for name, count in zip(names, counts, strict=True)},
        "pay_share_month_end": float(paid["at_month_end"].mean()) if total else nan,
        "pay_share_around_due": around / total if total else nan,
    }


def typical(paid: pd.DataFrame, everyone: pd.DataFrame, k: float) -> Figures:
    """The customer's typical days late and how far its items lie from it, as if ``k`` more were as everyone's are."""
    if everyone.empty:
        return {"typical_days_late": nan, "typical_spread": nan}
    own, all_held = paid["held_days_late"], everyone["held_days_late"]
    centre = (float(own.sum()) + k * float(all_held.mean())) / (len(own) + k)
    squares = float(((own - centre) ** 2).sum()) + k * float(((all_held - centre) ** 2).mean())
    return {"typical_days_late": centre, "typical_spread": sqrt(squares / (len(own) + k))}


def pay_days(paid: pd.DataFrame, everyone: pd.DataFrame, due: date, country: str, found: Figures, k: float) -> Figures:
    """The customer's usual payment days around a due date, and how it pays against them.

    ``found``: typical_days_late, typical_spread, mean_days_late and sd_days_late. All NaN without a usual payment day.
    """
    usual = [n for n, count in enumerate(weekday_counts(paid)) if len(paid) and count / len(paid) >= _USUAL]
    monthly = len(paid) > 0 and float(paid["at_month_end"].mean()) >= _MOSTLY_MONTH_END
    if not usual and not monthly:
        return dict.fromkeys(_NAMES, nan)

    def pays(day: date) -> bool:
        if monthly:
            return is_last_business_day(day, country)
        return day.weekday() in usual and is_business_day(day, country)

    back, ahead = _around(due, pays, _MONTH_REACH if monthly else _REACH)
    between = back + ahead
    day, spread = found["typical_days_late"], found["typical_spread"]
    if monthly:
        day, spread = found["mean_days_late"], found["sd_days_late"] if len(paid) > 1 else between / 4
    # Someone who pays on every n-th day only pays 0 to n - 1 days after meaning to.
    waits = pd.Series(range(between))
    meant_spread = sqrt(max(spread**2 - float(waits.var(ddof=0)), 1.0))
    by_then, before_next = min(back, _REACH), min(ahead, _REACH)
    shares = [
        (float(own.sum()) + k * float(portfolio.mean())) / (len(own) + k)
        for own, portfolio in (
            (paid["days_late"] <= -by_then, everyone["days_late"] <= -by_then),
            (paid["days_late"] < before_next, everyone["days_late"] < before_next),
        )
    ]
    margin = (day - float(waits.mean()) + back) / meant_spread
    return dict(zip(_NAMES, (back, ahead, *shares, margin, day + back), strict=True))


def _around(due: date, pays: Callable[[date], bool], reach: int) -> tuple[int, int]:
    """Days back to a payment day on or before the due date, and on to one after it; ``reach`` for any further away."""
    back = next((n for n in range(reach) if pays(due - n * _ONE)), reach)
    ahead = next((n for n in range(1, reach) if pays(due + n * _ONE)), reach)
    return back, ahead

"""On which days a customer pays, as plain arithmetic: part of ``reference``, and read with it."""

from datetime import date, timedelta
from math import nan

import pandas as pd

from riskpay.dates import SATURDAY, is_business_day

Figures = dict[str, float]

_USUAL = 0.15
_REACH = 8


def weekday_counts(paid: pd.DataFrame) -> list[int]:
    """How many settlements fell on each of Monday to Friday."""
    return [int((paid["paid_weekday"] == n).sum()) for n in range(SATURDAY)]


def pay_weekdays(paid: pd.DataFrame, due_weekday: int) -> Figures:
    """Shares of settlements on Monday to Friday; the commonest is the earliest of equals."""
    counts, total = weekday_counts(paid), len(paid)
    commonest = counts.index(max(counts))
    names = ("monday", "tuesday", "wednesday", "thursday", "friday")
    before_due = [(due_weekday - back) % 7 for back in range(4)]
    around = sum(counts[n] for n in before_due if n < SATURDAY)
    return {
        **{f"pay_share_{name}": count / total if total else nan for name, count in zip(names, counts, strict=True)},
        "days_to_pay_weekday": (commonest - due_weekday) % 7 if any(counts) else nan,
        "pay_share_around_due": around / total if total else nan,
    }


def pay_days(
    paid: pd.DataFrame, everyone: pd.DataFrame, due: date, country: str, mean_days_late: float, k: float
) -> Figures:
    """The customer's usual payment days around a due date, and how often it pays in time for them.

    A usual payment day is a weekday with 15 % of its settlements at least, on which banks work; one that is 8 days
    away or further counts as 8. All NaN without a usual weekday.
    """
    usual = [n for n, count in enumerate(weekday_counts(paid)) if len(paid) and count / len(paid) >= _USUAL]
    names = ("days_since_pay_day", "days_to_pay_day", "paid_by_pay_day_share", "paid_before_next_pay_day_share")
    if not usual:
        return dict.fromkeys((*names, "days_late_over_pay_day"), nan)

    def pays(day: date) -> bool:
        return day.weekday() in usual and is_business_day(day, country)

    back = next((n for n in range(_REACH) if pays(due - timedelta(days=n))), _REACH)
    ahead = next((n for n in range(1, _REACH) if pays(due + timedelta(days=n))), _REACH)
    by_then = (paid["days_late"] <= -back, everyone["days_late"] <= -back)
    before_next = (paid["days_late"] < ahead, everyone["days_late"] < ahead)
    shares = [
        (float(own.sum()) + k * float(portfolio.mean())) / (len(own) + k) for own, portfolio in (by_then, before_next)
    ]
    return dict(zip(names, (back, ahead, *shares), strict=True)) | {"days_late_over_pay_day": mean_days_late + back}

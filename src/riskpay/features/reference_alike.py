"""The record of items like the one asked about, as plain arithmetic: part of ``reference``, and read with it."""

from dataclasses import dataclass
from datetime import date
from math import exp, log, log10, nan, sqrt

import pandas as pd

from riskpay.dates import SATURDAY, is_business_day
from riskpay.features.reference_pay_days import days_to_business_day

Figures = dict[str, float]

_YEAR = 365
_THIRDS = 120


def due_kind(due: date, country: str) -> int:
    """Its weekday where banks work on it; else 6 if they do on the day after, and 5."""
    if is_business_day(due, country):
        return due.weekday()
    return SATURDAY + 1 if days_to_business_day(due, country) == 1 else SATURDAY


def terms_class(terms_days: int) -> int:
    """Which span of like terms they lie in: below 1 day, from 1, 8, 13, 18, 25, 36 or 51 days on."""
    return sum(terms_days >= edge for edge in (1, 8, 13, 18, 25, 36, 51))


def like_amount(value: float) -> int:
    """Class of close amounts, three to a doubling."""
    return sum(value >= 2.0 ** (third / 3) for third in range(_THIRDS + 1))


@dataclass(frozen=True)
class Alike:
    """The item asked about, and what is known: settlements of its customer and of everybody, and the customer's items.

    ``late_decayed``: the customer's share late, recent settlements counting more.
    """

    kind: int
    terms_days: int
    value: float
    paid: pd.DataFrame
    everyone: pd.DataFrame
    items: pd.DataFrame
    lag_days: int
    half_life_days: float


def alike(case: Alike) -> Figures:
    """Family alike."""
    paid = case.paid
    portfolio = _towards(case.everyone, 0.4, 10.0)
    own = _towards(paid, portfolio, 2.0)
    year = case.everyone[case.everyone["known_ago"] < _YEAR]
    everybody = _towards(year[year["due_kind"] == case.kind], portfolio, 2.0)
    expected = _logistic(_odds(own) + _odds(everybody) - _odds(portfolio))
    same_kind = paid[paid["due_kind"] == case.kind]
    same_terms = same_kind[same_kind["terms_class"] == terms_class(case.terms_days)]
    close = paid[paid["like_amount"] == like_amount(case.value)]
    kind = _towards(same_kind, expected, 2.0)
    kind_terms = _towards(same_terms, kind, 2.0)
    like = _towards(close, own, 2.0)
    faded_late, faded = _faded(paid, case.half_life_days)
    latest = (faded_late + own) / (faded + 1)
    return {
        "late_share_kind": kind,
        "late_share_kind_terms": kind_terms,
        "late_share_kind_terms_now": _now(same_terms, kind_terms, case),
        "late_share_like_amount": like,
        "late_share_same_amount": _towards(paid[paid["value"] == case.value], like, 1.0),
        "late_odds": _odds(kind_terms) + _odds(like) + _odds(latest) - 2 * _odds(own),
        "late_slope_amount": _slope(
            paid, paid["value"].clip(lower=0.01).map(log10), log10(max(case.value, 0.01)), 0.05
        ),
        "late_slope_terms": _slope(paid, paid["terms_days"], case.terms_days, 4.0),
        "amount_spreads": _spreads(paid, case.value),
    }


def _now(same_terms: pd.DataFrame, kind_terms: float, case: Alike) -> float:
    """Recent settlements count more, and what is overdue for longer than the posting lag counts as late."""
    items = case.items[case.items["is_open"] & (case.items["past_due"] > case.lag_days)]
    items = items[(items["due_kind"] == case.kind) & (items["terms_class"] == terms_class(case.terms_days))]
    late, count = _faded(same_terms, case.half_life_days)
    return (late + len(items) + kind_terms) / (count + len(items) + 1)


def _faded(paid: pd.DataFrame, half_life_days: float) -> tuple[float, float]:
    """Items late and items in all, each halved with every half-life since it became known."""
    weights = 2.0 ** (-paid["known_ago"] / half_life_days)
    return float((weights * paid["late"]).sum()), float(weights.sum())


def _slope(paid: pd.DataFrame, sizes: pd.Series, size: float, least: float) -> float:
    """What the customer's share late gains from the mean size to this one, by least squares; 0 below two items."""
    if len(paid) < 2:
        return 0.0
    away = sizes - sizes.mean()
    together = float((away * (paid["late"] - paid["late"].mean())).mean())
    return together / (float((away**2).mean()) + least) * (size - float(sizes.mean()))


def _spreads(paid: pd.DataFrame, value: float) -> float:
    if paid.empty:
        return nan
    logs = paid["value"].clip(lower=0.01).map(log10)
    return (log10(max(value, 0.01)) - float(logs.mean())) / max(sqrt(float(logs.var(ddof=0))), 0.05)


def _towards(rows: pd.DataFrame, share: float, weight: float) -> float:
    """The share late as if ``weight`` more items had ``share``."""
    return (float(rows["late"].sum()) + weight * share) / (len(rows) + weight)


def _odds(share: float) -> float:
    held = min(max(share, 0.001), 0.999)
    return log(held / (1 - held))


def _logistic(odds: float) -> float:
    return 1 / (1 + exp(-odds))

"""Each family of features as plain arithmetic over what is known: part of ``reference``, and read with it."""

from dataclasses import dataclass
from datetime import date, timedelta
from math import log10, nan

import pandas as pd

from riskpay.dates import is_business_day, is_holiday
from riskpay.features.catalogue import LATE_DAYS, SPANS, FeatureSettings
from riskpay.features.reference_alike import Alike, alike, due_kind
from riskpay.features.reference_items import KnownItem
from riskpay.features.reference_pay_days import days_to_business_day, pay_days, pay_weekdays, typical

Figures = dict[str, float]

_DOUBLINGS = 40


@dataclass(frozen=True)
class Case:
    """One question: the item as known, and the tables ``items`` and ``paid`` of everyone as known (see ``reference``)."""

    item: KnownItem
    value: float
    open_value: float
    country: str
    as_of: date
    all_items: pd.DataFrame
    all_paid: pd.DataFrame
    settings: FeatureSettings

    @property
    def items(self) -> pd.DataFrame:
        """Known items of the customer."""
        return _of_customer(self.all_items, self.item, "customer_id", self.item.customer_id)

    @property
    def issued(self) -> pd.DataFrame:
        """Known items that were first issued to the customer, whoever owes them now."""
        return _of_customer(self.all_items, self.item, "first_customer_id", self.item.customer_id)

    @property
    def paid(self) -> pd.DataFrame:
        """Items of the customer known to be settled in cash."""
        return _of_customer(self.all_paid, self.item, "customer_id", self.item.customer_id)


def _of_customer(table: pd.DataFrame, item: KnownItem, column: str, customer: str) -> pd.DataFrame:
    return table[(table["company_id"] == item.company_id) & (table[column] == customer)]


def figures(case: Case) -> Figures:
    """Every feature of the catalogue for one question."""
    found: Figures = {}
    for family in (item, calendar, history, recent, habit, book, portfolio):
        found |= family(case, found)
    settings = case.settings
    like = Alike(
        kind=due_kind(case.item.due_date, case.country),
        terms_days=case.item.terms_days,
        value=case.value,
        paid=case.paid,
        everyone=case.all_paid,
        items=case.items,
        lag_days=settings.posting_lag_days,
        half_life_days=settings.half_life_days,
    )
    return found | alike(like)


def mean(table: pd.DataFrame, column: str) -> float:
    """The mean of a column; NaN without rows."""
    return float(table[column].mean()) if len(table) else nan


def shrunk(table: pd.DataFrame, column: str, towards: float, weight: float) -> float:
    """The mean of a column as if ``weight`` more rows were there with the value ``towards``."""
    return (float(table[column].sum()) + weight * towards) / (len(table) + weight)


def log_money(value: float) -> float:
    """log10 of money, of a hundredth at least."""
    return log10(max(value, 0.01))


def amount_class(value: float) -> int:
    """Amounts are alike if they lie between the same powers of two: 0 below 1, 1 for [1, 2), 2 for [2, 4) and so on."""
    return sum(value >= 2.0**power for power in range(_DOUBLINGS + 1))


def within(paid: pd.DataFrame, days: int) -> pd.DataFrame:
    """Rows whose settlement became known on one of the last ``days`` days."""
    return paid[paid["known_ago"] < days]


def item(case: Case, _: Figures) -> Figures:
    """Family item."""
    own = case.item
    return {
        "amount_log": log_money(case.value),
        "terms_days": own.terms_days,
        "age_days": (case.as_of - own.issue_date).days,
        "days_from_due": (case.as_of - own.due_date).days,
        "open_share": case.open_value / case.value,
        "amount_to_usual": log_money(case.value) - log_money(mean(case.paid, "value")) if len(case.paid) else nan,
    }


def calendar(case: Case, _: Figures) -> Figures:
    """Family calendar; bank holidays of the item's country."""
    due, one = case.item.due_date, timedelta(days=1)
    distances = [n for n in range(-30, 31) if is_holiday(due + n * one, case.country)]
    month_end = due
    while (month_end + one).month == due.month:
        month_end += one
    business = due
    while not is_business_day(business, case.country):
        business += one
    return {
        "due_weekday": due.weekday(),
        "due_day_of_month": due.day,
        "due_days_to_month_end": (month_end - due).days,
        "due_days_to_holiday": min(distances, key=lambda n: (abs(n), n < 0), default=31),
        "due_days_to_business_day": (business - due).days,
        "due_days_since_business_day": next(n for n in range(1, 40) if is_business_day(due - n * one, case.country)),
        "bank_days_in_terms": business_days(case.item.issue_date, due, case.country),
        "issue_weekday": case.item.issue_date.weekday(),
    }


def business_days(first: date, last: date, country: str) -> int:
    """Business days after ``first``, up to ``last``; those between counted down where ``last`` lies before it."""
    if last < first:
        return -business_days(last, first, country)
    return sum(is_business_day(first + timedelta(days=n), country) for n in range(1, (last - first).days + 1))


def history(case: Case, _: Figures) -> Figures:
    """Family history: shrunk towards all customers, whose share is NaN while nothing at all is settled."""
    paid, everyone, k = case.paid, case.all_paid, case.settings.prior_weight
    some = len(paid) > 0
    latest = paid[paid["known_ago"] == paid["known_ago"].min()]
    kinds = ("late", *(f"late_{days}" for days in LATE_DAYS), *SPANS)
    shares = {f"{kind}_share": shrunk(paid, kind, mean(everyone, kind), k) for kind in kinds}
    overdue = int((case.items["is_open"] & (case.items["past_due"] > 0)).sum())
    counted_late = float(paid["late"].sum()) + overdue + k * mean(everyone, "late")
    return shares | {
        "settled_count": len(paid),
        "late_amount_share": _late_amount_share(paid, everyone, k),
        "mean_days_late": shrunk(paid, "days_late", mean(everyone, "days_late"), k),
        "sd_days_late": float(paid["days_late"].std(ddof=0)) if len(paid) > 1 else nan,
        "last_days_late": mean(latest, "days_late"),
        "days_since_settled": float(paid["known_ago"].min()) if some else nan,
        "mean_days_to_pay": mean(paid, "days_to_pay"),
        "pay_days_over_terms": mean(paid, "days_to_pay") - case.item.terms_days,
        "late_share_with_overdue": counted_late / (len(paid) + overdue + k),
        "customer_age_days": float(case.issued["made_ago"].max()) if len(case.issued) else 0.0,
    }


def _late_amount_share(paid: pd.DataFrame, everyone: pd.DataFrame, k: float) -> float:
    """Late money over money, as if ``k`` more items of the customer's mean amount were paid late as all customers do."""
    if everyone.empty:
        return nan
    usual = float(everyone.loc[everyone["late"], "value"].sum() / everyone["value"].sum())
    if paid.empty:
        return usual
    money, more = float(paid["value"].sum()), k * mean(paid, "value")
    return (float(paid.loc[paid["late"], "value"].sum()) + more * usual) / (money + more)


def recent(case: Case, found: Figures) -> Figures:
    """Family recent: windows shrunk towards the customer's whole history."""
    paid, k = case.paid, case.settings.prior_weight
    late, days_late = found["late_share"], found["mean_days_late"]
    weights = 2.0 ** (-paid["known_ago"] / case.settings.half_life_days)
    figures = {f"late_share_{d}": shrunk(within(paid, d), "late", late, k) for d in (30, 90, 180, 365)}
    figures |= {f"mean_days_late_{d}": shrunk(within(paid, d), "days_late", days_late, k) for d in (30, 90, 365)}
    return figures | {
        # One item's worth of the whole history: weights fade, and with them what is to be outweighed.
        "late_share_decayed": (float((weights * paid["late"]).sum()) + late) / (float(weights.sum()) + 1),
        "mean_days_late_decayed": (float((weights * paid["days_late"]).sum()) + days_late) / (float(weights.sum()) + 1),
        "late_trend": figures["late_share_90"] - figures["late_share_365"],
        "settled_count_30": len(within(paid, 30)),
        "issued_count_30": int((case.issued["made_ago"] < 30).sum()),
    }


def habit(case: Case, found: Figures) -> Figures:
    """Family habit: items like this one, and the days on which the customer pays."""
    paid, own, k = case.paid, case.item, case.settings.prior_weight
    due_weekday = own.due_date.weekday()
    weekday = paid[paid["due_weekday"] == due_weekday]
    terms = paid[paid["terms_days"] == own.terms_days]
    alike = paid[paid["amount_class"] == amount_class(case.value)]
    roll = paid[paid["due_roll"] == days_to_business_day(own.due_date, case.country)]
    late = found["late_share"]
    late_weekday = shrunk(weekday, "late", late, k)
    usual = typical(paid, case.all_paid, k)
    return {
        "late_share_weekday": late_weekday,
        "mean_days_late_weekday": shrunk(weekday, "days_late", found["mean_days_late"], k),
        "late_share_terms": shrunk(terms, "late", late, k),
        "late_share_amount": shrunk(alike, "late", late, k),
        "late_share_roll": shrunk(roll, "late", late, k),
        "late_share_effective": shrunk(paid, "late_effective", mean(case.all_paid, "late_effective"), k),
        "late_share_weekday_90": shrunk(within(weekday, 90), "late", late_weekday, k),
        "late_share_weekday_terms": shrunk(terms[terms["due_weekday"] == due_weekday], "late", late_weekday, k),
        "late_share_weekday_amount": shrunk(alike[alike["due_weekday"] == due_weekday], "late", late_weekday, k),
        **{f"{name}_share_weekday": shrunk(weekday, name, found[f"{name}_share"], k) for name in SPANS},
        **pay_weekdays(paid, due_weekday),
        **usual,
        **pay_days(paid, case.all_paid, own.due_date, case.country, found | usual, k),
    }


def book(case: Case, _: Figures) -> Figures:
    """Family book: items of the customer known to be open, this one too once its document is known."""
    now = case.items[case.items["is_open"]]
    overdue = now[now["past_due"] > 0]
    owed, past = float(now["open_value"].sum()), float(overdue["open_value"].sum())
    return {
        "open_count": len(now),
        "open_amount_log": log_money(owed),
        "overdue_count": len(overdue),
        "overdue_amount_log": log_money(past),
        "overdue_share": past / owed if owed else 0.0,
        "oldest_days_past_due": float(overdue["past_due"].max()) if len(overdue) else 0.0,
    }


def portfolio(case: Case, _: Figures) -> Figures:
    """Family portfolio: all customers of all companies; NaN for a window in which nothing was settled."""
    month, quarter, year = (within(case.all_paid, days) for days in (30, 90, 365))
    weekday = year[year["due_weekday"] == case.item.due_date.weekday()]
    return {
        "portfolio_late_share_30": mean(month, "late"),
        "portfolio_late_share_90": mean(quarter, "late"),
        "portfolio_mean_days_late_30": mean(month, "days_late"),
        "portfolio_drift": mean(month, "late") - mean(year, "late"),
        "portfolio_late_share_weekday": shrunk(weekday, "late", mean(year, "late"), case.settings.prior_weight),
    }

"""What every feature means, worked out question by question as a person would by hand: the definition, in pandas.

Slow on purpose. ``histories`` computes the same fast, and tests hold the two equal. The facts known at a question's
moment become two plain tables, ``items`` and ``paid``; ``reference_figures`` has a function over them for each family.
"""

from collections.abc import Iterable
from datetime import date, timedelta

import pandas as pd
import polars as pl

from riskpay.dates import Cut
from riskpay.features.catalogue import LATE_DAYS, SPANS, FeatureSettings
from riskpay.features.reference_alike import due_kind, like_amount, terms_class
from riskpay.features.reference_disputes import disputes, told_by
from riskpay.features.reference_figures import Case, amount_class, figures
from riskpay.features.reference_items import ItemKey, KnownItem, Rates, facts_by_item, first_version, item_on
from riskpay.features.reference_pay_days import days_to_business_day, is_last_business_day
from riskpay.features.reference_places import Places
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.tables import ITEM_KEY

_ITEM_COLUMNS = [
    "company_id",
    "customer_id",
    "first_customer_id",
    "made_ago",
    "is_open",
    "open_value",
    "past_due",
    "due_kind",
    "terms_class",
]
_HELD = 12


def reference(
    ledger: Ledger, questions: pl.DataFrame, cut: Cut, settings: FeatureSettings | None = None
) -> pd.DataFrame:
    """The catalogue's features for each question; arguments, rows and columns as ``histories.features``.

    Nothing that became known after the question's moment is looked at, but for the item's own document: asked before
    that is known, the item is what its first version says, and open in full. NaN where nothing is known.
    """
    chosen = settings or FeatureSettings()
    facts = facts_by_item(ledger)
    rates = Rates(ledger)
    places = Places(ledger)
    asked = questions.select(*ITEM_KEY, "as_of").rows()
    answers: dict[tuple[ItemKey, date], dict[str, float]] = {}
    for as_of in sorted({row[3] for row in asked}):
        last_day = as_of - timedelta(days=1) if cut == "start" else as_of
        known = {key: item_on(f, last_day, chosen.tolerance) for key, f in facts.items() if f.made <= last_day}
        items = items_table(known.values(), rates, places, as_of, last_day)
        paid = paid_table(known.values(), rates, places, last_day, chosen.grace_days)
        told = told_by(ledger, last_day)
        for key in {row[:3] for row in asked if row[3] == as_of and row[:3] in facts}:
            item = known.get(key) or first_version(facts[key])
            value, open_value = rates.value(item, item.amount), rates.value(item, item.open_amount)
            place = places.of(item)
            answers[key, as_of] = figures(Case(item, value, open_value, place, as_of, items, paid, chosen))
            if chosen.disputes:
                answers[key, as_of] |= disputes(item, as_of, known.values(), told, chosen.prior_weight)
    rows = [
        {**dict(zip([*ITEM_KEY, "as_of"], row, strict=True)), **answers.get((row[:3], row[3]), {})} for row in asked
    ]
    return pd.DataFrame(rows, columns=[*ITEM_KEY, "as_of", *chosen.names])


def items_table(known: Iterable[KnownItem], rates: Rates, places: Places, as_of: date, last_day: date) -> pd.DataFrame:
    """Every item known at the end of ``last_day``, a row each.

    ``made_ago``: days from the day its document became known to ``last_day``; ``past_due``: days from its due date to
    ``as_of``, negative before it; ``open_value``: major units of the company's currency.
    """
    rows = [
        (
            item.company_id,
            item.customer_id,
            item.first_customer_id,
            (last_day - item.made).days,
            item.settlement is None,
            rates.value(item, item.open_amount),
            (as_of - item.due_date).days,
            due_kind(item.due_date, places.of(item)),
            terms_class(item.terms_days),
        )
        for item in known
    ]
    return pd.DataFrame(rows, columns=_ITEM_COLUMNS).astype({"is_open": bool})


def paid_table(
    known: Iterable[KnownItem], rates: Rates, places: Places, last_day: date, grace_days: int
) -> pd.DataFrame:
    """Every item known to be settled in cash at the end of ``last_day``, a row each.

    ``known_ago``: days from the day the settlement became known to ``last_day``; ``days_late`` from the due date;
    ``late``: paid after the grace days; ``late_7`` and the like: more than so many days after the due date;
    ``due_roll``: days from the due date to a day on which banks work (``places``).
    """
    rows = []
    for item in known:
        settled = item.settlement
        if settled is None or settled.settled_by != "cash" or settled.settled_on is None:
            continue
        days_late = (settled.settled_on - item.due_date).days
        value, place = rates.value(item, item.amount), places.of(item)
        roll = days_to_business_day(item.due_date, place)
        row = {
            "company_id": item.company_id,
            "customer_id": item.customer_id,
            "known_ago": (last_day - settled.known_on).days,
            "value": value,
            "days_late": days_late,
            "late": days_late > grace_days,
            **{f"late_{days}": days_late > days for days in LATE_DAYS},
            **{name: first <= days_late <= last for name, (first, last, _) in SPANS.items()},
            "held_days_late": max(-_HELD, min(_HELD, days_late)),
            "due_roll": roll,
            "late_effective": days_late - roll > grace_days,
            "at_month_end": is_last_business_day(settled.settled_on, place),
            "days_to_pay": (settled.settled_on - item.issue_date).days,
            "paid_weekday": settled.settled_on.weekday(),
            "due_weekday": item.due_date.weekday(),
            "due_kind": due_kind(item.due_date, place),
            "terms_class": terms_class(item.terms_days),
            "like_amount": like_amount(value),
            "terms_days": item.terms_days,
            "amount_class": amount_class(value),
        }
        rows.append(row)
    columns = ["company_id", "customer_id", "known_ago", "value", "days_late", "late", *SPANS]
    marks = [
        *(f"late_{days}" for days in LATE_DAYS),
        "held_days_late",
        "due_roll",
        "late_effective",
        "at_month_end",
        "days_to_pay",
        "paid_weekday",
        "due_weekday",
        "due_kind",
        "terms_days",
        "terms_class",
        "amount_class",
        "like_amount",
    ]
    return pd.DataFrame(rows, columns=[*columns, *marks])

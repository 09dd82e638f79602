"""Why an invoice is thought to be paid when it is: its curve, the reasons, the history used."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from riskpay.errors import NotThereError, UsageError
from riskpay.ledger.ledger import Ledger
from riskpay.model.reasons import HORIZON, explain_all
from riskpay.model.registry import Registered
from riskpay.model.risk import HORIZON_DAYS, LateRisk
from riskpay.workflows.book import score_open_items
from riskpay.workflows.changes import of_invoice
from riskpay.workflows.compared import Compared
from riskpay.workflows.home import Home
from riskpay.workflows.kept_facts import Asked, facts_of_day
from riskpay.workflows.risk_said import DIGITS, risk_said, sums_said
from riskpay.workflows.sides import side_as_scored, since_day

CURVE_DAYS = (0, 7, 14, 30, 60, 90, 120, 180)
_REASONS = 8


def explain(
    home: Path, invoice_id: str, as_of: date | None = None, since: date | None = None, days: int = HORIZON
) -> dict[str, Any]:
    """The late risk of an open invoice at the end of ``as_of`` (default: the ledger's last day).

    One answer an instalment; the earliest due one stands in ``late_risk``, all in ``items``. ``lateness`` and
    ``curve_reasons`` say the same chances as sums: p_late (null once past the due date) and P(unpaid ``days`` days from as_of).
    ``since``: what changed since the end of that day too. Raises NotThereError if the invoice is unknown or not open on that
    day, or no model fits a day; UsageError for a ``since`` that is not before ``as_of``, or days beyond the curve.
    """
    if not 1 <= days <= HORIZON_DAYS:
        raise UsageError(f"a curve has no day {days}", f"give a day from 1 to {HORIZON_DAYS}")
    opened = Home.open(home)
    day = opened.day_of(as_of)
    found = opened.registry.champion_for(day)
    ledger = opened.ledger.known(day, "end")
    document = ledger.invoices.filter(invoice_id=invoice_id)
    if document.is_empty():
        raise NotThereError(f"no invoice {invoice_id!r} is known on {day}", "check the number, zeros included")
    own = document["customer_id"].unique().to_list()
    facts = facts_of_day(opened, ledger, found.model.features)
    scored = score_open_items(ledger, facts, day, found.model, found.version)
    wanted = scored.frame.with_row_index("row").filter(
        (pl.col("invoice_id") == invoice_id) & pl.col("customer_id").is_in(own)
    )
    if wanted.is_empty() or scored.risks is None:
        raise NotThereError(
            f"invoice {invoice_id!r} is not open on {day}", "give a day with --as-of on which it was open"
        )
    mine = wanted.sort("due_date", "company_id", "instalment")
    why = explain_all(found.model, mine, days, _REASONS)
    reasons = {key: one.reasons for key, one in why.items()}
    table = replace(scored.risks, reasons=reasons).made_with(opened.data_version, opened.policy_hash)
    risks, limit = [table.risk(row) for row in mine["row"]], opened.policy.scores.max_band
    sums = [sums_said(one.lateness, one.curve, _REASONS) for one in why.values()]
    moved = _moved(opened, found, ledger, facts, day, since, mine, days) if since else {}
    return {
        "invoice_id": invoice_id,
        "customer_id": mine["customer_id"][0],
        "as_of": day.isoformat(),
        "late_risk": risk_json(risks[0], limit),
        "reasons": reasons_json(risks[0]),
        **sums[0],
        **moved,
        "features": mine.select(found.model.features.names).row(0, named=True),
        "items": [
            {"instalment": risk.instalment, "late_risk": risk_json(risk, limit), **said}
            for risk, said in zip(risks, sums, strict=True)
        ],
    }


def _moved(
    home: Home,
    found: Registered,
    ledger: Ledger,
    facts: Asked,
    day: date,
    since: date,
    mine: pl.DataFrame,
    days: int,
) -> dict[str, Any]:
    """What changed since the end of a day: of the earliest due instalment, and of all."""
    later = side_as_scored(home, day, found)
    compared = Compared(since_day(home, later, since), later, ledger, facts, home.data_version)
    told = of_invoice(home, compared, mine["invoice_id"][0], mine["customer_id"].unique().to_list(), days)
    first = next(item for item in told["items"] if item["instalment"] == mine["instalment"][0])
    return {"changes": {**told, **{name: first[name] for name in ("state", "p_late", f"p_unpaid_{days}")}}}


def risk_json(risk: LateRisk, max_band: float) -> dict[str, Any]:
    """A late risk as plain values: chances with 6 digits, days as ISO text, some points of its curve."""
    said = risk_said(risk, max_band)
    days = {name: day.isoformat() if day else None for name, day in said["pay_date"].items()}
    first, last = risk.pay_between
    between = {**said["pay_between"], "first": first.isoformat(), "last": last.isoformat() if last else None}
    return {
        **said,
        "pay_date": days,
        "pay_between": between,
        "model_version": risk.model_version,
        "model_kind": risk.model_kind,
        "data_version": risk.data_version,
        "policy_hash": risk.policy_hash,
        "curve": [
            {"day": day, "p_unpaid": round(risk.curve.at(day), DIGITS)} for day in CURVE_DAYS if day <= risk.reach
        ],
    }


def reasons_json(risk: LateRisk) -> list[dict[str, Any]]:
    """The reasons of a late risk as plain values."""
    return [
        {
            "code": reason.code,
            "text": reason.text,
            "weight": round(reason.weight, DIGITS),
            "points": None if reason.points is None else round(reason.points, DIGITS),
        }
        for reason in risk.reasons
    ]

"""Why an invoice is thought to be paid when it is: its curve, the reasons, the history used."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from riskpay.errors import NotThereError
from riskpay.model.reasons import explain as reasons_of
from riskpay.model.risk import LateRisk
from riskpay.workflows.book import score_open_items
from riskpay.workflows.home import Home
from riskpay.workflows.kept_facts import facts_of_day
from riskpay.workflows.risk_said import DIGITS, risk_said

CURVE_DAYS = (0, 7, 14, 30, 60, 90, 120, 180)
_REASONS = 8


def explain(home: Path, invoice_id: str, as_of: date | None = None) -> dict[str, Any]:
    """The late risk of an open invoice at the end of ``as_of`` (default: the ledger's last day).

    One answer an instalment; the earliest due one stands in ``late_risk``, all in ``items``. Raises
    NotThereError if the invoice is unknown or not open on that day, or no model fits the day.
    """
    opened = Home.open(home)
    day = as_of or opened.last_day()
    opened.check_day(day)
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
    reasons = reasons_of(found.model, mine, _REASONS)
    table = replace(scored.risks, reasons=reasons).made_with(opened.data_version, opened.policy_hash)
    risks = [table.risk(row) for row in mine["row"]]
    return {
        "invoice_id": invoice_id,
        "customer_id": mine["customer_id"][0],
        "as_of": day.isoformat(),
        "late_risk": risk_json(risks[0]),
        "reasons": reasons_json(risks[0]),
        "features": mine.select(found.model.features.names).row(0, named=True),
        "items": [{"instalment": risk.instalment, "late_risk": risk_json(risk)} for risk in risks],
    }


def risk_json(risk: LateRisk) -> dict[str, Any]:
    """A late risk as plain values: chances with 6 digits, days as ISO text, some points of its curve."""
    said = risk_said(risk)
    days = {name: day.isoformat() if day else None for name, day in said.pop("pay_date").items()}
    return {
        **said,
        "pay_date": days,
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
    return [{"code": r.code, "text": r.text, "weight": round(r.weight, DIGITS)} for r in risk.reasons]

"""A late risk in plain values, said alike by the command line and the API."""

from typing import Any, Final

from riskpay.model import bridge
from riskpay.model.bridge import Bridge, parts_said
from riskpay.model.risk import BASIS, LateRisk

DIGITS: Final = 6
"""Digits of probabilities in JSON."""
_DAYS: Final = {"p10": 0.1, "p50": 0.5, "p90": 0.9}


def risk_said(risk: LateRisk) -> dict[str, Any]:
    """Chances, pay dates (days, None beyond the curve's end), basis and support of a late risk."""
    return {
        "p_late": round(risk.p_late, DIGITS),
        "p_unpaid_7": round(risk.p_unpaid_7, DIGITS),
        "p_unpaid_30": round(risk.p_unpaid_30, DIGITS),
        "p_unpaid_90": round(risk.p_unpaid_90, DIGITS),
        "pay_date": {name: risk.pay_date(share) for name, share in _DAYS.items()},
        "basis": BASIS,
        "support": risk.support,
        "is_new": risk.is_new,
    }


def sums_said(lateness: Bridge | None, curve: Bridge, shown: int) -> dict[str, Any]:
    """p_late (None for an item past its due date) and P(unpaid) as sums: base + parts = chance, ``shown`` parts one by one."""
    return {
        "lateness": _sum(lateness, shown) if lateness else None,
        "curve_reasons": _sum(curve, shown),
    }


def _sum(told: Bridge, shown: int) -> dict[str, Any]:
    ends = {"base": round(told.start, bridge.DIGITS), "chance": round(told.end, bridge.DIGITS)}
    return {"figure": told.figure, **ends, "parts": parts_said(told, shown)}

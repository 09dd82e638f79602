"""A late risk in plain values, said alike by the command line and the API."""

from typing import Any, Final

from riskpay.model import bridge
from riskpay.model.bridge import Bridge, parts_said
from riskpay.model.pay_days import NOMINAL
from riskpay.model.risk import BASIS, HORIZON_DAYS, WITHHELD, Band, LateRisk

DIGITS: Final = 6
"""Digits of probabilities in JSON."""
_DAYS: Final = {"p10": 0.1, "p50": 0.5, "p90": 0.9}


def risk_said(risk: LateRisk, max_band: float) -> dict[str, Any]:
    """Chances with their bands, pay dates (days, None beyond the curve's end), basis and support of a late risk.

    ``abstains``: whether a band is wider than ``max_band``, the policy's limit. ``withheld``: why some figures are None;
    None where all are given.
    """
    first, last = risk.pay_between
    return {
        "p_late": round(risk.p_late, DIGITS),
        "p_unpaid_7": round(risk.p_unpaid_7, DIGITS),
        "p_unpaid_30": round(risk.p_unpaid_30, DIGITS),
        "p_unpaid_90": None if risk.p_unpaid_90 is None else round(risk.p_unpaid_90, DIGITS),
        "p_late_band": _band(risk.p_late_band),
        "p_unpaid_30_band": _band(risk.p_unpaid_30_band),
        "abstains": risk.abstains(max_band),
        "pay_date": {name: risk.pay_date(share) for name, share in _DAYS.items()},
        "pay_between": {"first": first, "last": last, "share": NOMINAL},
        "basis": BASIS,
        "withheld": withheld(risk.reach),
        "support": risk.support,
        "is_new": risk.is_new,
    }


def _band(band: Band) -> dict[str, float]:
    low, high = band
    return {"low": round(low, DIGITS), "high": round(high, DIGITS)}


def sums_said(lateness: Bridge | None, curve: Bridge, shown: int) -> dict[str, Any]:
    """p_late (None for an item past its due date) and P(unpaid) as sums: base + parts = chance, ``shown`` parts one by one."""
    return {
        "lateness": _sum(lateness, shown) if lateness else None,
        "curve_reasons": _sum(curve, shown),
    }


def _sum(told: Bridge, shown: int) -> dict[str, Any]:
    ends = {"base": round(told.start, bridge.DIGITS), "chance": round(told.end, bridge.DIGITS)}
    return {"figure": told.figure, **ends, "parts": parts_said(told, shown)}


def withheld(reach: int | None) -> str | None:
    """What curves that reach so many days do not say; None where they reach the horizon, or there are none."""
    return None if reach is None or reach >= HORIZON_DAYS else WITHHELD

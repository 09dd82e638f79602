"""A late risk in plain values, said alike by the command line and the API."""

from typing import Any, Final

from riskpay.model.risk import BASIS, HORIZON_DAYS, WITHHELD, LateRisk

DIGITS: Final = 6
"""Digits of probabilities in JSON."""
_DAYS: Final = {"p10": 0.1, "p50": 0.5, "p90": 0.9}


def risk_said(risk: LateRisk) -> dict[str, Any]:
    """Chances, pay dates (days, None beyond the curve's end), basis and support of a late risk.

    ``withheld``: why some figures are None; None where all are given.
    """
    return {
        "p_late": round(risk.p_late, DIGITS),
        "p_unpaid_7": round(risk.p_unpaid_7, DIGITS),
        "p_unpaid_30": round(risk.p_unpaid_30, DIGITS),
        "p_unpaid_90": None if risk.p_unpaid_90 is None else round(risk.p_unpaid_90, DIGITS),
        "pay_date": {name: risk.pay_date(share) for name, share in _DAYS.items()},
        "basis": BASIS,
        "withheld": withheld(risk.reach),
        "support": risk.support,
        "is_new": risk.is_new,
    }


def withheld(reach: int | None) -> str | None:
    """What curves that reach so many days do not say; None where they reach the horizon, or there are none."""
    return None if reach is None or reach >= HORIZON_DAYS else WITHHELD

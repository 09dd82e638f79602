"""What a call is expected to bring: the value of moving the payment curve.

h0 is the daily hazard of the curve under usual effort. After a contact on day tau
h1(t) = h0(t) x (1 + (kappa - 1) d(t)) + alpha d(t), with d(t) = 2^-((t - tau) / half-life) from tau on.
A call on A (the collectible amount in the reporting currency) is worth
A x (extra cash (S0 - S1)(H) + r x integral of (S0 - S1) to H + LGD x (S0 - S1)(loss horizon)).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from riskpay.decisions.policy_parts import CallValue

Floats = npt.NDArray[np.float64]

CHUNK: Final = 8192
"""Items reckoned at a time: keeps the day grid of a chunk in the processor's cache."""

DAYS_A_YEAR: Final = 365.0


@dataclass(frozen=True, slots=True)
class ContactResponse:
    """Response of each item, arrays (n,): multiplier, push and half-life in days."""

    kappa: Floats
    alpha: Floats
    half_life: Floats


def shifted_curve(unpaid: Floats, response: ContactResponse, contact_day: int) -> tuple[Floats, Floats]:
    """(S0, S1) on the daily grid, both (n, days + 1), from curves ``unpaid`` of that shape; contact on ``contact_day``."""
    before = np.maximum(unpaid[:, :-1], 0.0)
    paid = np.divide(before - unpaid[:, 1:], before, out=np.ones_like(before), where=before > 0)
    hazard = np.clip(paid, 0.0, 1.0)
    day = np.arange(1, unpaid.shape[1])
    fade = np.exp2(-(day - contact_day)[None, :] / response.half_life[:, None]) * (day >= contact_day)
    moved = hazard * (1.0 + (response.kappa[:, None] - 1.0) * fade) + response.alpha[:, None] * fade
    start = unpaid[:, :1]
    return _survival(start, hazard), _survival(start, np.minimum(moved, 1.0))


def _survival(start: Floats, hazard: Floats) -> Floats:
    return np.concatenate([start, start * np.cumprod(1.0 - hazard, axis=1)], axis=1)


def call_terms(amount: Floats, unpaid: npt.NDArray[np.floating], response: ContactResponse, rules: CallValue) -> Floats:
    """The three terms of a call on each item, weighted, array (n, 3): extra cash, cash-days, loss avoided.

    ``amount`` (n,) is collectible, in the reporting currency's minor units, as are the terms; ``unpaid`` is
    (n, 181). An item without a curve (NaN) brings nothing.
    """
    terms = np.zeros((len(amount), 3))
    for first in range(0, len(amount), CHUNK):
        part = slice(first, first + CHUNK)
        some = ContactResponse(response.kappa[part], response.alpha[part], response.half_life[part])
        terms[part] = _gain(unpaid[part].astype(np.float64), some, rules) * amount[part, None]
    return np.nan_to_num(terms, nan=0.0)


def _gain(unpaid: Floats, response: ContactResponse, rules: CallValue) -> Floats:
    usual, called = shifted_curve(unpaid, response, rules.contact_day)
    gained = usual - called
    upto = gained[:, : rules.horizon_days + 1]
    days = (upto[:, 1:] + upto[:, :-1]).sum(axis=1) / 2.0
    weights = rules.weights
    return np.stack(
        [
            weights.extra_cash * gained[:, rules.horizon_days],
            weights.cash_days * rules.cost_of_money / DAYS_A_YEAR * days,
            weights.loss_avoided * rules.lgd * gained[:, rules.loss_horizon_days],
        ],
        axis=1,
    )

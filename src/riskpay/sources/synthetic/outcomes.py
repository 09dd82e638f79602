"""What each item's true probabilities are, and what came of it: one law, computed and sampled."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from riskpay.sources.synthetic.customers import Customers
from riskpay.sources.synthetic.hazards import (
    UNPAID,
    Bools,
    Effort,
    Floats,
    Intent,
    Ints,
    sampled_intent,
    survival,
)
from riskpay.sources.synthetic.invoices import Items
from riskpay.sources.synthetic.paydays import PayDays
from riskpay.sources.synthetic.scenario import Scenario

KINDS: Final = ("plain", "disputed", "forgotten", "never")
CURVE_DAYS: Final = (0, 7, 30, 60, 90)
"""Days after the due date at which the true curve is kept."""

_CHUNK = 50_000


@dataclass(frozen=True)
class Outcomes:
    """What came of n items, from cash alone and for all time, also beyond the ledger's last day.

    ``kind`` indexes ``KINDS``; ``paid`` is the day number of the payment (UNPAID: never); ``calls`` (n, 3) the days
    of calls, ``attempted`` and ``reached`` whether one would be made and reach someone were the item unpaid then.
    """

    kind: Ints
    paid: Ints
    calls: Ints
    attempted: Bools
    reached: Bools


def intents(items: Items, customers: Customers) -> Intent:
    """The undisputed law of each item."""
    owner = items.customer
    return Intent(customers.mean_delay[owner] + items.effect, customers.scale[owner], items.issue - items.due)


def call_days(items: Items, customers: Customers, scenario: Scenario, days: PayDays) -> Ints:
    """Day numbers on which each item would be called if it is unpaid then; (n, 3)."""
    owner = items.customer
    shift = np.array(scenario.call_shift)[customers.owner[owner]]
    wanted = items.due[:, None] + np.array(scenario.call_days) + shift[:, None]
    return days.next_from(customers.office[owner][:, None], wanted)


def attempt_chance(items: Items, scenario: Scenario) -> Floats:
    """Chance that an item unpaid on a day of calls is called: larger amounts are called more."""
    return np.clip(scenario.p_attempt + scenario.p_attempt_log * items.log_amount, 0.05, 0.95)


def efforts(items: Items, customers: Customers, scenario: Scenario, days: PayDays) -> Effort:
    """The usual effort on each item and its customer's response, days counted from the due date."""
    owner = items.customer
    chance = attempt_chance(items, scenario) * customers.p_reach[owner]
    return Effort(
        days=call_days(items, customers, scenario, days) - items.due[:, None],
        reach=np.repeat(chance[:, None], len(scenario.call_days), axis=1),
        kappa=customers.kappa[owner],
        alpha=customers.alpha[owner],
        half_life=customers.half_life[owner],
    )


def true_curve(items: Items, customers: Customers, scenario: Scenario, days: PayDays) -> Floats:
    """P(not paid by the due date + each of ``CURVE_DAYS``) at issue, given the latent parameters; (n, 5)."""
    intent, effort = intents(items, customers), efforts(items, customers, scenario, days)
    wanted = items.due[:, None] + np.array(CURVE_DAYS)
    run = days.last_to(customers.calendar[items.customer][:, None], wanted) - items.due[:, None]
    shares = kind_shares(items, customers)
    chunks = [np.arange(k, min(k + _CHUNK, len(items))) for k in range(0, len(items), _CHUNK)]
    parts = [_curve(intent.take(c), effort.take(c), run[c], shares[c], scenario) for c in chunks]
    return np.vstack(parts) if parts else np.empty((0, len(CURVE_DAYS)))


def kind_shares(items: Items, customers: Customers) -> Floats:
    """Chance of each of ``KINDS``, by item; (n, 4)."""
    owner = items.customer
    chosen = [customers.p_dispute[owner], customers.p_forget[owner], customers.p_never[owner]]
    return np.stack([1.0 - sum(chosen), *chosen], axis=1)


def _curve(intent: Intent, effort: Effort, run: Ints, shares: Floats, scenario: Scenario) -> Floats:
    kinds = (
        survival(intent, effort, run),
        survival(intent.shifted(scenario.dispute_shift), effort, run),
        survival(None, effort, run),
        np.ones(run.shape),
    )
    curve: Floats = sum((shares[:, [k]] * part for k, part in enumerate(kinds)), np.zeros(run.shape))
    return np.minimum(curve, 1.0)


def draw_outcomes(
    items: Items, customers: Customers, scenario: Scenario, days: PayDays, rng: np.random.Generator
) -> Outcomes:
    """One draw of every item; a call that several items of a customer share on a day reaches someone for all or none."""
    n = len(items)
    kind = (rng.random(n)[:, None] >= np.cumsum(kind_shares(items, customers), axis=1)[:, :-1]).sum(axis=1)
    exponential = rng.standard_exponential(n)
    calls = call_days(items, customers, scenario, days)
    attempted = rng.random(calls.shape) < attempt_chance(items, scenario)[:, None]
    _, same = np.unique(items.customer[:, None] * 10**6 + calls, return_inverse=True)
    heard = rng.random(int(same.max(initial=0)) + 1)[same.reshape(calls.shape)]
    reached = attempted & (heard < customers.p_reach[items.customer][:, None])
    intent, effort = intents(items, customers), efforts(items, customers, scenario, days)
    moved = Intent(intent.mean + scenario.dispute_shift * (kind == 1), intent.scale, intent.issued)
    wish = np.full(n, UNPAID)
    for k in range(0, n, _CHUNK):
        rows = np.arange(k, min(k + _CHUNK, n))
        wish[rows] = sampled_intent(
            moved.take(rows),
            effort.take(rows),
            reached[rows],
            exponential[rows],
            kind[rows] == KINDS.index("forgotten"),
            scenario.horizon,
        )
    none = (wish >= UNPAID) | (kind == KINDS.index("never"))
    cash = days.next_from(customers.calendar[items.customer], items.due + np.where(none, 0, wish))
    return Outcomes(kind, np.where(none, UNPAID, cash), calls, attempted, reached)

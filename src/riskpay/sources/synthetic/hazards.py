"""The law of payment: intent by a daily hazard, cash on the customer's pay-run days.

All days here are counted from the due date (0), negative before it. A customer comes to intend the
payment of an item with the hazard of a logistic delay, starting the day after issue; cash leaves on
its next pay-run day. So P(unpaid after day t) is the chance of no intent by the last pay-run day <= t.
A call that reaches someone on day tau changes the hazard of each later day u:
h1(u) = h0(u) (1 + (kappa - 1) d) + alpha d, with d = 2^-((u - 1 - tau) / half_life); a later reached call starts d anew.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

UNPAID = 10**6
"""The day of a payment that never comes."""


@dataclass(frozen=True)
class Intent:
    """Logistic delay of n items: mean and scale (days), and the issue day counted from the due date."""

    mean: Floats
    scale: Floats
    issued: Ints

    def shifted(self, days: float) -> "Intent":
        """The same items with a later mean."""
        return Intent(self.mean + days, self.scale, self.issued)

    def take(self, rows: NDArray[np.intp]) -> "Intent":
        """Some of the items."""
        return Intent(self.mean[rows], self.scale[rows], self.issued[rows])


@dataclass(frozen=True)
class Effort:
    """Calls under usual effort and the response to them, of n items.

    ``days`` (n, J): days of the calls, rising, all after the due date; ``reach`` (n, J): chance that a call is made and
    reaches someone, if the item is unpaid then; ``kappa``, ``alpha`` (per day) and ``half_life`` (days).
    """

    days: Ints
    reach: Floats
    kappa: Floats
    alpha: Floats
    half_life: Floats

    def take(self, rows: NDArray[np.intp]) -> "Effort":
        """Some of the items."""
        return Effort(self.days[rows], self.reach[rows], self.kappa[rows], self.alpha[rows], self.half_life[rows])


def softplus(z: Floats) -> Floats:
    """log(1 + e^z), the cumulative hazard of the standard logistic law."""
    return np.maximum(z, 0.0) + np.log1p(np.exp(-np.abs(z)))


def cumulative(intent: Intent, day: Ints | Floats) -> Floats:
    """Cumulative hazard of intent from issue to the end of ``day`` without calls; 0 up to the issue day."""
    scaled = (np.maximum(day, intent.issued) - intent.mean) / intent.scale
    return softplus(scaled) - softplus((intent.issued - intent.mean) / intent.scale)


def intent_day(intent: Intent, exponential: Floats) -> Floats:
    """The day (not rounded) on which the cumulative hazard without calls reaches a standard exponential draw."""
    target = exponential + softplus((intent.issued - intent.mean) / intent.scale)
    # log(e^x - 1) = x + log(1 - e^-x), which does not overflow.
    return intent.mean + intent.scale * (target + np.log(-np.expm1(-target)))


def survival(intent: Intent | None, effort: Effort, days: Ints) -> Floats:
    """P(no intent by each of ``days``), marginal over which calls reach someone; shape (n, K) as ``days``.

    ``days`` rise along each row. ``intent`` None: the item is paid only if called (h0 = 0).
    """
    calls = effort.days.shape[1]
    weights = _Weights.of(intent, effort, int(max(days.max(initial=1), effort.days.max(initial=1), 1)))
    answer = np.empty(days.shape)
    mass = np.zeros((calls + 1, days.shape[0]))
    mass[0] = 1.0
    now = np.full(days.shape[0], -UNPAID)
    for step in range(calls + 1):
        until = effort.days[:, step] if step < calls else np.full(days.shape[0], UNPAID)
        for k in range(days.shape[1]):
            inside = (days[:, k] > now) & (days[:, k] <= until)
            if inside.any():
                rows = np.flatnonzero(inside)
                answer[rows, k] = weights.moved(mass[: step + 1], now, days[:, k], rows).sum(axis=0)
        if step < calls:
            everyone = np.arange(days.shape[0])
            mass[: step + 1] = weights.moved(mass[: step + 1], now, until, everyone)
            reached = effort.reach[:, step]
            mass[step + 1] = mass[: step + 1].sum(axis=0) * reached
            mass[: step + 1] *= 1.0 - reached
            now = until
    return answer


@dataclass(frozen=True)
class _Weights:
    """Sums over days from 1 on that give the cumulative hazard after a call in closed form."""

    intent: Intent | None
    effort: Effort
    decay: Floats
    pushed: Floats

    @classmethod
    def of(cls, intent: Intent | None, effort: Effort, last: int) -> "_Weights":
        days = np.arange(1, last + 1)
        decay = np.exp2(-(days - 1) / effort.half_life[:, None])
        if intent is None:
            pushed = np.zeros((effort.days.shape[0], 1))
        else:
            edges = softplus((np.arange(last + 1) - intent.mean[:, None]) / intent.scale[:, None])
            pushed = np.cumsum(np.diff(edges, axis=1) * decay, axis=1)
        return cls(intent, effort, np.cumsum(decay, axis=1), pushed)

    def moved(self, mass: Floats, start: Ints, end: Ints, rows: NDArray[np.intp]) -> Floats:
        """The mass of each state (0: never reached, j: last reached by call j) carried from day start to end."""
        first, last = start[rows], end[rows]
        plain = np.zeros(len(rows))
        if self.intent is not None:
            some = self.intent.take(rows)
            plain = cumulative(some, last) - cumulative(some, first)
        extra = self._extra(rows, first, last) if mass.shape[0] > 1 else plain
        moved = [mass[0, rows] * np.exp(-plain)]
        for state in range(1, mass.shape[0]):
            # The decay counts from the call, the sums from the due date.
            lift = np.exp2(self.effort.days[rows, state - 1] / self.effort.half_life[rows])
            moved.append(mass[state, rows] * np.exp(-plain - lift * extra))
        return np.array(moved)

    def _extra(self, rows: NDArray[np.intp], first: Ints, last: Ints) -> Floats:
        effort = self.effort
        alpha = effort.alpha[rows] * (_at(self.decay, rows, last) - _at(self.decay, rows, first))
        if self.intent is None:
            return alpha
        pushed = _at(self.pushed, rows, last) - _at(self.pushed, rows, first)
        return alpha + (effort.kappa[rows] - 1.0) * pushed


def _at(sums: Floats, rows: NDArray[np.intp], day: Ints) -> Floats:
    """The sum over days 1 to ``day``, 0 for day <= 0."""
    value: Floats = np.where(day >= 1, sums[rows, np.clip(day - 1, 0, sums.shape[1] - 1)], 0.0)
    return value


def sampled_intent(
    intent: Intent, effort: Effort, reached: Bools, exponential: Floats, forgotten: Bools, horizon: int
) -> Ints:
    """The day of intent of each item, a draw of the law of ``survival``; UNPAID beyond ``horizon``.

    ``reached`` (n, J): whether the call of that day would reach someone; ``exponential``: standard
    exponential draws; ``forgotten``: paid only if called.
    """
    day = np.where(forgotten, np.inf, intent_day(intent, exponential))
    day = np.where(day > horizon, UNPAID, np.ceil(day)).astype(np.int64)
    first = np.where(reached, effort.days, UNPAID).min(axis=1)
    late = np.flatnonzero((first < day) & (first <= horizon))
    if late.size:
        day[late] = _after_call(
            intent.take(late), effort.take(late), reached[late], exponential[late], forgotten[late], horizon
        )
    return day


def _after_call(
    intent: Intent, effort: Effort, reached: Bools, exponential: Floats, forgotten: Bools, horizon: int
) -> Ints:
    first = np.where(reached, effort.days, UNPAID).min(axis=1)
    days = np.arange(1, horizon + 1)
    plain = np.diff(softplus((np.arange(horizon + 1) - intent.mean[:, None]) / intent.scale[:, None]), axis=1)
    plain[forgotten] = 0.0
    since = np.full((len(first), horizon), np.inf)
    for call in range(effort.days.shape[1]):
        passed = days - 1 - effort.days[:, [call]]
        since = np.where(reached[:, [call]] & (passed >= 0), passed, since)
    decay = np.exp2(-since / effort.half_life[:, None])
    hazard = plain * (1.0 + (effort.kappa[:, None] - 1.0) * decay) + effort.alpha[:, None] * decay
    hazard[days <= first[:, None]] = 0.0
    used = np.where(forgotten, 0.0, cumulative(intent, first))
    hit = np.cumsum(hazard, axis=1) >= (exponential - used)[:, None]
    answer: Ints = np.where(hit.any(axis=1), hit.argmax(axis=1) + 1, UNPAID)
    return answer

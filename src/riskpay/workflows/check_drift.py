"""Whether the questions asked lately, and the answers to them, look like those that the champion learnt from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import polars as pl

from riskpay.decisions.policy_monitor import Monitor
from riskpay.ledger.tables import CUSTOMER_KEY
from riskpay.model.profile import LEAST_WINDOWS, Moved
from riskpay.model.reference import AT_ISSUE, LATER, Reference
from riskpay.workflows.checks import ORDER, Check, Status, level, too_few, worst
from riskpay.workflows.reference import P_LATE, P_UNPAID

_ALL = "drift.features"
_FAR: Final = 3
"""Times its usual index from which on one feature warns by itself, as one does that a broken source feeds."""

_SCORES = {AT_ISSUE: P_LATE, LATER: P_UNPAID}
_RETRAIN = "look at the feature's plot and its source; if the change is real, train anew: riskpay train"


@dataclass(frozen=True)
class Drift:
    """How columns moved, by population, and the checks that follow."""

    moved: dict[str, list[Moved]]
    checks: list[Check]


def check_drift(
    reference: Reference, lately: dict[str, pl.DataFrame], first: date, features: Sequence[str], rules: Monitor
) -> Drift:
    """Checks of every feature, of all, and of both answers; ``lately``: questions from ``first`` on by population."""
    short = {population: _short(frame, rules) for population, frame in lately.items()}
    asked = [] if short[AT_ISSUE] else reference.asked[AT_ISSUE].moved(lately[AT_ISSUE], first)
    moved = {AT_ISSUE: [one for one in asked if one.column in features], LATER: list[Moved]()}
    checks = [_in_all(moved[AT_ISSUE], rules, short[AT_ISSUE])]
    for population, answer in _SCORES.items():
        one = None if short[population] else _answer(reference, population, lately[population], first, rules)
        checks.append(_score(answer, one, rules, short[population]))
        moved[population] += [one] if one else []
    return Drift(moved, [*checks, *(_feature(one, rules) for one in asked if one.column in features)])


def _answer(reference: Reference, population: str, frame: pl.DataFrame, first: date, rules: Monitor) -> Moved:
    """How an answer moved: the milder of two comparisons.

    What the trial model said is as bold as answers are, but of one season; what the model said of all it learnt from is
    of every season, and bolder. A change that is real is found by both.
    """
    (learnt,) = reference.learnt[population].moved(frame, first)
    held = reference.held[population].moved(frame, first) if population in reference.held else []
    both = [*(_usual_of(learnt, one) for one in held if one.n_before >= rules.min_items), learnt]
    return min(both, key=lambda one: ORDER.index(verdict(one, rules)))


def _usual_of(learnt: Moved, held: Moved) -> Moved:
    """``held`` with a yardstick: how far four weeks usually lie from those before takes more weeks than were held back.

    By chance alone the index grows with 1 / n before + 1 / n now (Yurdakul 2018); fewer held back weigh accordingly.
    """
    if learnt.usual is None:
        return replace(held, usual=None)
    chance = [1 / one.n_before + 1 / one.n_now for one in (learnt, held)]
    return replace(held, usual=learnt.usual * max(1.0, chance[1] / chance[0]))


def verdict(one: Moved, rules: Monitor) -> Status:
    """What the index says, where it is larger than it usually was and the test finds a difference.

    ``not_enough`` without windows that say how large it usually is: histories grow, and the index of most features
    is large in a ledger of a few months.
    """
    if one.usual is None:
        return "not_enough"
    return "ok" if one.q >= rules.test_level or one.psi <= one.usual else level(one.psi, rules.psi)


def _feature(one: Moved, rules: Monitor) -> Check:
    found = verdict(one, rules)
    status: Status = "not_enough" if found == "not_enough" else "warn" if _alone(one, found) else "ok"
    return Check(f"drift.feature.{one.column}", status, one.psi, rules.psi, _said(one), _RETRAIN, _details(one, found))


def _alone(one: Moved, found: Status) -> bool:
    """Whether a feature is worth a look by itself: of a hundred, some are always a little beyond what they usually are."""
    return found == "alarm" and one.usual is not None and one.psi > _FAR * one.usual


def _score(column: str, one: Moved | None, rules: Monitor, short: str) -> Check:
    name = f"drift.score.{column}"
    if one is None:
        return too_few(name, rules.psi, short)
    found = verdict(one, rules)
    next_step = "see which features moved; compare with the calibration checks; train anew if the change is real"
    return Check(name, found, one.psi, rules.psi, _said(one), next_step, _details(one, found))


def _in_all(found: list[Moved], rules: Monitor, short: str) -> Check:
    verdicts = {one.column: verdict(one, rules) for one in found if one.usual is not None}
    if not verdicts:
        young = (
            f"the champion's training holds fewer than {2 * LEAST_WINDOWS} times four weeks: what is usual is not known"
        )
        return too_few(_ALL, rules.drifted_share, short or young)
    alarmed = [name for name, status in verdicts.items() if status == "alarm"]
    share = len(alarmed) / len(verdicts)
    alone: Status = (
        "warn" if any(_alone(one, verdicts[one.column]) for one in found if one.column in verdicts) else "ok"
    )
    status = worst([level(share, rules.drifted_share), alone])
    said = f"{len(alarmed)} of {len(verdicts)} features moved beyond the alarm, {_count(verdicts, 'warn')} beyond the warning"
    details = {
        "features": len(verdicts),
        "alarmed": alarmed,
        "warned": [name for name, found in verdicts.items() if found == "warn"],
    }
    return Check(_ALL, status, share, rules.drifted_share, said, _RETRAIN, details)


def _count(verdicts: dict[str, Status], status: Status) -> int:
    return sum(found == status for found in verdicts.values())


def _said(one: Moved) -> str:
    usual = "no yardstick yet" if one.usual is None else f"usually up to {one.usual:.3f}"
    return f"PSI {one.psi:.3f} ({usual}), KS {one.distance:.3f}, p {one.q:.2g}, {one.n_now} questions"


def _details(one: Moved, found: Status) -> dict[str, object]:
    return {
        "alone": found,
        "usual": None if one.usual is None else round(one.usual, 4),
        "ks": round(one.distance, 4),
        "p": one.q,
        "n": one.n_now,
        "n_before": one.n_before,
    }


def _short(frame: pl.DataFrame, rules: Monitor) -> str:
    """Why a population is too small to judge; empty if it is not."""
    customers = frame.select(CUSTOMER_KEY).n_unique() if frame.height else 0
    if frame.height >= rules.min_items and customers >= rules.min_customers:
        return ""
    return (
        f"{frame.height} questions of {customers} customers in four weeks; "
        f"{rules.min_items} of {rules.min_customers} are needed"
    )

"""The whole assessment of a model on a period, as a value: what people read of it, and what its figures are drawn from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from riskpay.model.capacity import Capacity
from riskpay.model.days_late import DaysLate
from riskpay.model.judged import Judged
from riskpay.model.parts import GroupCurve, PartScores, WeekScores
from riskpay.model.plotted import Bin, Lift

Sliced = Mapping[str, Mapping[str, PartScores]]
"""Scores by column of the slices and value."""


@dataclass(frozen=True)
class Basis:
    """What was asked: items issued from ``first`` to ``last``, both included, and the open book of ``mondays``.

    ``open_items``: items open on those Mondays, of which ``asked`` were asked. Outcomes count as known on ``known_until``.
    ``without_rate``: questions whose currency has no rate into ``reporting``; their money counts one for one.
    """

    first: date
    last: date
    known_until: date
    mondays: tuple[date, ...]
    at_issue: int
    open_items: int
    asked: int
    reporting: str
    without_rate: int

    def to_json(self) -> dict[str, Any]:
        """By name, days as ISO text."""
        plain = ("at_issue", "open_items", "asked", "reporting", "without_rate")
        days = {name: getattr(self, name).isoformat() for name in ("first", "last", "known_until")}
        counts = {name: getattr(self, name) for name in plain}
        return {**days, "mondays": [day.isoformat() for day in self.mondays], **counts}


@dataclass(frozen=True)
class Assessment:
    """A model on a period, by situation: ``at_issue``, and on Mondays ``not_due`` and ``overdue`` items of the open book.

    ``at_issue``, ``snapshots``: judgements by target. ``slices``: by ``situation.target``. ``capacity``, ``weeks``: the same.
    ``days_late``: by situation. ``effective``: lateness by the due date as written and by the effective one. ``curves``: at issue,
    by segment. ``reliability``: bins by ``situation.target``; ``lift``: what orders find, as ``capacity``.
    """

    basis: Basis
    at_issue: dict[str, Judged]
    snapshots: dict[str, dict[str, Judged]]
    days_late: dict[str, DaysLate]
    capacity: dict[str, Capacity]
    slices: dict[str, Sliced]
    effective: dict[str, Judged]
    weeks: dict[str, list[WeekScores]]
    curves: dict[str, GroupCurve]
    reliability: dict[str, dict[str, list[Bin]]]
    lift: dict[str, Lift]

    def to_json(self) -> dict[str, Any]:
        """Everything by name."""
        return {
            "assessment_basis": self.basis.to_json(),
            "at_issue": {target: found.to_json() for target, found in self.at_issue.items()},
            "snapshots": {
                state: {target: found.to_json() for target, found in by_target.items()}
                for state, by_target in self.snapshots.items()
            },
            "days_late": {situation: found.to_json() for situation, found in self.days_late.items()},
            "capacity": {name: found.to_json() for name, found in self.capacity.items()},
            "slices": {
                name: {
                    column: {value: part.to_json() for value, part in parts.items()} for column, parts in sliced.items()
                }
                for name, sliced in self.slices.items()
            },
            "effective": {name: found.to_json() for name, found in self.effective.items()},
            "weeks": {name: [week.to_json() for week in found] for name, found in self.weeks.items()},
            "curves": {segment: found.to_json() for segment, found in self.curves.items()},
            "reliability": {
                name: {who: [found.to_json() for found in bins] for who, bins in told.items()}
                for name, told in self.reliability.items()
            },
            "lift": {name: found.to_json() for name, found in self.lift.items()},
        }

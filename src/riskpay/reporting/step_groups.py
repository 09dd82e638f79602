"""Steps of a cadence that say the same of many invoices, told once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

SHOWN_IDS = 3
SENT = ("sent",)
PARTS = (
    ("Next", ("planned", "approval"), "Nothing is planned."),
    ("Held back", ("suppressed",), "Nothing is held back."),
    ("Sent", SENT, "Nothing was sent yet."),
)
"""Heading, states of the steps under it, and what is said if there are none."""


@dataclass(frozen=True, slots=True)
class StepGroup:
    """Steps alike in all but their invoice. ``day``: ISO, the day sent if sent, else the day it is due."""

    day: str
    channel: str
    tone: str | None
    owner: str
    dunning_level: int
    state: str
    rule: str
    invoices: tuple[str, ...]

    @property
    def about(self) -> str:
        """The invoices in few words: the first ones by number, the rest by count."""
        shown = ", ".join(self.invoices[:SHOWN_IDS])
        more = len(self.invoices) - SHOWN_IDS
        return f"{shown} and {more} more" if more > 0 else shown


def step_groups(steps: Iterable[Mapping[str, Any]]) -> list[StepGroup]:
    """Groups of the steps of a cadence as JSON, in the order in which their first step comes."""
    found: dict[StepGroup, list[str]] = {}
    for step in steps:
        found.setdefault(_alike(step), []).append(_invoice(step))
    return [replace(group, invoices=tuple(dict.fromkeys(invoices))) for group, invoices in found.items()]


def by_state(steps: Iterable[Mapping[str, Any]]) -> list[tuple[str, list[StepGroup], str]]:
    """The groups of a cadence in parts: heading, groups, and what is said if there are none. What was sent last comes first."""
    groups = step_groups(steps)
    return [(title, _of(groups, states), empty) for title, states, empty in PARTS]


def _of(groups: Sequence[StepGroup], states: Sequence[str]) -> list[StepGroup]:
    found = [group for group in groups if group.state in states]
    return found[::-1] if states == SENT else found


def _alike(step: Mapping[str, Any]) -> StepGroup:
    """What a step shares with others: all but its invoice."""
    return StepGroup(
        day=step.get("sent_on") or step["due_on"],
        channel=step["channel"],
        tone=step["tone"],
        owner=step["owner"],
        dunning_level=step.get("dunning_level", 0),
        state=step["state"],
        rule=step["rule"],
        invoices=(),
    )


def _invoice(step: Mapping[str, Any]) -> str:
    instalment = step.get("instalment", 1)
    return f"{step['invoice_id']}{f' / {instalment}' if instalment > 1 else ''}"

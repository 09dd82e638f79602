"""The policy of a credit manager: every threshold, ladder, cap and weight, declared, described and checked whole.

A policy file may leave out what it does not change: missing keys, at any depth, take
the values of ``default_policy.yaml``. Lists are taken whole.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

import yaml
from pydantic import Field, model_validator

from riskpay.decisions.policy_base import Days, Part
from riskpay.decisions.policy_compliance import Compliance
from riskpay.decisions.policy_ladders import Ladders
from riskpay.decisions.policy_monitor import Monitor
from riskpay.decisions.policy_parts import (
    CallValue,
    Capacity,
    Channels,
    CoolDown,
    EffectiveDueDate,
    MinimumAmount,
    MustContact,
    PointsRule,
    Responses,
    Scores,
    SegmentRules,
    Train,
    WouldPayAnyway,
)


class Policy(Part):
    """The whole policy. Build one with ``load_policy``, which also checks its parts against each other."""

    settlement_tolerance: int = Field(
        ge=0, le=100_000, description="An item is settled when its open amount is at most this, in minor units."
    )
    grace_days: int = Field(ge=0, le=90, description="Days after the due date that still count as on time.")
    effective_due_date: EffectiveDueDate = Field(description="When a due date rolls to the next business day.")
    minimum_amount: MinimumAmount = Field(description="Balances below it wait for the next statement.")
    segments: SegmentRules = Field(description="Thresholds of the seven segments.")
    ladders: Ladders = Field(description="Steps of each segment.")
    agency_after_notice_days: int = Field(
        ge=14,
        le=365,
        description="Days from the notice of transfer to the proposal of the transfer, which a person must approve.",
    )
    opening_levels_until: date | None = Field(
        description="Opening dunning levels count for items issued up to this day (the go-live), so that later ones begin "
        "with a reminder; null: up to the day first planned.",
    )
    posting_lag_days: int = Field(
        ge=0, le=30, description="Days until a payment is known; no step goes out between the due date and then."
    )
    bank_data_max_age_days: Days = Field(
        description="No step goes out when the newest cash fact of the legal entity (a payment, its return or its "
        "allocation) is older than this."
    )
    min_days_between_steps: int = Field(ge=0, le=60, description="Least days between two steps of one item.")
    statement_days: int = Field(
        ge=1, le=92, description="Least days between two steps to a customer who pays on a statement."
    )
    promise_grace_days: int = Field(ge=0, le=30, description="Days after the promised day before a promise is broken.")
    dispute_days: int = Field(ge=1, le=365, description="Days a dispute holds when it has no end date of its own.")
    auto_pay_days: int = Field(
        ge=0,
        le=60,
        description="Days past due + posting lag until an item that pays itself counts as failed and is chased.",
    )
    cool_down: CoolDown = Field(description="Days without a call after the last contact, by its outcome.")
    longest_untouched_days: int = Field(ge=1, le=365, description="An overdue customer is touched at least this often.")
    response: Responses = Field(description="What a contact does to the chance of payment, by segment and channel.")
    call_value: CallValue = Field(description="How the value of a call is reckoned.")
    channels: Channels = Field(description="Cost, minutes and reach of each channel.")
    capacity: Capacity = Field(description="Collectors and their minutes.")
    must_contact: MustContact = Field(description="Who comes first on the list.")
    points: tuple[PointsRule, ...] = Field(
        description="Points strategy used while no model is trained: points of the rules that hold over all points.",
    )
    would_pay_anyway: WouldPayAnyway = Field(description="Advice list of customers likely to pay without a call.")
    compliance: Compliance = Field(description="Who may be touched when.")
    scores: Scores = Field(description="When a chance is told as too uncertain.")
    train: Train = Field(description="Gates of a new model.")
    monitor: Monitor = Field(description="When `riskpay monitor` warns and alarms.")

    @model_validator(mode="before")
    @classmethod
    def _over_default(cls, given: object) -> object:
        if not isinstance(given, Mapping):
            return given
        return _filled(_default_values(), given)


def _filled(default: object, given: object) -> object:
    if isinstance(default, dict) and isinstance(given, dict):
        return {**default, **{key: _filled(default.get(key), value) for key, value in given.items()}}
    return given


@cache
def _default_values() -> dict[str, Any]:
    values: dict[str, Any] = yaml.safe_load(default_policy_text())
    return values


def default_policy_text() -> str:
    """The text of the policy that comes with riskpay, comments included."""
    return resources.files("riskpay.decisions").joinpath("default_policy.yaml").read_text(encoding="utf-8")


def policy_hash(policy: Policy) -> str:
    """The first 12 hexadecimal digits of the SHA-256 of the policy as canonical JSON."""
    text = json.dumps(policy.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]

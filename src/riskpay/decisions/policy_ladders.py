"""Ladders: the steps of each segment, in days from the effective due date."""

from typing import Final, Literal

from pydantic import Field

from riskpay.decisions.policy_base import ChannelName, Part, SegmentName

LAST_LEVEL: Final = 5
"""Dunning levels: 1 reminder, 2 second notice, 3 final notice, 4 demand, 5 notice of transfer."""

Action = Literal[
    "remind",
    "fee_notice",
    "fee",
    "plan_offer",
    "credit_hold",
    "legal_review",
    "transfer_notice",
    "agency_transfer",
]
ADVERSE: Final[frozenset[Action]] = frozenset({"fee", "credit_hold", "legal_review", "agency_transfer"})
"""Actions that change a natural person's position: a person approves them first."""

Tone = Literal["courteous", "personal", "soft", "neutral", "firm", "final"]
AUTOMATIC: Final = "automatic"
"""Owner of the steps that no person carries out."""

Owner = Literal["automatic", "collector", "senior_collector", "lead", "manager", "account_manager", "finance_director"]


class Step(Part):
    """One step of a ladder."""

    code: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="Name of the step, unique over all ladders.")
    day: int = Field(ge=-90, le=720, description="Days from the effective due date; negative is before it.")
    channel: ChannelName = Field(description="How the customer is touched: email, text, phone or letter.")
    otherwise: ChannelName | None = Field(
        default=None, description="Channel used when there is no address for the first one and there is one for this."
    )
    level: int = Field(
        ge=0,
        le=LAST_LEVEL,
        description="Dunning level: 0 up to the due date, then 1 reminder, 2 second notice, 3 final notice, 4 demand, "
        "5 notice of transfer.",
    )
    tone: Tone = Field(description="Tone of the message: courteous, personal, soft, neutral, firm or final.")
    owner: Owner = Field(
        description="Who does it; automatic steps go out without a person, or go to a collector where there is no address."
    )
    action: Action = Field(
        default="remind",
        description="What the step does besides asking: fee_notice, fee, plan_offer, credit_hold, legal_review, "
        "transfer_notice or agency_transfer. An agency_transfer always waits for a person.",
    )
    template: str = Field(min_length=1, description="Name of the message template.")


Steps = tuple[Step, ...]


def _ladder(segment: str) -> Steps:
    kept: Steps = Field(description=f"Steps of the segment {segment}, in order of their days.")
    return kept


class Ladders(Part):
    """One ladder a segment."""

    natural_person: Steps = _ladder("natural_person")
    strategic: Steps = _ladder("strategic")
    new: Steps = _ladder("new")
    high_risk: Steps = _ladder("high_risk")
    habitually_late: Steps = _ladder("habitually_late")
    occasionally_late: Steps = _ladder("occasionally_late")
    reliable: Steps = _ladder("reliable")

    def of(self, segment: SegmentName) -> Steps:
        """The steps of a segment as the policy lists them."""
        steps: Steps = getattr(self, segment)
        return steps

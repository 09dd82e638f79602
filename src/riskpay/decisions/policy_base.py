"""What all parts of a policy share: frozen models that allow no unknown key, and the words they may use."""

from decimal import Decimal
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from riskpay.money import is_currency

SegmentName = Literal[
    "natural_person", "strategic", "new", "high_risk", "habitually_late", "occasionally_late", "reliable"
]
SEGMENTS: Final[tuple[SegmentName, ...]] = (
    "natural_person",
    "strategic",
    "new",
    "high_risk",
    "habitually_late",
    "occasionally_late",
    "reliable",
)
"""The seven segments, in the order in which their rules are asked: the first that holds is the customer's."""

ChannelName = Literal["email", "text", "phone", "letter"]
DebtorType = Literal["company", "sole_trader", "consumer", "guarantor", "unknown"]
ProfileName = Literal["strict", "business"]


class Part(BaseModel):
    """A part of the policy: frozen, and every key it does not know is a fault."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def _currency(code: str) -> str:
    if not is_currency(code):
        raise ValueError("not a currency of ISO 4217; write a code such as USD or EUR")
    return code


CurrencyCode = Annotated[str, AfterValidator(_currency)]
CountryCode = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
"""ISO 3166 alpha-2."""
Amount = Annotated[Decimal, Field(ge=0)]
"""A decimal amount; of the reporting currency unless the key says otherwise."""
Share = Annotated[float, Field(ge=0, le=1)]
Days = Annotated[int, Field(ge=0, le=3660)]

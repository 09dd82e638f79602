"""What the API says of what changed between two days, and of chances as sums."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from riskpay.serving.schemas import PartSaid, Share
from riskpay.serving.schemas_lists import Money

Points = Annotated[float, Field(ge=-1, le=1)]


class FigureChanged(BaseModel):
    """A chance then and now; the parts add up to the change. Null for a day on which the item was not open."""

    from_: Share | None = Field(alias="from", examples=[0.3602])
    to: Share | None = Field(examples=[0.2248])
    change: Points | None = Field(examples=[-0.1354])
    parts: list[PartSaid]


class AmountChanged(BaseModel):
    """What was open then and now."""

    from_: Money | None = Field(alias="from")
    to: Money | None


class ItemChanged(BaseModel):
    """What became of one item."""

    company_id: str = Field(examples=["1"])
    customer_id: str = Field(examples=["0600769623"])
    invoice_id: str = Field(examples=["1930438491"])
    instalment: int = Field(examples=[1])
    due_date: date = Field(examples=["2019-08-14"])
    state: Literal["open", "new", "settled"] = Field(
        description="open: on both days; new: on the later day only; settled: no longer open.", examples=["open"]
    )
    currency: str = Field(examples=["USD"])
    open_amount: AmountChanged
    p_late: FigureChanged
    p_unpaid_30: FigureChanged


class MoneyPart(BaseModel):
    """One addend of a change in money."""

    code: str = Field(examples=["days_passed"])
    text: str = Field(examples=["days passed"])
    amount: Money


class MoneyChanged(BaseModel):
    """Open amount x P(unpaid in 30 days), summed over the items of one currency; the parts add up to the change."""

    from_: Money = Field(alias="from")
    to: Money
    change: Money
    parts: list[MoneyPart]


class SideSaid(BaseModel):
    """The end of a day and the run that scored it; null where nobody did, and the model was asked anew."""

    as_of: date = Field(examples=["2019-07-31"])
    run_id: str | None = Field(examples=["5f2b9c07d1e84a3691f0c2be77a0d3b1"])
    model_version: str = Field(examples=["4"])
    data_version: str | None = Field(examples=["9d3a41c2"])
    policy_hash: str | None = Field(examples=["b7e0c55f"])


class SidesSaid(BaseModel):
    """Both days."""

    from_: SideSaid = Field(alias="from")
    to: SideSaid


class Counts(BaseModel):
    """Items by what became of them."""

    open: int = Field(examples=[259])
    new: int = Field(examples=[23])
    settled: int = Field(examples=[11])


class ChangesSummary(BaseModel):
    """What was compared, and sums over all items."""

    as_of: date = Field(examples=["2019-08-01"])
    since: date = Field(examples=["2019-07-31"])
    horizon_days: int = Field(examples=[30])
    runs: SidesSaid
    notes: list[str] = Field(
        description="What must be known, such as that other chances were published then.", examples=[[]]
    )
    counts: Counts
    money_at_risk: dict[str, MoneyChanged] = Field(
        description="By currency.",
        examples=[
            {
                "USD": {
                    "from": "5216.40",
                    "to": "4885.97",
                    "change": "-330.43",
                    "parts": [
                        {"code": "days_passed", "text": "days passed", "amount": "-997.35"},
                        {"code": "new", "text": "new items", "amount": "666.92"},
                    ],
                }
            }
        ],
    )


class ChangesAnswer(ChangesSummary):
    """What moved in the whole book."""

    moved: list[ItemChanged] = Field(description="Items open on both days, those that moved most first.")
    new: list[ItemChanged] = Field(description="The largest first.")
    settled: list[ItemChanged] = Field(description="The largest first.")


class CustomerChangesAnswer(ChangesSummary):
    """What moved of one customer."""

    company_id: str = Field(examples=["1"])
    customer_id: str = Field(examples=["0600769623"])
    items: list[ItemChanged] = Field(description="Every item, those that moved most first.")

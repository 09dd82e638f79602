"""What the API says of worklists and cadences."""

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from riskpay.serving.schemas import NextStep, Share

Money = Annotated[str, Field(description="Decimal text.", examples=["54273.28"])]


class ListItem(BaseModel):
    """One open item of an entry."""

    model_config = ConfigDict(extra="allow")

    invoice_id: str = Field(examples=["1930438491"])
    instalment: int = Field(examples=[1])
    open_amount: Money
    currency: str = Field(examples=["USD"])
    due_date: date = Field(examples=["2019-07-17"])
    days_past_due: int = Field(examples=[15])
    p_late: Share | None = Field(examples=[1.0])
    p_unpaid_30: Share | None = Field(examples=[0.3052])
    abstains: bool = Field(
        default=False, description="Too little is known for the chances to say much.", examples=[False]
    )


class ListEntry(BaseModel):
    """One customer on a worklist, with what puts it there."""

    model_config = ConfigDict(extra="allow")

    collector: str = Field(examples=["anna"])
    rank: int = Field(description="Order within the collector's list, from 1.", examples=[1])
    company_id: str = Field(examples=["1"])
    customer_id: str = Field(examples=["0600769623"])
    name: str | None = Field(examples=["Northern Mills"])
    collectible_amount: Money = Field(description="Open and not disputed, promised, planned or blocked.")
    currency: str = Field(examples=["USD"])
    call_value: Money = Field(description="What a call is expected to bring, in the reporting currency.")
    priority: float = Field(description="What the list is ordered by, after must-contact.", examples=[41.7])
    p_late: Share | None = Field(description="Weighted by collectible amount.", examples=[0.83])
    p_unpaid_30: Share | None = Field(description="As p_late.", examples=[0.4121])
    abstains: bool = Field(default=False, description="For half of the amount or more.", examples=[False])
    segment: str = Field(examples=["habitually_late"])
    oldest_days_past_due: int = Field(examples=[15])
    next_step: NextStep | None
    must_contact: str | None = Field(default=None, description="Rule that puts the customer first; null: none does.")
    reasons: list[str] = Field(examples=[["paid 7 of the last 9 invoices late, 12 days on average"]])
    items: list[ListItem]


class ListHeadSaid(BaseModel):
    """One collector's list of the day."""

    worklist_id: str = Field(description="Hash of its content; it never changes.", examples=["3e1f..."])
    collector: str = Field(examples=["anna"])
    entries: int = Field(examples=[24])
    minutes: float = Field(description="Work on the list.", examples=[288.0])
    capacity_minutes: float | None = Field(description="Time of the collector that day.", examples=[300.0])


class WorklistAnswer(BaseModel):
    """The lists in force for a day, a page of their entries, and who would pay anyway."""

    as_of: date = Field(examples=["2019-08-01"])
    run_id: str = Field(examples=["5f2b9c07d1e84a3691f0c2be77a0d3b1"])
    published_at: datetime = Field(examples=["2019-08-01T21:04:11+00:00"])
    model_version: str = Field(examples=["4"])
    data_version: str = Field(examples=["9d3a41c2"])
    policy_hash: str = Field(examples=["b7e0c55f"])
    lists: list[ListHeadSaid]
    entries: list[ListEntry]
    next: str | None = Field(description="Give it as `after` for the next page; null on the last one.")
    would_pay_anyway: list[dict[str, object]] = Field(
        description="Customers who pay without a call, under usual effort: advice. On the first page only.",
        examples=[[{"company_id": "1", "customer_id": "0600762301", "p_paid": 0.97, "within_days": 14}]],
    )


class CadenceStep(BaseModel):
    """One step for one item."""

    invoice_id: str = Field(examples=["1930438491"])
    instalment: int = Field(examples=[1])
    step_code: str = Field(examples=["habitual_call"])
    due_on: date = Field(examples=["2019-08-05"])
    channel: str = Field(examples=["phone"])
    tone: str | None = Field(examples=["firm"])
    template: str | None = Field(examples=["second_notice"])
    owner: str = Field(examples=["collector"])
    action: str | None = Field(examples=[None])
    dunning_level: int = Field(examples=[2])
    state: str = Field(description="sent, planned, approval or suppressed.", examples=["planned"])
    rule: str = Field(examples=["habitually late, 5 days after the due date"])
    earliest_utc: datetime | None
    latest_utc: datetime | None
    sent_on: date | None = Field(description="For sent steps.", examples=[None])


class CadenceAnswer(BaseModel):
    """The segment of a customer, and its steps sent, planned and suppressed, each with its rule."""

    company_id: str = Field(examples=["1"])
    customer_id: str = Field(examples=["0600769623"])
    as_of: date = Field(examples=["2019-08-01"])
    segment: str | None = Field(examples=["habitually_late"])
    segment_rule: str | None = Field(examples=["shrunk late share 0.61 is at least 0.5"])
    segment_since: date | None = Field(examples=["2019-06-03"])
    steps: list[CadenceStep]


class ProblemSaid(BaseModel):
    """What went wrong, after RFC 9457, as application/problem+json."""

    type: str = Field(examples=["/docs#not_there"])
    title: str = Field(examples=["What was asked for is not there"])
    status: int = Field(examples=[404])
    code: str = Field(description="Stable.", examples=["not_there"])
    detail: str = Field(examples=["nothing was published for 2019-08-03"])
    hint: str | None = Field(
        default=None, description="What to do next.", examples=["run: riskpay daily --as-of 2019-08-03"]
    )
    errors: list[dict[str, str]] | None = Field(default=None, description="Every fault, where there are several.")

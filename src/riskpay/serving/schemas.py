"""What goes in and out of the API, with descriptions and examples: the documentation is made from here."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final, Literal, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from riskpay.ledger.tables import DEFAULT_COMPANY
from riskpay.model.risk import BASIS, HORIZON_DAYS
from riskpay.serving.problems import legible
from riskpay.workflows.scoring_types import RowProblem

MAX_ITEMS: Final = 1000
ISO_LENGTH: Final = len("2024-03-31")
FIRST_DAY: Final = date(1990, 1, 1)
LAST_DAY: Final = date(2100, 12, 31)
"""Days outside of these are typing mistakes."""


def iso_day(value: object) -> date:
    """A day from its ISO text; raises ValueError for any other writing, and for days nobody means."""
    with suppress(ValueError):
        day = date.fromisoformat(value) if isinstance(value, str) and len(value) == ISO_LENGTH else None
        if day and FIRST_DAY <= day <= LAST_DAY and day.isoformat() == value:
            return day
    raise ValueError(f"a day is written like 2024-03-31, from {FIRST_DAY} to {LAST_DAY}")


def _readable(value: str) -> str:
    if not value.isprintable():
        raise ValueError("control characters are not allowed")
    return value


Day = Annotated[date, BeforeValidator(iso_day)]
Id = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_readable)]
Share = Annotated[float, Field(ge=0, le=1)]


class ScoreItem(BaseModel):
    """One item whose late risk is asked for; it need not be in the ledger."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ref: Id | None = Field(default=None, description="Your own mark; it comes back in the answer.", examples=["A-17"])
    company_id: Id = Field(default=DEFAULT_COMPANY, description="Our legal entity that is owed.", examples=["1"])
    customer_id: Id = Field(description="Customer, with its zeros.", examples=["0600769623"])
    invoice_id: Id | None = Field(default=None, description="Document number, if it has one.", examples=["1930438491"])
    issue_date: Day = Field(description="Day the invoice was made.", examples=["2019-07-30"])
    due_date: Day = Field(description="Last day without lateness.", examples=["2019-08-14"])
    amount: str = Field(description="Decimal text, above 0.", max_length=40, examples=["54273.28"])
    currency: str = Field(description="ISO 4217 code.", max_length=10, examples=["USD"])


@dataclass(frozen=True)
class BadRow:
    """A row that is no item, with the mark it came with, if that could be read."""

    ref: str | None
    problem: RowProblem


def _row(value: Any, read: ValidatorFunctionWrapHandler) -> Any:  # noqa: ANN401 - any JSON may come
    """The item, or what is wrong with it as a value: one bad row never spoils the others."""
    try:
        return read(value)
    except ValidationError as failed:
        ref = value.get("ref") if isinstance(value, dict) else None
        faults = "; ".join(_fault(dict(fault)) for fault in failed.errors())
        readable = isinstance(ref, str) and ref.isprintable()
        return BadRow(ref if readable else None, RowProblem("invalid_item", faults))


def _fault(fault: dict[str, Any]) -> str:
    where = ".".join(map(str, fault["loc"])) or "item"
    return legible(f"{where}: {fault['msg'].removeprefix('Value error, ')}")


class ScoreQuestion(BaseModel):
    """Items to score as of a day."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    as_of: Day | None = Field(
        default=None,
        description="Look from the end of this day; the day of the newest fact unless given.",
        examples=["2019-08-01"],
    )
    items: list[Annotated[ScoreItem, WrapValidator(_row)]] = Field(
        min_length=1, max_length=MAX_ITEMS, description="A row that does not fit gets an error of its own."
    )
    include: list[Literal["reasons", "curve", "sums"]] = Field(
        default=["reasons"], description="What to add to each answer.", examples=[["reasons", "curve", "sums"]]
    )

    def rows(self) -> list[ScoreItem | BadRow]:
        """The items in order, rows that do not fit among them as values."""
        return cast(list[ScoreItem | BadRow], self.items)


class PayDate(BaseModel):
    """Days by which the item is paid with 10, 50 and 90 % probability; null beyond the curve's end."""

    p10: date | None = Field(examples=["2019-08-12"])
    p50: date | None = Field(examples=["2019-08-21"])
    p90: date | None = Field(examples=["2019-09-26"])


class Band(BaseModel):
    """Holds the true chance nine times in ten, as far as that can be measured; wide where little is known."""

    low: Share = Field(examples=[0.41])
    high: Share = Field(examples=[0.78])


class PayBetween(BaseModel):
    """Between which days the item is paid with that share; last is null beyond the curve's end."""

    first: date = Field(description="as_of: the payment may be on its way.", examples=["2019-08-05"])
    last: date | None = Field(examples=["2019-09-11"])
    share: Share = Field(examples=[0.8])


class CurvePoint(BaseModel):
    """P(still unpaid that many days from as_of)."""

    day: int = Field(ge=0, le=HORIZON_DAYS, examples=[30])
    p_unpaid: Share = Field(examples=[0.182])


class ReasonSaid(BaseModel):
    """One cause of a late risk in plain words."""

    code: str = Field(examples=["late_share"])
    text: str = Field(examples=["paid 7 of the last 9 invoices late, 12 days on average"])
    weight: float | None = Field(default=None, description="In log-odds; above 0: later.", examples=[1.2])
    points: float | None = Field(
        default=None,
        description="The same in points of p_late; null past the due date: the lateness is a fact.",
        examples=[0.21],
    )


class PartSaid(BaseModel):
    """One addend of a chance or of its change."""

    code: str = Field(description="Of a feature; `others`: all smaller ones together.", examples=["open_count"])
    text: str = Field(examples=["how many items the customer has open (5 items, now 8 items)"])
    points: float = Field(ge=-1, le=1, description="Points of probability.", examples=[-0.0083])


class SumSaid(BaseModel):
    """A chance as a sum: base + parts = chance."""

    figure: str = Field(examples=["p_unpaid_30"])
    base: Share = Field(description="Of any item at this stage, its figures not looked at.", examples=[0.16])
    chance: Share = Field(examples=[0.2248])
    parts: list[PartSaid]


class NextStep(BaseModel):
    """What the cadence does next for the item: the step of the day's plan, or what a plan would say of a new item."""

    model_config = ConfigDict(extra="allow")

    due_on: date = Field(examples=["2019-08-15"])
    channel: str = Field(examples=["email"])
    tone: str | None = Field(default=None, examples=["courteous"])
    owner: str = Field(examples=["automatic"])
    step_code: str = Field(examples=["occasional_reminder"])
    state: str = Field(
        default="planned",
        description="planned, approval (a person approves first) or suppressed: it does not go out, `rule` says why.",
        examples=["planned"],
    )
    rule: str = Field(
        description="Rule of the policy behind it, or against it.",
        examples=["occasionally late, 1 day after the due date"],
    )


class ItemError(BaseModel):
    """Why a row got no answer."""

    code: str = Field(description="Stable.", examples=["unknown_currency"])
    detail: str = Field(examples=["currency 'USX' is not in ISO 4217"])


class ScoreFailed(BaseModel):
    """A row without an answer."""

    ref: str | None = Field(examples=["A-18"])
    error: ItemError


class ScoreResult(BaseModel):
    """What the model says of one item, given what is known at the end of as_of."""

    ref: str | None = Field(examples=["A-17"])
    p_late: Share = Field(description="P(not paid by due date + grace days); 1 once past it.", examples=[0.6127])
    p_unpaid_7: Share = Field(description="P(still unpaid 7 days from as_of).", examples=[0.9411])
    p_unpaid_30: Share = Field(description="P(still unpaid 30 days from as_of).", examples=[0.182])
    p_unpaid_90: Share | None = Field(
        description="P(still unpaid 90 days from as_of); null where `withheld` says why.", examples=[0.021]
    )
    p_late_band: Band = Field(description="Where the true p_late may well lie.")
    p_unpaid_30_band: Band = Field(description="Where the true p_unpaid_30 may well lie.")
    abstains: bool = Field(
        description="A band is wider than the policy's scores.max_band: too little is known.", examples=[False]
    )
    pay_date: PayDate
    pay_between: PayBetween
    curve: list[CurvePoint] | None = Field(default=None, description="Every day from 0 on; only if asked for.")
    withheld: str | None = Field(
        default=None, description="Why some figures are null, and days of the curve missing.", examples=[None]
    )
    basis: str = Field(
        default=BASIS, description="The curve is learnt from a past in which someone called.", examples=[BASIS]
    )
    support: int = Field(ge=0, description="Settled items of the customer behind the answer.", examples=[41])
    is_new: bool = Field(description="The customer has no settled item: the portfolio speaks for it.", examples=[False])
    segment: str = Field(examples=["occasionally_late"])
    reasons: list[ReasonSaid] | None = Field(default=None, description="Only if asked for; the default.")
    lateness: SumSaid | None = Field(
        default=None, description="p_late as a sum; only with `sums`. Null past the due date: the lateness is a fact."
    )
    curve_reasons: SumSaid | None = Field(
        default=None, description="P(still unpaid 30 days from as_of) as a sum; only with `sums`."
    )
    next_step: NextStep | None = Field(description="Null: the cadence has no further step.")


class ScoreAnswer(BaseModel):
    """Answers in the order of the items, and what they rest on."""

    run_id: str = Field(
        description="Names question and state together: the same items over the same model, data, policy and day "
        "have the same run_id.",
        examples=["5f2b9c07d1e84a36"],
    )
    as_of: date = Field(examples=["2019-08-01"])
    facts_until: date = Field(description="Day of the newest fact the ledger knows.", examples=["2019-08-01"])
    model_version: str = Field(examples=["4"])
    model_kind: str = Field(
        description="hazard: learnt from the ledger; prior: it holds too little to learn from, a built-in curve stands in.",
        examples=["hazard"],
    )
    data_version: str = Field(examples=["9d3a41c2"])
    policy_hash: str = Field(examples=["b7e0c55f"])
    results: list[ScoreResult | ScoreFailed]

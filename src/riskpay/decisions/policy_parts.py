"""The sections of a policy besides its ladders and its compliance profiles."""

from typing import Final, Literal

from pydantic import Field

from riskpay.decisions.policy_base import Amount, CurrencyCode, Days, DebtorType, Part, SegmentName, Share
from riskpay.model.risk import HORIZON_DAYS

NOT_READ: Final = "Nothing reads it yet: lists weigh calls only."
"""Said of keys that stand in the policy so that its file need not change when they are used."""


class EffectiveDueDate(Part):
    """When a due date rolls to the next business day."""

    roll_weekends: bool = Field(
        description="Whether a due date on a Saturday or Sunday moves to the next business day."
    )
    roll_holidays: bool = Field(description="Whether a due date on a bank holiday moves to the next business day.")


class MinimumAmount(Part):
    """Balances too small to chase."""

    default: Amount = Field(description="Smallest balance that is chased, in the reporting currency.")
    currencies: dict[CurrencyCode, Amount] = Field(
        description="Smallest balance that is chased, by currency, in that currency; other currencies take the default."
    )


class SegmentRules(Part):
    """The thresholds of the seven segments."""

    natural_person_types: tuple[DebtorType, ...] = Field(
        description="Debtor types that are natural persons. An unknown type is none of them, but is treated strictly."
    )
    new_below: int = Field(ge=1, description="A customer with fewer settled invoices than this is new.")
    high_risk_share: Share = Field(
        description="High risk: the expected unpaid share, weighted by amount, is at least this (P(late) of items not "
        "yet due, P(unpaid in 30 days) of those past due)."
    )
    high_risk_exposure: Amount = Field(
        description="High risk: and exposure is at least this, in the reporting currency."
    )
    habitually_late_share: Share = Field(description="Habitually late: the shrunk late share is at least this.")
    occasionally_late_share: Share = Field(description="Occasionally late: the shrunk late share is at least this.")
    hysteresis: float = Field(
        ge=0,
        le=0.25,
        description="A customer changes between reliable, occasionally late and habitually late only when the late "
        "share passes the threshold by this much.",
    )


class CoolDown(Part):
    """Days without a call after the last contact, by its outcome."""

    reached: Days = Field(description="Days without a call after a conversation.")
    no_answer: Days = Field(description="Days without a call after nobody answered.")
    message_left: Days = Field(description="Days without a call after a message was left.")
    promised: Days = Field(description="Days without a call after a promise.")
    disputed: Days = Field(description="Days without a call after the customer disputed something.")
    refused: Days = Field(description="Days without a call after a refusal.")
    wrong_contact: Days = Field(description="Days without a call after a wrong number or person.")
    sent: Days = Field(description="Days without a call after a message went out.")


class Response(Part):
    """What a contact does to the daily chance of payment."""

    kappa: float = Field(ge=1, le=20, description="Multiplier of the payment hazard right after a contact; 1 = none.")
    alpha: float = Field(ge=0, le=1, description="Push added to the payment hazard right after a contact; 0 = none.")
    half_life: float = Field(gt=0, le=365, description="Days after which the effect is half as strong.")
    basis: Literal["assumed", "measured"] = Field(description="assumed until a holdout has measured it.")


class ChannelResponses(Part):
    """Contact response by channel."""

    email: Response = Field(description=f"Response to an e-mail. {NOT_READ}")
    text: Response = Field(description=f"Response to a text message. {NOT_READ}")
    phone: Response = Field(description="Response to a call; the call value is reckoned with it.")
    letter: Response = Field(description=f"Response to a letter. {NOT_READ}")


class Responses(Part):
    """Contact response by segment and channel."""

    natural_person: ChannelResponses = Field(description="Response of natural persons.")
    strategic: ChannelResponses = Field(description="Response of strategic customers.")
    new: ChannelResponses = Field(description="Response of new customers.")
    high_risk: ChannelResponses = Field(description="Response of customers of high risk and exposure.")
    habitually_late: ChannelResponses = Field(description="Response of habitually late customers.")
    occasionally_late: ChannelResponses = Field(description="Response of occasionally late customers.")
    reliable: ChannelResponses = Field(description="Response of reliable customers.")

    def of(self, segment: SegmentName) -> ChannelResponses:
        """The responses of one segment."""
        found: ChannelResponses = getattr(self, segment)
        return found


class Weights(Part):
    """Weights of the three terms of a call's value."""

    extra_cash: float = Field(ge=0, description="Weight of the extra cash within the horizon.")
    cash_days: float = Field(ge=0, description="Weight of the cash-days gained, priced at the cost of money.")
    loss_avoided: float = Field(ge=0, description="Weight of the loss avoided.")


class CallValue(Part):
    """How the value of a call is reckoned."""

    horizon_days: int = Field(ge=1, le=HORIZON_DAYS, description="Extra cash and cash-days count up to this day.")
    loss_horizon_days: int = Field(ge=1, le=HORIZON_DAYS, description="What is unpaid on this day counts as at risk.")
    cost_of_money: float = Field(ge=0, le=1, description="Cost of money a year; 0.08 is 8 %.")
    lgd: Share = Field(description="Loss given default: the share lost of what is still unpaid at the loss horizon.")
    contact_day: int = Field(ge=0, le=60, description="Days from as_of to the expected contact.")
    due_within_days: int = Field(
        ge=0,
        le=HORIZON_DAYS,
        description="Items due later than this many days from as_of take no part in a call's value.",
    )
    weights: Weights = Field(description="Weights of the three terms.")


class Channel(Part):
    """What one touch costs."""

    cost: Amount = Field(description="Cost of one touch, in the reporting currency.")
    minutes: float = Field(ge=0, le=480, description="Minutes of a person for one touch.")
    p_reach: Share = Field(description="Chance that the touch reaches someone who can pay.")


class Channels(Part):
    """What each channel costs."""

    email: Channel = Field(description=f"An e-mail. {NOT_READ}")
    text: Channel = Field(description=f"A text message. {NOT_READ}")
    phone: Channel = Field(description="A call; priority and capacity are reckoned with it.")
    letter: Channel = Field(description=f"A letter. {NOT_READ}")


class Capacity(Part):
    """How much a collector can do in a day."""

    default_collector: str = Field(min_length=1, description="Collector of customers that have no owner.")
    minutes: float = Field(ge=0, le=1440, description="Minutes of calls a collector has in a day.")
    collectors: dict[str, float] = Field(description="Minutes in a day of collectors who differ from that, by name.")


class MustContact(Part):
    """Who comes first on the list, whatever a call is worth."""

    broken_promise: bool = Field(
        description="A broken promise puts the customer first until someone has spoken to them."
    )
    returned_debit_days: Days = Field(
        description="A returned debit puts the customer first for this many days, until someone has spoken to them; 0 = never."
    )
    untouched_amount: Amount = Field(
        description="An overdue customer untouched for longest_untouched_days comes first from this collectible amount on."
    )
    large_amount: Amount = Field(description="Large and overdue: collectible past due amount from which on.")
    large_days: int = Field(ge=1, description="Large and overdue: days past due of the oldest item from which on.")


class PointsRule(Part):
    """One rule of the points strategy: it holds if at_least <= fact < below."""

    name: str = Field(min_length=1, description="Name of the rule, unique.")
    fact: Literal["past_due_amount", "oldest_days_past_due", "late_share", "broken_promises", "past_due_share"] = Field(
        description="What is looked at; amounts in the reporting currency, shares from 0 to 1."
    )
    at_least: float = Field(description="The rule holds from this value on.")
    below: float | None = Field(default=None, description="The rule holds below this value; left out: no upper end.")
    points: float = Field(gt=0, description="Points given when the rule holds.")


class WouldPayAnyway(Part):
    """Advice, never a suppression."""

    within_days: int = Field(
        ge=1, le=HORIZON_DAYS, description="The chance of payment within this many days is looked at."
    )
    threshold: Share = Field(description="From this chance on the customer stands on the advice list.")


class Scores(Part):
    """When a chance is told as too uncertain."""

    max_band: Share = Field(
        description="A chance whose band is wider than this says little: the score abstains, and pages say so instead of a figure."
    )


class Train(Part):
    """The gate of a new model."""

    min_settled_items: int = Field(
        ge=1, description="Fewer settled items than this are too few to learn from: a prior model stands in."
    )
    min_brier_gain: float = Field(
        ge=0,
        le=1,
        description="Brier score by which a model must beat the naive ratio; the 95 % interval by customers must exclude zero.",
    )
    min_champion_gain: float = Field(
        ge=0,
        le=1,
        description="Brier score by which a model of another recipe (settings, features, version of riskpay) must beat the "
        "champion; the interval must exclude zero.",
    )
    max_brier_loss: float = Field(
        ge=0,
        le=1,
        description="A refresh (the champion's recipe on newer data) is promoted if the interval of its Brier score less the "
        "champion's ends below this.",
    )
    champion_max_age_days: int = Field(
        ge=1,
        le=3660,
        description="A champion trained more days ago is replaced by what is not shown to be worse than max_brier_loss.",
    )
    max_segment_loss: float = Field(
        ge=0,
        le=1,
        description="Brier score by which a model may be worse in one segment; it counts where its interval excludes zero.",
    )
    min_segment_questions: int = Field(ge=1, description="Smaller segments are not looked at apart.")
    max_level_error: Share = Field(
        description="Most that the mean chance may be off the observed share; it counts beyond three standard errors."
    )
    max_ece: Share = Field(
        description="Most that the expected calibration error may be; it counts beyond what luck alone gives."
    )
    max_feature_auc: float = Field(
        ge=0.5, le=1, description="A feature that tells the outcome alone beyond this ROC-AUC is taken for leaked."
    )
    max_data_age_days: int = Field(
        ge=1, le=365, description="Data are stale if the newest payment or invoice is older than this many days."
    )
    min_recent_volume: Share = Field(
        description="Data are stale if the last four weeks brought less than this share of the usual payments or invoices."
    )

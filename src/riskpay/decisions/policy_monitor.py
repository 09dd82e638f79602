"""When monitoring warns and when it raises the alarm."""

from typing import Annotated

from pydantic import Field, model_validator

from riskpay.decisions.policy_base import Days, Part, Share

Positive = Annotated[float, Field(ge=0, le=1000)]


class Bound(Part):
    """A figure warns from ``warn`` on and alarms from ``alarm`` on."""

    warn: Positive = Field(description="From here on the check warns.")
    alarm: Positive = Field(description="From here on the check alarms, and `riskpay monitor` ends with exit code 5.")

    @model_validator(mode="after")
    def _in_order(self) -> "Bound":
        if self.warn > self.alarm:
            raise ValueError(f"warns at {self.warn:g}, after it alarms at {self.alarm:g}; warn must not be above alarm")
        return self


class Monitor(Part):
    """Thresholds of `riskpay monitor`."""

    min_items: int = Field(ge=1, le=1_000_000, description="Fewer items than this give no verdict.")
    min_customers: int = Field(ge=2, le=1_000_000, description="Items of fewer customers than this give no verdict.")
    psi: Bound = Field(
        description="Population stability index of a feature or score: four weeks against what the champion was trained on."
    )
    test_level: float = Field(
        gt=0,
        lt=1,
        description="A feature or score has moved only where the two-sample test, corrected for the number of features, is below this.",
    )
    drifted_share: Bound = Field(
        description="Share of features whose own index is at its alarm (drift in all); one feature alone only warns, from three times its usual index on."
    )
    performance_days: Days = Field(
        description="Answers are judged whose truth came out within this many days; older ones only show the trend."
    )
    standard_errors: float = Field(
        ge=0,
        le=10,
        description="A loss or gap counts only where it is this many standard errors (by customer) above 0.",
    )
    brier_loss: Bound = Field(description="Brier score of p_late above that of the test in training.")
    roc_auc_loss: Bound = Field(
        description="ROC-AUC of p_late below that of the test in training; the whole 95 % interval must be."
    )
    calibration_gap: Bound = Field(description="Observed share against mean predicted chance, either way.")
    calibration_slope: Bound = Field(description="Distance of the calibration slope of p_late from 1, either way.")
    calibration_trend: Bound = Field(description="Change of the calibration gap of p_late a month, either way.")
    days_without_facts: Bound = Field(description="Days since the newest fact of any kind.")
    days_without_cash: Bound = Field(
        description="Days since the newest payment of the legal entity that is furthest behind."
    )
    volume_factor: Bound = Field(
        description="Invoices or payments a week, the last four weeks against the 26 weeks before: so many times more, "
        "or so many times fewer."
    )
    rejected_share: Bound = Field(description="Share of rows that the last load rejected.")
    unknown_customers_share: Share = Field(
        description="Share of invoices of the last four weeks whose customer the ledger has no row of; from here on the "
        "check warns."
    )

"""What a synthetic world is made of: every parameter, with its unit, and the named scenarios.

The scenarios of ``GRID`` stand as they were first written, before any model was tuned on them.
"""

from dataclasses import dataclass, replace
from datetime import date
from typing import Final


@dataclass(frozen=True)
class PayerType:
    """A kind of customer: how its members pay, and what goes wrong with their items.

    ``share`` is the part of customers of this type; ``mean_delay`` and ``mean_delay_sd`` (days from
    the due date, negative is early) are the normal law of a member's mean; ``scale`` and
    ``scale_sigma`` (days, log units) the log-normal law of its logistic scale. ``p_dispute``,
    ``p_forget`` and ``p_never`` are means over members, per item: contested, not paid unless called, never paid.
    """

    name: str
    share: float
    mean_delay: float
    mean_delay_sd: float
    scale: float
    scale_sigma: float
    p_dispute: float
    p_forget: float
    p_never: float


PAYER_TYPES: Final = (
    PayerType("reliable", 0.45, -10.0, 3.0, 2.6, 0.45, 0.015, 0.002, 0.001),
    PayerType("occasional", 0.33, -5.0, 4.0, 3.2, 0.45, 0.030, 0.006, 0.003),
    PayerType("habitual", 0.22, 6.0, 6.0, 4.5, 0.50, 0.050, 0.020, 0.012),
)
AUTOMATIC: Final = PayerType("automatic", 0.0, -0.6, 0.2, 0.25, 0.20, 0.010, 0.000, 0.002)
"""Customers on auto-pay or direct debit: paid on the due date, or on the next business day."""

USD_RATES: Final = {"USD": 1.0, "EUR": 1.08, "GBP": 1.27, "JPY": 0.0067}
"""US dollars for one unit of a currency at the start; amounts are drawn in dollars and converted at these."""

ANY_DAY: Final = 5
MONTH_END: Final = 6
PAY_RUNS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "any business day", "month end")
"""Days on which a customer pays; a code is an index into this tuple."""


@dataclass(frozen=True)
class Scenario:
    """Every parameter of a synthetic world.

    Window: ``start`` is the first day of the ledger.
    Customers: ``types``; ``noise`` multiplies every scale; ``pay_runs`` are shares of the weekday codes 0 to 4 and of
    any business day; ``methods`` shares of transfer, statement, direct debit and auto-pay; ``countries`` country,
    currency and share; ``terms`` days and share; ``other_terms`` the share of items with other terms than the customer's.
    Volume: ``invoices_a_month`` median and ``volume_sigma`` log-normal spread of a customer's invoices a month;
    ``giant_share`` the share of all invoices that belong to the first customer; ``new_share`` the share of customers
    who begin after the start; ``instalment_share`` the share of invoices with two due dates.
    Amounts: ``amount`` median in USD; ``amount_between`` and ``amount_within`` log spread between and within customers.
    Effects on the mean delay, in days: ``amount_days`` per log unit of amount over the median, within 3 log units;
    ``month_end_days`` for due days from the 26th on; ``year_end_days`` for due dates from 15 December to 5 January;
    ``august_days`` for due dates in August; ``drift_days_a_year`` per year since the start, by issue date;
    ``step_days`` from ``step_after`` days after the start on.
    Disputes: ``dispute_shift`` days added to the mean of a contested item; ``p_credit`` and ``p_part_credit`` the
    shares of contested items that a credit note settles in full or in part, after the due date.
    Cash: ``p_partial`` share of items paid in two parts; ``p_return`` and ``p_return_debit`` the share of payments
    that come back (transfers; debits); ``p_overpaid`` share of payments with something on top; ``free_credit_share`` credit notes
    per invoice that are applied to nothing; ``p_write_off`` share of items unpaid after ``write_off_after`` days that
    are given up within 30 days; ``troubled_share`` share of customers who end insolvent, legal or at an agency,
    whose chance never to pay an item is ``troubled_factor`` times the type's.
    Usual effort: calls on the first business day from ``call_days`` days past due on; ``call_shift`` days by owner;
    ``p_attempt`` and ``p_attempt_log`` the chance that an item is called and its slope per log amount; ``p_reach``
    mean chance that a call reaches someone; ``p_promise`` share of reached calls that bring a promise.
    Response: ``kappa``, ``alpha`` (per day) and ``half_life`` (days) are means over customers.
    ``horizon``: days past due after which nothing is paid any more.
    """

    name: str = "base"
    start: date = date(2024, 1, 1)
    types: tuple[PayerType, ...] = PAYER_TYPES
    automatic: PayerType = AUTOMATIC
    noise: float = 1.0
    pay_runs: tuple[float, ...] = (0.06, 0.12, 0.10, 0.16, 0.16, 0.40)
    methods: tuple[tuple[str, float], ...] = (
        ("transfer", 0.80),
        ("statement", 0.08),
        ("direct_debit", 0.07),
        ("auto_pay", 0.05),
    )
    countries: tuple[tuple[str, str, float], ...] = (
        ("US", "USD", 0.64),
        ("GB", "GBP", 0.12),
        ("DE", "EUR", 0.13),
        ("FR", "EUR", 0.06),
        ("JP", "JPY", 0.05),
    )
    terms: tuple[tuple[int, float], ...] = ((14, 0.15), (30, 0.50), (45, 0.20), (60, 0.15))
    other_terms: float = 0.08
    invoices_a_month: float = 1.6
    volume_sigma: float = 1.15
    giant_share: float = 0.15
    new_share: float = 0.20
    instalment_share: float = 0.02
    amount: float = 2500.0
    amount_between: float = 1.0
    amount_within: float = 0.8
    amount_days: float = 0.6
    month_end_days: float = 1.0
    year_end_days: float = 2.5
    august_days: float = 1.5
    drift_days_a_year: float = 0.0
    step_days: float = 0.0
    step_after: int = 300
    dispute_shift: float = 18.0
    p_credit: float = 0.25
    p_part_credit: float = 0.10
    p_partial: float = 0.03
    p_return: float = 0.0005
    p_return_debit: float = 0.006
    p_overpaid: float = 0.004
    free_credit_share: float = 0.002
    p_write_off: float = 0.7
    write_off_after: int = 180
    troubled_share: float = 0.03
    troubled_factor: float = 8.0
    call_days: tuple[int, int, int] = (10, 25, 45)
    call_shift: tuple[int, ...] = (-3, 0, 0, 2, 4)
    p_attempt: float = 0.55
    p_attempt_log: float = 0.06
    p_reach: float = 0.55
    p_promise: float = 0.35
    kappa: float = 2.5
    alpha: float = 0.02
    half_life: float = 8.0
    horizon: int = 240

    def named(self, name: str, **changes: object) -> "Scenario":
        """This scenario under another name, with some parameters changed."""
        return replace(self, name=name, **changes)  # type: ignore[arg-type]  # replace checks the names itself


BASE: Final = Scenario()
_NOISY: Final = {"noise": 2.2}
_DRIFT: Final = {"drift_days_a_year": 2.5, "step_days": 1.5}
_THIN: Final = {"invoices_a_month": 0.45, "volume_sigma": 1.0, "giant_share": 0.05, "new_share": 0.5}

GRID: Final = {
    scenario.name: scenario
    for scenario in (
        BASE,
        BASE.named("noisy", **_NOISY),
        BASE.named("thin_history", **_THIN),
        BASE.named("drift", **_DRIFT),
        BASE.named("noisy_drift", **_NOISY, **_DRIFT),
    )
}
"""The scenarios on which a model is judged, by name."""

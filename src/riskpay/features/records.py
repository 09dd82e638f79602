"""A customer's record in plain counts, as of a day: for segments, plain reasons and the naive baselines."""

from datetime import date

import polars as pl

from riskpay.dates import Cut
from riskpay.features.catalogue import FeatureSettings
from riskpay.features.effective import Rolls, with_effective_due_date
from riskpay.features.histories import QUESTION_KEY
from riskpay.features.item_history import item_history
from riskpay.features.settlements import settlements
from riskpay.features.timeline import Timeline, moment
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.open_items import latest
from riskpay.ledger.settlement import item_states
from riskpay.ledger.tables import CUSTOMER_KEY

_CUSTOMER = list(CUSTOMER_KEY)
_COUNTS = ("n", "late", "late_30", "late_60", "late_90", "late_effective", "days_late")
LAST = 9
"""How many of the last settled items a plain reason looks at."""


def past_records(ledger: Ledger, questions: pl.DataFrame, cut: Cut, settings: FeatureSettings) -> pl.DataFrame:
    """What the customer of each question had settled by then, in the order of ``questions``.

    ``questions``: item key, as_of, customer_id. Columns: the question's key, n, late, late_30, late_60, late_90 (items
    settled in cash, of them late, over 30, 60 and 90 days late), late_effective (late by the due date rolled off weekends and
    bank holidays), each 0 without history, and mean_days_late (then null).
    """
    history = item_history(ledger, settings)
    line = Timeline.of(settlements(history, settings.grace_days), "customer", _COUNTS)
    asked = questions.join(history.customers, on=_CUSTOMER, how="left", maintain_order="left").with_columns(
        pl.col("customer").fill_null(history.customers.height),
        last_day=pl.col("as_of") - pl.duration(days=1 if cut == "start" else 0),
    )
    at = asked.select(moment("customer", "last_day")).to_series()
    sums = line.whole(at, _COUNTS)
    mean = pl.when(pl.col("n") > 0).then(pl.col("days_late") / pl.col("n"))
    return pl.concat([asked.select(QUESTION_KEY), sums], how="horizontal").select(
        *QUESTION_KEY, *_COUNTS[:-1], mean_days_late=mean
    )


def customer_records(
    ledger: Ledger, as_of: date, cut: Cut, settings: FeatureSettings, rolls: Rolls | None = None
) -> pl.DataFrame:
    """One row per customer with documents known at ``as_of``: counts and the last ``LAST`` settled items.

    Columns: company_id, customer_id, settled_count, late_count, late_share (shrunk to the
    portfolio's), late_share_as_written, mean_days_late, last9_count, last9_late, last9_mean_days_late (over
    the last settled items, by the day this became known; mean days late of the late ones among them).
    Late is after the effective due date that ``rolls`` gives, so that nobody is habitually late for due dates on
    which banks are closed; ``late_share_as_written`` and the days count from the due date itself.
    """
    states = item_states(ledger.known(as_of, cut), settings.tolerance)
    items = with_effective_due_date(latest(states), rolls or {})
    after = (pl.col("settled_on") - pl.col("effective_due_date")).dt.total_days()
    paid = items.filter(pl.col("settled_by") == "cash").with_columns(
        late=after > settings.grace_days, late_as_written=pl.col("days_late") > settings.grace_days
    )
    base = paid.select(pl.col("late", "late_as_written").mean().fill_null(0.0))
    k = settings.prior_weight
    ordered = paid.sort(*_CUSTOMER, "known_on", "due_date", "invoice_id", "instalment")
    last = ordered.group_by(_CUSTOMER, maintain_order=True).tail(LAST)
    recent = last.group_by(_CUSTOMER).agg(
        last9_count=pl.len(),
        last9_late=pl.col("late").sum(),
        last9_mean_days_late=pl.col("days_late").filter(pl.col("late")).mean(),
    )
    whole = paid.group_by(_CUSTOMER).agg(
        settled_count=pl.len(),
        late_count=pl.col("late").sum(),
        _as_written=pl.col("late_as_written").sum(),
        mean_days_late=pl.col("days_late").mean(),
    )
    counts = pl.col("settled_count", "late_count", "_as_written", "last9_count", "last9_late").fill_null(0)

    def shrunk(count: str, of: str) -> pl.Expr:
        return (pl.col(count) + k * pl.lit(base[of][0])) / (pl.col("settled_count") + k)

    return (
        items.select(_CUSTOMER)
        .unique()
        .join(whole, on=_CUSTOMER, how="left")
        .join(recent, on=_CUSTOMER, how="left")
        .with_columns(counts.cast(pl.Int64))
        .with_columns(
            late_share=shrunk("late_count", "late"), late_share_as_written=shrunk("_as_written", "late_as_written")
        )
        .drop("_as_written")
        .sort(_CUSTOMER)
    )

"""Slices of asked questions, by which figures are told apart: segment, size, country, new customers, the largest one.

They hang on what was known when the window began, and on no model: two models are compared on the same slices.
"""

from datetime import date
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from riskpay.decisions.cadence import rolls_of
from riskpay.decisions.policy import Policy
from riskpay.decisions.policy_base import SEGMENTS
from riskpay.decisions.segments import CustomerFacts, segment_of
from riskpay.features.catalogue import FeatureSettings
from riskpay.features.places import with_country
from riskpay.features.records import customer_records
from riskpay.features.snapshots import open_worth
from riskpay.ledger.fx import with_minor_rate
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.open_items import customers_as_of, exposure
from riskpay.ledger.tables import CUSTOMER_KEY
from riskpay.model.training import Asked
from riskpay.money import minor_digits

FloatArray = npt.NDArray[np.float64]

COLUMNS: Final = ("segment", "size", "country", "new", "largest")
SIZE_EDGES: Final = (100, 1_000, 10_000, 100_000, 1_000_000)
"""Open amounts (main unit of the reporting currency) at which classes of size begin."""
SIZES: Final = (
    f"under {SIZE_EDGES[0]:,}",
    *(f"{low:,} to {high:,}" for low, high in pairwise(SIZE_EDGES)),
    f"{SIZE_EDGES[-1]:,} or more",
)
_CUSTOMER: Final = list(CUSTOMER_KEY)


def worth_of(ledger: Ledger, states: pl.DataFrame, asked: pl.DataFrame, reporting: str) -> FloatArray:
    """Open amounts of asked items in major units of the reporting currency, at the rate of the issue day.

    ``states`` as ``item_states`` of ``ledger``. One for one where the ledger has no rate (``without_rate`` counts those).
    """
    rated = _rated(ledger, states, asked, reporting)
    minor = rated["open_amount"].to_numpy() * rated["rate"].fill_null(1.0).to_numpy()
    return np.asarray(minor / 10.0 ** minor_digits(reporting), dtype=np.float64)


def without_rate(ledger: Ledger, states: pl.DataFrame, asked: pl.DataFrame, reporting: str) -> int:
    """Questions about items whose currency has no rate into the reporting currency."""
    return _rated(ledger, states, asked, reporting)["rate"].null_count()


def _rated(ledger: Ledger, states: pl.DataFrame, asked: pl.DataFrame, reporting: str) -> pl.DataFrame:
    return with_minor_rate(open_worth(states, asked), ledger, "issue_date", reporting)


def slices(
    ledger: Ledger, asked: Asked, worth: FloatArray, policy: Policy, as_of: date, reporting: str
) -> pl.DataFrame:
    """The slice of each question, in row order: ``COLUMNS``, all text but ``new`` and ``largest`` (Boolean).

    ``worth``: open amounts as ``worth_of``. ``segment`` is the customer's at the start of ``as_of``, without the hysteresis of daily
    runs and with its own late share in place of a model's risk; ``size`` the class of the open amount; ``country`` whose
    bank holidays count; ``new`` whether the customer had settled fewer items than the policy asks for when it was
    asked; ``largest`` whether it is the customer with most items before ``as_of``.
    """
    frame = asked.frame.select(*_CUSTOMER, "as_of")
    largest = _largest(ledger, as_of)
    is_largest = frame.select(pl.struct(_CUSTOMER).is_in(largest.implode())).to_series()
    return pl.DataFrame(
        {
            "segment": segments(ledger, frame, policy, as_of, reporting),
            "size": pl.Series(
                [SIZES[place] for place in np.searchsorted(SIZE_EDGES, worth, side="right")], dtype=pl.String
            ),
            "country": with_country(frame, ledger, "as_of")["country"].fill_null("unknown"),
            "new": asked.past["n"] < policy.segments.new_below,
            "largest": is_largest,
        }
    )


def values_of(column: str, found: pl.Series) -> list[object]:
    """The values of a column of ``slices`` that occur, in the order in which they are shown."""
    there = set(found.unique())
    if column in {"segment", "size"}:
        return [name for name in (SEGMENTS if column == "segment" else SIZES) if name in there]
    if found.dtype == pl.Boolean:
        return [value for value in (True, False) if value in there]
    counts = found.value_counts().sort("count", column, descending=[True, False])
    return counts[column].to_list()


def segments(ledger: Ledger, frame: pl.DataFrame, policy: Policy, as_of: date, reporting: str) -> pl.Series:
    """The segment of each row's customer as in ``slices``; ``frame`` has company_id and customer_id."""
    members = _segments(ledger, policy, as_of, reporting)
    owners = frame.select(_CUSTOMER).join(members, on=_CUSTOMER, how="left", maintain_order="left")
    return owners["segment"].fill_null("new")


def _segments(ledger: Ledger, policy: Policy, as_of: date, reporting: str) -> pl.DataFrame:
    """company_id, customer_id, segment of every customer known at the start of ``as_of``."""
    settings = FeatureSettings(grace_days=policy.grace_days, tolerance=policy.settlement_tolerance)
    rolls = rolls_of(policy, dict(ledger.companies.select("company_id", "country").iter_rows()))
    facts = (
        customer_records(ledger, as_of, "start", settings, rolls)
        .join(customers_as_of(ledger, as_of, "start"), on=_CUSTOMER, how="left")
        .join(_exposures(ledger, as_of, reporting, policy.settlement_tolerance), on=_CUSTOMER, how="left")
        .select(
            *_CUSTOMER,
            pl.col("debtor_type").fill_null("unknown"),
            pl.col("strategic").fill_null(value=False),
            "settled_count",
            "late_share",
            risk="late_share",
            exposure=pl.col("exposure").fill_null(0.0),
        )
    )
    found = [segment_of(CustomerFacts(*row), policy)[0] for row in facts.drop(_CUSTOMER).iter_rows()]
    return facts.select(_CUSTOMER).with_columns(segment=pl.Series(found, dtype=pl.String))


def _exposures(ledger: Ledger, as_of: date, reporting: str, tolerance: int) -> pl.DataFrame:
    """What each customer owes in the main unit of the reporting currency."""
    owed = exposure(ledger, as_of, "start", tolerance).with_columns(today=pl.lit(as_of))
    rated = with_minor_rate(owed, ledger, "today", reporting)
    major = pl.col("exposure") * pl.col("rate").fill_null(1.0) / 10.0 ** minor_digits(reporting)
    return rated.group_by(_CUSTOMER).agg(exposure=major.sum())


def _largest(ledger: Ledger, as_of: date) -> pl.Series:
    """The customer with most items known at the start of a day, as structs; none before the first item."""
    known = ledger.known(as_of, "start").invoices.filter(document_type="invoice")
    counts = known.unique(["company_id", "invoice_id", "instalment"]).group_by(_CUSTOMER).len()
    first = counts.sort("len", *_CUSTOMER, descending=[True, False, False]).head(1)
    return first.select(pl.struct(_CUSTOMER)).to_series()

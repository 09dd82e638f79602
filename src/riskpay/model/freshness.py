"""Whether the facts a model is trained on reach up to the day it is trained as of: a feed that stopped looks like
customers who stopped paying.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from statistics import median
from typing import Final

import polars as pl

from riskpay.ledger.ledger import Ledger
from riskpay.ledger.tellings import telling
from riskpay.model.gate import Finding, GateRules

SPAN_DAYS: Final = 28
"""Length of a stretch whose volume is counted: four weeks, so that each weekday counts alike."""
_SPANS: Final = 4
_FEWEST: Final = 20
"""A stretch with fewer facts than this says nothing of volume."""
_SHARE: Final = 0.1
"""A legal entity with less than this share of all payments may be quiet for long without a fault."""


def check_freshness(ledger: Ledger, as_of: date, rules: GateRules) -> Finding:
    """Whether the newest facts and the volume of the last four weeks are as a live feed's. ``ledger``: known before ``as_of``."""
    faults = [*_old(ledger, as_of, rules.max_data_age_days), *_few(ledger, as_of, rules.min_recent_volume)]
    if faults:
        return Finding("fresh", passed=False, said=f"stale data: {'; '.join(faults)}")
    return Finding("fresh", passed=True, said=f"payments and invoices reach up to {as_of}, in the usual number")


def _old(ledger: Ledger, as_of: date, most: int) -> Iterator[str]:
    """Legal entities without recent cash, and the whole ledger without recent documents."""
    counts = dict(_paid(ledger).group_by("company_id").len().iter_rows())
    newest = ledger.last_cash_on()
    large = [company for company, number in counts.items() if number >= _SHARE * sum(counts.values())]
    for company in sorted(large):
        if (as_of - newest[company]).days > most:
            of = f" of company {company}" if len(counts) > 1 else ""
            yield f"the newest payment{of} became known on {newest[company]}, over {most} days before {as_of}"
    issued = ledger.invoices["known_on"].max()
    if isinstance(issued, date) and (as_of - issued).days > most:
        yield f"the newest invoice became known on {issued}, over {most} days before {as_of}"


def _few(ledger: Ledger, as_of: date, least: float) -> Iterator[str]:
    """Kinds of fact of which the last four weeks have far fewer than the stretches before."""
    kinds = {"payments": _paid(ledger), "invoices": ledger.invoices.filter(document_type="invoice")}
    for name, frame in kinds.items():
        last, *before = _volumes(frame, as_of)
        usual = median(before) if before else 0
        if usual >= _FEWEST and last < least * usual:
            yield f"{last} {name} became known in the last {SPAN_DAYS} days, usually {usual:.0f}"


def _volumes(frame: pl.DataFrame, as_of: date) -> list[int]:
    """Facts by stretch of ``SPAN_DAYS`` before ``as_of``, the last one first; none from before the first fact."""
    first = frame["known_on"].min()
    ends = [as_of - timedelta(days=SPAN_DAYS * number) for number in range(_SPANS)]
    spans = [(end - timedelta(days=SPAN_DAYS), end) for end in ends]
    return [
        frame.filter((pl.col("known_on") >= start) & (pl.col("known_on") < end)).height
        for number, (start, end) in enumerate(spans)
        if number == 0 or (isinstance(first, date) and first <= start)
    ]


def _paid(ledger: Ledger) -> pl.DataFrame:
    """Payments as banks told them, none that riskpay entered anew."""
    return ledger.payments.filter(telling("payment_id") == 1)

"""Which of the seven segments a customer belongs to: exactly one, by the first rule that holds.

A natural person is a consumer, a sole trader or a guarantor (the policy lists them). A debtor of unknown
type gets the strict compliance profile, but not the ladder of natural persons: most unknown debtors of a
business ledger are companies, and the strict profile already protects those who are not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from riskpay.decisions.book import Book
from riskpay.decisions.policy import Policy
from riskpay.decisions.policy_base import SEGMENTS, SegmentName
from riskpay.ledger.tables import CUSTOMER_KEY
from riskpay.money import minor_digits

_BY_LATE_SHARE: Final[tuple[SegmentName, ...]] = ("reliable", "occasionally_late", "habitually_late")


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """What the rules look at. ``late_share`` is shrunk and counts from effective due dates; ``late_share_as_written``
    counts from due dates as they stand, and is only told beside it. ``exposure`` is in the reporting currency's main unit.

    ``risk``: expected unpaid share weighted by open amount, P(late) of items not yet due and P(unpaid in
    30 days) of those past due; None without a model.
    """

    debtor_type: str
    strategic: bool
    settled_count: int
    late_share: float
    risk: float | None
    exposure: float
    late_share_as_written: float | None = None


def segment_of(facts: CustomerFacts, policy: Policy, previous: str | None = None) -> tuple[SegmentName, str]:
    """The segment of a customer and the rule that made it; ``previous`` is the segment of the run before."""
    rules = policy.segments
    if facts.debtor_type in rules.natural_person_types:
        return "natural_person", f"natural person: {facts.debtor_type}"
    if facts.strategic:
        return "strategic", "strategic: flagged"
    if facts.settled_count < rules.new_below:
        return "new", f"new: {facts.settled_count} settled invoices, below {rules.new_below}"
    if _is_high_risk(facts, policy):
        return "high_risk", (
            f"high risk x exposure: risk {facts.risk:.2f} from {rules.high_risk_share}, "
            f"exposure {facts.exposure:,.2f} from {rules.high_risk_exposure:,}"
        )
    segment, rule = _by_late_share(facts.late_share, policy, previous)
    written = facts.late_share_as_written
    told = "" if written is None else f"; {written:.2f} by the due dates as written"
    return segment, rule + told


def _is_high_risk(facts: CustomerFacts, policy: Policy) -> bool:
    rules = policy.segments
    risky = facts.risk is not None and facts.risk >= rules.high_risk_share
    return risky and facts.exposure >= rules.high_risk_exposure


def _by_late_share(share: float, policy: Policy, previous: str | None) -> tuple[SegmentName, str]:
    """Thresholds lie a margin further away for whoever would have to cross them."""
    rules = policy.segments
    held = _BY_LATE_SHARE.index(previous) if previous in _BY_LATE_SHARE else None
    reached = 0
    for rank, threshold in enumerate((rules.occasionally_late_share, rules.habitually_late_share), start=1):
        if share >= threshold + _margin(rank, held, rules.hysteresis):
            reached = rank
    segment = _BY_LATE_SHARE[reached]
    kept = f", kept within {rules.hysteresis} of the threshold" if _kept(share, reached, held, policy) else ""
    return segment, f"{segment.replace('_', ' ')}: late share {share:.2f}{kept}"


def _margin(rank: int, held: int | None, hysteresis: float) -> float:
    if held is None:
        return 0.0
    return -hysteresis if held >= rank else hysteresis


def _kept(share: float, reached: int, held: int | None, policy: Policy) -> bool:
    if held is None:
        return False
    thresholds = (policy.segments.occasionally_late_share, policy.segments.habitually_late_share)
    return reached != sum(share >= threshold for threshold in thresholds)


def customer_segments(book: Book, policy: Policy) -> pl.DataFrame:
    """Segments of all customers of the book and of its items: company_id, customer_id, segment, rule.

    ``book`` must be in order (``Book.in_order``). A customer that only the items name has no history: new.
    """
    facts = _facts(book)
    unit = 10 ** minor_digits(book.reporting_currency)
    found = [_row(row, unit, policy) for row in facts.iter_rows(named=True)]
    kinds = pl.Enum(SEGMENTS)
    return facts.select(CUSTOMER_KEY).with_columns(
        pl.Series("segment", [segment for segment, _ in found], kinds).cast(pl.String),
        pl.Series("rule", [rule for _, rule in found], pl.String),
    )


def _row(row: Mapping[str, object], unit: int, policy: Policy) -> tuple[SegmentName, str]:
    risk, previous = row["risk"], row["previous_segment"]
    facts = CustomerFacts(
        str(row["debtor_type"]),
        bool(row["strategic"]),
        int(str(row["settled_count"])),
        float(str(row["late_share"])),
        None if risk is None else float(str(risk)),
        float(str(row["exposure"])) / unit,
        None if row["late_share_as_written"] is None else float(str(row["late_share_as_written"])),
    )
    return segment_of(facts, policy, None if previous is None else str(previous))


def _facts(book: Book) -> pl.DataFrame:
    return (
        book.customers.join(_owed(book), on=CUSTOMER_KEY, how="full", coalesce=True)
        .with_columns(
            pl.col("debtor_type").fill_null("unknown"),
            pl.col("strategic").fill_null(value=False),
            pl.col("settled_count").fill_null(0),
            pl.col("late_share", "exposure").fill_null(0.0),
            pl.col("risk").fill_nan(None).round(9),
        )
        .sort(CUSTOMER_KEY)
    )


def _owed(book: Book) -> pl.DataFrame:
    """Exposure (reporting minor units, net of unapplied cash) and risk of each customer with open items."""
    worth = pl.col("open_amount") * pl.col("rate").fill_null(0.0)
    chance = pl.when(pl.col("days_past_due") > 0).then("p_unpaid_30").otherwise("p_late")
    by_currency = book.items.group_by(*CUSTOMER_KEY, "currency", maintain_order=True).agg(
        worth=worth.sum(),
        weighted=(chance * worth).sum(),
        scored=pl.when(chance.is_not_null()).then(worth).sum(),
        rate=pl.col("rate").first().fill_null(0.0),
    )
    free = pl.col("unapplied_amount").fill_null(0) * pl.col("rate")
    return (
        by_currency.join(book.unapplied_cash(), on=[*CUSTOMER_KEY, "currency"], how="left", maintain_order="left")
        .group_by(CUSTOMER_KEY, maintain_order=True)
        .agg(exposure=(pl.col("worth") - free).sum(), risk=pl.col("weighted").sum() / pl.col("scored").sum())
    )

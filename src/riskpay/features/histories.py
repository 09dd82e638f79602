"""Customers' payment histories as features, for any list of (item, as_of): the fast path, in Polars.

Items get numbers (``item_history``), their facts become rows that add up (``settlements``, ``open_book``), and rows become
timelines: a question is a pair of binary searches in each, and a window is the difference of two running sums.
``reference`` computes the same slowly and obviously.

Cost, for n facts and q questions: n log n to sort the facts once for each grouping, q log n to find the rows of each
grouping and window, and q for each sum taken there. Memory: the facts of the ledger that is handed in, their sums, and
``BATCH`` questions with everything known about them.
"""

from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from riskpay.dates import Cut
from riskpay.features.catalogue import FEATURE_NAMES, FeatureSettings
from riskpay.features.disputes import DisputeFacts, facts_of, with_disputes
from riskpay.features.figures import with_figures
from riskpay.features.item_history import ItemHistory, item_history
from riskpay.features.lines import (
    CUSTOMER,
    GROUPS,
    KIND,
    OF_PORTFOLIO,
    WEEKDAY,
    WINDOWS,
    Lines,
    by_day,
    of_customer,
)
from riskpay.features.open_book import OldestDue, open_spells
from riskpay.features.settlements import CORE, SUMS, UPTO, settlements
from riskpay.features.timeline import Timeline, moment
from riskpay.ledger.fx import in_major
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.settlement import begins_item
from riskpay.ledger.tables import ITEM_KEY

QUESTION_KEY = (*ITEM_KEY, "as_of")
BATCH: Final = 100_000
"""Questions answered at a time: each has hundreds of sums until it has its features."""


@dataclass(frozen=True)
class Facts:
    """All dated facts of a ledger, ready to be asked with one cut.

    ``items``: the items that can be asked about. ``lines`` and ``oldest`` hold customers' facts, by customer number.
    """

    items: ItemHistory
    cut: Cut
    settings: FeatureSettings
    lines: Lines
    oldest: OldestDue
    disputes: DisputeFacts | None = None

    def features(self, questions: pl.DataFrame) -> pl.DataFrame:
        """As ``answer``."""
        return answer(self, questions)

    def of_new(self, ledger: Ledger) -> "Facts":
        """The same facts, to be asked about items that stand in no ledger, told in one of their own.

        Like an item's own document at its issue, they are in no customer's open book.
        """
        items = item_history(ledger, self.settings, self.items.customers, amounts=self.items.amounts)
        return replace(self, items=items, disputes=self.disputes and self.disputes.of_new())


def gather(ledger: Ledger, settings: FeatureSettings, cut: Cut) -> Facts:
    """The facts of a ledger, all days of it."""
    items = item_history(ledger, settings)
    settled = settlements(items, settings.grace_days)
    disputes = facts_of(items, ledger, settings, cut)
    return assemble(items, settled, by_day(settled), settings, cut, disputes)


def assemble(
    items: ItemHistory,
    settled: pl.DataFrame,
    portfolio: pl.DataFrame,
    settings: FeatureSettings,
    cut: Cut,
    disputes: DisputeFacts | None = None,
) -> Facts:
    """Timelines of items and their ``settlements``, beside the ``portfolio`` of perhaps more customers (``by_day``)."""
    spells = open_spells(items)
    lines = Lines.of(settled, portfolio, spells, documents_of(items), settings, cut)
    return Facts(items, cut, settings, lines, OldestDue.of(spells), disputes)


def documents_of(items: ItemHistory, sign: int = 1) -> pl.DataFrame:
    """Documents as first issued: customer, known_on, and n, the ``sign``."""
    first = items.versions.filter(begins_item(), pl.col("customer") >= 0)
    return first.select("customer", "known_on", n=pl.lit(sign, pl.Int32))


def features(
    ledger: Ledger, questions: pl.DataFrame, cut: Cut, settings: FeatureSettings | None = None
) -> pl.DataFrame:
    """The catalogue's features for each question, from what was known then; of the optional ones those that are on.

    ``questions``: company_id, invoice_id, instalment, as_of; an item asked before its own document
    was known is answered with its first version, open in full. Facts count with known_on < as_of
    for cut ``start``, <= for ``end``; a settlement that was taken back since, or changed by a later
    version of its document, counts as it is known then. Returns the question's key and one Float64
    column a feature, rows in the order of ``questions``; null where nothing is known. Items that
    the ledger does not have give a row of nulls.
    """
    return answer(gather(ledger, settings or FeatureSettings(), cut), questions)


def answer(known: Facts, questions: pl.DataFrame) -> pl.DataFrame:
    """As ``features``, from facts gathered before."""
    asked = questions.select(QUESTION_KEY).join(known.items.items, on=list(ITEM_KEY), how="left", maintain_order="left")
    found = answer_numbers(known, asked.select("item", "as_of"))
    return pl.concat([asked.select(QUESTION_KEY), found], how="horizontal")


def answer_numbers(known: Facts, asked: pl.DataFrame) -> pl.DataFrame:
    """The features of each question (item's number, null for one not there; as_of), in order."""
    found = answered(known, asked)
    place = pl.int_range(found.height, dtype=pl.UInt32, eager=True)
    there = asked.select(row=pl.int_range(pl.len(), dtype=pl.UInt32)).join(
        found.select("row", place=place), on="row", how="left", maintain_order="left"
    )
    return found.drop("row").select(pl.all().gather(there["place"]))


def answered(known: Facts, asked: pl.DataFrame) -> pl.DataFrame:
    """The features of questions (item's number, as_of), by customer and day, with their ``row`` in ``asked``.

    Left out: items that are not there, or belong to customers whose facts are not here (number -1) by then.
    """
    rows = _asked(asked.with_row_index("row").drop_nulls("item"), known).filter(pl.col("customer") >= 0)
    # In order of customer and day, neighbours find their rows side by side.
    ordered = rows.sort(moment("customer", "last_day"))
    same = ["last_day", "due_weekday", "due_kind"]
    kinds = ordered.select(same).unique().sort(same)
    everybody = _of_everybody(kinds, known.lines)
    ordered = ordered.join(kinds.with_row_index("kind"), on=same, how="left", maintain_order="left")
    parts = [_features(part, known, everybody) for part in ordered.iter_slices(BATCH)]
    return pl.concat(parts or [_features(ordered, known, everybody)])


def _asked(asked: pl.DataFrame, known: Facts) -> pl.DataFrame:
    """Questions with ``last_day`` (the last day whose facts count) and the item as known then."""
    back = 1 if known.cut == "start" else 0
    asked = asked.with_columns(last_day=pl.col("as_of") - pl.duration(days=back))
    versions, states = known.items.versions, known.items.states
    line = states.select(moment("item", "known_on")).to_series()
    row = line.search_sorted(asked.select(moment("item", "last_day")).to_series(), side="right").cast(pl.Int64) - 1
    state = states.select("version", "open_amount", of="item")[row.clip(lower_bound=0)]
    # Its first state may count cash of the document's own day, which is not known yet.
    first = versions["item"].search_sorted(asked["item"], side="left")
    is_known = (row >= 0) & (state["of"] == asked["item"])
    version = pl.select(pl.when(is_known).then(state["version"]).otherwise(first)).to_series()
    document = versions.drop("item", "known_on", "made", "content")[version]
    open_amount = pl.when(is_known).then(state["open_amount"]).otherwise(pl.col("amount"))
    found = pl.concat([asked, document], how="horizontal").with_columns(open_amount=open_amount)
    return found.with_columns(open_value=in_major(pl.col("open_amount")))


def _features(asked: pl.DataFrame, known: Facts, everybody: pl.DataFrame) -> pl.DataFrame:
    """The number of each question and its features; ``everybody`` by the questions' ``kind``."""
    if asked.height == 1:
        # Polars takes a column of one row for a number, and computes with numbers otherwise, by a last bit: what is said
        # of a question must not hang on whether others are asked.
        return _features(pl.concat([asked, asked]), known, everybody).head(1)
    marks = known.items.marks.drop("country", "due_date", "due_roll", "due_kind")[asked["mark"]]
    sums = pl.concat([asked, marks, *_of_customers(asked, known), everybody[asked["kind"]]], how="horizontal")
    # A column taken from a table of one row counts as a number to Polars too, until it is a column of its own.
    figures = with_figures(pl.DataFrame(sums.get_columns()), known.settings)
    found = figures.select("row", pl.col(FEATURE_NAMES).cast(pl.Float64))
    return with_disputes(found, asked, known.disputes, known.settings.prior_weight)


def _of_customers(asked: pl.DataFrame, known: Facts) -> list[pl.DataFrame]:
    lines = known.lines
    at = _at(asked, CUSTOMER)
    last = lines.last_paid.at(at, asked["last_day"]).rename(
        {"settled_day": "last_settled_day", "days_late": "last_days_late"}
    )
    groups = [lines.groups[prefix].whole(_at(asked, of_customer(sub)), CORE, prefix) for prefix, sub in GROUPS.items()]
    settled, weekday = lines.settled.at(at), lines.weekday.at(_at(asked, of_customer(WEEKDAY)))
    return [
        settled.whole(SUMS, "all_"),
        *(settled.window(days, f"w{days}_") for days in WINDOWS),
        lines.decayed.at(asked, CUSTOMER, "decayed_"),
        lines.decayed_kind.at(asked, KIND, "ktd_"),
        lines.same_amount.whole(_at(asked, pl.col("same_amount")), CORE, "sa_"),
        lines.overdue_kind.whole(_at(asked, KIND), ("overdue_count",), "kt_"),
        last,
        *groups,
        weekday.whole((*CORE, *UPTO), "wd_"),
        weekday.window(90, "wd90_"),
        lines.book.whole(at, ("open_count", "open_value"), "book_"),
        lines.overdue.whole(at, ("overdue_count", "overdue_value"), "book_"),
        _documents(lines.documents, at),
        pl.DataFrame({"book_oldest": known.oldest.at(at)}),
    ]


def _of_everybody(kinds: pl.DataFrame, lines: Lines) -> pl.DataFrame:
    """What is the same for all questions of a kind (last_day, due_weekday, due_kind)."""
    portfolio = lines.portfolio.at(_at(kinds, pl.lit(0)))
    weekday = lines.portfolio_weekday.at(_at(kinds, WEEKDAY))
    kind = lines.portfolio_kind.at(_at(kinds, pl.col("due_kind")))
    sums = [
        portfolio.whole(OF_PORTFOLIO, "p_"),
        *(portfolio.window(days, f"p{days}_") for days in (30, 90, 365)),
        weekday.window(365, "pwd_"),
        kind.window(365, "pk_"),
    ]
    return pl.concat(sums, how="horizontal")


def _at(asked: pl.DataFrame, group: pl.Expr) -> pl.Series:
    """The moments of a group at the end of each question's ``last_day``."""
    return asked.select(moment(group, "last_day")).to_series()


def _documents(line: Timeline, at: pl.Series) -> pl.DataFrame:
    """Documents first issued to the customer in the last 30 days, and the day of the first of all (null: none)."""
    reached = line.at(at)
    issued = reached.since(30, ("n",)).select(doc30_issued="n")
    return issued.with_columns(first_day=reached.first_day("n"))

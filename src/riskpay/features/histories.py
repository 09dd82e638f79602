"""Customers' payment histories as features, for any list of (item, as_of): the fast path, in Polars.

Items get numbers (``item_history``), their facts become rows that add up (``settlements``, ``open_book``), and rows become
timelines: a question is a pair of binary searches in each, and a window is the difference of two running sums.
``reference`` computes the same slowly and obviously.

Cost, for n facts and q questions: n log n to sort the facts once for each grouping, q log n to find the rows of each
grouping and window, and q for each sum taken there. Memory: the facts of the ledger that is handed in, their sums, and
``BATCH`` questions with everything known about them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from riskpay.dates import Cut
from riskpay.features.catalogue import FEATURE_NAMES, LATE_DAYS, FeatureSettings
from riskpay.features.decay import Decayed
from riskpay.features.disputes import DisputeFacts, facts_of, with_disputes
from riskpay.features.figures import with_figures
from riskpay.features.item_history import ItemHistory, item_history
from riskpay.features.last_paid import LastPaid
from riskpay.features.open_book import OldestDue, book_changes, open_spells, overdue_spells
from riskpay.features.settlements import CORE, SUMS, UPTO, overcounted, settlements
from riskpay.features.timeline import SUB_GROUPS, Timeline, exact, moment
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.settlement import begins_item
from riskpay.ledger.tables import ITEM_KEY

QUESTION_KEY = (*ITEM_KEY, "as_of")
WINDOWS = (30, 90, 180, 365)
BATCH = 100_000
"""Questions answered at a time: each has hundreds of sums until it has its features."""

_TERMS = pl.col("terms_days").clip(-(2**16), 2**16 - 1) + 2**16
_WEEKDAY = pl.col("due_weekday")
_KIND_TERMS = pl.col("due_kind") * 2**3 + pl.col("terms_class")
_GROUPS = {
    "tm_": _TERMS,
    "am_": pl.col("amount_class"),
    "rl_": pl.col("due_roll"),
    "wt_": _WEEKDAY * 2**17 + _TERMS,
    "wa_": _WEEKDAY * 2**6 + pl.col("amount_class"),
    "kd_": pl.col("due_kind"),
    "la_": pl.col("like_amount"),
    "kt_": _KIND_TERMS,
}
"""Like items of a customer: sub-groups whose record is taken apart, by prefix."""

_OF_PORTFOLIO = (
    *CORE,
    *(f"late_{days}" for days in LATE_DAYS),
    *UPTO,
    "late_value",
    "value",
    "held",
    "held_sq",
    "late_effective",
)


def _of_customer(sub: pl.Expr) -> pl.Expr:
    return pl.col("customer").cast(pl.Int64) * SUB_GROUPS + sub


_KIND = pl.col("customer").cast(pl.Int64) * 2**6 + _KIND_TERMS
"""Items of a customer due on the same kind of day, with like terms."""


@dataclass(frozen=True)
class Windowed:
    """A timeline of settlements, with what windows of it count too much where something was changed later."""

    line: Timeline
    over: dict[int, Timeline]

    @classmethod
    def of(cls, settled: pl.DataFrame, group: pl.Expr | str, sums: Sequence[str], windows: Sequence[int]) -> "Windowed":
        """``settled`` as ``settlements``; ``windows`` in days."""
        changed = settled.filter(pl.col("day") != pl.col("since"))
        over = {days: Timeline.of(overcounted(changed, days), group, CORE) for days in windows if changed.height}
        return cls(Timeline.of(settled, group, sums), over)

    def asked(self, moments: pl.Series) -> "Reached":
        """The rows that the moments reach."""
        return Reached(self, moments, self.line.upto(moments))


@dataclass(frozen=True)
class Reached:
    """Moments asked of a timeline of settlements, and the number of rows up to each."""

    settled: Windowed
    moments: pl.Series
    last: pl.Series

    def whole(self, names: Sequence[str], prefix: str) -> pl.DataFrame:
        """Sums of all days up to each moment."""
        line = self.settled.line
        return line.between(line.begin(self.moments, self.last), self.last, names, prefix)

    def window(self, days: int, prefix: str) -> pl.DataFrame:
        """``CORE`` sums of what became known to be settled in the last so many days."""
        line = self.settled.line
        within = line.between(line.upto(self.moments - days), self.last, CORE, prefix)
        over = self.settled.over.get(days)
        if over is None:
            return within
        more = over.whole(self.moments, CORE, prefix)
        return within.select(pl.col(name) + more[name] for name in within.columns)


@dataclass(frozen=True)
class Facts:
    """All dated facts of a ledger, ready to be asked with one cut.

    ``items``: the items that can be asked about. ``portfolio``: settlements of all customers added up by day, since and
    due_weekday. The others hold customers' facts, by customer number.
    """

    items: ItemHistory
    cut: Cut
    settings: FeatureSettings
    settled: Windowed
    decayed: Decayed
    decayed_kind: Decayed
    same_amount: Timeline
    overdue_kind: Timeline
    last_paid: LastPaid
    groups: dict[str, Timeline]
    weekday: Windowed
    portfolio: Windowed
    portfolio_weekday: Windowed
    portfolio_kind: Windowed
    book: Timeline
    overdue: Timeline
    oldest: OldestDue
    documents: Timeline
    disputes: DisputeFacts | None = None

    def of_new(self, ledger: Ledger) -> "Facts":
        """The same facts, to be asked about items that stand in no ledger, told in one of their own.

        Like an item's own document at its issue, they are in no customer's open book.
        """
        items = item_history(ledger, self.settings, self.items.customers, amounts=self.items.amounts)
        return replace(self, items=items, disputes=self.disputes and self.disputes.of_new())


def by_day(settled: pl.DataFrame) -> pl.DataFrame:
    """``settlements`` of all customers added up by day, since and due_weekday: what the portfolio's sums come from."""
    days = ["day", "since", "due_weekday", "due_kind"]
    return settled.select(*days, *exact(settled, SUMS)).group_by(days).agg(pl.col(SUMS).sum())


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
    spells = open_spells(items).filter(pl.col("customer") >= 0)
    # With cut "start" the last fact day lies a day before as_of, on which the item is already overdue.
    overdue = overdue_spells(spells, 0 if cut == "start" else 1)
    # What is paid in time may become known a few days later.
    posted = overdue_spells(spells, settings.posting_lag_days + (0 if cut == "start" else 1))
    return Facts(
        items=items,
        cut=cut,
        settings=settings,
        settled=Windowed.of(settled, "customer", SUMS, WINDOWS),
        decayed=Decayed.of(settled, settings.half_life_days, pl.col("customer").cast(pl.Int64)),
        decayed_kind=Decayed.of(settled, settings.half_life_days, _KIND),
        same_amount=Timeline.of(settled, "same_amount", CORE),
        overdue_kind=Timeline.of(book_changes(posted, "overdue", "due_kind", "terms_class"), _KIND, ("overdue_count",)),
        last_paid=LastPaid.of(settled),
        groups={prefix: Timeline.of(settled, _of_customer(group), CORE) for prefix, group in _GROUPS.items()},
        weekday=Windowed.of(settled, _of_customer(_WEEKDAY), (*CORE, *UPTO), (90,)),
        portfolio=Windowed.of(portfolio, pl.lit(0), _OF_PORTFOLIO, (30, 90, 365)),
        portfolio_weekday=Windowed.of(portfolio, "due_weekday", CORE, (365,)),
        portfolio_kind=Windowed.of(portfolio, "due_kind", CORE, (365,)),
        book=Timeline.of(book_changes(spells, "open"), "customer", ("open_count", "open_value")),
        overdue=Timeline.of(book_changes(overdue, "overdue"), "customer", ("overdue_count", "overdue_value")),
        oldest=OldestDue.of(spells),
        documents=Timeline.of(
            items.versions.filter(begins_item(), pl.col("customer") >= 0), "customer", day="known_on"
        ),
        disputes=disputes,
    )


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
    everybody = _of_everybody(kinds, known)
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
    open_value = (
        pl.when(is_known).then(state["open_amount"]).otherwise(pl.col("amount")) * pl.col("rate") / pl.col("units")
    )
    return pl.concat([asked, document], how="horizontal").with_columns(open_value=open_value)


def _features(asked: pl.DataFrame, known: Facts, everybody: pl.DataFrame) -> pl.DataFrame:
    """The number of each question and its features; ``everybody`` by the questions' ``kind``."""
    if asked.height == 1:
        # Polars takes a column of one row for a number, and computes with numbers otherwise, by a last bit: what is said
        # of a question must not hang on whether others are asked.
        return _features(pl.concat([asked, asked]), known, everybody).head(1)
    marks = known.items.marks.drop("country", "due_date", "due_roll", "due_kind")[asked["mark"]]
    sums = pl.concat([asked, marks, *_of_customers(asked, known), everybody[asked["kind"]]], how="horizontal")
    figures = with_figures(sums, known.settings)
    found = figures.select("row", pl.col(FEATURE_NAMES).cast(pl.Float64))
    return with_disputes(found, asked, known.disputes, known.settings.prior_weight)


def _of_customers(asked: pl.DataFrame, known: Facts) -> list[pl.DataFrame]:
    at = asked.select(moment("customer", "last_day")).to_series()
    last = known.last_paid.at(at, asked["last_day"]).rename(
        {"settled_day": "last_settled_day", "days_late": "last_days_late"}
    )
    groups = [known.groups[prefix].whole(_in(asked, group), CORE, prefix) for prefix, group in _GROUPS.items()]
    settled, weekday = known.settled.asked(at), known.weekday.asked(_in(asked, _WEEKDAY))
    return [
        settled.whole(SUMS, "all_"),
        *(settled.window(days, f"w{days}_") for days in WINDOWS),
        known.decayed.at(asked, "decayed_"),
        known.decayed_kind.at(asked, "ktd_"),
        known.same_amount.whole(asked.select(moment("same_amount", "last_day")).to_series(), CORE, "sa_"),
        known.overdue_kind.whole(asked.select(moment(_KIND, "last_day")).to_series(), ("overdue_count",), "kt_"),
        last,
        *groups,
        weekday.whole((*CORE, *UPTO), "wd_"),
        weekday.window(90, "wd90_"),
        known.book.whole(at, ("open_count", "open_value"), "book_"),
        known.overdue.whole(at, ("overdue_count", "overdue_value"), "book_"),
        _documents(known.documents, at),
        pl.DataFrame({"book_oldest": known.oldest.at(at)}),
    ]


def _of_everybody(kinds: pl.DataFrame, known: Facts) -> pl.DataFrame:
    """What is the same for all questions of a kind (last_day, due_weekday)."""
    portfolio = known.portfolio.asked(kinds.select(moment(pl.lit(0), "last_day")).to_series())
    weekday = known.portfolio_weekday.asked(kinds.select(moment("due_weekday", "last_day")).to_series())
    kind = known.portfolio_kind.asked(kinds.select(moment("due_kind", "last_day")).to_series())
    sums = [
        portfolio.whole(_OF_PORTFOLIO, "p_"),
        *(portfolio.window(days, f"p{days}_") for days in (30, 90, 365)),
        weekday.window(365, "pwd_"),
        kind.window(365, "pk_"),
    ]
    return pl.concat(sums, how="horizontal")


def _in(asked: pl.DataFrame, group: pl.Expr) -> pl.Series:
    return asked.select(moment(_of_customer(group), "last_day")).to_series()


def _documents(line: Timeline, at: pl.Series) -> pl.DataFrame:
    """Documents first issued to the customer in the last 30 days, and the day of the first of all (null: none)."""
    last = line.upto(at)
    begin = line.begin(at, last)
    issued = pl.DataFrame({"doc30_issued": (last - line.upto(at - 30)).cast(pl.Float64)})
    return issued.with_columns(first_day=pl.when(last > begin).then(line.day_of(begin)))

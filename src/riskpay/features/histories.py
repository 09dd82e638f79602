"""Customers' payment histories as features, for any list of (item, as_of): the fast path, in Polars.

Facts become rows that add up (``facts``), rows become daily states (``states``), and a question is
answered by backward as-of joins: a window is the difference of two of them, a recency-weighted mean
a sum of weights that grow with the day. ``reference`` computes the same slowly and obviously.
"""

from dataclasses import dataclass, replace

import polars as pl

from riskpay.dates import Cut
from riskpay.features import facts
from riskpay.features.calendar import due_calendar
from riskpay.features.catalogue import FEATURE_NAMES, LATE_DAYS, FeatureSettings
from riskpay.features.figures import with_figures
from riskpay.features.states import at_day, daily_state, last_settled, oldest_due
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.tables import CUSTOMER_KEY, ITEM_KEY

QUESTION_KEY = (*ITEM_KEY, "as_of")
WINDOWS = (30, 90, 180, 365)

_CUSTOMER = list(CUSTOMER_KEY)
_CORE = ("n", "late", "days_late")
_GROUPS = {
    "tm_": ("terms_days",),
    "am_": ("amount_class",),
    "rl_": ("due_roll",),
    "wt_": ("due_weekday", "terms_days"),
    "wa_": ("due_weekday", "amount_class"),
}


@dataclass(frozen=True)
class Facts:
    """All dated facts of a ledger, ready to be asked: item states, settlements, and those of everybody by day.

    ``portfolio``: settlements of all customers added up by day, since and due_weekday. ``places``:
    company_id and country of the legal entities. ``new``: states of items that are asked about but stand
    in no ledger; like an item's own document at its issue, they are in no customer's open book.
    """

    states: pl.DataFrame
    settled: pl.DataFrame
    portfolio: pl.DataFrame
    places: pl.DataFrame
    new: pl.DataFrame

    def of_customers(self, customers: pl.DataFrame) -> "Facts":
        """The facts of some customers (company_id, customer_id) beside the portfolio of all."""
        own = [frame.join(customers, on=_CUSTOMER, how="semi") for frame in (self.states, self.settled)]
        return replace(self, states=own[0], settled=own[1])

    def with_items(self, states: pl.DataFrame) -> "Facts":
        """These facts and the states of items that the ledger does not have, columns as ``states``."""
        return replace(self, new=states.select(self.states.columns))


def gather(ledger: Ledger, settings: FeatureSettings) -> Facts:
    """The facts of a ledger, all days of it."""
    states = facts.valued_states(ledger, settings)
    settled = facts.settlements(states, settings.grace_days)
    by_day = settled.group_by("day", "since", "due_weekday").agg(pl.col(facts.SETTLED_SUMS).sum())
    return Facts(states, settled, by_day, ledger.companies.select("company_id", "country"), states.clear())


def features(
    ledger: Ledger, questions: pl.DataFrame, cut: Cut, settings: FeatureSettings | None = None
) -> pl.DataFrame:
    """The catalogue's features for each question, from what was known then.

    ``questions``: company_id, invoice_id, instalment, as_of; an item asked before its own document
    was known is answered with its first version, open in full. Facts count with known_on < as_of
    for cut ``start``, <= for ``end``; a settlement that was taken back since, or changed by a later
    version of its document, counts as it is known then. Returns the question's key and one Float64
    column a feature, rows in the order of ``questions``; null where nothing is known. Items that
    the ledger does not have give a row of nulls.
    """
    chosen = settings or FeatureSettings()
    return answer(gather(ledger, chosen), questions, cut, chosen)


def answer(known: Facts, questions: pl.DataFrame, cut: Cut, settings: FeatureSettings) -> pl.DataFrame:
    """As ``features``, from facts gathered before."""
    asked = _asked(questions, known, cut)
    asked = _with_habits(_with_history(asked, known.settled, settings), known.settled)
    asked = _with_book(_with_portfolio(asked, known.portfolio), known.states, cut)
    asked = with_figures(due_calendar(asked), settings)
    is_there = pl.col("customer_id").is_not_null()
    return asked.sort("row").select(*QUESTION_KEY, pl.when(is_there).then(pl.col(FEATURE_NAMES).cast(pl.Float64)))


def _asked(questions: pl.DataFrame, facts_known: Facts, cut: Cut) -> pl.DataFrame:
    """Questions with ``last_day`` (the last day whose facts count) and the item as known then."""
    back = 1 if cut == "start" else 0
    asked = questions.select(QUESTION_KEY).with_row_index("row")
    asked = asked.with_columns(last_day=pl.col("as_of") - pl.duration(days=back))
    item = [*_CUSTOMER, "issue_date", "due_date", "value", "open_value", "terms_days", "amount_class", "due_roll"]
    there = pl.concat([facts_known.states, facts_known.new])
    known = there.select(*ITEM_KEY, "known_on", *item[1:]).sort("known_on")
    keyed = asked.sort("last_day").join_asof(
        known, left_on="last_day", right_on="known_on", by=list(ITEM_KEY), check_sortedness=False
    )
    # Its first state may count cash of the document's own day, which is not known yet.
    first = known.group_by(ITEM_KEY).first().with_columns(open_value="value")
    own = keyed.join(first, on=list(ITEM_KEY), how="left", suffix="_own")
    return (
        own.with_columns(pl.coalesce(name, f"{name}_own").alias(name) for name in item[1:])
        .join(facts_known.places, on="company_id", how="left")
        .with_columns(due_weekday=pl.col("due_date").dt.weekday().cast(pl.Int32) - 1)
        .select("row", *QUESTION_KEY, "last_day", "customer_id", *item[2:], "due_weekday", "country")
        .sort("row")
    )


def _with_history(asked: pl.DataFrame, settled: pl.DataFrame, settings: FeatureSettings) -> pl.DataFrame:
    state = daily_state(settled, _CUSTOMER, facts.SETTLED_SUMS)
    asked = at_day(asked, state, _CUSTOMER, facts.SETTLED_SUMS, "all_")
    for days in WINDOWS:
        asked = _window(asked, state, settled, _CUSTOMER, f"w{days}_", "all_", days)
    asked = _with_decay(asked, settled, settings)
    return at_day(asked, last_settled(settled, _CUSTOMER), _CUSTOMER, ("days_late", "settled_day"), "last_")


def _window(
    asked: pl.DataFrame,
    state: pl.DataFrame,
    settled: pl.DataFrame,
    keys: list[str],
    prefix: str,
    whole: str,
    days: int,
) -> pl.DataFrame:
    """Sums over what became known to be settled in the last ``days`` days.

    ``asked`` has the sums of all days as ``whole``; ``state`` is the daily state of ``settled`` by ``keys``.
    """
    asked = _minus(at_day(asked, state, keys, _CORE, prefix, days), prefix, whole, _CORE)
    changed = settled.filter(pl.col("day") != pl.col("since"))
    if changed.is_empty():
        return asked
    over = daily_state(facts.overcounted(changed, days), keys, _CORE)
    asked = at_day(asked, over, keys, _CORE, "over_")
    more = [(pl.col(prefix + n) + pl.col(f"over_{n}").fill_null(0.0)).alias(prefix + n) for n in _CORE]
    return asked.with_columns(more).drop(f"over_{n}" for n in _CORE)


def _minus(asked: pl.DataFrame, prefix: str, whole: str, names: tuple[str, ...]) -> pl.DataFrame:
    """Turns sums up to the window's beginning into sums within the window."""
    within = [(pl.col(whole + n) - pl.col(prefix + n).fill_null(0.0)).alias(prefix + n) for n in names]
    return asked.with_columns(within)


def _with_decay(asked: pl.DataFrame, settled: pl.DataFrame, settings: FeatureSettings) -> pl.DataFrame:
    """Sums weighted by 2^(-age / half-life), from sums of 2^(day / half-life) counted to the newest day."""
    newest = settled["day"].max()
    if newest is None:
        return asked.with_columns(pl.lit(None, pl.Float64).alias(f"decayed_{name}") for name in _CORE)
    age = (pl.lit(newest) - pl.col("since")).dt.total_days()
    weighted = settled.with_columns(pl.col(_CORE) * pl.lit(2.0).pow(-age / settings.half_life_days))
    asked = at_day(asked, daily_state(weighted, _CUSTOMER, _CORE), _CUSTOMER, _CORE, "decayed_")
    since = (pl.lit(newest) - pl.col("last_day")).dt.total_days()
    return asked.with_columns(pl.col(f"decayed_{n}") * pl.lit(2.0).pow(since / settings.half_life_days) for n in _CORE)


def _with_habits(asked: pl.DataFrame, settled: pl.DataFrame) -> pl.DataFrame:
    for prefix, group in _GROUPS.items():
        keys = [*_CUSTOMER, *group]
        asked = at_day(asked, daily_state(settled, keys, _CORE), keys, _CORE, prefix)
    weekday = [*_CUSTOMER, "due_weekday"]
    state = daily_state(settled, weekday, (*_CORE, *facts.UPTO))
    asked = at_day(asked, state, weekday, (*_CORE, *facts.UPTO), "wd_")
    return _window(asked, state, settled, weekday, "wd90_", "wd_", 90)


def _with_portfolio(asked: pl.DataFrame, settled: pl.DataFrame) -> pl.DataFrame:
    names = (
        *_CORE,
        *(f"late_{days}" for days in LATE_DAYS),
        *facts.UPTO,
        "late_value",
        "value",
        "held",
        "held_sq",
        "late_effective",
    )
    state = daily_state(settled, (), names)
    asked = at_day(asked, state, (), names, "p_")
    for days in (30, 90, 365):
        asked = _window(asked, state, settled, [], f"p{days}_", "p_", days)
    weekday = ["due_weekday"]
    by_weekday = daily_state(settled, weekday, _CORE)
    asked = at_day(asked, by_weekday, weekday, _CORE, "pwd_all_")
    return _window(asked, by_weekday, settled, weekday, "pwd_", "pwd_all_", 365)


def _with_book(asked: pl.DataFrame, states: pl.DataFrame, cut: Cut) -> pl.DataFrame:
    spells = facts.open_spells(states)
    # With cut "start" the last fact day lies a day before as_of, on which the item is already overdue.
    overdue = facts.overdue_spells(spells, 0 if cut == "start" else 1)
    for frame, prefix in ((spells, "open"), (overdue, "overdue")):
        names = (f"{prefix}_count", f"{prefix}_value")
        state = daily_state(facts.book_changes(frame, prefix), _CUSTOMER, names)
        asked = at_day(asked, state, _CUSTOMER, names, "book_")
    asked = at_day(asked, oldest_due(overdue, _CUSTOMER), _CUSTOMER, ("oldest",), "book_")
    issued = daily_state(facts.documents(states), _CUSTOMER, ("issued",))
    asked = at_day(asked, issued, _CUSTOMER, ("issued",), "doc_")
    asked = _minus(at_day(asked, issued, _CUSTOMER, ("issued",), "doc30_", 30), "doc30_", "doc_", ("issued",))
    first = issued.group_by(_CUSTOMER).agg(first_day=pl.col("day").min())
    return asked.join(first, on=_CUSTOMER, how="left", maintain_order="left")

"""Does a feature look ahead? Take the future away, or change it, and see what moves.

A question is asked of the whole ledger and of one from which everything is gone, or changed, that was not known at its
moment. A feature that gives another answer has looked. The check sees what a function reads from the ledger it is
handed; what it reads elsewhere (a file, a database, today's date) cannot be seen.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, Final

import polars as pl

from riskpay.dates import Cut
from riskpay.features.leakage_answers import QUESTION, Compute, answers, different, takes
from riskpay.features.leakage_ledgers import Later, first_documents, scrambled_attributes
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.tables import ITEM_KEY

Function = Callable[..., Any]
"""A feature function: ``(ledger, questions, cut)``, ``(ledger, questions)`` or ``(ledger)`` to a frame.

``questions`` has company_id, invoice_id, instalment (Int32) and as_of, each row once; with cut ``start`` facts count
whose known_on < as_of, with ``end`` <= as_of. A function that does not take the cut is held to both: no fact of the day
itself may count. The frame (Polars, pandas, or what Polars makes one of) has these four columns and a column a feature,
rows in any order, one a question at most. Without as_of a row is taken to hold on every day that is asked about;
without instalment or company_id, for all of them; with customer_id instead of invoice_id, for the customer's items.
"""

UNDATED: Final = "undated attributes scrambled"
DELETED: Final = "later facts deleted"
SCRAMBLED: Final = "later facts scrambled"
UNSTABLE: Final = "asked again, nothing changed"


@dataclass(frozen=True)
class Violation:
    """A feature that moved, with the first question on which it did, and on how many of them (``pairs``)."""

    feature: str
    company_id: str
    invoice_id: str
    instalment: int
    as_of: date
    before: Any
    after: Any
    how: str
    pairs: int

    def to_json(self) -> dict[str, Any]:
        """The violation as JSON values."""
        kept = (int, float, str, bool, type(None))
        return {k: v if isinstance(v, kept) else str(v) for k, v in asdict(self).items()}


@dataclass(frozen=True)
class LeakageReport:
    """How many questions were asked again, what moved, and how many features there were.

    ``unstable``: features that gave two answers to one question of one ledger (chance, a clock, something kept from an
    earlier call). They are not among the violations, for nothing can be said of them.
    """

    pairs_checked: int
    violations: tuple[Violation, ...]
    features: int
    unstable: tuple[Violation, ...] = ()


def check(
    function: Function, ledger: Ledger, questions: pl.DataFrame, cut: Cut, seed: int, again: Function | None = None
) -> LeakageReport:
    """Ask each question again with the future deleted, with it scrambled, and with undated attributes scrambled.

    ``questions``: company_id, invoice_id, instalment, as_of; repeats count once. The item's own first document, and
    exchange rates up to its issue day (as_of at the latest), stay as they are. A violation is a feature and a way in which it moved. The
    same ``seed`` scrambles alike. ``again`` is the same function with nothing kept from ``function``'s call, if it can be
    had: what it keeps itself then shows as unstable. Costs two calls a distinct as_of, a few more where one customer has
    several items asked about before their documents are known, and three over the whole ledger. Raises
    UsageError if ``function`` does not give a frame with the question's key, or answers none of the questions.
    """
    first, second = asked_of(function), asked_of(again or function)
    whose = first_documents(ledger.invoices).select(*ITEM_KEY, "customer_id")
    asked = questions.select(QUESTION).unique(maintain_order=True)
    asked = asked.join(whose, on=list(ITEM_KEY), how="left", maintain_order="left")
    before = answers(first, ledger, asked, cut, least=1)
    found: dict[tuple[str, str], Violation] = {}
    for batch in _batches(ledger, asked, cut):
        own = batch.join(before, on=QUESTION, how="left", maintain_order="left").select(before.columns)
        later = Later.than(ledger, batch, cut)
        _note(found, own, answers(second, later.deleted(), batch, cut), DELETED)
        _note(found, own, answers(second, later.scrambled(seed), batch, cut), SCRAMBLED)
    _note(found, before, answers(second, scrambled_attributes(ledger, seed), asked, cut), UNDATED)
    # The last call, so that whatever was kept from the others shows.
    _note(found, before, answers(second, ledger, asked, cut), UNSTABLE)
    ordered = sorted(found.values(), key=lambda v: (v.feature, v.how))
    unstable = tuple(v for v in ordered if v.how == UNSTABLE)
    names = {v.feature for v in unstable}
    moved = tuple(v for v in ordered if v.feature not in names)
    return LeakageReport(asked.height, moved, len(before.columns) - len(QUESTION), unstable)


def asked_of(function: Function) -> Compute:
    """The function as one of (ledger, questions, cut), whichever of them it takes."""
    count = takes(function)

    def compute(ledger: Ledger, questions: pl.DataFrame, cut: Cut) -> Any:  # noqa: ANN401 - see leakage_answers.keyed
        return function(*(ledger, questions, cut)[:count])

    return compute


def _batches(ledger: Ledger, asked: pl.DataFrame, cut: Cut) -> Iterator[pl.DataFrame]:
    """Questions of one as_of each, in which a customer has at most one document that is not known yet.

    Own documents stay in the ledger, and one may not hide from the check that another looked at it.
    """
    first = first_documents(ledger.invoices).select(*ITEM_KEY, "known_on")
    marked = asked.join(first, on=list(ITEM_KEY), how="left", maintain_order="left")
    known = pl.col("known_on") < pl.col("as_of") if cut == "start" else pl.col("known_on") <= pl.col("as_of")
    turn = pl.int_range(pl.len()).over("company_id", "customer_id", "as_of")
    new = marked.filter(~known.fill_null(value=True)).with_columns(turn=turn)
    turns = asked.join(new.select(*QUESTION, "turn"), on=QUESTION, how="left", maintain_order="left")
    ordered = turns.with_columns(pl.col("turn").fill_null(0)).sort("as_of", "turn", maintain_order=True)
    for part in ordered.partition_by("as_of", "turn", maintain_order=True):
        yield part.drop("turn")


def _note(found: dict[tuple[str, str], Violation], before: pl.DataFrame, after: pl.DataFrame, how: str) -> None:
    """Add to ``found`` every feature whose two answers differ, rows being the same questions in the same order."""
    blank = pl.Series([None] * before.height, dtype=pl.Null)
    names = sorted({*before.columns, *after.columns} - set(QUESTION))
    for name in names:
        was, now = (frame[name] if name in frame.columns else blank for frame in (before, after))
        if was.dtype == now.dtype != pl.Object and was.equals(now):
            continue
        rows = different(was, now).arg_true()
        if rows.len() == 0:
            continue
        row, key = rows[0], (name, how)
        company_id, invoice_id, instalment, as_of = before.select(QUESTION).row(row)
        said = Violation(name, company_id, invoice_id, instalment, as_of, was[row], now[row], how, rows.len())
        found[key] = replace(found[key], pairs=found[key].pairs + rows.len()) if key in found else said

"""Does a feature look ahead? Take the future away, or change it, and see what moves.

A question is asked of the whole ledger and of one from which everything is gone, or changed, that was not known at its
moment. A feature that gives another answer has looked. The check sees what a function reads from the ledger it is
handed; what it reads elsewhere (a file, a database) cannot be seen.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, Final

import polars as pl

from riskpay.dates import Cut
from riskpay.errors import UsageError
from riskpay.features.leakage_ledgers import Later, scrambled_attributes
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.tables import ITEM_KEY

Compute = Callable[[Ledger, pl.DataFrame, Cut], pl.DataFrame]
"""A feature function: ``(ledger, questions, cut)`` to a frame.

``questions`` has company_id, invoice_id, instalment (Int32) and as_of, each row once; with cut ``start`` facts count
whose known_on < as_of, with ``end`` <= as_of. The frame has these four columns and a column a feature, a row a
question, in any order; a pandas frame will do too.
"""

UNDATED: Final = "undated attributes scrambled"
DELETED: Final = "later facts deleted"
SCRAMBLED: Final = "later facts scrambled"

_KEY = [*ITEM_KEY, "as_of"]
_ROUNDING = 1e-7


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
    """How many questions were asked again, what moved, and how many features there were."""

    pairs_checked: int
    violations: tuple[Violation, ...]
    features: int


def check(compute: Compute, ledger: Ledger, questions: pl.DataFrame, cut: Cut, seed: int) -> LeakageReport:
    """Ask each question again with the future deleted, with it scrambled, and with undated attributes scrambled.

    ``questions``: company_id, invoice_id, instalment, as_of; repeats count once. The item's own first document, and
    exchange rates up to its issue day (as_of at the latest), stay as they are. A violation is a feature and a way in which it moved. The
    same ``seed`` scrambles alike. Costs two calls of ``compute`` a distinct as_of, and a few more where one
    customer has several items asked about before their documents are known. Raises UsageError if ``compute`` does
    not give a frame with the question's key.
    """
    asked = questions.select(_KEY).unique(maintain_order=True)
    before = _answers(compute, ledger, asked, cut)
    found: dict[tuple[str, str], Violation] = {}
    _note(found, before, _answers(compute, scrambled_attributes(ledger, seed), asked, cut), UNDATED)
    for batch in _batches(ledger, asked, cut):
        own = batch.join(before, on=_KEY, how="left", maintain_order="left")
        later = Later.than(ledger, batch, cut)
        _note(found, own, _answers(compute, later.deleted(), batch, cut), DELETED)
        _note(found, own, _answers(compute, later.scrambled(seed), batch, cut), SCRAMBLED)
    ordered = sorted(found.values(), key=lambda v: (v.feature, v.how))
    return LeakageReport(asked.height, tuple(ordered), len(before.columns) - len(_KEY))


def _batches(ledger: Ledger, asked: pl.DataFrame, cut: Cut) -> Iterator[pl.DataFrame]:
    """Questions of one as_of each, in which a customer has at most one document that is not known yet.

    Own documents stay in the ledger, and one may not hide from the check that another looked at it.
    """
    first = ledger.invoices.sort("known_on").group_by(ITEM_KEY).first().select(*ITEM_KEY, "customer_id", "known_on")
    marked = asked.join(first, on=list(ITEM_KEY), how="left", maintain_order="left")
    known = pl.col("known_on") < pl.col("as_of") if cut == "start" else pl.col("known_on") <= pl.col("as_of")
    turn = pl.int_range(pl.len()).over("company_id", "customer_id", "as_of")
    new = marked.filter(~known.fill_null(value=True)).with_columns(turn=turn)
    turns = asked.join(new.select(*_KEY, "turn"), on=_KEY, how="left", maintain_order="left")
    ordered = turns.with_columns(pl.col("turn").fill_null(0)).sort("as_of", "turn", maintain_order=True)
    for part in ordered.partition_by("as_of", "turn", maintain_order=True):
        yield part.drop("turn")


def _answers(compute: Compute, ledger: Ledger, asked: pl.DataFrame, cut: Cut) -> pl.DataFrame:
    """What the function says, a row a question in the order of ``asked``, features in order of name."""
    given = compute(ledger, asked, cut)
    try:
        frame = given if isinstance(given, pl.DataFrame) else pl.DataFrame(given)
        keyed = frame.with_columns(pl.col(name).cast(asked.schema[name]) for name in _KEY)
    except (TypeError, ValueError, pl.exceptions.PolarsError):
        keyed = pl.DataFrame()
    if set(_KEY) - set(keyed.columns):
        raise UsageError(
            f"the feature function gave {type(given).__name__} {getattr(given, 'columns', '')}",
            f"it is to give a frame with the question's key ({', '.join(_KEY)}) and a column a feature",
        )
    if keyed.select(_KEY).is_duplicated().any():
        raise UsageError("the feature function gave several rows for one question", "give one row a question")
    names = sorted(set(keyed.columns) - set(_KEY))
    return asked.join(keyed.select(*_KEY, *names), on=_KEY, how="left", maintain_order="left")


def _note(found: dict[tuple[str, str], Violation], before: pl.DataFrame, after: pl.DataFrame, how: str) -> None:
    """Add to ``found`` every feature whose two answers differ, rows being the same questions in the same order."""
    blank = pl.Series([None] * before.height, dtype=pl.Null)
    names = sorted({*before.columns, *after.columns} - set(_KEY))
    for name in names:
        was, now = (frame[name] if name in frame.columns else blank for frame in (before, after))
        rows = _different(was, now).arg_true()
        if rows.len() == 0:
            continue
        row, key = rows[0], (name, how)
        company_id, invoice_id, instalment, as_of = before.select(_KEY).row(row)
        said = Violation(name, company_id, invoice_id, instalment, as_of, was[row], now[row], how, rows.len())
        found[key] = replace(found[key], pairs=found[key].pairs + rows.len()) if key in found else said


def _different(was: pl.Series, now: pl.Series) -> pl.Series:
    if (was.dtype.is_numeric() or was.dtype == pl.Null) and (now.dtype.is_numeric() or now.dtype == pl.Null):
        a, b = was.cast(pl.Float64).fill_nan(None), now.cast(pl.Float64).fill_nan(None)
        # Sums over fewer rows are rounded otherwise: that is no movement.
        far = (a != b) & ((a - b).abs() > _ROUNDING * (1.0 + a.abs()))
        return far.fill_null(value=False) | (a.is_null() != b.is_null())
    return was.cast(pl.String).ne_missing(now.cast(pl.String))

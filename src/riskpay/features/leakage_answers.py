"""What a feature function says, a row a question, and which answers differ: for ``leakage``."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Final

import polars as pl

from riskpay.dates import Cut
from riskpay.errors import UsageError
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.tables import CUSTOMER_KEY, ITEM_KEY

Compute = Callable[[Ledger, pl.DataFrame, Cut], Any]

QUESTION: Final = [*ITEM_KEY, "as_of"]
PARAMETERS: Final = ("ledger", "questions", "cut")
SHAPE: Final = (
    "it is called with (ledger, questions, cut), (ledger, questions) or (ledger), and gives a frame with "
    "invoice_id (and company_id, instalment, as_of) or customer_id, a row each, and a column a feature"
)

_TYPES: Final[Mapping[str, type[pl.DataType]]] = {
    "company_id": pl.String,
    "customer_id": pl.String,
    "invoice_id": pl.String,
    "instalment": pl.Int32,
    "as_of": pl.Date,
}
_RELATIVE, _ABSOLUTE = 1e-9, 1e-7
"""Sums over fewer rows are rounded otherwise: a change of decimals up to this much is no movement."""


def takes(function: Callable[..., Any]) -> int:
    """How many of (ledger, questions, cut) a function is to be called with: those without a default, or so named.

    Raises UsageError where it wants none or more than these.
    """
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return len(PARAMETERS)
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return len(PARAMETERS)
    plain = [p for p in parameters if p.kind in {p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD}]
    named = dict(enumerate(PARAMETERS))
    wanted = sum(p.default is p.empty or p.name == named.get(place) for place, p in enumerate(plain))
    if not 1 <= wanted <= len(PARAMETERS):
        raise UsageError(f"the feature function takes {inspect.signature(function)}", SHAPE)
    return wanted


def answers(compute: Compute, ledger: Ledger, asked: pl.DataFrame, cut: Cut, least: int = 0) -> pl.DataFrame:
    """What the function says, a row a question in the order of ``asked``, features in order of name.

    ``asked``: company_id, invoice_id, instalment, as_of, customer_id. The function gets copies, so that it may work
    in place. A frame without as_of is taken to hold on every day asked about, one with customer_id and
    without invoice_id for every item of the customer; a question without a row has null throughout. Raises UsageError
    if fewer than ``least`` rows answer a question.
    """
    copies = {name: frame.clone() for name, frame in ledger.frames().items()}
    frame = keyed(compute(ledger.with_tables(**copies), asked.select(QUESTION), cut))
    on = key_of(frame)
    rows = frame.join(asked.select(on).unique(), on=on, how="semi")
    if rows.select(on).is_duplicated().any():
        raise UsageError(
            f"the feature function gave several rows for one {' and '.join(on)}", "give one row a question"
        )
    if rows.height < least:
        came, wanted = (f.select(on).head(1).rows() or "nothing" for f in (frame, asked))
        raise UsageError(
            f"the feature function answered none of {asked.height} questions: it gave {came}", f"a question is {wanted}"
        )
    names = sorted(set(frame.columns) - set(QUESTION) - set(on))
    if not names:
        raise UsageError(f"the feature function gave no feature, only {', '.join(on)}", SHAPE)
    found = asked.join(
        rows.select(*on, *(pl.col(n).alias(f" {n}") for n in names)), on=on, how="left", maintain_order="left"
    )
    return found.select(*QUESTION, *(pl.col(f" {n}").alias(n) for n in names))


def key_of(frame: pl.DataFrame) -> list[str]:
    """The columns that tell which question a row of a feature function's frame answers."""
    whose = ITEM_KEY if "invoice_id" in frame.columns else CUSTOMER_KEY
    return [name for name in (*whose, "as_of") if name in frame.columns]


def keyed(given: Any) -> pl.DataFrame:  # noqa: ANN401 - what comes from a user's function may be anything
    """What a feature function gave as a frame whose key has riskpay's types; raises UsageError where it is none."""
    try:
        frame = _frame(given)
        typed = frame.with_columns(_typed(frame[name], kind) for name, kind in _TYPES.items() if name in frame.columns)
    except (TypeError, ValueError, pl.exceptions.PolarsError) as failed:
        raise UsageError(f"the feature function gave {type(given).__name__}: {failed}", SHAPE) from failed
    if not {"invoice_id", "customer_id"} & set(typed.columns):
        columns = f"with {', '.join(typed.columns) or 'no column'}"
        raise UsageError(f"the feature function gave {type(given).__name__} {columns}", SHAPE)
    return typed


def _frame(given: Any) -> pl.DataFrame:  # noqa: ANN401 - as above
    if isinstance(given, pl.DataFrame):
        return given
    if isinstance(given, pl.LazyFrame):
        return given.collect()
    if given is None or isinstance(given, (str, bytes)):
        raise TypeError("no frame")
    if set(getattr(getattr(given, "index", None), "names", ())) & set(_TYPES):
        given = given.reset_index()  # pandas keeps the key of a group there
    return pl.DataFrame(given)


def _typed(column: pl.Series, kind: type[pl.DataType]) -> pl.Series:
    if column.dtype == pl.String and kind == pl.Date:
        return column.str.to_date()
    if column.dtype == pl.String and kind == pl.Int32:
        return column.str.to_integer(dtype=pl.Int32)
    return column.cast(kind)


def different(was: pl.Series, now: pl.Series) -> pl.Series:
    """Row by row, whether two answers differ; whole numbers exactly, decimals beyond rounding, null and NaN alike."""
    was, now = _plain(was), _plain(now)
    if pl.Null in {was.dtype, now.dtype}:
        return was.is_null() != now.is_null()
    if was.dtype.is_float() or now.dtype.is_float():
        if was.dtype.is_numeric() and now.dtype.is_numeric():
            return _far(was.cast(pl.Float64), now.cast(pl.Float64))
    elif was.dtype.is_integer() and now.dtype.is_integer():
        return was.ne_missing(now)
    if was.dtype != now.dtype:
        was, now = _texts(was), _texts(now)
    return was.ne_missing(now)


def _far(was: pl.Series, now: pl.Series) -> pl.Series:
    size = was.abs().zip_with((was.abs() >= now.abs()).fill_null(value=False), now.abs())
    usual = size.filter(size.is_finite()).max()
    least = _ABSOLUTE * min(1.0, usual if isinstance(usual, float) else 1.0)
    beyond = ((was - now).abs() > least + _RELATIVE * size) | was.is_infinite() | now.is_infinite()
    return ((was != now) & beyond).fill_null(value=False) | (was.is_null() != now.is_null())


def _plain(column: pl.Series) -> pl.Series:
    """The values in the simplest type that holds them: two libraries, or two calls, may give one value in two types."""
    kind = column.dtype
    if kind.is_float():
        return column.fill_nan(None)
    if kind == pl.Boolean:
        return column.cast(pl.Int8)
    if kind.is_decimal():
        return column.cast(pl.Float64)
    if kind in {pl.Date, pl.Datetime}:
        return column.cast(pl.Datetime("us", "UTC"))
    if kind in {pl.Categorical, pl.Enum}:
        return column.cast(pl.String)
    return _texts(column) if kind.is_nested() or kind in {pl.Object, pl.Duration, pl.Time, pl.Binary} else column


def _texts(column: pl.Series) -> pl.Series:
    return pl.Series([None if v is None else _text(v) for v in column.to_list()], dtype=pl.String)


def _text(value: object) -> str:
    """A value as text, decimals within it rounded and members of a set in order."""
    if isinstance(value, float):
        return f"{value:.9g}"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {_text(v)}' for key, v in value.items())}}}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_text(v) for v in value)}]"
    if isinstance(value, (set, frozenset)):
        return f"{{{', '.join(sorted(_text(v) for v in value))}}}"
    return str(value)

"""The certificate: whether chances and pay dates of a later period were what they said, in all and slice by slice."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from riskpay.model.by_customer import Estimate, mean_of, owners_of
from riskpay.model.evaluation import ece
from riskpay.model.hindsight import Hindsight
from riskpay.model.pay_days import NOMINAL, PayDayLevels, known_weights
from riskpay.model.records import MOMENTS, RECORDS, moment, record

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

CURVE_DAYS: Final = (7, 30, 60, 90)
"""Days from as_of at which the curve is held against what was paid."""
LEAST: Final = 50
"""Questions of a slice below which nothing is said of it."""
LEAST_CUSTOMERS: Final = 10
"""Customers of a slice below which nothing is said of it: so few do not tell how customers differ."""
CLOSE: Final = 0.02
"""A difference up to this holds, however sure it is that there is one."""
ERRORS: Final = 3.0
"""Standard errors beyond which a difference is more than chance."""
ALL: Final = "all"


@dataclass(frozen=True)
class Line:
    """One chance in one slice: what was told, and what happened.

    ``chance``: p_late, p_unpaid_7 to p_unpaid_90, or pay_between (the share of payments within their interval). ``told``: the mean
    chance, of pay_between the nominal share; ``seen``: the share that happened. ``standard_error``: of seen less told,
    customers counted whole; None for fewer than two of them. ``ece``: expected calibration error over ten bins, None for
    pay_between. ``holds``: whether they differ by no more than ``CLOSE``, or ``ERRORS`` standard errors; None for fewer than
    ``LEAST`` questions or ``LEAST_CUSTOMERS``.
    """

    chance: str
    by: str
    slice: str
    questions: int
    customers: int
    told: float
    seen: float
    standard_error: float | None
    ece: float | None
    holds: bool | None


@dataclass(frozen=True)
class Certificate:
    """Lines on questions from ``first`` to ``last`` (both included), by a model frozen at ``first``, as known by ``until``."""

    first: date
    last: date
    until: date
    lines: tuple[Line, ...]

    @property
    def holds(self) -> bool | None:
        """Whether all that is said in all holds, None where nothing is; slices stand beside it."""
        said = [line.holds for line in self.lines if line.by == ALL and line.holds is not None]
        return all(said) if said else None

    def to_json(self) -> dict[str, Any]:
        """Plain values; figures with 6 digits."""
        days = {"first": self.first.isoformat(), "last": self.last.isoformat(), "until": self.until.isoformat()}
        return {**days, "holds": self.holds, "lines": [_plain(asdict(line)) for line in self.lines]}


def certify(
    found: Hindsight, levels: PayDayLevels, slices: Mapping[str, pl.Series], days: tuple[date, date, date]
) -> Certificate:
    """The certificate of looked-back questions; those at issue and later ones together, but p_late asked at issue.

    ``levels``: those of the model that was asked. ``slices``: names by kind of slice (such as segment), a name a question, told in
    the order of the categories (Enum) or of the alphabet; how much is known of the customer and when it was asked are added.
    ``days``: first and last day asked, and the last day known.
    """
    told = found.rows.select(record=record(), moment=moment())
    kinds = {
        **slices,
        "record": pl.Series([RECORDS[n] for n in told["record"]], dtype=pl.Enum(RECORDS)),
        "moment": pl.Series([MOMENTS[n] for n in told["moment"]], dtype=pl.Enum(MOMENTS)),
    }
    lines = tuple(line for answers in _chances(found, levels) for line in answers.lines(kinds))
    return Certificate(*days, lines)


@dataclass(frozen=True)
class _Answers:
    """A chance of questions in ``rows`` (indices): what was told, what happened, how many each stands for."""

    chance: str
    rows: npt.NDArray[np.int64]
    customers: npt.NDArray[np.int64]
    told: FloatArray
    seen: FloatArray
    weight: FloatArray
    in_bins: bool

    def lines(self, kinds: Mapping[str, pl.Series]) -> Iterator[Line]:
        everyone = np.ones(len(self.rows), dtype=bool)
        yield self._line(ALL, ALL, everyone)
        for kind, names in kinds.items():
            mine = names[self.rows.tolist()]
            for name in mine.unique().sort():
                yield self._line(kind, name, (mine == name).to_numpy())

    def _line(self, by: str, name: str, here: BoolArray) -> Line:
        told, seen, weight, owners = self.told[here], self.seen[here], self.weight[here], self.customers[here]
        number, customers = len(told), len(np.unique(owners))
        total = float(weight.sum())
        gap = mean_of(seen - told, owners, weight) if total else Estimate(0.0, None)
        enough = number >= LEAST and customers >= LEAST_CUSTOMERS
        return Line(
            chance=self.chance,
            by=by,
            slice=name,
            questions=number,
            customers=customers,
            told=float(weight @ told) / total if total else 0.0,
            seen=float(weight @ seen) / total if total else 0.0,
            standard_error=gap.error,
            ece=ece(seen > 0, told) if self.in_bins and number else None,
            holds=abs(gap.value) <= max(CLOSE, ERRORS * (gap.error or 0.0)) if enough else None,
        )


def _chances(found: Hindsight, levels: PayDayLevels) -> Iterator[_Answers]:
    rows = found.rows
    owners = owners_of(rows)
    late = (rows["at_issue"] & rows["late"].is_not_null()).to_numpy()
    seen = rows["late"].fill_null(value=False).to_numpy().astype(np.float64)
    yield _answers("p_late", late, owners, rows["p_late"].to_numpy(), seen)
    watched, paid_in = rows["watched"].to_numpy(), rows["paid_in"].to_numpy()
    for day in CURVE_DAYS:
        curve = found.unpaid[:, day].astype(np.float64)
        yield _answers(f"p_unpaid_{day}", watched >= day, owners, curve, (paid_in > day).astype(np.float64))
    weight = known_weights(found) if rows.height else np.empty(0)
    nominal, covered = np.full(rows.height, NOMINAL), levels.covers(found).astype(np.float64)
    yield _answers("pay_between", weight > 0, owners, nominal, covered, weight)


def _answers(
    chance: str,
    there: BoolArray,
    owners: npt.NDArray[np.int64],
    told: FloatArray,
    seen: FloatArray,
    weight: FloatArray | None = None,
) -> _Answers:
    each = np.ones(len(told)) if weight is None else weight
    rows = np.flatnonzero(there)
    return _Answers(chance, rows, owners[rows], told[rows], seen[rows], each[rows], weight is None)


def _plain(line: Mapping[str, Any]) -> dict[str, Any]:
    return {name: round(value, 6) if isinstance(value, float) else value for name, value in line.items()}

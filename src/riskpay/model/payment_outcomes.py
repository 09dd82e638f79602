"""What became of questions, as scikit-learn's tools carry it: one structured array, a row a question."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

OUTCOME: Final = np.dtype([("paid", np.bool_), ("days_late", np.float64), ("known_days", np.float64)])
"""In days from the due date: ``days_late`` is the day of the payment where it was ``paid`` (in cash), else the last day on
which the item is known to be unpaid; ``known_days`` is the last day of which anything is known, whatever became of the item."""

Outcomes = npt.NDArray[np.void]
_DAY: Final = "datetime64[D]"


def payment_outcomes(
    due_date: npt.ArrayLike,
    settled_on: npt.ArrayLike,
    before: object,
    settled_by: npt.ArrayLike | None = None,
    lag_days: int = 0,
) -> Outcomes:
    """Outcomes of items as they were known before the day ``before``, dtype OUTCOME, shape (items,).

    ``due_date`` and ``settled_on``: days (NaT for an item that is open). ``settled_by``: cash, credit, write_off or
    mixed; None: all in cash. What was settled otherwise is censored on the day before (a competing event).
    ``lag_days``: the posting lag after which a payment has become known.
    """
    due, settled = np.asarray(due_date, dtype=_DAY), np.asarray(settled_on, dtype=_DAY)
    known = (np.datetime64(before, "D") - due).astype(np.float64) - lag_days - 1  # type: ignore[call-overload]
    late = np.where(np.isnat(settled), np.inf, (settled - due).astype(np.float64))
    cash = np.ones(len(due), dtype=np.bool_) if settled_by is None else np.asarray(settled_by, dtype=object) == "cash"
    found = np.empty(len(due), dtype=OUTCOME)
    found["paid"] = cash & (late <= known)
    found["days_late"] = np.where(found["paid"], late, np.minimum(known, np.where(cash, np.inf, late - 1)))
    found["known_days"] = known
    return found


def outcomes_of(y: Any) -> Outcomes:  # noqa: ANN401 - whatever people hand to fit
    """``y`` as OUTCOME; it may also be a frame of those columns, or what scikit-survival takes.

    That is a structured array of two fields, whether it happened and when. It does not say how far knowledge reaches, so that
    a payment's interval counts as known to its end; that favours fast payers where the last intervals had not ended.
    Raises ValueError for anything else.
    """
    if hasattr(y, "columns") and set(OUTCOME.names or ()) <= set(y.columns):
        return _filled(*(np.asarray(y[name]) for name in OUTCOME.names or ()))
    names = getattr(getattr(y, "dtype", None), "names", None)
    if names is not None and set(OUTCOME.names or ()) <= set(names):
        return _filled(y["paid"], y["days_late"], y["known_days"])
    if names is not None and len(names) == 2 and y.dtype[0] == np.bool_:
        return _filled(y[names[0]], y[names[1]], np.full(len(y), np.inf))
    raise ValueError(
        f"y is {_said(y)}, expected a structured array with the fields {', '.join(OUTCOME.names or ())} "
        "(riskpay.model.payment_outcomes.payment_outcomes makes one), or with two fields as scikit-survival takes"
    )


def late_outcomes(y: Outcomes, end: int) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Whether each was not paid by ``end`` (days from the due date), and whether that is decided: known to its end, or not at all."""
    return ~(y["paid"] & (y["days_late"] <= end)), decided_days(y) >= end


def decided_days(y: Outcomes) -> npt.NDArray[np.float64]:
    """The last day, in days from the due date, up to which it is decided whether the item was paid."""
    return np.where(y["paid"], y["known_days"], np.minimum(y["known_days"], y["days_late"]))


def _filled(paid: npt.ArrayLike, days_late: npt.ArrayLike, known_days: npt.ArrayLike) -> Outcomes:
    found = np.empty(len(np.asarray(paid)), dtype=OUTCOME)
    found["paid"], found["days_late"], found["known_days"] = paid, days_late, known_days
    if np.isnan(found["days_late"]).any() or np.isnan(found["known_days"]).any():
        raise ValueError(
            "y holds NaN; an open item has the last day on which it is known to be unpaid as its days_late"
        )
    return found


def _said(y: object) -> str:
    dtype = getattr(y, "dtype", None)
    return f"{type(y).__name__}" + (f" of {dtype}" if dtype is not None else "")

"""The reference of a model: what it was trained on, and what it or its trial model says of that."""

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import polars as pl

from riskpay.model.late_model import LateModel
from riskpay.model.profile import Profile, spread
from riskpay.model.reference import AT_ISSUE, LATER, Reference
from riskpay.model.testing import TargetTest

P_LATE, P_UNPAID = "p_late", "p_unpaid_30"
"""The answers whose distribution is watched: at issue, and on later landmarks."""

_ANSWERED = 10_000
"""Training questions that are answered: their shares by tenth and four weeks need no more, however large the ledger is."""

_CHUNK = 20_000


def reference_of(
    asked: pl.DataFrame, model: LateModel, trial: LateModel | None, tests: Mapping[str, TargetTest]
) -> Reference:
    """What ``model`` was trained on: landmark questions ``asked`` with features, as of before its ``train_as_of``.

    Answers to questions it learnt from are bolder than later ones will be: what those are held against is said by the
    ``trial`` model, to the questions held back from it.
    """
    until = model.train_as_of
    issue = asked.filter("at_issue")
    held = asked.filter(pl.col("as_of") >= trial.train_as_of) if trial else asked.clear()
    return Reference(
        until,
        {AT_ISSUE: Profile.of(issue, model.reads, until)},
        _answers(asked, model, until),
        _answers(held, trial, until) if trial else {},
        {target: test.to_json() for target, test in tests.items()},
    )


def _answers(asked: pl.DataFrame, model: LateModel, until: date) -> dict[str, Profile]:
    parts = {AT_ISSUE: (pl.col("at_issue"), P_LATE), LATER: (~pl.col("at_issue"), P_UNPAID)}
    found = {}
    for population, (which, answer) in parts.items():
        some = spread(asked.filter(which), _ANSWERED)
        found[population] = Profile.of(told(some, model, answer), (answer,), until)
    return found


def told(frame: pl.DataFrame, model: LateModel, answer: str) -> pl.DataFrame:
    """Questions with an answer of the model: p_late or p_unpaid_30."""
    if answer == P_LATE:
        return frame.with_columns(pl.Series(P_LATE, model.p_late(frame)))
    return with_answers(frame, model, (30,)).drop(P_LATE)


def with_answers(frame: pl.DataFrame, model: LateModel, horizons: Sequence[int]) -> pl.DataFrame:
    """Questions with p_late and the payment curve's S(H) as p_unpaid_H, from each question's own as_of."""
    late, unpaid = [np.empty(0)], [np.empty((0, len(horizons)), dtype=np.float32)]
    # A curve has 181 points: those of all questions at once need not fit.
    for part in frame.iter_slices(_CHUNK) if frame.height else ():
        risks = model.risks(part, part["as_of"][0], "")
        late.append(risks.items["p_late"].to_numpy())
        unpaid.append(risks.unpaid[:, list(horizons)])
    curve = np.concatenate(unpaid)
    said = {f"p_unpaid_{h}": curve[:, k] for k, h in enumerate(horizons)}
    return frame.with_columns(pl.Series(n, values) for n, values in (said | {P_LATE: np.concatenate(late)}).items())

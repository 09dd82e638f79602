"""The facts of monitoring: questions of the last weeks, and answers whose truth has come out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import polars as pl

from riskpay.features.histories import QUESTION_KEY, features
from riskpay.features.labels import LANDMARK_DAYS, landmarks
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.open_items import latest
from riskpay.ledger.settlement import item_states
from riskpay.ledger.tables import ITEM_KEY
from riskpay.model.late_model import LateModel
from riskpay.model.profile import spread
from riskpay.model.reference import AT_ISSUE, LATER
from riskpay.model.registry import Registered
from riskpay.model.ripened import HORIZONS, apart, first_told, late_ripe, unpaid_ripe
from riskpay.model.testing import issued_between
from riskpay.workflows.check_answers import LATE, Ripe
from riskpay.workflows.home import Home
from riskpay.workflows.kept_scores import first_kept, read_scores
from riskpay.workflows.reference import with_answers

LOOK_BACK_DAYS: Final = 400
"""Answers older than this show no trend any more."""

_ASKED_AGAIN: Final = 20_000
"""Items issued before the last four weeks that are asked again: figures of more are no surer by anything that counts."""


@dataclass(frozen=True)
class Lately:
    """Questions with features and the champion's answers: at issue since its training, and on later landmarks."""

    at_issue: pl.DataFrame
    later: pl.DataFrame

    def since(self, first: date) -> dict[str, pl.DataFrame]:
        """The questions asked from ``first`` on, by population."""
        return {
            AT_ISSUE: self.at_issue.filter(pl.col("as_of") >= first),
            LATER: self.later.filter(pl.col("as_of") >= first),
        }


def asked_lately(ledger: Ledger, model: LateModel, day: date, first: date) -> Lately:
    """The questions that training would make of the days from ``first`` to ``day``, asked as it asks them.

    Those at issue reach back to the training day, so that answers can be held against what happened.
    ``ledger``: facts known by the end of ``day``; each question knows those of before its own day.
    """
    states = item_states(ledger, model.features.tolerance)
    begun = max(min(first, model.train_as_of), day - timedelta(days=LOOK_BACK_DAYS))
    lately = pl.col("as_of") >= first
    issued = issued_between(ledger, begun, day)
    issue = pl.concat([issued.filter(lately), spread(issued.filter(~lately), _ASKED_AGAIN)])
    # The days that its training asked on: answers on others are spread otherwise, and would be taken for drift.
    on = model.grown_with.get("landmark_days", LANDMARK_DAYS)
    later = landmarks(states, day + timedelta(days=1), on).filter((pl.col("as_of") >= first) & ~pl.col("at_issue"))
    asked = pl.concat([issue, later.select(issue.columns)])
    owners = ledger.invoices.group_by(ITEM_KEY).agg(pl.col("customer_id").last())
    found = features(ledger, asked.select(QUESTION_KEY), "start", model.features)
    frame = asked.hstack(found.select(model.features.names)).join(
        owners, on=ITEM_KEY, how="left", maintain_order="left"
    )
    told = with_answers(frame, model, HORIZONS)
    return Lately(told.filter("at_issue"), told.filter(~pl.col("at_issue")))


def ripe_answers(opened: Home, found: Registered, ledger: Ledger, asked: Lately, day: date) -> Ripe:
    """Answers whose truth is out at the end of ``day``, by target.

    They are what daily runs said; where too few of those are ripe yet, the champion's answers at issue since it was
    trained, asked again: what was known at the end of a day can be asked at any time.
    """
    model, lag = found.model, opened.policy.posting_lag_days
    items = latest(item_states(ledger, model.features.tolerance))
    with opened.store() as store:
        kept = read_scores(opened, store, day - timedelta(days=LOOK_BACK_DAYS), day)
        since = first_kept(opened, store)
    snapshots = {horizon: apart(kept, horizon) for horizon in HORIZONS}
    ripe = _by_target(kept, snapshots, items, model, day, lag)
    if ripe[LATE].height >= opened.policy.monitor.min_items:
        return Ripe(ripe, f"what daily runs said since {since}")
    since_training = asked.at_issue.filter(pl.col("as_of") >= model.train_as_of)
    why = f"too few scores kept since {since} are ripe" if since else "no scores of daily runs are kept"
    basis = f"asked again at issue, items issued from {model.train_as_of} on: {why}"
    return Ripe(_by_target(since_training, dict.fromkeys(HORIZONS, since_training), items, model, day, lag), basis)


def lags(model: LateModel, ledger: Ledger, posting_lag: int) -> dict[str, int]:
    """Days from an answer until its truth is out, by target; for lateness those of the usual item."""
    terms = ledger.invoices.select((pl.col("due_date") - pl.col("issue_date")).dt.total_days().median()).item()
    late = int(terms or 0) + model.grid.ends[0] + posting_lag
    return {LATE: late, **{f"unpaid_{horizon}": horizon + posting_lag for horizon in HORIZONS}}


def _by_target(
    told: pl.DataFrame,
    snapshots: Mapping[int, pl.DataFrame],
    items: pl.DataFrame,
    model: LateModel,
    day: date,
    lag: int,
) -> dict[str, pl.DataFrame]:
    grace = model.grid.ends[0]
    late = late_ripe(first_told(told, grace), items, grace, day, lag)
    return {LATE: late, **{f"unpaid_{h}": unpaid_ripe(part, items, h, day, lag) for h, part in snapshots.items()}}

"""A prior model from what little is known: counts of what was paid, pooled with the built-in curve."""

from datetime import date

import polars as pl

from riskpay.features.labels import person_period
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.open_items import latest
from riskpay.ledger.settlement import item_states
from riskpay.model.calibration import Calibration
from riskpay.model.groups import GROUPS
from riskpay.model.habit import HabitOffset
from riskpay.model.late_model import LateModel
from riskpay.model.prior import READS, PriorHazard, prior_shape
from riskpay.model.training import Asked, TrainSettings, fitted_baselines


def settled_before(ledger: Ledger, as_of: date, settings: TrainSettings) -> int:
    """Items known before ``as_of`` to be settled in cash: what there is to learn from."""
    return _cash(_items(ledger, as_of, settings)).height


def fit_prior(ledger: Ledger, asked: Asked, as_of: date, settings: TrainSettings) -> LateModel:
    """The prior model of what was known before ``as_of`` (cut=start); ``asked``: as for ``training.fit_model``."""
    items = _items(ledger, as_of, settings)
    before = asked.where(asked.frame["as_of"] < as_of)
    at_issue = before.frame.filter("at_issue")
    rows = person_period(at_issue, items, settings.grid, as_of, settings.lag_days)
    shape = prior_shape(_cash(items)["days_late"], settings.grid)
    return LateModel(
        booster_texts=(),
        offset=HabitOffset((0.0,), (0.0,)),
        calibration=Calibration(),
        shape=shape,
        grid=settings.grid,
        features=settings.features,
        train_as_of=as_of,
        rounds=(0,) * len(GROUPS),
        training_rows=rows.height,
        settled_items=_cash(items).height,
        baselines=fitted_baselines(before, items, as_of, settings),
        without=tuple(sorted(set(settings.features.names) - set(READS))),
        prior=PriorHazard.fitted(rows, settings.grid, shape),
    )


def _items(ledger: Ledger, as_of: date, settings: TrainSettings) -> pl.DataFrame:
    return latest(item_states(ledger.known(as_of, "start"), settings.features.tolerance))


def _cash(items: pl.DataFrame) -> pl.DataFrame:
    return items.filter(settled_by="cash")

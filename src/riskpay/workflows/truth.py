"""Late probabilities held against the true ones of a synthetic world."""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from riskpay.errors import NotThereError
from riskpay.ledger.tables import CUSTOMER_KEY, ITEM_KEY
from riskpay.model.evaluation import Scores, score
from riskpay.model.records import RECORDS, record
from riskpay.model.testing import issued_between
from riskpay.model.training import TrainSettings, ask, ask_landmarks, fit_model
from riskpay.sources.synthetic.oracle import oracle_p_late
from riskpay.sources.synthetic.outcomes import CURVE_DAYS
from riskpay.sources.synthetic.world import World
from riskpay.workflows.progress import Progress, silent

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class TruthScores:
    """One predictor against the true probabilities, and against what happened.

    ``mean_error`` = mean predicted less mean true probability (calibration in the large);
    ``mean_abs_error`` = mean distance from the true probability, item by item.
    """

    mean_abs_error: float
    mean_error: float
    happened: Scores

    def to_json(self) -> dict[str, float | int | None]:
        """The measures by name, rounded to 6 digits."""
        errors = {"mean_abs_error": round(self.mean_abs_error, 6), "mean_error": round(self.mean_error, 6)}
        return errors | self.happened.to_json()


@dataclass(frozen=True)
class RecordTruth:
    """The model's late chances of customers of one record (``model.records``), at issue.

    ``mean_error`` = mean predicted less mean true probability; ``standard_errors`` = mean predicted less the share
    that was late, in standard errors, customers counted whole.
    """

    n: int
    mean_error: float
    standard_errors: float


@dataclass(frozen=True)
class TruthResult:
    """Predictors by name (model, the naive ones, best) on items issued from ``cutoff`` to ``until``, both included.

    ``curve_error``: the area between the model's payment curve and the true one from the due date to ``CURVE_DAYS[-1]``
    days past it, in days, mean over items. ``in_band``: share of items whose true p_late lies in the band.
    """

    cutoff: date
    until: date
    predictors: dict[str, TruthScores]
    curve_error: float
    in_band: float
    records: dict[str, RecordTruth]

    def to_json(self) -> dict[str, Any]:
        """Days as ISO text, measures by predictor, and what is measured of the model alone."""
        return {
            "cutoff": self.cutoff.isoformat(),
            "until": self.until.isoformat(),
            "predictors": {name: scores.to_json() for name, scores in self.predictors.items()},
            "curve_error": round(self.curve_error, 6),
            "in_band": round(self.in_band, 6),
            "records": {name: asdict(found) for name, found in self.records.items()},
        }


def truth_test(
    world: World, cutoff: date, settings: TrainSettings | None = None, progress: Progress = silent
) -> TruthResult:
    """A model frozen at ``cutoff`` on the items issued from then on, asked at issue, against the truth of ``world``.

    ``best`` is the best predictor that observable facts allow (``oracle_p_late``). Raises NotThereError if
    nothing was issued from ``cutoff`` on, TooFewLabelsError if there is too little to learn from.
    """
    chosen = settings or TrainSettings()
    ledger = world.ledger
    questions = issued_between(ledger, cutoff, world.as_of)
    if questions.is_empty():
        raise NotThereError(f"the world has no invoice issued from {cutoff} on", f"it ends on {world.as_of}")
    progress("training on a world of known truth", 0, 3)
    model = fit_model(ledger, ask_landmarks(ledger, cutoff, chosen), cutoff, chosen)
    progress("asking about its later items", 1, 3)
    asked = ask(ledger, questions, chosen)
    predictions = {"model": model.p_late(asked.frame), **model.baselines["late"].predict(asked.past, "late")}
    progress("working out the best that can be known", 2, 3)
    predictions["best"] = oracle_p_late(world, questions)
    truth = questions.join(world.truth.drop("due_date"), on=ITEM_KEY, how="left", maintain_order="left")
    risks = model.risks(asked.frame, cutoff, "")
    true = truth["p_late"]
    return TruthResult(
        cutoff=cutoff,
        until=world.as_of,
        predictors={name: _scores(p, truth) for name, p in predictions.items()},
        curve_error=_curve_error(asked.frame, risks.unpaid, truth),
        in_band=float(true.is_between(risks.items["p_late_low"], risks.items["p_late_high"]).to_numpy().mean()),
        records=_records(asked.frame, predictions["model"], truth),
    )


def _scores(p: FloatArray, truth: pl.DataFrame) -> TruthScores:
    off = p - truth["p_late"].to_numpy()
    return TruthScores(float(np.abs(off).mean()), float(off.mean()), score(truth["late"].to_numpy(), p))


def _curve_error(asked: pl.DataFrame, unpaid: npt.NDArray[np.float32], truth: pl.DataFrame) -> float:
    """The mean area between two curves that are known at ``CURVE_DAYS``, by the trapezoid rule."""
    terms = (asked["due_date"] - asked["as_of"]).dt.total_days().to_numpy()
    days = np.minimum(terms[:, None] + np.asarray(CURVE_DAYS), unpaid.shape[1] - 1)
    true = truth.select(f"p_unpaid_due_{day}" for day in CURVE_DAYS).to_numpy()
    off = np.abs(unpaid[np.arange(len(terms))[:, None], days] - true)
    return float(np.trapezoid(off, CURVE_DAYS, axis=1).mean())


def _records(asked: pl.DataFrame, p: FloatArray, truth: pl.DataFrame) -> dict[str, RecordTruth]:
    told = asked.select(
        *CUSTOMER_KEY,
        record=record(),
        error=pl.Series(p) - truth["p_late"],
        residual=pl.Series(p) - truth["late"].cast(pl.Float64),
    )
    by_customer = told.group_by("record", *CUSTOMER_KEY, maintain_order=True).agg(
        n=pl.len(), error=pl.col("error").sum(), residual=pl.col("residual").sum()
    )
    found = {}
    for number, name in enumerate(RECORDS):
        mine = by_customer.filter(pl.col("record") == number)
        if n := int(mine["n"].sum()):
            residual = mine["residual"].to_numpy()
            spread = float(np.sqrt(np.sum(residual**2)))
            found[name] = RecordTruth(n, float(mine["error"].sum()) / n, float(residual.sum()) / spread)
    return found

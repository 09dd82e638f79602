"""Late probabilities held against the true ones of a synthetic world."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from riskpay.errors import NotThereError
from riskpay.ledger.tables import ITEM_KEY
from riskpay.model.evaluation import Scores, score
from riskpay.model.testing import issued_between
from riskpay.model.training import TrainSettings, ask, ask_landmarks, fit_model
from riskpay.sources.synthetic.oracle import oracle_p_late
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
class TruthResult:
    """Predictors by name (model, the naive ones, best) on items issued from ``cutoff`` to ``until``, both included."""

    cutoff: date
    until: date
    predictors: dict[str, TruthScores]

    def to_json(self) -> dict[str, Any]:
        """Days as ISO text, measures by predictor."""
        said = {name: scores.to_json() for name, scores in self.predictors.items()}
        return {"cutoff": self.cutoff.isoformat(), "until": self.until.isoformat(), "predictors": said}


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
    truth = questions.join(
        world.truth.select(*ITEM_KEY, "p_late", "late"), on=ITEM_KEY, how="left", maintain_order="left"
    )
    return TruthResult(cutoff, world.as_of, {name: _scores(p, truth) for name, p in predictions.items()})


def _scores(p: FloatArray, truth: pl.DataFrame) -> TruthScores:
    off = p - truth["p_late"].to_numpy()
    return TruthScores(float(np.abs(off).mean()), float(off.mean()), score(truth["late"].to_numpy(), p))

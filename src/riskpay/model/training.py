"""Training: landmarks and features once, then boosters, their rounds and calibration from later periods."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import islice

import numpy as np
import polars as pl

from riskpay.errors import TooFewLabelsError, UsageError
from riskpay.features.catalogue import FeatureSettings
from riskpay.features.histories import QUESTION_KEY, features
from riskpay.features.labels import Grid, landmarks, outcomes, person_period
from riskpay.features.records import past_records
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.open_items import latest
from riskpay.ledger.settlement import item_states
from riskpay.ledger.tables import ITEM_KEY
from riskpay.model import hazard
from riskpay.model.baselines import Baselines, fit_baselines
from riskpay.model.calibration import Calibration, agreed, fit_calibration
from riskpay.model.curve import PaidShape
from riskpay.model.groups import GROUPS
from riskpay.model.hazard import Grower, Hazard, HazardSettings, Plan, Rounds, grown_here
from riskpay.model.late_model import LateModel
from riskpay.model.splits import later_periods
from riskpay.model.subset import blanked

TARGETS = {"late": 0, "late_30": 30}
"""Targets by name: paid more than so many days late (grace days replace 0)."""
LATE_TARGETS = TARGETS | {"late_60": 60, "late_90": 90}
"""Those of an assessment, for which naive baselines are learnt too."""


@dataclass(frozen=True)
class TrainSettings:
    """``lag_days``: posting lag after which a payment has become known.

    ``min_settled``: fewer items settled in cash than this are too few to learn from. ``without``: features that
    the model is to be blind to (``subset.groups`` finds those of a family).
    """

    features: FeatureSettings = field(default_factory=FeatureSettings)
    hazard: HazardSettings = field(default_factory=HazardSettings)
    lag_days: int = 2
    min_settled: int = 200
    without: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Raises UsageError for a name in ``without`` that is no feature."""
        unknown = sorted(self.without - set(self.features.names))
        if unknown:
            raise UsageError(
                f"a model cannot leave out {', '.join(unknown)}: only features of the catalogue that are on can be left out",
                "docs/features.md lists them; subset.groups gives those of a family",
            )

    @property
    def grid(self) -> Grid:
        """The hazard intervals, the first ending with the grace days."""
        return Grid.with_grace(self.features.grace_days)

    def days_late(self, target: str) -> int:
        """Days after the due date from which ``target`` has happened."""
        return self.features.grace_days if target == "late" else LATE_TARGETS[target]


@dataclass(frozen=True)
class Asked:
    """Questions with their features and the past records of their customers, in one row order."""

    frame: pl.DataFrame
    past: pl.DataFrame

    def where(self, mask: pl.Series) -> "Asked":
        """The questions for which ``mask`` is true."""
        return Asked(self.frame.filter(mask), self.past.filter(mask))

    def blind_to(self, names: Collection[str]) -> "Asked":
        """The questions with null for the features ``names``."""
        return Asked(blanked(self.frame, names), self.past)


def ask(ledger: Ledger, questions: pl.DataFrame, settings: TrainSettings) -> Asked:
    """Features of questions (item key, as_of, due_date, at_issue) from what was known before each as_of."""
    found = features(ledger, questions.select(QUESTION_KEY), "start", settings.features)
    owners = ledger.invoices.group_by(ITEM_KEY).agg(pl.col("customer_id").last())
    frame = questions.hstack(found.select(settings.features.names)).join(
        owners, on=ITEM_KEY, how="left", maintain_order="left"
    )
    past = past_records(ledger, frame.select(*QUESTION_KEY, "customer_id"), "start", settings.features)
    return Asked(frame, past)


def ask_landmarks(ledger: Ledger, before: date, settings: TrainSettings) -> Asked:
    """Every landmark question before a day, with features."""
    states = item_states(ledger.known(before, "start"), settings.features.tolerance)
    return ask(ledger, landmarks(states, before), settings)


def fit_model(
    ledger: Ledger, asked: Asked, as_of: date, settings: TrainSettings, grower: Grower = grown_here
) -> LateModel:
    """The model learnt from what was known before ``as_of`` (cut=start).

    ``asked``: landmark questions of at least all days before ``as_of``; later ones are not used.
    Rounds and calibration come from later periods, on boosters that saw only what was decided
    before them; the boosters kept are grown on all rows. The model is blind to features in ``settings.without``,
    and where those rows are few to ``hazard.SMALL_UNREAD``. ``grower`` says where and how boosters are grown.
    Raises TooFewLabelsError where there is too little settled history, or only one outcome.
    """
    before = asked.where(asked.frame["as_of"] < as_of)
    items = latest(item_states(ledger.known(as_of, "start"), settings.features.tolerance))
    read = person_period(before.frame, items, settings.grid, as_of, settings.lag_days)
    without = settings.without | settings.hazard.unread(read.height)
    known, rows = before.blind_to(without), blanked(read, without)
    settled = int((items["settled_by"] == "cash").sum())
    _check_enough(rows, settled, as_of, settings.min_settled)
    periods = _later_periods(ledger, known.frame, rows, as_of, settings)
    grown, rounds, calibration = _grown(rows, periods, settings, grower)
    return LateModel(
        booster_texts=tuple(tuple(member.model_to_string() for member in group) for group in grown.boosters),
        offset=grown.offset,
        calibration=calibration,
        shape=PaidShape.observed(items.filter(settled_by="cash")["days_late"], settings.grid.ends[0]),
        grid=settings.grid,
        features=settings.features,
        train_as_of=as_of,
        rounds=rounds,
        training_rows=rows.height,
        settled_items=settled,
        baselines=_baselines(known, items, as_of, settings),
        without=tuple(sorted(without)),
    )


def _later_periods(
    ledger: Ledger, asked: pl.DataFrame, rows: pl.DataFrame, as_of: date, settings: TrainSettings
) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """The rows decided before a later period and the rows of that period, the last period first."""
    starts = later_periods(asked, settings.lag_days, as_of)
    for start, end in reversed(list(zip(starts, [*starts[1:], as_of], strict=True))):
        early = _decided(ledger, asked, start, settings)
        later = rows.filter((pl.col("as_of") >= start) & (pl.col("as_of") < end))
        if early["paid"].n_unique() == 2 and not later.is_empty() and not hazard.lacking(early):
            yield early, later


def _grown(
    rows: pl.DataFrame,
    periods: Iterator[tuple[pl.DataFrame, pl.DataFrame]],
    settings: TrainSettings,
    grower: Grower,
) -> tuple[Hazard, Rounds, Calibration]:
    """The hazard of all rows, the rounds at which the last period's loss was least, and what the periods agree on.

    Once the rounds are known all other boosters need nothing of one another: the grower has them together.
    """
    rounds: Rounds = (settings.hazard.unwatched_rounds,) * len(GROUPS)
    trials, judged = [], []
    for early, later in islice(periods, 1):
        trials = hazard.grow([hazard.watching(early, later, settings.hazard)], grower)
        judged.append(later)
        rounds = hazard.rounds_of(trials[0])

    def plans() -> Iterator[Plan]:
        yield hazard.two_members(rows, rounds, settings.hazard)
        for early, later in periods:
            judged.append(later)
            yield hazard.one_member(early, rounds, settings.hazard)

    kept, *more = hazard.grow(plans(), grower)
    lines = [_line_of(trial, later, settings) for trial, later in zip([*trials, *more], judged, strict=True)]
    interval = rows["interval"].to_numpy().astype(np.int64)
    return kept, rounds, agreed(lines, interval, rows["paid"].to_numpy())


def _decided(ledger: Ledger, asked: pl.DataFrame, before: date, settings: TrainSettings) -> pl.DataFrame:
    """Person-period rows as they were decided before a day, from what was known then."""
    then = latest(item_states(ledger.known(before, "start"), settings.features.tolerance))
    return person_period(asked.filter(pl.col("as_of") < before), then, settings.grid, before, settings.lag_days)


def _line_of(trial: Hazard, later: pl.DataFrame, settings: TrainSettings) -> Calibration:
    return fit_calibration(
        trial.predict(later),
        later["interval"].to_numpy().astype(np.int64),
        later["paid"].to_numpy(),
        hazard.weights(later, settings.hazard),
    )


def _baselines(known: Asked, items: pl.DataFrame, as_of: date, settings: TrainSettings) -> dict[str, Baselines]:
    at_issue = known.where(known.frame["at_issue"])
    found = {}
    for target in LATE_TARGETS:
        asked = at_issue.frame.with_row_index("question")
        decided = outcomes(asked, items, settings.days_late(target), as_of, settings.lag_days)
        past = at_issue.past[decided["question"].to_list()]
        found[target] = fit_baselines(past, decided["happened"].to_numpy())
    return found


def _check_enough(rows: pl.DataFrame, settled: int, as_of: date, least: int) -> None:
    if settled < least:
        raise TooFewLabelsError(
            f"{settled} items are known to be settled in cash before {as_of}, at least {least} are needed to train",
            "load more history, or train as of a later day",
        )
    first = rows.filter(pl.col("interval") == 0)["paid"]
    if first.n_unique() < 2 or hazard.lacking(rows):
        what = "was paid on time" if bool(first.all()) else "was paid late or is not decided"
        raise TooFewLabelsError(
            f"every one of {len(first)} decided questions before {as_of} {what}: there is nothing to tell apart",
            "load history that holds both late and timely payments, or train as of a later day",
        )

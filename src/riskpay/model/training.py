"""Training: landmarks and features once, then boosters, their rounds and calibration from later periods."""

from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any

import polars as pl

from riskpay.errors import TooFewLabelsError, UsageError
from riskpay.features.catalogue import FeatureSettings
from riskpay.features.histories import QUESTION_KEY, features
from riskpay.features.labels import LANDMARK_DAYS, Grid, landmarks, outcomes, person_period
from riskpay.features.records import past_records
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.open_items import latest
from riskpay.ledger.settlement import item_states
from riskpay.ledger.tables import ITEM_KEY
from riskpay.model import hazard
from riskpay.model.band import fit_band
from riskpay.model.baselines import Baselines, fit_baselines
from riskpay.model.grown import Grown, Period, grown_with_trials
from riskpay.model.hazard import Grower, HazardSettings, grown_here
from riskpay.model.hindsight import joined
from riskpay.model.late_model import LateModel
from riskpay.model.looking_back import look_back
from riskpay.model.paid_shape import TRUST, PaidShape
from riskpay.model.pay_days import fit_levels
from riskpay.model.splits import later_periods
from riskpay.model.subset import blanked

TARGETS = {"late": 0, "late_30": 30}
"""Targets by name: paid more than so many days late (grace days replace 0)."""
LATE_TARGETS = TARGETS | {"late_60": 60, "late_90": 90}
"""Those of an assessment, for which naive baselines are learnt too."""


@dataclass(frozen=True)
class TrainSettings:
    """``later_ends``: ends of the hazard intervals after the first, which ends with the grace days; those within them do
    not count. ``landmark_days``: days from the due date on which an item still open is asked again, beside its issue
    day. ``lag_days``: posting lag after which a payment has become known.

    ``min_settled``: fewer items settled in cash than this are too few to learn from. ``without``: features that
    the model is to be blind to (``subset.groups`` finds those of a family).
    """

    features: FeatureSettings = field(default_factory=FeatureSettings)
    hazard: HazardSettings = field(default_factory=HazardSettings)
    later_ends: tuple[int, ...] = Grid().ends[1:]
    landmark_days: tuple[int, ...] = LANDMARK_DAYS
    lag_days: int = 2
    min_settled: int = 200
    without: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Raises UsageError for a name in ``without`` that is no feature, and for ends that ``Grid.with_grace`` refuses."""
        Grid.with_grace(self.features.grace_days, self.later_ends)
        unknown = sorted(self.without - set(self.features.names))
        if unknown:
            raise UsageError(
                f"a model cannot leave out {', '.join(unknown)}: only features of the catalogue that are on can be left out",
                "docs/features.md lists them; subset.groups gives those of a family",
            )

    @property
    def grid(self) -> Grid:
        """The hazard intervals, the first ending with the grace days."""
        return Grid.with_grace(self.features.grace_days, self.later_ends)

    @property
    def grown_with(self) -> dict[str, Any]:
        """How models are grown, by the keys of training.toml, as plain values: what a bundle keeps and a run records."""
        hazard_values = {name: value for name, value in asdict(self.hazard).items() if name not in {"threads", "more"}}
        days = {"interval_ends": list(self.later_ends), "landmark_days": list(self.landmark_days)}
        return days | hazard_values

    def days_late(self, target: str) -> int:
        """Days after the due date from which ``target`` has happened; within the grace days nothing is late."""
        return max(self.features.grace_days, LATE_TARGETS[target])


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
    return ask(ledger, landmarks(states, before, settings.landmark_days), settings)


def fit_model(
    ledger: Ledger, asked: Asked, as_of: date, settings: TrainSettings, grower: Grower = grown_here
) -> LateModel:
    """The model learnt from what was known before ``as_of`` (cut=start).

    ``asked``: landmark questions of at least all days before ``as_of``; later ones are not used.
    Rounds and calibration come from later periods, on boosters that saw only what was decided
    before them; the boosters kept are grown on all rows. The model is blind to features in ``settings.without``,
    and where those rows are few to ``columns.SMALL_UNREAD``. ``grower`` says where and how boosters are grown.
    Raises TooFewLabelsError where there is too little settled history, or only one outcome.
    """
    items = latest(item_states(ledger.known(as_of, "start"), settings.features.tolerance))
    rows, without = _learnt_from(asked, items, as_of, settings)
    known = asked.where(asked.frame["as_of"] < as_of).blind_to(without)
    settled = int((items["settled_by"] == "cash").sum())
    _check_enough(rows, settled, as_of, settings.min_settled)
    grown = grown_with_trials(rows, _later_periods(ledger, known.frame, rows, as_of, settings), settings.hazard, grower)
    model = LateModel(
        booster_texts=grown.kept.texts,
        offset=grown.kept.offset,
        calibration=grown.calibration,
        shape=PaidShape.observed(items.filter(settled_by="cash")["days_late"], settings.grid.ends[0], TRUST),
        grid=settings.grid,
        features=settings.features,
        train_as_of=as_of,
        rounds=grown.rounds,
        training_rows=rows.height,
        settled_items=settled,
        baselines=fitted_baselines(known, items, as_of, settings),
        without=tuple(sorted(without)),
        grown_with=settings.grown_with,
    )
    return _looked_back(model, grown, known.frame, items, settings)


def training_rows(ledger: Ledger, asked: Asked, as_of: date, settings: TrainSettings) -> pl.DataFrame:
    """The person-period rows that ``fit_model`` grows the kept boosters on, in its order."""
    items = latest(item_states(ledger.known(as_of, "start"), settings.features.tolerance))
    return _learnt_from(asked, items, as_of, settings)[0]


def _learnt_from(
    asked: Asked, items: pl.DataFrame, as_of: date, settings: TrainSettings
) -> tuple[pl.DataFrame, frozenset[str]]:
    """The rows decided before ``as_of``, and the features that are blank in them."""
    before = asked.frame.filter(pl.col("as_of") < as_of)
    rows = person_period(before, items, settings.grid, as_of, settings.lag_days)
    without = settings.without | settings.hazard.unread(rows.height)
    return hazard.recency_weighted(blanked(rows, without), as_of, settings.hazard), without


def _later_periods(
    ledger: Ledger, asked: pl.DataFrame, rows: pl.DataFrame, as_of: date, settings: TrainSettings
) -> Iterator[Period]:
    """The later periods that can be judged, the last one first."""
    starts = later_periods(asked, settings.lag_days, as_of)
    for start, end in reversed(list(zip(starts, [*starts[1:], as_of], strict=True))):
        early = _decided(ledger, asked, start, settings)
        later = rows.filter((pl.col("as_of") >= start) & (pl.col("as_of") < end))
        if early["paid"].n_unique() == 2 and not later.is_empty() and not hazard.lacking(early):
            yield Period(early, later, (start, end))


def _looked_back(
    model: LateModel, grown: Grown, asked: pl.DataFrame, items: pl.DataFrame, settings: TrainSettings
) -> LateModel:
    """``model`` with intervals and bands as they would have had to be in the later periods."""
    backs = []
    for period, trial in grown.trials:
        then = replace(model, booster_texts=trial.texts, offset=trial.offset)
        within = asked.filter(pl.col("as_of").is_between(*period.days, closed="left"))
        backs.append(look_back(then, within, items, model.train_as_of, settings.lag_days))
    if not backs:
        return model
    found = joined(backs)
    return replace(model, pay_days=fit_levels(found), band=fit_band(found))


def _decided(ledger: Ledger, asked: pl.DataFrame, before: date, settings: TrainSettings) -> pl.DataFrame:
    """Person-period rows as they were decided before a day, from what was known then."""
    then = latest(item_states(ledger.known(before, "start"), settings.features.tolerance))
    rows = person_period(asked.filter(pl.col("as_of") < before), then, settings.grid, before, settings.lag_days)
    return hazard.recency_weighted(rows, before, settings.hazard)


def fitted_baselines(known: Asked, items: pl.DataFrame, as_of: date, settings: TrainSettings) -> dict[str, Baselines]:
    """The naive predictors of questions known to be decided before ``as_of``, by target."""
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
            "load more history, or train as of a later day; until then riskpay train makes a prior model",
        )
    first = rows.filter(pl.col("interval") == 0)["paid"]
    if first.n_unique() < 2 or hazard.lacking(rows):
        what = "was paid on time" if bool(first.all()) else "was paid late or is not decided"
        raise TooFewLabelsError(
            f"every one of {len(first)} decided questions before {as_of} {what}: there is nothing to tell apart",
            "load history that holds both late and timely payments, or train as of a later day",
        )

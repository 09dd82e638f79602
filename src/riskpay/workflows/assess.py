"""Assessing a frozen model on a later period, as a person would check it."""

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from riskpay.decisions.cadence import rolls_of
from riskpay.features.effective import with_effective_due_date
from riskpay.features.labels import outcomes
from riskpay.features.snapshots import open_on
from riskpay.ledger.open_items import latest
from riskpay.ledger.settlement import item_states
from riskpay.model.answers import UNPAID_TARGETS, Answers, limit_of, targets_of
from riskpay.model.assessment import Assessment, Basis, Sliced
from riskpay.model.baselines import fit_baselines
from riskpay.model.capacity import capacity
from riskpay.model.days_late import days_late
from riskpay.model.judged import Judged, judged
from riskpay.model.late_model import LateModel
from riskpay.model.open_rules import learnt, predict
from riskpay.model.parts import GroupCurve, PartScores, by_week, group_curve
from riskpay.model.plotted import PLOTTED, bins, lift
from riskpay.model.training import Asked, ask
from riskpay.workflows.periods import Period, Situation
from riskpay.workflows.progress import Progress, silent
from riskpay.workflows.slices import COLUMNS, values_of, without_rate

IntArray = npt.NDArray[np.int64]

MOST_ASKED: Final = 50_000
"""Open items asked about at most, over all Mondays; of more, every so many is taken."""
SLICED: Final = ("at_issue.late", "at_issue.late_30", "overdue.unpaid_30")
LISTED: Final = ("at_issue.late", "not_due.late", "overdue.unpaid_30")
"""What capacity is measured by."""
BY_WEEK: Final = ("at_issue.late", "at_issue.late_30", "not_due.late", "overdue.unpaid_30")
STATES: Final = {"not_due": False, "overdue": True}
"""Situations of the open book, and whether the due date has passed (days_past_due > 0)."""


def assess(period: Period, model: LateModel, progress: Progress = silent) -> Assessment:
    """The assessment of ``model``, which knew nothing from ``period.first`` on.

    Questions are asked with cut=start: at issue, and about every item open on each Monday. An outcome counts if its day
    and the posting lag lie before the last known day, whatever it was; one that a credit note or write-off forestalls
    does not count.
    """
    progress("asking about the open book", 0, 4)
    book = open_on(period.states, period.mondays)
    asked = ask(period.ledger, book.gather_every(max(1, -(-book.height // MOST_ASKED))), period.settings)
    situations = {"at_issue": Situation.of(period, model, period.at_issue)}
    whole = Situation.of(period, model, asked)
    overdue = whole.questions.at > 0
    situations |= {name: whole.where(overdue == passed) for name, passed in STATES.items()}
    progress("asking the naive rules", 1, 4)
    answers = dict(_at_issue(period, situations["at_issue"])) | dict(_snapshots(period, situations))
    progress("measuring", 2, 4)
    judgements = {name: judged(found) for name, found in answers.items()}
    progress("measuring parts", 3, 4)
    return Assessment(
        basis=_basis(period, book.height, asked),
        at_issue=_of("at_issue", judgements),
        snapshots={state: _of(state, judgements) for state in STATES},
        days_late={name: days_late(s.questions, s.past, period.items) for name, s in situations.items()},
        capacity={name: capacity(answers[name], _days(situations, name, answers[name])) for name in LISTED},
        slices={
            name: _sliced(answers[name], situations[_situation(name)].slices) for name in SLICED if name in answers
        },
        effective=_effective(period, situations["at_issue"]),
        weeks={name: by_week(answers[name], _as_of(situations, name)) for name in BY_WEEK if name in answers},
        curves=_curves(period, situations["at_issue"]),
        reliability={
            name: {who: bins(a.happened, a.predictions[who]) for who in PLOTTED} for name, a in answers.items()
        },
        lift={name: lift(answers[name]) for name in LISTED},
    )


def _at_issue(period: Period, situation: Situation) -> Iterator[tuple[str, Answers]]:
    """Answers by situation and target; the naive rules are the model's own baselines."""
    questions, settings = situation.questions, period.settings
    baselines = questions.model.baselines
    for target in (t for t in targets_of(questions.model.grid.ends, settings) if t in baselines):
        limit = limit_of(target, questions.at, settings)
        naive = baselines[target].predict(questions.asked.past, target)
        yield f"at_issue.{target}", questions.answers(limit, period.decided(questions, limit), naive)


def _snapshots(period: Period, situations: Mapping[str, Situation]) -> Iterator[tuple[str, Answers]]:
    for state, passed in STATES.items():
        questions, past = situations[state].questions, situations[state].past
        late = () if passed else targets_of(questions.model.grid.ends, period.settings)
        targets = (*late, *UNPAID_TARGETS)
        rules = learnt(period.ledger, period.first, targets, period.settings, overdue=passed)
        for target in targets:
            limit = limit_of(target, questions.at, period.settings)
            naive = predict(rules[target], past, questions.at, limit)
            yield f"{state}.{target}", questions.answers(limit, period.decided(questions, limit), naive)


def _effective(period: Period, situation: Situation) -> dict[str, Judged]:
    """Lateness at issue by the due date as written (``raw``), and by the one rolled off weekends and holidays (``effective``).

    The chance of the latter is the curve's on that day; ``p_late`` of the due date as written stands beside it.
    """
    questions, grace = situation.questions, period.settings.features.grace_days
    rolls = rolls_of(period.policy, dict(period.ledger.companies.select("company_id", "country").iter_rows()))

    def rolled(frame: pl.DataFrame) -> pl.DataFrame:
        return with_effective_due_date(frame, rolls)

    frame = rolled(questions.asked.frame)
    later = (frame["effective_due_date"] - frame["due_date"]).dt.total_days().to_numpy().astype(np.int64)
    known = period.before.where(period.before.frame["at_issue"] & (period.before.frame["as_of"] < period.first))
    then = latest(item_states(period.ledger.known(period.first, "start"), period.settings.features.tolerance))
    learned = rolled(known.frame).with_columns(due_date="effective_due_date").with_row_index("question")
    past = outcomes(learned, then, grace, period.first, period.settings.lag_days)
    rules = fit_baselines(known.past[past["question"].to_list()], past["happened"].to_numpy())
    own = limit_of("late", questions.at, period.settings)
    written = questions.unpaid_by(own)
    naive = {"p_late": written, **rules.predict(questions.asked.past, "late_effective")}
    raw = questions.model.baselines["late"].predict(questions.asked.past, "late")
    limits = {"raw": (own, raw), "effective": (own + later, naive)}
    return {
        name: judged(questions.answers(limit, period.decided(questions, limit), said))
        for name, (limit, said) in limits.items()
    }


def _sliced(answers: Answers, found: pl.DataFrame) -> Sliced:
    parts = found[answers.rows.tolist()]
    return {
        column: {
            _word(value): PartScores.of(answers.where((parts[column] == value).to_numpy()))
            for value in values_of(column, parts[column])
        }
        for column in COLUMNS
    }


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _curves(period: Period, situation: Situation) -> dict[str, GroupCurve]:
    segment = situation.slices["segment"]
    return {
        str(name): group_curve(
            situation.questions.where((segment == name).to_numpy()),
            period.items,
            period.until,
            period.settings.lag_days,
        )
        for name in values_of("segment", segment)
    }


def _basis(period: Period, open_items: int, asked: Asked) -> Basis:
    frames = (period.at_issue.frame, asked.frame)
    unrated = sum(without_rate(period.ledger, period.states, frame, period.reporting) for frame in frames)
    return Basis(
        first=period.first,
        last=period.last,
        known_until=period.until,
        mondays=tuple(period.mondays),
        at_issue=period.at_issue.frame.height,
        open_items=open_items,
        asked=asked.frame.height,
        reporting=period.reporting,
        without_rate=unrated,
    )


def _of(situation: str, found: Mapping[str, Judged]) -> dict[str, Judged]:
    return {name.partition(".")[2]: one for name, one in found.items() if _situation(name) == situation}


def _situation(name: str) -> str:
    return name.partition(".")[0]


def _as_of(situations: Mapping[str, Situation], name: str) -> pl.Series:
    return situations[_situation(name)].questions.asked.frame["as_of"]


def _days(situations: Mapping[str, Situation], name: str, answers: Answers) -> IntArray:
    """The day of each answer as a number."""
    return _as_of(situations, name).to_physical().to_numpy().astype(np.int64)[answers.rows]

"""A challenger: a model that learnt, judged by the gate, or a prior model where there is too little to learn from."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from riskpay.ledger.ledger import Ledger
from riskpay.ledger.selection import settled_only
from riskpay.model.gate import Finding, Verdict
from riskpay.model.hazard import Grower
from riskpay.model.late_model import LateModel
from riskpay.model.prior import PRIOR_ITEMS
from riskpay.model.prior_training import fit_prior, settled_before
from riskpay.model.recipe import recipe_of
from riskpay.model.risk import WITHHELD
from riskpay.model.testing import TargetTest, judge
from riskpay.model.training import Asked, fit_model
from riskpay.workflows.gate import judge_challenger, relation_to
from riskpay.workflows.home import Home
from riskpay.workflows.progress import Progress
from riskpay.workflows.rivals import rival

_UNTESTED = (
    "an untested model is not promoted: load more history, or rank by points until then, riskpay daily --without-model"
)
_MADE_OF = f"it is a built-in payment curve worth {PRIOR_ITEMS:.0f} items, the payments there are, and each customer's late share"
_SUSPECT = frozenset({"labels", "leak", "fresh"})
"""Rules whose failure says that data or program are at fault: a prior model made of the same would be too."""


@dataclass(frozen=True)
class Challenger:
    """A model and what the gate said of it; ``trial``, ``start``: frozen before the questions held back, None without."""

    model: LateModel
    verdict: Verdict
    trial: LateModel | None = None
    start: date | None = None
    tests: dict[str, TargetTest] = field(default_factory=dict)

    def of_settled_items(self) -> "Challenger":
        """The same, learnt from a ledger of settled items only: it says nothing of 90 days and more, and the verdict so."""
        return replace(
            self,
            model=replace(self.model, settled_only=True),
            trial=None if self.trial is None else replace(self.trial, settled_only=True),
            verdict=replace(self.verdict, notes=(*self.verdict.notes, f"P(90+) is not given: {WITHHELD}")),
        )


def challenger(
    opened: Home, ledger: Ledger, asked: Asked, start: date | None, day: date, progress: Progress, grower: Grower
) -> Challenger:
    """A model trained as of ``day`` on ``asked``, all landmark questions before it, and the gate's verdict.

    ``start``: first day of the questions held back, None if there are too few. With fewer settled items before it than the
    policy asks for, a prior model. Raises TooFewLabelsError where all questions ended alike.
    """
    settings = opened.train_settings
    if settled_before(ledger, start or day, settings) < settings.min_settled:
        found = _prior(opened, ledger, asked, start, day)
    else:
        found = _learnt(opened, ledger, asked, start, day, progress, grower)
    # Asked of the ledger as it was loaded: which items it was given is no fact of any day.
    return found.of_settled_items() if settled_only(opened.ledger, settings.features.tolerance) else found


def _learnt(
    opened: Home, ledger: Ledger, asked: Asked, start: date | None, day: date, progress: Progress, grower: Grower
) -> Challenger:
    """The model of all questions, judged by one that knew nothing from ``start`` on."""
    settings = opened.train_settings
    progress("training on all history", 1, 4)
    model = fit_model(ledger, asked, day, settings, grower)
    progress("testing on the last weeks, held back", 2, 4)
    if start is None:
        said = f"too few questions to hold any back; {_UNTESTED}"
        return Challenger(model, Verdict((Finding("tested", passed=False, said=said),)))
    trial = fit_model(ledger, asked, start, settings, grower)
    against = rival(opened.registry, start)
    age = timedelta(days=opened.policy.train.champion_max_age_days)
    relation = relation_to(against.version, recipe_of(settings, model.kind), day, age)
    verdict = judge_challenger(opened, ledger, asked, trial, against, relation, day)
    later = asked.where((asked.frame["as_of"] >= start) & asked.frame["at_issue"])
    return Challenger(model, verdict, trial, start, judge(ledger, trial, later, settings))


def stand_in(opened: Home, ledger: Ledger, asked: Asked, day: date, refused: Challenger) -> Challenger | None:
    """A prior model in the place of one that the gate found too weak, while no model that learnt is champion.

    None where there is such a champion, nothing was refused, or the data themselves are suspect.
    """
    champion = opened.registry.champions.champion()
    served = champion is not None and champion.kind != "prior"
    if refused.verdict.promoted or served or _SUSPECT & set(refused.verdict.failed):
        return None
    model = fit_prior(ledger, asked, day, opened.train_settings)
    said = f"prior model: it stands in until a model that learnt passes the gate; {_MADE_OF}"
    found = Challenger(model, Verdict((Finding("prior", passed=True, said=said),)))
    return found.of_settled_items() if refused.model.settled_only else found


def _prior(opened: Home, ledger: Ledger, asked: Asked, start: date | None, day: date) -> Challenger:
    """A prior model: nothing tests it, and it stands in until there is a model that learnt."""
    settings = opened.train_settings
    model = fit_prior(ledger, asked, day, settings)
    enough = model.settled_items >= settings.min_settled
    before = f", too few of them before the weeks held back from {start} on" if enough else ""
    said = (
        f"prior model: {model.settled_items} items are known to be settled in cash before {day}{before}, and "
        f"{settings.min_settled} are needed to learn; {_MADE_OF}"
    )
    champion = opened.registry.champions.champion()
    if champion is None or champion.kind == model.kind:
        return Challenger(model, Verdict((Finding("prior", passed=True, said=said),)))
    said = f"{said}; it does not replace champion {champion.version}, which learnt from more"
    return Challenger(model, Verdict((Finding("prior", passed=False, said=said),)))

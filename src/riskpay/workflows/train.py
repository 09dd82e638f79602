"""Training a model: fit, calibrate, test on a period held back, register, and promote past the gate."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from riskpay.ledger.ledger import Ledger
from riskpay.model.gate import Verdict
from riskpay.model.hazard import Grower, grown_here
from riskpay.model.splits import TEST_SHARE, later_period
from riskpay.model.testing import TargetTest
from riskpay.model.training import Asked, ask_landmarks
from riskpay.workflows.challenger import Challenger, challenger, stand_in
from riskpay.workflows.export_matrix import ExportedMatrix, check_file, write_matrix
from riskpay.workflows.home import Home
from riskpay.workflows.progress import Progress, silent
from riskpay.workflows.train_log import example_of, kept_beside

_PASSED = {"hazard": "passed the gate", "prior": "stands in: no model that learnt has passed the gate yet"}


@dataclass(frozen=True)
class TrainResult:
    """A trained and registered model, its tests, and the gate's verdict.

    ``kind``: hazard, or prior where there was too little to learn from. ``is_champion``: whether it is champion now; a
    promoted model of an earlier day than the champion's answers for days up to then alone. ``stand_in``: version of the
    prior model that is champion in the place of one that did not pass, while none that learnt is.
    """

    model_version: str
    kind: str
    train_as_of: date
    tested_from: date | None
    tests: dict[str, TargetTest]
    verdict: Verdict
    is_champion: bool
    data_version: str
    policy_hash: str
    stand_in: str | None = None
    matrix: ExportedMatrix | None = None

    @property
    def has_champion(self) -> bool:
        """Whether this training gave the home a champion, be it one that stands in."""
        return self.is_champion or self.stand_in is not None

    def to_json(self) -> dict[str, Any]:
        """As the command line's contract names it."""
        return {
            "model_version": self.model_version,
            "kind": self.kind,
            "train_as_of": self.train_as_of.isoformat(),
            "tested_from": self.tested_from.isoformat() if self.tested_from else None,
            "metrics": {target: test.to_json() for target, test in self.tests.items()},
            "promoted": self.verdict.promoted,
            "champion": self.is_champion,
            "stand_in": self.stand_in,
            "failed": list(self.verdict.failed),
            "gate": [finding.to_json() for finding in self.verdict.findings],
            "why": list(self.verdict.why),
            "data_version": self.data_version,
            "policy_hash": self.policy_hash,
            **({"matrix": self.matrix.to_json()} if self.matrix else {}),
        }


def train(
    home: Path,
    as_of: date | None = None,
    progress: Progress = silent,
    grower: Grower = grown_here,
    matrix: Path | None = None,
) -> TrainResult:
    """Train on what was known before ``as_of`` (default: the ledger's last day), and promote past the gate.

    The gate's figures come from a trial model that knew nothing of the last fifth of the questions; the
    model registered is trained on all of them, and keeps its trial model beside it for later comparisons. With
    fewer settled items than the policy asks for, a prior model stands in. ``grower`` says where boosters are grown.
    ``matrix``: a file for the person-period matrix that the model learns from, written before it is trained.
    Raises NotThereError for an empty ledger or a day before its first invoice, TooFewLabelsError where all
    questions ended alike.
    """
    if matrix:
        check_file(matrix)
    opened = Home.open(home)
    day = opened.day_of(as_of)
    settings = opened.train_settings
    progress("building payment histories", 0, 4)
    ledger = opened.ledger.known(day, "start")
    asked = ask_landmarks(ledger, day, settings)
    exported = write_matrix(ledger, asked, day, settings, matrix) if matrix else None
    start = later_period(asked.frame, settings.lag_days, day, TEST_SHARE)
    grown = challenger(opened, ledger, asked, start, day, progress, grower)
    progress("registering", 3, 4)
    version, is_champion = _registered(opened, ledger, asked, grown, day, progress)
    instead = stand_in(opened, ledger, asked, day, grown)
    return TrainResult(
        model_version=version,
        kind=grown.model.kind,
        train_as_of=day,
        tested_from=grown.start,
        tests=grown.tests,
        verdict=grown.verdict,
        is_champion=is_champion,
        data_version=opened.data_version,
        policy_hash=opened.policy_hash,
        stand_in=_registered(opened, ledger, asked, instead, day, progress)[0] if instead else None,
        matrix=exported,
    )


def _registered(
    opened: Home, ledger: Ledger, asked: Asked, grown: Challenger, day: date, progress: Progress
) -> tuple[str, bool]:
    """The version under which a model was registered, and whether it is champion now."""
    champions = opened.registry.champions
    beside = kept_beside(opened, ledger, asked, grown, day, progress)
    version = opened.registry.register(grown.model, example_of(asked, opened.train_settings), beside)
    if grown.verdict.promoted:
        return version, champions.promote(version, "train", _PASSED[grown.model.kind])
    champions.challenge(version)
    return version, False

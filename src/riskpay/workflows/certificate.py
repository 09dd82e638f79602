"""The certificate of a model: measured at its training on the weeks held back, read again when somebody asks."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import polars as pl

from riskpay.errors import NotThereError
from riskpay.ledger.ledger import Ledger
from riskpay.ledger.open_items import latest
from riskpay.ledger.settlement import item_states
from riskpay.model.certificate import certify
from riskpay.model.champions import CHAMPION
from riskpay.model.late_model import LateModel
from riskpay.model.looking_back import look_back, seen
from riskpay.model.training import Asked
from riskpay.workflows.home import Home
from riskpay.workflows.slices import slices, values_of, worth_of

DOCUMENT: Final = "certificate"
"""Name under which it is kept beside a model."""
BASIS: Final = "outcomes include past effort: people called, and no contact holdout tells what came without a call"
_WITHHELD: Final = "p_unpaid_90"
_WITHOUT: Final = {"prior": "a prior model learns too little for weeks to be held back from it"}
_UNKNOWN: Final = "no weeks were held back from it, it came as a file, or an older riskpay trained it"
_SLICED: Final = ("segment", "size", "country")


def certified(opened: Home, ledger: Ledger, asked: Asked, trial: LateModel, day: date) -> dict[str, Any]:
    """The certificate of ``trial`` on the landmark questions from its day until the day before ``day``, as plain values.

    ``ledger``: what was known before ``day``. A trial of settled items only is certified for no P(90+): it says none.
    """
    settings, first = opened.train_settings, trial.train_as_of
    states = item_states(ledger, settings.features.tolerance)
    items, later = latest(states), asked.where(asked.frame["as_of"] >= first)
    held = later.where(seen(later.frame, items))
    found = look_back(trial, held.frame, items, day, settings.lag_days)
    worth = worth_of(ledger, states, held.frame, opened.reporting_currency())
    told = slices(ledger, held, worth, opened.policy, first, opened.reporting_currency())
    days = (first, day - timedelta(days=1), ledger.last_known_on() or day)
    parts = {name: told[name].cast(pl.Enum([str(value) for value in values_of(name, told[name])])) for name in _SLICED}
    said = certify(found, trial.pay_days, parts, days).to_json()
    if trial.settled_only:
        said["lines"] = [line for line in said["lines"] if line["chance"] != _WITHHELD]
    return {**said, "basis": BASIS}


def certificate(home: Path, version: str | None = None) -> dict[str, Any]:
    """The certificate of a version (default: the champion): ``model_version``, ``train_as_of`` and what was certified.

    Raises NotThereError if there is no such version, or nothing was held back when it was trained.
    """
    registry = Home.open(home).registry
    named = registry.champions.named(version or CHAMPION)
    found = registry.read_document(named.version, DOCUMENT)
    if found is None:
        raise NotThereError(
            f"model {named.version} has no certificate: {_WITHOUT.get(named.kind, _UNKNOWN)}",
            "name another version with --model (see riskpay models list), or train one: riskpay train",
        )
    return {"model_version": named.version, "train_as_of": named.train_as_of.isoformat(), **found}

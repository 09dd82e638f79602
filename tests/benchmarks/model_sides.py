"""The measurements of ``bench_model.py``: riskpay's side and the bare one. As a script it takes one and prints one JSON object.

- ``model_sides.py fit FOLDER CUSTOMERS MONTHS TREES``: trains, each booster also grown bare right after or before riskpay's; writes the model.
- ``model_sides.py items FOLDER NUMBER``: makes the open items that are scored.
- ``model_sides.py riskpay FOLDER`` and ``model_sides.py bare FOLDER``: score them.
"""

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import polars as pl
from running import Spent, peak_mb

from riskpay.features.histories import features
from riskpay.features.labels import intervals, landmarks
from riskpay.ledger.settlement import item_states
from riskpay.ledger.tables import ITEM_KEY
from riskpay.model.bundle import read_bundle, write_bundle
from riskpay.model.columns import columns_of, matrix
from riskpay.model.groups import GROUPS, group_of
from riskpay.model.hazard import Arrays, Growth, HazardSettings, arrays
from riskpay.model.late_model import LateModel
from riskpay.model.subset import blanked
from riskpay.model.training import TrainSettings, ask_landmarks, fit_model
from riskpay.sources.synthetic.world import World, synthesise

TRAINED_SEED, ASKED_SEED = 1, 2
"""Of the world that is learnt from, and of the one whose items are scored: no item is in both."""
CUSTOMERS_OF = 40
"""Items for which the scored world gets a customer: they have some sixty in 18 months, so there are items to choose from."""
PIECE = 100_000
"""Items whose rows the bare side holds at a time: all rows of a million items would take six gigabytes."""

Figures = dict[str, Any]


@dataclass
class GrownTwice:
    """A grower as ``hazard.grown_here`` that grows each booster a second time, bare, the two taking turns at being first.

    ``ours``: time of the first growing. ``aside``: of the second, with what comes before LightGBM there; ``bare``: of
    ``lgb.Dataset`` and ``lgb.train`` alone.
    """

    ours: Spent = field(default_factory=Spent)
    aside: Spent = field(default_factory=Spent)
    bare: Spent = field(default_factory=Spent)
    boosters: list[Figures] = field(default_factory=list)

    def __call__(self, growths: Iterable[Growth]) -> list[str]:
        """The texts of the boosters; raises ValueError if a bare one has other trees."""
        return [self._both(growth) for growth in growths]

    def _both(self, growth: Growth) -> str:
        if len(self.boosters) % 2:
            bare, text = self._bare(growth), self._ours(growth)
        else:
            text, bare = self._ours(growth), self._bare(growth)
        if bare != text:
            raise ValueError(f"booster {len(self.boosters)} grown bare has other trees than riskpay's")
        trees = lgb.Booster(model_str=text).num_trees()
        self.boosters.append({"rows": growth.rows.height, "trees": trees})
        return text

    def _ours(self, growth: Growth) -> str:
        with self.ours.running():
            return growth.grown()

    def _bare(self, growth: Growth) -> str:
        with self.aside.running():
            columns = list(columns_of(growth.rows.columns))
            known = arrays(growth.rows, growth.offset, growth.settings)
            later = None if growth.watched is None else arrays(growth.watched, growth.offset, growth.settings)
            with self.bare.running():
                booster = _trained(growth, columns, known, later)
            return str(booster.model_to_string())


def _trained(growth: Growth, columns: list[str], known: Arrays, later: Arrays | None) -> lgb.Booster:
    """What a person would write who has the matrices."""

    def dataset(read: Arrays) -> lgb.Dataset:
        return lgb.Dataset(
            read.matrix, label=read.label, weight=read.weight, init_score=read.start, feature_name=columns
        )

    if later is None:
        return lgb.train(growth.parameters, dataset(known), num_boost_round=growth.rounds)
    stop = lgb.early_stopping(growth.settings.patience, verbose=False)
    return lgb.train(
        growth.parameters,
        dataset(known),
        num_boost_round=growth.rounds,
        valid_sets=[dataset(later)],
        callbacks=[stop],
    )


def fit(folder: Path, customers: int, months: int, trees: int) -> Figures:
    """From answered questions to a model, beside its boosters alone; ``trees``: most of a booster that is watched."""
    world, settings = synthesise(customers, months, TRAINED_SEED), TrainSettings(hazard=HazardSettings(rounds=trees))
    asked = ask_landmarks(world.ledger, _after(world), settings)
    grower, whole = GrownTwice(), Spent()
    with whole.running():
        model = fit_model(world.ledger, asked, _after(world), settings, grower)
    write_bundle(model, folder / "model")
    return {
        "questions": asked.frame.height,
        "rows": model.training_rows,
        "boosters": grower.boosters,
        "seconds": whole.seconds - grower.aside.seconds,
        "cpu_seconds": whole.cpu_seconds - grower.aside.cpu_seconds,
        "grown_seconds": grower.ours.seconds,
        "bare_seconds": grower.bare.seconds,
        "bare_cpu_seconds": grower.bare.cpu_seconds,
        "peak_mb": peak_mb(),
    }


def items(folder: Path, number: int) -> Figures:
    """So many items of a world of their own, each asked on a day on which it was open, with features, in order of key."""
    world, settings = synthesise(number // CUSTOMERS_OF + 10, 18, ASKED_SEED), TrainSettings()
    states = item_states(world.ledger.known(_after(world), "start"), settings.features.tolerance)
    shuffled = landmarks(states, _after(world)).sample(fraction=1.0, shuffle=True, seed=ASKED_SEED)
    asked = shuffled.unique(ITEM_KEY, keep="first", maintain_order=True).head(number).sort(ITEM_KEY)
    found = features(world.ledger, asked.select(*ITEM_KEY, "as_of"), "start", settings.features)
    asked.hstack(found.select(settings.features.names)).write_parquet(folder / "items.parquet")
    return {"items": asked.height}


def riskpay(folder: Path) -> Figures:
    """Risk table of all items: whole curves, late probabilities, pay dates and bands."""
    model, asked = _ready(folder)
    spent = Spent()
    with spent.running():
        table = model.risks(asked, date(2026, 1, 1), "")
    at = (asked["as_of"] - asked["due_date"]).dt.total_days().to_numpy()
    rows = int((at[:, None] <= np.asarray(model.grid.ends)).sum())
    return {"items": len(table.unpaid), "rows": rows, **asdict(spent), "peak_mb": peak_mb()}


def bare(folder: Path) -> Figures:
    """``Booster.predict`` of every booster on its rows, which lie ready as it likes them best: float64, row by row."""
    model, asked = _ready(folder)
    spent, count = Spent(), 0
    for start in range(0, asked.height, PIECE):
        rows = intervals(blanked(asked.slice(start, PIECE), model.without), model.grid)
        group = group_of(rows["interval"].to_numpy().astype(np.int64))
        count += rows.height
        for number in range(len(GROUPS)):
            ready = np.ascontiguousarray(matrix(rows.filter(group == number), model.hazard.columns))
            for booster in model.hazard.boosters[number]:
                with spent.running():
                    booster.predict(ready)
    return {"rows": count, **asdict(spent)}


def _ready(folder: Path) -> tuple[LateModel, pl.DataFrame]:
    """The model with its boosters read, and the items."""
    model = read_bundle(folder / "model")
    assert model.hazard.columns, "boosters without columns"
    return model, pl.read_parquet(folder / "items.parquet")


def _after(world: World) -> date:
    return world.as_of + timedelta(days=1)


MEASURED = {"fit": fit, "items": items, "riskpay": riskpay, "bare": bare}

if __name__ == "__main__":
    name, folder, *numbers = sys.argv[1:]
    sys.stdout.write(json.dumps(MEASURED[name](Path(folder), *map(int, numbers))))

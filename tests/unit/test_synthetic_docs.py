"""The page on synthetic ledgers names every parameter with its value, every scenario and every column of the truth."""

from dataclasses import fields
from pathlib import Path

import pytest

from riskpay.sources.synthetic.scenario import AUTOMATIC, BASE, GRID, PAYER_TYPES
from riskpay.sources.synthetic.world import synthesise

PAGE = (Path(__file__).parents[2] / "docs" / "synthetic.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [field.name for field in fields(BASE)])
def test_every_parameter_stands_there_with_its_value(name):
    value = getattr(BASE, name)
    rows = [line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |")]
    assert rows
    if name not in {"types", "automatic"} and not isinstance(value, tuple):
        assert any(f"| {value} |" in row for row in rows)


def test_every_payer_type_stands_there_with_its_values():
    for kind in (*PAYER_TYPES, AUTOMATIC):
        assert "| " + " | ".join(str(getattr(kind, field.name)) for field in fields(kind)) + " |" in PAGE


def test_every_scenario_and_column_of_the_truth_stands_there():
    world = synthesise(5, 3, seed=1)
    names = [*GRID, *world.truth.columns, *world.customers_truth.columns]
    assert [name for name in names if f"`{name}`" not in PAGE] == []


@pytest.mark.parametrize("name", [name for name in GRID if name != "base"])
def test_what_a_scenario_changes_stands_in_its_row(name):
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |"))
    changed = [
        f.name for f in fields(BASE) if getattr(GRID[name], f.name) != getattr(BASE, f.name) and f.name != "name"
    ]
    assert changed
    if name != "noisy_drift":
        assert all(f"`{field}` {getattr(GRID[name], field):g}".replace(" 0.", " .") in row for field in changed)

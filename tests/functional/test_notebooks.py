"""The notebooks run from top to bottom, and define no functions: what is worth a name stands in the library."""

import ast
from pathlib import Path

import polars as pl
import pytest

from riskpay.sources.synthetic.world import synthesise
from riskpay.store.ledger_files import LedgerFiles
from riskpay.workflows.models import models
from riskpay.workflows.train import train

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.py"))

ALL_AGAINST_CHAMPION = (pl.col("segment") == "in all") & (pl.col("against") == "champion")


def cells(path):
    """The code cells of a notebook in jupytext's percent format, each with its first line's number."""
    found, code, start, markdown = [], [], 0, True
    for number, line in enumerate([*path.read_text(encoding="utf-8").splitlines(), "# %%"], start=1):
        if line.startswith("# %%"):
            found += [(start, "\n".join(code))] if not markdown else []
            code, start, markdown = [], number, "[markdown]" in line
        else:
            code.append(line)
    return found


def test_there_are_notebooks_with_cells():
    assert NOTEBOOKS
    assert all(len(cells(path)) > 3 for path in NOTEBOOKS)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_numbered_percent_text_without_functions(path):
    text = path.read_text(encoding="utf-8")
    assert path.name[:2].isdigit()
    assert text.startswith("# %% [markdown]\n# # ")
    defined = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
    assert not [node.lineno for node in ast.walk(ast.parse(text)) if isinstance(node, defined)]


def played(number):
    """What a notebook's cells leave behind, run in order in this process."""
    (path,) = (path for path in NOTEBOOKS if path.name.startswith(f"{number:02}_"))
    names = {"__name__": "__main__"}
    for start, code in cells(path):
        exec(compile("\n" * start + code, str(path), "exec"), names)  # noqa: S102 - our own notebook
    return names


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A home with a champion, small and quickly grown, that all later notebooks read."""
    home = tmp_path_factory.mktemp("notebooks") / "home"
    world = synthesise(80, 15, seed=7)
    LedgerFiles(home).replace(world.ledger)
    (home / "training.toml").write_text("rounds = 80\npatience = 10\nlearning_rate = 0.1\nleaves = 15\n")
    (home / "riskpay.toml").write_text("threads = 1\n")
    assert train(home, world.as_of).is_champion
    return home


@pytest.fixture
def home_read(trained, monkeypatch):
    """The home that a notebook is told to read; it leaves its ledger and its models as they were."""
    before = LedgerFiles(trained).current_version(), models(trained)
    monkeypatch.setenv("RISKPAY_HOME", str(trained))
    yield trained
    pl.Config.restore_defaults()
    assert (LedgerFiles(trained).current_version(), models(trained)) == before


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # MLflow's own use of its libraries warns; ours is held elsewhere
def test_the_first_notebook_goes_from_ledger_to_call_list(capsys):
    names = played(1)
    assert names["calls"].height == 8
    assert names["reasons"].height > 0
    assert names["steps"].height > 0
    assert names["calibration"].data
    assert len(names["payment"].data) == 2
    said = capsys.readouterr().out
    assert "rejected 0" in said
    assert "known: late" in said
    assert "new: late" in said
    assert not names["place"].exists()


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # as above
def test_the_second_notebook_holds_a_frozen_model_against_what_came(home_read, capsys):
    names = played(2)
    assert names["late"].less["naive_constant"]["brier"].shows_below(0)
    asked = set(names["paired"].select("asked", "target").iter_rows())
    for days in (7, 30, 60, 90):
        assert {("not yet due", f"unpaid in {days} days"), ("overdue", f"unpaid in {days} days")} <= asked
    assert {"reliability_at_issue", "reliability_not_due", "reliability_overdue"} <= names["shown"].keys()
    assert set(names["lines"]["by"]) == {"all", "segment", "size", "country", "record", "moment"}
    assert "pay_between" in names["chances"]
    assert names["bands"]["p_late_width"].is_between(0, 1).all()
    assert {"better", "cannot be told", "worse"} == {line.name for line in names["of_parts"].data}
    assert "not shown to be better in" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # as above
def test_the_third_notebook_explains_a_customer_in_sums(home_read, capsys):
    names = played(3)
    assert names["settled"].height > 0
    assert names["standing"].height == names["items"].height > 1
    assert len(names["curves"].data) >= 3
    assert names["quiet"]["counts"]["settled"] == 0
    assert names["after"]["counts"] == {**names["quiet"]["counts"], "open": names["items"].height - 1, "settled": 1}
    moved = {item["invoice_id"]: item["p_unpaid_30"]["to"] for item in names["after"]["items"]}
    assert moved != {item["invoice_id"]: item["p_unpaid_30"]["to"] for item in names["quiet"]["items"]}
    assert names["looks_at"].keys() == {"importance_p_late", "importance_p_unpaid_30"}
    assert "accepted 2, rejected 0" in capsys.readouterr().out
    assert not names["place"].exists()


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # as above
def test_the_fourth_notebook_lets_the_gate_decide(home_read, capsys):
    names = played(4)
    assert names["first"].is_champion
    (gate,) = (finding for finding in names["challenger"].verdict.findings if finding.rule == "champion")
    assert f"{names['paired'].row(by_predicate=ALL_AGAINST_CHAMPION, named=True)['change']:+.4f}" in gate.said
    assert set(names["paired"]["against"]) == {"champion", "naive ratio"}
    assert {"labels", "naive"} <= set(names["planted"].verdict.failed)
    assert names["history"]["by"].to_list() == ["rollback", "promote", "train"]
    assert names["skill"] > 0
    assert len(names["by_habit"].data) == 2
    assert names["moved"]
    assert "failed: labels" in capsys.readouterr().out
    assert not names["place"].exists()

"""`riskpay backtest --ablate`: what it prints, what it refuses, and what it stands for without a name."""

import json
from functools import partial

import pytest

from riskpay.cli import main
from riskpay.cli.output import show
from riskpay.cli.show_ablation import ablation_parts
from riskpay.errors import NotThereError
from riskpay.features.catalogue import FEATURE_NAMES, FEATURES
from riskpay.model.hazard import HazardSettings
from riskpay.model.subset import FAMILIES
from riskpay.sources.synthetic.files import write_world
from riskpay.sources.synthetic.world import synthesise
from riskpay.workflows.ingest import ingest

CUTOFF = "2024-07-20"
MEASURES = {"brier", "log_loss", "roc_auc"}
TARGETS = {"late", "late_30"}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home with eight months of a small world."""
    place = tmp_path_factory.mktemp("ablation")
    world = synthesise(60, 8, seed=3)
    write_world(world, place / "export")
    ingest(place / "home", place / "export", "canonical", world.as_of)
    (place / "home" / "riskpay.toml").write_text("threads = 1\n", encoding="utf-8")
    return place / "home"


@pytest.mark.slow
def test_each_group_is_compared_before_and_after_the_cutoff(home, capsys, monkeypatch):
    small = partial(HazardSettings, rounds=20, unwatched_rounds=10, leaves=7)
    monkeypatch.setattr("riskpay.workflows.home.HazardSettings", small)
    asked = ["backtest", "--cutoff", CUTOFF, "--ablate", "portfolio, late_share_30"]
    assert main.main(["--home", str(home), *asked, "--json"]) == 0

    found = json.loads(capsys.readouterr().out)
    of_family = [feature.name for feature in FEATURES if feature.family == "portfolio"]
    named = [(one["family"], one["feature"], one["features"]) for one in found["ablation"]]
    assert named == [("portfolio", None, len(of_family)), ("recent", "late_share_30", 1)]
    assert 0 < found["ablation"][0]["read"] < len(of_family)
    basis = found["ablation_basis"]
    for effects in (*found["ablation"], basis["another_seed"]):
        for use in ("validation", "test"):
            assert set(effects[use]) == TARGETS
            assert set(effects[use]["late"]) == {"n", *MEASURES}
            assert set(effects[use]["late"]["brier"]) == {"change", "low", "high"}
    windows = basis["windows"]
    assert [window["use"] for window in windows][-1] == "test"
    assert all(window["until"] < CUTOFF for window in windows if window["use"] == "validation")
    assert windows[-1]["n"]["late"] == found["targets"]["late"]["model"]["n"] == named_n(found, "test")
    assert sum(w["n"]["late"] for w in windows[:-1]) == named_n(found, "validation")
    assert basis["full"]["test"]["late"]["brier"] == found["targets"]["late"]["model"]["brier"]

    show(*ablation_parts(found))
    text = capsys.readouterr().out
    assert "What features add to late_30" in text
    assert "not for choosing" in " ".join(text.split())


def named_n(found, use):
    return found["ablation"][0][use]["late"]["n"]


def test_an_unknown_name_is_refused_before_anything_is_read(tmp_path, capsys):
    asked = ["--home", str(tmp_path / "none"), "backtest", "--cutoff", CUTOFF, "--ablate", "history,nonsense", "--json"]
    assert main.main(asked) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["kind"] == "UsageError"
    assert "'nonsense'" in error["message"]
    assert ", ".join(FAMILIES) in error["message"]
    assert "docs/features.md" in error["hint"]


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        (["--ablate"], FAMILIES),
        (["--ablate", "--json"], FAMILIES),
        (["--ablate", "all"], FAMILIES),
        (["--ablate=book"], ("book",)),
        (["--ablate", "book,habit,book"], ("book", "habit")),
        ([], ()),
    ],
)
def test_without_a_name_every_family_is_meant(home, monkeypatch, typed, asked):
    told = []

    def measure(*given, **_full):
        told.append(tuple(group.name for group in given[-1]))
        raise NotThereError("the workflow was reached")

    monkeypatch.setattr("riskpay.workflows.backtest.backtest", measure)
    assert main.main(["--home", str(home), "backtest", "--cutoff", CUTOFF, *typed]) == 4
    assert told == [asked]


def test_the_widest_table_fits_the_page(capsys):
    change = {"change": -0.01234, "low": -0.02345, "high": 0.03456}
    effects = {"n": 9999, **dict.fromkeys(MEASURES, change)}
    uses = {use: {"late": effects} for use in ("validation", "test")}
    nothing = {"n": 1, **dict.fromkeys(MEASURES, dict.fromkeys(change))}
    longest = max(FEATURE_NAMES, key=len)
    row = {"family": "habit", "feature": longest, "features": 1, "read": 1}
    window = {"use": "validation", "cutoff": "2019-05-15", "until": "2019-07-31", "n": {"late": 9999}}
    basis = {"windows": [window], "full": {"validation": {"late": {}}}, "another_seed": uses}
    show(*ablation_parts({"ablation": [row | uses, row | uses | {"test": {"late": nothing}}], "ablation_basis": basis}))
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 100
    assert "-123.4" in text
    assert longest in text.replace("\n", "") or longest[:12] in text
    assert ablation_parts({"targets": {}}) == []

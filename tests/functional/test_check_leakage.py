"""`riskpay check-leakage` on a home: riskpay's own features, a function of the user's, and what is no such function."""

import json
import re
import subprocess
import sys
from datetime import date

import pytest

from riskpay.cli.main import main
from riskpay.errors import NotThereError, UsageError
from riskpay.sources.synthetic.world import synthesise
from riskpay.store.ledger_files import LedgerFiles
from riskpay.workflows.leakage import check_leakage

MINE = """
import polars as pl

KEY = ["company_id", "invoice_id", "instalment"]


def honest(ledger, questions, cut):
    return questions.with_columns(always=pl.lit(1.0))


def peeks(ledger, questions, cut):
    paid_on = ledger.allocations.group_by(KEY).agg(paid_on=pl.col("allocated_on").max())
    return questions.join(paid_on, on=KEY, how="left")


def fails(ledger, questions, cut):
    return 1 / 0


def gives_a_number(ledger, questions, cut):
    return 3


def of_the_ledger(ledger):
    print("as it goes")
    paid = ledger.allocations.to_pandas()
    return paid.assign(as_of=paid.known_on).groupby([*KEY, "as_of"]).agg(parts=("amount", "count"))


def of_no_item(ledger):
    return pl.DataFrame({"invoice_id": ["of nobody"], "as_of": ["2024-02-01"], "f": [1]})


kept = []


def keeps(ledger, questions):
    kept.append(ledger.payments["known_on"].max())
    return questions.with_columns(last=pl.lit(kept[0]))


def fails_without_future(ledger, questions, cut):
    last = ledger.allocations.filter(pl.col("known_on") > questions["as_of"].max())["known_on"][0]
    return questions.with_columns(last=last)


def leaves(ledger):
    raise SystemExit(1)


text = "no function"
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    place = tmp_path_factory.mktemp("home")
    LedgerFiles(place).replace(synthesise(customers=12, months=6, seed=2).ledger)
    return place


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """The user's module in the current directory."""
    (tmp_path / "my_leakage_features.py").write_text(MINE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield "my_leakage_features"
    sys.modules.pop("my_leakage_features", None)


def run(home, *args):
    command = [
        sys.executable,
        "-c",
        "from riskpay.cli.main import run; run()",
        "--home",
        str(home),
        "check-leakage",
        "--json",
        *args,
    ]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_riskpays_own_features_do_not_look_ahead(home):
    result = check_leakage(home, None, pairs=61).to_json()
    assert (result["pairs_checked"], result["violations"]) == (61, [])
    assert result["features"] >= 40
    assert result["seconds"] > 0


def test_a_function_of_the_users_is_found_in_the_current_directory(home, mine):
    result = check_leakage(home, f"{mine}:honest", pairs=20).to_json()
    assert (result["pairs_checked"], result["violations"], result["features"]) == (20, [], 1)


def test_a_look_ahead_is_named_as_json_can_hold_it(home, mine):
    violations = json.loads(json.dumps(check_leakage(home, f"{mine}:peeks", pairs=20).to_json()))["violations"]
    assert {(v["feature"], v["how"], v["cut"]) for v in violations} >= {
        ("paid_on", "later facts deleted", "start"),
        ("paid_on", "later facts deleted", "end"),
    }
    assert all(date.fromisoformat(v["as_of"]) and v["invoice_id"] and v["pairs"] for v in violations)


def test_a_function_of_the_ledger_alone_is_asked_of_the_days_it_answers(home, mine):
    result = check_leakage(home, f"{mine}:of_the_ledger", pairs=40).to_json()
    assert (result["features"], result["unstable"]) == (1, [])
    assert 0 < result["pairs_checked"] <= result["pairs_wanted"] == 40


def test_what_a_module_keeps_from_an_earlier_call_hides_no_leak(home, mine):
    result = check_leakage(home, f"{mine}:keeps", pairs=20).to_json()
    assert {(v["feature"], v["cut"]) for v in result["unstable"]} == {("last", "start"), ("last", "end")}


def test_the_terminal_names_what_moved_and_says_when_there_are_no_more_pairs(home, mine, capsys):
    assert main(["--home", str(home), "check-leakage", f"{mine}:honest", "--pairs", "200000"]) == 0
    assert re.search(r"^\d+ pairs checked of 200000: there are no more: no feature looks", capsys.readouterr().out)
    assert main(["--home", str(home), "check-leakage", f"{mine}:peeks", "--pairs", "12"]) == 3
    shown = capsys.readouterr().out
    assert "12 pairs checked: 1 look ahead" in shown
    assert "paid_on" in shown
    assert main(["--home", str(home), "check-leakage", f"{mine}:keeps", "--pairs", "12"]) == 3
    assert "Two answers to one question" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("my_leakage_features", "names no function"),
        (":honest", "names no function"),
        ("no_such_module_here:honest", "cannot be imported"),
        ("my_leakage_features:nothing", "no function 'nothing'"),
        ("my_leakage_features:text", "no function 'text'"),
        ("my_leakage_features:fails", "ZeroDivisionError"),
        ("my_leakage_features:gives_a_number", "gave int"),
        ("my_leakage_features:leaves", "SystemExit"),
        ("my_leakage_features:of_no_item", "answered none of 0 questions"),
        (
            "my_leakage_features:fails_without_future",
            r"later are gone .*IndexError.*\(my_leakage_features.py, line \d+\)",
        ),
    ],
)
def test_what_is_no_feature_function_is_told_with_a_hint(home, mine, target, said):
    with pytest.raises(UsageError, match=said) as raised:
        check_leakage(home, target, pairs=10)
    assert raised.value.hint


def test_a_home_without_a_ledger(tmp_path):
    with pytest.raises(NotThereError):
        check_leakage(tmp_path, None)


def test_the_command_ends_with_3_when_something_looks_ahead_and_with_2_when_there_is_nothing_to_ask(home, mine):
    leaky = run(home, f"{mine}:of_the_ledger", "--pairs", "12")
    assert leaky.returncode == 3, leaky.stderr
    assert (json.loads(leaky.stdout)["features"], "as it goes" in leaky.stderr) == (1, True)
    nothing = run(home, f"{mine}:nothing")
    assert (nothing.returncode, "Traceback" in nothing.stderr) == (2, False)

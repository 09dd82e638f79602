"""What people and spreadsheets get to see."""

import csv
import io
import json
import sys
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from riskpay.cli.show_explanation import explain_parts

from riskpay.cli import output, worklist
from riskpay.cli.grids import cut, grid, short_percent
from riskpay.cli.show_changes import book_parts
from riskpay.cli.show_figures import aging_parts, backtest_parts, intake_parts, leakage_parts
from riskpay.cli.show_lists import cadence_parts, step_text, worklist_parts
from riskpay.serving.testing_changes import changes_told

STEP = {"due_on": "2024-03-04", "channel": "phone", "tone": "firm", "owner": "collector", "step_code": "s", "rule": "r"}
ENTRY = {
    "rank": 1,
    "collector": "ana",
    "customer_id": "0042",
    "name": "Acme [bold]Ltd[/bold]",
    "collectible_amount": "1234567.89",
    "currency": "USD",
    "call_value": "1051.21",
    "priority": 5.2,
    "p_late": 0.9,
    "p_unpaid_30": 0.004,
    "segment": "occasionally_late",
    "oldest_days_past_due": 44,
    "next_step": STEP,
    "must_contact": None,
    "reasons": ["paid 7 of the last 9 invoices late, 12 days on average", "owes 990.25 USD past due"],
}
LIST = {"as_of": "2024-03-01", "collector": None, "entries": [ENTRY, ENTRY | {"must_contact": "returned debit"}]}


def shown(capsys, *parts):
    output.show(*parts)
    return capsys.readouterr().out


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd", "-cmd|' /C calc'!A0", "@SUM(A1)", "\tx", "\r=x", "\n=x", "  =1+1", "-", "=", "+1-1"]
)
def test_a_formula_is_made_harmless(text):
    assert output.harmless(text) == f"'{text}"


@pytest.mark.parametrize("value", ["-12.30", "+5", "12", "Acme", "a=b", "", None, 3, -1.5, "2024-01-01"])
def test_what_is_no_formula_stays(value):
    assert output.harmless(value) == value


@given(st.text())
def test_no_cell_of_text_begins_like_a_formula(text):
    cell = str(output.harmless(text)).lstrip(" ")
    assert not cell.startswith(("=", "@", "\t", "\r", "\n"))
    assert not cell.startswith(("+", "-")) or cell[1:].replace(".", "", 1).isdigit()


def test_csv_comes_back_as_written_with_names_made_harmless(capsys, monkeypatch, tmp_path):
    evil = ENTRY | {"name": '=HYPERLINK("x")', "next_step": None}
    monkeypatch.setattr("riskpay.workflows.lists.worklist", lambda *_: LIST | {"entries": [ENTRY, evil]})
    from riskpay.cli.main import main  # noqa: PLC0415 - after the list is replaced

    assert main(["--home", str(tmp_path), "worklist", "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert tuple(rows[0]) == worklist.CSV_COLUMNS
    assert rows[0]["collectible_amount"] == "1234567.89"
    assert rows[0]["next_step"] == "2024-03-04 phone"
    assert rows[0]["reasons"] == "; ".join(ENTRY["reasons"])
    assert rows[1]["name"] == '\'=HYPERLINK("x")'
    assert rows[1]["next_step"] == ""


def test_json_is_one_object_with_text_as_it_is(capsys):
    output.put_json({"a": Decimal("1.10"), "name": "Müller", "day": None, "p": 0.1})
    assert json.loads(capsys.readouterr().out) == {"a": "1.10", "name": "Müller", "day": None, "p": 0.1}


def test_the_list_fits_the_page_and_keeps_brackets_in_names(capsys):
    text = shown(capsys, *worklist_parts(LIST))
    assert max(map(len, text.splitlines())) <= 100
    assert "Acme [bold]Ltd[" in text
    assert "1,234,567.89 USD" in text
    assert "<1 %" in text
    assert "     paid 7 of the last 9 invoices late, 12 days on average · owes 990.25 USD past due" in text
    assert "for ana" not in text
    assert "  !2 0042" in text


def test_a_list_of_several_collectors_says_whose_each_entry_is(capsys):
    text = shown(capsys, *worklist_parts(LIST | {"entries": [ENTRY, ENTRY | {"collector": "north_east"}]}))
    assert "for ana · paid 7 of the last 9" in text
    assert "for north east · paid 7 of the last 9" in text


def test_reasons_break_between_sentences_and_never_in_a_word(capsys):
    said = [f"{letter}{' word' * 12}" for letter in "abc"] + ["long" + " words" * 30]
    lines = shown(capsys, *worklist_parts(LIST | {"entries": [ENTRY | {"reasons": said}]})).splitlines()
    under = [line for line in lines if line.startswith("     ")][1:]
    assert [line.strip()[0] for line in under[:3]] == ["a", "b", "c"]
    assert " ".join(line.strip() for line in under) == " · ".join(said)


def test_a_word_longer_than_the_line_is_not_lost(capsys):
    text = shown(capsys, *worklist_parts(LIST | {"entries": [ENTRY | {"reasons": ["x" * 250, "owes 5 USD"]}]}))
    assert text.count("x") >= 250
    assert max(map(len, text.splitlines())) <= 100


def test_the_widest_values_still_fit(capsys):
    wide = ENTRY | {"name": "x" * 80, "collectible_amount": "9" * 20, "call_value": "9" * 20, "segment": "y" * 40}
    assert max(map(len, shown(capsys, *worklist_parts(LIST | {"entries": [wide]})).splitlines())) <= 100


def test_an_empty_list_says_so(capsys):
    assert "Nobody" in shown(capsys, *worklist_parts(LIST | {"entries": []}))


def test_the_cadence_shows_every_step_with_its_rule(capsys):
    steps = [
        STEP | {"state": "suppressed", "rule": "dispute_open", "invoice_id": "A1"},
        *(STEP | {"state": "planned", "invoice_id": f"B{n}"} for n in range(40)),
    ]
    text = shown(capsys, *cadence_parts({"customer_id": "7", "name": "Acme", "segment": "reliable", "steps": steps}))
    assert "Customer 7 Acme: reliable" in text
    assert "suppressed" in text
    assert "dispute open" in text
    assert "B0, B1, B2" in text
    assert "37 more" in text
    assert len(text.splitlines()) < 12
    assert max(map(len, text.splitlines())) <= 100
    assert "No step" in shown(capsys, *cadence_parts({"customer_id": "7", "segment": "new", "steps": []}))


def test_a_load_shows_money_by_currency_and_where_rejects_are(capsys):
    tally = {"rows": 2, "amount": {"USD": "1234.50", "JPY": "1000"}}
    result = {"read": tally, "accepted": tally, "rejected": tally, "duplicates": {"rows": 0, "amount": {}}}
    text = shown(capsys, *intake_parts(result | {"rejects_file": "H/rejects/x.csv"}))
    assert "1,234.50 USD" in text
    assert "1,000 JPY" in text
    assert "H/rejects/x.csv" in text


def test_backtest_shows_the_model_beside_the_naive_rules(capsys):
    figures = {"n": 10, "base_rate": 0.4, "roc_auc": 0.88, "pr_auc": 0.87, "brier": 0.13, "ece": 0.02}
    found = {"model": figures, "naive_ratio": figures | {"roc_auc": None}, "intervals": {"roc_auc": [0.8, 0.9]}}
    text = shown(capsys, *backtest_parts({"targets": {"late": found, "late_30": found}}))
    assert text.count("naive ratio") == 2
    assert "0.8800" in text
    assert "roc auc 0.800 to 0.900" in text


def test_leakage_names_what_moved(capsys):
    assert "no feature looks ahead" in shown(capsys, *leakage_parts({"pairs_checked": 5, "violations": []}))
    moved = [{"feature": "leak", "invoice_id": "A", "before": 1.0, "after": 2.0}]
    text = shown(capsys, *leakage_parts({"pairs_checked": 5, "violations": moved}))
    assert "1 look ahead" in text
    assert "leak" in text


def test_an_explanation_shows_curve_reasons_and_history(capsys):
    result = {
        "invoice_id": "A1",
        "as_of": "2024-03-01",
        "late_risk": {
            "p_late": 1.0,
            "is_new": False,
            "pay_date": {"p90": None},
            "curve": [{"day": 30, "p_unpaid": 0.48}],
        },
        "reasons": [{"code": "x", "text": "its amount points to late payment", "weight": 0.21}],
        "features": {"late_share": 0.4016, "settled_count": 3, "trend": None},
    }
    text = shown(capsys, *explain_parts(result))
    for part in ("Invoice A1 at the end of 2024-03-01", "after 30 days", "48 %", "+0.21", "late_share", "0.4016", "no"):
        assert part in text


def test_an_explanation_shows_how_sure_its_chances_are(capsys):
    risk = {
        "p_late": 0.03,
        "p_late_band": {"low": 0.0, "high": 0.09},
        "p_unpaid_90": None,
        "pay_between": {"first": "2024-03-07", "last": None, "share": 0.8},
    }
    text = shown(capsys, *explain_parts(explained(late_risk=risk | {"abstains": False, "withheld": None})))
    for part in ("3 % (0 % to 9 %)", "unpaid in 90 days", "not known", "paid between, 80 % sure", "7 Mar 2024 to"):
        assert part in text
    assert "not sure" not in text
    assert "withheld" not in text
    text = shown(capsys, *explain_parts(explained(late_risk=risk | {"abstains": True, "withheld": "too few"})))
    assert "not sure" in text
    assert "too few" in text


SUM = {
    "figure": "p_unpaid_30",
    "base": 0.4,
    "chance": 0.48,
    "parts": [{"code": "a", "text": "its amount points to staying unpaid", "points": 0.08}],
}
MOVED = {"from": 0.4, "to": 0.48, "change": 0.08, "parts": [{"code": "d", "text": "a day passed", "points": 0.08}]}


def explained(**more):
    empty = {"late_risk": {"curve": []}, "reasons": [], "features": {}}
    return {"invoice_id": "A1", "as_of": "2024-03-01", **empty, **more}


def test_an_explanation_shows_chances_as_sums_and_leaves_out_a_lateness_that_is_a_fact(capsys):
    text = shown(capsys, *explain_parts(explained(lateness=None, curve_reasons=SUM)))
    assert "How the chance of being unpaid in 30 days comes about" in text
    assert "chance of being late" not in text
    assert text.index("40 %") < text.index("+8.0") < text.index("48 %")


@pytest.mark.parametrize("state", ["open", "new"])
def test_an_explanation_shows_what_changed_where_that_was_asked(capsys, state):
    told = {"since": "2024-02-29", "state": state, "notes": ["other chances were published"], "p_unpaid_30": MOVED}
    text = shown(capsys, *explain_parts(explained(changes=told)))
    assert ("a day passed" in text) == (state == "open")
    assert ("all of it is new" in text) == (state == "new")
    assert "Note: other chances were published." in text


def test_changes_of_a_book_fit_the_page(capsys):
    told = changes_told(date(2019, 7, 31), date(2019, 8, 1), None, 20)
    text = shown(capsys, *book_parts(told))
    assert max(map(len, text.splitlines())) <= 100
    for part in ("2 items stayed open, 1 are new", "model 4 in place of model 3 +6.1", "30 % to 41 %", "-1,640.00"):
        assert part in text
    assert "New since then, the largest" in text
    assert "900.00 USD" in text


def test_aging_of_nothing_is_shown(capsys):
    text = shown(capsys, *aging_parts({"as_of": "2024-03-01", "groups": [], "customers": [], "basis": "open"}))
    assert "Aging at the end of 2024-03-01" in text


@pytest.mark.parametrize(
    ("share", "said"),
    [(0, "0 %"), (0.0, "0 %"), (0.004, "<1 %"), (0.5, "50 %"), (0.996, ">99 %"), (1.0, "100 %"), (None, "")],
)
def test_percent_never_rounds_to_certainty(share, said):
    assert short_percent(share) == said


def test_small_helpers():
    assert cut("abcdef", 4) == "abc…"
    assert step_text(None) == ""
    assert grid("", ("a",), [[None]])


def test_progress_on_a_log_says_each_thing_once_and_keeps_stdout_clean(capsys):
    with output.progress("begin") as tell:
        sys.stdout.write("noise of a library\n")
        tell("one", 0, 2)
        tell("one", 1, 2)
        tell("two", 2, 2)
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == ["begin", "noise of a library", "one", "two"]

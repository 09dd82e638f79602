"""The page of a day: whole in itself, safe with hostile names, and true to what it is given."""

import copy
import re
from html.parser import HTMLParser

import pytest

from riskpay.reporting.day_page import ITEMS_SHOWN, TIPS_SHOWN, render
from riskpay.reporting.step_groups import by_state, step_groups

HOSTILE = """<script>alert(1)</script>"'&<img onerror=x>"""

STEP = {
    "invoice_id": "A1",
    "instalment": 1,
    "step_code": "habitual_reminder",
    "due_on": "2020-03-02",
    "channel": "email",
    "tone": "firm",
    "owner": "collector",
    "dunning_level": 1,
    "state": "planned",
    "rule": "habitually late ladder, day +1",
    "sent_on": None,
}
ITEM = {
    "invoice_id": "A1",
    "instalment": 1,
    "open_amount": "1200.00",
    "collectible_amount": "1200.00",
    "currency": "EUR",
    "due_date": "2020-02-20",
    "days_past_due": 11,
    "p_late": 1.0,
    "p_unpaid_30": 0.4,
}
ENTRY = {
    "collector": "collections",
    "rank": 1,
    "company_id": "1",
    "customer_id": "C7",
    "name": "Maier & Sons",
    "collectible_amount": "1200.00",
    "currency": "EUR",
    "open_amount": "1500.00",
    "call_value": "81.50",
    "extra_cash": "70.00",
    "cash_days": "1.50",
    "loss_avoided": "10.00",
    "reporting_currency": "EUR",
    "priority": 10.0,
    "strategy": "call_value",
    "minutes": 8.0,
    "p_late": 1.0,
    "p_unpaid_30": 0.4,
    "segment": "habitually_late",
    "oldest_days_past_due": 11,
    "next_step": {k: STEP[k] for k in ("due_on", "channel", "tone", "owner", "step_code", "state", "rule")},
    "must_contact": None,
    "reasons": ["paid 7 of the last 9 invoices late, 12 days on average", "owes 1,200.00 EUR past due"],
    "items": [ITEM],
    "call_hours": ["2020-03-02T08:00:00+00:00", "2020-03-02T17:00:00+00:00"],
}
TIP = {
    "company_id": "1",
    "customer_id": "C9",
    "name": "Early Bird",
    "collectible_amount": "50.00",
    "currency": "EUR",
    "p_paid": 0.97,
    "within_days": 14,
    "text": "97 % likely to be paid within 14 days under usual effort; advice only",
}
SCORES = {"n": 40, "base_rate": 0.25, "roc_auc": 0.81234, "pr_auc": 0.7, "brier": 0.12, "ece": 0.02}


@pytest.fixture
def day():
    return copy.deepcopy(
        {
            "as_of": "2020-03-02",
            "model_version": "3",
            "worklist": {
                "as_of": "2020-03-02",
                "data_version": "abc123",
                "policy_hash": "def456",
                "entries": [ENTRY],
                "would_pay_anyway": [TIP],
            },
            "cadence": {
                "name": "Maier & Sons",
                "company_id": "1",
                "customer_id": "C7",
                "as_of": "2020-03-02",
                "segment": "habitually_late",
                "segment_rule": "habitually late: late share 0.74",
                "segment_since": "2020-01-01",
                "steps": [STEP],
            },
            "backtest": {
                "cutoff": "2020-01-01",
                "until": "2020-03-01",
                "targets": {
                    "late": {"model": SCORES, "naive_ratio": SCORES | {"roc_auc": None}, "intervals": {"brier": None}}
                },
            },
        }
    )


class Reader(HTMLParser):
    """The text of a page and its tags."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.said = [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.said.append(data)

    @property
    def text(self):
        return re.sub(r"\s+", " ", " ".join(self.said))


def test_the_page_says_whom_to_call_why_and_what_it_is_worth(day):
    said = Reader(render(day)).text
    for part in (
        "Monday, 2 March 2020",
        "Model 3",
        "abc123",
        "Maier & Sons",
        "paid 7 of the last 9 invoices late",
        "Call value 81.50 EUR = extra cash 70.00 + cash earlier 1.50 + loss avoided 10.00",
        "E-mail, 2 Mar",
        "habitually late",
        "Early Bird",
        "under usual effort",
        "Advice only",
        "0.8123",
        "25 % of 40 items",
    ):
        assert part in said


def test_nothing_is_loaded_and_nothing_runs(day):
    page = render(day)
    tags = Reader(page).tags
    assert not {tag for tag, _ in tags} & {"script", "img", "iframe", "object", "embed", "form", "base"}
    assert not [
        attrs for _, attrs in tags if {"src", "srcset"} & attrs.keys() or any(a.startswith("on") for a in attrs)
    ]
    assert [attrs["href"] for _, attrs in tags if "href" in attrs] == ["data:,"]
    assert not re.search(r"https?://|@import|url\(|src=", page)


def test_hostile_names_stay_text(day):
    before = [tag for tag, _ in Reader(render(day)).tags]
    entry = day["worklist"]["entries"][0]
    for place, name in (
        (entry, "name"),
        (entry, "customer_id"),
        (entry["items"][0], "invoice_id"),
        (entry["next_step"], "rule"),
        (day["worklist"]["would_pay_anyway"][0], "name"),
        (day["cadence"], "name"),
        (day["cadence"]["steps"][0], "invoice_id"),
        (day, "model_version"),
    ):
        place[name] = HOSTILE
    entry["reasons"][0] = HOSTILE
    read = Reader(render(day))
    # Ids that differ from the name are shown beside it, in a span of their own.
    assert [tag for tag, _ in read.tags if tag != "span"] == [tag for tag in before if tag != "span"]
    assert "alert(1)" in read.text


def test_an_empty_list_says_so(day):
    day["worklist"]["entries"] = []
    day["worklist"]["would_pay_anyway"] = []
    del day["cadence"]
    day["backtest"]["targets"] = {}
    said = Reader(render(day)).text
    assert "0 customers to call" in said
    assert "Nobody to call" in said
    assert "Would pay anyway" not in said
    assert "How good the chances are" not in said


def test_a_list_by_points_has_no_chances_and_names_no_model(day):
    day["model_version"] = None
    entry = day["worklist"]["entries"][0]
    entry.update(p_late=None, p_unpaid_30=None, next_step=None, call_hours=None, name=None)
    said = Reader(render(day)).text
    assert "ranked by the policy's points" in said
    assert "not known" in said
    assert "none left" in said
    assert "None" not in said


def test_long_lists_are_cut_and_say_by_how_much(day):
    entry = day["worklist"]["entries"][0]
    entry["items"] = [ITEM | {"invoice_id": f"A{n}"} for n in range(ITEMS_SHOWN + 3)]
    day["worklist"]["would_pay_anyway"] = [TIP] * (TIPS_SHOWN + 2)
    said = Reader(render(day)).text
    assert f"{ITEMS_SHOWN + 3} items" in said
    assert "And 3 more" in said
    assert "And 2 more" in said


def test_steps_alike_are_told_once():
    later = STEP | {"due_on": "2020-03-09"}
    part = STEP | {"instalment": 2}
    steps = [STEP, later, part, *({**STEP, "invoice_id": f"B{n}"} for n in range(4))]
    first, second = step_groups(steps)
    assert first.invoices == ("A1", "A1 / 2", "B0", "B1", "B2", "B3")
    assert first.about == "A1, A1 / 2, B0 and 3 more"
    assert (second.day, second.about) == ("2020-03-09", "A1")


def test_a_sent_step_stands_on_the_day_it_was_sent():
    (group,) = step_groups([STEP | {"state": "sent", "sent_on": "2020-03-04"}])
    assert group.day == "2020-03-04"


def test_what_was_sent_last_comes_first_and_what_comes_next_in_order_of_day():
    sent = [STEP | {"state": "sent", "sent_on": day} for day in ("2020-03-01", "2020-03-04")]
    due = [STEP | {"due_on": day} for day in ("2020-03-06", "2020-03-09")]
    days = {title: [group.day for group in groups] for title, groups, _ in by_state([*sent, *due])}
    assert days == {"Next": ["2020-03-06", "2020-03-09"], "Held back": [], "Sent": ["2020-03-04", "2020-03-01"]}

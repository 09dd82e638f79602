"""What the served pages share with the page of a day, and where they go on from it."""

import re
from pathlib import Path

import pytest

from riskpay.reporting import day_page
from riskpay.reporting.pages import ITEMS_SHOWN, STATIC
from riskpay.serving import app as serving
from riskpay.serving.testing import DAY, KNOWN, Client, FakeScorer, entry

SHEETS = {
    "shared": STATIC / "shared.css",
    "served": serving.STATIC / "riskpay.css",
    "day": Path(day_page.__file__).parent / "templates" / "day.css",
}


@pytest.fixture
def browser(store):
    client = Client(serving.create_app(store, FakeScorer))
    assert client.post("/sign-in", data={"key": store.keys.create("test")}).status_code == 303
    return client


def publish(store, entries):
    store.worklists.publish(store.worklists.latest(DAY).run_id, DAY, [{"collector": "anna", "entries": entries}])


def told(page):
    """What a page says of each entry, without its tags."""
    found = re.findall(r'<tbody class="entry">(.*?)</details>', page, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", text).split()) for text in found]


def rules(sheet):
    """The lines that set something: a rule each, or one property of a long one."""
    lines = SHEETS[sheet].read_text(encoding="utf-8").splitlines()
    return {line.strip() for line in lines if ": " in line and not line.endswith("{")}


def test_both_pages_say_the_same_of_a_customer(browser, store):
    entries = [entry(n + 1, n) for n in range(4)]
    entries[1].update(p_unpaid_30=None, company_id="2", name=None)
    entries[2].update(next_step=entries[2]["next_step"] | {"state": "suppressed"}, oldest_days_past_due=0)
    entries[3].update(next_step=None, call_hours=None)
    publish(store, entries)
    day = {"as_of": DAY.isoformat(), "worklist": {"entries": entries}}
    served, kept = told(browser.get("/").text), told(day_page.render(day))
    assert served == kept
    for said, part in zip(
        served, ("Call value 1,204.00 USD =", "owes company 2", "(held back)", "none left"), strict=True
    ):
        assert part in said


def test_a_list_is_cut_as_the_page_of_the_day_and_leads_to_all_items(browser, store):
    first = entry(1, 0)
    items = [first["items"][0] | {"invoice_id": f"A{n}"} for n in range(ITEMS_SHOWN + 3)]
    publish(store, [first | {"items": items}])
    listed = browser.get("/").text
    assert "And 3 more, due later" in listed
    assert f">A{ITEMS_SHOWN}<" not in listed
    [address] = re.findall(rf'<a href="([^"]+)">all {ITEMS_SHOWN + 3} items', listed)
    whole = browser.get(address.replace("&amp;", "&")).text
    assert f">A{ITEMS_SHOWN + 2}<" in whole
    assert KNOWN in whole


@pytest.mark.parametrize("name", ["shared.css", "riskpay.css"])
def test_sheets_come_from_the_service_and_may_be_kept(browser, name):
    assert f'href="/static/{name}"' in browser.get("/").text
    answer = browser.get(f"/static/{name}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/css")
    assert "max-age" in answer.headers["cache-control"]


@pytest.mark.parametrize("name", ["parts.html", "day.html", "day.css", "../templates/day.html", "../pages.py"])
def test_only_sheets_and_pictures_are_given_away(browser, name):
    assert browser.get(f"/static/{name}").status_code == 404


def test_no_rule_of_style_stands_twice():
    shared, served, day = (rules(sheet) for sheet in SHEETS)
    assert shared
    assert not shared & served
    assert not shared & day
    assert not served & day

"""The pages in a browser, at the three widths they are made for."""

import socket
import threading
import time

import pytest
import uvicorn
from playwright.sync_api import expect, sync_playwright

from riskpay.serving.app import create_app
from riskpay.serving.testing import CUSTOMERS, DAY, KNOWN, FakeScorer, day_before, fill
from riskpay.store.database import Store

pytestmark = pytest.mark.browser

ARGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
WIDTHS = (1280, 768, 390)


@pytest.fixture(scope="session")
def served(tmp_path_factory):
    with Store(tmp_path_factory.mktemp("pages") / "store.db") as store, socket.create_server(("127.0.0.1", 0)) as door:
        day_before(store)
        fill(store)
        key = store.keys.create("browser")
        server = uvicorn.Server(uvicorn.Config(create_app(store, FakeScorer), log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [door]})
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        yield f"http://127.0.0.1:{door.getsockname()[1]}", key
        server.should_exit = True
        thread.join(timeout=20)


@pytest.fixture(scope="module")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGS.split())
        yield browser
        browser.close()


@pytest.fixture
def stranger(chromium, served):
    context = chromium.new_context(base_url=served[0], viewport={"width": 1280, "height": 800})
    opened = context.new_page()
    opened.asked, opened.said = [], []
    opened.on("request", lambda request: opened.asked.append(request.url))
    opened.on("console", lambda message: opened.said.append(message.text))
    opened.on("pageerror", lambda error: opened.said.append(str(error)))
    yield opened
    context.close()


@pytest.fixture
def page(stranger, served):
    stranger.goto("/")
    stranger.get_by_label("Key").fill(served[1])
    stranger.get_by_role("button", name="Sign in").click()
    expect(stranger.get_by_role("heading", level=1)).to_have_text("Thursday, 1 August 2019")
    return stranger


def test_a_wrong_key_is_said_and_the_right_one_opens(stranger, served):
    stranger.goto("/")
    stranger.get_by_label("Key").fill("rp_wrong")
    stranger.get_by_role("button", name="Sign in").click()
    expect(stranger.get_by_role("alert")).to_contain_text("not one of ours")
    stranger.get_by_label("Key").fill(served[1])
    stranger.keyboard.press("Enter")
    expect(stranger.get_by_role("heading", level=1)).to_have_text("Thursday, 1 August 2019")
    stranger.get_by_role("button", name="Sign out").click()
    expect(stranger.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_the_list_is_in_order_with_reasons_capacity_and_advice(page):
    names = page.locator(".entry .name a").all_text_contents()
    assert names == [name for _, name, *_ in CUSTOMERS]
    expect(page.locator(".sum")).to_contain_text("96 minutes of 540")
    expect(page.locator(".entry").first).to_contain_text("paid 7 of the last 9 invoices late, 12 days on average")
    expect(page.locator(".advice")).to_contain_text("Wexford Stores")
    expect(page.locator(".basis")).to_contain_text("Model 4")
    expect(page.locator(".must")).to_have_text("must be called: broke a promise, overdue since 2019-07-29")


def test_the_items_unfold_by_keyboard(page):
    items = page.locator(".items").nth(1)
    expect(items).to_be_hidden()
    page.locator("summary").nth(1).focus()
    page.keyboard.press("Enter")
    expect(items).to_be_visible()
    expect(items).to_contain_text("91,466.10 USD")


def test_a_collectors_own_list(page):
    page.get_by_label("Collector").select_option("bert")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".entry")).to_have_count(3)
    expect(page.locator(".sum")).to_contain_text("3 customers to call")


def test_a_customer_shows_its_cadence_each_step_with_its_rule(page):
    page.get_by_role("link", name="Walden Retail Group").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Walden Retail Group")
    for text in ("Next", "Held back", "Sent"):
        expect(page.get_by_role("heading", level=3, name=text)).to_be_visible()
    expect(page.locator(".steps").nth(1)).to_contain_text("dispute D-11 is open until 2019-08-20")
    assert all(page.locator(".steps .rule").all_text_contents())


def test_a_customer_shows_what_changed_since_the_day_before_in_words(page):
    page.goto(f"/customers/{KNOWN}")
    expect(page.get_by_role("heading", level=2, name="What changed since 31 Jul 2019")).to_be_visible()
    moved = page.locator(".changed tbody tr")
    expect(moved).to_have_count(4)
    expect(moved.nth(0)).to_contain_text("59 % then, 74 % now")
    expect(moved.nth(0)).to_contain_text("how late the last payment was (3 days, now 12 days) +4.0")
    expect(moved.nth(1)).to_contain_text("its due date passed +11.0")
    expect(moved.nth(2)).to_contain_text("new: 1,200.50 USD, due 29 Aug 2019")
    expect(moved.nth(3)).to_contain_text("settled: 900.00 USD no longer open")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", ["/", f"/customers/{KNOWN}", "/docs", "/?as_of=2019-08-05", "/sign-in"])
def test_no_page_is_wider_than_the_window(page, width, path):
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(path)
    for summary in page.locator("summary").all():
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("width", WIDTHS)
def test_amounts_and_next_steps_can_be_seen_at_every_width(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    for text in ("48,213.77", "61 days", "74 %", "Call, 2 Aug"):
        expect(page.locator(".entry").first.get_by_text(text).first).to_be_visible()


def test_nothing_is_loaded_from_elsewhere_and_nothing_is_refused(page, served):
    for path in ("/", f"/customers/{KNOWN}", "/docs"):
        page.goto(path)
    assert {url.split("/")[2] for url in page.asked} == {served[0].split("/")[2]}
    assert [text for text in page.said if "Content Security Policy" in text or "Error" in text] == []


def test_print_shows_the_items_and_no_controls(page):
    page.emulate_media(media="print")
    expect(page.locator(".bar")).to_be_hidden()
    expect(page.locator(".pick")).to_be_hidden()
    expect(page.locator(".items").first).to_be_visible()


def test_a_day_without_a_list_says_what_to_run(page):
    page.goto("/?as_of=2019-08-05")
    expect(page.locator("main")).to_contain_text("riskpay daily --as-of 2019-08-05")
    page.get_by_role("link", name="Today's list").click()
    expect(page.locator("h1")).to_contain_text(str(DAY.year))

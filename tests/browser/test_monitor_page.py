"""The page of monitoring in a browser: its plots are drawn, it fits every width, and asks for nothing else."""

import importlib.util
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from riskpay.reporting.monitor_page import render

pytestmark = pytest.mark.browser

ARGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
WIDTHS = (1280, 768, 390)


@pytest.fixture(scope="module")
def result():
    place = Path(__file__).parents[1] / "unit" / "test_reporting_monitor_page.py"
    spec = importlib.util.spec_from_file_location("monitor_page_example", place)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.RESULT


@pytest.fixture(scope="module")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGS.split())
        yield browser
        browser.close()


@pytest.fixture(params=WIDTHS)
def page(chromium, result, tmp_path, request):
    file = tmp_path / "monitor.html"
    file.write_text(render(result), encoding="utf-8")
    opened = chromium.new_page(viewport={"width": request.param, "height": 900})
    opened.asked, opened.said, opened.width = [], [], request.param
    opened.on("request", lambda asked: opened.asked.append(asked.url))
    opened.on("console", lambda message: opened.said.append(message.text))
    opened.on("pageerror", lambda error: opened.said.append(str(error)))
    opened.goto(file.as_uri())
    yield opened
    opened.close()


def test_the_page_fits_its_plots_are_drawn_and_nothing_else_is_asked_for(page):
    expect(page.locator(".plots .main-svg").first).to_be_visible()
    assert page.locator("figure").count() == page.locator("figure .plot-container").count() == 7
    assert page.evaluate("document.documentElement.scrollWidth") == page.width
    beyond = "[...document.querySelectorAll('figure')].filter(f => f.scrollWidth > f.clientWidth + 1).length"
    assert page.evaluate(beyond) == 0
    assert [url for url in page.asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert page.said == []


def test_what_is_wrong_can_be_read_at_every_width(page):
    expect(page.locator(".verdict")).to_have_text("Alarm")
    for text in ("the newest fact is old", "Next: load."):
        expect(page.get_by_text(text).first).to_be_visible()
    expect(page.locator(".checks .status.alarm")).to_be_visible()

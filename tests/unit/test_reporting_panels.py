"""Pictures of an assessment: what they show, and that pages and SVG show the same."""

from xml.etree import ElementTree as ET

import pytest

from riskpay.reporting.panel_pages import page
from riskpay.reporting.panel_svg import svg
from riskpay.reporting.panels import pictures, shares

SVG = "{http://www.w3.org/2000/svg}"


def bins(*points):
    return [{"n": 100, "mean_p": p, "observed": seen} for p, seen in points]


FOUND = {
    "reliability": {
        "at_issue.late": {"model": bins((0.1, 0.2), (0.8, 0.7)), "naive_ratio": bins((0.2, 0.2), (0.6, 0.7))},
        "at_issue.late_30": {"model": bins((0.01, 0.02)), "naive_ratio": bins((0.02, 0.02))},
        "not_due.late_30": {"model": bins((0.01, 0.02)), "naive_ratio": bins((0.02, 0.02))},
        "overdue.unpaid_30": {"model": [], "naive_ratio": []},
    },
    "lift": {
        "at_issue.late": {
            "money": {name: [0.0, 0.5, 1.0] for name in ("model", "naive_ratio", "largest", "best")},
        },
        "overdue.unpaid_30": {"money": {}},
    },
    "curves": {
        "habitually_late": {
            "n": 1234,
            "predicted": {"0": 1.0, "30": 0.4, "120": 0.1},
            "observed": {"0": 1.0, "30": 0.5, "120": None},
        }
    },
    "weeks": {
        "at_issue.late": [
            {"week": "2024-01-08", "n": 9, "mean_p": 0.3, "base_rate": 0.4, "naive_ratio_mean_p": 0.2},
            {"week": "2024-01-15", "n": 9, "mean_p": 0.3, "base_rate": 0.5, "naive_ratio_mean_p": 0.2},
        ],
        "overdue.unpaid_30": [],
    },
}


def test_what_cannot_be_drawn_is_left_out():
    assert set(pictures(FOUND)) == {"reliability_at_issue", "lift", "curves", "drift"}
    assert len(pictures(FOUND)["lift"].panels) == 1


def test_a_reliability_panel_reaches_as_far_as_its_points_and_their_bars():
    first, second = pictures(FOUND)["reliability_at_issue"].panels
    assert [line.name for line in first.lines] == ["calibrated", "naive ratio", "model"]
    model = first.lines[-1]
    assert (model.x, model.y) == ((0.1, 0.8), (0.2, 0.7))
    assert model.error == pytest.approx((0.08, 2 * 0.21**0.5 / 10))
    assert first.x_top == first.y_top == pytest.approx(1.1 * 0.8)
    assert second.y_top == pytest.approx(1.1 * (0.02 + 2 * (0.02 * 0.98 / 100) ** 0.5))


def test_an_observed_curve_ends_where_nobody_is_seen():
    (panel,) = pictures(FOUND)["curves"].panels
    assert panel.title == "habitually late (1,234)"
    assert [line.x for line in panel.lines] == [(0.0, 30.0), (0.0, 30.0, 120.0)]


@pytest.mark.parametrize(
    ("top", "ticks"),
    [
        (1.0, ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"]),
        (0.65, ["0 %", "20 %", "40 %", "60 %"]),
        (0.023, ["0.0 %", "0.5 %", "1.0 %", "1.5 %", "2.0 %"]),
        (0.0998, ["0 %", "2 %", "4 %", "6 %", "8 %"]),
    ],
)
def test_shares_are_marked_at_round_places(top, ticks):
    assert [text for _, text in shares(top)] == ticks
    assert all(place <= top for place, _ in shares(top))


@pytest.mark.parametrize("name", pictures(FOUND))
def test_svg_and_page_show_the_same_lines(name):
    picture = pictures(FOUND)[name]
    lines = [line for panel in picture.panels for line in panel.lines]
    drawn = ET.fromstring(svg(picture))  # noqa: S314 our own text
    assert len(drawn.findall(f".//{SVG}polyline")) == len(lines)
    texts = [text.text for text in drawn.findall(f".//{SVG}text")]
    assert picture.title in texts
    assert {line.name for line in lines} <= set(texts)
    figure = page(picture)
    assert [(trace.name, trace.x, trace.y) for trace in figure.data] == [(line.name, line.x, line.y) for line in lines]
    assert sum(trace.showlegend for trace in figure.data) == len({line.name for line in lines})


def test_svg_keeps_to_its_canvas_and_escapes_what_it_writes():
    found = {**FOUND, "curves": {"<b>&": FOUND["curves"]["habitually_late"]}}
    text = svg(pictures(found)["curves"])
    assert "&lt;b&gt;&amp; (1,234)" in text
    points = [p for line in ET.fromstring(text).findall(f".//{SVG}polyline") for p in line.get("points").split()]  # noqa: S314
    places = [float(number) for point in points for number in point.split(",")]
    assert min(places) >= 0
    assert max(places) <= 190

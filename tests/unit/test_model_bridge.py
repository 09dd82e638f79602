"""Figures as sums: a bridge stands only if its parts add up, and what is said of it adds up too."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskpay.model.bridge import Bridge, Part, parts_said

POINTS = st.lists(st.floats(-1.0, 1.0), max_size=40)


def bridge(start, points):
    parts = tuple(Part(f"p{n}", f"part {n}", value) for n, value in enumerate(points))
    return Bridge("p_late", start, parts, start + sum(points))


@given(st.floats(0.0, 1.0), POINTS, st.integers(1, 12))
def test_what_is_said_of_a_bridge_adds_up_whatever_is_cut_off(start, points, most):
    made = bridge(start, points)
    shown, others = made.shown(most)
    assert len(shown) <= most + 1
    assert sum(part.points for part in (*shown, *([others] if others else []))) == pytest.approx(made.change, abs=1e-9)
    assert sum(part["points"] for part in parts_said(made, most)) == pytest.approx(made.change, abs=1e-9)


@given(POINTS)
def test_the_strongest_part_comes_first(points):
    sizes = [abs(part.points) for part in bridge(0.5, points).parts]
    assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize("gap", [1e-8, -0.1, float("nan")])
def test_parts_that_leave_something_over_make_no_bridge(gap):
    with pytest.raises(ValueError, match="the parts of p_late leave"):
        Bridge("p_late", 0.2, (Part("a", "a", 0.1),), 0.3 + gap)


def test_a_figure_of_many_is_judged_by_its_size():
    assert Bridge("money", 1e12, (Part("a", "a", 0.25),), 1e12 + 0.2500001).change


def test_one_part_alone_is_not_hidden_behind_others():
    shown, others = bridge(0.1, [0.3, 0.2, 0.1]).shown(2)
    assert [part.points for part in shown] == [0.3, 0.2, 0.1]
    assert others is None

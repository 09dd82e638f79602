"""What a model looks at: means of absolute sums over the latest questions, by family and by phrase."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from riskpay.features.catalogue import FEATURES
from riskpay.model import importance as importances
from riskpay.model.attribution import Attributed
from riskpay.model.importance import PHRASES, importance, sample
from riskpay.reporting.figures import importance_figures

DUE = date(2024, 6, 1)
LATE = np.array([[0.3, -0.1, 0.2], [0.1, -0.1, -0.4], [9.0, 9.0, 9.0]])
UNPAID = np.array([[0.0, 0.5, 0.0], [0.0, -0.3, 0.0], [0.0, 0.1, 0.3]])


class Told:
    """Contributions of three questions, the last past its due date; two features of one family, one of another."""

    at = np.array([-3, 0, 5])
    read = tuple(f for f in FEATURES if f.name in {"terms_days", "amount_log", "settled_count"})

    @classmethod
    def of(cls, *_):
        return cls()

    def lateness(self):
        return Attributed(np.zeros(3), LATE, LATE.sum(axis=1), self.read)

    def unpaid(self, _):
        return Attributed(np.zeros(3), UNPAID, UNPAID.sum(axis=1), self.read)


class Model:
    class grid:  # noqa: N801 - as a model has it
        ends = (0, 7)


@pytest.fixture
def found(monkeypatch):
    monkeypatch.setattr(importances, "Contributed", Told)
    return importance(Model, asked(3), 30)


def asked(number):
    return pl.DataFrame(
        {
            "company_id": ["1"] * number,
            "invoice_id": [f"i{n:02}" for n in range(number)],
            "instalment": [1] * number,
            "as_of": [DUE + timedelta(days=n % 4) for n in range(number)],
        }
    )


def test_a_family_is_summed_before_it_is_made_absolute_and_facts_are_not_asked(found):
    sizes = {one.family: one.mean_abs for one in found.families["p_late"]}
    assert [f.family for f in Told.read] == ["item", "item", "history"]
    assert sizes == pytest.approx({"item": (0.2 + 0.0) / 2, "history": (0.2 + 0.4) / 2})
    assert found.questions == {"p_late": 2, "p_unpaid_30": 3}
    assert [one.family for one in found.families["p_late"]] == ["history", "item"]


def test_phrases_are_told_one_by_one_the_strongest_first(found):
    sizes = {one.phrase: one.mean_abs for one in found.phrases["p_unpaid_30"]}
    assert sizes == pytest.approx({Told.read[1].phrase: 0.3, Told.read[2].phrase: 0.1, Told.read[0].phrase: 0.0})
    assert next(iter(sizes)) == Told.read[1].phrase


def test_shares_are_of_all_families_and_sum_to_one(found):
    for told in found.to_json().values():
        assert sum(one["share"] for one in told["families"]) == pytest.approx(1.0, abs=1e-5)
        assert len(told["phrases"]) <= PHRASES


def test_each_figure_has_a_picture(found):
    pictures = importance_figures(found.to_json())
    assert list(pictures) == ["importance_p_late", "importance_p_unpaid_30"]
    families, labels = (
        [list(bar.x) for bar in pictures["importance_p_late"].data][1],
        pictures["importance_p_late"].data[1].y,
    )
    assert labels[-1] == "all of family history"
    assert families[-1] == pytest.approx(30.0)


def test_the_latest_questions_are_looked_at_in_any_order_of_rows():
    frame = asked(20)
    taken = sample(frame, 6)
    assert taken.equals(sample(frame.sample(fraction=1.0, shuffle=True, seed=3), 6))
    assert taken["as_of"].to_list() == [DUE + timedelta(days=2)] + [DUE + timedelta(days=3)] * 5

"""A day's run that is stopped leaves the day as it was: no plan without its lists."""

import pytest

from riskpay.sources.synthetic.files import write_world
from riskpay.sources.synthetic.world import synthesise
from riskpay.store.database import Store
from riskpay.store.segments import Segments
from riskpay.store.steps import Steps
from riskpay.store.worklists import Worklists
from riskpay.workflows import daily as day_of_work
from riskpay.workflows.daily import daily
from riskpay.workflows.ingest import ingest

# MLflow uses what SQLAlchemy has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

POLICY = "minimum_amount: {default: 1}\n"


@pytest.fixture
def loaded(home, tmp_path):
    """A home with a small ledger: (home, its last day)."""
    world = synthesise(12, 6, seed=3)
    write_world(world, tmp_path / "export")
    ingest(home, tmp_path / "export", "canonical", world.as_of)
    return home, world.as_of


def state(home, day):
    with Store(home / "store.db") as store:
        shown = store.worklists.latest(day)
        sent = store.steps.last_day(), store.segments.latest().rows(), store.runs.latest()
        return *sent, shown.publication_id if shown else None


def stopped(*_args, **_more):
    raise KeyboardInterrupt


LAST = {
    "before the segments": (Segments, "record"),
    "the plan": (Steps, "record"),
    "the lists": (Worklists, "publish"),
    "the scores": (day_of_work, "keep_scores"),
}


@pytest.mark.parametrize(("kind", "name"), LAST.values(), ids=LAST)
def test_a_first_day_that_is_stopped_leaves_nothing(loaded, monkeypatch, kind, name):
    home, day = loaded
    with monkeypatch.context() as patch:
        patch.setattr(kind, name, stopped)
        with pytest.raises(KeyboardInterrupt):
            daily(home, day, without_model=True)
    assert state(home, day) == (None, [], None, None)
    assert daily(home, day, without_model=True).worklists
    assert state(home, day)[3] is not None


def test_a_day_done_again_and_stopped_is_in_force_as_it_was(loaded, monkeypatch):
    home, day = loaded
    daily(home, day, without_model=True)
    before = state(home, day)
    (home / "policy.yaml").write_text(POLICY, encoding="utf-8")
    monkeypatch.setattr(Worklists, "publish", stopped)
    with pytest.raises(KeyboardInterrupt):
        daily(home, day, without_model=True)
    assert state(home, day) == before

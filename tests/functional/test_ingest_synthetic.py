"""A synthetic world written to files comes back whole through the canonical mapping."""

from riskpay.sources.synthetic.files import write_world
from riskpay.sources.synthetic.world import synthesise
from riskpay.store.database import Store
from riskpay.store.ledger_files import LedgerFiles
from riskpay.workflows.ingest import ingest


def test_what_was_written_is_what_is_loaded_and_a_second_load_changes_nothing(tmp_path):
    world = synthesise(20, 8, 1)
    write_world(world, tmp_path / "world")
    home = tmp_path / "home"
    first = ingest(home, tmp_path / "world", "canonical", world.as_of)
    again = ingest(home, tmp_path / "world", "canonical", world.as_of)
    assert (first.rejected.rows, first.duplicates.rows) == (0, 0)
    assert (again.load.added, again.load.changed, again.load.data_version) == (0, 0, first.load.data_version)
    with Store(home / "store.db") as store:
        ledger = LedgerFiles(home).current().with_tables(**store.events.frames())
    assert ledger.disputes.height > 0
    for name, frame in world.ledger.frames().items():
        assert ledger.frames()[name].sort(frame.columns).equals(frame.sort(frame.columns)), name

"""A load is all or nothing: killed at any step, the ledger is as before."""

import signal
import subprocess
import sys
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from riskpay.errors import DataError, NotThereError
from riskpay.ledger.ledger import Ledger
from riskpay.store.ledger_files import LedgerFiles
from riskpay.workflows.ingest import ingest

DAY = date(2024, 6, 1)
HEADER = "customerID,invoiceNumber,InvoiceDate,DueDate,InvoiceAmount,SettledDate\n"

KILLED_AT = """
import os, signal, sys
from datetime import date
from pathlib import Path
import riskpay.store.ledger_files as ledger_files
from riskpay.workflows.ingest import ingest

home, file, step = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
steps = iter(range(1000))

def counted(real):
    def maybe(*args, **kwargs):
        if next(steps) == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **kwargs)
    return maybe

ledger_files.flush = counted(ledger_files.flush)
Path.replace = counted(Path.replace)
ingest(home, file, "ibm-ar", date(2024, 6, 2))
"""

MANY_AT_ONCE = """
import sys
from datetime import date
from pathlib import Path
from riskpay.workflows.ingest import ingest

ingest(Path(sys.argv[1]), Path(sys.argv[2]), "ibm-ar", date(2024, 6, 2))
"""


def export(folder: Path, number: int) -> Path:
    file = folder / f"export{number}.csv"
    file.write_text(f"{HEADER}c{number},i{number},1/2/2013,2/1/2013,55.94,1/15/2013\n")
    return file


# Eight tables and their day are flushed; what the load added to four of them, the folders of that, and what it started from;
# the folder, then renamed and flushed; then CURRENT is flushed and replaced.
@pytest.mark.parametrize("step", [0, 10, 15, 17, 18, 20])
def test_killed_at_any_step_the_ledger_is_as_before(tmp_path, step):
    home = tmp_path / "home"
    before = ingest(home, export(tmp_path, 1), "ibm-ar", DAY).load.data_version
    script = [sys.executable, "-c", KILLED_AT, str(home), str(export(tmp_path, 2)), str(step)]
    killed = subprocess.run(script, check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    files = LedgerFiles(home)
    assert files.current_version() == before
    assert files.current().invoices["invoice_id"].to_list() == ["i1"]
    ingest(home, export(tmp_path, 2), "ibm-ar", DAY)
    assert sorted(files.current().invoices["invoice_id"]) == ["i1", "i2"]
    assert not [f for f in (home / "ledger").rglob("*") if "writing" in f.name]


def test_killed_after_the_last_step_the_load_is_whole(tmp_path):
    home = tmp_path / "home"
    before = ingest(home, export(tmp_path, 1), "ibm-ar", DAY).load.data_version
    script = [sys.executable, "-c", KILLED_AT, str(home), str(export(tmp_path, 2)), "21"]
    assert subprocess.run(script, check=False, capture_output=True).returncode == -signal.SIGKILL
    assert LedgerFiles(home).current_version() != before
    assert sorted(LedgerFiles(home).current().invoices["invoice_id"]) == ["i1", "i2"]


def test_loads_at_once_do_not_lose_one_another(tmp_path):
    home = tmp_path / "home"
    script = [sys.executable, "-c", MANY_AT_ONCE, str(home)]
    running = [subprocess.Popen([*script, str(export(tmp_path, number))]) for number in range(3)]
    assert [process.wait() for process in running] == [0, 0, 0]
    assert sorted(LedgerFiles(home).current().invoices["invoice_id"]) == ["i0", "i1", "i2"]


def test_a_home_without_a_ledger(tmp_path):
    with pytest.raises(NotThereError, match="there is no ledger"):
        LedgerFiles(tmp_path).current()


def test_replace_publishes_a_whole_ledger(tmp_path):
    ingest(tmp_path, export(tmp_path, 1), "ibm-ar", DAY)
    files = LedgerFiles(tmp_path)
    ledger = files.current()
    assert files.replace(ledger) == files.current_version()
    empty = files.replace(Ledger.of({}))
    assert (files.current_version(), files.current().invoices.height) == (empty, 0)


def test_a_result_that_breaks_a_contract_is_not_published(tmp_path):
    ingest(tmp_path, export(tmp_path, 1), "ibm-ar", DAY)
    files = LedgerFiles(tmp_path)
    before = files.current_version()
    bad = files.current().invoices.with_columns(amount=pl.lit(-1), invoice_id=pl.lit("i9"))
    with pytest.raises(DataError, match="table invoices"):
        files.load({"invoices": bad}, full=False, loaded_on=DAY)
    assert files.current_version() == before

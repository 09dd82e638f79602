"""Opening the store: schema, modes, and what a broken file says."""

import logging
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.schema import CreateTable

from riskpay.errors import DataError, UsageError
from riskpay.ledger.tables import EVENT_TABLES
from riskpay.store import migrate
from riskpay.store.columns import TYPES
from riskpay.store.database import Store
from riskpay.store.engine import writing
from riskpay.store.models import Base


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "store.db") as opened:
        yield opened


def test_the_newest_revision_is_the_one_the_code_names():
    config = Config()
    config.set_main_option("script_location", str(migrate.SCRIPTS))
    assert ScriptDirectory.from_config(config).get_heads() == [migrate.NEWEST]


def test_the_migrations_make_exactly_the_declared_tables(store):
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})
        assert compare_metadata(context, Base.metadata) == []


def test_checks_of_the_migration_are_those_of_the_declarations(store):
    with store.engine.connect() as connection:
        seen = inspect(connection)
        for name, table in Base.metadata.tables.items():
            declared = {c.name: str(c.sqltext) for c in table.constraints if hasattr(c, "sqltext")}
            assert {c["name"]: c["sqltext"] for c in seen.get_check_constraints(name)} == declared


@pytest.mark.parametrize("declared", EVENT_TABLES, ids=lambda table: table.name)
def test_event_tables_are_the_ledgers_declarations(store, declared):
    with store.engine.connect() as connection:
        there = inspect(connection).get_columns(declared.name)
        key = inspect(connection).get_pk_constraint(declared.name)["constrained_columns"]
    said = [(c["name"], c["nullable"], type(c["type"]).__name__) for c in there]
    assert [(name, nullable) for name, nullable, _ in said] == [(c.name, c.nullable) for c in declared.columns]
    names = {"String": "VARCHAR", "BigInteger": "BIGINT", "Integer": "INTEGER", "Date": "DATE", "DateTime": "DATETIME"}
    assert [kind for *_, kind in said] == [names[TYPES[c.dtype].__name__] for c in declared.columns]
    assert tuple(key) == declared.key


def test_sqlite_writes_ahead_and_holds_foreign_keys(store):
    with store.engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
    row = "INSERT INTO plans (plan_id, as_of, run_id, content_hash, recorded_at) VALUES (1, '2024-01-01', 'no', '', '')"
    with pytest.raises(IntegrityError), writing(store.engine) as connection:
        connection.execute(text(row))


def test_opening_again_keeps_what_is_there(tmp_path):
    where = tmp_path / "a folder with 100% spaces" / "store.db"
    with Store(where) as store:
        token = store.keys.create("kept")
    with Store(f"sqlite:///{where}") as store:
        assert store.keys.verify(token) is not None


def test_opening_says_nothing_and_leaves_logging_alone(tmp_path, capfd, caplog):
    before = logging.getLogger().handlers[:], logging.getLogger("alembic").level
    Store(tmp_path / "store.db").close()
    assert capfd.readouterr() == ("", "")
    assert (logging.getLogger().handlers[:], logging.getLogger("alembic").level) == before


def test_two_processes_may_open_a_new_store_at_once(tmp_path):
    code = "import sys; from riskpay.store.database import Store; Store(sys.argv[1]).close()"
    command = [sys.executable, "-c", code, str(tmp_path / "store.db")]
    started = [subprocess.Popen(command) for _ in range(2)]
    assert [process.wait(timeout=60) for process in started] == [0, 0]
    with Store(tmp_path / "store.db") as store:
        assert store.runs.latest() is None


def half_a_change(engine):
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE half (a INTEGER)"))
        connection.execute(text("INSERT INTO nowhere VALUES (1)"))


def test_a_transaction_that_fails_leaves_nothing(store):
    with pytest.raises(OperationalError):
        half_a_change(store.engine)
    with store.engine.connect() as connection:
        assert not inspect(connection).has_table("half")


def test_a_file_that_is_no_database_is_named(tmp_path):
    (tmp_path / "store.db").write_text("not a database, but long enough to look at " * 50)
    with pytest.raises(DataError, match=r"store\.db cannot be opened"):
        Store(tmp_path / "store.db")


def test_a_path_that_is_a_folder_is_named(tmp_path):
    with pytest.raises(DataError, match="cannot be opened"):
        Store(tmp_path)


def test_a_store_of_a_newer_riskpay_is_refused(tmp_path):
    with Store(tmp_path / "store.db") as store, writing(store.engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DataError, match="'9999'"):
        Store(tmp_path / "store.db")


@pytest.mark.parametrize("url", ["nonsense://", "oracle+nothing://x", "://"])
def test_a_url_that_no_database_understands_is_refused(url):
    with pytest.raises(UsageError, match="store's URL"):
        Store(url)


@pytest.mark.parametrize("table", Base.metadata.sorted_tables, ids=lambda table: table.name)
def test_every_table_can_be_said_in_postgresql(table):
    assert "CREATE TABLE" in str(CreateTable(table).compile(dialect=postgresql.dialect()))


def test_the_migrations_lie_inside_the_package():
    assert Path(migrate.__file__).parent in migrate.SCRIPTS.parents
    assert (migrate.SCRIPTS / "script.py.mako").exists()

"""What people did, and the secrets of the store."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from sqlalchemy import text

from riskpay.errors import DataError, UsageError
from riskpay.ledger.tables import DISPUTES, EVENT_TABLES, PROMISES
from riskpay.store.database import Store
from riskpay.store.sessions import SESSION_LENGTH

DISPUTE = {
    "company_id": "1",
    "dispute_id": "d1",
    "customer_id": "c1",
    "invoice_id": "i1",
    "instalment": None,
    "amount": 12_345_678_901,
    "reason": "price",
    "opened_on": date(2024, 3, 1),
    "until": date(2024, 4, 1),
    "status": "open",
    "known_on": date(2024, 3, 2),
}


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "store.db") as opened:
        yield opened


def disputes(*rows):
    return pl.DataFrame(list(rows), schema=DISPUTES.dtypes)


def test_events_come_back_as_they_went_in(store):
    rows = disputes(DISPUTE, {**DISPUTE, "dispute_id": "d2", "amount": None})
    assert store.events.append("disputes", rows) == 2
    assert_frame_equal(store.events.frames()["disputes"], rows)


def test_every_event_table_is_given_in_its_declared_shape(store):
    frames = store.events.frames()
    assert {name: dict(frame.schema) for name, frame in frames.items()} == {
        table.name: dict(table.empty().schema) for table in EVENT_TABLES
    }


def test_the_same_events_again_add_nothing(store):
    store.events.append("disputes", disputes(DISPUTE))
    assert store.events.append("disputes", disputes(DISPUTE, {**DISPUTE, "dispute_id": "d2"})) == 1


def test_a_change_is_a_row_with_a_later_known_on(store):
    store.events.append("disputes", disputes(DISPUTE))
    resolved = {**DISPUTE, "status": "resolved", "known_on": date(2024, 3, 9)}
    assert store.events.append("disputes", disputes(resolved)) == 1
    assert store.events.frames(date(2024, 3, 8))["disputes"]["status"].to_list() == ["open"]
    assert store.events.frames(date(2024, 3, 9))["disputes"]["status"].to_list() == ["open", "resolved"]
    assert store.events.frames(date(2024, 3, 1))["disputes"].is_empty()


def test_a_row_that_is_there_cannot_be_overwritten(store):
    store.events.append("disputes", disputes(DISPUTE))
    with pytest.raises(DataError, match="dispute_id d1"):
        store.events.append("disputes", disputes({**DISPUTE, "amount": 1}, {**DISPUTE, "dispute_id": "d2"}))
    assert store.events.frames()["disputes"]["amount"].to_list() == [12_345_678_901]


def test_several_tables_are_added_together_or_not_at_all(store):
    promise = {
        "company_id": "1",
        "promise_id": "p1",
        "customer_id": "c1",
        "promised_on": date(2024, 3, 1),
        "promised_for": date(2024, 3, 9),
        "status": "open",
        "known_on": date(2024, 3, 1),
    }
    promises = PROMISES.conform(pl.DataFrame([promise]))
    store.events.append("disputes", disputes(DISPUTE))
    with pytest.raises(DataError):
        store.events.append_all({"promises": promises, "disputes": disputes({**DISPUTE, "amount": 1})})
    assert store.events.frames()["promises"].is_empty()
    assert store.events.append_all({"promises": promises, "disputes": disputes(DISPUTE)}) == {
        "promises": 1,
        "disputes": 0,
    }


def load(store, day, **changes):
    undated = {**DISPUTE, "known_on": DISPUTE["opened_on"]}
    return store.events.load({"disputes": disputes({**undated, **changes})}, date(2024, 3, day))


def known(store):
    return store.events.frames()["disputes"].select("status", "known_on").rows()


def test_changed_content_in_a_later_load_is_a_version_known_from_the_load(store):
    load(store, 4)
    assert load(store, 5, status="resolved") == {"disputes": 1}
    assert load(store, 6, status="resolved") == {"disputes": 0}
    assert load(store, 7) == {"disputes": 1}
    assert known(store) == [
        ("open", date(2024, 3, 1)),
        ("resolved", date(2024, 3, 5)),
        ("open", date(2024, 3, 7)),
    ]


def test_two_changes_of_one_day_are_two_versions_and_none_is_overwritten(store):
    load(store, 4)
    load(store, 5, status="resolved")
    load(store, 5, status="withdrawn")
    assert known(store)[1:] == [("resolved", date(2024, 3, 5)), ("withdrawn", date(2024, 3, 6))]


def test_a_load_that_states_its_day_is_taken_at_its_word_and_an_old_one_is_history(store):
    load(store, 9, known_on=date(2024, 3, 2))
    load(store, 9, known_on=date(2024, 3, 8), status="resolved")
    assert load(store, 10, known_on=date(2024, 3, 2)) == {"disputes": 0}
    assert known(store) == [("open", date(2024, 3, 2)), ("resolved", date(2024, 3, 8))]


def test_what_was_kept_for_a_day_stays(store):
    dated = {**DISPUTE, "known_on": date(2024, 3, 2)}
    resolved = {**dated, "status": "resolved", "known_on": date(2024, 3, 8)}
    store.events.load({"disputes": disputes(dated, resolved)}, date(2024, 3, 9))
    other = disputes({**dated, "amount": 1}, resolved)
    assert store.events.load({"disputes": other}, date(2024, 3, 10)) == {"disputes": 0}
    assert store.events.frames()["disputes"]["amount"].to_list() == [DISPUTE["amount"]] * 2


def test_a_value_out_of_its_range_and_a_table_that_is_none_are_refused(store):
    with pytest.raises(DataError, match="maybe"):
        store.events.append("disputes", disputes({**DISPUTE, "status": "maybe"}))
    with pytest.raises(UsageError, match="contacts"):
        store.events.append("invoices", disputes(DISPUTE))


def test_a_key_opens_and_only_that_key(store):
    token = store.keys.create("ERP")
    key = store.keys.verify(token)
    assert (key.label, key.prefix) == ("ERP", token[:11])
    for wrong in ("", "rp_", token[:-1], token + "x", token[:11] + "x" * (len(token) - 11), token.upper(), "\udcff"):
        assert store.keys.verify(wrong) is None, wrong


def test_only_the_hash_of_a_key_is_stored(store, tmp_path):
    token = store.keys.create("ERP")
    cookie = store.sessions.open(store.keys.verify(token).key_id)
    store.close()
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert token.encode() not in stored
    assert cookie.encode() not in stored


def test_the_first_key_is_made_once(store):
    token = store.keys.ensure_first_key()
    assert store.keys.verify(token) is not None
    assert store.keys.ensure_first_key() is None
    assert len(store.keys.all()) == 1


def test_a_withdrawn_key_opens_nothing_any_more(store):
    token = store.keys.create("ERP")
    key = store.keys.verify(token)
    cookie = store.sessions.open(key.key_id)
    assert store.keys.revoke(key.key_id)
    assert not store.keys.revoke(key.key_id)
    assert store.keys.verify(token) is None
    assert not store.sessions.verify(cookie)
    assert store.keys.ensure_first_key() is not None


def test_a_session_ends_after_its_time_and_on_sign_out(store):
    key = store.keys.verify(store.keys.create("web"))
    start = datetime(2024, 3, 1, 8, tzinfo=UTC)
    cookie = store.sessions.open(key.key_id, start)
    last = start + SESSION_LENGTH - timedelta(seconds=1)
    assert store.sessions.verify(cookie, last)
    assert not store.sessions.verify(cookie, last + timedelta(seconds=1))
    store.sessions.close(cookie)
    assert not store.sessions.verify(cookie, last)


def test_sessions_that_ran_out_are_cleared_when_one_opens(store):
    key = store.keys.verify(store.keys.create("web"))
    start = datetime(2024, 3, 1, 8, tzinfo=UTC)
    store.sessions.open(key.key_id, start)
    store.sessions.open(key.key_id, start + SESSION_LENGTH)
    with store.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM web_sessions")).scalar() == 1

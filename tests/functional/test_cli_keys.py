"""`riskpay keys`: whoever lost the key printed on the first start makes another one."""

import json

import pytest

from riskpay.cli import main
from riskpay.store.database import Store


@pytest.fixture
def keys(home, capsys):
    """Runs ``riskpay keys``: (exit code, stdout, stderr)."""

    def run(*arguments):
        code = main.main(["--home", str(home), "keys", *map(str, arguments)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def verified(home, token):
    with Store(home / "store.db") as store:
        return store.keys.verify(token)


def test_a_key_is_made_shown_once_and_stored_as_a_hash(keys, home):
    code, out, err = keys("add", "our ERP")
    token = out.strip()
    assert code == 0
    assert verified(home, token).label == "our ERP"
    assert token not in err
    assert token.encode() not in (home / "store.db").read_bytes()
    listed = keys("list")[1]
    assert "our ERP" in listed
    assert token not in listed


def test_a_revoked_key_opens_nothing(keys, home):
    made = json.loads(keys("add", "our ERP", "--json")[1])
    kept = json.loads(keys("add", "reports", "--json")[1])
    code, out, err = keys("revoke", made["key_id"], "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["revoked_at"]
    assert verified(home, made["key"]) is None
    assert verified(home, kept["key"]).label == "reports"
    listed = json.loads(keys("list", "--json")[1])["keys"]
    assert [bool(key["revoked_at"]) for key in listed] == [True, False]


def test_revoking_the_last_key_says_what_comes_next(keys):
    made = json.loads(keys("add", "our ERP", "--json")[1])
    code, _, err = keys("revoke", made["key_id"])
    assert code == 0
    assert "riskpay keys add" in err


def test_an_unknown_number_is_not_there(keys):
    keys("add", "our ERP")
    code, _, err = keys("revoke", 7)
    assert code == 4
    assert "numbers 1" in err


@pytest.mark.parametrize("question", [["list"], ["revoke", 1]])
def test_asking_a_home_without_a_store_makes_none(keys, home, question):
    code, out, err = keys(*question)
    assert (code, out) == (4, "")
    assert "riskpay keys add" in err
    assert not home.exists()

"""Where a setting comes from, and what a bad one says."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from riskpay.errors import SettingsError
from riskpay.settings import DEFAULT_HOME, Settings, allowed, load


def write(home, text):
    home.mkdir()
    (home / "riskpay.toml").write_text(text, encoding="utf-8")


def test_option_over_environment_over_file_over_default(home):
    write(home, "port = 1001\nhost = '0.0.0.0'\nthreads = 3\n")
    environ = {"RISKPAY_PORT": "1002", "RISKPAY_THREADS": "4"}
    settings = load(home, environ, port=1003)
    assert (settings.port, settings.threads, settings.host, settings.log_level) == (1003, 4, "0.0.0.0", "info")  # noqa: S104 - an address as typed


def test_the_home_is_option_then_environment_then_default(home):
    assert load(home, {"RISKPAY_HOME": "elsewhere"}).home == home
    assert load(None, {"RISKPAY_HOME": str(home)}).home == home
    assert load(None, {}).home == DEFAULT_HOME == Path("riskpay-home")
    assert load(None, {"RISKPAY_HOME": ""}).home == DEFAULT_HOME


def test_what_is_not_given_does_not_hide_what_is(home):
    write(home, "port = 1001\n")
    assert load(home, {"RISKPAY_PORT": ""}, port=None).port == 1001


def test_stores_default_to_files_of_the_home(home):
    settings = load(home, {})
    assert settings.database == f"sqlite:///{home}/store.db"
    assert settings.mlflow == f"sqlite:///{home}/mlflow.db"
    assert settings.artifacts == home / "artifacts"
    given = load(home, {"RISKPAY_DATABASE_URL": "postgresql+psycopg://db/riskpay", "RISKPAY_ARTIFACTS_DIR": "/srv/a"})
    assert given.database == "postgresql+psycopg://db/riskpay"
    assert given.artifacts == Path("/srv/a")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("port", "70000"),
        ("port", "http"),
        ("log_level", "loud"),
        ("database_url", "mysql://x"),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "../etc"),
        ("reporting_currency", "usd"),
        ("threads", "-1"),
    ],
)
def test_a_bad_value_names_key_value_what_is_allowed_and_where(home, key, value):
    with pytest.raises(SettingsError) as told:
        load(home, {f"RISKPAY_{key.upper()}": value})
    assert told.value.message == f"setting {key} is {value!r}; allowed is {allowed(key)}"
    assert told.value.hint == f"change environment variable RISKPAY_{key.upper()}"


def test_a_bad_value_is_traced_to_the_file_or_the_option(home):
    write(home, "log_level = 7\n")
    with pytest.raises(SettingsError, match="log_level is 7") as told:
        load(home, {})
    assert told.value.hint == f"change {home / 'riskpay.toml'}"
    with pytest.raises(SettingsError) as told:
        load(home, {}, log_level="loud")
    assert told.value.hint == "change option --log-level"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("prot = 1\n", "unknown key 'prot'; did you mean port?"),
        ("home = '/x'\n", "unknown key 'home'"),
        ("port = \n", "cannot be read"),
        ("\x00", "cannot be read"),
    ],
)
def test_a_bad_file_is_told(home, text, said):
    write(home, text)
    with pytest.raises(SettingsError, match=said.replace("?", r"\?")):
        load(home, {})


def test_settings_do_not_change():
    with pytest.raises(ValidationError):
        Settings().port = 1  # type: ignore[misc]


def test_every_setting_says_what_it_is_and_what_it_may_hold():
    for key, field in Settings.model_fields.items():
        assert field.description
        assert allowed(key)

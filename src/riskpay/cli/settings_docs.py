"""The reference of the settings, rendered from their declaration."""

from collections.abc import Iterable

from riskpay.settings import DEFAULT_HOME, FILE_NAME, PREFIX, Settings, allowed
from riskpay.workflows.training_file import FILE_NAME as TRAINING_FILE
from riskpay.workflows.training_file import TrainingFile
from riskpay.workflows.training_file import allowed as allowed_in_training

_HEAD = f"""# Settings

Settings say where the process works; business rules are in `policy.yaml` (see policy.md). Each key is taken from the
first of: option of the command, environment variable, `HOME/{FILE_NAME}`, default. An empty environment variable is not
set. `{FILE_NAME}` is TOML, a line a key, such as `port = 8080`; an unknown key is a fault.

| key | environment | default | allowed | meaning |
|---|---|---|---|---|
"""

_TRAINING = f"""
## How models are grown

`HOME/{TRAINING_FILE}` says how models are grown; `train` and `backtest` read it, and `tune --apply` writes it. What it said is
kept in the model's bundle (`grown_with`) and among the parameters of its run. It is TOML as well, such as
`landmark_days = [-7, 1, 8, 31]`; an unknown key is a fault. The defaults are what held on periods before the test windows (records
0002 and 0022).

| key | default | allowed | meaning |
|---|---|---|---|
"""


def render() -> str:
    """docs/settings.md: every setting with its variable, default, what it may hold and what it means; those of training."""
    settings = "".join(_row(key) for key in Settings.model_fields)
    return _HEAD + settings + _TRAINING + "".join(_training_row(key) for key in TrainingFile.model_fields)


def _row(key: str) -> str:
    field = Settings.model_fields[key]
    default = f"./{DEFAULT_HOME}" if key == "home" else field.default
    shown = "" if default in ("", None) else f"`{default}`"
    return f"| `{key}` | `{PREFIX}{key.upper()}` | {shown} | {allowed(key)} | {field.description} |\n"


def _training_row(key: str) -> str:
    field = TrainingFile.model_fields[key]
    return f"| `{key}` | `{_toml(field.default)}` | {allowed_in_training(key)} | {field.description} |\n"


def _toml(value: object) -> str:
    """A default as it stands in TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"[{', '.join(map(str, value))}]" if isinstance(value, Iterable) else str(value)

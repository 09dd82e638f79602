"""The reference of the settings, rendered from their declaration."""

from riskpay.settings import DEFAULT_HOME, FILE_NAME, PREFIX, Settings, allowed

_HEAD = f"""# Settings

Settings say where the process works; business rules are in `policy.yaml` (see policy.md). Each key is taken from the
first of: option of the command, environment variable, `HOME/{FILE_NAME}`, default. An empty environment variable is not
set. `{FILE_NAME}` is TOML, a line a key, such as `port = 8080`; an unknown key is a fault.

| key | environment | default | allowed | meaning |
|---|---|---|---|---|
"""


def render() -> str:
    """docs/settings.md: every setting with its variable, default, what it may hold and what it means."""
    return _HEAD + "".join(_row(key) for key in Settings.model_fields)


def _row(key: str) -> str:
    field = Settings.model_fields[key]
    default = f"./{DEFAULT_HOME}" if key == "home" else field.default
    shown = "" if default in ("", None) else f"`{default}`"
    return f"| `{key}` | `{PREFIX}{key.upper()}` | {shown} | {allowed(key)} | {field.description} |\n"

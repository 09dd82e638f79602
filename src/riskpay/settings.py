"""Settings of the process: where the home is, where to listen, which stores. Business rules are in policy.yaml.

Each key is taken from the first of: option of the command line, environment (``RISKPAY_`` + KEY),
``HOME/riskpay.toml``, default.
"""

import os
import tomllib
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from riskpay.errors import SettingsError
from riskpay.money import is_currency

PREFIX: Final = "RISKPAY_"
FILE_NAME: Final = "riskpay.toml"
DEFAULT_HOME: Final = Path("riskpay-home")


def _key(default: object, allowed: str, meaning: str, **limits: Any) -> Any:  # noqa: ANN401 - as pydantic's Field
    return Field(default, description=meaning, json_schema_extra={"allowed": allowed}, **limits)


class Settings(BaseModel):
    """One process's settings; what is declared here is what docs/settings.md shows."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    home: Path = _key(DEFAULT_HOME, "a folder", "Folder that holds one company's state; not a key of riskpay.toml.")
    host: str = _key("127.0.0.1", "an address or host name", "Address that `riskpay serve` listens on.", min_length=1)
    port: int = _key(
        8000, "a whole number from 0 to 65535", "Port that `riskpay serve` listens on; 0: any free one.", ge=0, le=65535
    )
    log_level: Literal["debug", "info", "warning", "error"] = _key(
        "info", "debug, info, warning or error", "Least level that is logged."
    )
    database_url: str = _key(
        "",
        "an address that begins with sqlite:// or postgresql://",
        "SQLAlchemy address of the store; empty: SQLite in `HOME/store.db`.",
        pattern=r"^$|^(sqlite|postgresql)(\+\w+)?://",
    )
    mlflow_uri: str = _key(
        "", "an MLflow tracking address", "Where runs and models are registered; empty: SQLite in `HOME/mlflow.db`."
    )
    artifacts_dir: Path | None = _key(None, "a folder", "Folder of model files and plots; empty: `HOME/artifacts`.")
    time_zone: str = _key(
        "UTC", "an IANA time zone such as Europe/Berlin", "Time zone of the firm; `as_of` days are days there."
    )
    reporting_currency: str = _key(
        "",
        "an ISO 4217 code such as USD",
        "Currency in which call values are given and compared; empty: the one of most invoices.",
    )
    threads: int = _key(
        0, "a whole number from 0 to 1024", "Threads for training and scoring; 0: all cores.", ge=0, le=1024
    )
    keep_scores_days: int = _key(
        400,
        "a whole number from 0 to 3660",
        "Days before the newest scored one whose scores are kept in `HOME/scores`, for `riskpay monitor`; 0: none are kept.",
        ge=0,
        le=3660,
    )
    dispute_features: bool = _key(
        False,
        "true or false",
        "Whether models are trained with the features of disputes and promises (family `disputes` of features.md).",
    )

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise ValueError("an IANA time zone such as Europe/Berlin") from None
        return name

    @field_validator("reporting_currency")
    @classmethod
    def _currency(cls, code: str) -> str:
        if code and not is_currency(code):
            raise ValueError("an ISO 4217 code such as USD")
        return code

    @property
    def database(self) -> str:
        """The store's address, the default filled in."""
        return self.database_url or f"sqlite:///{(self.home / 'store.db').absolute()}"

    @property
    def mlflow(self) -> str:
        """MLflow's tracking address, the default filled in."""
        return self.mlflow_uri or f"sqlite:///{(self.home / 'mlflow.db').absolute()}"

    @property
    def artifacts(self) -> Path:
        """The folder of model files and plots, the default filled in."""
        return self.artifacts_dir or self.home / "artifacts"


def load(home: Path | None = None, environ: Mapping[str, str] | None = None, **options: object) -> Settings:
    """The settings of a home: option > environment > HOME/riskpay.toml > default.

    ``options`` that are None count as not given; ``environ`` is the process's own unless given.
    Raises SettingsError with the key, where it was set, what came and what is allowed.
    """
    env = os.environ if environ is None else environ
    place = Path(home or env.get(f"{PREFIX}HOME") or DEFAULT_HOME)
    file = place / FILE_NAME
    given = {key: value for key, value in options.items() if value is not None}
    environment = _environment(env)
    written = read_toml(file, [key for key in Settings.model_fields if key != "home"])
    try:
        return Settings.model_validate(written | environment | given | {"home": place})
    except ValidationError as failed:
        fault = failed.errors()[0]
        key = str(fault["loc"][0])
        variable, option = f"environment variable {PREFIX}{key.upper()}", f"option --{key.replace('_', '-')}"
        where = option if key in given else variable if key in environment else str(file)
        raise SettingsError(
            f"setting {key} is {fault['input']!r}; allowed is {allowed(key)}", f"change {where}"
        ) from None


def allowed(key: str) -> str:
    """What a setting may hold, in words."""
    declared = Settings.model_fields[key].json_schema_extra
    return str(declared["allowed"]) if isinstance(declared, dict) else ""


def _environment(env: Mapping[str, str]) -> dict[str, str]:
    """The keys set in the environment; an empty variable is not set, and the home is read apart."""
    found = {key: env.get(f"{PREFIX}{key.upper()}") for key in Settings.model_fields if key != "home"}
    return {key: value for key, value in found.items() if value}


def read_toml(path: Path, keys: Sequence[str]) -> dict[str, Any]:
    """The values of a TOML file that may hold ``keys`` alone, nothing where there is no file.

    Raises SettingsError for what is no TOML, and for an unknown key with the known one nearest to it.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as failed:
        raise SettingsError(f"{path} cannot be read: {failed}", "write it as TOML: key = value, a line a key") from None
    for key in values:
        if key not in keys:
            near = get_close_matches(key, keys, n=1)
            guess = f"; did you mean {near[0]}?" if near else ""
            raise SettingsError(f"{path} has the unknown key {key!r}{guess}", f"its keys are {', '.join(keys)}")
    return values

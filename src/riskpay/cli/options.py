"""Options that several commands share, and what they turn into."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from riskpay.errors import UsageError


@dataclass(frozen=True)
class Globals:
    """What stands before the command."""

    home: Path | None
    debug: bool = False


def day(text: str) -> date:
    """A date as typed in an option; raises UsageError for what is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is not a date", "write the year first, like 2019-08-01") from None


def settings_home(ctx: typer.Context) -> Path:
    """The home that the options, the environment or the default name."""
    from riskpay.settings import load

    return load(ctx.obj.home).home


def today(ctx: typer.Context) -> date:
    """The day it is in the firm's time zone: the only clock, read at the edge."""
    from zoneinfo import ZoneInfo

    from riskpay.settings import load

    return datetime.now(ZoneInfo(load(ctx.obj.home).time_zone)).date()


AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout and nothing else there.")]
AsOf = Annotated[
    date | None,
    typer.Option("--as-of", parser=day, metavar="DATE", help="The day to look from, like 2019-08-01."),
]

"""The certificate of a model in the terminal."""

from collections.abc import Mapping
from itertools import groupby
from typing import Any, Final

from rich.text import Text

from riskpay.cli.grids import grid
from riskpay.reporting.wording import percent, words

_HEADS: Final = ("", "questions>", "customers>", "told>", "seen>", "error>", "ECE>", "")
_CHANCES: Final = {
    "p_late": "late, asked at issue",
    "p_unpaid_7": "unpaid 7 days on",
    "p_unpaid_30": "unpaid 30 days on",
    "p_unpaid_60": "unpaid 60 days on",
    "p_unpaid_90": "unpaid 90 days on",
    "pay_between": "paid within the interval",
}


def certificate_parts(found: Mapping[str, Any]) -> list[object]:
    """A table a chance: in all, then by every kind of slice."""
    holds = {True: "holds", False: "does not hold", None: "too little to say"}[found["holds"]]
    title = (
        f"Certificate of model {found['model_version']}: {holds} on questions from {found['first']} to {found['last']}"
    )
    tables = (
        grid(_CHANCES[chance], _HEADS, map(_row, lines))
        for chance, lines in groupby(found["lines"], key=lambda line: line["chance"])
    )
    basis = Text(f"As known by {found['until']}; {found['basis']}.", style="dim")
    return [Text(title, style="bold"), *tables, basis]


def _row(line: Mapping[str, Any]) -> list[str]:
    error = "" if line["standard_error"] is None else f"{100 * line['standard_error']:.1f}"
    figures = (percent(line["told"]), percent(line["seen"]), error)
    return [
        "in all" if line["by"] == line["slice"] else f"{words(line['by'])}: {words(line['slice'])}",
        f"{line['questions']:,}",
        f"{line['customers']:,}",
        *(figures if line["questions"] else ("", "", "")),
        f"{line['ece']:.3f}" if line["ece"] is not None else "",
        {True: "holds", False: "does not hold", None: "too few"}[line["holds"]],
    ]

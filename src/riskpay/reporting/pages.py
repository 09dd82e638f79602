"""What HTML pages share, wherever they are shown: templates, a style sheet, and the words of reports."""

from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from riskpay.ledger.tables import DEFAULT_COMPANY
from riskpay.reporting.wording import FILTERS, count

ITEMS_SHOWN: Final = 25
"""Most items of a customer on a list."""

STATIC: Final = Path(__file__).parent / "static"
"""Folder of what pages load: the style sheet, and nothing that may not be seen by everyone."""

_TEMPLATES: Final = Path(__file__).parent / "templates"


def environment(*folders: Path) -> Environment:
    """Templates of ``folders`` before the shared ones; all text is escaped, and a fact that is missing is an error."""
    loader = FileSystemLoader([*folders, _TEMPLATES])
    env = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    env.filters.update(FILTERS)
    env.globals.update(count=count, default_company=DEFAULT_COMPANY)
    return env

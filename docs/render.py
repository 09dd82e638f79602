"""Writes the reference pages of this folder anew from the declarations in the code: `make docs`."""

from importlib import import_module
from pathlib import Path

PAGES = {
    "commands.md": "riskpay.cli.command_docs",
    "features.md": "riskpay.features.catalogue_docs",
    "ledger.md": "riskpay.ledger.table_docs",
    "mappings.md": "riskpay.sources.mapping_docs",
    "policy.md": "riskpay.decisions.policy_docs",
    "settings.md": "riskpay.cli.settings_docs",
}
"""Each page and the module whose ``render()`` gives its text."""


def text_of(page: str) -> str:
    """The text of a page."""
    return str(import_module(PAGES[page]).render())


if __name__ == "__main__":
    for name in PAGES:
        Path(__file__).with_name(name).write_text(text_of(name), encoding="utf-8")

"""docs/features.md is what the catalogue says."""

from pathlib import Path

from riskpay.features.catalogue import FEATURE_NAMES, FEATURES
from riskpay.features.catalogue_docs import render

PAGE = Path(__file__).parents[2] / "docs" / "features.md"


def test_the_page_is_what_the_catalogue_says():
    assert PAGE.read_text(encoding="utf-8") == render()


def test_every_feature_has_one_row():
    lines = render().splitlines()
    assert [sum(line.startswith(f"| `{name}` |") for line in lines) for name in FEATURE_NAMES] == [1] * len(FEATURES)


def test_no_feature_counts_contacts_disputes_or_promises():
    assert [name for name in FEATURE_NAMES if any(w in name for w in ("contact", "dispute", "promise"))] == []

"""The reference pages are what the declarations say, and name everything a person can use."""

import runpy
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
RENDER = runpy.run_path(str(DOCS / "render.py"))


@pytest.mark.parametrize("page", RENDER["PAGES"])
def test_a_reference_page_is_as_rendered(page):
    committed = (DOCS / page).read_text(encoding="utf-8")
    assert committed == RENDER["text_of"](page), f"docs/{page} is not as rendered: run make docs"


def test_every_docs_module_has_its_page():
    source = DOCS.parent / "src"
    modules = {".".join(p.with_suffix("").relative_to(source).parts) for p in source.rglob("*_docs.py")}
    assert modules == set(RENDER["PAGES"].values())

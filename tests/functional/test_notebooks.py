"""The notebooks run from top to bottom, and define no functions: what is worth a name stands in the library."""

import ast
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.py"))


def cells(path):
    """The code cells of a notebook in jupytext's percent format, each with its first line's number."""
    found, code, start, markdown = [], [], 0, True
    for number, line in enumerate([*path.read_text(encoding="utf-8").splitlines(), "# %%"], start=1):
        if line.startswith("# %%"):
            found += [(start, "\n".join(code))] if not markdown else []
            code, start, markdown = [], number, "[markdown]" in line
        else:
            code.append(line)
    return found


def test_there_are_notebooks_with_cells():
    assert NOTEBOOKS
    assert all(len(cells(path)) > 3 for path in NOTEBOOKS)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_numbered_percent_text_without_functions(path):
    text = path.read_text(encoding="utf-8")
    assert path.name[:2].isdigit()
    assert text.startswith("# %% [markdown]\n# # ")
    defined = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
    assert not [node.lineno for node in ast.walk(ast.parse(text)) if isinstance(node, defined)]


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # MLflow's own use of its libraries warns; ours is held elsewhere
def test_the_first_notebook_goes_from_ledger_to_call_list(capsys):
    (path,) = (path for path in NOTEBOOKS if path.name.startswith("01_"))
    names = {"__name__": "__main__"}
    for start, code in cells(path):
        exec(compile("\n" * start + code, str(path), "exec"), names)  # noqa: S102 - our own notebook
    assert names["calls"].height == 8
    assert names["reasons"].height > 0
    assert names["steps"].height > 0
    assert names["calibration"].data
    assert len(names["payment"].data) == 2
    said = capsys.readouterr().out
    assert "rejected 0" in said
    assert "known: late" in said
    assert "new: late" in said
    assert not names["place"].exists()

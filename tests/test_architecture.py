"""What the whole tree must hold: who imports whom, how large things are, what never stands in it."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"
MODULES = sorted(SOURCE.rglob("*.py"))
HEAVY = ("lightgbm", "mlflow", "sklearn", "pandas", "polars", "fastapi", "plotly", "sqlalchemy")
MAX_LINES = 450
# Alembic names and calls these itself.
MIGRATIONS = "migrations"


def run(*arguments):
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False, cwd=ROOT)


def loaded_by(code, names):
    done = run("-c", f"{code}\nimport sys\nprint(*[n for n in {names!r} if n in sys.modules])")
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_package_files_are_empty():
    full = [str(path) for path in SOURCE.rglob("__init__.py") if path.read_text(encoding="utf-8").strip()]
    assert not full


def test_imports_point_one_way():
    done = run("-c", "from importlinter.cli import lint_imports_command; lint_imports_command()")
    assert done.returncode == 0, done.stdout


def test_decisions_know_the_model_by_its_values_only():
    heavy = ("lightgbm", "mlflow", "sklearn", "fastapi", "pandas")
    assert loaded_by("import riskpay.decisions.decide", heavy) == []


def test_the_help_pages_load_nothing_heavy():
    code = "from riskpay.cli.main import main\nimport contextlib, io\n"
    for arguments in (["--help"], ["train", "--help"], ["report", "aging", "--help"]):
        code += f"with contextlib.redirect_stdout(io.StringIO()):\n    assert main({arguments!r}) == 0\n"
    assert loaded_by(code, (*HEAVY, "holidays")) == []


def test_the_store_and_the_pages_do_not_load_the_model():
    assert loaded_by("import riskpay.serving.app, riskpay.store.database", ("lightgbm", "mlflow", "sklearn")) == []


def test_nothing_imports_shap():
    assert not [
        str(p) for p in MODULES if re.search(r"^\s*(import|from) shap\b", p.read_text(encoding="utf-8"), re.MULTILINE)
    ]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_module_is_short_enough_to_read(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES


def functions(path):
    """Every function of a module that others may call, with the class it stands in."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    places = [(tree, "")] + [(node, node.name) for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    for place, owner in places:
        for node in place.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not owner.startswith("_"):
                yield owner, node


@pytest.mark.parametrize("path", [p for p in MODULES if MIGRATIONS not in p.parts], ids=lambda path: path.stem)
def test_public_functions_say_what_they_do(path):
    silent = [n.name for _, n in functions(path) if not n.name.startswith("_") and not ast.get_docstring(n)]
    assert not silent, f"{path.relative_to(ROOT)}: no docstring on {silent}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_every_function_is_annotated(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            bare = [a.arg for a in arguments if a.annotation is None and a.arg not in {"self", "cls"}]
            assert not bare, f"{path.relative_to(ROOT)}: {node.name} does not annotate {bare}"
            assert node.returns is not None, f"{path.relative_to(ROOT)}: {node.name} does not say what it returns"


def tracked():
    """Files under version control, or, in an unpacked copy, every text file outside hidden and build folders."""
    done = subprocess.run(["git", "ls-files", "-z"], capture_output=True, text=True, check=False, cwd=ROOT)  # noqa: S607 - git of the machine
    assert done.returncode == 0, "the tests run in a clone"
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_no_registry_and_no_machine_path_stands_in_a_file():
    # Written in parts, so that this file passes too.
    hosts = (
        r"//[a-z0-9.-]*("
        + "|".join(("py" + "pi", "python" + "hosted", "np" + "mjs", "deb" + "ian"))
        + r")[a-z.]*\.(org|com)"
    )
    places = r"(^|[^A-Za-z0-9._-])/(" + "|".join(("wo" + "rk", "fa" + "rm", "ro" + "ot", "ho" + "me/[a-z]")) + r")/"
    found = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [
            f"{path.relative_to(ROOT)}: {line[:120]}"
            for line in text.splitlines()
            if re.search(f"{hosts}|{places}", line)
        ]
    assert not found


def test_the_lock_holds_what_builds_the_package():
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    for name in ("hatchling", "editables", "polars", "pytest"):
        assert re.search(rf"^{name}==", lock, re.MULTILINE)
    assert "--hash=sha256:" in lock

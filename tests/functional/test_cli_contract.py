"""The command line as a contract: exit codes, one JSON object on stdout, options that stay."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from riskpay import errors
from riskpay.cli import exits, main, options
from riskpay.errors import NotThereError, PolicyError, RiskpayError, UsageError
from riskpay.serving.testing import fill
from riskpay.sources.synthetic.files import write_world
from riskpay.sources.synthetic.world import synthesise
from riskpay.store.database import Store

# A runner may have started the tests with Ctrl-C ignored, which a process inherits.
HEARING = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
RISKPAY = [sys.executable, "-c", f"{HEARING}; from riskpay.cli.main import run; run()"]
CODES = {
    "UsageError": 2,
    "DataError": 3,
    "SourceError": 3,
    "MappingError": 3,
    "PolicyError": 3,
    "SettingsError": 3,
    "TooFewLabelsError": 3,
    "NotThereError": 4,
}
COMMANDS = {
    "demo",
    "synth",
    "ingest",
    "train",
    "tune",
    "backtest",
    "daily",
    "worklist",
    "cadence",
    "explain",
    "changes",
    "calibration",
    "check-leakage",
    "features",
    "keys add",
    "keys list",
    "keys revoke",
    "models export",
    "models import",
    "models list",
    "models promote",
    "models rollback",
    "monitor",
    "policy check",
    "policy show",
    "report aging",
    "report dso",
    "serve",
}


@pytest.fixture
def riskpay(capsys):
    """Runs a command line in this process: (exit code, stdout, stderr)."""

    def run(*arguments):
        code = main.main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def failing(monkeypatch):
    """Makes every command that asks for its home raise an error."""

    def fail(error):
        def raise_it(_):
            raise error

        monkeypatch.setattr("riskpay.cli.cadence.settings_home", raise_it)

    return fail


def every_error():
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, RiskpayError)]
    return [kind for kind in kinds if kind is not RiskpayError]


def test_every_error_of_the_tree_has_its_code_in_the_table():
    assert {kind.__name__: exits.exit_code(kind("x")) for kind in every_error()} == CODES
    assert exits.exit_code(ValueError()) == exits.BUG


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.__name__)
def test_an_error_becomes_a_message_and_its_code_without_traceback(riskpay, failing, kind):
    failing(kind("what came and what is allowed", "what to do"))
    code, out, err = riskpay("cadence", "C1")
    assert (code, out) == (CODES[kind.__name__], "")
    assert err == "riskpay: what came and what is allowed\nwhat to do\n"


def test_with_json_an_error_is_one_object_on_stdout(riskpay, failing):
    failing(PolicyError("the policy has faults", "mend them", ("line 1: a", "line 2: b")))
    code, out, err = riskpay("cadence", "C1", "--json")
    assert json.loads(out) == {
        "error": {
            "code": 3,
            "kind": "PolicyError",
            "message": "the policy has faults",
            "hint": "mend them",
            "problems": ["line 1: a", "line 2: b"],
        }
    }
    assert code == 3
    assert "line 2: b" in err


def test_a_bug_is_one_line_and_its_traceback_is_kept(riskpay, failing, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    failing(ZeroDivisionError("by zero"))
    code, out, err = riskpay("cadence", "C1")
    assert (code, out) == (1, "")
    assert "Traceback" not in err
    (kept,) = tmp_path.glob("riskpay-bug-*.txt")
    assert str(kept) in err
    assert "ZeroDivisionError: by zero" in kept.read_text(encoding="utf-8")


def test_debug_shows_the_traceback(riskpay, failing):
    failing(NotThereError("not there"))
    code, _, err = riskpay("cadence", "C1", "--debug")
    assert code == 4
    assert "Traceback" in err


@pytest.mark.parametrize(
    "arguments",
    [
        ["nosuch"],
        ["train", "--nosuch"],
        ["train", "surplus"],
        ["train", "--as-of", "01/02/2024"],
        ["train", "--as-of", "2024-02-30"],
        ["train", "--as-of"],
        ["backtest"],
        ["backtest", "--cutoff", "2024-02-01", "--until", "2024-01-01"],
        ["ingest", "x.csv"],
        ["ingest", "x.csv", "--format", "canonical", "--mapping", "y.yaml"],
        ["ingest"],
        ["synth", "out", "--customers", "0"],
        ["worklist", "--top", "0"],
        ["worklist", "--format", "xlsx"],
        ["changes", "--top", "0"],
        ["changes", "--since", "yesterday"],
        ["explain", "A", "--horizon", "0"],
        ["check-leakage", "--pairs", "none"],
        ["report"],
        ["report", "profit"],
        ["policy", "simulate"],
        ["keys"],
        ["keys", "add"],
        ["keys", "add", " "],
        ["keys", "add", "first key"],
        ["keys", "revoke", "mine"],
    ],
    ids=" ".join,
)
def test_bad_usage_is_2_and_says_something(riskpay, home, arguments):
    code, out, err = riskpay("--home", home, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("riskpay: ")
    assert not home.exists()


@pytest.mark.parametrize(("lag", "warned"), [(2, False), (5, True)])
def test_a_posting_lag_longer_than_the_policys_is_said(riskpay, home, tmp_path, lag, warned):
    mapping, file = tmp_path / "shop.yaml", tmp_path / "x.csv"
    columns = "{customer_id: [c], invoice_id: [i], issue_date: [s], due_date: [d], amount: [a], settled_on: [p]}"
    entity = '"1": {name: We, currency: EUR, country: DE, time_zone: Europe/Berlin}'
    mapping.write_text(
        f"name: shop\ncolumns: {columns}\ncompanies: {{{entity}}}\nposting_lag_days: {lag}\n", encoding="utf-8"
    )
    file.write_text("c,i,s,d,a,p\nc1,A,2024-06-01,2024-07-01,5000.00,2024-07-01\n", encoding="utf-8")
    code, _, err = riskpay("--home", home, "ingest", file, "--mapping", mapping, "--loaded-on", "2024-07-08")
    assert code == 0
    assert (f"posting_lag_days: {lag} into {home / 'policy.yaml'}" in err) == warned


@pytest.mark.parametrize("text", [b"grace_dayz: 1\n", b"\xff\n"], ids=["a key unknown", "no text"])
def test_a_policy_that_cannot_be_read_refuses_a_load_before_anything_is_written(riskpay, home, tmp_path, text):
    home.mkdir()
    (home / "policy.yaml").write_bytes(text)
    write_world(synthesise(5, 3, seed=3), tmp_path / "export")
    code, _, err = riskpay("--home", home, "ingest", tmp_path / "export", "--format", "canonical")
    assert code == 3
    assert "policy" in err
    assert [path.name for path in home.iterdir()] == ["policy.yaml"]


def test_a_collector_without_a_list_is_not_there(riskpay, home):
    home.mkdir()
    with Store(home / "store.db") as store:
        fill(store)
    code, out, _ = riskpay("--home", home, "worklist", "--collector", "nobody", "--json")
    said = json.loads(out)["error"]
    assert (code, said["code"]) == (4, 4)
    assert "anna, bert" in said["message"]


def test_two_formats_at_once_are_bad_usage(riskpay, home):
    code, out, _ = riskpay("--home", home, "worklist", "--format", "csv", "--json")
    assert code == 2
    assert json.loads(out)["error"]["kind"] == "UsageError"


def test_every_command_takes_json_and_shows_help(riskpay):
    import typer  # noqa: PLC0415 - only here

    def walk(group, before=""):
        for name, command in group.commands.items():
            if hasattr(command, "commands"):
                yield from walk(command, f"{name} ")
            else:
                yield before + name, command

    commands = dict(walk(typer.main.get_command(main.app)))
    assert set(commands) == COMMANDS
    for name, command in commands.items():
        assert any("--json" in parameter.opts for parameter in command.params), name
        assert all(parameter.help for parameter in command.params), name
        code, out, _ = riskpay(*name.split(), "--help")
        assert (code, name.split()[-1] in out) == (0, True)


def test_without_a_command_the_help_is_shown(riskpay):
    code, out, _ = riskpay()
    assert code == 0
    assert "worklist" in out


@pytest.mark.parametrize("arguments", [["report", "aging"], ["report", "dso"], ["policy", "check", "nosuch.yaml"]])
def test_what_is_not_there_is_4(riskpay, home, arguments):
    code, out, err = riskpay("--home", home, *arguments)
    assert (code, out) == (4, "")
    assert err.startswith("riskpay: ")


def test_without_a_day_that_a_model_scored_there_are_no_changes(riskpay, home):
    code, out, err = riskpay("--home", home, "changes")
    assert (code, out) == (4, "")
    assert err.endswith("riskpay: no day was scored by a model yet\nrun: riskpay daily\n")


@pytest.mark.parametrize(
    "arguments",
    [["--home", "H", "report", "aging"], ["report", "--home", "H", "aging"], ["report", "aging", "--home=H"]],
    ids=" ".join,
)
def test_the_home_may_stand_anywhere(monkeypatch, riskpay, tmp_path, arguments):
    monkeypatch.chdir(tmp_path)
    code, _, err = riskpay(*arguments)
    assert code == 4
    assert "H" in err


def test_what_follows_two_dashes_is_no_option():
    assert main._globals_first(["cadence", "--json", "--", "--home"]) == ["cadence", "--json", "--", "--home"]
    assert main._globals_first(["cadence", "C", "--home", "H", "--debug"]) == ["--home", "H", "--debug", "cadence", "C"]
    assert main._globals_first(["cadence", "--home"]) == ["--home", "cadence"]


def test_the_day_is_a_date_with_the_year_first():
    assert str(options.day("2019-08-01")) == "2019-08-01"
    with pytest.raises(UsageError, match="is not a date"):
        options.day("1.8.2019")


def test_a_bad_setting_is_3_and_names_the_variable(riskpay, monkeypatch):
    monkeypatch.setenv("RISKPAY_PORT", "many")
    code, _, err = riskpay("policy", "show")
    assert code == 3
    assert "RISKPAY_PORT" in err


def test_a_policy_with_faults_is_3_and_lists_them(riskpay, tmp_path):
    bad = tmp_path / "policy.yaml"
    bad.write_text("grace_days: -1\nnosuch: 1\n", encoding="utf-8")
    code, out, _ = riskpay("policy", "check", bad, "--json")
    said = json.loads(out)
    assert code == 3
    assert len(said["errors"]) == 2
    assert any("line 2" in error for error in said["errors"])
    code, out, _ = riskpay("policy", "check", bad)
    assert code == 3
    assert out.count(str(bad)) == 2


@pytest.mark.parametrize("content", [b"\xff\xfe\x00\x01", b"", b"[1, 2]"])
def test_what_is_no_policy_at_all_is_3(riskpay, tmp_path, content):
    bad = tmp_path / "policy.yaml"
    bad.write_bytes(content)
    code, out, _ = riskpay("policy", "check", bad, "--json")
    assert code == 3
    assert json.loads(out)["errors"]


def test_the_default_policy_has_no_faults(riskpay, home):
    code, out, _ = riskpay("--home", home, "policy", "check", "--json")
    assert code == 0
    assert json.loads(out)["errors"] == []
    _, shown, _ = riskpay("--home", home, "policy", "show", "--json")
    assert set(json.loads(shown)) == {"file", "hash", "policy"}


def test_the_homes_policy_is_the_one_in_force(riskpay, home):
    home.mkdir()
    (home / "policy.yaml").write_text("settlement_tolerance: 4\n", encoding="utf-8")
    _, shown, _ = riskpay("--home", home, "policy", "show", "--json")
    assert json.loads(shown)["policy"]["settlement_tolerance"] == 4


def start(*arguments):
    return subprocess.Popen([*RISKPAY, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_stdout_holds_results_only_whatever_a_library_prints(tmp_path):
    """A library in C and one in Python print in the middle of a command that was asked for JSON."""
    script = tmp_path / "noisy.py"
    script.write_text(
        "import os, sys\n"
        "import riskpay.sources.synthetic.world as world\n"
        "real = world.synthesise\n"
        "def noisy(*a):\n"
        "    os.write(1, b'from C\\n')\n"
        "    print('from Python')\n"
        "    return real(*a)\n"
        "world.synthesise = noisy\n"
        "from riskpay.cli.main import run\n"
        "run()\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, script, "synth", tmp_path / "out", "--customers", "3", "--months", "2", "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout)["customers"] == 3
    assert "from C" in done.stderr
    assert "from Python" in done.stderr


def test_ctrl_c_ends_with_130_one_clear_line_and_nothing_half_written(tmp_path):
    with start("synth", tmp_path / "out", "--customers", 4000, "--months", 36, "--json") as process:
        assert process.stderr.readline() == "making a synthetic ledger\n"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert json.loads(out)["error"]["code"] == 130
    assert err.startswith("riskpay: stopped by Ctrl-C")
    assert "Traceback" not in err
    assert not list(tmp_path.iterdir())


def test_a_reader_that_goes_away_is_no_bug(tmp_path):
    bad = tmp_path / "policy.yaml"
    bad.write_text("".join(f"nosuch{n}: 1\n" for n in range(5000)), encoding="utf-8")
    with start("policy", "check", bad) as process:
        process.stdout.close()
        err = process.stderr.read()
    assert (process.returncode, err) == (exits.READER_GONE, "")


def test_synth_ingest_and_reports_go_together(riskpay, home, tmp_path):
    world = tmp_path / "world"
    code, out, _ = riskpay("synth", world, "--customers", "6", "--months", "4", "--json")
    made = json.loads(out)
    assert code == 0
    assert made["customers"] == 6
    assert Path(made["truth"]).is_dir()
    code, out, _ = riskpay("--home", home, "ingest", world, "--format", "canonical", "--json")
    load = json.loads(out)
    assert code == 0
    assert load["read"]["rows"] == sum(load[name]["rows"] for name in ("accepted", "rejected", "duplicates"))
    for report in ("aging", "dso"):
        code, out, _ = riskpay("--home", home, "report", report, "--json")
        said = json.loads(out)
        assert code == 0
        assert (said["report"], bool(said["groups"])) == (report, True)
        assert made["start"] < said["as_of"] <= made["as_of"]
        code, out, _ = riskpay("--home", home, "report", report)
        assert code == 0
        assert max(map(len, out.splitlines())) <= 100
    code, _, err = riskpay("--home", home, "report", "aging", "--as-of", "1999-12-31")
    assert code == 4
    assert "before the first invoice" in err


def test_a_report_after_the_last_fact_says_so(riskpay, home, tmp_path):
    riskpay("synth", tmp_path / "world", "--customers", "3", "--months", "2")
    riskpay("--home", home, "ingest", tmp_path / "world", "--format", "canonical")
    code, out, err = riskpay("--home", home, "report", "aging", "--as-of", "2030-01-01", "--json")
    assert code == 0
    assert json.loads(out)["as_of"] == "2030-01-01"
    assert "newest fact" in err


def test_a_source_that_is_not_there_or_empty_leaves_no_home(riskpay, home, tmp_path):
    empty = tmp_path / "empty.csv"
    empty.touch()
    for path, code in ((tmp_path / "nosuch.csv", {3, 4}), (empty, {3})):
        got, out, err = riskpay("--home", home, "ingest", path, "--format", "highradius", "--json")
        assert got in code
        assert json.loads(out)["error"]["message"] in err
        assert not (home / "ledger").exists()


def test_serve_listens_where_it_is_told_and_ends_well_with_ctrl_c(riskpay, home, monkeypatch):
    asked = []

    def listen(*where):
        asked.append(where)
        sys.stdout.write("a request was answered\n")
        raise KeyboardInterrupt

    monkeypatch.setattr("riskpay.serving.run.serve", listen)
    code, out, err = riskpay("--home", home, "serve", "--port", "0", "--json")
    assert (code, asked) == (0, [(home, "127.0.0.1", 0)])
    assert json.loads(out)["state"] == "stopped"
    assert "a request was answered" in err


def test_serve_refuses_a_port_that_cannot_be(riskpay, home):
    code, _, err = riskpay("--home", home, "serve", "--port", "70000")
    assert code == 2
    assert "--port" in err

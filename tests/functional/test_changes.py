"""What changed since yesterday, on a synthetic ledger from the load to the page."""

import json
import shutil
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from riskpay.cli import main
from riskpay.features.histories import QUESTION_KEY, gather
from riskpay.ledger.tables import ITEM_KEY
from riskpay.serving.app import create_app
from riskpay.serving.schemas_changes import ChangesAnswer, CustomerChangesAnswer
from riskpay.serving.testing import Client
from riskpay.sources.synthetic.files import write_world
from riskpay.sources.synthetic.world import synthesise
from riskpay.store.database import Store
from riskpay.workflows.changes import changes
from riskpay.workflows.compared import Compared
from riskpay.workflows.daily import daily
from riskpay.workflows.explain import explain
from riskpay.workflows.home import Home
from riskpay.workflows.ingest import ingest
from riskpay.workflows.scoring import open_scorer
from riskpay.workflows.sides import sides
from riskpay.workflows.train import train

# MLflow uses what SQLAlchemy has deprecated.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

FRIDAY, MONDAY, TUESDAY = date(2024, 12, 13), date(2024, 12, 16), date(2024, 12, 17)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Scored on Friday by one model, on Monday and Tuesday by a later one."""
    place = tmp_path_factory.mktemp("changes")
    write_world(synthesise(40, 12, seed=5), place / "export")
    ingest(place / "home", place / "export", "canonical", date(2024, 12, 31))
    opened = Home.open(place / "home")
    for trained, days in ((date(2024, 11, 1), (FRIDAY,)), (MONDAY, (MONDAY, TUESDAY))):
        opened.registry.champions.promote(train(place / "home", trained).model_version, "train", "")
        for day in days:
            daily(place / "home", day)
    return place / "home"


def learnt(home):
    """The versions that learnt, earliest first; a prior model that stood in between is none of them."""
    versions = Home.open(home).registry.champions.versions()
    return [one.version for one in sorted(versions, key=lambda one: int(one.version)) if one.kind == "hazard"]


def items_of(told):
    return [item for state in ("moved", "new", "settled") for item in told[state]]


def adds_up(item):
    for figure in ("p_late", "p_unpaid_30"):
        said = item[figure]
        if item["state"] == "open":
            assert said["to"] - said["from"] == pytest.approx(said["change"], abs=1e-9)
            assert sum(part["points"] for part in said["parts"]) == pytest.approx(said["change"], abs=1e-9)


def test_every_chance_of_both_days_is_the_published_one_and_each_change_adds_up(home):
    told = changes(home, TUESDAY, top=10_000)
    assert (told["since"], told["as_of"], told["notes"]) == (MONDAY.isoformat(), TUESDAY.isoformat(), [])
    assert min(told["counts"].values()) > 0
    still = told["counts"]["open"] - len(told["moved"])  # past the grid's end: nothing moves them
    assert 0 <= still < 20
    assert [len(told[state]) for state in ("new", "settled")] == [told["counts"][state] for state in ("new", "settled")]
    said = {(item["invoice_id"], item["instalment"]): item for item in items_of(told)}
    for item in said.values():
        adds_up(item)
    with Store(home / "store.db") as store:
        compared = 0
        for day, side in ((MONDAY, "from"), (TUESDAY, "to")):
            shown = store.worklists.latest(day)
            for entry in store.worklists.page(shown, limit=500).entries:
                for item in entry.payload["items"]:
                    now = said.get((item["invoice_id"], item["instalment"]))
                    if now:
                        compared += 1
                        assert now["p_unpaid_30"][side] == pytest.approx(item["p_unpaid_30"], abs=1e-6)
                        assert now["p_late"][side] == pytest.approx(item["p_late"], abs=1e-6)
        assert compared > 50


def test_by_default_the_last_two_days_scored_are_compared_and_another_model_is_a_part(home):
    assert changes(home)["since"] == MONDAY.isoformat()
    weekend = changes(home, MONDAY, top=500)
    earlier, later = learnt(home)
    versions = {side: weekend["runs"][side]["model_version"] for side in ("from", "to")}
    assert (weekend["since"], versions) == (FRIDAY.isoformat(), {"from": earlier, "to": later})
    parts = {part["code"]: part["text"] for item in weekend["moved"] for part in item["p_unpaid_30"]["parts"]}
    assert parts["model"] == f"model {later} in place of model {earlier}"
    assert parts["days_passed"] in {"3 days passed", "its due date passed"}
    assert "model" not in {p["code"] for i in changes(home)["moved"] for p in i["p_unpaid_30"]["parts"]}


def test_what_the_earlier_day_knew_is_what_facts_of_later_days_leave_it(home):
    """Asking yesterday's questions of today's facts gives what was gathered yesterday."""
    opened = Home.open(home)
    compared = Compared.of(opened, *sides(opened, TUESDAY))
    settings = compared.after.registered.model.features
    asked = compared.then.select(ITEM_KEY).with_columns(as_of=pl.lit(MONDAY)).select(QUESTION_KEY)
    then = gather(opened.ledger.known(MONDAY, "end"), settings, "end").features(asked)
    assert compared.facts.features(asked).equals(then)


def test_an_invoice_is_told_its_sums_and_what_changed(home):
    moved = changes(home, TUESDAY, top=3)["moved"][0]
    told = explain(home, moved["invoice_id"], TUESDAY, since=MONDAY)
    assert told["changes"]["since"] == MONDAY.isoformat()
    assert told["changes"]["p_unpaid_30"]["to"] == pytest.approx(told["late_risk"]["p_unpaid_30"], abs=1e-6)
    [same] = [item for item in told["changes"]["items"] if item["instalment"] == moved["instalment"]]
    assert same == moved
    for said in told["items"]:
        for name, chance in (("lateness", "p_late"), ("curve_reasons", "p_unpaid_30")):
            if said[name]:
                whole = said[name]["base"] + sum(part["points"] for part in said[name]["parts"])
                assert whole == pytest.approx(said[name]["chance"], abs=1e-9)
                assert whole == pytest.approx(said["late_risk"][chance], abs=1e-6)
        assert (said["lateness"] is None) == (said["late_risk"]["p_late"] == 1.0)


def test_the_curve_is_told_for_any_of_its_days(home):
    invoice = changes(home, TUESDAY, top=1)["moved"][0]["invoice_id"]
    told = explain(home, invoice, TUESDAY, since=FRIDAY, days=60)
    assert told["curve_reasons"]["figure"] == "p_unpaid_60"
    assert told["changes"]["horizon_days"] == 60
    at_60 = next(point["p_unpaid"] for point in told["late_risk"]["curve"] if point["day"] == 60)
    assert told["curve_reasons"]["chance"] == pytest.approx(at_60, abs=1e-6)


@pytest.fixture
def riskpay(capsys, home):
    def run(*arguments):
        code = main.main(["--home", str(home), *map(str, arguments)])
        return code, capsys.readouterr().out

    return run


def test_the_command_says_the_same_as_json_and_fits_the_terminal(riskpay, home):
    code, out = riskpay("changes", "--as-of", TUESDAY, "--top", 3, "--json")
    told = json.loads(out)
    assert code == 0
    ChangesAnswer.model_validate(told)
    assert [len(told[state]) for state in ("moved", "new", "settled")] == [3, 3, 3]
    sizes = [abs(item["p_unpaid_30"]["change"]) for item in told["moved"]]
    assert sizes == sorted(sizes, reverse=True)
    code, out = riskpay("changes")
    assert code == 0
    assert max(map(len, out.splitlines())) <= 100
    invoice = told["moved"][0]["invoice_id"]
    code, out = riskpay("explain", invoice, "--as-of", TUESDAY, "--since", MONDAY)
    assert code == 0
    assert "How the chance of being unpaid in 30 days comes about" in out
    assert f"The chance of being unpaid in 30 days since {MONDAY}" in out


@pytest.mark.parametrize(
    ("arguments", "expected", "said"),
    [
        (["changes", "--as-of", TUESDAY, "--since", TUESDAY], 2, "does not lie before"),
        (["changes", "--as-of", FRIDAY], 4, "no model scored a day before"),
        (["changes", "--as-of", TUESDAY, "--since", "2024-09-02"], 4, "no promoted model was trained"),
        (["changes", "--since", "1999-12-31"], 4, "nothing is known on 1999-12-31"),
        (["explain", "INV", "--horizon", "181"], 2, "a curve has no day 181"),
    ],
)
def test_what_cannot_be_compared_says_why(riskpay, arguments, expected, said):
    code, out = riskpay(*arguments, "--json")
    assert code == expected
    assert said in json.loads(out)["error"]["message"]


def test_a_day_nobody_scored_is_asked_of_its_champion_and_that_is_said(home):
    told = changes(home, TUESDAY, since=MONDAY - timedelta(days=1), top=2)
    assert told["runs"]["from"]["run_id"] is None
    fitting = Home.open(home).registry.champions.fitting(MONDAY - timedelta(days=1)).version
    assert told["runs"]["from"]["model_version"] == fitting
    assert told["notes"] == [f"no model scored 2024-12-15: its chances are those that model {fitting} gives of it"]


def test_the_api_and_the_page_tell_the_same_of_a_customer(home):
    with Store(home / "store.db") as store:
        client = Client(create_app(store, lambda: open_scorer(home)), {"X-API-Key": store.keys.create("test")})
        book = client.get(f"/v1/changes?as_of={TUESDAY}&top=5").json()
        ChangesAnswer.model_validate(book)
        assert book == changes(home, TUESDAY, top=5)
        entry = store.worklists.page(store.worklists.latest(TUESDAY), limit=500).entries[0]
        company, customer = entry.payload["company_id"], entry.payload["customer_id"]
        address = f"/v1/customers/{customer}/changes?company_id={company}&as_of={TUESDAY}"
        told = client.get(address).json()
        CustomerChangesAnswer.model_validate(told)
        for item in told["items"]:
            adds_up(item)
        refused = client.get(f"/v1/customers/nobody/changes?as_of={TUESDAY}")
        assert (refused.status_code, refused.json()["code"]) == (404, "not_there")
        browser = Client(client.app)
        browser.post("/sign-in", data={"key": store.keys.create("page")})
        pages = [browser.get(f"/customers/{customer}?company_id={company}&as_of={TUESDAY}").text for _ in range(2)]
        assert "What changed since 16 Dec 2024" in pages[1]
        for item in told["items"][:3]:
            assert item["invoice_id"] in pages[1]


def test_importance_is_kept_with_the_model(home):
    client = Home.open(home).registry._client
    run = client.get_model_version("late_payment", learnt(home)[-1]).tags["run"]
    kept = {file.path for folder in (None, "plots") for file in client.list_artifacts(run, folder)}
    assert {"importance.json", "plots/importance_p_late.html", "plots/importance_p_unpaid_30.html"} <= kept
    looks_at = json.loads(Path(client.download_artifacts(run, "importance.json")).read_text(encoding="utf-8"))
    assert {one["family"] for one in looks_at["p_late"]["families"]} >= {"habit", "history", "calendar"}
    assert looks_at["p_unpaid_30"]["questions"] >= looks_at["p_late"]["questions"] > 0


def test_chances_that_were_others_when_they_were_published_are_said(home, tmp_path):
    """A load after both days brings invoices of a listed customer that were issued long before them."""
    assert changes(home, TUESDAY, top=1)["notes"] == []
    home = Path(shutil.copytree(home, tmp_path / "home"))
    with Store(home / "store.db") as store:
        entries = [entry.payload for entry in store.worklists.page(store.worklists.latest(MONDAY), limit=500).entries]
    # Long past the due date nothing moves a chance any more.
    entry = min(entries, key=lambda entry: max(item["days_past_due"] for item in entry["items"]))
    lines = ["invoice_id,customer_id,issue_date,due_date,amount,currency"]
    lines += [f"EXTRA{n},{entry['customer_id']},2024-10-01,2024-10-15,9000.00,USD" for n in range(6)]
    folder = tmp_path / "late"
    folder.mkdir()
    (folder / "invoices.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    ingest(home, folder, "canonical", date(2024, 12, 31))
    notes = changes(home, TUESDAY, top=1)["notes"]
    assert [note.split(" published for ")[1][:10] for note in notes] == [MONDAY.isoformat(), TUESDAY.isoformat()]
    assert "what is known of that day changed since" in notes[0]

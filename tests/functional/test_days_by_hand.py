"""Days on small ledgers written by hand, ranked by points: what was known goes in as tables, what is done comes out."""

from datetime import date, timedelta

import pytest

from riskpay.ledger.tables import TAKEN_BACK
from riskpay.workflows.daily import DailyResult, daily
from riskpay.workflows.ingest import ingest
from riskpay.workflows.lists import cadence, worklist

DAY = date(2024, 7, 1)
COMPANIES = """
company_id,name,currency,country,time_zone
1,Us,USD,US,America/New_York
2,De,EUR,DE,Europe/Berlin
"""


class Play:
    """A home that loads tables (comma separated text, by name) and does days without a model."""

    def __init__(self, place):
        self.place = place
        self.home = place / "home"
        self.loads = 0

    def load(self, day=DAY, **tables: str) -> None:
        self.loads += 1
        folder = self.place / f"load_{self.loads}"
        folder.mkdir()
        for name, text in {"companies": COMPANIES, **tables}.items():
            (folder / f"{name}.csv").write_text(text.strip().replace("\n ", "\n") + "\n")
        ingest(self.home, folder, "canonical", day)

    def day(self, day=DAY) -> DailyResult:
        return daily(self.home, day, without_model=True)

    def entries(self, day=DAY) -> dict[str, dict]:
        return {entry["customer_id"]: entry for entry in worklist(self.home, day)["entries"]}

    def steps(self, customer: str, day=DAY) -> list[dict]:
        return cadence(self.home, customer, day)["steps"]


@pytest.fixture
def play(tmp_path):
    return Play(tmp_path)


CUSTOMERS = """
company_id,customer_id,name,debtor_type,country,email,phone
1,C1,Shop,company,US,a@b.example,1
"""
TWO_ITEMS = """
invoice_id,customer_id,issue_date,due_date,amount,currency
A,C1,2024-05-01,2024-06-10,500000,USD
B,C1,2024-06-20,2024-08-10,500000,USD
"""
CASH_TODAY = """
payment_id,customer_id,value_date,amount,currency
P1,C1,2024-07-01,1,USD
"""


@pytest.mark.parametrize("items", [1, 2])
def test_a_day_without_a_model_ranks_any_number_of_items_by_points(play, items):
    play.load(customers=CUSTOMERS, invoices="\n".join(TWO_ITEMS.strip().splitlines()[: items + 1]), payments=CASH_TODAY)
    done = play.day()
    assert (done.open_items, done.model_version) == (items, None)
    entry = play.entries()["C1"]
    assert (entry["strategy"], entry["p_late"]) == ("points", None)
    assert len(play.steps("C1")) == items


def test_hours_of_a_customer_without_a_country_are_those_of_its_own_legal_entity(play):
    """Eight to twenty-one o'clock in Berlin, in summer."""
    play.load(
        customers="company_id,customer_id,name\n2,k,K",
        invoices="company_id,invoice_id,customer_id,issue_date,due_date,amount,currency\n"
        "2,A,k,2024-05-01,2024-06-10,5000,EUR",
        payments="company_id,payment_id,customer_id,value_date,amount,currency\n2,P,k,2024-07-01,1,EUR",
    )
    play.day()
    assert play.entries()["k"]["call_hours"] == ["2024-07-01T06:00:00+00:00", "2024-07-01T19:00:00+00:00"]


def test_invoices_that_go_on_do_not_freshen_the_bank_data_of_a_silent_bank(play):
    """Each legal entity by its own bank: that of 1 is silent since May, that of 2 told of cash today."""
    play.load(
        customers="company_id,customer_id,name\n1,k,K\n2,m,M",
        invoices="company_id,invoice_id,customer_id,issue_date,due_date,amount,currency\n"
        "1,A,k,2024-05-01,2024-06-10,5000,USD\n1,B,k,2024-07-01,2024-08-10,5000,USD\n"
        "2,C,m,2024-05-01,2024-06-10,5000,EUR",
        payments="company_id,payment_id,customer_id,value_date,amount,currency\n"
        "1,P1,k,2024-05-01,1,USD\n2,P2,m,2024-07-01,1,EUR",
    )
    play.day()
    rule = "stale bank data: newest cash fact is of 2024-05-01, 61 days old"
    assert {(step["state"], step["rule"]) for step in play.steps("k")} == {("suppressed", rule)}
    assert {step["state"] for step in play.steps("m")} == {"planned"}


PAYER = """
customer_id,name,payer_id,debtor_type,country,email,phone
Z,Payer,,company,US,a@b.example,1
S,Shop,Z,company,US,a@b.example,1
T,Tent,Z,company,US,a@b.example,1
"""
BOUGHT = """
invoice_id,customer_id,issue_date,due_date,amount,currency
A,S,2024-05-01,2024-06-10,500000,USD
B,T,2024-05-01,2024-06-10,300000,USD
"""
PROMISE = "promise_id,customer_id,amount,promised_on,promised_for\n"
BLOCK = "block_id,customer_id,reason,blocked_on,until\n"
CONTACT = "contact_id,customer_id,channel,direction,contacted_at,outcome\n"
CASH = "payment_id,customer_id,value_date,amount,currency\n"


def _bought(play, cash="P1,Z,2024-07-01,1,USD"):
    play.load(customers=PAYER, invoices=BOUGHT, payments=CASH + cash)


def test_cash_of_a_payer_is_set_against_the_items_of_its_customers(play):
    _bought(play, "P1,Z,2024-07-01,600000,USD")
    play.day()
    assert play.entries()["Z"]["collectible_amount"] == "2000.00"


def test_cash_of_a_customer_is_set_against_its_own_items_alone(play):
    _bought(play, "P1,T,2024-07-01,600000,USD")
    play.day()
    assert play.entries()["Z"]["collectible_amount"] == "5000.00"


@pytest.mark.parametrize(("who", "left"), [("Z", None), ("S", "2999.99"), ("T", "4999.99")])
def test_a_promise_of_the_listed_payer_holds_for_all_it_pays_for(play, who, left):
    _bought(play)
    play.load(promises=PROMISE + f"P,{who},,2024-07-01,2024-07-20")
    play.day()
    assert play.entries().get("Z", {}).get("collectible_amount") == left
    held = {name for name in "ST" for step in play.steps(name) if step["rule"].startswith("promise")}
    assert held == ({"S", "T"} if who == "Z" else {who})


def test_a_block_of_the_listed_payer_holds_for_all_it_pays_for(play):
    _bought(play)
    play.load(blocks=BLOCK + "B,Z,complaint,2024-07-01,2024-07-30")
    play.day()
    assert play.entries() == {}
    rules = {(step["state"], step["rule"]) for name in "ST" for step in play.steps(name)}
    assert rules == {("suppressed", "block: until 2024-07-30")}


@pytest.mark.parametrize(("who", "served"), [("Z", {"S", "T"}), ("S", {"S"})])
def test_a_contact_with_the_listed_payer_carries_out_the_steps_of_all_it_pays_for(play, who, served):
    _bought(play)
    play.day()
    assert {step["channel"] for name in "ST" for step in play.steps(name)} == {"email"}
    play.load(contacts=CONTACT + f"X,{who},email,out,2024-07-01T15:00:00,sent")
    later = date(2024, 7, 3)
    play.day(later)
    sent = {name for name in "ST" for step in play.steps(name, later) if step["state"] == "sent"}
    assert sent == served


def test_a_broken_promise_of_the_listed_payer_is_a_must_contact(play):
    _bought(play)
    play.load(promises=PROMISE + "P,Z,,2024-06-15,2024-06-20")
    play.day()
    assert play.entries()["Z"]["must_contact"] == "broken promise"


HISTORY = [date(2024, 1, 10) + timedelta(days=7 * week) for week in range(10)]


def _paid_well(play, customers, *invoices):
    """C1 paid ten invoices on their due date; ``invoices`` are open."""
    due = [f"H{n},C1,{day - timedelta(days=30)},{day},10000,USD" for n, day in enumerate(HISTORY)]
    cash = [f"Q{n},C1,{day},10000,USD" for n, day in enumerate(HISTORY)]
    used = [f"{n},payment,Q{n},H{n},10000,{day}" for n, day in enumerate(HISTORY)]
    play.load(
        customers=customers,
        invoices="\n".join(["invoice_id,customer_id,issue_date,due_date,amount,currency", *due, *invoices]),
        payments="\n".join([CASH_TODAY.strip(), *cash]),
        allocations="\n".join(["allocation_id,source_type,source_id,invoice_id,amount,allocated_on", *used]),
    )


@pytest.mark.parametrize(
    ("email", "first", "later"),
    [
        ("a@b.example", ("automatic", "planned", 1), [("sent", 1), ("planned", 2)]),
        ("", ("collector", "planned", 1), [("planned", 1)]),
    ],
)
def test_an_email_to_nobody_is_not_sent_and_the_level_does_not_rise(play, email, first, later):
    customers = f"customer_id,name,debtor_type,country,email\nC1,Shop,company,US,{email}"
    _paid_well(play, customers, "A,C1,2024-06-01,2024-06-24,500000,USD")
    play.day()
    (step,) = play.steps("C1")
    assert (step["owner"], step["state"], step["dunning_level"]) == first
    assert ("no address for email: not automatic" in step["rule"]) == (email == "")
    next_day = date(2024, 7, 2)
    play.day(next_day)
    assert [(step["state"], step["dunning_level"]) for step in play.steps("C1", next_day)] == later


def test_the_address_of_the_payer_serves_for_its_customers(play):
    customers = (
        "customer_id,name,payer_id,debtor_type,country,email\nC1,Shop,Z,company,US,\nZ,Payer,,company,US,z@b.example"
    )
    _paid_well(play, customers, "A,C1,2024-06-01,2024-06-24,500000,USD")
    play.day()
    (step,) = play.steps("C1")
    assert step["owner"] == "automatic"


@pytest.mark.parametrize("day", [5, 8])
def test_a_returned_debit_ends_the_wait_for_it_at_once(play, day):
    """Due on Tuesday the 2nd, taken that day, returned on the 4th; the item of August still pays itself."""
    today = date(2024, 7, day)
    play.load(
        today,
        customers=CUSTOMERS.replace(",phone\n", ",phone,payment_method\n").replace(
            "example,1", "example,1,direct_debit"
        ),
        invoices="invoice_id,customer_id,issue_date,due_date,amount,currency\n"
        "A,C1,2024-06-01,2024-07-02,500000,USD\nB,C1,2024-06-20,2024-08-10,500000,USD",
        payments=CASH + f"P1,C1,2024-07-02,500000,USD\nP2,C1,{today},1,USD",
        allocations="allocation_id,source_type,source_id,invoice_id,amount,allocated_on\nx,payment,P1,A,500000,2024-07-02",
        payment_reversals="payment_id,reversed_on,reason\nP1,2024-07-04,insufficient funds",
    )
    play.day(today)
    entry = play.entries(today)["C1"]
    assert (entry["must_contact"], entry["collectible_amount"]) == ("returned debit", "4999.99")
    states = {step["invoice_id"]: step["state"] for step in play.steps("C1", today)}
    assert states == {"A": "planned", "B": "suppressed"}


def test_a_debit_that_came_back_before_the_money_could_have_come_is_called_the_day_after_it_was_due(play):
    """No posting lag is waited for: nothing is on its way."""
    today = date(2024, 7, 3)
    play.load(
        today,
        customers=CUSTOMERS,
        invoices="invoice_id,customer_id,issue_date,due_date,amount,currency\nA,C1,2024-06-01,2024-07-02,500000,USD",
        payments=CASH + "P1,C1,2024-07-01,500000,USD",
        allocations="allocation_id,source_type,source_id,invoice_id,amount,allocated_on\nx,payment,P1,A,500000,2024-07-01",
        payment_reversals="payment_id,reversed_on,reason\nP1,2024-07-01,insufficient funds",
    )
    play.day(today)
    assert play.entries(today)["C1"]["must_contact"] == "returned debit"


# what was promised on 06-05 for 06-12 | what came | what is said of it on 07-01; A (1,000.00) was there then, B came later
PROMISED = {
    "the account, paid at once": ("C1,,100000", "P,C1,2024-06-10,100000,USD", "A", None),
    "the account, paid late": ("C1,,100000", "P,C1,2024-06-28,100000,USD", "A", None),
    "the account, paid in part": ("C1,,100000", "P,C1,2024-06-10,99998,USD", "A", "broken promise"),
    "the account, paid before the promise": ("C1,,30000", "P,C1,2024-06-04,100000,USD", "A", "broken promise"),
    "all that was open, and it is paid": ("C1,,", "P,C1,2024-06-10,100000,USD", "A", None),
    "all that was open, and nothing came": ("C1,,", None, None, "broken promise"),
    "a document in part, and that came": ("C1,A,40000", "P,C1,2024-06-10,40000,USD", "A", None),
    "a document in part, and less came": ("C1,A,40000", "P,C1,2024-06-10,39999,USD", "A", "broken promise"),
    "a document, and another was paid": ("C1,A,20000", "P,C1,2024-06-10,20000,USD", "B", "broken promise"),
}


@pytest.mark.parametrize("case", PROMISED)
def test_a_promise_is_judged_by_the_cash_that_came_since(play, case):
    promise, payment, invoice, must = PROMISED[case]
    used = [f"x,payment,P,{invoice},{payment.split(',')[3]},{payment.split(',')[2]}"] if payment else []
    play.load(
        customers=CUSTOMERS,
        invoices="invoice_id,customer_id,issue_date,due_date,amount,currency\n"
        "A,C1,2024-05-01,2024-05-31,100000,USD\nB,C1,2024-06-06,2024-06-25,30000,USD",
        payments="\n".join([CASH_TODAY.strip(), *([payment] if payment else [])]),
        allocations="\n".join(["allocation_id,source_type,source_id,invoice_id,amount,allocated_on", *used]),
        promises=f"promise_id,customer_id,invoice_id,amount,promised_on,promised_for\nW,{promise},2024-06-05,2024-06-12",
    )
    play.day()
    assert play.entries()["C1"]["must_contact"] == must


def test_a_promise_that_is_paid_holds_nothing_more(play):
    """1,000.00 promised and paid the same week: the other invoice is collected."""
    play.load(
        customers=CUSTOMERS,
        invoices="invoice_id,customer_id,issue_date,due_date,amount,currency\n"
        "A,C1,2024-05-01,2024-05-31,100000,USD\nB,C1,2024-05-06,2024-06-25,30000,USD",
        payments=CASH_TODAY.strip() + "\nP,C1,2024-06-28,100000,USD",
        allocations="allocation_id,source_type,source_id,invoice_id,amount,allocated_on\nx,payment,P,A,100000,2024-06-28",
        promises="promise_id,customer_id,amount,promised_on,promised_for\nW,C1,100000,2024-06-26,2024-07-10",
    )
    play.day()
    assert play.entries()["C1"]["collectible_amount"] == "299.99"


def _opened(valid_from=""):
    head = "customer_id,name,debtor_type,country,email,opening_dunning_level,valid_from"
    return f"{head}\nC1,Shop,company,US,a@b.example,3,{valid_from}"


OLD, YOUNG = "A,C1,2024-05-01,2024-05-20,500000,USD", "B,C1,2024-07-02,2024-07-05,500000,USD"


def test_an_opening_level_counts_for_what_was_there_at_go_live_only(play):
    """The first plan is of July 1; an invoice of July 2 begins with a reminder."""
    _paid_well(play, _opened(), OLD)
    play.day()
    assert [step["step_code"] for step in play.steps("C1")] == ["reliable_demand"]
    later = date(2024, 7, 12)
    play.load(later, invoices=f"invoice_id,customer_id,issue_date,due_date,amount,currency\n{YOUNG}")
    play.load(later, payments=CASH + f"Y,C1,{later},1,USD")
    play.day(later)
    steps = {step["invoice_id"]: step["step_code"] for step in play.steps("C1", later)}
    assert steps == {"A": "reliable_demand", "B": "reliable_reminder"}


def test_an_opening_level_is_not_cut_by_the_day_since_when_the_attributes_hold(play):
    """A customer since 2020 had reached its level by the first plan, with an invoice of 2024."""
    _paid_well(play, _opened("2020-01-01"), OLD)
    play.day()
    assert [step["step_code"] for step in play.steps("C1")] == ["reliable_demand"]


@pytest.mark.parametrize(("rolls", "segment", "late"), [("true", "reliable", 0), ("false", "habitually_late", 9)])
def test_who_pays_saturdays_on_monday_is_late_only_where_due_dates_do_not_roll(play, rolls, segment, late):
    saturdays = [date(2024, 1, 6) + timedelta(days=7 * week) for week in range(20)]
    paid = [day + timedelta(days=2) for day in saturdays]
    due = [f"H{n},C1,{day - timedelta(days=30)},{day},10000,USD" for n, day in enumerate(saturdays)]
    used = [f"{n},payment,Q{n},H{n},10000,{day}" for n, day in enumerate(paid)]
    play.load(
        customers=CUSTOMERS,
        invoices="\n".join([TWO_ITEMS.strip(), *due]),
        payments="\n".join([CASH_TODAY.strip(), *(f"Q{n},C1,{day},10000,USD" for n, day in enumerate(paid))]),
        allocations="\n".join(["allocation_id,source_type,source_id,invoice_id,amount,allocated_on", *used]),
    )
    (play.home / "policy.yaml").write_text(f"effective_due_date: {{roll_weekends: {rolls}, roll_holidays: {rolls}}}")
    play.day()
    entry = play.entries()["C1"]
    assert entry["segment"] == segment
    assert entry["reasons"][0].startswith("paid all of the last 9 invoices on time" if not late else f"paid {late} of")
    told = cadence(play.home, "C1", DAY)["segment_rule"]
    assert told.endswith("1.00 by the due dates as written")


def test_a_payment_that_is_told_otherwise_is_no_returned_debit(play):
    """1.00 was 2.00 after all: a correction, not a bank that took money back."""
    _paid_well(play, CUSTOMERS, "A,C1,2024-05-01,2024-06-10,500000,USD", "B,C1,2024-06-20,2024-08-10,500000,USD")
    later = date(2024, 7, 2)
    play.load(later, payments=CASH_TODAY.replace("2024-07-01,1,", "2024-07-01,200,"))
    play.day(later)
    assert play.entries(later)["C1"]["must_contact"] is None


def test_an_item_that_an_export_shows_as_open_again_is_no_returned_debit(play):
    play.load(
        customers=CUSTOMERS,
        invoices="invoice_id,customer_id,issue_date,due_date,amount,currency\nA,C1,2024-05-01,2024-06-10,500000,USD",
        payments=CASH_TODAY.strip() + "\nQ,C1,2024-06-10,500000,USD",
        allocations="allocation_id,source_type,source_id,invoice_id,amount,allocated_on\nx,payment,Q,A,500000,2024-06-10",
        payment_reversals=f"payment_id,reversed_on,reason\nQ,2024-06-28,{TAKEN_BACK}",
    )
    play.day()
    assert play.entries()["C1"]["must_contact"] is None


PROMISED_TWICE = "W1,C1,{},10000,2024-06-01,2024-06-10\nW2,C1,{},10000,2024-06-01,{}"


@pytest.mark.parametrize(
    ("documents", "second_for", "paid", "collected", "must"),
    [
        (("", ""), "2024-07-10", 10000, "800.00", None),  # the second holds its 100 of the 900 that are left
        (("", ""), "2024-07-10", 20000, "800.00", None),
        (("", ""), "2024-06-20", 10000, "900.00", "broken promise"),
        (("", ""), "2024-06-20", 20000, "800.00", None),
        (("A", ""), "2024-06-20", 10000, "900.00", "broken promise"),  # what is paid for A is paid for A alone
        (("", "A"), "2024-06-20", 10000, "900.00", "broken promise"),
        (("A", ""), "2024-06-20", 20000, "800.00", None),
    ],
)
def test_cash_counts_for_one_promise_only(play, documents, second_for, paid, collected, must):
    """A of 1,000.00; 100.00 promised twice."""
    play.load(
        customers=CUSTOMERS,
        invoices="invoice_id,customer_id,issue_date,due_date,amount,currency\nA,C1,2024-05-01,2024-05-31,100000,USD",
        payments=CASH + f"P,C1,2024-06-09,{paid},USD\nZ,C1,2024-05-31,1,USD\nY,C1,2024-06-30,1,USD",
        allocations="allocation_id,source_type,source_id,invoice_id,amount,allocated_on\n"
        f"x,payment,P,A,{paid},2024-06-09\ny,payment,Z,A,1,2024-05-31\nz,payment,Y,A,1,2024-06-30",
        promises="promise_id,customer_id,invoice_id,amount,promised_on,promised_for\n"
        + PROMISED_TWICE.format(*documents, second_for),
    )
    play.day()
    entry = play.entries()["C1"]
    assert entry["must_contact"] == must
    # A cent came before the promises and one after them.
    assert abs(float(entry["collectible_amount"]) - float(collected)) < 0.03


@pytest.mark.parametrize(("item", "must"), [("A", None), ("B", "broken promise"), (None, None)])
def test_cash_of_a_payer_counts_for_a_promise_unless_it_was_for_the_items_of_another(play, item, must):
    used = [f"x,payment,P2,{item},100000,2024-06-09"] if item else []
    play.load(
        customers=PAYER,
        invoices=BOUGHT,
        payments=CASH + "P1,Z,2024-05-31,1,USD\nP2,Z,2024-06-09,100000,USD\nP3,T,2024-07-01,1,USD",
        allocations="\n".join(["allocation_id,source_type,source_id,invoice_id,amount,allocated_on", *used]),
        promises=PROMISE + "W,S,100000,2024-06-01,2024-06-10",
    )
    play.day()
    assert play.entries()["Z"]["must_contact"] == must


@pytest.mark.parametrize(("email", "known", "level"), [("", True, 2), ("", False, 2), ("a@b.example", False, 1)])
def test_a_step_without_an_address_is_carried_out_by_any_contact_of_a_person(play, email, known, level):
    """A call serves an e-mail that can be sent to nobody, whoever owns it; it serves no e-mail that has an address."""
    customers = f"customer_id,name,debtor_type,country,email\nC1,Shop,company,US,{email}"
    item = "A,C1,2024-06-01,2024-06-24,500000,USD"
    if known:
        _paid_well(play, customers, item)
    else:
        head = "invoice_id,customer_id,issue_date,due_date,amount,currency"
        play.load(customers=customers, invoices=f"{head}\n{item}", payments=CASH_TODAY)
    play.day()
    (step,) = play.steps("C1")
    assert (step["owner"], step["channel"], step["dunning_level"]) == ("collector", "email", 1)
    later = date(2024, 7, 2)
    play.load(later, contacts=CONTACT + "X,C1,phone,out,2024-07-01T15:00:00,reached")
    play.day(later)
    assert play.steps("C1", later)[-1]["dunning_level"] == level

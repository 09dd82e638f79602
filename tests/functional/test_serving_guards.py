"""Keys, sessions, limits, headers and the shape of errors."""

import logging
import socket
from types import SimpleNamespace

import httpx
import pytest

from riskpay import errors
from riskpay.reporting.wording import money, percent
from riskpay.serving import problems, run
from riskpay.serving.app import create_app
from riskpay.serving.guards import MAX_BODY_BYTES
from riskpay.serving.pages.docs import operations
from riskpay.serving.pages.guard import local_path
from riskpay.serving.pages.show import ticks
from riskpay.serving.testing import DAY, KNOWN, Client, FakeScorer, in_thread
from riskpay.store.database import Store

ADDRESSES = [
    ("POST", "/v1/scores"),
    ("GET", f"/v1/worklists/{DAY}"),
    ("GET", f"/v1/customers/{KNOWN}/cadence"),
]


@pytest.fixture
def key(store):
    return store.keys.create("test")


@pytest.fixture
def app(store):
    return create_app(store, FakeScorer)


@pytest.fixture
def stranger(app):
    return Client(app)


@pytest.fixture
def browser(stranger, key):
    assert stranger.post("/sign-in", data={"key": key}).status_code == 303
    return stranger


@pytest.mark.parametrize(("method", "path"), ADDRESSES)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-API-Key": "rp_wrong"},
        {"Authorization": "Bearer rp_wrong"},
        {"Authorization": "Basic cnA6"},
        {"X-API-Key": "é"},
    ],
    ids=["none", "wrong", "wrong bearer", "basic", "not ascii"],
)
def test_nothing_opens_without_a_key(stranger, method, path, headers):
    raw = {name: value.encode() for name, value in headers.items()}
    answer = stranger.ask(method, path, headers=raw, content=b"{not json")
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["code"] == "key_required"


@pytest.mark.parametrize("form", ["Authorization: Bearer {}", "authorization: bearer  {}", "X-API-Key: {}"])
def test_the_key_opens_in_either_header(stranger, key, form):
    name, _, value = form.format(key).partition(": ")
    assert stranger.get(f"/v1/worklists/{DAY}", headers={name: value}).status_code == 200


def test_a_withdrawn_key_opens_nothing(stranger, store, key):
    store.keys.revoke(store.keys.verify(key).key_id)
    assert stranger.get(f"/v1/worklists/{DAY}", headers={"X-API-Key": key}).status_code == 401


def test_a_browsers_session_does_not_open_the_api(browser):
    assert browser.get(f"/v1/worklists/{DAY}").status_code == 401


def test_every_address_under_v1_is_keyed_and_says_so(app, stranger):
    described = stranger.get("/openapi.json").json()
    keyed = {p: m for p, methods in described["paths"].items() for m, said in methods.items() if said.get("security")}
    assert set(keyed) == {
        "/v1/scores",
        "/v1/worklists/{as_of}",
        "/v1/changes",
        "/v1/customers/{customer_id}/cadence",
        "/v1/customers/{customer_id}/changes",
    }
    assert set(described["paths"]) - set(keyed) == {"/health"}


def test_health_needs_no_key_and_names_no_customer(stranger):
    assert stranger.get("/health").json() == {"status": "ok", "newest_list": "2019-08-01"}


@pytest.mark.parametrize(("size", "status"), [(MAX_BODY_BYTES, 422), (MAX_BODY_BYTES + 1, 413)])
def test_a_body_over_the_limit_is_refused_and_the_limit_named(stranger, key, size, status):
    answer = stranger.post("/v1/scores", content=b" " * size, headers={"X-API-Key": key})
    assert answer.status_code == status
    if status == 413:
        assert (answer.json()["code"], str(MAX_BODY_BYTES) in answer.json()["detail"]) == ("body_too_large", True)
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_body_that_lies_about_its_length_is_cut_off_too(app, key):
    taken = []

    async def endless():
        for _ in range(10_000):
            taken.append(1)
            yield b" " * 100_000

    async def ask():
        way = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=way, base_url="http://riskpay.test") as client:
            return await client.post("/v1/scores", content=endless(), headers={"X-API-Key": key})

    assert in_thread(ask()).status_code == 413
    assert len(taken) < 40


@pytest.mark.parametrize(
    "path", ["/sign-in", "/docs", "/health", "/static/riskpay.css", "/nothing", f"/v1/worklists/{DAY}"]
)
def test_every_answer_carries_the_headers_browsers_heed(stranger, path):
    headers = stranger.get(path).headers
    assert headers["content-security-policy"].startswith("default-src 'self';")
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert ("max-age" if "static" in path else "no-store") in headers["cache-control"]


def test_unknown_addresses_and_methods_are_problems(stranger):
    missing, wrong = stranger.get("/v1/nothing"), stranger.get("/v1/scores")
    assert [(a.status_code, a.json()["code"]) for a in (missing, wrong)] == [
        (404, "no_such_address"),
        (405, "method_not_allowed"),
    ]


def every_error(kind):
    return {kind}.union(*(every_error(below) for below in kind.__subclasses__()))


def test_every_error_of_riskpay_has_its_own_line_in_the_table():
    own = {kind for kind in every_error(errors.RiskpayError) if kind.__module__.startswith("riskpay.")}
    assert {kind for kind in own if kind.__module__ in {"riskpay.errors", "riskpay.serving.problems"}} <= set(
        problems.PROBLEMS
    )
    codes = [problem.code for problem in problems.PROBLEMS.values()]
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("kind", problems.PROBLEMS, ids=lambda kind: kind.__name__)
def test_every_error_becomes_a_problem_document(app, key, store, kind):
    made = (
        kind([{"loc": ("body", "a"), "msg": "b"}]) if kind.__name__ == "RequestValidationError" else kind("what came")
    )

    def broken():
        raise made

    client = Client(create_app(store, broken), {"X-API-Key": key})
    item = {"customer_id": "c", "issue_date": "2019-01-01", "due_date": "2019-01-02", "amount": "1", "currency": "USD"}
    answer = client.post("/v1/scores", json={"items": [item]})
    said, problem = answer.json(), problems.PROBLEMS[kind]
    assert answer.status_code == said["status"] == problem.status
    assert (said["code"], said["type"], said["title"]) == (problem.code, f"/docs#{problem.code}", problem.title)


def test_a_bug_tells_the_caller_nothing_of_the_inside(store, key):
    def broken():
        raise RuntimeError("password is hunter2")

    client = Client(create_app(store, broken), {"X-API-Key": key})
    item = {"customer_id": "c", "issue_date": "2019-01-01", "due_date": "2019-01-02", "amount": "1", "currency": "USD"}
    answer = client.post("/v1/scores", json={"items": [item]})
    assert (answer.status_code, answer.json()["code"]) == (500, "bug")
    assert "hunter2" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-security-policy"].startswith("default-src 'self';")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_no_secret_is_logged(stranger, key, caplog):
    caplog.set_level(logging.DEBUG)
    stranger.get(f"/v1/worklists/{DAY}", headers={"X-API-Key": key})
    stranger.post("/sign-in", data={"key": key})
    stranger.post("/sign-in", data={"key": key + "x"})
    assert key not in caplog.text


@pytest.mark.parametrize("path", ["/", f"/customers/{KNOWN}?company_id=1"])
def test_pages_lead_a_stranger_to_the_form_and_back(stranger, key, path):
    answer = stranger.get(path)
    assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/sign-in")
    form = stranger.get(answer.headers["location"])
    assert f'value="{path}"' in form.text
    onward = stranger.post("/sign-in", data={"key": f" {key}\n", "to": path})
    assert (onward.status_code, onward.headers["location"]) == (303, path)
    assert stranger.get(path).status_code == 200


def test_the_session_cookie_is_closed_to_scripts_and_other_sites(stranger, key):
    cookie = stranger.post("/sign-in", data={"key": key}).headers["set-cookie"].lower()
    assert all(part in cookie for part in ("httponly", "samesite=lax", "path=/", "max-age=43200"))
    assert "secure" not in cookie
    safe = stranger.post("https://riskpay.test/sign-in", data={"key": key}).headers["set-cookie"].lower()
    assert "secure" in safe


@pytest.mark.parametrize("data", [{"key": "rp_wrong"}, {"key": ""}, {}])
def test_a_wrong_key_opens_no_session(stranger, data):
    answer = stranger.post("/sign-in", data=data)
    assert answer.status_code == 401
    assert "not one of ours" in answer.text
    assert "set-cookie" not in answer.headers


def test_signing_out_ends_the_session_for_good(browser, app):
    kept = httpx.Cookies(browser.cookies)
    assert browser.get("/").status_code == 200
    browser.post("/sign-out")
    assert browser.get("/").status_code == 303
    assert Client(app, cookies=kept).get("/").status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.test"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_forms_from_other_sites_are_refused(browser, key, headers):
    for path in ("/sign-in", "/sign-out"):
        assert browser.post(path, data={"key": key}, headers=headers).status_code == 403
    assert browser.get("/").status_code == 200


@pytest.mark.parametrize("headers", [{"Origin": "http://riskpay.test"}, {"Sec-Fetch-Site": "same-origin"}])
def test_forms_from_our_own_pages_are_taken(stranger, key, headers):
    assert stranger.post("/sign-in", data={"key": key}, headers=headers).status_code == 303


@pytest.mark.parametrize(
    ("to", "led"),
    [
        ("/?collector=anna", "/?collector=anna"),
        ("https://evil.test/", "/"),
        ("//evil.test", "/"),
        ("/\\evil.test", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\r\nSet-Cookie: x", "/"),
        ("", "/"),
        ("//[", "/"),
    ],
)
def test_a_sign_in_leads_to_our_own_pages_only(to, led):
    assert local_path(to) == led


def test_a_page_for_a_day_without_a_list_says_what_to_do(browser):
    answer = browser.get("/?as_of=2019-08-05")
    assert answer.status_code == 404
    assert "riskpay daily --as-of 2019-08-05" in answer.text
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("path", ["/?as_of=x", "/?after=x", "/?collector=nobody", "/customers/nobody"])
def test_pages_say_bad_questions_as_pages(browser, path):
    answer = browser.get(path)
    assert answer.status_code in {400, 404, 422}
    assert "<h1>" in answer.text


def test_a_store_without_a_list_says_how_to_make_one(tmp_path):
    with Store(tmp_path / "new.db") as store:
        client = Client(create_app(store, FakeScorer))
        client.post("/sign-in", data={"key": store.keys.create("x")})
        assert "riskpay daily" in client.get("/").text


def test_what_people_wrote_is_shown_as_text(browser, store):
    evil = "<script>alert(1)</script>"
    shown = store.worklists.latest(DAY)
    [first, *_] = store.worklists.page(shown).entries
    payload = {**first.payload, "name": evil, "reasons": [evil], "customer_id": 'a"b/c&d'}
    store.worklists.publish(shown.run_id, DAY, [{"collector": evil, "entries": [payload]}])
    text = browser.get("/").text
    assert evil not in text
    assert text.count("&lt;script&gt;") >= 3
    assert "/customers/a%22b/c%26d?company_id=1" in text


def test_the_docs_show_every_address_every_code_and_valid_examples(stranger, app):
    text = stranger.get("/docs").text
    for path in app.openapi()["paths"]:
        assert path in text
    for problem in problems.PROBLEMS.values():
        assert f'id="{problem.code}"' in text
    assert "http://" not in text
    assert "https://" not in text


def test_ticks_become_code_and_markup_stays_text():
    assert ticks("a <b> `c <d>` e") == "a &lt;b&gt; <code>c &lt;d&gt;</code> e"


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.0, "0 %"),
        (0.004, "under 1 %"),
        (0.014, "1 %"),
        (0.625, "62 %"),
        (0.997, "over 99 %"),
        (1.0, "100 %"),
        (None, ""),
    ],
)
def test_a_chance_is_never_said_to_be_certain_when_it_is_not(share, said):
    assert percent(share) == said


@pytest.mark.parametrize(("text", "said"), [("1234567.80", "1,234,567.80"), ("5", "5"), (None, ""), ("0.000", "0.000")])
def test_money_is_read_in_thousands_with_its_own_digits(text, said):
    assert money(text) == said


def test_the_documented_example_is_answered(stranger, key, app):
    [op] = [op for op in operations(app.openapi()) if op.path == "/v1/scores"]
    answer = stranger.post(
        "/v1/scores", content=op.asked, headers={"X-API-Key": key, "Content-Type": "application/json"}
    )
    assert answer.status_code == 200
    assert "error" not in answer.json()["results"][0]


def test_serve_says_the_key_once_and_the_address(tmp_path, monkeypatch, capsys):
    def sockets_seen(sockets):
        assert len(sockets) == 1

    monkeypatch.setattr(run.uvicorn, "Server", lambda _config: SimpleNamespace(run=sockets_seen))
    run.serve(tmp_path, port=0)
    first = capsys.readouterr()
    assert first.out == ""
    assert first.err.count("rp_") == 1
    assert "http://127.0.0.1:" in first.err
    run.serve(tmp_path, port=0)
    assert "rp_" not in capsys.readouterr().err


def test_a_taken_address_is_said(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(errors.UsageError, match="listened on"):
        run.serve(tmp_path, port=taken.getsockname()[1])

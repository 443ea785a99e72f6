"""What a browser would never send to a screen is refused in words, or left out; it never breaks anything."""

import asyncio

import pytest
from django.test import Client

from hausmeister.pager import links
from hausmeister.web import front, listeners
from hausmeister.web.answers import is_ours
from hausmeister.web.forms import LARGEST_NUMBER, whole_number
from tests import builders
from tests.web.visitors import browser

NUMBERS = ["9" * 19, "9" * 30, "9" * 5000, "-1", "٣", "²", "1e9", "", " "]
MOMENTS = [
    "0001-01-01", "0001-01-01T00:00", "0001-01-01T00:00+14:00", "9999-12-31T23:59", "9999-12-31T23:59-14:00", "never",
]  # fmt: skip
LENGTHS = ["99999999999999999999d", "99999999999d", "9999999d", "9" * 5000 + "s", "-1h", ""]
PAGES = ["/a\nb", "/x\r\nSet-Cookie: a=b", "/\x00", "/ä", "//evil.example"]
OVERRIDE = {
    "post": "primary", "starts_at": "2027-01-01T00:00", "ends_at": "2027-01-02T00:00", "reason": "", "anyway": "yes",
}  # fmt: skip


def cases():  # type: ignore[no-untyped-def]
    """Yield (path, form, the field that is odd, its values); PAGE and ANA stand for their numbers."""
    yield "/alerts/act", {"do": "acknowledge"}, "chosen", NUMBERS
    yield "/pages/PAGE/escalate", {}, "steps", NUMBERS
    yield "/pages/PAGE/reassign", {}, "to", NUMBERS
    yield "/pages/PAGE/snooze", {}, "until", MOMENTS
    yield "/pages/PAGE/snooze", {}, "for", LENGTHS
    yield "/profile/ladders/important", {"method": "1"}, "after", NUMBERS
    yield "/profile/ladders/important", {"after": "5"}, "method", NUMBERS
    yield "/rota/override", {**OVERRIDE, "person": "ANA"}, "starts_at", MOMENTS
    yield "/rota/override", {**OVERRIDE, "person": "ANA"}, "ends_at", MOMENTS
    yield "/rota/override", OVERRIDE, "person", NUMBERS
    yield "/leave", {"ends_on": "2027-01-01"}, "starts_on", [one[:10] for one in MOMENTS]
    yield "/leave", {"starts_on": "2027-01-01"}, "ends_on", [one[:10] for one in MOMENTS]
    yield "/leave", {"starts_on": "9999-12-31"}, "ends_on", ["9999-12-31"]
    yield "/leave", {"starts_on": "0001-01-01"}, "ends_on", ["0001-01-01"]
    yield "/pages/PAGE/note", {"text": "x"}, "next", PAGES


@pytest.mark.parametrize("by_htmx", [False, True])
@pytest.mark.parametrize(
    ("path", "form", "field", "values"), list(cases()), ids=[f"{case[0]} {case[2]}" for case in cases()]
)
def test_an_odd_form_is_answered_in_words(world, trio, path, form, field, values, by_htmx):
    page = world.fire("Disk full", severity="critical")
    world.tick()
    world.forget()
    client = browser(trio.carla, headers={"HX-Request": "true"} if by_htmx else {})
    for value in values:
        given = {name: text.replace("ANA", str(trio.ana.pk)) for name, text in {**form, field: value}.items()}
        answer = client.post(path.replace("PAGE", str(page.pk)), given)
        assert answer.status_code in {200, 204, 303, 404, 422}, (value, answer.status_code)
        for header in answer.headers.values():
            assert header.isprintable(), header
            assert "evil.example" not in header
    world.tick()
    world.forget()


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("/rota?from=", MOMENTS),
        ("/rota?view=month&from=", MOMENTS),
        ("/rota?view=mine&from=", MOMENTS),
        ("/policy?version=", NUMBERS),
        ("/alerts?page=", NUMBERS),
        ("/alerts?priority=", NUMBERS),
        ("/pulse?since=", NUMBERS),
        ("/people?team=", NUMBERS),
    ],
)
def test_an_odd_address_is_answered(world, trio, path, values):
    client = browser(trio.carla)
    for value in values:
        assert client.get(path + value[:10] if "from" in path else path + value).status_code in {200, 404}, value


@pytest.mark.parametrize("steps", NUMBERS)
def test_an_odd_number_in_the_form_of_a_link_changes_nothing_that_it_should_not(world, trio, steps):
    page = world.fire("Disk full", severity="critical")
    world.tick()
    world.forget()
    url = links.make(page_id=page.pk, person_id=trio.ana.pk, method_id=trio.ana.methods.get().pk, now=world.now)
    path = url.removeprefix("http://testserver")
    assert Client().post(path, {"do": "escalate", "steps": steps}).status_code in {200, 303}
    world.tick()
    world.forget()


@pytest.mark.parametrize(
    ("text", "number"), [("0", 0), ("17", 17), (str(LARGEST_NUMBER), LARGEST_NUMBER), (str(LARGEST_NUMBER + 1), None)]
)
def test_a_number_is_what_a_table_can_hold(text, number):
    assert whole_number(text) == number


@pytest.mark.parametrize("address", ["/a\nb", "/a\r\nX: y", "/\x00", "/\x7f", "/\u2028x"])
def test_s23_an_address_that_would_end_a_header_is_not_ours(address):
    assert not is_ours(address)


# ---- cookies ----


@pytest.mark.parametrize("cookie", ['"aaaaaaaa\\000"', '"\\377\\000"', "a" * 5000, "' OR 1=1", '"aaaaaaaa\\012b"'])
def test_a_cookie_that_names_no_session_is_a_strangers_on_either_database(world, trio, cookie):
    """PostgreSQL refuses to be asked for a text with NUL in it, and a quoted cookie may hold one."""
    client = Client()
    client.cookies.load(f"session={cookie}")
    assert Client(headers={"Cookie": f"session={cookie}"}).get("/sign-in").status_code == 200
    assert Client(headers={"Cookie": f"session={cookie}"}).get("/").headers["Location"].startswith("/sign-in")
    assert listeners.of_cookies(f"session={cookie}", now=world.now) is None


def test_a_session_still_opens_what_it_opened(world, trio):
    client = browser(trio.ana)
    assert client.get("/").status_code == 200
    cookie = f"session={client.cookies['session'].value}"
    assert listeners.of_cookies(cookie, now=world.now) is not None


# ---- bodies ----


class Behind:
    """What stands behind the limit: notes what reaches it."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    async def __call__(self, scope, receive, send) -> None:  # type: ignore[no-untyped-def]
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message["body"], message["more_body"]
        self.bodies.append(body)
        await front.answer(send, 200, b"taken")


def sent_in_pieces(*pieces: bytes, ends: bool = True) -> tuple[list[bytes], list[int]]:
    """Send a body of unknown length through the limit; return what arrived behind it, and the statuses."""
    messages = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    messages.append({"type": "http.request", "body": b"", "more_body": False} if ends else {"type": "http.disconnect"})
    behind, statuses = Behind(), []

    async def receive():  # type: ignore[no-untyped-def]
        return messages.pop(0)

    async def send(message):  # type: ignore[no-untyped-def]
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    asyncio.run(front.BodyLimit(behind)({"type": "http", "headers": []}, receive, send))
    return behind.bodies, statuses


def test_a_body_of_unknown_length_arrives_whole_or_is_413_and_never_cut():
    assert sent_in_pieces(b"title=", b"x") == ([b"title=x"], [200])
    most = front.BODY_MOST_BYTES
    assert sent_in_pieces(b"a" * most) == ([b"a" * most], [200])
    assert sent_in_pieces(b"a" * most, b"b") == ([], [413])


def test_a_body_that_never_ends_costs_no_thread():
    assert sent_in_pieces(b"title=", ends=False) == ([], [])


# ---- what one may send oneself ----


def test_s45_six_messages_a_minute_to_addresses_of_ones_own(world, trio):
    client = browser(trio.ana)
    for number in range(6):
        client.post("/profile/methods", {"channel": "ntfy", "address": f"topic-{number}"})
    assert trio.ana.methods.filter(channel="ntfy").count() == 6
    client.post("/profile/methods", {"channel": "ntfy", "address": "topic-7"})
    assert trio.ana.methods.filter(channel="ntfy").count() == 6
    assert "Wait a little, then try again." in client.get("/profile").content.decode()
    last = trio.ana.methods.get(address__endswith="topic-5")
    client.post(f"/profile/methods/{last.pk}/code")
    client.post("/test-page")
    assert not builders.open_pages()
    world.tick()
    assert len(world.sent) == 6
    world.forget()


def test_s45_an_address_that_is_one_too_many_is_not_even_looked_up(world, trio, monkeypatch):
    asked: list[str] = []

    def judged(url: str) -> None:
        asked.append(url)

    monkeypatch.setattr("hausmeister.base.guard.judge_typed", judged)
    client = browser(trio.ana)
    for number in range(8):
        client.post("/profile/methods", {"channel": "webhook", "address": f"https://hooks.example/{number}"})
    assert len(asked) == 6
    world.tick()
    world.forget()

"""A typed address is dialled through the one guarded door: real sockets, nasty servers (S43 to S45)."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from hausmeister.rota.calendars import fetching, imports
from hausmeister.rota.calendars.models import CalendarImport
from hausmeister.rota.rules.calendars.importing import ImportKind
from hausmeister.team.models import Leave
from tests import builders
from tests.rota.calendars import files

GOOD = files.calendar(files.days("1", "20261207", "20261212"))


class _Calendar(BaseHTTPRequestHandler):
    """Answers by path, as a calendar server might on a bad day."""

    def do_GET(self):
        self.server.asked.append((self.path, dict(self.headers)))
        if self.path == "/moved.ics":
            self._answer(301, b"", Location="/good.ics")
        elif self.path == "/half.ics":
            self._answer(200, GOOD[:100], **{"Content-Length": str(len(GOOD))})
        elif self.path == "/huge.ics":
            self._pour()
        elif self.headers.get("If-None-Match") == '"v1"':
            self._answer(304, b"", ETag='"v1"')
        else:
            self._answer(200, GOOD, ETag='"v1"')

    def _pour(self):
        """Send 50 MB, or as much as is taken."""
        self.send_response(200)
        self.end_headers()
        try:
            for _ in range(800):
                self.wfile.write(b"x" * 65536)
                self.server.poured += 65536
        except OSError:
            self.close_connection = True

    def _answer(self, status, body, **headers):
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args):
        pass


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), _Calendar) as running:
        running.asked, running.poured = [], 0
        threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture
def look(world, trio, server, settings):
    settings.HAUSMEISTER_OUTGOING_PORTS = (server.server_port,)

    def run(path, one=None):
        if one is None:
            url = imports.fitting_address(f"http://127.0.0.1:{server.server_port}{path}")
            one = imports.add_import(
                ImportKind.LEAVE, person=trio.ana, name="x", url=url, by=builders.CONSOLE, now=world.now
            )
        fetching.look(one, now=world.now)
        one.refresh_from_db()
        return one

    return run


def test_a_calendar_is_fetched_with_no_more_than_a_question_and_then_only_asked_whether_it_changed(look, server):
    one = look("/good.ics")
    assert (one.problem, Leave.objects.count()) == ("", 1)
    look("", one)
    assert (one.problem, Leave.objects.count()) == ("", 1)
    (_, first), (_, second) = server.asked
    assert "If-None-Match" not in first
    assert second["If-None-Match"] == '"v1"'
    assert not {"Cookie", "Authorization", "Referer"} & first.keys()


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/moved.ics", "points to another address (301)"),
        ("/half.ics", "breaks off"),
        ("/huge.ics", "larger than 2 MiB"),
    ],
)
def test_no_redirect_is_followed_and_no_flood_is_drunk(look, server, path, words):
    assert words in look(path).problem
    assert [asked for asked, _ in server.asked] == [path]
    assert not Leave.objects.exists()
    assert server.poured < 20 * 1024 * 1024


def test_an_address_that_was_fine_when_it_was_typed_is_judged_again_when_it_is_dialled_s44(look, server, settings):
    one = look("/good.ics")
    settings.HAUSMEISTER_OUTGOING_ALLOW = ()
    look("", one)
    assert "does not lead to a public server" in one.problem
    assert len(server.asked) == 1
    assert Leave.objects.filter(cancelled_at=None).count() == 1
    assert CalendarImport.objects.get().taken_at is not None

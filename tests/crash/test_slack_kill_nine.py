"""A question asked in Slack is never lost and never taken twice, also when the program is killed in the middle."""

import json
import time

import pytest

from tests.connectors.slack.deliveries import message, payload
from tests.connectors.slack.running import running

pytestmark = pytest.mark.slow

_SAID = """
import json
from hausmeister.triage.models import Item, Said
print(json.dumps([list(Said.objects.order_by("stamp").values_list("text", flat=True)), Item.objects.count()]))
"""
_WATCHED = "from hausmeister.triage.models import WatchedRoom\nprint(WatchedRoom.objects.exclude(room_id='').count())"
_GAPS = "from hausmeister.chat.models import Gap\nprint(Gap.objects.count())"
HELP = "C0000"
WITHIN_S = 40.0


def until(ask, wanted):
    ends_at = time.monotonic() + WITHIN_S
    while (found := ask()) != wanted:
        assert time.monotonic() < ends_at, f"{found!r}, not {wanted!r}"
        time.sleep(0.2)


def test_a_question_survives_kill_nine_before_during_and_after_the_catching_up(deployed):
    with running(["data-help", "guild"], deployed) as told:
        base, said = int(time.time()), told.slack.said.setdefault(HELP, [])

        def ask(number, *, is_delivered):
            one = message(
                f"How can I get access to table {number}?",
                ts=f"{base + number}.000100",
                channel=HELP,
                user=f"U{number}",
            )
            said.append(one)
            if is_delivered:
                told.server.deliver("events_api", payload(**one))

        process = told.start()
        until(lambda: told.ask(_WATCHED), "3")
        ask(1, is_delivered=True)
        process.kill()
        # while nobody listens
        ask(2, is_delivered=False)
        ask(3, is_delivered=False)
        told.server.wait_until_gone()
        process = told.start()
        # something new is heard before the rest is read, and the program dies again
        ask(4, is_delivered=True)
        process.kill()
        told.server.wait_until_gone()
        ask(5, is_delivered=False)
        told.start()
        until(lambda: told.ask(_GAPS), "0")
        texts, items = json.loads(told.ask(_SAID))
        assert texts == [f"How can I get access to table {number}?" for number in range(1, 6)]
        assert items == 5

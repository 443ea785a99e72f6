"""What the line to Slack costs and how quick it is, measured on the real program against our own far side.

    python -m bench.chat [--postgres] [--events 600] [--rate 20] [--idle-s 40] [--channels 50]

Prints one line of JSON: from an event on the line to the item in the inbox (its acknowledgement, which is sent
once it is stored), and the processor that the program takes while nothing is said, with the channels watched and
without a chat.
"""

import argparse
import json
import os
import time
from pathlib import Path

from tests import postgres
from tests.connectors.slack.deliveries import message, payload
from tests.connectors.slack.running import Running, running
from tests.processes import deployment, free_port

_TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=600)
    parser.add_argument("--rate", type=float, default=20.0)
    parser.add_argument("--idle-s", type=float, default=40.0)
    parser.add_argument("--channels", type=int, default=50)
    parser.add_argument("--postgres", action="store_true")
    given = parser.parse_args()
    if given.postgres:
        with postgres.cluster(durable=True) as url:
            measure(given, url)
    else:
        measure(given, "")


def measure(given: argparse.Namespace, database_url: str) -> None:
    """Measure, and print."""
    names = [f"room-{number}" for number in range(given.channels)]
    told: dict[str, object] = {"database": "postgresql" if database_url else "sqlite"}
    with deployment(database_url) as deployed, running(names, deployed) as told_to:
        process = told_to.start()
        _wait_until_watched(told_to, len(names))
        told["idle_cpu_percent"] = _idle(process.popen.pid, given.idle_s)
        told["event_to_inbox_ms"] = _events(told_to, given.events, given.rate)
        told["items"] = int(told_to.ask(_COUNT))
        told["memory_mib"] = _memory_mib(process.popen.pid)
    if not database_url:
        with deployment() as deployed, running(names, deployed, hears=False) as alone:
            process = alone.deployed.start("up", port=free_port())
            time.sleep(3)
            told["idle_cpu_percent_without_chat"] = _idle(process.popen.pid, given.idle_s)
    print(json.dumps(told))


_COUNT = "from hausmeister.triage.models import Item\nprint(Item.objects.count())"
_WATCHED = "from hausmeister.triage.models import WatchedRoom\nprint(WatchedRoom.objects.exclude(room_id='').count())"


def _wait_until_watched(told_to: Running, rooms: int) -> None:
    for _ in range(60):
        if int(told_to.ask(_WATCHED)) >= rooms:
            return
        time.sleep(1)
    raise SystemExit("the channels are not watched")


def _idle(pid: int, length_s: float) -> float:
    """Return the processor that the program takes, in percent of one core."""
    before = _cpu_s(pid)
    time.sleep(length_s)
    return round(100 * (_cpu_s(pid) - before) / length_s, 2)


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _memory_mib(pid: int) -> int:
    line = next(one for one in Path(f"/proc/{pid}/status").read_text().splitlines() if one.startswith("VmRSS"))
    return int(line.split()[1]) // 1024


def _events(told_to: Running, events: int, rate: float) -> dict[str, float]:
    """Deliver questions at `rate` a second, from many people in all channels; return percentiles of the whole way."""
    channels = list(told_to.channels)
    took: list[float] = []
    begin = time.monotonic()
    base = int(time.time())
    for number in range(events):
        time.sleep(max(0.0, begin + number / rate - time.monotonic()))
        event = message(
            f"How do I rerun DAG {number}?", ts=f"{base + number}.000100", channel=channels[number % len(channels)],
            user=f"U{number:05d}", bot_id=None,
        )  # fmt: skip
        at = time.monotonic()
        told_to.server.deliver("events_api", payload(**event))
        took.append((time.monotonic() - at) * 1000)
    took.sort()
    return {f"p{part}": round(took[min(len(took) - 1, len(took) * part // 100)], 1) for part in (50, 95, 99)}


if __name__ == "__main__":
    main()

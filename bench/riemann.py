"""How many events a second a shard's index takes over TCP, what its entries weigh, and how soon a dashboard sees one.

    python -m bench.riemann [--seconds 10] [--entries 100000] [--rules 5]

The server runs in a process of its own, without a database; the sender is this process, and its frames are made
before. One line of JSON: events a second, the server's processor time for each, memory before and with the
entries, the time a page's board takes, and how long an event is on its way to a websocket.
"""

import argparse
import json
import multiprocessing
import os
import resource
import socket
import statistics
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from websockets.sync.client import connect

from hausmeister.base.event import Event
from hausmeister.base.event_query import compiled
from hausmeister.connectors.riemann import wire
from hausmeister.connectors.riemann.server import Address, Server
from hausmeister.monitoring.rules.watching import Watch
from hausmeister.monitoring.station import Station

A_FRAME = 50
IN_FLIGHT = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--rules", type=int, default=5)
    given = parser.parse_args()
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs, given.rules))
    process.start()
    tcp, web = ours.recv()
    try:
        told = {"entries": given.entries, "rules": given.rules, **_measure(ours, tcp, web, given)}
        print(json.dumps(told))
    finally:
        ours.send("stop")
        process.join(10)


def _serve(pipe: Connection, rules: int) -> None:
    station = Station(["s0"], store=lambda _changes, _now: None)
    watches = [
        Watch(1, f"rule {number}", "s0", "", compiled(f'service =~ "disk{number}%" and metric > {number}'))
        for number in range(rules)
    ]
    station.begin({"s0": watches}, {}, now_s=time.time())
    server = Server(station, [Address("s0", "127.0.0.1", 0)])
    server.start()
    pipe.send((server.bound[0], server.bound_web[0]))
    while (asked := pipe.recv()) != "stop":
        if asked == "board":
            began_s = time.perf_counter()
            station.shard("s0").board(compiled(""), now_s=time.time())
            pipe.send(time.perf_counter() - began_s)
        else:
            used = resource.getrusage(resource.RUSAGE_SELF)
            pipe.send((used.ru_utime + used.ru_stime, _rss_mib(), len(station.shard("s0").index)))
    server.stop()


def _rss_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024 / 1024


def _measure(pipe: Connection, tcp: Any, web: Any, given: argparse.Namespace) -> dict[str, Any]:
    before = _asked(pipe, "used")
    frames = list(_frames(given.entries))
    with socket.create_connection(tcp) as sender:
        answers = sender.makefile("rb")
        _send(sender, answers, frames)
        filled = _asked(pipe, "used")
        sent, began_s = 0, time.perf_counter()
        while time.perf_counter() - began_s < given.seconds:
            sent += _send(sender, answers, frames[: 20 * IN_FLIGHT])
        took_s = time.perf_counter() - began_s
        after = _asked(pipe, "used")
        delays = _delays(sender, answers, web)
    return {
        "events_per_s": round(sent / took_s),
        "server_cpu_us_per_event": round((after[0] - filled[0]) / sent * 1e6, 1),
        "mib_before": round(before[1]),
        "mib_filled": round(filled[1]),
        "bytes_per_entry": round((filled[1] - before[1]) * 1024 * 1024 / filled[2]),
        "board_ms": round(_asked(pipe, "board") * 1000, 1),
        "to_dashboard_ms": {"p50": delays[0], "p99": delays[1]},
    }


def _asked(pipe: Connection, what: str) -> Any:
    pipe.send(what)
    return pipe.recv()


def _frames(entries: int) -> Any:
    """Yield frames as a collectd writes them: a host's measures together, with attributes and a tag."""
    kinds = ("df", "load", "memory", "interface", "cpu")
    for start in range(0, entries, A_FRAME):
        parts = []
        for number in range(start, min(start + A_FRAME, entries)):
            event = Event(
                host=f"host-{number // 200}.prod.example",
                service=f"disk{number % 200} {kinds[number % 5]}-used",
                state="ok",
                metric=float(number % 97),
                tags=("collectd",),
                attributes={"plugin": kinds[number % 5], "type": "gauge", "ds_name": "value"},
                time_s=time.time(),
                ttl_s=600.0,
            )
            parts.append(b"\x32" + wire._number_bytes(len(body := wire.event_bytes(event))) + body)
        yield wire.framed(b"".join(parts)), len(parts)


def _send(sender: socket.socket, answers: Any, frames: list[tuple[bytes, int]]) -> int:
    sent = 0
    for start in range(0, len(frames), IN_FLIGHT):
        some = frames[start : start + IN_FLIGHT]
        sender.sendall(b"".join(frame for frame, _ in some))
        for _, number in some:
            answers.read(int.from_bytes(answers.read(4), "big"))
            sent += number
    return sent


def _delays(sender: socket.socket, answers: Any, web: tuple[str, int]) -> tuple[float, float]:
    found = []
    with connect(f"ws://{web[0]}:{web[1]}/pubsub/index?query=tagged%20%22probe%22") as dashboard:
        for _ in range(200):
            began_s = time.perf_counter()
            event = Event(host="probe", service="probe", state="ok", tags=("probe",))
            body = wire.event_bytes(event)
            frame = wire.framed(b"\x32" + wire._number_bytes(len(body)) + body)
            _send(sender, answers, [(frame, 1)])
            dashboard.recv(timeout=10)
            found.append((time.perf_counter() - began_s) * 1000)
    found.sort()
    return round(statistics.median(found), 1), round(found[int(len(found) * 0.99)], 1)


if __name__ == "__main__":
    main()

"""The whole product, measured from outside on SQLite and on PostgreSQL in one run: stored alerts a second, the time
from POST to the message, memory, start, first byte.

    python -m bench.whole [--seconds 10] [--only sqlite|postgresql]

Everything (server, database, load generator, sink) shares the machine. Both databases write through to the disk.
"""

import argparse
import asyncio
import contextlib
import http.cookiejar
import json
import os
import re
import sqlite3
import statistics
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests import postgres
from tests.processes import Deployment, Process, deployment, free_port, post_alert, seed_trio

ROOT = Path(__file__).resolve().parent.parent


@dataclass
class Stage:
    """A running product with a team whose messages go to the sink."""

    told: Deployment
    process: Process
    key: str
    sink: "Sink"

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.process.port}"

    def number(self, statement: str) -> int:
        """Return what `statement` counts in the database."""
        if self.told.database_url:
            with psycopg.connect(self.told.database_url) as link:
                return int(link.execute(statement).fetchone()[0])  # type: ignore[index]
        with contextlib.closing(sqlite3.connect(self.told.data / "hausmeister.sqlite3", timeout=30)) as link:
            return int(link.execute(statement).fetchone()[0])


class Sink:
    """The sink's process, and what it has noted."""

    def __init__(self) -> None:
        self.popen = subprocess.Popen([sys.executable, "-m", "bench.sink"], stdout=subprocess.PIPE, text=True, cwd=ROOT)
        assert self.popen.stdout is not None
        self.port = int(self.popen.stdout.readline())

    def end(self) -> dict[str, int]:
        """End it; return when each title arrived first (ns)."""
        self.popen.terminate()
        noted: dict[str, int] = {}
        for line in self.popen.communicate()[0].splitlines():
            moment, _, title = line.partition(" ")
            noted.setdefault(title, int(moment))
        return noted


@contextmanager
def staged(kind: str, *, storm: int) -> Iterator[Stage]:
    """Yield the product on a fresh database; `storm` is the policy's `storm_pages`."""
    sink = Sink()
    with contextlib.ExitStack() as stack:
        stack.callback(sink.popen.kill)
        url = stack.enter_context(postgres.cluster(durable=True)) if kind == "postgresql" else ""
        told = stack.enter_context(
            deployment(url, HAUSMEISTER_OUTGOING_PORTS=str(sink.port), HAUSMEISTER_LOG_LEVEL="error")
        )
        port = free_port()
        told.start("up", port=port).end()
        key = seed_trio(told, address=f"http://127.0.0.1:{sink.port}/", wait="7d", storm=storm)
        process = told.start("up", port=port)
        time.sleep(2)
        yield Stage(told, process, key, sink)


# ---- stored alerts a second ----


def flood(kind: str, *, keys: int, storm: int, seconds: float) -> dict[str, Any]:
    """Send what 64 connections can send; check afterwards that nothing answered is missing."""
    with staged(kind, storm=storm) as stage:
        command = [
            sys.executable, "-m", "bench.load", "--url", stage.url, "--key", stage.key, "--seconds", str(seconds),
            "--keys", str(keys),
        ]  # fmt: skip
        before_s = _cpu_s(stage.process.popen.pid)
        figures: dict[str, Any] = json.loads(
            subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout
        )
        figures["cpu_s"] = round(_cpu_s(stage.process.popen.pid) - before_s, 1)
        figures["memory_mib"] = _memory_mib(stage.process.popen.pid)
        stored = stage.number("SELECT sum(count) FROM alerts_alert")
        figures["lost"] = figures.pop("answered_in_all") - stored
        figures["pages"] = stage.number("SELECT count(*) FROM pager_page")
        return figures


# ---- from POST to the message ----


def latency(kind: str, *, each_second: int, seconds: float) -> dict[str, Any]:
    """Send new alerts evenly, each its own page; return the times from before the POST to the sink."""
    with staged(kind, storm=0) as stage:
        sent = asyncio.run(_evenly(stage, each_second=each_second, seconds=seconds))
        time.sleep(3)
        arrived = stage.sink.end()
    waits = sorted((arrived[title] - moment) / 1e6 for title, moment in sent.items() if title in arrived)
    steady = waits or [0.0]
    return {
        "sent": len(sent),
        "never_arrived": len(sent) - len(waits),
        "p50_ms": round(statistics.median(steady), 1),
        "p95_ms": round(steady[int(len(steady) * 0.95)], 1),
        "p99_ms": round(steady[int(len(steady) * 0.99)], 1),
        "max_ms": round(steady[-1], 1),
    }


async def _evenly(stage: Stage, *, each_second: int, seconds: float) -> dict[str, int]:
    for number in range(10):
        post_alert(stage.process, stage.key, {"title": f"warm {number}", "key": f"warm-{number}"})
    sent: dict[str, int] = {}
    loop = asyncio.get_running_loop()
    began = loop.time()

    def post(title: str) -> None:
        sent[title] = time.monotonic_ns()
        assert post_alert(stage.process, stage.key, {"title": title, "key": title, "severity": "critical"}) == 201

    asked = []
    for number in range(int(each_second * seconds)):
        await asyncio.sleep(max(0.0, began + number / each_second - loop.time()))
        asked.append(loop.run_in_executor(None, post, f"alert {number}"))
    await asyncio.gather(*asked)
    return sent


# ---- the product at rest ----


def rest(kind: str) -> dict[str, Any]:
    """Measure memory at rest, a second start, and the start page as somebody signed in sees it."""
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(postgres.cluster(durable=True)) if kind == "postgresql" else ""
        told = stack.enter_context(deployment(url))
        port = free_port()
        first = told.start("up", "--when-empty", "demo", port=port)
        greeting = first.log.read_text()
        first.end()
        began = time.perf_counter()
        process = told.start("up", port=port)
        second_start_s = time.perf_counter() - began
        time.sleep(10)
        figures = {"memory_mib": _memory_mib(process.popen.pid), "second_start_s": round(second_start_s, 2)}
        figures.update(_start_page(f"http://127.0.0.1:{port}", greeting))
        figures["memory_after_mib"] = _memory_mib(process.popen.pid)
        return figures


def _start_page(base: str, greeting: str) -> dict[str, Any]:
    who = re.search(r"(\S+@\S+)", greeting)
    password = re.search(r"password:?\s+(\S+)", greeting, re.IGNORECASE)
    assert who is not None, greeting
    assert password is not None, greeting
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    page = opener.open(f"{base}/sign-in").read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token is not None
    form = {"login": who[1], "password": password[1], "csrfmiddlewaretoken": token[1]}
    opener.open(f"{base}/sign-in", urllib.parse.urlencode(form).encode())
    waits = []
    for _ in range(60):
        began = time.perf_counter()
        with opener.open(f"{base}/") as answer:
            answer.read(1)
            waits.append((time.perf_counter() - began) * 1000)
            text = answer.read()
    assert b"sign-out" in text, "not signed in"
    waits = sorted(waits[10:])
    bytes_in_all = sum(_bytes_on_the_wire(opener, base + path) for path in ["/", *_parts(text.decode())])
    return {
        "first_byte_p50_ms": round(statistics.median(waits), 1),
        "first_byte_p99_ms": round(waits[-1], 1),
        "start_page_kb": round(bytes_in_all / 1000, 1),
    }


def _parts(text: str) -> list[str]:
    return sorted(set(re.findall(r'(?:href|src)="(/static/[^"]+)"', text)))


def _bytes_on_the_wire(opener: urllib.request.OpenerDirector, url: str) -> int:
    request = urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})
    with opener.open(request) as answer:
        return len(answer.read())


# ---- this machine ----


def _memory_mib(pid: int) -> float:
    text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    found = re.search(r"VmRSS:\s+(\d+) kB", text)
    return round(int(found[1]) / 1024, 1) if found else 0.0


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _machine() -> str:
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    return f"{os.cpu_count()} x {cpu[1] if cpu else 'unknown'}, Python {sys.version.split()[0]}"


def main() -> None:
    """Measure what was asked for; print one JSON line each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    parser.add_argument("--what", nargs="*", default=["distinct", "gathered", "storm", "latency", "rest"])
    args = parser.parse_args()
    print(json.dumps({"machine": _machine(), "load_average": os.getloadavg()[0]}), flush=True)
    what: dict[str, Callable[[str], dict[str, Any]]] = {
        "distinct": lambda kind: flood(kind, keys=0, storm=0, seconds=args.seconds),
        "gathered": lambda kind: flood(kind, keys=0, storm=5, seconds=args.seconds),
        "storm": lambda kind: flood(kind, keys=50, storm=0, seconds=args.seconds),
        "latency": lambda kind: latency(kind, each_second=50, seconds=args.seconds * 2),
        "rest": rest,
    }
    for name in args.what:
        for kind in ["sqlite", "postgresql"] if args.only is None else [args.only]:
            print(json.dumps({"what": name, "database": kind, **what[name](kind)}), flush=True)


if __name__ == "__main__":
    main()

"""A host that hangs keeps one pair of hands of the checks, and no more."""

import threading
from datetime import timedelta

import pytest

from hausmeister.base import clock, database
from hausmeister.journal.rules import CONSOLE
from hausmeister.monitoring import probing
from hausmeister.monitoring.models import Probe
from hausmeister.monitoring.operations import probes
from hausmeister.monitoring.operations.probes import Wanted
from hausmeister.monitoring.rules.probes import ProbeKind
from tests import builders
from tests.harness import at

NOW = at("2026-11-24 10:00")


@pytest.mark.django_db(transaction=True)
def test_a_host_that_hangs_delays_no_check_of_another():
    release, ended = threading.Event(), threading.Semaphore(0)

    class Door:
        """Connects to everything at once, but for the host that hangs until the test is over."""

        def touch(self, host, port):
            if host == "127.0.0.1":
                assert release.wait(30)

    def begin(work):
        def and_tell():
            try:
                work()
            finally:
                ended.release()

        database.beside(and_tell)

    def all_ended(count):
        assert all(ended.acquire(timeout=30) for _ in range(count))

    with clock.run_by(lambda: NOW):
        team = builders.trio().team
        for name, host in (("a", "127.0.0.1"), ("b", "127.0.0.2"), ("c", "127.0.0.1"), ("d", "127.0.0.3")):
            wanted = Wanted(name, ProbeKind.TCP, host=host, port=443, every=timedelta(minutes=1))
            probes.make(team, wanted, by=CONSOLE, now=NOW)
        looks = probing.Round(lambda _limits: Door(), begin=begin)
        # the two others, and one of the two of the host that hangs
        assert looks.run(NOW) == 3
        all_ended(2)
        assert set(Probe.objects.filter(is_good=True).values_list("name", flat=True)) == {"b", "d"}
        # a minute later again, while the first still hangs; the second of its host waits for it
        assert looks.run(NOW + timedelta(minutes=1)) == 2
        all_ended(2)
        release.set()
        all_ended(1)
        assert looks.run(NOW + timedelta(minutes=1)) == 1
        all_ended(1)
        assert Probe.objects.filter(is_good=True).count() == 4

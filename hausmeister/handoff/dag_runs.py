"""What the hand-off is told of DAG runs: levels missed or at risk, runs that failed, an Airflow that is away."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from hausmeister.handoff.risks import Provider, Risk
from hausmeister.monitoring.runs import queries
from hausmeister.team.models import Team


def _ask(team: Team, now: datetime) -> Sequence[Risk]:
    # the words of a risk change with the night; its place among those of one run does not
    seen: Counter[str] = Counter()
    found = []
    for one in queries.risks(team, now=now):
        path = urlsplit(one.link).path
        seen[path] += 1
        found.append(Risk(f"{path}#{seen[path]}", one.words, path=path))
    return found


PROVIDER = Provider("DAG runs", _ask)

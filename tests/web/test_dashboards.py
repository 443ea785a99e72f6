"""Dashboards by area: links of the policy beside the alerts and on the boards that they are about."""

import pytest

from hausmeister.team.policy.reading import BadPolicy
from tests import builders
from tests.web.visitors import browser

BEFORE = 'shards = ["s0", "s1", "s2"]\n'
LINK = """
[[dashboards.links]]
area = "ingestion"
title = "Kafka board"
url = "https://boards.example.org/d/kafka"
match = { service = ["Kafka", "ingestion"] }
shards = ["s0"]
"""


def shown(client, path: str) -> bool:  # type: ignore[no-untyped-def]
    answer = client.get(path)
    assert answer.status_code == 200
    return 'href="https://boards.example.org/d/kafka"' in answer.content.decode()


def test_a_link_stands_beside_the_alerts_of_its_area_and_on_its_shard_alone(world, trio):
    builders.policy_with(trio.team, (BEFORE, BEFORE + LINK))
    of_area = world.fire("Lag", severity="warning", labels={"service": "kafka"})
    other = world.fire("Late", severity="warning", labels={"service": "airflow"})
    client = browser(trio.ana)
    assert shown(client, f"/pages/{of_area.pk}")
    assert not shown(client, f"/pages/{other.pk}")
    assert shown(client, "/monitoring/s0")
    assert not shown(client, "/monitoring/s1")
    world.go(seconds=1)
    world.forget()


@pytest.mark.parametrize(
    ("wrong", "right", "says"),
    [
        ("https://boards", "javascript:boards", "http:// or https://"),
        ('shards = ["s0"]\n', 'shards = ["s9"]\n', "some of dashboards.shards"),
        ('match = { service = ["Kafka", "ingestion"] }\nshards = ["s0"]\n', "", "where the link is shown"),
    ],
)
def test_a_link_that_leads_nowhere_or_stands_nowhere_is_refused(world, trio, wrong, right, says):
    assert wrong in LINK
    with pytest.raises(BadPolicy, match=says):
        builders.policy_with(trio.team, (BEFORE, BEFORE + LINK.replace(wrong, right)))

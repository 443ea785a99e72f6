"""Telling new from known costs the same, however many alerts are open."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hausmeister.alerts.models import Alert
from hausmeister.base import bulk
from tests import builders

pytestmark = pytest.mark.django_db
BY = ("source_id", "key")


@pytest.fixture
def many(world):
    """A source with two thousand open alerts, on a table that nobody has analysed yet."""
    built = builders.trio()
    world.key = built.key
    page = world.fire("The first", key="k0")
    first = Alert.objects.get()
    columns = ("team_id", "source_id", "page_id", "key", "title", "text", "severity", "priority", "is_hard", "origin",
               "labels", "links", "details", "count", "first_seen_at", "last_seen_at", "close_reason")  # fmt: skip
    bulk.insert(Alert, columns, [
        (first.team_id, first.source_id, page.pk, f"k{number}", "One of many", "", "", 3, True, "", {}, [], {}, 1,
         world.now, world.now, "")
        for number in range(1, 2_001)
    ])  # fmt: skip
    world.forget()
    return first


def plan_of_the_look_up(keys) -> str:
    """Return how the database finds `keys`, in its own words."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            body = json.dumps([dict(zip(BY, key, strict=True)) for key in keys])
            cursor.execute("EXPLAIN (ANALYZE) " + bulk._postgresql_ids(Alert, BY, "closed_at"), [body])
            return "\n".join(row[0] for row in cursor.fetchall())
        with CaptureQueriesContext(connection) as asked:
            bulk.ids(Alert, by=BY, keys=keys, unset="closed_at")
        cursor.execute("EXPLAIN QUERY PLAN " + asked.captured_queries[0]["sql"])
        return "\n".join(row[3] for row in cursor.fetchall())


def test_a_key_is_looked_up_and_not_searched_for_among_all_that_its_source_has_open(many):
    told = plan_of_the_look_up([(many.source_id, f"k{number}") for number in range(1_990, 2_010)])
    assert "alert_one_open_per_key" in told or "alert_by_key" in told
    assert "Rows Removed by Filter" not in told
    assert "key" in told.partition("Index Cond")[2] if connection.vendor == "postgresql" else "key=?" in told


def test_what_is_found_is_what_is_open_and_nothing_else(many):
    Alert.objects.filter(key="k2").update(closed_at=many.first_seen_at, close_reason="over")
    asked = [(many.source_id, "k1"), (many.source_id, "k2"), (many.source_id, "k9999"), (many.source_id + 1, "k1")]
    found = bulk.ids(Alert, by=BY, keys=asked, unset="closed_at")
    assert found == list(Alert.objects.filter(key="k1").values_list("id", flat=True))
    assert bulk.ids(Alert, by=BY, keys=[], unset="closed_at") == []

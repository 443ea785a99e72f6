"""The calls that senders make to Opsgenie, made to us by Opsgenie's own client over a real socket."""

import opsgenie_sdk
import pytest
from opsgenie_sdk.exceptions import OpenApiException

from hausmeister.alerts.models import Alert
from hausmeister.base.priority import Priority
from hausmeister.pager.models import PageState
from tests import builders
from tests.serving import while_serving

ALIAS = "disk full/db-7 ü?&"


def api(url, key):
    configuration = opsgenie_sdk.configuration.Configuration()
    configuration.host = url
    configuration.api_key["Authorization"] = key
    configuration.retry_count = 0
    return opsgenie_sdk.AlertApi(opsgenie_sdk.api_client.ApiClient(configuration))


def create(**fields):
    return opsgenie_sdk.CreateAlertPayload(**{"message": "Disk full on db-7", "alias": ALIAS, **fields})


def test_opsgenies_own_client_creates_and_closes_by_alias(world, trio):
    def client(url):
        alerts = api(url, trio.key)
        made = alerts.create_alert(create(
            description="98 %", priority="P1", tags=["db", "nightly"], details={"shard": "s0"}, source="cron",
            responders=[{"name": "data-infra", "type": "team"}],
        ))  # fmt: skip
        again = alerts.create_alert(create(priority="P1"))
        closed = alerts.close_alert(
            identifier=ALIAS, identifier_type="alias", close_alert_payload=opsgenie_sdk.CloseAlertPayload(note="over")
        )
        return made, again, closed

    answers = while_serving(world, client)
    for answer in answers:
        assert answer.result == "Request will be processed"
        assert answer.request_id
        assert answer.took >= 0
    (alert,) = Alert.objects.all()
    assert (alert.key, alert.title, alert.text, alert.count) == (ALIAS, "Disk full on db-7", "98 %", 2)
    assert alert.rank is Priority.P4
    assert alert.labels == {"shard": "s0", "tags": "db, nightly"}
    assert alert.page.state is PageState.CLOSED
    assert alert.close_reason == "over, says the source"


def test_opsgenies_own_client_changes_message_and_description(world, trio):
    def client(url):
        alerts = api(url, trio.key)
        alerts.create_alert(create())
        alerts.update_alert_message(
            identifier=ALIAS, identifier_type="alias",
            update_alert_message_payload=opsgenie_sdk.UpdateAlertMessagePayload(message="Disk 99 % full"),
        )  # fmt: skip
        return alerts.update_alert_description(
            identifier=ALIAS, identifier_type="alias",
            update_alert_description_payload=opsgenie_sdk.UpdateAlertDescriptionPayload(description="growing"),
        )  # fmt: skip

    assert while_serving(world, client).request_id
    alert = Alert.objects.get()
    assert (alert.title, alert.text) == ("Disk 99 % full", "growing")
    world.tick()
    world.expect("email", "Ana", "Disk full")


def test_closing_what_nobody_knows_is_accepted(world, trio):
    def client(url):
        return api(url, trio.key).close_alert(identifier="unknown", identifier_type="alias")

    assert while_serving(world, client).result == "Request will be processed"
    assert not Alert.objects.exists()


@pytest.mark.parametrize(
    ("key", "fields", "status", "told"),
    [
        ("hm" + "x" * 30, {}, 401, "Could not authenticate"),
        (None, {"message": " "}, 422, "Message can not be empty."),
        (None, {"priority": "P9"}, 422, "should be one of"),
    ],
)
def test_opsgenies_own_client_understands_our_noes(world, trio, key, fields, status, told):
    def client(url):
        payload = create()
        for name, value in fields.items():
            # the client itself refuses some of these; other clients do not
            setattr(payload, f"_{name}", value)
        with pytest.raises(OpenApiException) as failed:
            api(url, key or trio.key).create_alert(payload)
        return failed.value

    error = while_serving(world, client)
    assert error.status == status
    assert told in error.body
    assert not Alert.objects.exists()


def test_a_key_of_another_team_closes_nothing_of_ours(world, trio):
    page = world.fire("Disk full", key=ALIAS)
    other = builders.trio(slug="platform")

    def client(url):
        return api(url, other.key).close_alert(identifier=ALIAS, identifier_type="alias")

    assert while_serving(world, client).request_id
    page.refresh_from_db()
    assert page.state is PageState.FIRING
    world.tick()
    world.expect("email", "Ana")

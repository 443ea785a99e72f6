"""The main job: an alert reaches the person on duty, and the backstop if nobody answers."""

from hausmeister.pager.models import PageState
from hausmeister.pager.operations import acting


def test_an_alert_mails_the_person_on_duty_then_the_backstop_then_the_last_resort(world, trio):
    page = world.fire("Dataset billing_cycles built with 0 rows", severity="critical")
    world.go(minutes=1)
    assert world.expect("email", "Ana", "billing_cycles").at == world.now.replace(minute=0)
    world.expect_none()

    world.go(minutes=4)
    world.expect("email", "Bruno")
    world.go(minutes=10)
    world.expect("email", "Carla")
    world.expect_none()

    acting.acknowledge(page.pk, by=trio.bruno, now=world.now)
    world.go(minutes=30)
    world.expect_none()
    page.refresh_from_db()
    assert page.state is PageState.ACKNOWLEDGED

"""When an event, an expiry or silence becomes an alert, and when it is over."""

from hausmeister.base.event import Event
from hausmeister.base.event_query import compiled
from hausmeister.monitoring.rules.index import Gone
from hausmeister.monitoring.rules.watching import AGAIN_S, Judge, Watch, When


def watch(query='state = "critical"', *, when=When.MATCHES, lasts_s=0.0, name="rule"):
    return Watch(1, name, "s0", query, compiled(query), when, lasts_s, "critical")


def event(state="critical", service="kafka lag", **more):
    return Event(host="db-7", service=service, state=state, **more)


def told(changes):
    return [(one.watch.name, one.service, one.is_on) for one in changes]


def test_a_state_makes_one_alert_and_its_end_closes_it():
    judge = Judge([watch()], now_s=0)
    assert told(judge.hear(event(), now_s=1)) == [("rule", "kafka lag", True)]
    assert judge.hear(event(), now_s=2) == []
    assert told(judge.hear(event("ok"), now_s=3)) == [("rule", "kafka lag", False)]
    assert judge.hear(event("ok"), now_s=4) == []


def test_each_host_and_service_has_an_alert_of_its_own():
    judge = Judge([watch()], now_s=0)
    judge.hear(event(), now_s=1)
    changes = judge.hear(event(service="disk"), now_s=1)
    assert [one.key for one in changes] == ["riemann/s0/rule/db-7/disk"]


def test_what_must_last_fires_only_after_it_has_lasted_and_a_good_event_in_between_starts_anew():
    judge = Judge([watch("metric > 5", lasts_s=60)], now_s=0)
    assert judge.hear(event(metric=9), now_s=0) == []
    assert judge.tick(now_s=59) == []
    assert judge.hear(event(metric=1), now_s=59.5) == []
    assert judge.hear(event(metric=9), now_s=60) == []
    assert told(judge.tick(now_s=119)) == []
    assert told(judge.tick(now_s=120)) == [("rule", "kafka lag", True)]
    assert judge.tick(now_s=121) == []


def test_an_entry_that_expires_makes_an_alert_that_ends_when_it_is_back():
    judge = Judge([watch('service = "index"', when=When.EXPIRES)], now_s=0)
    gone = Gone(event("ok", "index"), seen_at_s=0, expired_at_s=240)
    assert [one.because for one in judge.lose(gone)] == ["no event for 240 s"]
    assert judge.lose(gone) == []
    assert told(judge.hear(event("ok", "index"), now_s=300)) == [("rule", "index", False)]


def test_a_critical_entry_that_falls_silent_is_not_taken_for_well():
    judge = Judge([watch()], now_s=0)
    judge.hear(event(), now_s=0)
    assert judge.lose(Gone(event(), 0, 60)) == []
    assert told(judge.hear(event("ok"), now_s=90)) == [("rule", "kafka lag", False)]


def test_silence_is_counted_from_the_start_and_ends_with_the_next_event():
    judge = Judge([watch('service = "api"', when=When.SILENT, lasts_s=60)], now_s=1_000)
    assert judge.tick(now_s=1_059) == []
    assert told(judge.tick(now_s=1_060)) == [("rule", "", True)]
    assert judge.tick(now_s=1_090) == []
    assert judge.hear(event(service="other"), now_s=1_091) == []
    assert told(judge.hear(event(service="api"), now_s=1_092)) == [("rule", "", False)]
    assert judge.tick(now_s=1_093) == []


def test_a_state_that_changes_while_it_matches_is_said_at_once():
    judge = Judge([watch('state != "ok"')], now_s=0)
    judge.hear(event("warning"), now_s=1)
    assert judge.hear(event("warning"), now_s=2) == []
    assert [one.event.state for one in judge.hear(event("critical"), now_s=3)] == ["critical"]
    assert judge.hear(event("critical"), now_s=4) == []


def test_what_goes_on_is_said_again_after_a_while_however_it_fired():
    at_once, lasting = watch(), watch("metric > 5", lasts_s=60, name="lasting")
    judge = Judge([at_once, lasting], now_s=0)
    judge.hear(event(metric=9), now_s=0)
    assert told(judge.tick(now_s=60)) == [("lasting", "kafka lag", True)]
    assert judge.hear(event(metric=9), now_s=61) == []
    assert told(judge.hear(event(metric=9), now_s=AGAIN_S)) == [("rule", "kafka lag", True)]
    assert told(judge.hear(event(metric=9), now_s=AGAIN_S + 60)) == [("lasting", "kafka lag", True)]


def test_what_was_on_before_a_restart_is_said_once_more_and_can_end():
    """Said once more, because how bad it was is not known any longer; the pager only counts it."""
    judge = Judge([watch()], on=[(1, "rule", ("db-7", "kafka lag"))], now_s=0)
    assert told(judge.hear(event(), now_s=1)) == [("rule", "kafka lag", True)]
    assert judge.hear(event(), now_s=2) == []
    assert told(judge.hear(event("ok"), now_s=3)) == [("rule", "kafka lag", False)]


def test_a_rule_that_is_changed_or_taken_out_closes_its_alerts_and_others_go_on():
    judge = Judge([watch(), watch("metric > 5", name="other")], now_s=0)
    judge.hear(event(metric=9), now_s=1)
    changes = judge.replace([watch("metric > 5", name="other")], now_s=2)
    assert told(changes) == [("rule", "kafka lag", False)]
    assert judge.hear(event(metric=9), now_s=3) == []
    assert told(judge.hear(event(metric=1), now_s=4)) == [("other", "kafka lag", False)]

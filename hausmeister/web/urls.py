"""The paths of the screens. Every view says by `needs` which capability it asks for."""

from allauth.account import views as allauth
from django.urls import URLPattern, URLResolver, path, re_path

from hausmeister.team.rules import Capability
from hausmeister.web.access import needs
from hausmeister.web.screens import (
    alerts,
    asks,
    calendar_feed,
    calendars,
    entrance,
    incident_acts,
    incident_review,
    incident_telling,
    incidents,
    integrations,
    ledger,
    link,
    logbook,
    methods,
    now,
    page,
    page_acts,
    page_somebody,
    people,
    plan,
    policy,
    policy_edit,
    profile,
    pulse,
    rota,
    rota_acts,
    schedule_acts,
    schedules,
    styleguide,
    terms,
    welcome,
    why,
    worker,
)

_public = needs(Capability.PUBLIC)

_entrance: list[URLPattern | URLResolver] = [
    path("sign-in", _public(allauth.login), name="account_login"),
    path("invitation/<str:token>", entrance.invitation, name="invitation"),
    path("sign-out", entrance.sign_out, name="account_logout"),
    path("confirm", needs(Capability.OWN_PROFILE)(allauth.reauthenticate), name="account_reauthenticate"),
    path("password/reset", _public(allauth.password_reset), name="account_reset_password"),
    path("password/sent", _public(allauth.password_reset_done), name="account_reset_password_done"),
    re_path(
        r"^password/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)$",
        _public(allauth.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path("password/change", needs(Capability.OWN_PROFILE)(allauth.password_change), name="account_change_password"),
    path("password/stored", _public(allauth.password_reset_from_key_done), name="account_reset_password_from_key_done"),
]

_people: list[URLPattern | URLResolver] = [
    path("people", people.screen, name="people"),
    path("people/invite", people.invite, name="people_invite"),
    path("people/<int:member_id>", people.member, name="member"),
    path("people/<int:member_id>/planning", terms.screen, name="member_terms"),
    path("people/<int:member_id>/part", people.part, name="member_part"),
    path("people/<int:member_id>/sessions", people.end_sessions, name="member_sessions"),
    path("people/<int:member_id>/deactivate", people.deactivate, name="member_deactivate"),
    path("profile", profile.screen, name="profile"),
    path("profile/methods", methods.add, name="method_add"),
    path("profile/methods/<int:method_id>/code", methods.send_code, name="method_code"),
    path("profile/methods/<int:method_id>/verify", methods.verify, name="method_verify"),
    path("profile/methods/<int:method_id>/switch", methods.switch, name="method_switch"),
    path("profile/methods/<int:method_id>/remove", methods.remove, name="method_remove"),
    path("profile/ladders/<str:list_name>", methods.ladder, name="ladder"),
    path("profile/sessions/<int:session_id>/end", profile.end_session, name="session_end"),
    path("profile/sessions/end", profile.end_other_sessions, name="sessions_end"),
    path("profile/wishes", terms.wishes, name="wishes"),
    path("profile/wishes/<int:wish_id>/take-back", terms.take_back, name="wish_take_back"),
    path("test-page", profile.send_test_page, name="test_page"),
    path("more", entrance.more, name="more"),
]

_set_up: list[URLPattern | URLResolver] = [
    path("policy", policy.screen, name="policy"),
    path("policy/edit", policy_edit.screen, name="policy_edit"),
    path("settings/integrations", integrations.screen, name="integrations"),
    path("settings/integrations/<str:kind>", integrations.integration, name="integration"),
    path("settings/keys/<int:key_id>/revoke", integrations.revoke, name="key_revoke"),
    path("settings/sources/<int:source_id>/test", integrations.test_alert, name="source_test"),
]

_first_run: list[URLPattern | URLResolver] = [
    path("welcome", welcome.you, name="welcome"),
    path("welcome/<str:name>", welcome.step, name="welcome_step"),
    path("styleguide", styleguide.screen, name="styleguide"),
    path("worker.js", worker.script, name="worker"),
    path("offline", worker.offline, name="offline"),
]

_plans: list[URLPattern | URLResolver] = [
    path("rota/plan", plan.screen, name="plan"),
    path("rota/plan/replan", plan.replan, name="plan_replan"),
    path("rota/plan/compare/<slug:bundle>", plan.compare, name="plan_compare"),
    path("rota/plan/<int:draft_id>", plan.draft, name="plan_draft"),
    path("rota/plan/<int:draft_id>/publish", plan.publish, name="plan_publish"),
    path("rota/plan/<int:draft_id>/discard", plan.discard, name="plan_discard"),
    path("rota/plan/<int:draft_id>/bend", plan.bend, name="plan_bend"),
    path("rota/plan/<int:draft_id>/why", why.of_draft, name="plan_why"),
    path("rota/why", why.of_standing, name="rota_why"),
    path("rota/load", why.load, name="rota_load"),
    path("rota/ledger", ledger.screen, name="ledger"),
]

_asks: list[URLPattern | URLResolver] = [
    path("rota/swap", asks.swap, name="swap"),
    path("rota/cover", asks.cover, name="cover"),
    path("rota/asks", asks.screen, name="asks"),
    path("rota/asks/<int:ask_id>", asks.one, name="ask"),
    path("rota/asks/<int:ask_id>/accept", asks.accept, name="ask_accept"),
    path("rota/asks/<int:ask_id>/decline", asks.decline, name="ask_decline"),
    path("rota/asks/<int:ask_id>/withdraw", asks.withdraw, name="ask_withdraw"),
]

_pages: list[URLPattern | URLResolver] = [
    path("pages/new", page_somebody.screen, name="page_new"),
    path("pages/<int:page_id>", page.screen, name="page"),
    path("pages/<int:page_id>/row", page.row, name="page_row"),
    path("pages/<int:page_id>/acknowledge", page_acts.acknowledge, name="page_acknowledge"),
    path("pages/<int:page_id>/unacknowledge", page_acts.unacknowledge, name="page_unacknowledge"),
    path("pages/<int:page_id>/escalate", page_acts.escalate, name="page_escalate"),
    path("pages/<int:page_id>/snooze", page_acts.snooze, name="page_snooze"),
    path("pages/<int:page_id>/wake", page_acts.wake, name="page_wake"),
    path("pages/<int:page_id>/close", page_acts.close, name="page_close"),
    path("pages/<int:page_id>/note", page_acts.note, name="page_note"),
    path("pages/<int:page_id>/reassign", page_acts.reassign, name="page_reassign"),
]

_incidents: list[URLPattern | URLResolver] = [
    path("incidents", incidents.screen, name="incidents"),
    path("incidents/new", incidents.new, name="incident_new"),
    path("incidents/<int:incident_id>", incidents.one, name="incident"),
    path("incidents/<int:incident_id>/update", incident_telling.update, name="incident_update"),
    path("incidents/<int:incident_id>/again", incident_acts.tell_again, name="incident_again"),
    path("incidents/<int:incident_id>/over", incident_telling.over, name="incident_over"),
    path("incidents/<int:incident_id>/reopen", incident_acts.reopen, name="incident_reopen"),
    path("incidents/<int:incident_id>/close", incident_acts.close, name="incident_close"),
    path("incidents/<int:incident_id>/level", incident_acts.level, name="incident_level"),
    path("incidents/<int:incident_id>/rename", incident_acts.rename, name="incident_rename"),
    path("incidents/<int:incident_id>/note", incident_acts.note, name="incident_note"),
    path("incidents/<int:incident_id>/tick", incident_acts.tick, name="incident_tick"),
    path("incidents/<int:incident_id>/hand-over", incident_acts.hand_over, name="incident_hand_over"),
    path("incidents/<int:incident_id>/take-comms", incident_acts.take_comms, name="incident_take_comms"),
    path("incidents/<int:incident_id>/squad", incident_acts.squad, name="incident_squad"),
    path("incidents/<int:incident_id>/page", incident_acts.page, name="incident_page"),
    path("incidents/<int:incident_id>/pages", incident_acts.link_page, name="incident_link_page"),
    path("incidents/<int:incident_id>/follow-ups", incident_acts.follow_up, name="incident_follow_up"),
    path("incidents/<int:incident_id>/review", incident_review.screen, name="incident_review"),
    path("incidents/<int:incident_id>/review/paper", incident_review.paper, name="incident_paper"),
    path("incidents/offers/<int:offer_id>", incident_acts.answer, name="incident_offer"),
    path("incidents/follow-ups/<int:follow_up_id>/<str:verb>", incident_acts.follow_up_act, name="follow_up_act"),
    path("logbook", logbook.screen, name="logbook"),
    path("logbook/task", logbook.task, name="logbook_task"),
    path("logbook/remedy", logbook.remedy, name="logbook_remedy"),
]

_calendars: list[URLPattern | URLResolver] = [
    path("calendar/<str:token>.ics", calendar_feed.calendar, name="calendar"),
    path("profile/calendars", calendars.screen, name="calendars"),
    path("profile/calendars/<int:feed_id>/revoke", calendars.revoke, name="feed_revoke"),
    path("profile/calendars/leave", calendars.import_leave, name="leave_import"),
    path("profile/calendars/leave/<int:import_id>/<str:act>", calendars.leave_act, name="leave_import_act"),
    path("rota/import", calendars.schedules, name="schedule_imports"),
    path("rota/import/<int:import_id>/<str:act>", calendars.schedule_act, name="schedule_import_act"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    *_entrance,
    path("", now.screen, name="now"),
    path("pulse", pulse.screen, name="pulse"),
    *_pages,
    *_people,
    *_first_run,
    *_set_up,
    *_plans,
    *_asks,
    *_incidents,
    path("rota", rota.screen, name="rota"),
    path("rota/override", rota_acts.override, name="rota_override"),
    path("rota/overrides/<int:override_id>/cancel", rota_acts.cancel_override, name="rota_override_cancel"),
    path("rota/schedules", schedules.screen, name="schedules"),
    path("rota/new-schedule", schedule_acts.create, name="schedule_create"),
    path("rota/schedules/<slug:slug>", schedules.one, name="schedule"),
    path("rota/schedules/<slug:slug>/override", schedule_acts.override, name="schedule_override"),
    path("rota/schedules/<slug:slug>/remove", schedule_acts.remove, name="schedule_remove"),
    path(
        "rota/schedule-overrides/<int:schedule_override_id>/cancel",
        schedule_acts.cancel_override,
        name="schedule_override_cancel",
    ),
    path("leave", rota_acts.leave, name="leave"),
    path("leave/answers/<int:question_id>", rota_acts.leave_answer, name="leave_answer"),
    path("leave/<int:leave_id>/cancel", rota_acts.cancel_leave, name="leave_cancel"),
    path("alerts", alerts.screen, name="alerts"),
    path("alerts/act", alerts.act, name="alerts_act"),
    path("p/<str:token>", link.screen, name="link"),
    *_calendars,
]

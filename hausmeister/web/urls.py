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
    chat_line,
    entrance,
    integrations,
    ledger,
    link,
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
    triage,
    triage_acts,
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
    path("settings/integrations/chat", chat_line.screen, name="chat_line"),
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

_triage: list[URLPattern | URLResolver] = [
    path("triage", triage.screen, name="triage"),
    path("triage/new", triage.new, name="item_new"),
    path("triage/<int:item_id>", triage.one, name="item"),
    path("triage/<int:item_id>/claim", triage_acts.claim, name="item_claim"),
    path("triage/<int:item_id>/release", triage_acts.release, name="item_release"),
    path("triage/<int:item_id>/assign", triage_acts.assign, name="item_assign"),
    path("triage/<int:item_id>/answer", triage_acts.answer, name="item_answer"),
    path("triage/<int:item_id>/answered", triage_acts.done, name="item_answered"),
    path("triage/<int:item_id>/kind", triage_acts.kind, name="item_kind"),
    path("triage/<int:item_id>/promote", triage_acts.promote, name="item_promote"),
    path("triage/<int:item_id>/dismiss", triage_acts.dismiss, name="item_dismiss"),
    path("triage/<int:item_id>/close", triage_acts.close, name="item_close"),
    path("triage/<int:item_id>/reopen", triage_acts.reopen, name="item_reopen"),
    path("triage/<int:item_id>/undo", triage_acts.undo, name="item_undo"),
    path("triage/<int:item_id>/judge", triage_acts.judge, name="item_judge"),
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
    *_triage,
    path("p/<str:token>", link.screen, name="link"),
    *_calendars,
]

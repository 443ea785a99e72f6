"""The paths of the screens. Every view says by `needs` which capability it asks for."""

from allauth.account import views as allauth
from django.urls import URLPattern, URLResolver, path, re_path

from hausmeister.team.rules import Capability
from hausmeister.web.access import needs
from hausmeister.web.screens import alerts, entrance, link, now, page, page_acts, page_somebody, pulse, rota, rota_acts

_public = needs(Capability.PUBLIC)

_entrance: list[URLPattern | URLResolver] = [
    path("sign-in", _public(allauth.login), name="account_login"),
    path("sign-out", entrance.sign_out, name="account_logout"),
    path("confirm", needs(Capability.OWN_PROFILE)(allauth.reauthenticate), name="account_reauthenticate"),
    path("password/reset", _public(allauth.password_reset), name="account_reset_password"),
    path("password/sent", _public(allauth.password_reset_done), name="account_reset_password_done"),
    re_path(
        r"^password/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)$",
        _public(allauth.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path("password/stored", _public(allauth.password_reset_from_key_done), name="account_reset_password_from_key_done"),
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

urlpatterns: list[URLPattern | URLResolver] = [
    *_entrance,
    path("", now.screen, name="now"),
    path("pulse", pulse.screen, name="pulse"),
    *_pages,
    path("rota", rota.screen, name="rota"),
    path("rota/override", rota_acts.override, name="rota_override"),
    path("rota/overrides/<int:override_id>/cancel", rota_acts.cancel_override, name="rota_override_cancel"),
    path("leave", rota_acts.leave, name="leave"),
    path("leave/<int:leave_id>/cancel", rota_acts.cancel_leave, name="leave_cancel"),
    path("alerts", alerts.screen, name="alerts"),
    path("alerts/act", alerts.act, name="alerts_act"),
    path("p/<str:token>", link.screen, name="link"),
]

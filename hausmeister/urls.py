"""Every path that Django serves; the intake's paths are served before it (`asgi.py`)."""

from django.urls import URLPattern, URLResolver, include, path

from hausmeister import wiring
from hausmeister.connectors.github import hook as github_hook
from hausmeister.connectors.gitlab import hook as gitlab_hook
from hausmeister.connectors.opsgenie import heartbeats as opsgenie_heartbeats
from hausmeister.connectors.opsgenie import hook as opsgenie_hook
from hausmeister.connectors.opsgenie import maintenance as opsgenie_maintenance
from hausmeister.connectors.slack import hooks as slack_hooks
from hausmeister.web.api import json_api, nothing_here

api = json_api(wiring.api_routers())

handler400 = "hausmeister.web.screens.errors.bad_request"
handler403 = "hausmeister.web.screens.errors.not_allowed"
handler404 = "hausmeister.web.screens.errors.not_found"
handler429 = "hausmeister.web.screens.errors.too_many"
handler500 = "hausmeister.web.screens.errors.broken"

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/", api.urls),
    path("api/<path:path>", nothing_here, name="api_nothing"),
    path("", include(opsgenie_hook.urlpatterns)),
    path("", include(opsgenie_heartbeats.urlpatterns)),
    path("", include(opsgenie_maintenance.urlpatterns)),
    path("", include(github_hook.urlpatterns)),
    path("", include(gitlab_hook.urlpatterns)),
    path("", include(slack_hooks.urlpatterns)),
    path("", include("hausmeister.web.urls")),
]

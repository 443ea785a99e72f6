"""Every path that Django serves; the intake's paths are served before it (`asgi.py`)."""

from django.urls import URLPattern, URLResolver, include, path

from hausmeister.connectors.opsgenie import hook as opsgenie_hook
from hausmeister.web.api import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/", api.urls),
    path("", include(opsgenie_hook.urlpatterns)),
    path("", include("hausmeister.web.urls")),
]

"""Every path that Django serves; the intake's paths are served before it (`asgi.py`)."""

from django.urls import URLPattern, URLResolver, include, path

from hausmeister.web.api import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/", api.urls),
    path("", include("hausmeister.web.urls")),
]

"""Every path that Django serves; the intake's paths are served before it (`asgi.py`)."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []

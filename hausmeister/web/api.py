"""The JSON API: its rooms' routers put together."""

from ninja import NinjaAPI

api = NinjaAPI(title="Hausmeister", version="1", docs_url="docs", openapi_url="openapi.json")

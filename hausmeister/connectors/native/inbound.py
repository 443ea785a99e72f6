"""The way in for our own format."""

import re

from hausmeister.alerts.intake import Route
from hausmeister.connectors.native import wire

ROUTES = (Route("POST", re.compile("/api/v1/alerts"), wire.parse, wire.answer),)

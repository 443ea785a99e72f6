"""The way in for Alertmanager's webhook."""

import re

from hausmeister.alerts.intake import GROUP_MOST_BYTES, Route
from hausmeister.connectors.alertmanager import wire

ROUTES = (
    Route(
        "POST",
        re.compile("/in/alertmanager"),
        wire.parse,
        wire.answer,
        body_most_bytes=GROUP_MOST_BYTES,
    ),
)

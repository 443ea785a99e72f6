"""The way out for webhooks."""

from datetime import datetime
from typing import Any

import msgspec

from hausmeister.base import clock, signing
from hausmeister.base.outgoing import Client
from hausmeister.connectors.webhook import wire
from hausmeister.outbox import over_http
from hausmeister.outbox.delivery import Parcel, Refused
from hausmeister.pager import links
from hausmeister.rota import announcing
from hausmeister.team import queries as team_queries

FAR_SIDE = "The webhook's server"


class WebhookSender:
    """Posts signed JSON, to a person's webhook or to one that is told who is on.

    `client` must be a guarded one: people type the address."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def send(self, parcel: Parcel) -> str:
        """Deliver `parcel`. Any 2xx is a success, whatever its body says. Raises TryLater or Refused."""
        now = clock.now()
        body = msgspec.json.encode(_body(parcel, now))
        secret = _secret(parcel)
        if not secret:
            raise Refused("This webhook is gone, or has no secret to sign with; remove it and add it again.")
        headers = {
            "Content-Type": "application/json",
            wire.ID_HEADER: parcel.idempotency_key,
            wire.SIGNATURE_HEADER: signing.webhook_signature(secret, body, at_s=int(now.timestamp())),
        }
        over_http.exchange(
            self._client, "POST", str(parcel.to["address"]), far_side=FAR_SIDE, headers=headers, body=body
        )
        return ""


def _secret(parcel: Parcel) -> str:
    """Return what signs the message: the secret of the person's webhook, or of the notice of who is on."""
    if parcel.kind == announcing.KIND:
        return announcing.secret_of(int(parcel.to["notice"]))
    return team_queries.webhook_secret(int(parcel.to["method"]))


def _body(parcel: Parcel, now: datetime) -> dict[str, Any]:
    if parcel.kind == "page":
        answer_url = links.for_message(parcel.facts, parcel.to, now=now)
        page_url = links.page_url(parcel.facts["page"])
        return wire.page_body(parcel, answer_url=answer_url, page_url=page_url, now=now)
    if parcel.kind == "code":
        return wire.code_body(parcel, now=now)
    if parcel.kind == announcing.KIND:
        return wire.oncall_body(parcel, now=now)
    raise Refused(f"A webhook carries no messages of the kind {parcel.kind}.")

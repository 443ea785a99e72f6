"""What Slack delivers, as it delivers it. Knows nothing of ours, so that the measurements can use it too."""

from typing import Any

TOKEN, APP_TOKEN = "xoxb-canary-token", "xapp-canary-token"
HELP, ALARMS, INFRA, GUILD, SHIFTS = "C0HELP", "C0ALARMS", "C0INFRA", "C0GUILD", "C0SHIFTS"
NAMES = {
    HELP: "data-help", ALARMS: "squad-di-alarms", INFRA: "squad-data-infra", GUILD: "guild-data-eng", SHIFTS: "shifts",
}  # fmt: skip
ANA, BRUNO, CARLA, DORA = "U0ANA", "U0BRUNO", "U0CARLA", "U0DORA"


def payload(**event: Any) -> dict[str, Any]:
    return {
        "type": "event_callback", "team_id": "T0DATA", "api_app_id": "A1", "event_id": "Ev1",
        "authorizations": [{"user_id": "U0PAGER", "is_bot": True}], "event": event,
    }  # fmt: skip


def slash(text: str, *, member: str = ANA, channel: str = HELP, number: int = 1) -> dict[str, Any]:
    return {
        "command": "/hausmeister", "text": text, "user_id": member, "user_name": member.lower(),
        "channel_id": channel, "channel_name": NAMES.get(channel, "directmessage"), "team_id": "T0DATA",
        "trigger_id": f"trigger-{number}", "response_url": "https://hooks.slack.example/1",
    }  # fmt: skip


def pressed(button: dict[str, Any], *, member: str = ANA, channel: str = HELP, trigger: str = "t-1") -> dict[str, Any]:
    return {
        "type": "block_actions", "user": {"id": member, "name": member.lower()}, "trigger_id": trigger,
        "container": {"type": "message", "channel_id": channel, "message_ts": "1795.000000"},
        "channel": {"id": channel}, "actions": [{**button, "action_ts": "1795.5"}],
    }  # fmt: skip


def submission(view: dict[str, Any], *, member: str = ANA, number: int = 1, **given: str) -> dict[str, Any]:
    values = {}
    for block in view["blocks"]:
        element, value = block["element"], given.get(block["block_id"])
        chosen = value if value is not None else (element.get("initial_option") or {}).get("value")
        key = "selected_option" if element["type"] == "static_select" else "value"
        held = {"value": chosen} if key == "selected_option" and chosen else chosen
        values[block["block_id"]] = {element["action_id"]: {"type": element["type"], key: held}}
    return {
        "type": "view_submission", "user": {"id": member, "name": member.lower()}, "trigger_id": f"s-{number}",
        "view": {**view, "id": f"V{number}", "state": {"values": values}},
    }  # fmt: skip


def message(text: str, *, ts: str, channel: str = HELP, user: str = DORA, **more: Any) -> dict[str, Any]:
    return {"type": "message", "channel": channel, "user": user, "text": text, "ts": ts, "channel_type": "channel",
            **more}  # fmt: skip

"""What Slack's error words mean for us. Slack says "no" with status 200 and `"ok": false`.

Source: the errors listed for chat.postMessage and chat.update. A word that is not listed here means no: Slack
says that it has not done it, and the next contact method is quicker than hoping.
"""

from hausmeister.outbox.delivery import NotDelivered, Refused, TryLater

LATER = frozenset({"ratelimited", "rate_limited", "request_timeout", "service_unavailable", "team_added_to_org"})
# of these Slack says itself that a part of it may have been done
LATER_AND_MAYBE_DONE = frozenset({"internal_error", "fatal_error"})

_CREDENTIAL = "set HAUSMEISTER_SLACK_TOKEN to a valid bot token"
_APP = "invite the app to the channel"
ADVICE = {
    "invalid_auth": _CREDENTIAL,
    "not_authed": _CREDENTIAL,
    "token_revoked": _CREDENTIAL,
    "token_expired": _CREDENTIAL,
    "account_inactive": _CREDENTIAL,
    "no_permission": _CREDENTIAL,
    "missing_scope": "give the app the scope chat:write and the others of its manifest, and install it again",
    "not_allowed_token_type": _CREDENTIAL,
    "channel_not_found": "check the channel's name or the member id, and that the app may see it",
    "user_not_found": "check the member id",
    "not_in_channel": _APP,
    "restricted_action": "ask a workspace admin to let the app post there",
    "is_archived": "the channel is archived",
    "messages_tab_disabled": "switch the app's messages tab on",
    "message_not_found": "the post is gone",
    "cant_update_message": "the post is not the app's own",
    "edit_window_closed": "the workspace does not allow edits so late",
    "ekm_access_denied": "the workspace's admins have suspended posting",
    "msg_too_long": "",
    "invalid_blocks": "",
    "invalid_blocks_format": "",
    "no_text": "",
}


# the token opens nothing: until somebody sets another, the whole line to Slack is down
CREDENTIALS = frozenset(word for word, advice in ADVICE.items() if advice == _CREDENTIAL)
# one channel is closed to us: it was archived, renamed away, or the app was taken out of it
CHANNEL_LOST = frozenset({"channel_not_found", "not_in_channel", "is_archived"})


class SlackSaysNo(Refused):
    """Slack refused, with the word it gave."""

    def __init__(self, reason: str, *, word: str) -> None:
        super().__init__(reason)
        self.word = word


def failure(word: str, *, retry_after_s: float | None) -> NotDelivered:
    """Return what Slack's `word` means: for later, or refused."""
    said = f"Slack answered {word}"
    if word in LATER:
        return TryLater(said, retry_after_s=retry_after_s)
    if word in LATER_AND_MAYBE_DONE:
        return TryLater(said, retry_after_s=retry_after_s, maybe_delivered=True)
    advice = ADVICE.get(word, "")
    return SlackSaysNo(f"{said}: {advice}." if advice else f"{said}.", word=word)

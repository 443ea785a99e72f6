"""The Slack app as this installation's settings have it."""

from functools import lru_cache

from django.conf import settings

from hausmeister.base.outgoing import Client, Limits
from hausmeister.connectors.slack.api import LIMITS, SlackApi
from hausmeister.connectors.slack.app import SlackApp
from hausmeister.connectors.slack.workspace import Workspace

# a name is looked up while an envelope waits for its acknowledgement
QUICK = Limits(connect_s=1.0, total_s=1.5)


def workspace_of(url: str, token: str) -> Workspace:
    """Return the workspace that `token` opens."""
    api = SlackApi(Client(limits=LIMITS), url=url, token=token)
    return Workspace(api, quick=SlackApi(Client(limits=QUICK), url=url, token=token))


@lru_cache(maxsize=4)
def _app(url: str, token: str) -> SlackApp:
    return SlackApp(workspace_of(url, token))


def app_of_settings() -> SlackApp:
    """Return the app; one for the process, so that names are looked up once."""
    return _app(settings.HAUSMEISTER_SLACK_URL, settings.HAUSMEISTER_SLACK_TOKEN)


def app_token_api() -> SlackApi:
    """Return the Web API with the app's own token: it opens lines, and nothing else."""
    return SlackApi(Client(), url=settings.HAUSMEISTER_SLACK_URL, token=settings.HAUSMEISTER_SLACK_APP_TOKEN)

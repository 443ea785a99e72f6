"""Slack's own Python framework against the same fake and the same server: what we speak is what they speak."""

import threading

import pytest
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from tests.connectors.slack import workplace
from tests.connectors.slack.socket_server import socket_server
from tests.connectors.slack.workplace import HELP, message, payload


@pytest.mark.filterwarnings("ignore")
def test_bolt_connects_hears_and_answers_a_command_over_our_server():
    heard, done = [], threading.Event()
    with workplace.fake_slack() as slack, socket_server() as server:
        slack.socket_url = server.url
        client = WebClient(token=workplace.TOKEN, base_url=f"{slack.api}/")
        app = App(client=client, token_verification_enabled=False)

        @app.event("message")
        def on_message(event):
            heard.append(event["text"])
            done.set()

        @app.command("/hausmeister")
        def on_command(ack, command):
            ack(text=f"you said {command['text']}")

        handler = SocketModeHandler(app, workplace.APP_TOKEN)
        handler.connect()
        try:
            server.wait_for_line()
            server.deliver("events_api", payload(**message("hello", ts="1795600000.000100", channel=HELP)))
            assert done.wait(10)
            answer = server.deliver("slash_commands", workplace.slash("who"))
        finally:
            handler.close()
    assert heard == ["hello"]
    assert answer["text"] == "you said who"

"""Five senders that none of us wrote talk to our server."""

import socket
import time

import pytest

from tests.counterparts import riemann

pytestmark = pytest.mark.slow

RIEMANN_CLIENT = """
import sys
from riemann_client.client import Client
from riemann_client.transport import TCPTransport, UDPTransport
host, port = sys.argv[1], int(sys.argv[2])
with Client(TCPTransport(host, port)) as client:
    client.event(host="py", service="by tcp", state="warning", metric_f=0.25, tags=["python"], attributes={"dc": "fra"})
    print([(event["service"], event["metric_f"]) for event in client.query('service = "by tcp"')])
with Client(UDPTransport(host, port)) as client:
    client.event(host="py", service="by udp", ttl=60)
"""

BERNHARD = """
import sys
import bernhard
host, port = sys.argv[1], int(sys.argv[2])
tcp = bernhard.Client(host=host, port=port, transport=bernhard.TCPTransport)
assert tcp.send({"host": "bernhard", "service": "by tcp", "state": "ok", "metric": 12})
print([(event.service, event.metric_f) for event in tcp.query('host = "bernhard"')])
udp = bernhard.Client(host=host, port=port, transport=bernhard.UDPTransport)
udp.send({"host": "bernhard", "service": "by udp", "attributes": {"dc": "fra"}})
"""


def address(here):
    host, port = here.tcp()
    return host, str(port)


@pytest.mark.counterpart("collectd")
def test_collectd_tells_what_it_measures_and_that_a_threshold_is_passed(here, tmp_path):
    with riemann.collectd(tmp_path, *here.tcp()):
        critical = here.wait_for('host = "db-7" and state = "critical"')
        measured = here.wait_for('service =~ "collectd load%" and metric >= 0', number=3)
    assert {one.attributes["plugin"] for one in measured} == {"load"}
    assert "from-collectd" in measured[0].tags
    assert measured[0].attributes["dc"] == "fra"
    assert measured[0].ttl_s == pytest.approx(0.6, abs=0.01)
    assert critical


@pytest.mark.counterpart("syslog-ng")
@pytest.mark.counterpart("syslog-ng-riemann")
def test_syslog_ng_passes_on_log_lines_with_their_level_as_state(here, tmp_path):
    with riemann.syslog_ng(tmp_path, *here.tcp()) as log:
        ends_at = time.monotonic() + 20
        while not log.exists():
            assert time.monotonic() < ends_at, (tmp_path / "output.txt").read_text()
            time.sleep(0.02)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as writer:
            writer.sendto(b"<27>Nov 24 02:10:00 itaipu: commit failed", str(log))
        event = here.wait_for('service = "itaipu"')[0]
    assert (event.state, event.metric, event.description) == ("err", 7, "commit failed")
    assert "from-syslog" in event.tags
    assert event.attributes["PROGRAM"] == "itaipu"


@pytest.mark.counterpart("riemann-client")
def test_the_c_client_sends_and_asks(here):
    what = ["-S", "kafka lag", "-s", "warning", "-d", "0.91", "-t", "kafka", "-L", "60", "-a", "dc=fra", "-h", "db-7"]
    riemann.in_c("send", *what, *address(here))
    riemann.in_c("send", "-S", "by udp", "-s", "ok", "-i", "5", "--udp", *address(here))
    event = here.wait_for('service = "kafka lag"')[0]
    assert (event.host, event.state, event.metric, event.ttl_s) == ("db-7", "warning", 0.91, 60.0)
    assert event.attributes["dc"] == "fra"
    here.wait_for('service = "by udp" and metric = 5')
    assert "kafka lag" in riemann.in_c("query", 'tagged "kafka"', *address(here))
    assert "kafka lag" not in riemann.in_c("query", 'state = "critical"', *address(here))


@pytest.mark.counterpart("riemann-python")
def test_the_python_client_sends_by_tcp_and_udp_and_asks(here):
    assert riemann.in_python(RIEMANN_CLIENT, *address(here)) == "[('by tcp', 0.25)]\n"
    event = here.wait_for('host = "py" and service = "by tcp"')[0]
    assert (event.state, event.tags, event.attributes) == ("warning", ("python",), {"dc": "fra"})
    here.wait_for('host = "py" and service = "by udp"')


@pytest.mark.counterpart("riemann-python")
def test_bernhard_sends_by_tcp_and_udp_and_asks(here):
    assert riemann.in_python(BERNHARD, *address(here)) == "[('by tcp', 12.0)]\n"
    here.wait_for('host = "bernhard" and metric = 12')
    here.wait_for('host = "bernhard" and service = "by udp" and dc = "fra"')

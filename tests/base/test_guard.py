"""Where a person's typing may lead us (S43, S44)."""

import ipaddress
import threading

import pytest

from hausmeister.base import addresses, guard
from hausmeister.base.guard import Forbidden, Guard, NoAnswer

PUBLIC = "93.184.215.14"


def answering(*found):
    return lambda _host, _port: list(found)


def loopback_by_name(host, port):
    """Names lead to 127.0.0.1, as a hostile zone would have it; numbers are read by the system."""
    if any(letter.isalpha() for letter in host.removeprefix("0x")) and ":" not in host and "0x" not in host:
        return ["127.0.0.1"]
    return guard.system_names(host, port) if not host.endswith(".") else ["127.0.0.1"]


@pytest.mark.parametrize(
    "spelling",
    [
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "127.127.127.127",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "127.000.000.001",
        "127.0.0.1.",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "looks-public.example.com",
        "127。0。0。1",
        "①②⑦.⓪.⓪.①",
        "%6c%6f%63%61%6c%68%6f%73%74",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:ffff:127.0.0.1]",
        "[::127.0.0.1]",
        "[::ffff:0:127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "[64:ff9b:1::7f00:1]",
        "[2002:7f00:1::]",
        "[2001:0:7f00:1::1]",
        "0.0.0.0",
        "0",
        "[::]",
    ],
)
def test_s44_no_spelling_of_this_machine_is_allowed(spelling):
    with pytest.raises(Forbidden):
        Guard(resolve=loopback_by_name).judge(f"https://{spelling}/hook")


@pytest.mark.parametrize(
    "address",
    [
        "10.1.2.3",
        "172.16.0.9",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.0.8",
        "192.88.99.1",
        "198.18.0.1",
        "203.0.113.7",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "fe80::1",
        "fc00::1",
        "fd12:3456::1",
        "fec0::1",
        "ff02::1",
        "ff0e::1",
        "2001:db8::1",
        "3fff::1",
        "100::1",
        "::a00:1",
        "64:ff9b::a00:1",
        "64:ff9b::8.8.8.8",
        "64:ff9b:1::1",
        "2002:a00:1::1",
        "2001::1",
        "::ffff:10.0.0.1",
        "5f00::1",
        "not an address",
    ],
)
def test_s44_what_is_no_ordinary_public_host_is_refused(address):
    with pytest.raises(Forbidden):
        Guard(resolve=answering(address)).judge("https://hooks.example.com/")


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "2606:4700::6810:84e5", "2a00:1450:4001::200e"])
def test_s44_an_ordinary_public_host_is_allowed(address):
    target = Guard(resolve=answering(address)).judge("https://hooks.example.com/x?y=1")
    assert target.addresses == (address,)
    assert str(target.url) == "https://hooks.example.com/x?y=1"


@pytest.mark.parametrize("bad_place", [0, 1, 2])
def test_s44_every_answer_is_judged_not_only_the_first(bad_place):
    found = [PUBLIC, "8.8.8.8", "2606:4700::1"]
    found[bad_place] = "10.0.0.7"
    with pytest.raises(Forbidden, match="public server"):
        Guard(resolve=answering(*found)).judge("https://hooks.example.com/")


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://hooks.example.com/", "https"),
        ("ftp://hooks.example.com/", "https"),
        ("file:///etc/passwd", "https"),
        ("gopher://hooks.example.com/", "https"),
        ("hooks.example.com", "https"),
        ("//hooks.example.com/", "https"),
        ("https:hooks.example.com", "https"),
        ("https:///hooks.example.com", "https"),
        ("", "https"),
        ("https://user@hooks.example.com/", "user name"),
        ("https://user:secret@hooks.example.com/", "user name"),
        ("https://hooks.example.com\\@127.0.0.1/", "user name"),
        ("https://127.0.0.1\\@hooks.example.com/", "user name"),
        ("https://hooks.example.com:22/", "port"),
        ("https://hooks.example.com:0/", "port"),
        ("https://hooks.example.com:25/", "port"),
        ("https://hooks.example.com:6379/", "port"),
        ("https://hooks.example.com:99999/", "port"),
        ("https://hooks.example.com\r\nX: y/", "read"),
        ("https://hooks.example\t.com/", "read"),
        ("https://[::1/", "read"),
        ("https://exa mple.com/", "read"),
    ],
)
def test_s43_what_a_url_may_not_be(url, told):
    with pytest.raises(Forbidden, match=told) as refused:
        Guard(resolve=answering(PUBLIC)).judge(url)
    assert "secret" not in str(refused.value)
    assert "hooks.example.com" not in str(refused.value)


@pytest.mark.parametrize("port", [80, 443, 8080, 8443, 2586])
def test_s43_the_usual_ports_and_the_configured_ones_are_open(port):
    judged = Guard(resolve=answering(PUBLIC), more_ports=(2586,)).judge(f"https://hooks.example.com:{port}/")
    assert guard.port_of(judged.url) == port


def test_s43_plain_http_goes_only_to_networks_the_operator_named():
    inside = Guard(allow=(ipaddress.ip_network("10.8.0.0/16"),), resolve=answering("10.8.3.4"))
    assert inside.judge("http://ntfy.internal/").addresses == ("10.8.3.4",)
    with pytest.raises(Forbidden):
        Guard(allow=inside.allow, resolve=answering("10.8.3.4", PUBLIC)).judge("http://ntfy.internal/")
    with pytest.raises(Forbidden):
        Guard(allow=inside.allow, resolve=answering("10.9.0.1")).judge("https://ntfy.internal/")


def test_s44_an_allowed_network_does_not_open_the_transition_addresses_that_lead_to_it():
    allow = (ipaddress.ip_network("127.0.0.0/8"),)
    assert Guard(allow=allow, resolve=answering("::ffff:127.0.0.1")).judge("https://a.example/")
    for address in ("::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::1", "::1"):
        with pytest.raises(Forbidden):
            Guard(allow=allow, resolve=answering(address)).judge("https://a.example/")


def test_s44_every_network_of_the_list_is_refused_from_end_to_end():
    for network in addresses.REFUSED:
        for address in (network[0], network[-1]):
            assert not addresses.is_public(addresses.read(str(address))), address


def test_a_name_that_nobody_knows_gives_no_answer():
    def unknown(_host, _port):
        raise OSError("Name or service not known")

    for resolve in (unknown, answering(), lambda *_: (_ for _ in ()).throw(UnicodeError("label too long"))):
        with pytest.raises(NoAnswer, match="its name is not known"):
            Guard(resolve=resolve).judge("https://hooks.example.com/")


def test_a_look_up_that_hangs_is_given_up():
    over = threading.Event()
    with pytest.raises(NoAnswer, match="could not be looked up in time"):
        guard.resolved(lambda *_: over.wait(30) or [], "hooks.example.com", 443, within_s=0.05)
    over.set()


def test_s44_the_settings_rule_when_an_address_is_stored(settings):
    settings.HAUSMEISTER_OUTGOING_ALLOW = ()
    with pytest.raises(Forbidden, match="HAUSMEISTER_OUTGOING_ALLOW"):
        guard.judge_typed("https://127.0.0.1/hook")
    settings.HAUSMEISTER_OUTGOING_ALLOW = (ipaddress.ip_network("127.0.0.0/8"),)
    guard.judge_typed("http://127.0.0.1/hook")
    with pytest.raises(Forbidden, match="port"):
        guard.judge_typed("http://127.0.0.1:2586/hook")
    settings.HAUSMEISTER_OUTGOING_PORTS = (2586,)
    guard.judge_typed("http://127.0.0.1:2586/hook")

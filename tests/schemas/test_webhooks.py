"""Webhooks: which URLs are taken, and which addresses are public."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.webhooks import Webhook, WebhookEvent, is_public


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "http://example.com:8080/hook?token=a%20b&c=d#e",
        "HTTPS://EXAMPLE.com./",
        "https://xn--bcher-kva.example/",
        "http://my_host/",
        "http://203.0.113.9/",
        "http://[2001:db8::1]:80/",
        "https://example.com/" + "a" * 1980,
    ],
)
def test_a_url_is_taken_as_it_is_written(url):
    assert Webhook(url=url).url == url


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "at least 1 character"),
        ("https://example.com/" + "a" * 1981, "at most 2000"),
        ("example.com/hook", "must begin with https"),
        ("ftp://example.com", "must begin with https"),
        ("file:///etc/passwd", "must begin with https"),
        ("https://", "must name a host"),
        ("https:///hook", "must name a host"),
        ("https:example.com", "must name a host"),
        ("https://:8080/", "must name a host"),
        ("https://a..b/", "must name a host"),
        ("https://-a.example/", "must name a host"),
        ("https://" + "a" * 64 + ".example/", "must name a host"),
        ("https://" + "abcdefgh." * 29 + "example/", "must name a host"),
        ("https://%65xample.com/", "must name a host"),
        ("https://user:password@example.com/", "no user and no password"),
        ("https://user@example.com/", "no user and no password"),
        ("https://@example.com/", "no user and no password"),
        ("https://example.com:0/", "from 1 to 65535"),
        ("https://example.com:65536/", "out of range"),
        ("https://example.com:x/", "is no URL"),
        ("https://[::1/", "is no URL"),
        ("https://[fe80::1%25eth0]/", "must name a host"),
        ("https://exa mple.com/", "no URL may have"),
        ("https://example.com/\r\nHost: other", "no URL may have"),
        ("https://example.com\\@other.example/", "no URL may have"),
        ("https://bücher.example/", "no URL may have"),
        ("https://example.com/%zz", "no URL may have"),
    ],
)
def test_a_url_that_cannot_be_told_is_refused_with_what_would_be_right(url, says):
    with pytest.raises(ValidationError, match=says):
        Webhook(url=url)


def test_a_webhook_wants_every_event_or_those_it_names():
    everything = Webhook(url="https://example.com")
    assert all(everything.wants(event) for event in WebhookEvent)
    some = Webhook(url="https://example.com", events=["job.failed"])
    assert [event for event in WebhookEvent if some.wants(event)] == ["job.failed"]


@pytest.mark.parametrize(
    "events",
    [[], ["job.begun"], "job.failed", ["job.failed"] * 2, ["job.failed"] * 100_000],
    ids=["none", "unknown", "no list", "twice", "very often"],
)
def test_events_that_do_not_exist_or_come_twice_are_refused(events):
    with pytest.raises(ValidationError):
        Webhook(url="https://example.com", events=events)


@pytest.mark.parametrize(
    "address",
    [
        *("8.8.8.8", "1.1.1.1", "93.184.216.34", "100.63.255.255", "100.128.0.0"),
        *("2606:4700:4700::1111", "2a00:1450:4001:80b::200e"),
        *("::ffff:8.8.8.8", "2002:808:808::1", "64:ff9b::8.8.8.8"),
        # Teredo: the server 65.54.227.120, the client 192.0.2.45 inverted to a public one.
        "2001:0:4136:e378:8000:63bf:f7f7:f7f7",
    ],
)
def test_a_public_address_is_public(address):
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.255.0.9", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
        *("0.0.0.0", "0.1.2.3", "100.64.0.1", "100.127.255.255", "192.0.0.8", "192.0.2.1"),
        *("192.88.99.1", "198.18.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255"),
        *("::", "::1", "::7f00:1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "fec0::1"),
        *("ff02::1", "ff0e::1", "2001:db8::1", "3fff::1", "5f00::1", "100::1", "64:ff9b:1::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:100.64.0.1", "::ffff:0:7f00:1"),
        *("2002:7f00:1::1", "2002:a9fe:a9fe::", "64:ff9b::169.254.169.254", "64:ff9b::a00:1"),
        # Teredo with a private client, and with a private server.
        *("2001:0:4136:e378:8000:63bf:80ff:fffe", "2001:0:a00:1:8000:63bf:f7f7:f7f7"),
    ],
)
def test_every_other_address_is_not(address):
    assert not is_public(ip_address(address))


@given(st.ip_addresses(v=4))
def test_an_address_in_another_is_judged_like_itself(address):
    number = int(address)
    for text in (
        f"::ffff:{address}",
        f"64:ff9b::{address}",
        f"2002:{number >> 16:x}:{number & 0xFFFF:x}::",
    ):
        assert is_public(ip_address(text)) == is_public(address)


def test_an_allowed_network_is_as_good_as_public_and_others_are_not():
    allowed = [ip_network("10.1.0.0/16"), ip_network("fd00::/8")]
    for address in ("10.1.2.3", "fd00::1", "::ffff:10.1.2.3", "8.8.8.8"):
        assert is_public(ip_address(address), allowed=allowed)
    for address in ("10.2.0.1", "fc00::1", "::ffff:10.2.0.1", "127.0.0.1"):
        assert not is_public(ip_address(address), allowed=allowed)

"""The addresses of brokers: what each means, and which are refused in which words."""

import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.addresses import parse_address


@pytest.mark.parametrize(
    ("address", "hosts", "options", "of_sentinels"),
    [
        ("redis+sentinel://one/mymaster", [("one", 26379)], {}, {}),
        (
            "redis+sentinel://one,two:1,[::1]:2,[fe80::2]/my-master.2/3",
            [("one", 26379), ("two", 1), ("::1", 2), ("fe80::2", 26379)],
            {"db": 3},
            {},
        ),
        (
            "redis+sentinel://user:p%40%2Fss@one/m?sentinel_username=u&sentinel_password=p%26s",
            [("one", 26379)],
            {"username": "user", "password": "p@/ss"},
            {"username": "u", "password": "p&s"},
        ),
        (
            "rediss+sentinel://:pass@one/m/0?ssl_ca_certs=/ca.pem&socket_timeout=5",
            [("one", 26379)],
            {"password": "pass", "db": 0, "ssl_ca_certs": "/ca.pem", "socket_timeout": 5.0},
            {"ssl_ca_certs": "/ca.pem"},
        ),
    ],
)
def test_an_address_names_sentinels_and_their_master(address, hosts, options, of_sentinels):
    found = parse_address(address)
    assert found.scheme == address.partition("+")[0]
    assert found.options == options
    assert list(found.sentinels.hosts) == hosts
    assert found.sentinels.master == address.rpartition("//")[2].split("/")[1].split("?")[0]
    assert found.sentinels.options == of_sentinels


@pytest.mark.parametrize(
    "address",
    ["redis://", "redis://host", "redis://host:1/", "redis://u:p@host/2?socket_timeout=1",
     "rediss://[::1]:6379?db=1", "unix:///a/socket?db=0", "unix://user@/a/socket"],
)  # fmt: skip
def test_the_addresses_of_one_server_are_those_of_redis_py(address):
    assert parse_address(address).sentinels is None


@pytest.mark.parametrize(
    "rest",
    [
        "", "one", "one/", "/mymaster", ",/mymaster", "one,/mymaster", "one:/mymaster",
        "one:0/mymaster", "one:65536/mymaster", "one:port/mymaster", "::1/mymaster",
        "one/my master", "one/mymaster/db", "one/mymaster/0/1", "one/mymaster#0",
        "one/mymaster?db=first", "one/mymaster?sentinel_passwort=x", "one/mymaster?nonsense=x",
        "user:pass@word@one/mymaster", "one two/mymaster",
    ],
)  # fmt: skip
def test_what_names_no_sentinels_or_no_master_is_refused_with_the_right_form(rest):
    for scheme in ("redis", "rediss"):
        with pytest.raises(ValueError, match=r"^FOLDLINE_REDIS_URL") as caught:
            parse_address(f"{scheme}+sentinel://{rest}")
        assert "host1:26379,host2:26379,host3:26379/mymaster" in str(caught.value)


@pytest.mark.parametrize(
    "address",
    ["", "host:6379", "amqp://host", "sentinel://one/mymaster", "redis:host", "redis://host/first",
     "redis://host:port/0", "redis://one,two/0/1", "redis://host?nonsense=x", "unix://",
     "redis://host?db=first", "REDIS://host"],
)  # fmt: skip
def test_any_other_address_is_refused_with_what_would_be_right(address):
    with pytest.raises(ValueError, match=r"^FOLDLINE_REDIS_URL.*redis\+sentinel://"):
        parse_address(address)


@given(
    st.sampled_from(["redis", "rediss", "unix", "redis+sentinel", "rediss+sentinel", "no"]),
    st.text(st.sampled_from(":/@?#%[]=&,x1é "), max_size=8),
    st.sampled_from(["@one/mymaster", "@one:port/mymaster", "?x", "@one/0", ""]),
)
def test_whatever_is_refused_no_word_of_it_is_repeated(scheme, around, rest):
    address = f"{scheme}://user:{around}secret{around}{rest}"
    try:
        parse_address(address)
    except ValueError as error:
        told = "".join(traceback.format_exception(error))
        assert "FOLDLINE_REDIS_URL" in told
        assert "secret" not in told

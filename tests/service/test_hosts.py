"""By which names the service may be asked: a page whose name was pointed here may not use it."""

import pytest
from pydantic import ValidationError

from service.settings import ServiceSettings

OURS = ["localhost", "LOCALHOST:8000", "127.0.0.1", "127.0.0.1:80", "[::1]", "[::1]:80", "10.0.0.7"]
OTHERS = ["rebound.example", "rebound.example:8000", "127.0.0.1.example", "localhost.example", ""]


def ask(service, host):
    return service.client.get("/healthz", headers={"Host": host})


@pytest.mark.parametrize("host", OURS)
def test_this_machine_and_addresses_are_always_known(service, host):
    assert ask(service, host).status_code == 200


@pytest.mark.parametrize("host", OTHERS)
def test_where_no_keys_are_needed_no_other_name_is(service, host, problem):
    answer = ask(service, host)
    assert "FOLDLINE_ALLOWED_HOSTS" in problem(answer, 421, "unknown-host")["detail"]
    assert answer.headers["x-request-id"]


def test_names_can_be_allowed(run_service, broker, problem):
    with run_service(redis_url=broker.url, allowed_hosts=["foldline.example"]) as service:
        assert ask(service, "Foldline.example:8000").status_code == 200
        assert ask(service, "localhost").status_code == 200
        problem(ask(service, "rebound.example"), 421, "unknown-host")


def test_where_keys_are_needed_names_matter_only_if_some_are_allowed(run_service, broker, problem):
    with run_service(redis_url=broker.url, require_keys=True) as service:
        assert ask(service, "any.example").status_code == 200
    given = {"require_keys": True, "allowed_hosts": ["foldline.example"]}
    with run_service(redis_url=broker.url, **given) as service:
        assert ask(service, "foldline.example").status_code == 200
        problem(ask(service, "any.example"), 421, "unknown-host")


@pytest.mark.parametrize("host", ["https://a.example", "a.example:80", "A.example", "*", ""])
def test_what_would_never_match_is_refused_at_the_start(host):
    with pytest.raises(ValidationError, match="is no name of a host"):
        ServiceSettings(allowed_hosts=[host])

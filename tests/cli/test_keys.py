"""``foldline keys``: who may use a service that others can reach."""

import json
import re
import urllib.error
import urllib.request

import pytest
from typer.testing import CliRunner

from cli.exposure import REQUIRE_KEYS, is_loopback, with_keys_decided
from cli.main import app

runner = CliRunner()


@pytest.mark.parametrize(
    ("host", "alone"),
    [
        *((host, True) for host in ("127.0.0.1", "::1", "localhost", "127.8.0.1")),
        *((host, False) for host in ("0.0.0.0", "::", "", "10.0.0.1", "example.org")),
    ],
)
def test_keys_are_needed_wherever_others_can_reach_the_service(host, alone):
    assert is_loopback(host) is alone
    assert with_keys_decided({}, host)[REQUIRE_KEYS] == ("false" if alone else "true")
    assert with_keys_decided({REQUIRE_KEYS: "x"}, host)[REQUIRE_KEYS] == "x"


def keys(*arguments, data_dir):
    return runner.invoke(app, ["keys", *arguments, "--data-dir", str(data_dir)])


def status(url, token=None):
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code


def asked(url, token, *words):
    environment = {"FOLDLINE_URL": url.removesuffix("/v1/jobs"), "FOLDLINE_API_KEY": token}
    return runner.invoke(app, [*(words or ("jobs", "list"))], env=environment)


def test_a_key_opens_a_service_until_it_is_revoked(serve, tmp_path):
    data_dir = tmp_path / "data"
    served = serve(data_dir, "--host", "0.0.0.0")
    url = served.url.replace("0.0.0.0", "127.0.0.1") + "/v1/jobs"
    assert status(url) == 401
    made = keys("create", "--tenant", "acme", "--scope", "read", data_dir=data_dir)
    token = made.stdout.strip()
    assert status(url, token) == 200
    assert asked(url, token).exit_code == 0
    without = asked(url, "")
    assert (without.exit_code, without.stdout) == (5, "")
    assert without.stderr.endswith("It is taken from FOLDLINE_API_KEY\n")
    for key, state in ((token, "ok"), ("", "wrong"), ("fl_none", "wrong")):
        found = asked(url, key, "doctor", "--data-dir", str(data_dir)).stdout
        assert re.search(f"^{state} +key ", found, re.MULTILINE), found
        assert token not in found
    (listed,) = json.loads(keys("list", "--json", data_dir=data_dir).stdout)
    assert (listed["tenant"], listed["scope"]) == ("acme", "read")
    assert token.split("_")[2] not in json.dumps(listed)
    assert listed["id"] in keys("list", data_dir=data_dir).stdout
    revoked = keys("revoke", listed["id"], "--json", data_dir=data_dir)
    assert json.loads(revoked.stdout) == {"id": listed["id"], "revoked": True}
    assert status(url, token) == 401
    assert keys("revoke", listed["id"], data_dir=data_dir).exit_code == 5


def test_without_a_service_that_is_said(tmp_path):
    result = keys("list", data_dir=tmp_path)
    assert result.exit_code == 1
    assert "--redis-url" in result.stderr


def test_a_tenant_has_a_plain_name(tmp_path):
    result = keys("create", "--tenant", "A b", data_dir=tmp_path)
    assert result.exit_code == 2
    assert "--tenant" in result.stderr

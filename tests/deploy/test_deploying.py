"""docs/deploying.md: its commands and its table of settings are the real ones."""

import itertools
import re
import shlex
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "deploying.md").read_text()
SHELL = [
    shlex.split(line, comments=True)
    for block in re.findall(r"```sh\n(.*?)```", TEXT, flags=re.DOTALL)
    for line in block.splitlines()
]


def test_every_foldline_command_in_it_is_one_that_foldline_takes(foldline_takes):
    commands = [words for words in SHELL if words[0] == "foldline"]
    assert {words[1] for words in commands} == {"serve", "api", "worker", "notifier", "keys"}
    for words in commands:
        foldline_takes(words)


def test_every_service_and_profile_in_it_is_in_the_compose_file():
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    profiles = {profile for service in services.values() for profile in service.get("profiles", [])}
    commands = [words for words in SHELL if words[:2] == ["docker", "compose"]]
    assert commands
    for words in commands:
        for option, value in itertools.pairwise(words):
            if option == "--profile":
                assert value in profiles
            if option == "--scale":
                assert value.split("=")[0] in services


def test_every_setting_is_in_its_table_with_its_default(settings):
    rows = dict(re.findall(r"^\| `(FOLDLINE_\w+)` \| (.*?) \|", TEXT, flags=re.MULTILINE))
    expected = {
        name: "made up" if field.default_factory else f"`{field.default}`"
        for name, field in settings.items()
    }
    assert rows == expected

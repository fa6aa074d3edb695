"""What the README shows of the API is what it does."""

import json
import re
import shlex
from pathlib import Path

from schemas.jobs import Job

README = (Path(__file__).parents[2] / "README.md").read_text()
SECTION = README.partition("## Use it over HTTP")[2].partition("\n## ")[0]


def test_the_call_it_shows_is_answered_as_it_shows(client):
    call = shlex.split(re.findall(r"```sh\n(curl.*?)```", SECTION, re.DOTALL)[0])
    shown = json.loads(re.findall(r"```json\n(.*?)```", SECTION, re.DOTALL)[0])
    document = json.loads(call[call.index("-d") + 1])
    answer = client.post("/v1/jobs", json=document)
    assert answer.status_code == 202
    told = answer.json()
    assert Job.model_validate(shown).model_dump(mode="json") == shown
    assert list(shown) == list(told)
    same = ("status", "progress", "samples", "target", "options", "metadata")
    assert [shown[name] for name in same] == [told[name] for name in same]

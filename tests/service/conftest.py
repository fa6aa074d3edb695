"""The service behind a real server, and a small model to ask it for."""

import io
import json
import logging
import signal
import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from cli.broker import start_broker
from exports.subject import with_checks
from schemas.identity import model_id
from schemas.models import Architecture, ArchitectureName, Certificate, Model, Timing
from schemas.network import Layer, Network
from schemas.options import FitOptions
from schemas.samples import canonical_samples
from schemas.table import BreakpointTable
from schemas.target import Target
from service.app import create_app
from service.connections import Connection
from service.settings import ServiceSettings
from storage import keys
from telemetry.logs import log_handler
from telemetry.settings import LogFormat
from tests.waiting import HANGS_AFTER_S, patient


@contextmanager
def serving(app: FastAPI):
    """A client of this application, over a real connection."""
    listener = socket.socket(proto=socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    config = uvicorn.Config(
        app,
        http=Connection,
        log_config=None,
        access_log=False,
        proxy_headers=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.001)
    with httpx.Client(
        base_url=f"http://127.0.0.1:{port}", timeout=HANGS_AFTER_S, verify=False
    ) as client:
        yield client
    server.should_exit = True
    thread.join()
    listener.close()


@dataclass
class Service:
    """A running service: its parts, and a client of it."""

    settings: ServiceSettings
    client: httpx.Client
    app: FastAPI

    @property
    def address(self):
        return self.client.base_url.host, self.client.base_url.port

    @property
    def stores(self):
        return self.app.state.resources.stores.of(keys.DEFAULT_TENANT)


@contextmanager
def running(settings: ServiceSettings):
    if settings.require_keys is None:
        settings = settings.model_copy(update={"require_keys": False})
    app = create_app(settings)
    with serving(app) as client:
        yield Service(settings, client, app)


@pytest.fixture(scope="session")
def service(broker, tmp_path_factory):
    """A service for all tests that do not mind what others have left in it."""
    data_dir = tmp_path_factory.mktemp("service") / "data"
    with running(ServiceSettings(redis_url=patient(broker.url), data_dir=data_dir)) as started:
        yield started


@pytest.fixture
def client(service):
    return service.client


@pytest.fixture
def empty_service(storage_settings):
    """A service without jobs or models."""
    settings = ServiceSettings(
        redis_url=storage_settings.redis_url, data_dir=storage_settings.data_dir
    )
    with running(settings) as started:
        yield started


@pytest.fixture
def run_service(tmp_path):
    """Starts a service with settings of one's own: ``with run_service(...) as service``."""

    def run(**values):
        return running(ServiceSettings(**{"data_dir": tmp_path / "data", **values}))

    return run


@pytest.fixture
def own_broker(tmp_path):
    """A broker of this test's own, to be stopped at will."""
    with start_broker(tmp_path / "broker") as started:
        yield started
        started.process.send_signal(signal.SIGCONT)


@pytest.fixture
def own_service(run_service, own_broker):
    with run_service(redis_url=own_broker.url) as started:
        yield started


@pytest.fixture
def question():
    """A valid question; every call of the fixture makes a new one."""
    return {
        "samples": {"x": [0.0, 1.0, 2.0, 3.0], "y": [0.0, 1.0, 4.0, 9.0]},
        "target": {"tolerance": 0.1},
    }


@dataclass
class Absolute:
    """The model of |x| on [-1, 1]: two neurons, two segments, no error."""

    tolerance: float = 0.125
    weight: list = field(default_factory=lambda: [[1.0], [-1.0]])
    dtype: str = "float32"

    def __post_init__(self):
        self.samples = canonical_samples([-1, -0.5, 0, 0.5, 1], [1, 0.5, 0, 0.5, 1])
        self.target = Target(tolerance=self.tolerance)
        self.network = Network(
            layers=[
                Layer(weight=self.weight, bias=[0.0, 0.0]),
                Layer(weight=[[1.0, 1.0]], bias=[0.0]),
            ],
            dtype=self.dtype,
        )
        self.table = BreakpointTable(
            x=[-1.0, 0.0, 1.0], y=[1.0, 0.0, 1.0], slope=[-1.0, 1.0, 1.0], intercept=[0.0] * 3
        )
        self.model = Model(
            id=model_id(self.samples.sha256, self.target, FitOptions()),
            engine_version="0.0.0",
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
            samples=self.samples.summary(),
            target=self.target,
            met=True,
            explanation="made by hand",
            architecture=Architecture(
                name=ArchitectureName.SHALLOW,
                layer_widths=[1, 2, 1],
                knots=2,
                tents=0,
                sides=[],
                towers=0,
                parameters=7,
                neurons=2,
                dtype=self.dtype,
            ),
            certificate=Certificate(
                max_abs_error=0.0,
                rmse=0.0,
                max_rel_error=0.0,
                max_abs_error_between_samples=0.0,
                table_deviation=0.0,
            ),
            segments=2,
            minimal_segments=2,
            contenders=[],
            timing=Timing(queue_s=0.0, phase1_s=0.0, phase2_s=0.0, total_s=0.0),
        )

    @property
    def id(self):
        return self.model.id

    @property
    def artifacts(self):
        network, table = with_checks(self.model, self.network, self.table, self.samples)
        return {
            keys.MANIFEST: self.model.model_dump_json(indent=2).encode(),
            keys.NETWORK: network.model_dump_json().encode(),
            keys.TABLE_JSON: table.model_dump_json().encode(),
            keys.SAMPLES: self.samples.to_npy(),
            keys.TABLE_CSV: self.table.to_csv().encode(),
        }

    def store(self, stores, *, created_ms=0):
        stores.artifacts.put_model(self.id, self.artifacts)
        stores.models.add(self.id, created_ms=created_ms, facts=self.model.facts)
        return self


@pytest.fixture
def make_model():
    """Makes models by hand: ``make_model(tolerance=...)``, then ``.store(stores)``."""
    return Absolute


@pytest.fixture
def model(service):
    """A model that the service has."""
    return Absolute().store(service.stores)


@pytest.fixture
def problem():
    """Checks that an answer is a problem document, and returns it."""

    def check(response, status, kind):
        document = response.json()
        assert response.status_code == status, document
        assert response.headers["content-type"] == "application/problem+json"
        assert document["status"] == status
        assert document["type"] == f"urn:foldline:problem:{kind}"
        assert document["title"]
        assert document["detail"]
        for error in document["errors"]:
            path = error["pointer"].replace("/", ".").removeprefix(".")
            assert path.replace("~1", "/").replace("~0", "~") == error["field"]
            assert error["detail"]
        return document

    return check


@pytest.fixture
def log_lines():
    """What the service has logged so far: ``log_lines()`` reads every line as JSON."""
    stream = io.StringIO()
    handler = log_handler(LogFormat.JSON, stream)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)

    def read():
        lines = map(json.loads, stream.getvalue().splitlines())
        # The client lives in this process, too.
        return [line for line in lines if line["logger"] != "httpx"]

    yield read
    root.setLevel(level)
    root.removeHandler(handler)

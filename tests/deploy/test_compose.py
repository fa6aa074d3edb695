"""docker-compose.yml: lawful by the Compose Specification's schema, and true of this repository."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from storage import keys

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def test_the_compose_file_follows_the_compose_specification():
    schema = json.loads(Path(__file__).with_name("compose-spec.json").read_text())
    errors = jsonschema.Draft7Validator(schema).iter_errors(COMPOSE)
    found = [f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in errors]
    assert not found, "\n".join(found)


def test_there_are_a_broker_an_api_a_notifier_and_workers_and_no_version_key():
    assert set(SERVICES) == {"valkey", "api", "notifier", "worker", "worker-gpu"}
    assert set(OURS) == {"api", "notifier", "worker", "worker-gpu"}
    assert "version" not in COMPOSE


@pytest.mark.parametrize("name", OURS)
def test_every_command_is_one_that_foldline_takes(name, foldline_takes):
    foldline_takes(SERVICES[name]["command"])


@pytest.mark.parametrize("name", OURS)
def test_every_variable_is_a_setting(name, settings):
    assert set(SERVICES[name]["environment"]) <= set(settings)


@pytest.mark.parametrize("name", OURS)
def test_every_process_finds_the_broker(name):
    service = SERVICES[name]
    assert service["environment"]["FOLDLINE_REDIS_URL"] == "redis://valkey:6379/0"
    assert service["depends_on"]["valkey"]["condition"] == "service_healthy"


@pytest.mark.parametrize("name", sorted(set(OURS) - {"notifier"}))
def test_every_process_but_the_notifier_finds_the_shared_data(name):
    directory = SERVICES[name]["environment"]["FOLDLINE_DATA_DIR"]
    assert f"data:{directory}" in SERVICES[name]["volumes"]


def test_who_talks_to_strangers_has_no_data():
    assert SERVICES["notifier"]["volumes"] == []
    assert "FOLDLINE_DATA_DIR" not in SERVICES["notifier"]["environment"]


@pytest.mark.parametrize(
    ("name", "index"), [("worker", ".silent_s"), ("notifier", f'"{keys.SENDERS}"')]
)
def test_a_health_check_looks_where_signs_of_life_are(name, index):
    assert index in SERVICES[name]["healthcheck"]["test"][-1]


@pytest.mark.parametrize("name", SERVICES)
def test_every_name_that_a_service_uses_exists(name):
    service = SERVICES[name]
    for other, condition in service.get("depends_on", {}).items():
        assert other in SERVICES
        if condition["condition"] == "service_healthy":
            assert "healthcheck" in SERVICES[other]
    for volume in service.get("volumes", []):
        source, target = volume.split(":")
        assert source in COMPOSE["volumes"]
        assert target.startswith("/")
    for argument, value in service.get("build", {}).get("args", {}).items():
        assert f"ARG {argument}=" in DOCKERFILE
        assert f"{value}) index=" in DOCKERFILE, f"the Dockerfile knows no {argument}={value}"


def test_images_of_different_builds_have_different_names():
    builds = {(service["image"], json.dumps(service["build"])) for service in OURS.values()}
    assert len(builds) == len({image for image, _ in builds})


def test_only_the_api_publishes_a_port_and_only_to_this_machine():
    published = {name: s["ports"] for name, s in SERVICES.items() if "ports" in s}
    assert published == {"api": ["${FOLDLINE_PUBLISH:-127.0.0.1:8000}:8000"]}
    assert not any("network_mode" in service for service in SERVICES.values())


def test_only_the_gpu_profile_reserves_an_nvidia_device():
    def reserved(service):
        resources = service.get("deploy", {}).get("resources", {})
        return resources.get("reservations", {}).get("devices", [])

    for name, service in SERVICES.items():
        assert bool(reserved(service)) == (name == "worker-gpu")
        assert service.get("profiles", []) == (["gpu"] if name == "worker-gpu" else [])
    (device,) = reserved(SERVICES["worker-gpu"])
    assert device["driver"] == "nvidia"
    assert "gpu" in device["capabilities"]
    assert SERVICES["worker-gpu"]["build"]["args"]["TORCH"] == "cuda"


def test_every_service_comes_back_and_is_given_time_to_leave():
    for service in SERVICES.values():
        assert service["restart"] == "unless-stopped"
        assert service["stop_grace_period"].endswith("s")

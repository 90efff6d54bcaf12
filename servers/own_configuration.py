"""A program with the user's own configuration; clientbench starts and stops it."""

from __future__ import annotations

import os
import re
import subprocess
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from servers.base import TargetError
from servers.software import Executable, Layout, Software
from servers.user_template import HERE, UserTemplate

__all__ = ["Configurable", "OwnConfiguration"]

TEST_TIMEOUT_S = 20.0
WORKING_FOLDER = "/proc/self/cwd"  # Linux
ADDRESS = frozenset({"listen", "port"})


class Configurable(Software):
    """A program that accepts the user's own configuration."""

    takes_configuration = True
    configuration: str  # the name of the file that ``command`` reads
    complaint = ""  # pattern of a line of its test that says what is wrong, which is group 1

    @abstractmethod
    def adopt(self, text: str, layout: Layout) -> dict[str, str]:
        """Return the files that ``command`` reads, made from this text.

        Settings that would take the program out of our control are removed (background, user,
        CPUs); files that could collide with another instance go to ``layout.scratch`` (PID,
        sockets, logs). Lines keep their numbers. Raises ``TargetError``, without the file's name,
        for a text that cannot work.
        """

    def own_environment(self, layout: Layout) -> Mapping[str, str]:
        """Return additional environment variables."""
        return {}

    def own_command(self, layout: Layout) -> list[str]:
        """Return the ``command`` for a user's configuration."""
        return self.command(layout)

    def test_command(self, layout: Layout) -> list[str]:
        """Return the command line with which the program tests its configuration.

        Empty: it cannot.
        """
        return []


class OwnConfiguration(Software):
    """``kind`` with the user's template instead of ours.

    It runs as the user who starts it: an account for its workers in the configuration is meant.
    """

    is_own = True
    keeps_user = True

    def __init__(self, kind: Configurable, template: UserTemplate, *, is_proxy: bool) -> None:
        self.name = kind.name
        self.remedy = kind.remedy
        self.listening = kind.listening
        self.is_proxy = is_proxy
        self._kind = kind
        self._template = template

    def find(self) -> Executable:
        """Locate the program."""
        return self._kind.find()

    def files(self, layout: Layout) -> dict[str, str]:
        """Render the user's file."""
        own = _absolute(layout)
        text = self._template.render(own)
        try:
            return self._kind.adopt(text, own)
        except TargetError as error:
            raise self._template.refusal(str(error)) from error

    def command(self, layout: Layout) -> list[str]:
        """Return the arguments, as with our configuration."""
        return self._kind.own_command(_absolute(layout))

    def environment(self, layout: Layout) -> Mapping[str, str]:
        """Return the same variables, and those that replace settings of the configuration."""
        own = _absolute(layout)
        return {**self._kind.environment(own), **self._kind.own_environment(own)}

    def check_address(self, port: int) -> None:
        """Raise ``TargetError`` if its address is fixed but clientbench chooses the port (0)."""
        if not port and not ADDRESS & self._template.names:
            raise self._template.refusal(
                "does not use the address that clientbench chooses; "
                f"expected {self.listening} in it"
            )

    def accept(self, words: tuple[str, ...], folder: Path, layout: Layout) -> None:
        """Let the program test the configuration, with access to the files next to the user's."""
        (folder / HERE).symlink_to(self._template.folder)
        arguments = self._kind.test_command(_absolute(layout))
        if not arguments:
            return
        try:
            tested = subprocess.run(
                [*words, *arguments],
                cwd=folder,
                env={**os.environ, **self.environment(layout)},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=TEST_TIMEOUT_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise self._refusal(str(error)) from error
        if tested.returncode:
            printed = (tested.stderr + tested.stdout).decode(errors="replace")
            raise self._refusal(self._complaint(printed))

    def _refusal(self, problem: str) -> TargetError:
        return TargetError(
            f"{self.name} refuses {self._template.file}: {' '.join(problem.split())}"
        )

    def _complaint(self, printed: str) -> str:
        """Return the program's first error message, with the user's file name instead of ours."""
        lines = [line for line in printed.splitlines() if line.strip()]
        found = (re.search(self._kind.complaint, line) for line in lines)
        said = next((one[1] for one in found if one), lines[-1] if lines else "no reason given")
        # line numbers are the same in both files; files next to the user's are reached by our link
        said = said.replace(f"{WORKING_FOLDER}/{self._kind.configuration}", self._template.file)
        return said.replace(f"{WORKING_FOLDER}/{HERE}/", "")


def _absolute(layout: Layout) -> Layout:
    """Return the layout with absolute paths.

    Programs resolve relative paths differently, some by their configuration. These paths are valid
    for every process in this working folder, need no quotes, and work for accounts that may not
    open the folders above.
    """
    return replace(layout, folder=WORKING_FOLDER, scratch=f"{WORKING_FOLDER}/{layout.scratch}")

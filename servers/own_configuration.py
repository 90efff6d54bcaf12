"""A program with its user's own configuration, started and stopped by us like those with ours."""

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
    """A program that can be given a configuration of its user's."""

    takes_configuration = True
    configuration: str  # the name of the file that ``command`` reads
    complaint = ""  # pattern of a line of its test that says what is wrong, which is group 1

    @abstractmethod
    def adopt(self, text: str, layout: Layout) -> dict[str, str]:
        """The files that ``command`` reads, with this text.

        What would put the program beyond our reach is taken out (background, another user, other CPUs), and
        what would meet another one of its kind is put into ``layout.scratch`` (PID, sockets, logs). Lines
        keep their numbers.
        """

    def own_environment(self, layout: Layout) -> Mapping[str, str]:
        """More variables for it."""
        return {}

    def own_command(self, layout: Layout) -> list[str]:
        """``command`` for a user's configuration."""
        return self.command(layout)

    def test_command(self, layout: Layout) -> list[str]:
        """The command line that lets the program test its configuration; empty: it cannot."""
        return []


class OwnConfiguration(Software):
    """``kind``, with its user's template in the place of ours.

    It runs as whoever starts it: who has an
    account for its workers in the configuration means that one.
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
        """The program itself."""
        return self._kind.find()

    def files(self, layout: Layout) -> dict[str, str]:
        """The user's file, rendered."""
        own = _absolute(layout)
        return self._kind.adopt(self._template.render(own), own)

    def command(self, layout: Layout) -> list[str]:
        """As with ours."""
        return self._kind.own_command(_absolute(layout))

    def environment(self, layout: Layout) -> Mapping[str, str]:
        """The same, and what its configuration may not say."""
        own = _absolute(layout)
        return {**self._kind.environment(own), **self._kind.own_environment(own)}

    def check_address(self, port: int) -> None:
        """Raise ``TargetError`` if it cannot listen where it shall; ``port`` 0: nobody has said where."""
        if not port and not ADDRESS & self._template.names:
            raise self._template.refusal(
                f"has an address of its own, but clientbench chooses the port; write {self.listening}"
            )

    def accept(self, words: tuple[str, ...], folder: Path, layout: Layout) -> None:
        """Let the program test it, with the files beside the user's within reach."""
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
        """The first thing that the program has to say of it, about the user's file and not about ours."""
        lines = [line for line in printed.splitlines() if line.strip()]
        found = (re.search(self._kind.complaint, line) for line in lines)
        said = next((one[1] for one in found if one), lines[-1] if lines else "it does not say why")
        # its line of ours is that of the user's; what is beside his file was reached by our link
        said = said.replace(f"{WORKING_FOLDER}/{self._kind.configuration}", self._template.file)
        return said.replace(f"{WORKING_FOLDER}/{HERE}/", "")


def _absolute(layout: Layout) -> Layout:
    """The same places by absolute paths.

    Programs complete relative ones in ways of their own, some by what the configuration says. These hold for
    every process whose working folder it is, need no quotes, and let accounts in that may not see the folders
    above.
    """
    return replace(layout, folder=WORKING_FOLDER, scratch=f"{WORKING_FOLDER}/{layout.scratch}")

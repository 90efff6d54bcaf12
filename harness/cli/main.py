"""The command ``clientbench``: where errors become one line and an exit code (DESIGN §8)."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Sequence

from harness import interrupts
from harness.cli import streams
from harness.cli.exit_codes import BUG, DONE, INTERRUPTED, UNUSABLE, USAGE
from harness.cli.refusals import check_machine, refusal_of_machine
from harness.cli.screen import complain, say
from harness.errors import ClientbenchError, UnusableError, UsageError

__all__ = ["main", "run"]


def main() -> None:
    """Entry point of the console script. SIGTERM and a closed terminal count as an interrupt."""
    for number in {*interrupts.signals()} - {signal.SIGINT}:
        signal.signal(number, signal.default_int_handler)
    streams.guard()
    code: int | None = None
    while True:
        try:
            if code is None:
                code = streams.settled(run(sys.argv[1:]))
            for number in interrupts.signals():  # nothing is left that more of them could end
                signal.signal(number, signal.SIG_IGN)
            break
        except KeyboardInterrupt:  # another one, while the first was being reported, or here
            _silence_halves()
            code = INTERRUPTED
    # Python ends by SIGINT if an interrupt has struck the last text that was executed (dataclasses do that when
    # a module is imported), although it was caught. Executing another text lets it forget.
    exec("")
    sys.exit(code)


def run(argv: Sequence[str]) -> int:
    """Run one command line; its exit code. Everything that goes wrong is one line on stderr."""
    try:
        return _dispatch(argv)
    except ClientbenchError as error:
        complain(_told(error, argv), _typed(argv))
        return UNUSABLE if isinstance(error, UnusableError) else USAGE
    except KeyboardInterrupt:
        _silence_halves()
        say("interrupted", sys.stderr)
        return INTERRUPTED
    except Exception as error:
        if os.environ.get("CLIENTBENCH_DEBUG"):
            say(traceback.format_exc(), sys.stderr)
        refused = refusal_of_machine(error)
        if refused is not None:
            complain(refused, _typed(argv))
            return UNUSABLE
        complain(
            f"this is a bug: {type(error).__name__}: {error} (CLIENTBENCH_DEBUG=1 shows where)",
            _typed(argv),
        )
        return BUG


def _dispatch(argv: Sequence[str]) -> int:
    check_machine()
    # An import that is cut short leaves halves behind: errors of libraries that have nothing to do with it, and
    # a Python that ends by the signal, because some of them execute text.
    with interrupts.deferred():
        from harness.cli import ownership

        ownership.check()  # before anything is imported from packages that may be somebody else's
        from harness.cli import commands, legacy
        from harness.input.settings import from_environment

        interrupts.check()
    words = legacy.modernise(argv, from_environment(os.environ).duration_s)
    try:
        code = commands.app(
            list(words) or ["--help"], prog_name="clientbench", standalone_mode=False
        )
    except commands.CommandInterruptedError:
        raise KeyboardInterrupt from None
    except commands.COMMAND_LINE_ERROR as error:
        # what begins with an option may have been meant as the old form, too
        old_flags = legacy.FLAGS if argv and argv[0].startswith("-") else ()
        raise UsageError(commands.problem_of(error, old_flags)) from error
    except SystemExit as ended:  # completion does so
        code = ended.code
    # Typer's own 1 is of a shell that it cannot complete for
    return USAGE if code == BUG else code if isinstance(code, int) else DONE


def _told(error: ClientbenchError, argv: Sequence[str]) -> str:
    """The error, its fields by what was typed."""
    # An error without fields may say that our packages cannot be imported, so nothing is imported for it.
    if not error.fields:
        return str(error)
    from harness.input.spelling import Spelling

    return error.told(Spelling(argv, os.environ))


def _silence_halves() -> None:
    """Say nothing of objects whose making was interrupted: Python tells what their end fails with."""
    sys.unraisablehook = lambda _: None


def _typed(argv: Sequence[str]) -> list[str]:
    """Everything that a message may repeat: the command line, and our variables."""
    return [*argv, *(v for name, v in os.environ.items() if name.startswith("HTTP_BENCHMARK_"))]

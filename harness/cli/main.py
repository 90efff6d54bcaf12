"""The command ``clientbench``: turns errors into one line and an exit code (DESIGN §8)."""

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
    """Run the console script. SIGTERM and a closed terminal count as an interrupt."""
    for number in {*interrupts.signals()} - {signal.SIGINT}:
        signal.signal(number, signal.default_int_handler)
    streams.guard()
    code: int | None = None
    while True:
        try:
            if code is None:
                code = streams.settled(run(sys.argv[1:]))
            for number in interrupts.signals():  # everything is done: ignore further ones
                signal.signal(number, signal.SIG_IGN)
            break
        except KeyboardInterrupt:  # a second one, while the first was being reported, or here
            _silence_halves()
            code = INTERRUPTED
    # Python exits by SIGINT if an interrupt struck the last string that was executed, even if it
    # was caught (importing dataclasses executes strings). Executing another string resets that.
    exec("")
    sys.exit(code)


def run(argv: Sequence[str]) -> int:
    """Run one command line and return its exit code. Every error is one line on stderr."""
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
    # An interrupted import leaves half-initialised modules behind. They cause unrelated errors in
    # libraries, and some execute strings, so that Python exits by the signal (see ``main``).
    with interrupts.deferred():
        from harness.cli import ownership

        ownership.check()  # before anything is imported from packages that may not be ours
        from harness.cli import commands, completion, groups, legacy
        from harness.input.settings import from_environment

        interrupts.check()
    completion.check(os.environ)
    words = legacy.modernise(argv, from_environment(os.environ).duration_s)
    try:
        command = commands.whole_command()
        code = command(list(words) or ["--help"], prog_name="clientbench", standalone_mode=False)
    except groups.CommandInterruptedError:
        raise KeyboardInterrupt from None
    except commands.COMMAND_LINE_ERROR as error:
        # a command line that begins with an option may have been meant as the old form
        old_flags = legacy.FLAGS if argv and argv[0].startswith("-") else ()
        raise UsageError(commands.problem_of(error, old_flags)) from error
    except SystemExit as ended:  # Typer's own: help, and completion, for which 1 is no bug
        code = USAGE if ended.code == BUG else ended.code
    return code if isinstance(code, int) else DONE


def _told(error: ClientbenchError, argv: Sequence[str]) -> str:
    """Return the error in one line, its fields named as they were typed."""
    # An error without fields may say that our packages cannot be imported: import nothing for it.
    if not error.fields:
        return str(error)
    from harness.input.spelling import Spelling

    return error.told(Spelling(argv, os.environ))


def _silence_halves() -> None:
    """Silence Python's reports about the destructors of objects that were only half made."""
    sys.unraisablehook = lambda _: None


def _typed(argv: Sequence[str]) -> list[str]:
    """Return everything that a message may repeat: the command line and our variables."""
    return [*argv, *(v for name, v in os.environ.items() if name.startswith("HTTP_BENCHMARK_"))]

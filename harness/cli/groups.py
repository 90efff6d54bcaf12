"""Groups of commands, as Typer makes them: interrupts, suggestions, help pages."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import typer

from harness.cli import help as help_pages
from harness.text import meant

__all__ = ["CommandInterruptedError", "command", "group"]

F = TypeVar("F", bound=Callable[..., Any])


class CommandInterruptedError(Exception):
    """Ctrl-C or SIGTERM ended a command that has no result yet."""


@contextlib.contextmanager
def _stoppable() -> Iterator[None]:
    """Keep an interrupt apart from the exit code of a run that was interrupted and has ended.

    Typer would turn both into the same exit code.
    """
    try:
        yield
    except KeyboardInterrupt:
        raise CommandInterruptedError from None


class _Group(help_pages.Group):
    def make_context(self, *args: Any, **options: Any) -> Any:
        try:
            with _stoppable():
                return super().make_context(*args, **options)
        except typer.Exit as ended:  # Typer would return its code as if a command had returned it
            raise SystemExit(ended.exit_code) from None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Suggest the nearest command; Typer would suggest up to three."""
        is_known = self.get_command(ctx, args[0]) is not None or args[0].startswith("-")
        if not is_known and not ctx.resilient_parsing:  # completion is no place for errors
            known = self.list_commands(ctx)
            advice = f"{meant(args[0], known)}expected {', '.join(known)}"
            ctx.fail(f"No such command {args[0]!r}; {advice}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        with _stoppable():
            return super().invoke(ctx)


def group(name: str, **settings: Any) -> typer.Typer:
    """Return an empty group of commands."""
    return typer.Typer(
        cls=_Group,
        name=name,
        rich_markup_mode=None,
        context_settings={"max_content_width": help_pages.WIDEST},
        **settings,
    )


def command(of: typer.Typer, name: str | None = None) -> Callable[[F], F]:
    """Return a decorator that makes a function this command of a group."""
    return of.command(name, cls=help_pages.Command)

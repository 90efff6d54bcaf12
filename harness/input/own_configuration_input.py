"""Parses ``--config FILE`` and ``nginx:FILE``: the user's own configurations of target programs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from harness.errors import UsageError
from harness.input.options import Options
from harness.paths import expanded
from harness.redaction import refusal
from servers.base import TargetError
from servers.catalogue import configurable
from servers.spec import TargetSpec
from servers.user_template import UserTemplate

__all__ = ["check_used", "own_configurations", "template_of"]

# A configuration supports a field if it uses one of these template variables.
USED_BY: dict[str, tuple[str, ...]] = {
    "https": ("certificate",),
    "instances": ("upstreams", "workers"),
    "tls": ("certificate",),
    "upstream": ("upstreams",),
}
EXAMPLE = "ALIAS=nginx:FILE"


def own_configurations(specs: Sequence[TargetSpec], options: Options) -> list[TargetSpec]:
    """Return the targets; those with a configuration get its absolute path and an alias.

    Raises ``UsageError`` for a file that cannot be used, and for two targets with the same name.
    """
    given = options.config
    if given is not None:
        if not given.strip():
            raise refusal("config", given, "the path of a configuration file")
        if len(specs) > 1 or specs[0].config:
            raise UsageError(
                f"applies to a single target without a file; expected --target {EXAMPLE} for each",
                "config",
            )
        if specs[0].url:
            raise UsageError(
                "applies to servers that clientbench starts; expected no URL with it", "config"
            )
        specs = [replace(specs[0], config=given)]
    field = "target" if given is None else "config"
    found = [_found(spec, field) if spec.config else spec for spec in specs]
    aliases = [spec.alias for spec in found if spec.alias]
    for spec in found:
        paths = {one.config for one in found if one.alias == spec.alias}
        if aliases.count(spec.alias) > 1 and len(paths) > 1:
            raise UsageError(
                f"several are called {spec.alias}; expected a name for each: {EXAMPLE}", "target"
            )
    return found


def template_of(spec: TargetSpec) -> UserTemplate:
    """Return the configuration of a target that has one; read once. Raises ``TargetError``."""
    return _read(Path(spec.config))


def check_used(specs: Sequence[TargetSpec], asked: Collection[str]) -> None:
    """Raise ``UsageError`` for a field in ``asked`` that a configuration does not support."""
    for spec in (spec for spec in specs if spec.config):
        template = template_of(spec)
        for field in asked:
            variables = USED_BY[field]
            if template.names.isdisjoint(variables):
                wanted = " or ".join(f"{{{{ {name} }}}}" for name in variables)
                raise UsageError(
                    f"{template.file} ignores it; expected {wanted} in that file", field
                )


def _found(spec: TargetSpec, field: str) -> TargetSpec:
    if spec.name not in configurable():
        raise UsageError(
            f"the {spec.name} target takes no configuration; "
            f"expected one of {', '.join(configurable())}",
            field,
        )
    try:
        path = Path.cwd() / expanded(spec.config)
        template = _read(path)
    except TargetError as error:
        raise UsageError(str(error), field) from error
    except RuntimeError as error:  # a home that cannot be found
        raise UsageError(f"{error} expected the path of a file", field) from error
    return replace(spec, config=str(path), alias=spec.alias or f"{spec.name}:{template.file}")


_read = cache(UserTemplate)

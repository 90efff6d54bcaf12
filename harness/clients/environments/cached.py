"""The versions of clients that an environment in the cache has."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from packaging.utils import canonicalize_name
from packaging.version import Version

from harness.clients.environments.cache import EnvironmentCache
from harness.clients.environments.lock import pins
from harness.clients.environments.recipe import named

__all__ = ["cached_versions"]


def cached_versions(distributions: Mapping[str, str]) -> dict[str, str]:
    """Return the newest version of each client in an environment of our own Python, by name.

    ``distributions`` are those of their libraries, by name as well. A checkout or a file is no
    version. Clients without any are not there.
    """
    by_library: dict[str, str] = {}
    for kept in EnvironmentCache().list():
        content = kept.content
        if content.build != sys.version or not content.requirements:
            continue
        library = named(content.requirements[0])  # others were added to it
        version = pins(content.lock).get(library)
        if version is not None:
            newest = max(version, by_library.get(library, version), key=Version)
            by_library[library] = newest
    libraries = {name: canonicalize_name(one) for name, one in distributions.items()}
    return {name: by_library[one] for name, one in libraries.items() if one in by_library}

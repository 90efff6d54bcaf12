"""On which paths every answer must be as long as the first one."""

from __future__ import annotations

import pytest

from harness.measure.asking import has_known_length
from servers.spec import EMBEDDED, TargetSpec

NGINX = TargetSpec("nginx", instances=3, upstream="embedded")
OWN = TargetSpec("nginx", instances=3, upstream="embedded", alias="tuned", config="/x/tuned.conf")
FOREIGN = TargetSpec("url", url="http://127.0.0.1:9001")


@pytest.mark.parametrize("path", ["/", "/?x=1", "/wait?constant=1ms&bytes=2000"])
@pytest.mark.parametrize("target", [EMBEDDED, NGINX])
def test_it_is_known_of_paths_of_ours_that_never_vary(target: TargetSpec, path: str) -> None:
    assert has_known_length(target, path)


@pytest.mark.parametrize(
    ("target", "path"),
    [(EMBEDDED, "/uuid"), (EMBEDDED, "/waiting"), (OWN, "/"), (FOREIGN, "/"), (FOREIGN, "/wait")],
)
def test_it_is_not_known_of_anything_else(target: TargetSpec, path: str) -> None:
    assert not has_known_length(target, path)

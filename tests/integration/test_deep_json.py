"""The embedded target echoes JSON of any depth, or says null; answers have up to a hundred megabytes here."""

from __future__ import annotations

from servers.embedded.target import EmbeddedTarget
from tests.servers.wire import Wire


def test_json_is_echoed_or_null_however_deep(http_target: EmbeddedTarget) -> None:
    """The depth that can be read and the one that can be printed differ; no depth is an error.

    Over one scheme: indented, what is so deep has a hundred megabytes.
    """
    with Wire(http_target) as wire:

        def echoed(depth: int) -> bool:
            reply = wire.ask("/post", method="POST", body=b"[" * depth + b"]" * depth)
            assert reply.status == 200
            return b'"json": null' not in reply.body

        low, high = 100, 50_000  # how deep json.loads goes depends on the Python
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if echoed(middle) else (low, middle)
        assert [echoed(depth) for depth in (low, high, high + 1)] == [True, False, False]

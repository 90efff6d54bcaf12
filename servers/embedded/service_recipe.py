"""The endpoint ``/wait``: a wait drawn from a seeded distribution, and a body of a given size."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from random import Random
from urllib.parse import parse_qsl

from servers.embedded.messages import RefusedError
from servers.embedded.query_numbers import decimal, duration_ns, number, whole
from servers.embedded.service import PLAIN_BODY

__all__ = ["MAX_BODY_BYTES", "MAX_WAIT_NS", "body", "check", "draw_ns"]

# Far below the idle timeout. Longer parameters are refused; a longer draw is cut to it.
MAX_WAIT_NS = 10 * 10**9
_MAX_SIGMA = 10.0
MAX_BODY_BYTES = 10 * 1024 * 1024
_MAX_SEQUENCES = 1024

_FORMS = "one of constant=WAIT, lognormal=MEDIAN,SIGMA, bimodal=WAIT,WAIT,SHARE; seed=NUMBER; bytes=NUMBER"

Draw = Callable[[], float]
Fields = tuple[tuple[str, str], ...]


def check(query: str) -> None:
    """Raise ``RefusedError`` for a query that would get an error, without drawing from its
    sequence.
    """
    fields = tuple(parse_qsl(query, keep_blank_values=True))
    _sequence(fields)
    body(fields)


@lru_cache(8)
def body(fields: Fields) -> bytes:
    """Return a body of the size in the query, otherwise that of the plain answer."""
    size = dict(fields).get("bytes")
    if size is None:
        return PLAIN_BODY
    count = whole(size, "bytes")
    if count > MAX_BODY_BYTES:
        raise RefusedError(400, f"bytes must be at most {MAX_BODY_BYTES}, not {size[:40]}")
    return b"*" * count


def draw_ns(fields: Fields) -> int:
    """Return the next wait of the distribution that the query names.

    Each query has its own sequence, which starts with the first request for it in the life of the
    process and depends only on its fields (``seed`` is 0 by default). Above ``_MAX_SEQUENCES``, the
    least recently used sequence starts again at its next request.
    """
    return min(round(_sequence(fields)()), MAX_WAIT_NS)


@lru_cache(_MAX_SEQUENCES)
def _sequence(fields: Fields) -> Draw:
    given = dict(fields)
    given.pop("bytes", None)
    random = Random(number(given.pop("seed", "0"), "seed"))
    name, text = next(iter(given.items()), ("", ""))
    make, size = _DISTRIBUTIONS.get(name, (_constant, 0))
    words = text.split(",")
    if len(given) != 1 or len(dict(fields)) < len(fields) or len(words) != size:
        raise RefusedError(400, f"/wait takes {_FORMS}")
    return make(random, name, words)


def _constant(_: Random, name: str, words: list[str]) -> Draw:
    wait_ns = _wait_ns(words[0], name)
    return lambda: wait_ns


def _lognormal(random: Random, name: str, words: list[str]) -> Draw:
    median_ns = _wait_ns(words[0], f"the median of {name}")
    if not median_ns:
        raise RefusedError(400, f"the median of {name} must be above 0")
    sigma = decimal(words[1], f"the sigma of {name}", most=_MAX_SIGMA)
    return lambda: random.lognormvariate(math.log(median_ns), sigma)


def _bimodal(random: Random, name: str, words: list[str]) -> Draw:
    first_ns, second_ns = (_wait_ns(word, f"a wait of {name}") for word in words[:2])
    share = decimal(words[2], f"the share of {name}", most=1.0)
    return lambda: second_ns if random.random() < share else first_ns


def _wait_ns(text: str, name: str) -> int:
    return duration_ns(text, name, most_ns=MAX_WAIT_NS)


_DISTRIBUTIONS = {
    "constant": (_constant, 1),
    "lognormal": (_lognormal, 2),
    "bimodal": (_bimodal, 3),
}

"""How long the answers of ``/wait`` wait: draws from a distribution, seeded."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from random import Random

from servers.embedded.messages import RefusedError
from servers.embedded.query_numbers import decimal, duration_ns, number

__all__ = ["MAX_WAIT_NS", "draw_ns"]

# Far below the idle timeout. Longer parameters are refused; a longer draw is cut to it.
MAX_WAIT_NS = 10 * 10**9
_MAX_SIGMA = 10.0
_MAX_SEQUENCES = 1024

_FORMS = "one of constant=WAIT, lognormal=MEDIAN,SIGMA, bimodal=WAIT,WAIT,SHARE; seed=NUMBER"

Draw = Callable[[], float]


def draw_ns(fields: tuple[tuple[str, str], ...]) -> int:
    """The next wait of the distribution that the query's fields name.

    Each query has a sequence of its own, which begins with the first request for it in the life of
    the process and depends on nothing but its fields (``seed`` is 0 where it is not given). Beyond
    ``_MAX_SEQUENCES`` the one longest unused begins anew when it is asked for again.
    """
    return min(round(_sequence(fields)()), MAX_WAIT_NS)


@lru_cache(_MAX_SEQUENCES)
def _sequence(fields: tuple[tuple[str, str], ...]) -> Draw:
    given = dict(fields)
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

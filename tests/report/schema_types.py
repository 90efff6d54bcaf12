"""Types of Python as JSON Schema (draft 2020-12): dataclasses, their comments, and units by name."""

from __future__ import annotations

import inspect
import json
import re
import types
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from harness.records.histogram import Histogram

Schema = dict[str, Any]

UNITS = {
    "_ns": "nanoseconds",
    "_bytes": "bytes",
    "_per_second": "per second",
    "_mhz": "MHz",
    "_percent": "%",
    "_share": "share, 0 to 1",
}
PLAIN: dict[Any, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
    Any: {},
    Histogram: {
        "type": "string",
        "contentEncoding": "base64",
        "description": "HdrHistogram V2, compressed, base64; values in nanoseconds",
    },
}
# What comments say to programmers, and what it is to users.
OURS = {
    ": a name from harness.scenario.factors": "",
    "one of DESIGN §7, or what the harness itself noticed": "such as server-bound or disturbed",
    ", as SliceRecord counts them": "",
    "as in OpenLoop": "as in open_loop",
    " (``harness.worker.provenance``)": "",
}
COMMENT = re.compile(r"^    (\w+): .*?  # (.*)$", re.MULTILINE)


class Types:
    """Makes schemas; each dataclass that it meets becomes one of ``defs``."""

    def __init__(self) -> None:
        self.defs: dict[str, Schema] = {}
        self.others: dict[type[Any], Schema] = {}  # of types that JSON has in another shape

    def used_by(self, made: Schema) -> dict[str, Schema]:
        """Those of ``defs`` that a schema refers to, in the order of their names."""
        found: dict[str, Schema] = {}
        waiting = [made]
        while waiting:
            for name in re.findall(r'"#/\$defs/(\w+)"', json.dumps(waiting.pop())):
                if name not in found:
                    found[name] = self.defs[name]
                    waiting.append(found[name])
        return dict(sorted(found.items()))

    def named(self, name: str, made: Schema) -> Schema:
        """A reference to a schema that is used several times."""
        self.defs[name] = made
        return {"$ref": f"#/$defs/{name}"}

    def of(self, hint: Any) -> Schema:
        """The schema of a type."""
        if hint in self.others:
            return self.others[hint]
        if hint in PLAIN:
            return dict(PLAIN[hint])
        if get_origin(hint) is None:
            return self.of_dataclass(hint)
        return self._generic(get_origin(hint), get_args(hint))

    def _generic(self, origin: Any, parts: tuple[Any, ...]) -> Schema:
        if origin is Literal:
            return {"enum": list(parts)}
        if origin in (Union, types.UnionType):
            return self._either([self.of(one) for one in parts])
        if origin in (dict, Mapping):
            return self._mapping(*parts)
        if origin is tuple and parts[1:] != (...,):
            return {"type": "array", "prefixItems": [self.of(one) for one in parts], "items": False}
        assert origin in (tuple, list, Sequence), origin
        return array(self.of(parts[0]))

    def of_dataclass(self, kind: type[Any]) -> Schema:
        """A reference to the schema of a dataclass."""
        if kind.__name__ not in self.defs:
            self.defs[kind.__name__] = {}  # it may refer to itself
            made = closed(self.fields_of(kind))
            self.defs[kind.__name__] = {"description": _first_line(kind), **made}
        return {"$ref": f"#/$defs/{kind.__name__}"}

    def fields_of(self, kind: type[Any]) -> dict[str, Schema]:
        """The schema of every field of a dataclass, with what its source says of it."""
        hints, told = get_type_hints(kind), comments(kind)
        return {
            one.name: described(self.of(hints[one.name]), one.name, told.get(one.name, ""))
            for one in fields(kind)
        }

    def _mapping(self, key: Any, value: Any) -> Schema:
        if key is int:
            inner = {"^[0-9]+$": self.of(value)}
            return {"type": "object", "patternProperties": inner, "additionalProperties": False}
        return {"type": "object", "additionalProperties": self.of(value)}

    @staticmethod
    def _either(made: list[Schema]) -> Schema:
        nulls = [one for one in made if one == {"type": "null"}]
        others = [one for one in made if one != {"type": "null"}]
        if nulls and len(others) == 1 and isinstance(others[0].get("type"), str):
            return others[0] | {"type": [others[0]["type"], "null"]}
        if nulls and len(others) == 1 and "enum" in others[0]:
            return {"enum": [*others[0]["enum"], None]}
        return {"anyOf": [*others, *nulls]}


def closed(properties: Mapping[str, Schema], optional: Sequence[str] = ()) -> Schema:
    """An object with exactly these keys, but for the optional ones."""
    return {
        "type": "object",
        "properties": {
            name: one if "description" in one or "$ref" in one else described(one, name)
            for name, one in properties.items()
        },
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def array(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def nullable(made: Schema) -> Schema:
    return Types._either([made, {"type": "null"}])


def described(made: Schema, name: str, told: str = "") -> Schema:
    """The same with a description: what is told of it, and the unit that its name ends with."""
    unit = next((unit for suffix, unit in UNITS.items() if name.endswith(suffix)), "")
    if unit.split(", ")[-1] in told or re.search(r"\bns\b", told):
        unit = ""
    said = "; ".join(filter(None, (plain(told), unit)))
    is_time = made.get("type") in ("string", ["string", "null"]) and re.search("(^|_)at$", name)
    own = {"format": "date-time"} if is_time else {}
    return made | own | ({"description": said} if said else {})


def comments(kind: type[Any]) -> dict[str, str]:
    """The comment in the line of each field, of the class and of its bases."""
    found: dict[str, str] = {}
    for one in reversed(kind.__mro__[:-1]):
        found |= dict(COMMENT.findall(inspect.getsource(one)))
    return found


def plain(text: str) -> str:
    """A comment, or a cell of the docs, as plain text about JSON."""
    text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", text).replace("`", "")
    text = re.sub(r"\b(?:None|NULL)\b", "null", text)
    text = re.sub(r"\b(True|False):", lambda found: found[0].lower(), text)
    text = re.sub(r"(?<!,) …$|^… ", "", text)
    for ours, users in OURS.items():
        text = text.replace(ours, users)
    return text


def _first_line(kind: type[Any]) -> str:
    return plain((inspect.getdoc(kind) or "").split("\n\n")[0].replace("\n", " "))

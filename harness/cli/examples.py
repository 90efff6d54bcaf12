"""Examples in ``--help``: commands to copy, with their meaning, by command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

__all__ = ["EXAMPLES"]

# Lines have at most 58 characters, so that they fit on 60 columns.
EXAMPLES: Mapping[str, Sequence[tuple[str, str]]] = MappingProxyType(
    {
        "": (
            ("clientbench compare --quick", "all installed clients, in a minute"),
            ("clientbench load http://localhost:8000/ --client httpx", "one client on your server"),
            ("clientbench results show latest", "the last result again"),
        ),
        "compare": (
            ("clientbench compare requests httpx aiohttp --quick", "three clients, 5 s each"),
            ("clientbench compare httpx --target nginx --target caddy", "one client, two servers"),
            ("clientbench compare niquests httpx==0.27.2 httpx==0.28.1", "made when needed"),
        ),
        "load": (
            ("clientbench load http://localhost:8000/ --client httpx", "30 s, 10 at a time"),
            ("clientbench load --client aiohttp --rate 300", "does it hold 300 requests/s?"),
            ("clientbench load /delay/0.01 --client urllib3", "a path of the built-in server"),
        ),
        "run": (
            ("clientbench run scenario.toml", "its clients and its endpoints"),
            ("clientbench run scenario.toml httpx pycurl", "other clients"),
            ("clientbench run scenario.toml --rate 300", "another rate"),
        ),
        "scenario": (
            ("clientbench scenario new", "write scenario.toml"),
            ("clientbench scenario check scenario.toml", "what it would send"),
            ("clientbench run scenario.toml", "measure it"),
        ),
        "scenario new": (
            ("clientbench scenario new", "write scenario.toml"),
            ("clientbench scenario new shop.toml", "under another name"),
            ("clientbench run scenario.toml", "measure it"),
        ),
        "scenario check": (
            ("clientbench scenario check scenario.toml", "its plan, endpoint by endpoint"),
            ("clientbench scenario check shop.toml --rate 300", "at another rate"),
            ("clientbench scenario check shop.toml --json", "for programs"),
        ),
        "scenario schema": (
            ("clientbench scenario schema", "its keys, their types and meanings"),
            ("clientbench scenario schema > scenario.json", "for an editor"),
            ("clientbench scenario check scenario.toml", "check a file"),
        ),
        "gate": (
            ("clientbench gate", "the last run, by clientbench.toml"),
            ("clientbench gate 3f2a --config limits.toml", "another run, other limits"),
            ("clientbench gate -o gate.junit.xml", "as a file for a CI service"),
        ),
        "report": (
            ("clientbench report", "the last run, as report.html"),
            ("clientbench report 3f2a -o page.html", "another run"),
            ("clientbench report -o forest.svg", "its main picture"),
        ),
        "presets": (
            ("clientbench presets", "what each does, and its defaults"),
            ("clientbench presets --json", "the same for programs"),
            ("clientbench compare aiohttp pycurl --preset steady", "use one"),
        ),
        "clients": (
            ("clientbench clients", "which are installed, and their versions"),
            ("clientbench clients --json", "the same for programs"),
            ("clientbench clients check httpx", "check its adapter"),
        ),
        "clients list": (
            ("clientbench clients list", "which are installed, and their versions"),
            ("clientbench clients list --json", "the same for programs"),
            ("clientbench compare httpx:async aiohttp", "compare some"),
        ),
        "clients check": (
            ("clientbench clients check", "all that are installed"),
            ("clientbench clients check httpx:async", "one mode of one client"),
            ("clientbench clients check httpx --json", "for programs"),
        ),
        "clients new": (
            ("clientbench clients new mine", "a folder with an adapter for httpx"),
            ("clientbench clients new mine --library httpx2", "for another library"),
            ("clientbench clients check mine --adapter mine.py", "check an adapter"),
        ),
        "clients show": (
            ("clientbench clients show httpx", "what it can do, and what it cannot"),
            ("clientbench clients show httpx==0.27.2", "of another version"),
            ("clientbench clients show niquests --json", "for programs"),
        ),
        "doctor": (
            ("clientbench doctor", "look at this machine for 6 s"),
            ("clientbench doctor --seconds 30", "look longer"),
            ("clientbench doctor --json", "for programs"),
        ),
        "selftest": (
            ("clientbench selftest", "about two minutes"),
            ("clientbench selftest --full", "about ten minutes, more precise"),
            ("clientbench selftest --json", "for programs"),
        ),
        "results": (
            ("clientbench results list", "which runs there are"),
            ("clientbench results show latest", "the last one"),
            ("clientbench results sql 'SELECT * FROM client_summary'", "a query"),
        ),
        "results list": (
            ("clientbench results list", "the last 20 runs"),
            ("clientbench results list --limit 100", "more of them"),
            ("clientbench results list --json", "for programs"),
        ),
        "results show": (
            ("clientbench results show latest", "the last run"),
            ("clientbench results show 3f2a --json", "one by the beginning of its ID"),
            ("clientbench results show latest --output report.md", "as a file"),
        ),
        "results annotate": (
            ("clientbench results annotate latest --tag release=0.28.1", "tag the last run"),
            ("clientbench results annotate 3f2a --tag release=", "remove a tag"),
            ("clientbench results annotate 3f2a --name nightly", "rename a run"),
        ),
        "results prune": (
            ("clientbench results prune --keep 200", "all but the newest 200"),
            ("clientbench results prune --keep 90d --keep tagged", "by age, but no tagged ones"),
            ("clientbench results prune --keep 200 --dry-run", "only say which"),
        ),
        "results diff": (
            ("clientbench results diff latest 3f2a", "the last run against an older one"),
            ("clientbench results diff latest 3f2a --across", "though the machine differs"),
            ("clientbench results diff latest 3f2a --json", "for programs"),
        ),
        "results trend": (
            ("clientbench results trend", "all clients, run by run"),
            ("clientbench results trend httpx --metric p99", "one of them, and its p99"),
            ("clientbench results trend httpx --since 90d --fail-on step", "in CI"),
        ),
        "results merge": (
            ("clientbench results merge other.db", "add the runs of other.db"),
            ("clientbench results merge other.db --db all.db", "into a file of your choice"),
            ("clientbench results merge --import run.json", "a run that --json printed"),
        ),
        "results datasette": (
            ("clientbench results datasette > metadata.yaml", "for datasette serve -m"),
            ("clientbench results datasette --db all.db", "of another database"),
            ("clientbench results merge job.db --db all.db", "collect results before"),
        ),
        "results sql": (
            ("clientbench results sql 'SELECT * FROM client_summary'", "a table"),
            ("clientbench results sql 'SELECT * FROM runs' --json", "one JSON document"),
            ("clientbench results sql 'SELECT * FROM runs' --csv", "CSV"),
        ),
        "environments": (
            ("clientbench environments", "which are in the cache, and their size"),
            ("clientbench environments show 3f2a", "one by the beginning of its ID"),
            ("clientbench environments prune --older 30", "remove old ones"),
        ),
        "environments list": (
            ("clientbench environments list", "which are in the cache, and their size"),
            ("clientbench environments list --json", "the same for programs"),
            ("clientbench environments prune --keep 20", "keep the last used"),
        ),
        "environments show": (
            ("clientbench environments show 3f2a", "one by the beginning of its ID"),
            ("clientbench environments show httpx==0.27.2", "one by what it was made for"),
            ("clientbench environments show 3f2a --json", "for programs"),
        ),
        "environments freeze": (
            ("clientbench environments freeze 3f2a > httpx.lock", "as a file"),
            ("clientbench compare httpx --lock httpx.lock", "make it again, elsewhere"),
            ("clientbench results show latest --lock", "all of a run"),
        ),
        "environments remove": (
            ("clientbench environments remove 3f2a", "one by the beginning of its ID"),
            ("clientbench environments remove 3f2a 81c0", "two of them"),
            ("clientbench environments prune", "all that no run uses"),
        ),
        "environments prune": (
            ("clientbench environments prune", "all that no run uses"),
            ("clientbench environments prune --older 30", "not used for 30 days"),
            ("clientbench environments prune --keep 20", "all but the 20 last used"),
        ),
        "targets": (
            ("clientbench targets", "which can run here, and what others need"),
            ("clientbench targets up nginx", "start one that stays up"),
            ("clientbench targets down --all", "stop all of them"),
        ),
        "targets list": (
            ("clientbench targets list", "which can run here, and what others need"),
            ("clientbench targets list --json", "the same for programs"),
            ("clientbench compare pycurl --target nginx", "use one"),
        ),
        "targets up": (
            ("clientbench targets up nginx", "three servers behind nginx"),
            ("clientbench targets up embedded --port 8000", "the built-in server"),
            ("clientbench targets up traefik --runtime docker --tls", "in a container, by HTTPS"),
        ),
        "targets check": (
            ("clientbench targets check", "all that can run here"),
            ("clientbench targets check nginx", "one of them"),
            ("clientbench targets check nginx --json", "for programs"),
        ),
        "targets new": (
            ("clientbench targets new mine", "a folder with a target"),
            ("clientbench targets check mine", "check it, once it is installed"),
            ("clientbench compare pycurl --target mine", "use it"),
        ),
        "targets status": (
            ("clientbench targets status", "what is up, and where"),
            ("clientbench targets status --json", "for programs"),
            ("clientbench targets down --all", "stop all of it"),
        ),
        "targets logs": (
            ("clientbench targets logs nginx", "the last 20 lines of each server"),
            ("clientbench targets logs nginx --lines 200", "more of them"),
            ("clientbench targets status", "what is up"),
        ),
        "targets down": (
            ("clientbench targets down nginx", "stop one"),
            ("clientbench targets down --all", "stop all, and remove leftovers"),
            ("clientbench targets status", "what is still up"),
        ),
    }
)

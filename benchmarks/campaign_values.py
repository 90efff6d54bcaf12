"""Values that command lines are made of: numbers, texts, paths, statements, headers, objects,
clients and URLs.

Each is valid, at a bound, or nasty. Hosts are a server of the campaign's own, closed ports of the
loopback interface, or names under ``.invalid``.
"""

from __future__ import annotations

__all__ = [
    "BEARER",
    "HEADERS",
    "NUMBERS",
    "OBJECTS",
    "PASSWORD",
    "PATHS",
    "SECRETS",
    "SELECTORS",
    "STATEMENTS",
    "TEXTS",
    "TOKEN",
    "VALID",
    "Words",
    "urls",
]

PASSWORD, TOKEN, BEARER = "p4ssw0rd-Tr0ub4dor", "t0kenHh7Jk3Nb1Zz", "b34rer-zQ4vR7tW1xYk3J9"
SECRETS = (PASSWORD, TOKEN, BEARER)

Words = tuple[str, ...]

NUMBERS: Words = (
    *("0", "-1", "-0", "1.5", "nan", "inf", "-inf", "1e20", "1e999", "1e-400", "-1e-9", "0x10"),
    *("1_000", " 1", "1 ", "+1", "", "x", "٣", "１", "1,5", "9" * 400, "%", "5%", "1%%", "--1"),
    *("1e", ".", "1;2", "1ms", "0s", "1us", "\t1", "1\n", "true", "None", "9223372036854775808"),
)
TEXTS: Words = (
    *(
        "",
        " ",
        "x",
        "-",
        "--",
        "é",
        "\u202eabc",
        "\u2066x\u2069",
        "\x1b]0;owned\x07",
        "\x1b[31mred",
    ),
    *(
        "a\rb",
        "a\nb",
        "a\x08b",
        "\x7f",
        "\x9b31m",
        "\udcff\udcfe",
        "%s%n%x",
        "{0}",
        "${HOME}",
        "$(id)",
    ),
    *(
        "'",
        '"',
        "\\",
        "a" * 300,
        "a" * 70_000,
        "[red]x[/red]",
        "😀",
        "\ufeff",
        "../../x",
        "null",
        "*",
    ),
    *(f"http://anna:{PASSWORD}@127.0.0.1:9/", f"http://h.invalid/?api_key={TOKEN}"),
    f"Authorization: Bearer {BEARER}",
)
PATHS: Words = (
    *(
        "",
        ".",
        "..",
        "/",
        "folder",
        "folder/",
        "missing/x.db",
        "a" * 300,
        "a" * 300 + ".json",
        "a/" * 600,
    ),
    *(
        "own.md",
        "own.json",
        "body.txt",
        "damaged.db",
        "good.db",
        "new.db",
        "fifo",
        "loop",
        "loop/x.md",
    ),
    *(
        "dangling",
        "link.md",
        "link.db",
        "hard.md",
        "good.db-wal",
        "/dev/full",
        "/dev/null",
        "/dev/stdout",
    ),
    *(
        "/proc/self/mem",
        "/sys/x.md",
        "new.json",
        "new.md",
        "new.csv",
        "new.txt",
        "x.JSON",
        "~",
        "~/x.db",
    ),
    *(
        "file:good.db?mode=ro",
        ":memory:",
        "file::memory:",
        "é.md",
        "a b.md",
        "\x1b[31m.md",
        "\u202e.md",
    ),
    *("\udcff.md", "unreadable.md", "-", "x.db/", "good.db/x", "con.md\n"),
)
STATEMENTS: Words = (
    *(
        "SELECT 1",
        "",
        ";",
        "--",
        "/*",
        "SELECT",
        "SELECT 1; SELECT 2",
        "DROP TABLE benchmark_results",
    ),
    *(
        "SELECT * FROM benchmark_results",
        "SELECT * FROM ranking",
        "SELECT char(27)||']0;x'||char(7)",
    ),
    *("SELECT 'a'||char(13)||'b'||char(8)", "SELECT char(8238)||'abc'", "SELECT x'00ff1b5b33316d'"),
    *("SELECT zeroblob(3000000000)", "SELECT zeroblob(1000000)", "SELECT CAST(x'ff' AS TEXT)"),
    *(
        "ATTACH DATABASE 'own.md' AS x",
        "ATTACH DATABASE 'stolen.db' AS x",
        "VACUUM INTO 'stolen.db'",
    ),
    *(
        "VACUUM",
        "PRAGMA journal_mode=DELETE",
        "PRAGMA writable_schema=1",
        "SELECT load_extension('x')",
    ),
    *(
        "DELETE FROM runs",
        "INSERT INTO runs(id) VALUES(1)",
        "BEGIN EXCLUSIVE",
        "CREATE TEMP TABLE t(x)",
    ),
    *("SELECT 1 AS '\x1b[31m'", "SELECT ?", "SELECT :a", "WITH x AS (SELECT 1) SELECT * FROM x"),
    *(
        "SELECT 9e999, -9e999, NULL, 9223372036854775807",
        "SELECT 1" + ",1" * 3000,
        "EXPLAIN SELECT 1",
    ),
    *("SELECT" + "(" * 2000, "SELECT json('{')", "SELECT 'é\u2066'", "SELECT * FROM nothing"),
)
FILES: Words = ("@missing", "@fifo", "@folder", "@/dev/full", "@", "@/dev/zero")
HEADERS: Words = (
    *(
        "X: y",
        "X:y",
        "X:",
        ": x",
        "no colon",
        "X Y: z",
        "X: \x1b[31m",
        "X: a\r\nY: b",
        "X: a\nb",
        "X: é",
    ),
    *(
        "X: \u202e",
        "Host: h.invalid",
        "Host:",
        "Content-Length: 5",
        "Content-Length: -1",
        "X: \udcff",
    ),
    *(
        "Transfer-Encoding: chunked",
        "Connection: close",
        "Accept-Encoding: gzip",
        "Expect: 100-continue",
    ),
    *(
        f"Authorization: Bearer {BEARER}",
        f"Cookie: session={TOKEN}",
        "X: " + "a" * 70_000,
        "@body.txt",
    ),
    *FILES,
    *("X=HOME", "X=MISSING", "=", "X="),
)
OBJECTS: Words = (
    *(
        "{}",
        "{",
        "[1]",
        "null",
        '{"X": null}',
        '{"X": "y"}',
        '{"X": "\\u001b[31m"}',
        '{"X": "a\\r\\nb"}',
    ),
    *(
        "[" * 10_000,
        '{"X": 1e999}',
        '{"X": "y", "X": "z"}',
        '{"": ""}',
        '{"X": {"Y": 1}}',
        "NaN",
        '"x"',
    ),
    f'{{"Authorization": "Bearer {BEARER}"',
    f'{{"X-Api-Key": "{TOKEN}"}}',
)
SELECTORS: Words = (
    *("raw", "null", "raw:sync", "raw:async", "null:async+uvloop", "requests", "stdlib", "urllib3"),
    *(
        "requests==0.0.0",
        "requests==",
        "raw:fast",
        "raw+uvloop",
        "aiohttp:sync",
        "curl",
        "@",
        ":",
        "==",
        "+",
    ),
    *(
        "raw@",
        "raw@/nowhere",
        "raw@.",
        "raw@fifo",
        "raw@/bin/sh",
        "raw@/bin/true",
        "raw@/usr/bin/yes",
    ),
    *(
        "raw@/bin/cat",
        "raw@loop",
        "raw@body.txt",
        "raw@" + "a" * 300,
        "raw@/dev/full",
        "raw@\x1b[31m",
    ),
    *(
        "RAW",
        " raw",
        "raw ",
        "raw,null",
        "r\u0430w",
        "raw:async+asyncio",
        "raw:sync:sync",
        "--",
        "-x",
    ),
    f"http://anna:{PASSWORD}@127.0.0.1:9/",
    f"raw@http://127.0.0.1:9/?api_key={TOKEN}",
)

# Values that mean something, by the name of the option; all others get numbers, texts and paths
# alike.
VALID: dict[str, Words] = {
    "arrivals": ("uniform", "poisson", "burst"),
    "body": ("x", "@body.txt", "@loop", *FILES),
    "body_size": ("0", "1", "64k", "1M", "-1", "1T", "99999999999"),
    "budget": ("0.1", "1"),
    "concurrency": ("1", "2", "3", "10001", "2,3"),
    "delay": ("1ms", "0.01", "0"),
    "duration": ("0.05", "50ms", "168h", "7d"),
    "error_budget": ("0", "1", "5%", "100%", "0%"),
    "expect": ("200", "2xx", "200-399,404", "999", "5xx", "1xx", "399-200", ","),
    "hold": ("dns", "tcp", "tls", "connection", "request", "first-byte"),
    "instances": ("1", "2"),
    "limit": ("1", "5", "1000000"),
    "lines": ("1", "5"),
    "max_body": ("1", "1k", "256m", "99999g"),
    "max_in_flight": ("1", "5"),
    "method": ("GET", "POST", "HEAD", "TRACE", "get", "DELETE"),
    "metric": ("throughput", "cpu-per-request", "p50", "p99", "peak-memory"),
    "n": ("1", "2", "5"),
    "points": ("1@0,2@0.02", "2@x", "@"),
    "precision": ("50%", "0.5", "1%"),
    "preset": ("concurrent-synced", "requests-graph", "steady"),
    "processes": ("1", "2"),
    "profile": ("parity", "defaults"),
    "rate": ("20", "100", "0.5"),
    "requests": ("1", "2", "3"),
    "rounds": ("1", "2"),
    "runtime": ("auto", "native", "docker", "docker-host"),
    "scheme": ("http", "https"),
    "seconds": ("0.1", "1"),
    "slice": ("10ms", "0.02"),
    "stage": ("20:0.1", "10-40:0.1", "1:1"),
    "start": ("fixed-workers", "per-request"),
    "target": ("embedded", "nothing"),
    "target_cpus": ("0", "0-1", "99", "0,0", "1-0"),
    "target_memory": ("512m", "1"),
    "think_time": ("0", "1ms"),
    "timeout": ("1", "0.5"),
    "trace": ("1", "0.1", "10%"),
    "upstream": ("embedded", "nothing"),
    "warmup": ("0", "0.01"),
}


# long: a list, a value a line
def urls(origin: str) -> Words:
    """URLs of the server at ``origin``, and of what is no server."""
    host = origin.partition("//")[2]
    port = host.rpartition(":")[2]
    return (
        *(f"{origin}/good/5", f"{origin}/good/0", f"http://localhost:{port}/good/5", f"{origin}"),
        *(f"{origin}/good/5?api_key={TOKEN}", f"http://anna:{PASSWORD}@{host}/good/5"),
        *(
            f"{origin}/lf-only",
            f"{origin}/close",
            f"{origin}/escape-in-reason",
            f"{origin}/status-503",
        ),
        *("http://127.0.0.1:9/", "https://127.0.0.1:9/", f"https://{host}/", "http://[::1]:9/"),
        *(
            "http://nowhere.invalid/",
            "http://straße.invalid/",
            "http://xn--a.invalid/",
            "http://é.invalid:9/",
        ),
        *(
            "ftp://127.0.0.1/",
            "file:///etc/passwd",
            "http://",
            "http:///x",
            "//127.0.0.1:9/",
            "http:/x",
        ),
        *("http://127.0.0.1:99999/", "http://127.0.0.1:x/", "http://127.0.0.1:-1/", "http://[::1/"),
        *(
            "http://a b.invalid/",
            "http://a\x1b[31m.invalid/",
            f"{origin}/good/5#\x07",
            f"{origin}/\u202e",
        ),
        *(
            f"http://anna:{PASSWORD}@",
            f"http://anna:{PASSWORD}@h.invalid:x/",
            f"anna:{PASSWORD}@h.invalid",
        ),
        *(
            f"{origin}/good/5/%2e%2e/%zz?a=%q1&b=[]",
            "http://" + "a" * 300 + ".invalid/",
            "javascript:1",
        ),
        *(
            f"http://[fe80::1%25lo]:{port}/",
            "http://.invalid/",
            "http://a..invalid/",
            "http://-.invalid/",
        ),
        *(
            f"{origin}/" + "a" * 9000,
            f"{origin}\r\nX: y",
            f"{origin}/a b",
            f"{origin}/\udcff",
            "HTTP://127.1:9",
        ),
    )

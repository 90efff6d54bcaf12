"""Every path answers in httpbin's shape, over HTTP and over verified HTTPS."""

from __future__ import annotations

import base64
import gzip
import json
import uuid

import pytest

from tests.servers.wire import Reply, Wire

BODY_KEYS = {"args", "data", "files", "form", "headers", "json", "origin", "url"}
GET_PATHS = [
    *("/get", "/headers", "/ip", "/uuid", "/json", "/gzip"),
    *("/bytes/10", "/stream/3", "/stream-bytes/10", "/redirect/2", "/drip?duration=0"),
]


def base_url(wire: Wire, reply: Reply) -> str:
    scheme = str(reply.json["url"]).partition(":")[0]
    return f"{scheme}://{wire.host}"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
def test_the_plain_path_answers_any_method_with_the_same_few_bytes(wire: Wire, method: str) -> None:
    reply = wire.ask("/", method=method, body=b"read and dropped" if method == "PUT" else b"")
    assert (reply.status, reply.body) == (200, b"clientbench\n")
    assert reply.headers["Content-Type"] == "text/plain"
    assert reply.headers.keys() == wire.ask("/").headers.keys()


def test_get_describes_the_request(wire: Wire) -> None:
    target = "/get?b=2&a=1&b=&c=%C3%A9+x"
    reply = wire.ask(target, "X-one: 1", "x-MANY: a", "X-Many: b")
    assert reply.status == 200
    assert reply.headers["Content-Type"] == "application/json"
    assert reply.json == {
        "args": {"a": "1", "b": ["2", ""], "c": "é x"},
        "headers": {"Host": wire.host, "X-One": "1", "X-Many": "a,b"},
        "origin": "127.0.0.1",
        "url": base_url(wire, reply) + target,
    }


def test_the_scheme_in_url_is_the_one_spoken(wire: Wire) -> None:
    tls = hasattr(wire.socket, "cipher")
    assert base_url(wire, wire.ask("/get")).startswith("https:" if tls else "http:")


def test_json_is_printed_as_httpbin_prints_it(wire: Wire) -> None:
    reply = wire.ask("/get?b=1&a=2")
    assert reply.body.decode() == json.dumps(reply.json, indent=2, sort_keys=True) + "\n"


def test_a_proxy_is_believed_about_origin_and_scheme(wire: Wire) -> None:
    reply = wire.ask("/get", "X-Forwarded-For: 192.0.2.7", "X-Forwarded-Proto: https")
    assert reply.json["origin"] == "192.0.2.7"
    assert reply.json["url"] == f"https://{wire.host}/get"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_the_method_paths_describe_a_json_body(wire: Wire, method: str) -> None:
    body = b'{"a": [1, null, "\\u00e9"]}'
    path = f"/{method.lower()}?q=1"
    reply = wire.ask(path, "Content-Type: application/json", method=method, body=body)
    assert reply.json.keys() == BODY_KEYS
    assert reply.json["data"] == body.decode()
    assert reply.json["json"] == {"a": [1, None, "é"]}
    assert (reply.json["args"], reply.json["form"], reply.json["files"]) == ({"q": "1"}, {}, {})


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "TRACE", "SEARCH"])
@pytest.mark.parametrize("path", ["/anything", "/anything/", "/anything/a/b%20c"])
def test_anything_takes_any_method_and_adds_it(wire: Wire, method: str, path: str) -> None:
    reply = wire.ask(path, method=method, body=b"text" if method == "POST" else b"")
    assert reply.json.keys() == {*BODY_KEYS, "method"}
    assert reply.json["method"] == method
    assert reply.json["url"].endswith(path)


def test_a_form_is_taken_apart(wire: Wire) -> None:
    type_ = "Content-Type: application/x-www-form-urlencoded; charset=utf-8"
    shape = wire.ask("/post", type_, method="POST", body=b"a=1&a=2&b=%20x&c=").json
    assert shape["form"] == {"a": ["1", "2"], "b": " x", "c": ""}
    assert (shape["data"], shape["json"]) == ("", None)


def test_a_multipart_form_is_taken_apart_to_the_byte(wire: Wire) -> None:
    parts = {
        'name="field"': b"two\r\nlines\r\n",
        'name="again"': b"1",
        'name="again" ': b"2",
        'name="text"; filename="t.eml"\r\nContent-Type: message/rfc822': b"Subject: x\n\nbody",
        'name="raw"; filename="r.bin"\r\nContent-Type: image/png': b"\x89PNG\r\n\x1a\n\xff",
        'filename="nameless"': b"dropped",
    }
    body = b"preamble\r\n"
    for disposition, content in parts.items():
        head = f"--edge\r\nContent-Disposition: form-data; {disposition}\r\n\r\n"
        body += head.encode() + content + b"\r\n"
    body += b"--edge--\r\n"
    type_ = "Content-Type: multipart/form-data; boundary=edge"
    shape = wire.ask("/post", type_, method="POST", body=body).json
    assert shape["form"] == {"field": "two\r\nlines\r\n", "again": ["1", "2"]}
    raw = base64.b64encode(b"\x89PNG\r\n\x1a\n\xff").decode()
    assert shape["files"] == {
        "text": "Subject: x\n\nbody",
        "raw": f"data:image/png;base64,{raw}",
    }
    assert shape["data"] == ""


@pytest.mark.parametrize(
    "type_",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=other",
        'multipart/form-data; boundary="unclosed',
        "multipart/form-data; boundary*=utf-8''%ff",
    ],
)
def test_a_broken_multipart_form_is_an_empty_one(wire: Wire, type_: str) -> None:
    reply = wire.ask("/post", f"Content-Type: {type_}", method="POST", body=b"--edge\r\nno\r\n")
    assert (reply.status, reply.json["form"], reply.json["files"]) == (200, {}, {})


def test_a_body_that_is_no_text_becomes_a_data_url(wire: Wire) -> None:
    shape = wire.ask("/post", method="POST", body=b"\xff\x00").json
    assert shape["data"] == "data:application/octet-stream;base64,/wA="
    assert shape["json"] is None


@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b"[" * 50_000 + b"]" * 50_000, b"NaN", b"1" * 5000]
)
def test_json_that_cannot_be_echoed_is_null(wire: Wire, body: bytes) -> None:
    reply = wire.ask("/post", method="POST", body=body)
    assert (reply.status, reply.json["json"]) == (200, None)
    assert reply.json["data"] == body.decode()


def test_headers_ip_and_uuid(wire: Wire) -> None:
    assert wire.ask("/headers").json == {"headers": {"Host": wire.host}}
    assert wire.ask("/ip").json == {"origin": "127.0.0.1"}
    first, second = (wire.ask("/uuid").json["uuid"] for _ in range(2))
    assert uuid.UUID(first).version == 4
    assert first != second


def test_json_is_the_slideshow(wire: Wire) -> None:
    show = wire.ask("/json").json["slideshow"]
    assert show.keys() == {"author", "date", "slides", "title"}
    assert [slide["title"] for slide in show["slides"]] == [
        "Wake up to WonderWidgets!",
        "Overview",
    ]


def test_gzip_is_compressed(wire: Wire) -> None:
    reply = wire.ask("/gzip")
    assert reply.headers["Content-Encoding"] == "gzip"
    shape = json.loads(gzip.decompress(reply.body))
    assert shape.keys() == {"gzipped", "headers", "method", "origin"}
    assert shape["gzipped"] is True


@pytest.mark.parametrize("code", [200, 201, 299, 400, 404, 418, 500, 599])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_status_answers_the_status_asked_for(wire: Wire, code: int, method: str) -> None:
    reply = wire.ask(f"/status/{code}", method=method)
    assert (reply.status, reply.body) == (code, b"")


@pytest.mark.parametrize("code", [204, 304])
def test_a_status_without_body_has_no_framing_either(wire: Wire, code: int) -> None:
    reply = wire.ask(f"/status/{code}")
    assert reply.status == code
    assert not reply.headers.keys() & {"Content-Length", "Transfer-Encoding", "Content-Type"}
    assert wire.ask("/").status == 200


@pytest.mark.parametrize("code", [301, 302, 303, 305, 307, 308])
def test_a_redirecting_status_says_where_to(wire: Wire, code: int) -> None:
    assert wire.ask(f"/status/{code}").headers["Location"] == "/redirect/1"


def test_status_chooses_from_a_list(wire: Wire) -> None:
    assert {wire.ask("/status/200,500").status for _ in range(64)} == {200, 500}
    assert {wire.ask("/status/200:0,503:1").status for _ in range(16)} == {503}


@pytest.mark.parametrize(("asked", "sent"), [(0, 0), (1, 1), (4096, 4096), (102401, 102400)])
def test_bytes_sends_that_many_up_to_100_kib(wire: Wire, asked: int, sent: int) -> None:
    for path in (f"/bytes/{asked}", f"/stream-bytes/{asked}"):
        reply = wire.ask(path)
        assert reply.headers["Content-Type"] == "application/octet-stream"
        assert len(reply.body) == sent


def test_a_seed_makes_bytes_repeatable(wire: Wire) -> None:
    bodies = [wire.ask(f"/bytes/64?seed={seed}").body for seed in (1, 1, -2, 3)]
    assert bodies[0] == bodies[1]
    assert len({*bodies}) == 3
    assert wire.ask("/stream-bytes/64?seed=1").body == bodies[0]
    assert wire.ask("/bytes/64").body != wire.ask("/bytes/64").body


def test_stream_bytes_come_in_chunks_of_the_size_asked_for(wire: Wire) -> None:
    sizes = [len(piece) for piece in wire.ask("/stream-bytes/25?chunk_size=10").pieces]
    assert sizes == [10, 10, 5]
    assert [len(p) for p in wire.ask("/stream-bytes/3?chunk_size=0").pieces] == [1, 1, 1]


@pytest.mark.parametrize(("asked", "sent"), [(0, 0), (3, 3), (101, 100)])
def test_stream_sends_one_numbered_line_per_chunk(wire: Wire, asked: int, sent: int) -> None:
    reply = wire.ask(f"/stream/{asked}?a=1")
    assert reply.headers["Transfer-Encoding"] == "chunked"
    lines = [json.loads(piece) for piece in reply.pieces]
    assert [line["id"] for line in lines] == list(range(sent))
    assert all(line.keys() == {"args", "headers", "id", "origin", "url"} for line in lines)


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_delay_answers_any_method_in_its_shape(wire: Wire, method: str) -> None:
    reply = wire.ask("/delay/0.01?a=1", method=method, body=b"x=1" if method == "POST" else b"")
    assert reply.status == 200
    assert reply.json.keys() == BODY_KEYS - {"json"}


@pytest.mark.parametrize(
    ("query", "status", "size"),
    [
        ("?duration=0", 200, 10),
        ("?duration=0.05&numbytes=7", 200, 7),
        ("?duration=0&delay=0.01&code=503&numbytes=1", 503, 1),
        ("?duration=0&numbytes=999999999", 200, 10 * 1024 * 1024),
    ],
)
def test_drip_sends_its_bytes_and_says_how_many(
    wire: Wire, query: str, status: int, size: int
) -> None:
    reply = wire.ask("/drip" + query)
    assert (reply.status, reply.headers["Content-Length"]) == (status, str(size))
    assert reply.body == b"*" * size


def test_redirect_counts_down_to_get(wire: Wire) -> None:
    visited, path = [], "/redirect/3"
    while (reply := wire.ask(path)).status == 302:
        path = reply.headers["Location"]
        visited.append(path)
    assert visited == ["/redirect/2", "/redirect/1", "/get"]
    assert reply.status == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/bytes/x", 404),
        ("/bytes/-1", 404),
        ("/bytes/", 404),
        ("/bytes/" + "9" * 5000, 404),
        ("/bytes/%C2%B2", 404),
        ("/bytes/9?seed=x", 400),
        ("/stream/1.5", 404),
        ("/stream-bytes/%31%30x", 404),
        ("/stream-bytes/9?chunk_size=-1", 400),
        ("/redirect/0", 400),
        ("/redirect/x", 404),
        ("/status/100", 400),
        ("/status/600", 400),
        ("/status/abc", 400),
        ("/status/", 404),
        ("/status/200,", 400),
        ("/status/200:x", 400),
        ("/status/200:0", 400),
        ("/delay/-1", 400),
        ("/delay/nan", 400),
        ("/delay/inf", 400),
        ("/delay/x", 400),
        ("/drip?numbytes=0", 400),
        ("/drip?numbytes=x", 400),
        ("/drip?duration=-1", 400),
        ("/drip?delay=nan", 400),
        ("/drip?code=1", 400),
    ],
)
def test_a_bad_number_gets_one_line_and_keeps_the_connection(
    wire: Wire, path: str, status: int
) -> None:
    reply = wire.ask(path)
    assert reply.status == status
    assert reply.body.endswith(b"\n")
    assert reply.body.count(b"\n") == 1
    assert wire.ask("/").status == 200


@pytest.mark.parametrize(
    "path", ["/nothing", "//", "/get/", "/get/x", "/json/1", "/bytes", "/bytes/1/2", "/delay", "*"]
)
def test_an_unknown_path_is_404(wire: Wire, path: str) -> None:
    assert wire.ask(path).status == 404


@pytest.mark.parametrize("path", GET_PATHS)
def test_a_get_path_takes_head_and_options_and_refuses_the_rest(wire: Wire, path: str) -> None:
    assert wire.ask(path, method="HEAD").status == wire.ask(path).status
    refused = wire.ask(path, method="POST", body=b"x")
    assert (refused.status, refused.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
    options = wire.ask(path, method="OPTIONS")
    assert (options.status, options.body) == (200, b"")
    assert options.headers["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_method_path_takes_its_method_alone(wire: Wire, method: str) -> None:
    refused = wire.ask(f"/{method.lower()}")
    allowed = {*refused.headers["Allow"].split(", ")}
    assert (refused.status, allowed) == (405, {method, "OPTIONS"})


@pytest.mark.parametrize("path", ["/", *(path for path in GET_PATHS if path != "/uuid")])
def test_head_has_the_headers_of_get_and_no_body(wire: Wire, path: str) -> None:
    get, head = wire.ask(path), wire.ask(path, method="HEAD")
    ignored = {"Date": "", **({"Content-Length": ""} if path == "/gzip" else {})}
    assert {**head.headers, **ignored} == {**get.headers, **ignored}
    assert wire.ask("/").body == b"clientbench\n"


def test_options_of_the_whole_server(wire: Wire) -> None:
    assert wire.ask("*", method="OPTIONS").status == 200


def test_a_target_in_absolute_form_is_understood(wire: Wire) -> None:
    reply = wire.ask(f"http://{wire.host}/anything?a=1")
    assert reply.json["args"] == {"a": "1"}
    assert wire.ask(f"http://{wire.host}").body == b"clientbench\n"

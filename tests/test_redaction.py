"""A corpus of secrets, and what must stay readable."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import UsageError
from harness.input.command_line_secrets import redactor
from harness.input.options import Options
from harness.input.scenario_input import build
from harness.input.settings import Defaults
from harness.redaction import (
    HIDDEN,
    Redactor,
    hide_named,
    looks_secret,
    quoted,
    redact_headers,
    redact_tags,
    redact_url,
)

# Made up, or from issuers' documentation; in two pieces so that no scanner takes them for real.
KEYS = {
    "aws id": "AKIA" + "IOSFODNN7EXAMPLE",
    "aws key": "wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY",
    "github": "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a",
    "github fine-grained": "github_pat_" + "11ABCDEFG0aBcDeFgHiJkL_mNoPqRsTuVwXyZ",
    "gitlab": "glpat-" + "aB3dE6gH9jK2mN5pQ8sT",
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0."
    + "dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    "slack": "xoxb-" + "123456789012-abcdefABCDEF",
    "stripe": "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc",
    "google": "AIza" + "SyDaGmWKa4JsXZ-HjGw7ISLn_3namBGewQe",
    "hex": "9f86d081884c7d659a2feaa0c55ad015",
    "base64": "c2VjcmV0LXZhbHVlLTEyMzQ1Njc4OTA=",
    "uuid": "550e8400-e29b-41d4-a716-446655440000",
    "url-safe": "Zm9v-YmFyMTIz_QmF6OTg3-cXV4NjU0",
}
PASSWORD = "corr3ct h/rse:b@ttery"
TELLING = ["access_token", "sig", "X-Amz-Signature", "api_key", "password", "client_secret", "code"]
SECRET_HEADERS = ["Authorization", "Cookie", "X-Api-Key", "Proxy-Authorization", "X-Custom"]


def survives(secret: str, text: str) -> bool:
    """Whether ``secret`` can be read in ``text``, in any of the spellings a program would use."""
    spellings = {
        secret,
        quote(secret),
        quote(secret, safe=""),
        json.dumps(secret)[1:-1],
        repr(secret)[1:-1],
        base64.b64encode(secret.encode()).decode().rstrip("="),
    }
    return any(spelling in text for spelling in spellings)


def snapshot(**options: object) -> str:
    given = {"clients": ("httpx",), "method": ("POST",), **options}
    return json.dumps(build(Options.of(**given), Defaults()).snapshot())  # type: ignore[arg-type]


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
@pytest.mark.parametrize(
    "template", ["/x?access_token={}", "/x?n=1&q={}", "/x?{}", "/x/{}/y", "/x;sid={}", "/#{}"]
)
@pytest.mark.parametrize("origin", ["http://localhost:8080", ""])
def test_no_key_survives_in_a_url(key: str, template: str, origin: str) -> None:
    url = origin + template.format(quote(key, safe=""))
    assert not survives(key, redact_url(url))
    assert not survives(key, snapshot(url=url))
    message = f"GET {url} failed: connection to {url!r} refused ({json.dumps(url)})"
    assert not survives(key, Redactor.of((url,), {}, None).scrub(message))


@pytest.mark.parametrize("key", [*KEYS.values(), PASSWORD])
@pytest.mark.parametrize("name", SECRET_HEADERS)
@pytest.mark.parametrize("form", ["{}", "Bearer {}", 'sid="{}"; theme=dark'])
def test_no_key_survives_in_a_header(key: str, name: str, form: str) -> None:
    headers = {name: form.format(key)}
    assert not survives(key, json.dumps(redact_headers(headers)))
    assert not survives(key, snapshot(header=(f"{name}: {headers[name]}",)))
    message = f"bad header {headers!r} or {json.dumps(headers)} or {headers[name].encode()!r}"
    assert not survives(key, Redactor.of((), headers, None).scrub(message))


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
@pytest.mark.parametrize("name", ["User-Agent", "Accept", "Content-Type"])
def test_no_key_survives_in_a_harmless_header(key: str, name: str) -> None:
    assert not survives(key, json.dumps(redact_headers({name: f"app/1.0 ({key})"})))


@pytest.mark.parametrize("password", [*KEYS.values(), PASSWORD])
def test_no_user_info_survives(password: str) -> None:
    url = f"https://hugo.fischer:{quote(password, safe='')}@localhost/get"
    scenario = build(Options.of(clients=("httpx",), url=url), Defaults())
    stored = json.dumps(scenario.snapshot())
    message = f"{url!r}: {scenario.headers} {'hugo.fischer:' + password} {password!r}"
    scrubbed = Redactor.of((url,), scenario.headers, None).scrub(message)
    for text in (redact_url(url), stored, scrubbed, str(scenario)):
        assert not survives(password, text)
        assert not survives(f"hugo.fischer:{password}", text)
        assert "hugo" not in text


@pytest.mark.parametrize("key", [*KEYS.values(), PASSWORD])
def test_no_body_survives(key: str) -> None:
    body = json.dumps({"user": "test", "secret": key.replace(" ", "")})
    stored = json.loads(snapshot(body=body))
    assert stored["body_bytes"] == len(body)
    assert not survives(key, json.dumps(stored))
    scrubbed = Redactor.of((), {}, body.encode()).scrub(f"cannot send {body!r}")
    assert not survives(key, scrubbed)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "https://hooks.slack.com/services/T024BE7LD/B0E9XAZ1C/abcdefgh",
            "https://hooks.slack.com/services/***",
        ),
        ("https://discord.com/api/webhooks/123/abc", "https://discord.com/api/webhooks/***"),
        ("https://api.telegram.org/bot12345:AA-bb/send", "https://api.telegram.org/bot***"),
        ("http://u:p@h/x", "http://h/x"),
        ("http://u:p/w@h/x", "http://h/x"),
        ("http://u:p?w#@h/x", "http://h/x"),
        ("http://u@[::1]:80/", "http://[::1]:80/"),
        ("u:p@h/x", "h/x"),
        ("http://h/x?user_token=1&n=10#frag", "http://h/x?user_token=***&n=10"),
        ("http://h/x;jsessionid=1", "http://h/x;jsessionid=***"),
        ("http://h/x?token=", "http://h/x?token="),
    ],
)
def test_known_places_of_secrets_are_hidden(url: str, expected: str) -> None:
    assert redact_url(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8080/",
        "/get?numbytes=10&chunk_size=4096&page=2",
        "https://httpbin.org/stream-bytes/1048576?seed=7",
        "http://[::1]:8080/status/404",
        "https://example.org/2024-01-31-my-first-http2-server/index.html?lang=en&q=caf%C3%A9",
        "https://ec2-203-0-113-25.compute-1.amazonaws.com/internationalization/v2",
        "https://api.example.com/users/@me/repositories?sort=updated&fields=id,name,created",
        "https://example.org/pkg@1.0/getAllUserAccounts",
        "https://example.org/services/billing/bottles",
    ],
)
def test_ordinary_urls_stay_readable(url: str) -> None:
    assert redact_url(url) == url
    assert Redactor.of((url,), {}, None).scrub(f"GET {url} failed") == f"GET {url} failed"


@pytest.mark.parametrize(
    "path", ["/services/T024BE7LD/B0E9XAZ1C/{}", "/api/webhooks/12/{}", "/bot123:{}/send"]
)
def test_webhooks_are_taken_out_of_messages(path: str) -> None:
    path = path.format("short-key")
    scrubbed = Redactor.of((f"http://h{path}",), {}, None).scrub(f"no answer from url: {path}")
    assert "short-key" not in scrubbed


def test_ordinary_headers_stay_readable() -> None:
    headers = {
        "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "Accept-Encoding": "identity",
        "accept-language": "de-CH,de;q=0.9,en;q=0.8",
        "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
        "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Safari/537.36",
        "Cache-Control": "no-cache",
    }
    assert redact_headers(headers) == headers


def test_ordinary_messages_stay_readable() -> None:
    redactor = Redactor.of(("http://u:pass@h/",), {"Authorization": "Bearer abcdefgh"}, b'{"a": 1}')
    message = (
        "HTTPConnection(host='h', port=80): Read timed out. (read timeout=10) at 0x7f3a2b1c9d40"
    )
    assert redactor.scrub(message) == message


def test_urls_that_a_server_sent_are_redacted_too() -> None:
    scrubbed = Redactor(()).scrub("redirected to <https://a:b@c/d?token=1>, then ghp_" + "a1" * 18)
    assert scrubbed == f"redirected to <https://c/d?token={HIDDEN}>, then {HIDDEN}"


def test_short_words_are_not_taken_for_secrets() -> None:
    assert Redactor(["", "a", "get"]).scrub("get a page") == "get a page"


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_messages_about_bad_values_hide_keys(key: str) -> None:
    assert looks_secret(key)
    assert not survives(key, quoted(key))


def test_messages_about_bad_values_are_one_short_line() -> None:
    assert quoted("a\nb\u2028c") == r"'a\nb\u2028c'"
    assert len(quoted("word " * 100)) < 80


# Secrets as a person or a generator would choose them; no message of ours has these letters.
_SECRETS = st.text("QXZJKqxzjk0123456789 !$%&/()=?+*~#'\"\\<>@;:,.-_äß€", min_size=8, max_size=40)
_TELLING_SECRETS = _SECRETS.filter(lambda text: len(set(text) & set("QXZJKqxzjk0123456789")) > 3)


@given(_TELLING_SECRETS, st.sampled_from(TELLING))
def test_whatever_a_telling_parameter_holds_is_hidden(secret: str, name: str) -> None:
    url = f"http://localhost/get?n=1&{name}={quote(secret, safe='')}"
    assert not survives(secret, redact_url(url))
    assert not survives(secret, snapshot(url=url))
    message = f"{url} {secret} {secret!r} {json.dumps(secret)} {secret.encode()!r}"
    assert not survives(secret, Redactor.of((url,), {}, None).scrub(message))


@given(_TELLING_SECRETS, _TELLING_SECRETS)
def test_whatever_user_info_holds_is_hidden(user: str, password: str) -> None:
    url = f"http://{quote(user, safe='')}:{quote(password, safe='')}@localhost/get"
    assert redact_url(url) == "http://localhost/get"
    basic = base64.b64encode(f"{user}:{password}".encode()).decode()
    message = f"{url} {user} {password!r} Basic {basic}"
    scrubbed = Redactor.of((url,), {"Authorization": f"Basic {basic}"}, None).scrub(message)
    assert not any(survives(secret, scrubbed) for secret in (user, password, basic))


@given(_TELLING_SECRETS, st.sampled_from(SECRET_HEADERS))
def test_whatever_a_header_holds_is_hidden(secret: str, name: str) -> None:
    headers = {name: secret}
    assert redact_headers(headers) == {name: HIDDEN}
    message = f"{headers} {json.dumps(headers)} {secret.encode()!r}"
    assert not survives(secret, Redactor.of((), headers, None).scrub(message))
    try:
        assert not survives(secret, snapshot(header=(f"{name}: {secret}",)))
    except UsageError as error:
        assert not survives(secret, str(error))


@given(_TELLING_SECRETS)
def test_whatever_a_body_holds_is_hidden(secret: str) -> None:
    scrubbed = Redactor.of((), {}, secret.encode()).scrub(f"{secret} {secret.encode()!r}")
    assert not survives(secret, scrubbed)
    assert not survives(secret, snapshot(body="-" + secret))


@given(st.text())
def test_any_text_can_be_redacted(text: str) -> None:
    redact_url(text)
    redact_headers({text: text})
    redactor = Redactor.of(
        (text,), {"X": text, "Authorization": f"Basic {text}"}, text.encode("utf-8", "replace")
    )
    redactor.scrub(text)


@pytest.mark.parametrize(
    "word",
    [
        '{"Authorization": "Bearer Jk3NbQ8w"}',
        '{"Authorization": "Bearer Jk3NbQ8w"',  # somebody forgot the end
        '{"a": 1, "X-Api-Key":"Jk3NbQ8w',
        '[{"password": "Jk3NbQ8w"}]',
    ],
)
@pytest.mark.parametrize("flag", ["--output", "--rate", "compare"])
def test_members_of_json_are_hidden_wherever_they_are_typed(flag: str, word: str) -> None:
    told = redactor([flag, word]).scrub(f"{flag}: {word!r} is not valid")
    assert "Jk3NbQ8w" not in told


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("password=hunter2", "password=***"),
        ("nightly api-key = a b c pr=7", "nightly api-key = *** pr=7"),
        ("token='x y' and more", "token=***"),
        ("pr=7 who=me", "pr=7 who=me"),
        ("after the password was changed", "after the password was changed"),
        ("token=", "token="),
        ("token=***", "token=***"),
    ],
)
def test_a_value_with_a_telling_name_is_hidden_in_a_text(text: str, expected: str) -> None:
    assert hide_named(text) == expected


def test_a_long_text_is_looked_at_once() -> None:
    for text in ("a" * 1_000_000, "a=" + " " * 1_000_000, "a= b" * 200_000):
        assert hide_named(text) == text


def test_values_of_tags_with_telling_names_are_hidden() -> None:
    tags = {"token": "abc", "pr": "7", "secret": ""}
    assert redact_tags(tags) == {"token": HIDDEN, "pr": "7", "secret": ""}

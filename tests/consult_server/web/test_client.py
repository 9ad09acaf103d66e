"""The built client as browsers and proxies ask for it: paths, forms, entity tags."""

import gzip
from pathlib import Path

import brotli
import httpx
import pytest
from hypothesis import given, strategies as st
from starlette.datastructures import Headers
from starlette.responses import Response

from consult_server.web.client import FILE_BYTES_MAX, Client, accepts, matches

FILES = {
    "index.html": b"<!doctype html><title>app</title>",
    "read.html": b"<!doctype html><title>read</title>",
    "room.html": b"<!doctype html><title>room</title>",
    "join.html": b"<!doctype html><title>join</title>",
    "favicon.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "assets/app-1.js": b"export {};" * 200,
    "assets/app-1.css": b"b{}" * 200,
    "assets/decoder-1.wasm": b"\0asm" * 100,
    "assets/sound-1.mp3": b"ID3",
    "report-fonts/400/Noto.ttf": b"not for browsers",
    "deep/er/page.txt": b"text",
}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Client:
    folder = tmp_path_factory.mktemp("dist")
    for name, content in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (folder / "assets" / "huge.bin").write_bytes(b"\0" * (FILE_BYTES_MAX + 1))
    return Client(folder)


def ask(client: Client, path: str, **headers: str) -> Response:
    return client.response(path, Headers({name.replace("_", "-"): value for name, value in headers.items()}))


@pytest.mark.parametrize(
    "path,file",
    [
        ("/", "index.html"),
        ("", "index.html"),
        ("/index.html", "index.html"),
        ("/worklist", "index.html"),
        ("/cases/0198-ab", "index.html"),
        ("/no/such/page/at/all", "index.html"),
        ("/read", "read.html"),
        ("/read/1.2.840.10008.1", "read.html"),
        ("/room/c1", "room.html"),
        ("/join", "join.html"),
        ("/reading", "index.html"),
        ("/assets/app-1.js", "assets/app-1.js"),
        ("/favicon.svg", "favicon.svg"),
        ("/deep/er/page.txt", "deep/er/page.txt"),
        ("/read.html", "read.html"),
    ],
)
def test_a_path_has_its_file_or_its_page(client: Client, path: str, file: str) -> None:
    answer = ask(client, path)
    assert (answer.status_code, bytes(answer.body)) == (200, FILES[file])


@pytest.mark.parametrize(
    "path",
    [
        "/assets/gone.js",
        "/favicon.ico",
        "/robots.txt",
        "/cases/1.2",
        "/report-fonts/400/Noto.ttf",
        "/assets/huge.bin",
        "/../config/defaults.toml",
        "/assets/../../secret.txt",
        "/.env",
        "/%2e%2e/secret.txt",
    ],
)
def test_what_is_no_file_and_looks_like_one_is_not_found(client: Client, path: str) -> None:
    """A missing script must not be answered with a page: the browser would try to run it."""
    answer = ask(client, path)
    assert (answer.status_code, bytes(answer.body)) == (404, b"")


@given(st.lists(st.sampled_from(["..", ".", "read", "assets", "a.b", "report-fonts", "x", ""]), max_size=5))
def test_no_path_leads_out_of_the_folder(client: Client, parts: list[str]) -> None:
    answer = ask(client, "/" + "/".join(parts))
    assert answer.status_code in {200, 404}
    assert bytes(answer.body) in {b"", *(FILES[f"{name}.html"] for name in ("index", "read", "room", "join"))}


def test_a_client_that_was_not_built_says_what_to_do(tmp_path: Path) -> None:
    answer = ask(Client(tmp_path), "/")
    assert answer.status_code == 503
    assert b"make run" in bytes(answer.body)


@pytest.mark.parametrize(
    "name,media_type",
    [
        ("/", "text/html; charset=utf-8"),
        ("/assets/app-1.css", "text/css; charset=utf-8"),
        ("/favicon.svg", "image/svg+xml"),
        ("/assets/decoder-1.wasm", "application/wasm"),
        ("/assets/sound-1.mp3", "audio/mpeg"),
    ],
)
def test_types_are_what_nosniff_demands(client: Client, name: str, media_type: str) -> None:
    assert ask(client, name).headers["content-type"] == media_type


def test_scripts_have_a_type_that_modules_may_have(client: Client) -> None:
    """WHATWG HTML: a module script runs only as a JavaScript MIME type."""
    kind = ask(client, "/assets/app-1.js").headers["content-type"].split(";")[0]
    assert kind in {"text/javascript", "application/javascript"}


@pytest.mark.parametrize(
    "header,coding",
    [
        ("", ""),
        ("br", "br"),
        ("gzip", "gzip"),
        ("gzip, deflate, br", "br"),
        ("gzip, deflate", "gzip"),
        ("deflate", ""),
        ("identity", ""),
        ("*", "br"),
        ("br;q=0, gzip", "gzip"),
        ("br;q=0.0, gzip;q=0.000", ""),
        ("br;q=0.001", "br"),
        ("BR", "br"),
        ("GZip;Q=0.5", "gzip"),
        ("*;q=0", ""),
        ("br;q=0, *", "gzip"),
        ("gzip;q=1.0, *;q=0", "gzip"),
        (" br ; q=0 ,gzip", "gzip"),
        ("brotli, xgzip", ""),
    ],
)
def test_the_form_is_one_that_the_reader_takes(client: Client, header: str, coding: str) -> None:
    """RFC 9110 12.5.3, its weight of nothing included."""
    answer = ask(client, "/assets/app-1.js", accept_encoding=header)
    assert answer.headers.get("content-encoding", "") == coding
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress, "": bytes}[coding]
    assert unpack(bytes(answer.body)) == FILES["assets/app-1.js"]
    assert answer.headers["vary"] == "Accept-Encoding"


def test_what_is_packed_already_is_sent_as_it_is(client: Client) -> None:
    answer = ask(client, "/assets/sound-1.mp3", accept_encoding="br, gzip")
    assert "content-encoding" not in answer.headers
    assert bytes(answer.body) == FILES["assets/sound-1.mp3"]


@given(st.text(max_size=30), st.sampled_from(["br", "gzip"]))
def test_no_header_is_too_strange(header: str, coding: str) -> None:
    assert accepts(header, coding) in {True, False}
    assert matches(header, "0" * 32) in {True, False}


def test_each_form_has_a_tag_of_its_own_and_any_of_them_revalidates(client: Client) -> None:
    """RFC 9110 8.8.3.3: forms of one file differ in their strong tags."""
    tags = [ask(client, "/", accept_encoding=coding).headers["etag"] for coding in ("identity", "gzip", "br")]
    assert len(set(tags)) == 3
    assert all(tag.startswith('"') and tag.endswith('"') for tag in tags)
    for tag in tags:
        answer = ask(client, "/", if_none_match=tag, accept_encoding="br")
        assert (answer.status_code, bytes(answer.body)) == (304, b"")
        assert answer.headers["etag"] == tags[2]


def test_other_files_have_other_tags(client: Client) -> None:
    tags = {ask(client, f"/{name}").headers.get("etag") for name in FILES if "report-fonts" not in name}
    assert len(tags) == len(FILES) - 1


@pytest.mark.parametrize(
    "pattern,fresh",
    [
        ("{tag}", True),
        ("W/{tag}", True),
        ('"other", {tag}', True),
        ('"other",W/{tag}', True),
        ("*", True),
        ('"other"', False),
        ("", False),
        ('"{tag}x"', False),
    ],
)
def test_a_copy_is_revalidated_however_its_tag_comes_back(client: Client, pattern: str, fresh: bool) -> None:
    """A proxy that packs pages itself makes tags weak, and a cache may name several."""
    tag = ask(client, "/").headers["etag"]
    answer = ask(client, "/", if_none_match=pattern.replace("{tag}", tag))
    assert answer.status_code == (304 if fresh else 200)


@pytest.mark.parametrize(
    "path,kept",
    [("/assets/app-1.js", "public, max-age=31536000, immutable"), ("/", "no-cache"), ("/read/1", "no-cache")],
)
def test_hashed_files_are_kept_for_ever_and_pages_never(client: Client, path: str, kept: str) -> None:
    assert ask(client, path).headers["cache-control"] == kept
    again = ask(client, path, if_none_match=ask(client, path).headers["etag"])
    assert again.headers["cache-control"] == kept


async def test_only_reading_is_allowed_and_that_is_said(client: Client) -> None:
    """RFC 9110 15.5.6: 405 names what is allowed."""
    transport = httpx.ASGITransport(app=client)
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as browser:
        assert (await browser.get("/")).content == FILES["index.html"]
        head = await browser.head("/")
        assert (head.status_code, head.headers["etag"][:1]) == (200, '"')
        for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
            answer = await browser.request(method, "/")
            assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("path", ["/read/1.2.840.10008.1", "/read/1.2/"])
def test_the_reading_page_names_the_manifest_it_will_ask_for(client: Client, path: str) -> None:
    study = path.split("/")[2]
    link = f"</api/studies/{study}/manifest>; rel=preload; as=fetch; crossorigin"
    answer = ask(client, path)
    assert answer.headers["link"] == link
    again = ask(client, path, if_none_match=answer.headers["etag"])
    assert (again.status_code, again.headers["link"]) == (304, link)


@pytest.mark.parametrize(
    "path", ["/read", "/read/1.2/3", "/read/abc", "/read/1.2>; rel=x", "/worklist", "/room/1.2"]
)
def test_no_other_page_names_one(client: Client, path: str) -> None:
    assert "link" not in ask(client, path).headers

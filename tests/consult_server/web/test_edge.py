"""What every request meets first: caps, origin, headers, problems without secrets."""

from collections.abc import AsyncIterator

import httpx
import pytest

from config.settings import secret
from consult_server.identity.service import COMMAND_LINE, create_token
from tests.factories.cases import PATIENT, ok
from tests.fixtures.product import Product


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:9", "https://127.0.0.1:8080.evil"]
)
async def test_a_change_from_another_site_is_refused(product: Product, origin: str) -> None:
    client = await product.signed_in("applicant")
    answer = await client.post("/api/patients", json=PATIENT, headers={"Origin": origin})
    assert (answer.status_code, answer.json()["code"]) == (403, "general.foreign_origin")
    assert ok(await client.get("/api/patients")) == []


async def test_a_script_without_an_origin_may_change_things(product: Product) -> None:
    client = await product.signed_in("applicant")
    del client.headers["Origin"]
    ok(await client.post("/api/patients", json=PATIENT))


async def test_a_hundred_megabytes_are_refused_by_their_length(product: Product) -> None:
    client = await product.signed_in("applicant")
    sent = 0

    async def flood() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(1600):
            sent += 65536
            yield b" " * 65536

    length = {"Content-Length": str(1600 * 65536), "Content-Type": "application/json"}
    answer = await client.post("/api/patients", content=flood(), headers=length)
    assert (answer.status_code, answer.json()["code"]) == (413, "general.too_large")


async def test_a_body_that_hides_its_length_is_cut_off(product: Product) -> None:
    client = await product.signed_in("applicant")

    async def flood() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield b'{"a":"' + b"x" * 65536

    answer = await client.post("/api/patients", content=flood(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[" * 100_000, b'{"user": 1e999}', b"\xff\xfe\x00", b'"\\ud800"', b"null", b"[]"]
)
async def test_bad_json_is_a_plain_refusal(product: Product, body: bytes) -> None:
    client = await product.browser()
    answer = await client.post("/api/sessions", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_packed_body_is_not_unpacked(product: Product) -> None:
    client = await product.browser()
    answer = await client.post("/api/sessions", content=b"\x1f\x8b", headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 415


@pytest.mark.parametrize("length", ["-1", "1e3", "abc", "９"])
async def test_a_length_that_is_no_number_is_refused(product: Product, length: str) -> None:
    scope_headers = [(b"content-length", length.encode()), (b"host", b"127.0.0.1:8080")]
    sent: list[dict[str, object]] = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/sessions",
        "raw_path": b"/api/sessions",
        "query_string": b"",
        "headers": scope_headers,
        "http_version": "1.1",
        "scheme": "http",
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8080),
        "asgi": {"version": "3.0"},
    }
    await product.app(scope, receive, send)  # type: ignore[arg-type]
    assert sent[0]["status"] == 400


async def test_every_answer_is_dressed(product: Product) -> None:
    client = await product.browser()
    for path in ("/", "/api/me", "/health/live", "/no/such", "/assets/app-1.js"):
        headers = (await client.get(path)).headers
        assert "default-src 'self'" in headers["content-security-policy"], path
        assert "unsafe-eval" not in headers["content-security-policy"].replace("wasm-unsafe-eval", "")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cross-origin-embedder-policy"] == "require-corp"
        assert headers["referrer-policy"] == "no-referrer"
        assert len(headers["x-request-id"]) == 16


async def test_what_programs_read_says_nothing_of_pages(product: Product) -> None:
    """Nothing below the DICOMweb root is a page: no script, no frame, no other site may make one of it."""
    client = await product.browser()
    for path in ("/dicom-web/studies", "/dicom-web/no/such"):
        headers = (await client.get(path)).headers
        assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["x-content-type-options"] == "nosniff"
        assert not {"permissions-policy", "cross-origin-opener-policy"} & headers.keys()
        assert len(headers["x-request-id"]) == 16


async def test_a_problem_has_one_shape(product: Product) -> None:
    client = await product.browser()
    problems: list[httpx.Response] = [
        await client.get("/api/me"),
        await client.get("/api/nothing-here"),
        await client.post("/api/me"),
        await client.post("/api/sessions", json={}),
    ]
    for answer in problems:
        body = answer.json()
        assert set(body) == {"type", "title", "status", "code", "detail", "params", "number"}
        assert body["status"] == answer.status_code
        assert body["type"] == f"urn:lianzhen:problem:{body['code']}"


async def test_the_api_description_is_for_who_is_signed_in(product: Product) -> None:
    browser = await product.browser()
    assert (await browser.get("/api/openapi.json")).status_code == 401
    assert (await browser.get("/docs")).status_code in {200, 404}
    client = await product.signed_in("applicant")
    assert "/api/consults" in ok(await client.get("/api/openapi.json"))["paths"]


async def test_health_and_metrics(product: Product) -> None:
    client = await product.browser()
    assert ok(await client.get("/health/live")) == {"status": "live"}
    assert ok(await client.get("/health/ready")) == {"status": "ready"}
    token = secret(product.platform.settings, "metrics_token").get_secret_value()
    figures = await client.get("/metrics", headers={"Authorization": f"Bearer {token}"})
    assert "lianzhen_http_requests_total" in figures.raise_for_status().text


async def test_metrics_are_for_the_bearer_of_their_token_from_wherever_the_request_comes(
    product: Product,
) -> None:
    """Behind a proxy on this machine everybody comes from 127.0.0.1; a person's own token is another one."""
    client = await product.browser()
    async with product.platform.database.write() as tx:
        person = await create_token(tx, COMMAND_LINE, "administrator", product.clock.now())
    for headers in ({}, {"Authorization": f"Bearer {person}"}, {"Authorization": "Bearer "}):
        answer = await client.get("/metrics", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "general.metrics_forbidden")
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert "lianzhen_http" not in answer.text


async def test_pages_are_found_compressed_and_revalidated(product: Product) -> None:
    client = await product.browser()
    page = await client.get("/worklist", headers={"Accept-Encoding": "identity"})
    assert page.text.startswith("<!doctype html>")
    assert page.headers["cache-control"] == "no-cache"
    again = await client.get("/worklist", headers={"If-None-Match": page.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    script = await client.get("/assets/app-1.js", headers={"Accept-Encoding": "br"})
    assert script.headers["content-encoding"] == "br"
    assert "immutable" in script.headers["cache-control"]
    assert script.text == "export {};" * 100
    assert (await client.get("/assets/missing.js")).status_code == 404
    assert (await client.get("/report-fonts/400Regular/NotoSansSC_400Regular.ttf")).status_code == 404
    assert (await client.get("/../config/defaults.toml")).status_code == 404

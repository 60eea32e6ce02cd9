"""The web application's files, as the server sends them."""

import gzip
import json
import os

import pytest

from harness.program import HttpError, serving

PAGE = b"<!doctype html><title>Framehound</title><script type=module src=/assets/app-1234.js></script>"
SECRET = b"not for the world"
SCRIPT = b"export const greeting = 'hello';\n" * 200


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    base = tmp_path_factory.mktemp("web")
    (base / "home").mkdir()
    web = base / "web"
    (web / "assets").mkdir(parents=True)
    (web / "index.html").write_bytes(PAGE)
    (web / "assets" / "app-1234.js").write_bytes(SCRIPT)
    (web / "assets" / "app-1234.js.gz").write_bytes(gzip.compress(SCRIPT))
    # Nothing here can make Brotli; the server does not look into it.
    (web / "assets" / "both-9abc.js").write_bytes(SCRIPT)
    (web / "assets" / "both-9abc.js.br").write_bytes(b"brotli")
    (web / "assets" / "both-9abc.js.gz").write_bytes(b"gzip")
    (web / "favicon.svg").write_bytes(b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    (base / "secret.txt").write_bytes(SECRET)
    (web / "link.txt").symlink_to(base / "secret.txt")
    (web / "linked").symlink_to(base)
    with serving(base / "home", base / "data", "--web", str(web),
                 "--allow-origin", "https://desk.example") as server:
        server.web = web
        yield server


@pytest.mark.parametrize("path", ["/", "/p/street", "/p/street/v/0123456789abcdef?t=40", "/no/such/view"])
def test_every_view_is_the_page(site, path):
    answer = site.get(path)
    assert answer.body == PAGE
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"


def test_the_page_runs_only_its_own_scripts(site):
    headers = site.get("/").headers
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["script-src"] == "'self'"
    assert policy["connect-src"] == "'self'" and policy["frame-ancestors"] == "'none'"
    assert "blob:" in policy["img-src"] and "blob:" in policy["media-src"]
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("accepts", ["gzip", "br, gzip;q=0.8", "deflate,GZIP", "*"])
def test_a_compressed_copy_is_sent_to_those_who_take_it(site, accepts):
    answer = site.get("/assets/app-1234.js", headers={"Accept-Encoding": accepts})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Content-Type"] == "text/javascript"
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert "immutable" in answer.headers["Cache-Control"]
    assert len(answer.body) < len(SCRIPT) and gzip.decompress(answer.body) == SCRIPT


@pytest.mark.parametrize("accepts", ["identity", "br", "gzip;q=0", "gzip; q=0.0, br", "x-gzip-like"])
def test_and_the_file_itself_to_those_who_do_not(site, accepts):
    answer = site.get("/assets/app-1234.js", headers={"Accept-Encoding": accepts})
    assert answer.headers["Content-Encoding"] is None
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.body == SCRIPT


@pytest.mark.parametrize("accepts,coding", [
    ("gzip, deflate, br, zstd", "br"), ("gzip", "gzip"), ("br;q=0, gzip", "gzip"), ("zstd", None)])
def test_the_smaller_copy_is_preferred(site, accepts, coding):
    answer = site.get("/assets/both-9abc.js", headers={"Accept-Encoding": accepts})
    assert answer.headers["Content-Encoding"] == coding
    assert answer.body == {"br": b"brotli", "gzip": b"gzip", None: SCRIPT}[coding]
    assert answer.headers.get_all("Vary") == ["Accept-Encoding"]


def test_a_file_without_a_copy_is_sent_as_it_is(site):
    answer = site.get("/favicon.svg", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] is None and answer.headers["Vary"] is None
    assert answer.headers["Content-Type"] == "image/svg+xml"


def test_a_copy_of_an_older_build_is_not_used(site):
    script = site.web / "assets" / "other-5678.js"
    script.write_bytes(b"let newer;")
    copy = site.web / "assets" / "other-5678.js.gz"
    copy.write_bytes(gzip.compress(b"let older;"))
    os.utime(copy, (1, 1))
    answer = site.get("/assets/other-5678.js", headers={"Accept-Encoding": "gzip"})
    assert answer.body == b"let newer;" and answer.headers["Content-Encoding"] is None


@pytest.mark.parametrize("path", ["/assets/gone-1234.js", "/robots.txt", "/api/v1/nothing"])
def test_a_file_that_is_not_there_is_a_404(site, path):
    with pytest.raises(HttpError) as caught:
        site.get(path)
    assert caught.value.status == 404
    assert caught.value.problem()["detail"]


@pytest.mark.parametrize("form", ["/{0}", "//{0}", "/assets/{0}", "/assets//../{0}", "/./{0}", "/%2F{0}", "/%2e%2e/secret.txt",
                                  "/link.txt", "/linked/secret.txt"])
def test_nothing_outside_its_folder_is_sent(site, form):
    secret = site.web.parent / "secret.txt"
    with pytest.raises(HttpError) as caught:
        site.get(form.format(secret))
    assert caught.value.status in (400, 404)
    assert SECRET not in caught.value.body


def test_without_the_application_there_is_a_page_that_says_so(tmp_path):
    (tmp_path / "home").mkdir()
    with serving(tmp_path / "home", tmp_path / "data", "--web", str(tmp_path / "none")) as server:
        answer = server.get("/")
        assert b"web application is not installed" in answer.body


@pytest.mark.parametrize("accepts", ["gzip", "gzip, deflate, br, zstd", "*", "*;q=0, gzip", "gzip;level=1;q=0.5"])
def test_a_long_answer_is_compressed_for_those_who_take_it(site, accepts):
    plain = site.get("/api/v1/openapi.json")
    assert plain.headers["Content-Encoding"] is None and plain.headers["Vary"] == "Accept-Encoding"
    answer = site.get("/api/v1/openapi.json", headers={"Accept-Encoding": accepts})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers.get_all("Vary") == ["Accept-Encoding"]
    assert len(answer.body) < len(plain.body) / 3 and gzip.decompress(answer.body) == plain.body
    assert int(answer.headers["Content-Length"]) == len(answer.body)


@pytest.mark.parametrize("accepts", ["identity", "br", "gzip;q=0", "*, gzip;q=0", "gzip ; Q=0"])
def test_and_sent_as_it_is_to_those_who_do_not(site, accepts):
    answer = site.get("/api/v1/openapi.json", headers={"Accept-Encoding": accepts})
    assert answer.headers["Content-Encoding"] is None and json.loads(answer.body)["openapi"]


def test_a_short_answer_is_not_compressed(site):
    answer = site.get("/api/v1/projects", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] is None and json.loads(answer.body)["projects"] == []


def test_a_long_answer_to_another_site_depends_on_both_headers(site):
    headers = {"Accept-Encoding": "gzip", "Origin": "https://desk.example"}
    answer = site.get("/api/v1/openapi.json", headers=headers)
    assert answer.headers["Access-Control-Allow-Origin"] == "https://desk.example"
    assert sorted(answer.headers.get_all("Vary")) == ["Accept-Encoding", "Origin"]

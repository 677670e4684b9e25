"""Models on a hub: a stand-in of its HTTP interface, by the real client."""

import base64
import hashlib
import http.server
import json
import threading

import numpy as np
import pytest
from helpers import tiny

import ganzoo
from ganzoo.cli import main as command
from ganzoo.evaluation import model_card
from ganzoo.runs import hub, pretrained

pytest.importorskip("huggingface_hub", reason="needs the extra hub")
COMMIT = "a" * 40


class Hub(http.server.BaseHTTPRequestHandler):
    """The requests that the client makes of a hub: repository, commit, download."""

    repositories: dict[str, dict[str, bytes]] = {}
    paths: list[str] = []  # that were asked for

    def log_message(self, *args):
        pass

    def _answer(self, body: bytes, code=200, **headers):
        self.send_response(code)
        for key, value in {"Content-Length": len(body), **headers}.items():
            self.send_header(key.replace("_", "-"), str(value))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _json(self, value):
        self._answer(json.dumps(value).encode(), Content_Type="application/json")

    def do_GET(self):
        self.paths.append(self.path)
        owner, name, _, _, file = self.path.strip("/").split("/")
        files = self.repositories.get(f"{owner}/{name}")
        missing = "RepoNotFound" if files is None else "EntryNotFound"
        if not files or file not in files:
            self._answer(b"", 404, X_Error_Code=missing)
            return
        body = files[file]
        etag = f'"{hashlib.sha1(body).hexdigest()}"'
        self._answer(body, ETag=etag, X_Repo_Commit=COMMIT)

    do_HEAD = do_GET

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/api/repos/create":
            asked = json.loads(body)
            name = f"{asked['organization']}/{asked['name']}"
            self.repositories.setdefault(name, {})
            self._json({"url": f"{self.server.address}/{name}"})
            return
        if self.path == "/api/validate-yaml":
            self._json({})
            return
        _, _, owner, name, kind, _ = self.path.strip("/").split("/")
        files = self.repositories[f"{owner}/{name}"]
        if kind == "preupload":
            listed = json.loads(body)["files"]
            modes = {"uploadMode": "regular", "shouldIgnore": False}
            self._json({"files": [{"path": f["path"], **modes} for f in listed]})
            return
        for line in map(json.loads, body.splitlines()):
            if line["key"] == "file":
                content = line["value"]["content"]
                files[line["value"]["path"]] = base64.b64decode(content)
        url = f"{self.server.address}/{owner}/{name}/commit/{COMMIT}"
        self._json({"success": True, "commitOid": COMMIT, "commitUrl": url})


@pytest.fixture
def server(monkeypatch, tmp_path):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub) as served:
        served.address = f"http://127.0.0.1:{served.server_port}"
        thread = threading.Thread(target=served.serve_forever)
        thread.start()
        constants = "huggingface_hub.constants."
        monkeypatch.setattr(constants + "HF_HUB_CACHE", str(tmp_path / "cache"))
        monkeypatch.setattr(constants + "HF_HUB_DISABLE_XET", True)
        monkeypatch.setenv("HF_TOKEN", "hf_test")
        monkeypatch.setattr(Hub, "repositories", {})
        monkeypatch.setattr("time.sleep", lambda seconds: None)  # between its tries
        yield served.address
        served.shutdown()
        thread.join()


def test_a_pushed_model_is_the_loaded_one(server):
    model = tiny("dcgan")
    card = model_card.card("none.keras", model, "hf://me/small")
    url = hub.push(model, "me/small", card, endpoint=server)
    assert url == f"{server}/me/small/commit/{COMMIT}"
    assert Hub.repositories["me/small"]["README.md"].decode() == card
    loaded = ganzoo.load(hub.fetch("hf://me/small", endpoint=server))
    for ours, theirs in zip(model.weights, loaded.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_revision_is_asked_for(server, monkeypatch):
    monkeypatch.setattr(Hub, "paths", [])
    Hub.repositories["me/small"] = {"model.keras": b"x"}
    hub.fetch("hf://me/small@v1", endpoint=server)
    assert {path.split("/")[4] for path in Hub.paths} == {"v1"}


def test_push_of_the_command_line(server, capsys, monkeypatch):
    monkeypatch.setattr(hub, "push", lambda model, address, card, private: card)
    command.run(command.parse(["ganzoo", "push", "dcgan_digits", "me/digits"]))
    card = capsys.readouterr().out
    assert "Radford" in card and 'load("hf://me/digits")' in card
    facts = pretrained.card("dcgan_digits")
    assert f"- command: {facts['command']}" in card
    assert f"| frechet_distance | {facts['scores']['pixels'][0]['value']:.4g}" in card


@pytest.mark.parametrize(
    "address,message",
    [
        ("hf://small", "hf://owner/name@revision. Received: 'hf://small'"),
        ("hf://me/../x", "hf://owner/name@revision"),
        ("hf://me/..", "hf://owner/name@revision"),
        ("hf://-me/x", "hf://owner/name@revision"),
        ("hf://me/x@../y", "hf://owner/name@revision"),
        ("hf://me/x@/y", "hf://owner/name@revision"),
        ("hf://me/none", "hf://me/none cannot be loaded.*404"),
        ("hf://me/empty", "hf://me/empty cannot be loaded.*model.keras.*404"),
    ],
)
def test_what_is_no_model(server, address, message):
    Hub.repositories["me/empty"] = {}
    with pytest.raises(ValueError, match=message):
        hub.fetch(address, endpoint=server)


def test_no_answer(server):
    with pytest.raises(ConnectionError, match="the hub does not answer"):
        hub.fetch("hf://me/small", endpoint="http://127.0.0.1:9")


def test_a_hostile_file_is_refused(server):
    Hub.repositories["me/bad"] = {"model.keras": b"PK\3\4 no model"}
    with pytest.raises(ValueError, match="holds no model of ganzoo"):
        ganzoo.load(hub.fetch("hf://me/bad", endpoint=server))


@pytest.mark.parametrize("card", ["", " \n", None])
def test_a_push_needs_a_card(server, card):
    with pytest.raises(ValueError, match="pushed with a card, a text.*Received"):
        hub.push(tiny("vanilla"), "me/small", card, endpoint=server)
    assert not Hub.repositories


def test_a_push_that_is_refused_or_not_answered(server, monkeypatch):
    model, message = tiny("vanilla"), "me/small cannot be pushed.*HF_TOKEN. Received"
    with pytest.raises(ConnectionError, match=message):
        hub.push(model, "me/small", "a card", endpoint="http://127.0.0.1:9")

    def refuse(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._answer(b"", 401)

    for method in ("do_GET", "do_POST"):
        monkeypatch.setattr(Hub, method, refuse)
    with pytest.raises(ConnectionError, match=f"{message}.*401"):
        hub.push(model, "me/small", "a card", endpoint=server)


def test_a_push_needs_no_revision():
    with pytest.raises(ValueError, match="pushed to owner/name. Received: 'a/b@v1'"):
        hub.push(None, "a/b@v1", "")

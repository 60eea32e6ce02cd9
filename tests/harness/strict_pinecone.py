"""Pinecone's data plane as its documentation has it, and nothing more: every request is checked against the limits and
the shapes that the hosted service takes, and some are refused at first, as a busy service does."""

from __future__ import annotations

import json
import math
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY = "strict-key"
PAGE = 20  # of a list: a server may give fewer than are asked for
TOKEN = "+/&="  # to go on with may be any text
SHAPES = {
    "/vectors/upsert": ({"vectors", "namespace"}, {"vectors"}),
    "/query": ({"vector", "id", "topK", "namespace", "filter", "includeValues", "includeMetadata"}, {"topK"}),
    "/vectors/delete": ({"ids", "deleteAll", "filter", "namespace"}, set()),
    "/vectors/update": ({"id", "values", "setMetadata", "namespace"}, {"id"}),
    "/describe_index_stats": ({"filter"}, set()),
}
OPERATORS = {"$eq", "$ne", "$in", "$nin", "$gt", "$gte", "$lt", "$lte", "$exists"}


class Refused(Exception):
    pass


def need(truth: bool, what: str) -> None:
    if not truth:
        raise Refused(what)


def check_filter(condition: dict) -> None:
    need(isinstance(condition, dict) and condition != {}, "an empty filter")
    for field, inner in condition.items():
        if field in ("$and", "$or"):
            need(isinstance(inner, list) and inner != [], f"{field} of nothing")
            for part in inner:
                check_filter(part)
            continue
        need(not field.startswith("$"), f"operator {field}")
        need(isinstance(inner, dict) and set(inner) <= OPERATORS and inner != {}, f"condition {inner}")
        for operator, operand in inner.items():
            if operator in ("$in", "$nin"):
                need(isinstance(operand, list) and 0 < len(operand) <= 10000, f"{operator} of {operand}")


def holds(condition: dict, metadata: dict) -> bool:
    for field, inner in condition.items():
        if field == "$and":
            if not all(holds(part, metadata) for part in inner):
                return False
            continue
        if field == "$or":
            if not any(holds(part, metadata) for part in inner):
                return False
            continue
        value = metadata.get(field)
        values = value if isinstance(value, list) else [value]
        for operator, operand in inner.items():
            # What is not there has no value to compare: the documentation leaves open whether $ne and $nin hold for it, so
            # they do not here.
            if not {"$eq": lambda: operand in values, "$ne": lambda: value is not None and operand not in values,
                    "$in": lambda: any(one in operand for one in values),
                    "$nin": lambda: value is not None and not any(one in operand for one in values),
                    "$exists": lambda: (value is not None) == operand}[operator]():
                return False
    return True


class StrictPinecone:
    def __init__(self, busy_every: int = 0, metric: str = "cosine"):
        """Every `busy_every`-th request is refused once with 429 or 503 (0: none)."""
        self.metric = metric
        self.spaces: dict[str, dict[str, dict]] = {}
        self.requests: list[tuple[str, int]] = []
        self.refusals: list[str] = []
        self.busy_every, self.count, self.lock = busy_every, 0, threading.Lock()
        handler = type("Handler", (_Handler,), {"service": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    # ---- the data plane

    def post(self, path: str, body: dict) -> dict:
        allowed, required = SHAPES[path]
        need(set(body) <= allowed, f"{path}: fields {set(body) - allowed}")
        need(required <= set(body), f"{path}: without {required - set(body)}")
        return {"/vectors/upsert": self.upsert, "/query": self.query, "/vectors/delete": self.delete,
                "/describe_index_stats": self.stats}[path](body)

    def upsert(self, body: dict) -> dict:
        space = self.spaces.setdefault(body["namespace"], {})
        need(0 < len(body["vectors"]) <= 1000, f"{len(body['vectors'])} vectors")
        for vector in body["vectors"]:
            need(set(vector) <= {"id", "values", "metadata"} and 0 < len(vector["id"]) <= 512, f"vector {vector.keys()}")
            need(all(isinstance(v, (int, float)) and math.isfinite(v) for v in vector["values"]), "values")
            need(any(vector["values"]), "a vector of zeros")
            need(len(json.dumps(vector.get("metadata", {}))) <= 40960, "metadata is too large")
            for value in vector.get("metadata", {}).values():
                need(isinstance(value, (str, int, float, bool)) or
                     (isinstance(value, list) and value != [] and all(isinstance(one, str) for one in value)), "metadata")
            space[vector["id"]] = {"values": vector["values"], "metadata": vector.get("metadata", {})}
        return {"upsertedCount": len(body["vectors"])}

    def query(self, body: dict) -> dict:
        need(1 <= body["topK"] <= 10000, f"topK {body['topK']}")
        if "filter" in body:
            check_filter(body["filter"])
        asked = body["vector"]
        matches = []
        for name, record in self.spaces.get(body["namespace"], {}).items():
            need(len(record["values"]) == len(asked), "dimension")
            if not holds(body.get("filter", {}), record["metadata"]):
                continue
            score = sum(a * b for a, b in zip(asked, record["values"])) / math.hypot(*asked) / math.hypot(*record["values"])
            matches.append({"id": name, "score": score, **({"metadata": record["metadata"]} if body.get("includeMetadata") else {})})
        matches.sort(key=lambda match: -match["score"])
        return {"matches": matches[:body["topK"]], "namespace": body["namespace"], "usage": {"readUnits": 1}}

    def delete(self, body: dict) -> dict:
        space = self.spaces.get(body["namespace"])
        if space is None:
            raise KeyError("Namespace not found")
        need(("ids" in body) + ("deleteAll" in body) + ("filter" in body) == 1, "one way to delete")
        if body.get("deleteAll"):
            self.spaces.pop(body["namespace"])
        need(len(body.get("ids", [])) <= 1000, "too many ids")
        for name in body.get("ids", []):
            space.pop(name, None)
        return {}

    def stats(self, body: dict) -> dict:
        return {"namespaces": {name: {"vectorCount": len(space)} for name, space in self.spaces.items()},
                "totalVectorCount": sum(map(len, self.spaces.values())), "metric": self.metric}

    def get(self, path: str, query: dict[str, list[str]]) -> dict:
        space = self.spaces.get(query.get("namespace", [""])[0], {})
        if path == "/vectors/fetch":
            need(0 < len(query["ids"]) <= 100, f"{len(query['ids'])} ids")
            return {"vectors": {name: {"id": name, **space[name]} for name in query["ids"] if name in space}}
        need(path == "/vectors/list", path)
        limit = int(query["limit"][0])
        need(1 <= limit <= 100, "limit")
        limit = min(limit, PAGE)
        token = query.get("paginationToken", [""])[0]
        need(token == "" or token.startswith(TOKEN), f"the token {token}, which was never given")
        after = token.removeprefix(TOKEN)
        names = sorted(name for name in space if name.startswith(query["prefix"][0]) and name > after)
        more = {"pagination": {"next": TOKEN + names[limit - 1]}} if len(names) > limit else {}
        return {"vectors": [{"id": name} for name in names[:limit]], **more}


class _Handler(BaseHTTPRequestHandler):
    service: StrictPinecone
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status: int, body: dict, **headers: str) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(text)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(text)

    def handle_call(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = urllib.parse.urlsplit(self.path)
        with self.service.lock:
            self.service.requests.append((url.path, len(body)))
            self.service.count += 1
            if self.service.busy_every and self.service.count % self.service.busy_every == 0:
                self.service.count += 1
                return self.answer(429 if self.service.count % 2 else 503, {"message": "busy"}, Retry_After="0")
            try:
                need(self.headers["Api-Key"] is not None and self.headers["X-Pinecone-Api-Version"] is not None, "headers")
                if self.headers["Api-Key"] != KEY:
                    return self.answer(401, {"message": "Invalid API Key"})
                need(len(body) <= 2 * 1024 * 1024, f"{len(body)} bytes")
                if self.command == "POST":
                    need(self.headers["Content-Type"] == "application/json", "content type")
                    return self.answer(200, self.service.post(url.path, json.loads(body)))
                return self.answer(200, self.service.get(url.path, urllib.parse.parse_qs(url.query)))
            except Refused as refused:
                self.service.refusals.append(str(refused))
                return self.answer(400, {"code": 3, "message": str(refused), "details": []})
            except KeyError as missing:
                return self.answer(404, {"code": 5, "message": str(missing), "details": []})

    do_GET = do_POST = handle_call

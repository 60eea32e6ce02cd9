"""Weaviate's REST and GraphQL interfaces as version 1.35 has them, as far as they are used, and nothing more: every
request is checked against the shapes that the server takes, answers and sentences are the server's own, and some
requests are refused at first, as a busy server does. tests/live runs the same suites against Weaviate itself.

What Weaviate has indexed of a batch is safe from a kill only when the next batch has come, and it does not index a vector
anew that is the one it has stored; both are so here."""

from __future__ import annotations

import json
import math
import operator
import re
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from harness import graphql

KEY = "strict-key"
READER = "strict-key-of-a-reader"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TENANT = re.compile(r"[A-Za-z0-9_-]{1,64}")
COLLECTION = re.compile(r"[A-Z][A-Za-z0-9_]*")
BODY_MAX = 8 << 20
RESULTS_MAX = 10000


class Refused(Exception):
    """The client is wrong: remembered, and failed by the tests."""


class Answer(Exception):
    """What the server says of a request that is well made."""

    def __init__(self, status: int, body=None):
        self.status, self.body = status, body


class Killed(Exception):
    """No answer comes."""


def need(truth: bool, what: str) -> None:
    if not truth:
        raise Refused(what)


def sentence(status: int, text: str) -> Answer:
    return Answer(status, {"error": [{"message": text}]})


def check_text(value) -> None:
    # The server trims texts and does not index empty ones: a client that wants them compared exactly may not send them.
    need(isinstance(value, str) and value != "" and value == value.strip(), f"text {value!r} is not compared as it is")


def all_of(value) -> list:
    return value if isinstance(value, list) else [value]


class Collection:
    def __init__(self, schema: dict):
        need(set(schema) <= {"class", "description", "vectorizer", "vectorIndexType", "vectorIndexConfig", "properties",
                             "multiTenancyConfig", "replicationConfig", "invertedIndexConfig"}, f"schema {schema.keys()}")
        need(COLLECTION.fullmatch(schema["class"]) is not None, f"collection {schema['class']}")
        self.schema = schema
        self.properties: dict[str, dict] = {}
        for one in schema["properties"]:
            self.take_property(one)
        self.skip = schema["vectorIndexConfig"].get("skip", False)
        self.tenants: dict[str, dict[str, dict]] = {}
        self.indexed: dict[str, set[str]] = {}
        self.unsafe: list[tuple[str, str]] = []

    def take_property(self, one: dict) -> None:
        need(set(one) <= {"name", "dataType", "tokenization", "indexFilterable", "indexSearchable"}, f"property {one}")
        need(one["dataType"] in (["text"], ["text[]"]) or "tokenization" not in one, f"tokenization of {one}")
        self.properties[one["name"]] = one

    def index(self, record: dict, before: dict | None) -> None:
        if "vector" in record and (before is None or before.get("vector") != record["vector"]):
            self.indexed.setdefault(record["tenant"], set()).add(record["id"])
            self.unsafe.append((record["tenant"], record["id"]))

    def kill(self) -> None:
        for tenant, identity in self.unsafe:
            self.indexed.get(tenant, set()).discard(identity)
        self.unsafe = []

    def tenant(self, name: str) -> dict[str, dict]:
        if name not in self.tenants:
            raise sentence(422, f'tenant not found: "{name}"')
        return self.tenants[name]

    def check_properties(self, properties: dict) -> None:
        need(set(properties) <= set(self.properties), f"properties {properties.keys()}")
        for name, value in properties.items():
            if self.properties[name]["dataType"] == ["text[]"]:
                need(isinstance(value, list) and value != [], f"{name}: {value}")
                for one in value:
                    check_text(one)
            elif self.properties[name]["dataType"] != ["text"]:
                need(isinstance(value, {"int": int, "boolean": bool}[self.properties[name]["dataType"][0]]), f"{name}: {value}")
            elif self.properties[name]["indexFilterable"]:
                check_text(value)

    def condition(self, where: dict | None):
        """A function of records, after a look at the condition."""
        if where is None:
            return lambda record: True
        need(set(where) <= {"path", "operator", "operands", "valueText", "valueTextArray"}, f"where {where.keys()}")
        how = where["operator"]
        if how in ("And", "Or"):
            need(set(where) == {"operator", "operands"} and where["operands"] != [], f"{how} of nothing")
            parts, together = [self.condition(one) for one in where["operands"]], all if how == "And" else any
            return lambda record: together(part(record) for part in parts)
        need(len(where["path"]) == 1, f"path {where['path']}")
        name = where["path"][0]
        need(name == "id" or self.properties[name]["indexFilterable"], f"{name} is not filtered by")
        wanted = where.get("valueTextArray", where.get("valueText"))
        if how == "Equal":
            wanted = [wanted]
        need(how in ("Equal", "ContainsAny", "ContainsNone") and isinstance(wanted, list) and wanted != [], f"{where}")
        for one in wanted:
            check_text(one)
        values, listed = set(wanted), how != "ContainsNone"
        if name == "id":
            return lambda record: (record["id"] in values) == listed
        return lambda record: (not values.isdisjoint(all_of(record["properties"].get(name)))) == listed


class StrictWeaviate:
    def __init__(self, busy_every: int = 0, spoil_every: int = 0, kill_every: int = 0, version: str = "1.35.2"):
        """Every `busy_every`-th request is refused once with 429 or 503, and of every `spoil_every`-th record of a batch
        the server says that it has no memory for it. In every `kill_every`-th batch it is killed, when half is stored and
        nothing of it indexed, and is back at once (0: none)."""
        self.collections: dict[str, Collection] = {}
        self.requests: list[tuple[str, str, int]] = []
        self.refusals: list[str] = []
        self.busy_every, self.spoil_every, self.kill_every, self.version = busy_every, spoil_every, kill_every, version
        self.count, self.stored, self.batches, self.lock = 0, 0, 0, threading.Lock()
        handler = type("Handler", (_Handler,), {"service": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.address = f"weaviate://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def collection(self, name: str) -> Collection:
        if name not in self.collections:
            raise sentence(422, f"class {name} not found in schema")
        return self.collections[name]

    # ---- REST

    def handle(self, method: str, path: str, query: dict[str, str], body):
        parts = path.strip("/").split("/")
        need(parts[0] == "v1", path)
        match (method, *parts[1:]):
            case ("GET", "meta"):
                return {"hostname": "http://[::]:8080", "modules": {}, "version": self.version}
            case ("POST", "graphql"):
                need(set(body) == {"query"}, f"graphql {body.keys()}")
                return self.graphql(body["query"])
            case ("GET", "schema", name):
                if name not in self.collections:
                    raise Answer(404)
                return self.collections[name].schema
            case ("POST", "schema"):
                if body["class"] in self.collections:
                    raise sentence(422, f"class name {body['class']} already exists")
                self.collections[body["class"]] = Collection(body)
                return body
            case ("POST", "schema", name, "properties"):
                collection = self.collection(name)
                if body["name"] in collection.properties:
                    raise sentence(422, f"class {name!r}: conflict for property {body['name']!r}: already in use")
                collection.take_property(body)
                collection.schema["properties"].append(body)
                return body
            case ("POST", "schema", name, "tenants"):
                need(all(set(one) == {"name"} and TENANT.fullmatch(one["name"]) for one in body), f"tenants {body}")
                for one in body:
                    self.collection(name).tenants.setdefault(one["name"], {})
                return body
            case ("DELETE", "schema", name, "tenants"):
                need(isinstance(body, list) and all(isinstance(one, str) for one in body), f"tenants {body}")
                for one in body:
                    self.collection(name).tenants.pop(one, None)
                    self.collection(name).indexed.pop(one, None)
                raise Answer(200)
            case ("GET", "objects", name, identity):
                need(query.get("consistency_level") == "QUORUM", "consistency")
                record = self.collection(name).tenant(query["tenant"]).get(identity)
                if record is None:
                    raise Answer(404)
                return record if query.get("include") == "vector" else {k: v for k, v in record.items() if k != "vector"}
            case ("POST", "objects"):
                space = self.collection(body["class"]).tenant(body["tenant"])
                if body["id"] in space:
                    raise sentence(422, f"id '{body['id']}' already exists")
                self.store(body)
                return body
            case ("POST", "batch", "objects"):
                need(set(body) <= {"fields", "objects"} and 0 < len(body["objects"]) <= 500, f"batch {body.keys()}")
                need(query == {"consistency_level": "QUORUM"}, f"batch {query}")
                return self.store_batch(body["objects"])
            case ("DELETE", "batch", "objects"):
                return self.delete(query["tenant"], body)
        raise Refused(f"{method} {path}")

    def store(self, record: dict, index: bool = True) -> None:
        need(set(record) <= {"class", "tenant", "id", "properties", "vector"}, f"object {record.keys()}")
        need(UUID.fullmatch(record["id"]) is not None, f"id {record['id']}")
        collection = self.collection(record["class"])
        collection.check_properties(record["properties"])
        space = collection.tenant(record["tenant"])
        vector = record.get("vector")
        if vector is not None:
            need(all(isinstance(v, (int, float)) and math.isfinite(v) for v in vector) and any(vector), "vector")
            there = next((one["vector"] for one in space.values() if "vector" in one and not collection.skip), vector)
            if len(there) != len(vector):
                raise sentence(500, f"insert to vector index: {len(there)} vs {len(vector)}: vector lengths don't match")
        before = space.get(record["id"])
        space[record["id"]] = record
        if index:
            collection.index(record, before)

    def store_batch(self, records: list[dict]) -> list[dict]:
        self.batches += 1
        if self.kill_every and self.batches % self.kill_every == 0:
            for record in records[:(len(records) + 1) // 2]:
                self.store(record, index=False)
            for collection in self.collections.values():
                collection.kill()
            raise Killed
        for collection in self.collections.values():
            collection.unsafe = []
        return [self.store_of_batch(one) for one in records]

    def store_of_batch(self, record: dict) -> dict:
        self.stored += 1
        try:
            if self.spoil_every and self.stored % self.spoil_every == 0:
                raise sentence(500, "put object: memory pressure: cannot process request: not enough memory")
            self.store(record)
            result = {"status": "SUCCESS"}
        except Answer as refused:
            result = {"status": "FAILED", "errors": refused.body}
        return {**record, "deprecations": None, "result": result}

    def delete(self, tenant: str, body: dict) -> dict:
        need(set(body) == {"match", "output"} and set(body["match"]) == {"class", "where"}, f"delete {body}")
        collection = self.collection(body["match"]["class"])
        try:
            space = collection.tenant(tenant)
        except Answer as missing:
            raise sentence(422, "batch delete objects: cannot find objects: " + missing.body["error"][0]["message"]) from None
        holds = collection.condition(body["match"]["where"])
        found = [one for one, record in space.items() if holds(record)][:RESULTS_MAX]
        for one in found:
            del space[one]
        return {**body, "dryRun": False, "results": {"matches": len(found), "limit": RESULTS_MAX, "successful": len(found),
                                                     "failed": 0, "objects": None}}

    # ---- GraphQL

    def graphql(self, text: str) -> dict:
        try:
            (kind, asked), = graphql.parse(text).items()
            (name, selection), = asked.selections.items()
        except (graphql.SyntaxProblem, ValueError) as wrong:
            raise Refused(f"{wrong} in {text[:200]}") from None
        try:
            if name not in self.collections:
                raise sentence(200, f'Cannot query field "{name}" on type "{kind}ObjectsObj".')
            found = {"Get": self.get, "Aggregate": self.aggregate}[kind](self.collections[name], selection)
        except Answer as refused:
            return {"data": {kind: {name: None}}, "errors": [{"locations": [], "path": [kind, name], **refused.body["error"][0]}]}
        return {"data": {kind: {name: found}}}

    def matching(self, collection: Collection, selection: graphql.Selection) -> list[dict]:
        space = collection.tenant(selection.arguments["tenant"])
        return list(filter(collection.condition(selection.arguments.get("where")), space.values()))

    def aggregate(self, collection: Collection, selection: graphql.Selection) -> list[dict]:
        need(set(selection.arguments) <= {"tenant", "where"} and set(selection.selections) == {"meta"}, "aggregate")
        return [{"meta": {"count": len(self.matching(collection, selection))}}]

    def get(self, collection: Collection, selection: graphql.Selection) -> list[dict]:
        arguments = selection.arguments
        need(set(arguments) <= {"tenant", "limit", "after", "nearVector", "where"}, f"arguments {arguments.keys()}")
        need("after" not in arguments or not {"where", "nearVector"} & set(arguments), "after goes with nothing else")
        need(isinstance(arguments["limit"], int) and 1 <= arguments["limit"] <= RESULTS_MAX, f"limit {arguments['limit']}")
        rows = [(record, None) for record in self.matching(collection, selection)]
        if "after" in arguments:
            need(UUID.fullmatch(arguments["after"]) is not None, "after")
            rows = sorted((row for row in rows if row[0]["id"] > arguments["after"]), key=lambda row: row[0]["id"])
        elif "nearVector" in arguments:
            asked = arguments["nearVector"]["vector"]
            # Of records that are equally near, the one that was stored last comes first: the server promises no order.
            indexed = collection.indexed.get(arguments["tenant"], set())
            rows = sorted(((record, distance(asked, record["vector"])) for record, _ in reversed(rows) if record["id"] in indexed),
                          key=lambda row: row[1])
        fields = set(selection.selections) - {"_additional"}
        need(fields <= set(collection.properties), f"fields {fields}")
        additional = selection.selections["_additional"].selections
        need(set(additional) <= {"id", "distance", "vector"}, f"additional {additional.keys()}")
        return [{**{name: record["properties"].get(name) for name in fields},
                 "_additional": {name: {"id": record["id"], "distance": near, "vector": record.get("vector")}[name]
                                 for name in additional}} for record, near in rows[:arguments["limit"]]]


def distance(one: list[float], other: list[float]) -> float:
    if len(one) != len(other):
        raise sentence(200, f"explorer: get class: vector search: {len(other)} vs {len(one)}: vector lengths don't match")
    return 1 - sum(map(operator.mul, one, other)) / math.hypot(*one) / math.hypot(*other)


class _Handler(BaseHTTPRequestHandler):
    service: StrictWeaviate
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body leave together: apart, each answer would wait for the other side's delayed acknowledgement

    def log_message(self, *_):
        pass

    def handle_expect_100(self) -> bool:
        answered = super().handle_expect_100()
        self.wfile.flush()
        return answered

    def answer(self, status: int, body=None, **headers: str) -> None:
        text = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(text)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(text)

    def is_busy(self) -> bool:
        self.service.count += 1
        if self.service.busy_every and self.service.count % self.service.busy_every == 0:
            self.service.count += 1
            return True
        return False

    def handle_call(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = urllib.parse.urlsplit(self.path)
        query = {name: values[0] for name, values in urllib.parse.parse_qs(url.query).items()}
        with self.service.lock:
            self.service.requests.append((self.command, url.path, len(body)))
            if self.is_busy():
                return self.answer(429 if self.service.count % 2 else 503, {"error": [{"message": "busy"}]}, Retry_After="0")
            key = self.headers.get("Authorization", "").removeprefix("Bearer ")
            if key not in (KEY, READER):
                return self.answer(401, {"code": 401, "message": "unauthorized: invalid api key"})
            if key == READER and self.command != "GET" and url.path != "/v1/graphql":
                return self.answer(403, {"error": [{"message": "forbidden: user 'reader' has insufficient permissions"}]})
            try:
                need(len(body) <= BODY_MAX, f"{len(body)} bytes")
                need(not body or self.headers["Content-Type"] == "application/json", "content type")
                return self.answer(200, self.service.handle(self.command, url.path, query, json.loads(body) if body else None))
            except Answer as said:
                return self.answer(said.status, said.body)
            except Killed:
                self.close_connection = True
            except (Refused, KeyError, TypeError, ValueError, AttributeError) as refused:
                self.service.refusals.append(f"{type(refused).__name__}: {refused}")
                return self.answer(422, {"error": [{"message": f"the strict server refuses this: {refused}"}]})

    do_GET = do_POST = do_DELETE = handle_call

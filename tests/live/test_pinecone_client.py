"""The official Pinecone client's calls against `framehound vectors`."""

import pytest

from harness.live_servers import LIVE, need
from harness.vectors import serving_vectors

pytestmark = pytest.mark.short


@pytest.fixture
def pinecone():
    need(LIVE / "python" / "pinecone", "pinecone")
    import pinecone

    return pinecone


@pytest.fixture
def index(home, data, tmp_path, pinecone):
    key = tmp_path / "key"
    key.write_text("a-key-of-the-test")
    key.chmod(0o600)
    with serving_vectors(home, data, "--token-file", str(key)) as url:
        client = pinecone.Pinecone(api_key="a-key-of-the-test", host=url)
        yield client, client.index(host=url), url


VECTORS = [
    {"id": "a", "values": [1, 0, 0, 0], "metadata": {"video": "v1", "at": 3.5, "tags": ["x", "y"], "kept": True}},
    {"id": "b", "values": [0, 1, 0, 0], "metadata": {"video": "v2", "at": 7}},
    {"id": "c", "values": [0.6, 0.8, 0, 0]},
]


def ids(answer) -> list[str]:
    return [match.id for match in answer.matches]


def test_upsert_query_fetch(index):
    _, data, _ = index
    assert data.upsert(vectors=VECTORS, namespace="prod").upserted_count == 3
    assert data.upsert(vectors=[("d", [0, 0, 1, 0])], namespace="prod").upserted_count == 1
    answer = data.query(vector=[1, 0.1, 0, 0], top_k=2, namespace="prod", include_metadata=True, include_values=True)
    assert ids(answer) == ["a", "c"]
    assert answer.matches[0].metadata == VECTORS[0]["metadata"] and list(answer.matches[0].values) == [1, 0, 0, 0]
    assert ids(data.query(id="b", top_k=1, namespace="prod")) == ["b"]
    got = data.fetch(ids=["a", "c", "none"], namespace="prod").vectors
    assert sorted(got) == ["a", "c"] and got["c"].metadata is None


@pytest.mark.parametrize("condition, expected", [
    ({"video": {"$eq": "v1"}}, ["a"]), ({"video": {"$ne": "v1"}}, ["b", "c"]), ({"video": {"$in": ["v1", "v2"]}}, ["a", "b"]),
    ({"video": {"$nin": ["v1"]}}, ["b", "c"]), ({"at": {"$gt": 3.5}}, ["b"]), ({"at": {"$gte": 3.5}}, ["a", "b"]),
    ({"at": {"$lt": 7}}, ["a"]), ({"at": {"$lte": 7}}, ["a", "b"]), ({"at": {"$exists": False}}, ["c"]),
    ({"tags": {"$in": ["y"]}}, ["a"]), ({"$and": [{"kept": True}, {"at": {"$gt": 1}}]}, ["a"]),
    ({"$or": [{"kept": True}, {"video": "v2"}]}, ["a", "b"]),
])
def test_filters(index, condition, expected):
    _, data, _ = index
    data.upsert(vectors=VECTORS, namespace="prod")
    assert sorted(ids(data.query(vector=[1, 1, 0, 0], top_k=9, namespace="prod", filter=condition))) == expected
    assert sorted(data.fetch_by_metadata(filter=condition, namespace="prod").vectors) == expected


def test_update_and_delete_in_every_way(index):
    _, data, _ = index
    data.upsert(vectors=VECTORS, namespace="prod")
    data.update(id="a", values=[0, 0, 0, 1], set_metadata={"genre": "new"}, namespace="prod")
    got = data.fetch(ids=["a"], namespace="prod").vectors["a"]
    assert list(got.values) == [0, 0, 0, 1] and got.metadata == {**VECTORS[0]["metadata"], "genre": "new"}
    data.update(filter={"video": {"$exists": True}}, set_metadata={"seen": True}, namespace="prod")
    assert sorted(ids(data.query(vector=[1, 1, 1, 1], top_k=9, namespace="prod", filter={"seen": True}))) == ["a", "b"]
    data.delete(filter={"video": {"$eq": "v2"}}, namespace="prod")
    data.delete(ids=["a"], namespace="prod")
    assert ids(data.query(vector=[1, 1, 1, 1], top_k=9, namespace="prod")) == ["c"]
    data.delete(delete_all=True, namespace="prod")
    assert data.describe_index_stats().total_vector_count == 0


def test_listing_by_prefix_and_page(index):
    _, data, _ = index
    data.upsert(vectors=[{"id": f"{'ab'[n % 2]}{n:03}", "values": [1, n, 0, 0]} for n in range(250)], namespace="prod")
    pages = list(data.list(prefix="a", namespace="prod"))
    assert [item.id for page in pages for item in page.vectors] == [f"a{n:03}" for n in range(0, 250, 2)]
    assert len(pages) > 1
    first = data.list_paginated(prefix="b", namespace="prod", limit=3)
    second = data.list_paginated(prefix="b", namespace="prod", limit=3, pagination_token=first.pagination.next)
    assert [item.id for item in [*first.vectors, *second.vectors]] == ["b001", "b003", "b005", "b007", "b009", "b011"]


def test_stats_and_namespaces(index):
    client, data, url = index
    data.upsert(vectors=VECTORS, namespace="one")
    data.upsert(vectors=VECTORS[:1])
    stats = data.describe_index_stats()
    assert (stats.dimension, stats.total_vector_count) == (4, 4)
    assert {name: space.vector_count for name, space in stats.namespaces.items()} == {"__default__": 1, "one": 3}
    assert [space.name for page in data.list_namespaces() for space in page.namespaces] == ["__default__", "one"]
    assert data.describe_namespace(namespace="one").record_count == 3
    data.delete_namespace(namespace="one")
    assert [space.name for page in data.list_namespaces() for space in page.namespaces] == ["__default__"]
    assert [found.name for found in client.list_indexes()] == ["framehound"]
    found = client.describe_index("framehound")
    assert found.status.ready and found.host == url


def test_refusals_are_the_clients_own_errors(index, pinecone):
    _, data, url = index
    data.upsert(vectors=VECTORS)
    with pytest.raises(pinecone.errors.exceptions.ApiError, match="dimension 2 does not match"):
        data.upsert(vectors=[("x", [1, 2])])
    stranger = pinecone.Pinecone(api_key="another-key-altogether", host=url).index(host=url)
    with pytest.raises(Exception, match="401|token"):
        stranger.describe_index_stats()

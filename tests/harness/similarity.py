"""What is like what, as one index says it and as another does."""

import pytest


def all_frames(server, video: str) -> list[dict]:
    return server.get(f"/api/v1/videos/{video}/frames?limit=1000").json()["frames"]


def similar(server, video: str) -> list[list[tuple[str, float]]]:
    """The ten most similar of some objects."""
    objects = [o["id"] for frame in all_frames(server, video) for o in frame["objects"]][::7]
    return [[(hit["object"], hit["score"]) for hit in server.get(f"/api/v1/objects/{o}/similar?limit=10").json()["hits"]]
            for o in objects]


def same_hits(left, right) -> None:
    assert len(left) == len(right) > 3
    for one, other in zip(left, right):
        assert [score for _, score in one] == pytest.approx([score for _, score in other], abs=0.011)
        assert len({name for name, _ in one} & {name for name, _ in other}) >= len(one) - 1  # ties change places

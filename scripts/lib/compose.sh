# shellcheck shell=bash
# shellcheck disable=SC2154
# What starts deploy/compose.yaml for `make test-compose`: Docker's engine, and its compose, built from its Go module.

compose_version=v2.40.3

# compose_tool_step: Go installs no module that replaces or leaves out others, but builds it in a copy of its own.
compose_tool_step() {
    local key source work=$deps_dir/compose/build
    key=$(key_of "$compose_version")
    is_done compose "$key" "$deps_dir/compose/bin/docker-compose" && return 0
    k8s_needs_go
    say "setup: docker compose $compose_version (built from source, some minutes)"
    source=$(k8s_module "github.com/docker/compose/v2@$compose_version")
    rm -rf "$work"
    mkdir -p "$deps_dir/compose/bin"
    cp -r "$source" "$work"
    chmod -R u+w "$work"
    (cd "$work" && CGO_ENABLED=0 nice go build -ldflags "-s -w -X github.com/docker/compose/v2/internal.Version=$compose_version" \
        -o "$deps_dir/compose/bin/docker-compose" ./cmd) >&2 || die "Go could not build docker compose: see the lines above"
    rm -rf "$work"
    mark_done compose "$key"
}

compose_group() {
    # An engine that is here already, from wherever, is as good.
    have dockerd || apt_step compose
    compose_tool_step
}

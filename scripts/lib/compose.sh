# shellcheck shell=bash
# shellcheck disable=SC2154
# What starts deploy/compose.yaml for `make test-compose`: Docker's engine, and its compose, built from its Go module.

compose_version=v2.40.3

compose_tool_step() {
    local key module=github.com/docker/compose/v2 program=$deps_dir/compose/bin/docker-compose work=$deps_dir/compose/build
    key=$(key_of "$compose_version")
    is_done compose "$key" "$program" && return 0
    k8s_needs_go
    say "setup: docker compose $compose_version (built from source, some minutes)"
    k8s_copy "$module@$compose_version" "$work"
    k8s_build "$work" "$program" ./cmd "-X $module/internal.Version=$compose_version"
    rm -rf "$work"
    mark_done compose "$key"
}

compose_group() {
    # An engine that is here already, from wherever, is as good.
    have dockerd || apt_step compose
    compose_tool_step
}

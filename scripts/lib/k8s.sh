# shellcheck shell=bash
# shellcheck disable=SC2154
# Tools for the Helm chart, and a Kubernetes to try it on, in .deps/k8s. All are built from their Go modules, which Go
# checks against its database of sums.

k8s_dir=$deps_dir/k8s
kubernetes_version=v1.36.3
etcd_version=v3.6.16
keda_version=v2.21.0
kwok_version=v0.8.0

k8s_needs_go() {
    have go || die "this is built by Go (1.26 or newer), which is not here: see https://go.dev/doc/install"
}

# k8s_module MODULE@VERSION: fetches a module and prints its folder.
k8s_module() {
    go mod download -json "$1" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p' | grep . || die "Go could not fetch $1"
}

# k8s_copy MODULE@VERSION FOLDER: the module, where it can be built although it replaces others: Go does not install such.
k8s_copy() {
    local source
    source=$(k8s_module "$1")
    rm -rf "$2"
    mkdir -p "$(dirname "$2")"
    cp -r "$source" "$2"
    chmod -R u+w "$2"
}

# k8s_tool_step NAME PACKAGE@VERSION
k8s_tool_step() {
    local name=$1 package=$2 key
    key=$(key_of "$package")
    is_done "k8s-$name" "$key" "$k8s_dir/bin/$name" && return 0
    k8s_needs_go
    say "setup: $name (built from source, some minutes)"
    mkdir -p "$k8s_dir/bin"
    CGO_ENABLED=0 GOBIN=$k8s_dir/bin nice go install "$package" >&2 || die "Go could not build $package: see the lines above"
    mark_done "k8s-$name" "$key"
}

# k8s_schemas_step: what kubeconform checks against, from the modules' own descriptions.
k8s_schemas_step() {
    local key
    key=$(key_of "$root_dir/scripts/k8s/schemas.py" "$kubernetes_version" "$keda_version" "prometheus-operator v0.85.0" 2)
    is_done k8s-schemas "$key" "$k8s_dir/schemas/_definitions.json" "$k8s_dir/crds" && return 0
    k8s_needs_go
    say "setup: schemas of Kubernetes $kubernetes_version, KEDA and the Prometheus operator"
    local kubernetes keda prometheus
    kubernetes=$(k8s_module "k8s.io/kubernetes@$kubernetes_version")
    keda=$(k8s_module "github.com/kedacore/keda/v2@$keda_version")
    prometheus=$(k8s_module github.com/prometheus-operator/prometheus-operator@v0.85.0)
    rm -rf "$k8s_dir/schemas" "$k8s_dir/crds"
    mkdir -p "$k8s_dir/crds"
    install -m 644 "$keda"/config/crd/bases/*.yaml \
        "$prometheus/example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml" "$k8s_dir/crds"
    "$venv_dir/bin/python" "$root_dir/scripts/k8s/schemas.py" "$k8s_dir/schemas" \
        "$kubernetes/api/openapi-spec/swagger.json" \
        "$k8s_dir"/crds/{keda.sh_scaledobjects,keda.sh_triggerauthentications,monitoring.coreos.com_servicemonitors}.yaml >&2
    mark_done k8s-schemas "$key"
}

# k8s_compose_step: the schema of compose files, from the module that Docker's own program reads them with.
k8s_compose_step() {
    local module=github.com/compose-spec/compose-go/v2@v2.16.2 key
    key=$(key_of "$module")
    is_done k8s-compose "$key" "$k8s_dir/compose-spec.json" && return 0
    k8s_needs_go
    say "setup: schema of compose files"
    install -D -m 644 "$(k8s_module "$module")/schema/compose-spec.json" "$k8s_dir/compose-spec.json"
    mark_done k8s-compose "$key"
}

k8s_step() {
    k8s_tool_step helm helm.sh/helm/v3/cmd/helm@v3.22.0
    k8s_tool_step kubeconform github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0
    k8s_schemas_step
    k8s_compose_step
}

# k8s_build FOLDER PROGRAM PACKAGE FLAGS: one program of the module in the folder.
k8s_build() {
    mkdir -p "$(dirname "$2")"
    (cd "$1" && CGO_ENABLED=0 nice go build -ldflags "-s -w $4" -o "$2.new" "$3") >&2 ||
        die "Go could not build $(basename "$2"): see the lines above"
    mv "$2.new" "$2"
}

# k8s_etcd_step: Debian's etcd is too old for this Kubernetes.
k8s_etcd_step() {
    local key work=$k8s_dir/build/etcd
    key=$(key_of "$etcd_version")
    is_done k8s-etcd "$key" "$k8s_dir/bin/etcd" && return 0
    k8s_needs_go
    say "setup: etcd $etcd_version (built from source)"
    mkdir -p "$work"
    cat >"$work/go.mod" <<MOD
module local/etcd
go 1.24.0
require (
	go.etcd.io/etcd/api/v3 $etcd_version
	go.etcd.io/etcd/client/pkg/v3 $etcd_version
	go.etcd.io/etcd/client/v3 $etcd_version
	go.etcd.io/etcd/pkg/v3 $etcd_version
	go.etcd.io/etcd/server/v3 $etcd_version
)
MOD
    printf '//go:build tools\n\npackage tools\n\nimport _ "go.etcd.io/etcd/server/v3/etcdmain"\n' >"$work/tools.go"
    (cd "$work" && go mod tidy -e >tidy.log 2>&1) || true
    k8s_build "$work" "$k8s_dir/bin/etcd" go.etcd.io/etcd/server/v3 ""
    mark_done k8s-etcd "$key"
}

# k8s_servers_step: Kubernetes' own programs. Its module replaces others by folders beside it; ours by their releases.
k8s_servers_step() {
    local key name source version=${kubernetes_version#v} work=$k8s_dir/build/kubernetes
    local programs=(kube-apiserver kubectl kube-controller-manager kube-scheduler kubelet kube-proxy)
    key=$(key_of "$kubernetes_version" "${programs[*]}")
    is_done k8s-servers "$key" "${programs[@]/#/$k8s_dir/bin/}" && return 0
    k8s_needs_go
    say "setup: Kubernetes $version (built from source, about ten minutes on two cores)"
    source=$(k8s_module "k8s.io/kubernetes@$kubernetes_version")
    mkdir -p "$work"
    {
        printf 'module local/kubernetes\n\n'
        grep -E '^go ' "$source/go.mod"
        printf '\nrequire k8s.io/kubernetes %s\n\nreplace (\n' "$kubernetes_version"
        sed -n '/^replace (/,/^)/p' "$source/go.mod" | grep -oE '^\s*[a-z0-9./-]+ =>' |
            awk -v v="v0.${version#1.}" '{print "\t" $1 " => " $1 " " v}'
        printf ')\n'
    } >"$work/go.mod"
    {
        printf '//go:build tools\n\npackage tools\n\nimport (\n'
        printf '\t_ "k8s.io/kubernetes/cmd/%s"\n' "${programs[@]}"
        printf ')\n'
    } >"$work/tools.go"
    (cd "$work" && go mod tidy -e >tidy.log 2>&1) || true
    # Without the version clients take the server for an unknown one.
    local stamp=k8s.io/component-base/version flags
    flags="-X $stamp.gitVersion=$kubernetes_version -X $stamp.gitMajor=1 -X $stamp.gitMinor=$(cut -d. -f2 <<<"$version")"
    for name in "${programs[@]}"; do
        [ -x "$k8s_dir/bin/$name" ] && [ "$(cat "$work/$name.key" 2>/dev/null)" = "$key" ] && continue
        k8s_build "$work" "$k8s_dir/bin/$name" "k8s.io/kubernetes/cmd/$name" "$flags -X $stamp.gitTreeState=clean"
        printf '%s\n' "$key" >"$work/$name.key"
    done
    mark_done k8s-servers "$key"
}

k8s_keda_step() {
    local key name work=$k8s_dir/build/keda
    key=$(key_of "$keda_version")
    is_done k8s-keda "$key" "$k8s_dir/bin/keda-operator" "$k8s_dir/bin/keda-adapter" && return 0
    k8s_needs_go
    say "setup: KEDA $keda_version (built from source, about ten minutes on two cores)"
    k8s_copy "github.com/kedacore/keda/v2@$keda_version" "$work"
    for name in operator adapter; do k8s_build "$work" "$k8s_dir/bin/keda-$name" "./cmd/$name" ""; done
    mark_done k8s-keda "$key"
}

# k8s_kwok_step: nodes that only seem to be some. What becomes of theirs and of their pods, and when, comes with the module.
k8s_kwok_step() {
    local key source
    k8s_tool_step kwok "sigs.k8s.io/kwok/cmd/kwok@$kwok_version"
    key=$(key_of "$kwok_version" "fast, with leases")
    is_done k8s-kwok-stages "$key" "$k8s_dir/kwok-stages.yaml" && return 0
    k8s_needs_go
    source=$(k8s_module "sigs.k8s.io/kwok@$kwok_version")
    (cd "$source/kustomize/stage" && awk 'FNR == 1 { print "---" } { print }' node/fast/node-initialize.yaml \
        node/heartbeat-with-lease/node-heartbeat-with-lease.yaml pod/fast/pod-*.yaml) >"$k8s_dir/kwok-stages.yaml"
    mark_done k8s-kwok-stages "$key"
}

k8s_servers_group() {
    k8s_etcd_step
    k8s_servers_step
    k8s_kwok_step
    k8s_keda_step
}

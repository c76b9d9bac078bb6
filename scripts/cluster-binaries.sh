#!/usr/bin/env bash
# Builds Kubernetes for the tests in test/cluster, once, and prints the folder of the binaries: kube-apiserver,
# kube-controller-manager, kube-scheduler, kubelet, kube-proxy, kubectl, of the version in test/cluster/kubernetes/go.mod.
# Arguments: which of them; none for all. Where TIERCEL_KUBE_BIN names a folder, that is taken and nothing is built.
# Takes about 8 minutes on 2 quiet cores, 2 GB of memory, 3 GB below ~/.cache/go-build.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ -n "${TIERCEL_KUBE_BIN:-}" ]; then
  echo "$TIERCEL_KUBE_BIN"
  exit
fi
module=test/cluster/kubernetes
version=$(awk '$1 == "k8s.io/kubernetes" { print $2; exit }' $module/go.mod)
key=$version-$(cat $module/go.mod $module/go.sum | sha256sum | cut -c1-8)
bin=${XDG_CACHE_HOME:-$HOME/.cache}/tiercel/kubernetes-$key/bin
if [ "${1:-}" = --where ]; then
  echo "$bin"
  exit
fi
names=("$@")
[ ${#names[@]} -gt 0 ] || names=(kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl)

IFS=. read -r major minor _ <<<"${version#v}"
info=k8s.io/component-base/version
for name in "${names[@]}"; do
  [ -x "$bin/$name" ] && continue
  if ! command -v go >/dev/null; then
    echo "tiercel: Go is needed to build $name (1.24 or newer, from go.dev), or name a folder of Kubernetes $version by TIERCEL_KUBE_BIN" >&2
    exit 1
  fi
  echo "building $name $version" >&2
  mkdir -p "$bin"
  # Without these numbers kubectl, helm and kubelet disagree about versions.
  (cd $module && CGO_ENABLED=0 go build -trimpath -buildvcs=false -o "$bin/$name.new" \
    -ldflags "-s -w -X $info.gitVersion=$version -X $info.gitMajor=$major -X $info.gitMinor=$minor" "k8s.io/kubernetes/cmd/$name")
  mv "$bin/$name.new" "$bin/$name"
done
echo "$bin"

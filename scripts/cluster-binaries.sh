#!/usr/bin/env bash
# Builds what the tests in test/cluster run, once, each from its own Go module below test/cluster: Kubernetes (kube-apiserver,
# kube-controller-manager, kube-scheduler, kubelet, kube-proxy, kubectl), Helm 3 and 4 (helm3, helm4), CoreDNS.
#   cluster-binaries.sh [NAME...]       builds these, or all; prints their folders
#   cluster-binaries.sh --where NAME    prints the path that NAME has or would have
#   cluster-binaries.sh --for-tests     builds all for `make test`, where Go is there; says so where it is not, and exits 0
# Where TIERCEL_KUBE_BIN names a folder, Kubernetes is taken from it, and Helm and CoreDNS too where they are in it.
# Binaries lie under ~/.cache/tiercel/NAME-VERSION-HASH/bin. All of them take about 12 minutes on 2 quiet cores with empty
# caches, 2 GB of memory, and 3 GB below ~/.cache/go-build (`go clean -cache` gives them back).
set -euo pipefail
cd "$(dirname "$0")/.."

kubernetes=(kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl)
others=(helm3 helm4 coredns)

# The module of a program, and the Go module whose version is its version.
module_of() {
  case $1 in
    helm3) echo helm3 helm.sh/helm/v3 ;;
    helm4) echo helm4 helm.sh/helm/v4 ;;
    coredns) echo coredns github.com/coredns/coredns ;;
    *)
      case " ${kubernetes[*]} " in
        *" $1 "*) echo kubernetes k8s.io/kubernetes ;;
        *) echo "tiercel: no program is called $1; there are ${kubernetes[*]} ${others[*]}" >&2; exit 2 ;;
      esac
      ;;
  esac
}

# required FOLDER MODULE: the version that FOLDER's go.mod asks for.
required() {
  awk -v module="$2" '$1 == module { print $2; exit } $1 == "require" && $2 == module { print $3; exit }' "test/cluster/$1/go.mod"
}

where() {
  local parts folder module
  parts=$(module_of "$1") || exit 2
  read -r folder module <<<"$parts"
  if [ -n "${TIERCEL_KUBE_BIN:-}" ] && { [ "$folder" = kubernetes ] || [ -x "$TIERCEL_KUBE_BIN/$1" ]; }; then
    echo "$TIERCEL_KUBE_BIN/$1"
    return
  fi
  local key
  key=$(required "$folder" "$module")-$(cat "test/cluster/$folder/go.mod" "test/cluster/$folder/go.sum" | sha256sum | cut -c1-8)
  echo "${XDG_CACHE_HOME:-$HOME/.cache}/tiercel/$folder-$key/bin/$1"
}

build() {
  local name=$1 path=$2 folder module version major minor package flags="-s -w"
  read -r folder module < <(module_of "$name")
  version=$(required "$folder" "$module")
  # Without these numbers kubectl, helm and kubelet disagree about versions, and Helm takes every cluster for 1.20.
  case $folder in
    kubernetes)
      IFS=. read -r major minor _ <<<"${version#v}"
      local info=k8s.io/component-base/version
      flags+=" -X $info.gitVersion=$version -X $info.gitMajor=$major -X $info.gitMinor=$minor"
      package=k8s.io/kubernetes/cmd/$name
      ;;
    helm3 | helm4)
      IFS=. read -r _ minor _ <<<"$(required "$folder" k8s.io/client-go)"
      flags+=" -X $module/internal/version.version=$version"
      local place places=(pkg/lint/rules.k8sVersion pkg/chartutil.k8sVersion)
      [ "$folder" = helm3 ] || places=(pkg/chart/v2/lint/rules.k8sVersion pkg/chart/common.k8sVersion internal/version.kubeClientVersion)
      for place in "${places[@]}"; do flags+=" -X $module/${place}Major=1 -X $module/${place}Minor=$minor"; done
      package=$module/cmd/helm
      ;;
    coredns) package=$module ;;
  esac
  mkdir -p "$(dirname "$path")"
  (cd "test/cluster/$folder" && CGO_ENABLED=0 go build -trimpath -buildvcs=false -o "$path.$$" -ldflags "$flags" "$package") 2> >(fetched >&2)
  mv "$path.$$" "$path"
}

# Go says a line for each module that it downloads, hundreds of them: every fiftieth and all that is no such line.
fetched() {
  awk '/^go: downloading / { if (++count % 50 == 0) print "  " count " modules downloaded"; next } { print }'
}

if [ "${1:-}" = --where ]; then
  where "${2:?a name}"
  exit
fi
if [ "${1:-}" = --for-tests ]; then
  scripts/cluster-binaries.sh >/dev/null || echo "tiercel: tests that need these programs are named at the end" >&2
  exit 0
fi
names=("$@")
[ ${#names[@]} -gt 0 ] || names=("${kubernetes[@]}" "${others[@]}")

missing=()
for name in "${names[@]}"; do
  path=$(where "$name")
  [ -x "$path" ] && continue
  if [ -n "${TIERCEL_KUBE_BIN:-}" ] && [ "$path" = "$TIERCEL_KUBE_BIN/$name" ]; then
    echo "tiercel: TIERCEL_KUBE_BIN names $TIERCEL_KUBE_BIN, but there is no $name in it" >&2
    exit 1
  fi
  missing+=("$name")
done
if [ ${#missing[@]} -gt 0 ] && ! command -v go >/dev/null; then
  echo "tiercel: Go is needed to build ${missing[*]} (1.24 or newer, from go.dev), or name a folder that has them by TIERCEL_KUBE_BIN" >&2
  exit 1
fi
count=0
for name in "${missing[@]}"; do
  count=$((count + 1))
  path=$(where "$name")
  read -r folder module < <(module_of "$name")
  echo "building $name $(required "$folder" "$module") ($count of ${#missing[@]}; all of them take about 12 minutes, once)" >&2
  SECONDS=0
  build "$name" "$path"
  echo "  built in $SECONDS s" >&2
done
for name in "${names[@]}"; do dirname "$(where "$name")"; done | sort -u

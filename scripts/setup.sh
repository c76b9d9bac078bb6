#!/usr/bin/env bash
# Installs what is missing for one purpose: build, npm, test, cluster or image. Prints nothing when all is there.
# Without apt it names the packages and exits 1.
set -euo pipefail
cd "$(dirname "$0")/.."

# A file that proves the package: package.
build_needs=(
  /usr/bin/clang:clang
  /usr/bin/llvm-strip:llvm
  /usr/include/bpf/bpf_helpers.h:libbpf-dev
  /usr/sbin/bpftool:bpftool
  /usr/lib/*/libbpf.so.1:libbpf1
)
test_needs=(
  /usr/bin/containerd:containerd
  /usr/sbin/runc:runc
  /usr/bin/podman:podman
  /usr/bin/gcc:gcc
  /usr/bin/jq:jq
  /usr/bin/openssl:openssl
  /usr/sbin/rsyslogd:rsyslog
  /usr/sbin/ip:iproute2
  /usr/share/doc/gcc-multilib:gcc-multilib
  /usr/bin/nc.openbsd:netcat-openbsd
  /usr/share/doc/busybox-static:busybox-static
)
cluster_needs=(
  /usr/bin/etcd:etcd-server
  /usr/lib/cni/bridge:containernetworking-plugins
  /usr/sbin/nft:nftables
  /usr/sbin/iptables:iptables
  /usr/sbin/conntrack:conntrack
)
image_needs=(
  /usr/bin/mmdebstrap:mmdebstrap
  /usr/bin/buildah:buildah
)

install_packages() {
  local missing=() need file
  for need in "$@"; do
    file=${need%%:*}
    compgen -G "$file" >/dev/null || missing+=("${need##*:}")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  if ! command -v apt-get >/dev/null; then
    echo "tiercel: these packages are missing and there is no apt-get to install them (Debian's names): ${missing[*]}" >&2
    exit 1
  fi
  if [ "$(id -u)" != 0 ]; then
    echo "tiercel: these packages are missing; as root: apt-get install ${missing[*]}" >&2
    exit 1
  fi
  echo "installing Debian packages: ${missing[*]}" >&2
  local log
  log=$(mktemp)
  if ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    cat "$log" >&2
    echo "tiercel: apt-get could not install ${missing[*]}" >&2
    exit 1
  fi
  rm -f "$log"
}

install_node_modules() {
  if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    echo "tiercel: Node.js 20.19 or newer with npm is needed (Debian's names: nodejs npm; older than that in bookworm: take it from nodejs.org)" >&2
    exit 1
  fi
  [ -e node_modules/.package-lock.json ] && [ ! package-lock.json -nt node_modules/.package-lock.json ] && return 0
  echo "installing npm packages" >&2
  npm ci --ignore-scripts --loglevel=error >/dev/null
  touch node_modules/.package-lock.json
}

# One program out of a package of Debian, and files of its /usr/share: to install that one would start a server.
fetch_alone() {
  local package=$1 program=$2 bin folder file
  shift 2
  bin=${XDG_CACHE_HOME:-$HOME/.cache}/tiercel/$program/bin
  [ -x "/usr/bin/$program" ] || [ -x "$bin/$program" ] && return 0
  if ! command -v apt-get >/dev/null; then
    echo "tiercel: $program is missing and there is no apt-get to fetch it; tests that need it are skipped" >&2
    return 0
  fi
  echo "fetching $program from Debian's package $package" >&2
  folder=$(mktemp -d)
  if ! (cd "$folder" && apt-get download -qq "$package") >"$folder/log" 2>&1; then
    cat "$folder/log" >&2
    echo "tiercel: apt-get could not fetch $program; tests that need it are skipped" >&2
  else
    mkdir -p "$bin"
    for file in "$@"; do
      mkdir -p "$bin/../$(dirname "$file")"
      dpkg-deb --fsys-tarfile "$folder/$package"_*.deb | tar -xO "./usr/$file" >"$bin/../$file"
    done
    dpkg-deb --fsys-tarfile "$folder/$package"_*.deb | tar -xO "./usr/bin/$program" >"$folder/$program"
    chmod +x "$folder/$program"
    mv "$folder/$program" "$bin/$program"
  fi
  rm -rf "$folder"
}

case ${1:-} in
  build) install_packages "${build_needs[@]}" ;;
  npm) install_node_modules ;;
  test)
    install_packages "${test_needs[@]}" "${cluster_needs[@]}"
    fetch_alone prometheus promtool
    fetch_alone prometheus-alertmanager prometheus-alertmanager share/prometheus/alertmanager/{default,email}.tmpl
    ;;
  cluster) install_packages "${cluster_needs[@]}" ;;
  image) install_packages "${image_needs[@]}" ;;
  *) echo "usage: setup.sh build|npm|test|cluster|image" >&2; exit 2 ;;
esac

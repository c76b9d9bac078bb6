#!/usr/bin/env bash
# Fills a folder with all files of the image: libraries from Debian, Node from its npm package, koffi, our bundle, and a list of
# all that (sbom.cdx.json). The Dockerfile copies that folder and nothing else. `make bundle` comes before.
#   image-root.sh FOLDER [ARCH]     ARCH: amd64 (default: this machine's) or arm64
# TIERCEL_IMAGE_TOOLS=1 adds sh, jq and curl, which a program_output may want.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=${1:?a folder}
arch=${2:-$(dpkg --print-architecture)}
case $arch in
  amd64) node_arch=x64 ;;
  arm64) node_arch=arm64 ;;
  *) echo "tiercel: no image for $arch: amd64 and arm64 are known" >&2; exit 2 ;;
esac
suite=bookworm
# Of one major with what the tests run on (scripts/test.sh).
node_version=24.21.0

# What node and koffi are linked with, what agent/capture loads, and the CAs that sinks trust.
packages=(libc6 libgcc-s1 libstdc++6 libbpf1 libelf1 zlib1g ca-certificates)
wanted=$(printf '%s\n' "${packages[@]}")
tools=()
[ -z "${TIERCEL_IMAGE_TOOLS:-}" ] || tools=(dash coreutils jq curl)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rm -rf "$folder"
mkdir -p "$folder/app" "$work/debs"

echo "taking libraries from Debian $suite for $arch" >&2
include=$(IFS=,; echo "${packages[*]}${tools:+,}${tools[*]-}")
# The packages themselves are wanted, not the tree: of those that come along (openssl for the CAs) nothing is needed.
mmdebstrap --quiet --mode=root --variant=extract --architectures="$arch" --include="$include" \
  --extract-hook="cp \"\$1\"/var/cache/apt/archives/*.deb '$work/debs/'" "$suite" "$work/root" >&2
: >"$work/debian.tsv"
for deb in "$work"/debs/*.deb; do
  IFS=$'\t' read -r name version < <(dpkg-deb -W --showformat='${Package}\t${Version}\n' "$deb")
  # With tools all comes along: what jq and curl are linked with is their business.
  if [ ${#tools[@]} -eq 0 ] && ! grep -qx "$name" <<<"$wanted"; then continue; fi
  dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$folder" --keep-directory-symlink
  printf '%s\t%s\n' "$name" "$version" >>"$work/debian.tsv"
done
# Whole sentences of licences stay, all else that people read goes.
find "$folder/usr/share/doc" -mindepth 2 ! -name copyright -delete 2>/dev/null || true
rm -rf "$folder"/usr/share/{bash-completion,debconf,gcc,gdb,lintian,locale,man,info,perl5,pixmaps,bug} "$folder"/usr/lib/*/{gconv,audit} "$folder"/usr/sbin "$folder"/etc/{ld.so.conf.d,init.d,default,perl}
[ ${#tools[@]} -gt 0 ] || rm -rf "$folder/usr/bin"
mkdir -p "$folder"/{usr/bin,etc/ssl/certs,tmp,proc,sys,dev,var/lib/tiercel,var/log/tiercel}
chmod 1777 "$folder/tmp"
[ ${#tools[@]} -eq 0 ] || ln -sf dash "$folder/bin/sh"
# Debian makes this file at installation.
cat "$folder"/usr/share/ca-certificates/mozilla/*.crt >"$folder/etc/ssl/certs/ca-certificates.crt"
printf 'root:x:0:0:root:/:/none\nnonroot:x:65532:65532:nonroot:/:/none\n' >"$folder/etc/passwd"
printf 'root:x:0:\nnonroot:x:65532:\n' >"$folder/etc/group"

echo "taking Node $node_version and koffi" >&2
koffi_version=$(node -p 'JSON.parse(require("fs").readFileSync("node_modules/koffi/package.json")).version')
cache=${XDG_CACHE_HOME:-$HOME/.cache}/tiercel/image-$arch-$node_version-$koffi_version
if [ ! -d "$cache/node_modules" ]; then
  # By force, since npm looks at the machine that it runs on.
  mkdir -p "$cache.new"
  npm i --prefix "$cache.new" --ignore-scripts --no-save --loglevel=error --force \
    "node-linux-$node_arch@$node_version" "@koromix/koffi-linux-$node_arch@$koffi_version" >/dev/null
  mv "$cache.new" "$cache"
fi
install -m 755 "$cache/node_modules/node-linux-$node_arch/bin/node" "$folder/usr/bin/node"
install -D -m 644 "$cache/node_modules/node-linux-$node_arch/LICENSE" "$folder/usr/share/doc/node/LICENSE"
cp -r build/bundle/{build,config,package.json} LICENSE "$folder/app/"
for module in koffi @koromix/koffi-linux-$node_arch; do
  from=node_modules/$module
  [ -d "$from" ] || from=$cache/node_modules/$module
  mkdir -p "$folder/app/node_modules/$module"
  # What runs; not the sources of the native part, nor what builds it.
  (cd "$from" && find . \( -name '*.js' -o -name '*.cjs' -o -name '*.node' -o -name package.json -o -name 'LICENSE*' \) \
    ! -path './doc/*' ! -path './vendor/*' ! -path './musl_*' ! -name cnoke.cjs ! -name trampolines.cjs -print0 |
    tar -c --null --files-from=-) | tar -x -C "$folder/app/node_modules/$module"
done
[ "$arch" = amd64 ] && keep=x86 || keep=$arch
find "$folder/app/build/bpf" -name '*.bpf.o' ! -name "tiercel.$keep.*" -delete
node build/scripts/sbom.js --metafile build/bundle/meta.json --debian "$work/debian.tsv" --node "$node_version" \
  --arch "$arch" >"$folder/app/sbom.cdx.json"
# One image for one content: no times of ours in it.
find "$folder" -exec touch --no-dereference --date=@"${SOURCE_DATE_EPOCH:-0}" {} +

#!/usr/bin/env bash
# Builds the image without Docker: the Dockerfile's last stage over a folder made here (image-root.sh), into
# build/image/tiercel-VERSION-ARCH.tar (an OCI archive). Prints that path, its digest and its size.
#   image.sh [ARCH]     amd64 or arm64; default: this machine's
# TIERCEL_IMAGE_TOOLS=1 makes the variant with sh, jq and curl, tag VERSION-tools.
set -euo pipefail
cd "$(dirname "$0")/.."

arch=${1:-$(dpkg --print-architecture)}
version=$(node -p 'require("./package.json").version')
tag=$version${TIERCEL_IMAGE_TOOLS:+-tools}
name=docker.io/tiercel/tiercel
out=build/image/tiercel-$tag-$arch.tar

work=$(mktemp -d)
store=(--root "$work/store" --runroot "$work/run" --storage-driver overlay)
trap 'rm -rf "$work"' EXIT
# buildah's own way to isolate wants more rights than some machines give; nothing is run while building.
export BUILDAH_ISOLATION=chroot SOURCE_DATE_EPOCH=0
scripts/image-root.sh "$work/context/image" "$arch"
log=$work/log
if ! {
  buildah "${store[@]}" bud --build-context "build=$work/context" --build-arg "VERSION=$version" --build-arg "TARGETARCH=$arch" \
    --arch "$arch" --timestamp 0 -t "$name:$tag" -f Dockerfile "$work/context"
  mkdir -p build/image
  rm -f "$out"
  buildah "${store[@]}" push --format oci --digestfile "$work/digest" "$name:$tag" "oci-archive:$out:$tag"
} >"$log" 2>&1; then
  cat "$log" >&2
  echo "tiercel: the image could not be built" >&2
  exit 1
fi
echo "$out"
echo "$name:$tag $(cat "$work/digest"), $(($(stat -c %s "$out") / 1000000)) MB compressed"

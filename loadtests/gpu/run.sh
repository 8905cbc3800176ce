#!/bin/sh
# All checks and measurements of a GPU, one JSON object a line on stdout as soon as it is known, all else on stderr.
#   run.sh [cuda|host] [QUICK]     in the unpacked folder; host runs the same on the CPU, with a tiny model only
# Ends in under nine minutes whatever hangs: each part has a limit, and is killed with all it started.
# Variables: CUDA_LIBS (folders of CUDA's libraries, separated by colons), SECONDS_LEFT (default 510),
# PARTS (a file of parts in place of those below, to try this script).
set -u
device=${1:-cuda}
quick=${2:-}
here=$(cd "$(dirname "$0")" && pwd -P)
cd "$here" || exit 1
started=$(date +%s)
budget=${SECONDS_LEFT:-510}
least=10 # seconds that a part must have to be begun
grace=3  # seconds between asking and killing
export ORT_DISABLE_TELEMETRY=1 OPT_OUT_TRACKING=true MALLOC_ARENA_MAX=2
failed=0
current=
work=$(mktemp -d "$here/work.XXXXXX") || exit 1

new_session=setsid
command -v setsid >/dev/null || new_session="python3 $here/new_session.py"

say() { printf '%s\n' "$*" >&2; }
left() { echo $((budget - ($(date +%s) - started))); }
end_group() { [ -z "$1" ] || kill -s "$2" -- "-$1" 2>/dev/null; }
clean() {
  end_group "$current" KILL
  rm -rf "$work"
}
trap clean EXIT
trap 'exit 130' INT TERM

# part NAME LIMIT COMMAND...: a process group of its own; nobody waits for what does not die.
part() {
  name=$1
  limit=$2
  shift 2
  remaining=$(left)
  [ "$limit" -le "$remaining" ] || limit=$remaining
  if [ "$limit" -lt "$least" ]; then
    printf '{"kind":"skipped","what":"%s","seconds_left":%s}\n' "$name" "$remaining"
    return 1
  fi
  say "== $name, up to $limit s"
  rm -f "$work/status"
  # shellcheck disable=SC2016,SC2086 # the new shell expands them; a command is several words
  $new_session sh -c 'file=$1; shift; "$@"; echo $? >"$file.new"; mv "$file.new" "$file"' part "$work/status" "$@" &
  current=$!
  deadline=$(($(date +%s) + limit))
  while [ ! -f "$work/status" ] && [ "$(date +%s)" -lt "$deadline" ]; do sleep 0.2; done
  status=124
  if [ -f "$work/status" ]; then
    status=$(cat "$work/status")
  else
    end_group "$current" TERM
    sleep "$grace"
  fi
  end_group "$current" KILL
  current=
  [ "$status" = 0 ] && return 0
  failed=1
  printf '{"kind":"failed","what":"%s","status":%s,"seconds_left":%s}\n' "$name" "$status" "$(left)"
  return 1
}

classes="test-classes:$(ls app/app/*.jar app/lib/main/*.jar app/lib/boot/*.jar lib/*.jar 2>/dev/null | tr '\n' ':')"
flags="--add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -Xmx8g"
flags="$flags -Donnxruntime.native.path=$here/ort -Djava.io.tmpdir=$work"

# program NAME LIMIT ARGUMENTS...: the packed test program.
program() {
  name=$1
  limit=$2
  shift 2
  # shellcheck disable=SC2086
  part "$name" "$limit" jdk/bin/java $flags -cp "$classes" io.talchum.model.onnx.cuda.GpuChecks "$device" "$@"
}

# Serves the demo model and asks it over HTTP: the way of a user.
served() {
  # shellcheck disable=SC2086
  part "served by $1" 60 python3 served.py "$1" jdk/bin/java $flags -jar app/quarkus-run.jar serve \
    --provider "$1" --port 18472 --data-dir "$work/data"
}

# CUDA's libraries come with the host's PyTorch.
find_folders='
import glob, os, site, sys
roots = set(site.getsitepackages()) | {p for p in sys.path if p.endswith("-packages")}
print(":".join(sorted({os.path.dirname(f) for r in roots for f in glob.glob(r + "/nvidia/**/lib*.so.*", recursive=True)})))
'
# shellcheck disable=SC2016 # the inner shell expands them
into='file=$1; shift; exec "$@" >"$file"'
if [ "$device" = cuda ]; then
  part machine 15 sh -c "$into" into "$work/machine" nvidia-smi \
    --query-gpu=name,driver_version,memory.total,memory.free,clocks.max.memory,power.limit --format=csv,noheader
  sed 's/["\\]//g; s/.*/{"kind":"machine","gpu":"&"}/' "$work/machine"
  if [ -z "${CUDA_LIBS:-}" ]; then
    part "CUDA libraries" 20 sh -c "$into" into "$work/folders" python3 -c "$find_folders"
    CUDA_LIBS=$(cat "$work/folders")
  fi
  export LD_LIBRARY_PATH="$CUDA_LIBS:${LD_LIBRARY_PATH:-}"
  say "CUDA libraries: $CUDA_LIBS"
fi

# The most valuable first.
if [ -n "${PARTS:-}" ]; then
  # shellcheck source=hanging.parts
  . "./$PARTS"
elif [ "$device" = host ]; then
  program "checks adapters" 100 checks adapters
  program "checks goldens" 100 checks goldens
  program "checks prefix" 100 checks prefix
  program "checks graphs" 120 checks graphs
  program "checks schedule" 120 checks schedule
  program "bench tiny" 100 bench tiny int4 1,4 128
  program attention 60 attention 1,2 512
  served cpu
else
  program "checks adapters" 40 checks adapters
  program "checks goldens" 60 checks goldens
  [ -n "$quick" ] || program "bench 8b int4" 170 bench llama-3.1-8b int4 1,8,32,64 256
  program "checks graphs" 60 checks graphs
  program "checks prefix" 40 checks prefix
  program "checks schedule" 60 checks schedule
  program attention 40 attention 1,8,32 4096
  served cuda
  program "bench 0.5b int8" 50 bench qwen2.5-0.5b int8 1,8,32,64 256
  [ -n "$quick" ] || {
    part "peer 0.5b" 60 python3 compare_peft.py qwen2.5-0.5b 1,8,32
    part "peer 8b" 90 python3 compare_peft.py llama-3.1-8b 1,8,32
    program "bench 1.7b int4" 70 bench smollm2-1.7b int4 1,8,32,64 256
    # The provider's other products of int4, which lay the weights out anew.
    export ORT_FPA_INTB_GEMM=1
    program "bench 8b int4, ORT_FPA_INTB_GEMM" 90 bench llama-3.1-8b int4 1,32 256
  }
fi
printf '{"kind":"end","failed":%s,"seconds":%s}\n' "$failed" "$(($(date +%s) - started))"
exit $failed

#!/bin/sh
# sh start.sh              numerics, a training run and the benchmark; they report in results/
# sh start.sh numerics     the kernels against the processor
# sh start.sh bench --json the benchmark alone
# sh start.sh adapter      what the GPU offers
# sh start.sh COMMAND ...  any command of segadv, such as train --backend webgpu
#
# Needs a GPU driver with Vulkan, gzip and glibc 2.27; no network, and writes only in this folder.
set -u
here=$(cd "$(dirname "$0")" && pwd)

if [ ! -x "$here/deno" ]; then
  gzip -dc "$here/deno.gz" > "$here/deno.part" && chmod +x "$here/deno.part" &&
    mv "$here/deno.part" "$here/deno" || exit 1
fi
export DENO_DIR="$here/.deno" DENO_NO_UPDATE_CHECK=1 NO_COLOR=1
export XDG_RUNTIME_DIR="${XDG_RUNTIME_DIR:-/tmp}"
export XDG_CACHE_HOME="$here/.cache"

# The machine's own Vulkan loader, or the one beside this file.
if ! { ldconfig -p || /sbin/ldconfig -p; } 2> /dev/null | grep -q 'libvulkan\.so\.1'; then
  export LD_LIBRARY_PATH="$here/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
fi
# Containers often have NVIDIA's driver but not the file that tells the loader of it.
if [ -z "${VK_DRIVER_FILES:-}${VK_ICD_FILENAMES:-}" ] &&
  ! ls /etc/vulkan/icd.d/*.json /usr/share/vulkan/icd.d/nvidia*.json > /dev/null 2>&1; then
  for file in /usr/local/nvidia/share/vulkan/icd.d/nvidia_icd.json; do
    if [ -e "$file" ]; then export VK_DRIVER_FILES="$file"; fi
  done
  if [ -z "${VK_DRIVER_FILES:-}" ] &&
    { ldconfig -p || /sbin/ldconfig -p; } 2> /dev/null | grep -q 'libGLX_nvidia\.so\.0'; then
    export VK_DRIVER_FILES="$here/nvidia_icd.json"
  fi
fi

alone="--no-remote --no-npm --no-config --no-lock"
app() {
  case "$1" in
    # shellcheck disable=SC2086 # several words
    numerics) "$here/deno" test -A --no-check $alone "$here/app.js" -- "$@" ;;
    # shellcheck disable=SC2086 # several words
    *) "$here/deno" run -A $alone "$here/app.js" "$@" ;;
  esac
}

if [ $# -gt 0 ]; then
  app "$@"
  exit
fi

results="$here/results/$(date +%Y%m%dT%H%M%S)"
mkdir -p "$results" || exit 1
failed=
run() {
  name=$1
  shift
  echo "$name ..."
  if app "$@" > "$results/$name.txt" 2>&1; then echo "$name: ok"; else
    failed="$failed $name"
    echo "$name: FAILED"
  fi
  tail -n 5 "$results/$name.txt"
}
run adapter adapter
run numerics numerics
# A program on the processor would train for a quarter of an hour to show the same.
few=
if grep -q '"software": true' "$results/adapter.txt"; then few="--max-steps 24"; fi
# shellcheck disable=SC2086 # two words or none
run train train --preset fixtures --backend webgpu --out "$results/run" $few
run bench bench --json
echo "results are in $results"
[ -z "$failed" ]

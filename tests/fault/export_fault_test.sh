#!/usr/bin/env bash
# Every system call of an export fails in turn, or ends the program: no bundle ever has its final name without being whole.
#   export_fault_test.sh BUILD_DIR SHIM
set -u
build=${1:?build folder} shim=${2:?shim}
PATH=$build:$PATH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
trialnotary init n --origin fault.example/1 >/dev/null || exit 1
for i in 1 2 3; do echo "document $i" >"d$i.txt"; done
trialnotary submit n --study S --kind other --each d1.txt d2.txt d3.txt | cut -c1-64 >ids
trialnotary seal n >/dev/null && trialnotary trust export n -o trust >/dev/null || exit 1
failed=0 runs=0

# export_with MODE AT
export_with() {
	rm -rf out
	mkdir out
	# shellcheck disable=SC2046
	FAULT_DIR=$work/out FAULT_MODE=$1 FAULT_AT=$2 FAULT_COUNT=$work/count LD_PRELOAD=$shim \
		trialnotary export n $(cat ids) -o out >/dev/null 2>&1
}
rm -f count
export_with eio 0
calls=$(cat count 2>/dev/null || echo 0)
[ "$calls" -ge 9 ] || { echo "FAILED: only $calls calls were seen"; exit 1; }
for mode in eio enospc short exit-before exit-after; do
	for at in $(seq 1 "$calls"); do
		export_with $mode "$at"
		runs=$((runs + 1))
		for f in out/*.asice; do
			[ -e "$f" ] || continue
			trialverify --trust trust -q "$f" >/dev/null || { echo "FAILED: $mode at call $at leaves $f, which is not VERIFIED"; failed=$((failed + 1)); }
		done
	done
done
rm -rf out
mkdir out
# shellcheck disable=SC2046
trialnotary export n $(cat ids) -o out >/dev/null && trialverify --trust trust -q out/*.asice >/dev/null || { echo "FAILED: export after the faults"; failed=$((failed + 1)); }
echo "$calls calls, $runs runs, $failed failed"
[ $failed = 0 ]

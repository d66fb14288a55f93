# What the tests of the two programs share: a folder of their own, checks that count, and how a test ends. Sourced, not run.
#   TRIALNOTARY, TRIALVERIFY: paths of the programs; TRIALNOTARY_SOURCE: the source tree; TRIALNOTARY_DATA: real files, by default beside it
#
# A test sources this file after 'set -u', works in the folder $work, and ends with the line 'finished'. What a command prints goes
# into the files out and err. Every check counts itself; a check of one's own is COMMAND || fault TEXT.
tests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source=${TRIALNOTARY_SOURCE:-$(cd "$tests/../.." && pwd)}
data=$(realpath -m "${TRIALNOTARY_DATA:-$source/../shared/data}")
tn=${TRIALNOTARY:-} tv=${TRIALVERIFY:-}
faults=0 count=0
jobs_started=()
work=$(mktemp -d) || exit 1

# What was started ends, and the folder goes, however the test ends.
clean() {
	local job
	for job in "${jobs_started[@]}"; do kill "$job" 2>/dev/null; wait "$job" 2>/dev/null; done
	chmod -R u+w "$work"
	rm -rf "$work"
}
trap clean EXIT
cd "$work" || exit 1
umask 022

# skip WHY: ends the test as one that could not be made here
skip() { echo "skipped: $*"; exit 77; }
# needs TOOL...
needs() { local tool; for tool in "$@"; do command -v "$tool" >/dev/null || skip "there is no $tool"; done; }

# fault TEXT [FILE...]: something is not as it must be; shows the beginning of the files, or of err and out
fault() {
	local text=$1 file
	shift
	[ $# -gt 0 ] || set -- err out
	echo "FAILED: $text"
	for file in "$@"; do [ ! -s "$file" ] || head -20 "$file" | cut -c1-300 | sed 's/^/    /'; done
	faults=$((faults + 1))
}
# finished: the last line of a test; its status is that of the test, and a test that checked nothing has failed
finished() { echo "$count checks, $faults failed"; [ $faults = 0 ] && [ $count -gt 0 ]; }

# expect STATUS COMMAND...; runs STATUS ARGUMENT... of trialnotary; run STATUS NAME COMMAND..., where the command alone would not say what is tried
expect() { run "$1" "" "${@:2}"; }
runs() { run "$1" "" "$tn" "${@:2}"; }
run() {
	local want=$1 name=$2 got
	shift 2
	"$@" >out 2>err
	got=$?
	count=$((count + 1))
	[ $got = "$want" ] || fault "${name:-$*}: exit status $got, not $want"
}

# has FILE TEXT; lacks FILE TEXT: in no case of its letters, and the file is there; says FILE PATTERN, says_not FILE PATTERN: a line
has() { count=$((count + 1)); grep -qF -- "$2" "$1" || fault "$1 lacks '$2'" "$1"; }
lacks() { count=$((count + 1)); [ -f "$1" ] && ! grep -qiF -- "$2" "$1" || fault "$1 holds '$2'" "$1"; }
says() { count=$((count + 1)); grep -qE -- "$2" "$1" || fault "$1 does not say '$2'" "$1"; }
says_not() { count=$((count + 1)); [ -f "$1" ] && ! grep -qE -- "$2" "$1" || fault "$1 says '$2'" "$1"; }
# said TEXT, unsaid TEXT: in out or err
said() { count=$((count + 1)); grep -qF -- "$1" out err || fault "'$1' is not said"; }
unsaid() { count=$((count + 1)); [ -f out ] && ! grep -qF -- "$1" out err || fault "'$1' is said"; }
# is GOT WANT WHAT: two values; reads FILE TEXT: the whole file
is() { count=$((count + 1)); [ "$1" = "$2" ] || fault "$3: '$1', not '$2'"; }
reads() { count=$((count + 1)); [ "$(cat "$1")" = "$2" ] || fault "$1 is not '$2'" "$1"; }
# must COMMAND...: status 0
must() { expect 0 "$@"; }

# id_of: the ID of the first record in what 'submit --json' printed
id_of() { sed -n 's/.*"records":\[{"id":"\([0-9a-f]*\)".*/\1/p' out; }
# pending STATE: how many records a client's folder holds without a receipt
pending() { local n=0 f; for f in "$1"/*/records/*.json; do [ ! -f "$f" ] || [ -f "${f%.json}.receipt" ] || n=$((n + 1)); done; echo $n; }
# wait_file FILE: until it holds something
wait_file() { for _ in $(seq 1200); do [ -s "$1" ] && return; sleep 0.05; done; fault "'$1' did not come"; }

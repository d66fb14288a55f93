# Shared by the interop runs: a line for each pair that was tried. Sourced, not run.

failed=0 tried=0

# skip WHY: ends the run as skipped.
skip() { echo "skipped: $*"; exit 77; }

# expect WORDS WHAT COMMAND...: what the command prints must begin with WORDS; its last line is shown.
expect() {
	local want=$1 what=$2 all last
	shift 2
	all=$("$@" 2>&1)
	last=${all##*$'\n'}
	tried=$((tried + 1))
	case $last in
	"$want"*) echo "ok    $what: $last" ;;
	*) echo "FAIL  $what: expected $want, got: $all"; failed=$((failed + 1)) ;;
	esac
}

# must COMMAND...: what only prepares; the run ends when it fails.
must() { "$@" >must.out 2>&1 || { echo "FAIL  $*"; cat must.out; exit 1; }; }

# finish LEAST: the status of the run, which must have tried at least so much.
finish() {
	echo "$tried tried, $failed not as expected"
	[ "$tried" -ge "$1" ] || { echo "FAIL  at least $1 were to be tried"; exit 1; }
	[ "$failed" = 0 ]
}
# flip FILE OFFSET: one bit of the octet there; an octet written over it could be the same by chance
flip() {
	local was
	was=$(od -An -tu1 -j "$2" -N 1 "$1")
	printf '%b' "\\0$(printf %o $((was ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

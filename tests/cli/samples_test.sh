#!/usr/bin/env bash
# Every row of samples/bundles/README.md: verdict and first code of a frozen bundle. Then the same rows over bundles that
# scripts/make-samples makes anew, so that script, table and format stay together.
#   TRIALVERIFY: path of the program; TRIALNOTARY_SOURCE, TRIALNOTARY_BUILD: the source tree, the build folder
set -u
. "$(dirname "$0")/lib.sh"

build=${TRIALNOTARY_BUILD:?path of the build folder}
cd "$source" || exit 1
at=2026-07-01T00:00:00Z

# The table as lines FILE|OPTIONS|VERDICT|CODE.
sed -n 's/^| `\([a-z-]*\.asice\)` |\([^|]*\)|\([^|]*\)|\([^|]*\)|.*/\1|\2|\3|\4/p' samples/bundles/README.md | tr -d '`' |
	sed 's/ *| */|/g; s/ *$//' >"$work/table"

status_of() {
	case $1 in
	VERIFIED) echo 0 ;;
	REJECTED) echo 1 ;;
	INDETERMINATE) echo 2 ;;
	INTACT) echo 3 ;;
	*) echo 99 ;;
	esac
}

# check FOLDER: the rows of the table over the bundles in it
check() {
	local folder=$1 file options verdict code status got
	while IFS='|' read -r file options verdict code; do
		count=$((count + 1))
		set -- --trust "$folder/trust"
		[ "$options" != --integrity-only ] || set --
		# shellcheck disable=SC2086
		"$tv" --json --at $at "$@" "$folder/$file" $options >"$work/json" 2>"$work/err"
		status=$?
		got=$(sed -n 's/.*"verdict":"\([A-Z]*\)","exit":[0-9]*,"reasons":\[\({"code":"\([A-Z0-9_]*\)"\)\{0,1\}.*/\1 \3/p' "$work/json")
		[ "$got" = "$verdict $code" ] || fault "$folder/$file $options: '$got', not '$verdict $code'"
		[ $status = "$(status_of "$verdict")" ] || fault "$folder/$file $options: exit status $status"
	done <"$work/table"
}

check samples/bundles
[ $count -ge 30 ] || fault "the table has only $count rows"
total=0
for path in samples/bundles/*.asice; do
	size=$(stat -c %s "$path")
	total=$((total + size))
	[ "$size" -lt 100000 ] || fault "$path is large: $size"
	grep -q "^$(basename "$path")|" "$work/table" || fault "$path is not in the table"
done
[ $total -lt 1500000 ] || fault "the bundles are large: $total"

# A preloaded clock and the sanitizers do not go together.
if faketime -f -5 "$build/trialnotary" --version >/dev/null 2>&1; then
	if scripts/make-samples "$build" "$work/new" >"$work/log" 2>&1; then
		check "$work/new"
	else
		cat "$work/log"
		fault "scripts/make-samples"
	fi
else
	echo "no usable faketime: bundles were not made anew"
fi

finished

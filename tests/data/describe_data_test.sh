#!/usr/bin/env bash
# Every file of the folder of data, also of the archives in it, goes through describe with everything asked for: no crash, no status but 0 and 1,
# within 2 GiB of address space. Skipped where the folder is not.
#   TRIALNOTARY: path of the program
set -u
data=${TRIALNOTARY_DATA:-$TRIALNOTARY_SOURCE/../shared/data}
[ -d "$data" ] || { echo "skipped: no trial files in TRIALNOTARY_DATA"; exit 77; }
here=$(mktemp -d /tmp/trialnotary-describe-XXXXXX) || exit 1
trap 'rm -rf "$here"' EXIT
limit=2097152
[ -n "${ASAN_OPTIONS:-}" ] && limit=unlimited # the sanitizers map memory of their own
faults=0
count=0
broken=0
# describe FILE...: many at once; when a call fails, each file alone, to name the one that did it
describe() {
	local status=0 file
	(ulimit -v $limit && exec timeout 300 "$TRIALNOTARY" describe --json --subjects --rows --audit --columns "$@" >"$here/out" 2>"$here/err") || status=$?
	if [ $status -gt 1 ] && [ $# -gt 1 ]; then
		for file; do describe "$file"; done
		return
	fi
	count=$((count + $#))
	if [ $status -gt 1 ]; then
		echo "FAILED: ${1#"$here"/}: status $status: $(tail -2 "$here/err")"
		faults=$((faults + 1))
		return
	fi
	broken=$((broken + $(grep -o '"fault":{"code":' "$here/out" | wc -l)))
	# what was written is JSON to its end
	[ "$(tail -c 3 "$here/out")" = ']}' ] || { echo "FAILED: $1: the output ends early"; faults=$((faults + 1)); }
}
# folder PATH: all regular files below it, in portions
folder() {
	local files=() file
	while IFS= read -r -d '' file; do
		files+=("$file")
		[ ${#files[@]} -lt 200 ] && continue
		describe "${files[@]}"
		files=()
	done < <(find "$1" -type f -print0 | sort -z)
	[ ${#files[@]} -eq 0 ] || describe "${files[@]}"
}
folder "$data"
while IFS= read -r -d '' packed; do
	command -v xz >/dev/null || { echo "xz is not there: $packed stays packed"; continue; }
	rm -rf "$here/files"
	mkdir "$here/files"
	case $packed in
	*.tar.xz) tar -C "$here/files" --no-same-owner -xJf "$packed" ;;
	*) xz -dkc "$packed" >"$here/files/$(basename "${packed%.xz}")" ;;
	esac || { echo "FAILED: $packed cannot be unpacked"; faults=$((faults + 1)); }
	folder "$here/files"
done < <(find "$data" -name '*.xz' -type f -print0 | sort -z)
[ $count -gt 300 ] || { echo "FAILED: only $count files were there"; faults=$((faults + 1)); }
echo "$count files, $broken of them not in their form, $faults faults"
[ $faults = 0 ]

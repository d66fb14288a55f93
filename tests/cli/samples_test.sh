#!/usr/bin/env bash
# The frozen bundles of samples/bundles get the verdicts and codes of their table.
set -u
source=${TRIALNOTARY_SOURCE:?}
cd "$source/samples/bundles" || exit 1
checks=0 failed=0
while IFS='|' read -r _ file verdict code _; do
	file=$(echo $file) verdict=$(echo $verdict) code=$(echo $code)
	json=$("$TRIALVERIFY" --trust trust --at 2026-12-01T00:00:00Z --json "$file")
	status=$?
	case $verdict in VERIFIED) want=0 ;; REJECTED) want=1 ;; INDETERMINATE) want=2 ;; *) want=99 ;; esac
	checks=$((checks + 1))
	got=$(printf %s "$json" | sed -n 's/.*"reasons":\[{"code":"\([A-Z_]*\)".*/\1/p')
	if [ $status != $want ] || [ "${got:--}" != "$code" ] || ! printf %s "$json" | grep -q "\"verdict\":\"$verdict\""; then
		echo "FAILED: $file: exit $status ${got:--}, not $verdict $code"
		failed=$((failed + 1))
	fi
	case $file in good-*) [ "$verdict" = VERIFIED ] ;; bad-*) [ "$verdict" = REJECTED ] ;; *) [ "$verdict" = INDETERMINATE ] ;; esac ||
		{ echo "FAILED: the table gives $file $verdict"; failed=$((failed + 1)); }
done < <(grep '^| .*\.asice' README.md)
n=$(find . -name '*.asice' | wc -l)
[ "$checks" = "$n" ] || { echo "FAILED: $checks of $n bundles are in the table"; failed=$((failed + 1)); }
echo "$checks bundles, $failed failed"
[ $failed = 0 ] && [ $checks -gt 20 ]

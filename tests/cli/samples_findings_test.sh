#!/usr/bin/env bash
# scripts/quickstart to its end, and the list of deliberate findings in samples/README.md: each is found, nothing else is,
# and the inspection report shows it.
#   TRIALNOTARY: path of the program; TRIALNOTARY_SOURCE, TRIALNOTARY_BUILD: the source tree, the build folder
set -u
tn=${TRIALNOTARY:?path of trialnotary}
source=${TRIALNOTARY_SOURCE:?path of the source tree}
export TRIALNOTARY_BUILD=${TRIALNOTARY_BUILD:?path of the build folder}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
umask 022
faults=0
fault() { echo "FAILED: $*"; faults=$((faults + 1)); }

TMPDIR=$work "$source/scripts/quickstart" >log 2>&1 </dev/null || fault "quickstart: $(tail -3 log)"
made=$(echo "$work"/trialnotary-quickstart-*)
tail -40 log | grep -q '^VERIFIED ' || fault "it does not end with a verified bundle"
grep -q "$made/inspection.html" log || fault "it does not say where the inspection report is"

# Lines "RULE VERDICT" of the table, one for each rule of a row.
sed -n 's/^| \([PCDSOATG][1-9][^|]*\) | \([A-Z/-]*\) | .*/\1|\2/p' "$source/samples/README.md" |
	awk -F'|' '{ n = split($1, rules, ", "); for (i = 1; i <= n; i++) print rules[i], $2 }' | sort -u >listed
"$tn" check "$made/notary" --study DEMO-1 --json --all >check.json 2>err
[ $? = 1 ] || fault "check: not the status of a broken rule"
grep -o '"rule":"[A-Z][0-9]","verdict":"[A-Z/-]*"' check.json | sed 's/"rule":"//; s/","verdict":"/ /; s/"$//' | sort -u >all
grep -v ' PASS$' all >found
diff listed found >differ || fault "samples/README.md (<) and check (>): $(cat differ)"
[ "$(wc -l <listed)" -ge 12 ] || fault "the table has only $(wc -l <listed) rows"
for verdict in FAIL INCONCLUSIVE PASS-NOTE PASS N/A; do
	grep -q " $verdict\$" all || fault "no finding is $verdict"
done
# of registration, consents, data, analysis, audit trail and privacy something is broken
for group in P C D S A G; do
	grep -q "^$group[1-9] FAIL\$" found || fault "nothing of group $group fails"
done

report=$made/inspection.html
while read -r rule verdict; do
	[ "$verdict" = N/A ] || grep -q "id=\"$rule\"" "$report" || fault "$rule is not in the report"
	case $verdict in
	FAIL | INCONCLUSIVE) grep -q "<a href=\"#$rule\"><b>$rule " "$report" || fault "$rule is not among what to look at first" ;;
	esac
done <found
! grep -q 'DEMO-1-00[0-9]' "$report" || fault "the report names a participant"
grep -q 'Investigator of site 01' "$report" || fault "the report does not say who countersigned"
grep -q '(witness)' "$report" || fault "the report does not say what the countersignature means"
"$tn" report "$made/notary" --study DEMO-1 --subjects -o subjects.html >out 2>err || fault "report --subjects: $(cat err)"
grep -q 'Query on DEMO-1-004' subjects.html || fault "--subjects does not show what was asked for"

echo "$(wc -l <found) rules not in order, $faults faults"
[ $faults = 0 ]

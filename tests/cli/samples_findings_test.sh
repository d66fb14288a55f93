#!/usr/bin/env bash
# scripts/quickstart to its end, and the list of deliberate findings in samples/README.md: each is found, nothing else is,
# and the inspection report shows it.
#   TRIALNOTARY: path of the program; TRIALNOTARY_SOURCE, TRIALNOTARY_BUILD: the source tree, the build folder
set -u
. "$(dirname "$0")/lib.sh"

export TRIALNOTARY_BUILD=${TRIALNOTARY_BUILD:?path of the build folder}

TMPDIR=$work "$source/scripts/quickstart" >log 2>&1 </dev/null || fault "quickstart: $(tail -3 log)"
made=$(echo "$work"/trialnotary-quickstart-*)
tail -40 log | grep -q '^VERIFIED ' || fault "it does not end with a verified bundle"
has log "$made/inspection.html"

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
	says all " $verdict\$"
done
# of registration, consents, data, analysis, audit trail and privacy something is broken
for group in P C D S A G; do
	says found "^$group[1-9] FAIL\$"
done

report=$made/inspection.html
while read -r rule verdict; do
	[ "$verdict" = N/A ] || grep -q "id=\"$rule\"" "$report" || fault "$rule is not in the report"
	case $verdict in
	FAIL | INCONCLUSIVE) grep -q "<a href=\"#$rule\"><b>$rule " "$report" || fault "$rule is not among what to look at first" ;;
	esac
done <found
! grep -q 'DEMO-1-00[0-9]' "$report" || fault "the report names a participant"
has "$report" 'Investigator of site 01'
has "$report" '(witness)'
"$tn" report "$made/notary" --study DEMO-1 --subjects -o subjects.html >out 2>err || fault "report --subjects: $(cat err)"
has subjects.html 'Query on DEMO-1-004'

finished

#!/usr/bin/env bash
# Real data sets in several formats: one data set has one row digest as JSON, NDJSON, DSJC and XPT; a large Dataset-XML file has its canonical form
# in little memory. Skipped where the files are not.
set -u
. "$(dirname "$0")/lib.sh"

[ -d "$data/dataset-json/sdtm" ] || skip "no trial files in TRIALNOTARY_DATA"
pairs=0
# first_line STATUS WORD FIRST SECOND
first_line() {
	runs "$1" compare "$3" "$4"
	says out "^$2"
}
for json in "$data"/dataset-json/sdtm/*.json "$data"/dataset-json/adam/adsl.json; do
	for other in "${json%.json}".{ndjson,dsjc,xpt}; do
		[ -f "$other" ] || continue
		[ "${json##*/}" = lb.json ] && continue
		first_line 0 rows: "$json" "$other"
		pairs=$((pairs + 1))
	done
done
[ $pairs -ge 25 ] || fault "only $pairs pairs were there"
# what no digest brings together is told with its size
first_line 1 different "$data/dataset-json/adam/adlbhy.dsjc" "$data/dataset-json/adam/adlbhy.xpt"
has out 'column AVAL: 604 cells differ, first in row 9; numbers, by at most 2.1e-16'
# a registry record that was downloaded again differs
first_line 1 different "$data/ctgov/xml/NCT02028676.xml" "$data/ctgov/xml/NCT02028676_modified.xml"
has out 'xml: they differ first in /clinical_study/'

large=$data/derived/adlbc-dataset-xml-1.0.xml.xz
if [ -f "$large" ] && command -v xz >/dev/null; then
	xz -dkc "$large" >a.xml
	sed 's/$/\r/' a.xml >b.xml
	# the sanitizers have memory of their own
	limit=64000
	[ -n "${ASAN_OPTIONS:-}" ] && limit=unlimited
	(ulimit -d $limit && "$tn" compare a.xml b.xml) >out 2>err || fault "the large file: $(head -2 err)"
	grep -q '^xml: ' out || fault "the large file with other line ends is another one"
	grep -q 'xml     106767420 octets, SHA-256 ae7c8202f667311d9924a621a6d1a45b3b0f813c04ee6fbbd92b5ea86b358802' out || fault "the large file has another canonical form"
fi

finished

#!/usr/bin/env bash
# Runs the rules over studies made of real files and compares every finding that is not N/A with the table at the end: how many of
# one rule, verdict and word there are, and a part of the detail of one of them. docs/findings.md gives the reasons.
#   findings_test.sh BUILD_DIR [--print]
set -u
build=${1:?build folder}
data=${TRIALNOTARY_DATA:-$TRIALNOTARY_SOURCE/../shared/data}
[ -d "$data" ] || { echo "skipped: there is no data folder '$data' (TRIALNOTARY_DATA)"; exit 77; }
data=$(cd "$data" && pwd)
PATH=$build:$PATH
export LC_ALL=C
table=$TRIALNOTARY_SOURCE/tests/data/findings.txt
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
faults=0
fault() { echo "FAILED: $*"; faults=$((faults + 1)); }

tar xf "$data/derived/synthetic-odd-xml.tar.xz" || { echo "FAILED: tar"; exit 1; }
trialnotary init n --origin findings.example/1 >/dev/null || { echo "FAILED: init"; exit 1; }
studies=
# add STUDY KIND PATH...: one record
add() {
	local study=$1 kind=$2
	shift 2
	trialnotary submit n -q --no-facts --study "$study" --kind "$kind" "$@" >/dev/null 2>err || fault "submit $study: $(cat err)"
	case " $studies " in *" $study "*) ;; *) studies="$studies $study" ;; esac
}

# registry records, alone and as they were taken several times
for name in NCT00023673 NCT01029262 NCT01298141 NCT02465060 NCT03204344 example_study; do
	add "$name" registration "$data/ctgov/xml/$name.xml"
done
for name in NCT00465816 NCT02210780 NCT02552212 NCT03630471 NCT05594173; do
	add "$name" registration "$data/ctgov/json/$name.json"
done
for name in NCT00513591 NCT00513591_mod NCT00513591_redownloaded; do
	add NCT00513591 registration "$data/ctgov/xml/$name.xml"
done
for name in NCT00980226 NCT00980226-id-mismatch; do
	add NCT00980226 registration "$data/ctgov/xml/$name.xml"
done
for name in xml/NCT02028676.xml xml/NCT02028676_modified.xml json/NCT02028676.json; do
	add NCT02028676 registration "$data/ctgov/$name"
done
for name in raw_study raw_study_changed; do
	add raw_study registration "$data/ctgov/xml/$name.xml"
done
add two-trials registration "$data/ctgov/xml/NCT01029262.xml"
add two-trials registration "$data/ctgov/xml/NCT01298141.xml"
add isrctn registration isrctn-minimal.xml
add ictrp registration ictrp-minimal.xml
add ictrp-cut registration truncated-ictrp.xml
add ectd other ectd-index.xml

# protocols
add usdm-alexion protocol "$data/usdm/Alexion_NCT04573309_Wilsons.json" "$data/usdm/Alexion_NCT04573309_Wilsons.pdf"
add usdm-lilly protocol "$data/usdm/EliLilly_NCT03421379_Diabetes.json" "$data/usdm/EliLilly_NCT03421379_Diabetes.pdf"
add m11 protocol "$data/fhir/vulcan-m11/JPMA001-Bundle.json"

# data
add pilot protocol "$data/usdm/CDISC_Pilot_Study.json"
add pilot dataset "$data/cdisc-pilot"
add dataset-json dataset "$data/dataset-json/sdtm/define.xml" "$data"/dataset-json/sdtm/*.xpt
add dataset-json dataset "$data"/dataset-json/sdtm/*.json
add dataset-json dataset "$data"/dataset-json/adam/*.json "$data"/dataset-json/adam/*.dsjc
add define-json dataset "$data/dataset-json/sdtm/define.xml" "$data"/dataset-json/sdtm/*.json
add odm-1.1 dataset "$data/cdisc-odm/1.1/odm1_1_0_example.xml"
add odm-trail dataset odm-audit-non-monotonic.xml
add openedc dataset "$data/openedc/clinicaldata.xml" "$data/openedc/metadata.xml"
add dataset-xml dataset "$data/odmlib/ae.xml" "$data/odmlib/dm.xml" "$data/odmlib/lb.xml"

# consents
for name in Einwilligung Einwilligung_2 Provenance ResultType_ConsentStatus DocumentReference; do
	add mii other "$data/fhir/mii-consent/Example_MII_Consent_$name.xml"
done
add hl7 other "$data/fhir/hl7-fhir/provenance-consent-signature.xml" \
	"$data/fhir/hl7-fhir/researchsubject-example-crossover-placebo-to-drug.xml"

# form STUDY LANGUAGE FILE: a consent form and its approval
form() {
	local id
	id=$(trialnotary submit n -q --no-facts --study "$1" --kind consent-form --version 1 --set population=adult --set "language=$2" \
		--details form.json "$3" 2>err | awk 'NR == 1 { print $1 }') && [ -n "$id" ] || fault "form $1 $2: $(cat err)"
	trialnotary submit n -q --study "$1" --kind ethics-approval --set committee=Board --set decision=approved --set "conditions=for $2" \
		--link "approves=$id" >/dev/null 2>err || fault "approval $1 $2: $(cat err)"
	case " $studies " in *" $1 "*) ;; *) studies="$studies $1" ;; esac
}
echo '{"permissions":[{"name":"participation","text":"I take part.","required":true}]}' >form.json
texts=$data/derived/testboston-consent
for version in 5.0 6.0; do
	for language in ar en es fr ht pt ru vi zh; do
		form "testboston-$version" "$language" "$texts/TestBoston_ICF_v${version}_$language.txt"
	done
done
form osteo en "$data/consent-forms/osteo/consent_v3.pdf"
form osteo es "$data/consent-forms/osteo/consent_v3_es.pdf"

trialnotary seal n >/dev/null || fault "seal"

# "STUDY RULE VERDICT WORD detail", one line a finding; word '-' for none. G1 and D6 that pass are said of every study.
for study in $studies; do
	trialnotary check n --study "$study" --at 2026-06-30T12:00:00Z --json --all -q >json 2>err
	case $? in
	0) ;;
	1) grep -q RULE_BROKEN err json || fault "check $study: status 1 without RULE_BROKEN" ;;
	2) grep -q RULE_UNCLEAR err json || fault "check $study: status 2 without RULE_UNCLEAR" ;;
	*) fault "check $study: $(cat err)" ;;
	esac
	sed 's/{"rule":/\n&/g' json | sed -n 's/^{"rule":"\([^"]*\)","verdict":"\([^"]*\)","word":null/\1 \2 -/;s/^{"rule":"\([^"]*\)","verdict":"\([^"]*\)","word":"\([a-z-]*\)"/\1 \2 \3/;s/^\([A-Z][0-9] [^ ]* [a-z-]*\),.*"about":\(null\|"[^"]*"\),"detail":"\(.*\)","records".*/\1 \3/p
s/^\([A-Z][0-9] [^ ]* [a-z-]*\),.*"persons":\([0-9]*\)}.*/\1 \2 persons/p' |
		grep -v '^[A-Z][0-9] N/A \|^G1 PASS \|^D6 PASS ' | sed "s/^/$study /"
done >found
[ -s found ] || fault "no findings"
cut -d' ' -f1-4 found | sort | uniq -c | awk '{print $2, $3, $4, $5, $1}' >counts

if [ "${2:-}" = --print ]; then
	while read -r study rule verdict word n; do
		echo "$study $rule $verdict $word $n | $(grep "^$study $rule $verdict $word " found | head -1 | cut -d' ' -f5-)"
	done <counts
	exit 0
fi
grep -v '^#' "$table" | sed 's/ | .*//' | sort >wanted
sort counts | diff wanted - >differ || { fault "other findings than in the table (< wanted, > found):"; cat differ; }
lines=0
while IFS= read -r line; do
	key=${line%% | *}
	part=${line#* | }
	case $line in '#'*) continue ;; esac
	lines=$((lines + 1))
	grep "^${key% *} " found | cut -d' ' -f5- | grep -qF -- "$part" || fault "no detail of '$key' has '$part'"
done <"$table"
[ $lines -gt 0 ] || fault "the table is empty"
[ $faults = 0 ] || exit 1
echo "$(wc -l <found) findings in $(wc -w <<<"$studies") studies, $lines lines of the table"

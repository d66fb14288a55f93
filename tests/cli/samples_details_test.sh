#!/usr/bin/env bash
# The sample trial with the details of its records (samples/trial/details), in the order in which it happened.
#   TRIALNOTARY, TRIALVERIFY: paths of the programs; TRIALNOTARY_SOURCE: the source tree
set -u
. "$(dirname "$0")/lib.sh"

trial=$source/samples/trial

# submit NAME DETAILS ARGUMENT...: the ID goes into $NAME
submit() {
	local name=$1 details=$2
	shift 2
	runs 0 submit n --study DEMO-1 --details "$trial/details/$details.json" "$@"
	[ ! -s err ] || fault "$details: there is a warning"
	printf -v "$name" %s "$(head -c 64 out)"
}
# refused CODE DETAILS ARGUMENT...
refused() {
	local code=$1 details=$2
	shift 2
	"$tn" submit n --study DEMO-1 --details "$trial/details/$details.json" "$@" >out 2>err && fault "taken: $details $*"
	says err "^trialnotary: $code: "
}

runs 0 init n
submit protocol1 protocol-v1.0 --kind protocol --version 1.0 "$trial/protocol-v1.0.md"
submit form_en consent-form-en-v1.0 --kind consent-form --version 1.0 --link "uses=$protocol1" "$trial/consent-form-en-v1.0.txt"
submit form_de consent-form-de-v1.0 --kind consent-form --version 1.0 --link "uses=$protocol1" --link "derives-from=$form_en" \
	"$trial/consent-form-de-v1.0.txt"
refused FORM_UNAPPROVED consent-001 --kind consent --set "form=$form_en" "$trial/consents/consent-001.txt"
submit approval ethics-approval --kind ethics-approval --link "approves=$protocol1" --link "approves=$form_en" \
	--link "approves=$form_de" "$trial/ethics-approval.txt"
n=0
for file in "$trial"/consents/*.txt; do
	name=$(basename "$file" .txt)
	form=$form_en
	grep -q 'language de' "$file" && form=$form_de
	submit id "$name" --kind consent --set "form=$form" "$file"
	[ ${#id} = 64 ] || fault "$name was not taken"
	[ "$name" != consent-007 ] || consent7=$id
	[ "$name" != consent-008 ] || consent8=$id
	n=$((n + 1))
done
[ $n = 12 ] || fault "$n consents"
refused NOTHING_TO_WITHDRAW withdrawal-007 --kind withdrawal --set "consent=$consent8" "$trial/withdrawal-007.txt"
submit withdrawal withdrawal-007 --kind withdrawal --set "consent=$consent7" "$trial/withdrawal-007.txt"
refused NOTHING_TO_WITHDRAW withdrawal-007 --kind withdrawal --set "consent=$consent7"
submit protocol2 protocol-v2.0 --kind protocol --version 2.0 --link "supersedes=$protocol1" "$trial/protocol-v2.0.md"
refused VERSION_ORDER protocol-v2.0 --kind protocol --version 2.1 --link "supersedes=$protocol1" "$trial/protocol-v2.0.md"
submit plan analysis-plan-v1.0 --kind analysis-plan --version 1.0 --link "uses=$protocol2" "$trial/analysis-plan-v1.0.md"

runs 0 list n
[ "$(wc -l <out)" = 19 ] || fault "$(wc -l <out) records, not 19"
runs 0 seal n
runs 0 trust export n -o trust
for id in "$form_de" "$consent7"; do
	runs 0 export n "$id" -o "$id.asice"
	expect 0 "$tv" "$id.asice" --trust trust
	unzip -p "$id.asice" details.json >details.json 2>err || fault "no details in a bundle"
	grep -q '^{"schema":"trialnotary/details/consent' details.json || fault "other details in a bundle"
done

finished

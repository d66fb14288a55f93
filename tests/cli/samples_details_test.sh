#!/usr/bin/env bash
# The sample trial with the details of its records (samples/trial/details), in the order in which it happened.
#   TRIALNOTARY, TRIALVERIFY: paths of the programs; TRIALNOTARY_SOURCE: the source tree
set -u
tn=${TRIALNOTARY:?path of trialnotary}
tv=${TRIALVERIFY:?path of trialverify}
trial=${TRIALNOTARY_SOURCE:?path of the source tree}/samples/trial
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
umask 022
faults=0
fault() { echo "FAILED: $*"; faults=$((faults + 1)); }
# submit DETAILS ARGUMENT...: prints the ID
submit() {
	local details=$1
	shift
	"$tn" submit n --study DEMO-1 --details "$trial/details/$details.json" "$@" 2>err | head -c 64
	[ ! -s err ] || fault "$details: $(cat err)"
}
# refused CODE DETAILS ARGUMENT...
refused() {
	local code=$1 details=$2
	shift 2
	"$tn" submit n --study DEMO-1 --details "$trial/details/$details.json" "$@" >out 2>err && fault "taken: $details $*"
	grep -q "^trialnotary: $code: " err || fault "$details $*: not $code but $(head -1 err)"
}

"$tn" init n >out 2>err || fault "init"
protocol1=$(submit protocol-v1.0 --kind protocol --version 1.0 "$trial/protocol-v1.0.md")
form_en=$(submit consent-form-en-v1.0 --kind consent-form --version 1.0 --link "uses=$protocol1" "$trial/consent-form-en-v1.0.txt")
form_de=$(submit consent-form-de-v1.0 --kind consent-form --version 1.0 --link "uses=$protocol1" --link "derives-from=$form_en" \
	"$trial/consent-form-de-v1.0.txt")
refused FORM_UNAPPROVED consent-001 --kind consent --set "form=$form_en" "$trial/consents/consent-001.txt"
submit ethics-approval --kind ethics-approval --link "approves=$protocol1" --link "approves=$form_en" \
	--link "approves=$form_de" "$trial/ethics-approval.txt" >/dev/null
n=0
for file in "$trial"/consents/*.txt; do
	name=$(basename "$file" .txt)
	form=$form_en
	grep -q 'language de' "$file" && form=$form_de
	id=$(submit "$name" --kind consent --set "form=$form" "$file")
	[ ${#id} = 64 ] || fault "$name was not taken"
	[ "$name" != consent-007 ] || consent7=$id
	[ "$name" != consent-008 ] || consent8=$id
	n=$((n + 1))
done
[ $n = 12 ] || fault "$n consents"
refused NOTHING_TO_WITHDRAW withdrawal-007 --kind withdrawal --set "consent=$consent8" "$trial/withdrawal-007.txt"
submit withdrawal-007 --kind withdrawal --set "consent=$consent7" "$trial/withdrawal-007.txt" >/dev/null
refused NOTHING_TO_WITHDRAW withdrawal-007 --kind withdrawal --set "consent=$consent7"
protocol2=$(submit protocol-v2.0 --kind protocol --version 2.0 --link "supersedes=$protocol1" "$trial/protocol-v2.0.md")
refused VERSION_ORDER protocol-v2.0 --kind protocol --version 2.1 --link "supersedes=$protocol1" "$trial/protocol-v2.0.md"
submit analysis-plan-v1.0 --kind analysis-plan --version 1.0 --link "uses=$protocol2" "$trial/analysis-plan-v1.0.md" >/dev/null

"$tn" list n >out 2>err
[ "$(wc -l <out)" = 19 ] || fault "$(wc -l <out) records, not 19"
"$tn" seal n >out 2>err || fault "seal"
"$tn" trust export n -o trust >out 2>err || fault "trust export"
for id in "$form_de" "$consent7"; do
	"$tn" export n "$id" -o "$id.asice" >out 2>err || fault "export: $(head -1 err)"
	"$tv" "$id.asice" --trust trust >out 2>err || fault "a bundle does not verify"
	unzip -p "$id.asice" details.json >details.json 2>err || fault "no details in a bundle"
	grep -q '^{"schema":"trialnotary/details/consent' details.json || fault "other details in a bundle"
done
echo "$n consents, $faults faults"
[ $faults = 0 ]

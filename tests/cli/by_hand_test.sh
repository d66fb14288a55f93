#!/usr/bin/env bash
# docs/verify-by-hand.md: runs every block exactly as it stands there, over the sample that the page shows, and compares
# what it prints; then the steps over other samples, over a fresh notary's bundles, and over bad ones, where the right
# step must complain.
#   TRIALNOTARY: path of the program; TRIALNOTARY_SOURCE: the source tree
#   by_hand_test.sh --update    writes what the blocks print into the page (after scripts/make-samples)
set -u
. "$(dirname "$0")/lib.sh"

page=$source/docs/verify-by-hand.md
export TMPDIR=$work LC_ALL=C.UTF-8
needs unzip openssl od base64 awk
case $(openssl version) in
"OpenSSL "[012].*) skip "openssl is older than 3.0" ;;
esac

# Blocks are named by their step and their place in it: 0.1, 0.2, 1.1, ... (NAME.sh); what they print is in NAME.want.
mkdir "$work/blocks"
awk -v to="$work/blocks/" '
	/^## [0-9]+\. / { step = $2; n = 0 }
	/^```$/ { if (out != "") close(out); out = ""; next }
	/^```sh$/ {
		n++
		want = to step n ".want"
		printf "" >want
		close(want)
		out = to step n ".sh"
		next
	}
	/^```text$/ { out = to step n ".want"; next }
	out != "" { print >out }' "$page"
blocks=$(cd "$work/blocks" && ls -- *.sh | sed 's/\.sh$//' | sort -t . -k 1,1n -k 2,2n)
[ "$(echo "$blocks" | wc -l)" -ge 14 ] || fault "only these blocks were found: $blocks"

# perform SHELL OUT BLOCK...: runs blocks in one shell, in a folder where samples/bundles is; OUT gets one file a block
perform() {
	local shell=$1 out=$2 block
	shift 2
	mkdir -p "$out"
	for block in "$@"; do
		printf '. "%s" >"%s" 2>>"%s"\n' "$work/blocks/$block.sh" "$out/$block.got" "$out/errors"
	done >"$out/run"
	"$shell" "$out/run" </dev/null
}

# ---- the page, exactly ----
cd "$source" || exit 1
for shell in sh bash; do
	# shellcheck disable=SC2086
	perform $shell "$work/page-$shell" $blocks
	[ ! -s "$work/page-$shell/errors" ] || fault "$shell: the page causes error messages" "$work/page-$shell/errors"
done
if [ "${1:-}" = --update ]; then
	awk -v from="$work/page-sh/" '
		/^## [0-9]+\. / { step = $2; n = 0 }
		/^```sh$/ { n++ }
		/^```$/ { skip = 0 }
		skip { next }
		{ print }
		/^```text$/ { skip = 1; file = from step n ".got"; while ((getline line <file) > 0) print line; close(file) }' \
		"$page" >"$work/new" && cp "$work/new" "$page"
	exit 0
fi
for shell in sh bash; do
	for block in $blocks; do
		count=$((count + 1))
		diff "$work/blocks/$block.want" "$work/page-$shell/$block.got" >"$work/diff" ||
			fault "$shell: block $block prints something else than the page shows" "$work/diff"
	done
done

# ---- other bundles: steps 1 to 8 ----
steps=$(echo "$blocks" | grep '^[1-8]\.')
# by_hand NAME BUNDLE TRUST AT: runs the steps; complaints as lines "STEP TEXT" go to complaints, good lines are counted
by_hand() {
	local block out=$work/$1
	cat >"$work/blocks/prepare.sh" <<-EOT
		cd "\$(mktemp -d)" && cp "$2" bundle.asice && cp -r "$3" trust && at=$4
	EOT
	# shellcheck disable=SC2086
	perform sh "$out" prepare 0.2 $steps
	for block in $steps; do
		grep -E 'FAILED|DIFFERENT|Failure|bad CRC|At least one error|cannot find' "$out/$block.got" | sed "s/^/${block%%.*} /"
	done >"$work/complaints"
	oks=$(cat "$out"/[1-8].*.got | grep -cE '^ok: |: OK$|^Verification: OK$|^Signature Verified')
	count=$((count + 1))
}
# holds NAME BUNDLE TRUST AT: no step complains, and every step says something
holds() {
	by_hand "$@"
	[ ! -s "$work/complaints" ] || fault "$1: by hand it does not hold" "$work/complaints"
	[ "$oks" -ge 18 ] || fault "$1: only $oks steps said that they hold" "$work/$1/errors"
}
# complains NAME STEP TEXT: the first complaint about a bad sample is that of this step
complains() {
	by_hand "$1" "$source/samples/bundles/$1.asice" "$source/samples/bundles/trust" 1782864000
	[ -s "$work/complaints" ] || { fault "$1: nothing complains"; return; }
	head -n 1 "$work/complaints" | grep -qF -- "$2 $3" || fault "$1: the first complaint is not '$2 $3'" "$work/complaints"
}

for name in dataset dataset-withheld protocol signed consent consent-withheld first-seal later-seal; do
	holds good-$name "$source/samples/bundles/good-$name.asice" "$source/samples/bundles/trust" 1782864000
done
complains bad-document-changed 2 "alertness.csv: FAILED"
complains bad-commitment-changed 2 "commitment-001.json: FAILED"
complains bad-extra-file 2 "DIFFERENT: covered by nothing: added.txt"
complains bad-duplicate-name 1 "DIFFERENT: this name stands there twice: alertness.csv"
complains bad-statement-changed 3 "DIFFERENT: the entry holds the record ID"
complains bad-rewritten 3 "DIFFERENT: the entry holds the record ID"
complains bad-submitter-signature 3 "DIFFERENT: the entry holds the record ID"
complains bad-entry-of-another 3 "DIFFERENT: the entry holds the record ID"
complains bad-evidence-of-another 4 "DIFFERENT: the evidence covers exactly the members"
complains bad-seal-head-of-another 4 "DIFFERENT: the tree leads to the batch of the seal head"
complains bad-empty-evidence 4 "DIFFERENT: the evidence covers exactly the members"
complains bad-no-evidence 4 "DIFFERENT: the evidence covers exactly the members"
complains bad-token-signature 5 "Verification: FAILED"
complains bad-other-notary 5 "Verification: FAILED"
complains bad-proof-index 6 "DIFFERENT: the entry leads to the root of the log"
complains bad-proof-of-another 6 "DIFFERENT: the entry leads to the root of the log"
complains bad-checkpoint-size 6 "DIFFERENT: the entry leads to the root of the log"
complains bad-checkpoint-signature 7 "Signature Verification Failure"
complains bad-previous-missing 8 "DIFFERENT: the seal head names its predecessor"

# ---- step 9 notices a changed confidential document, step 10 a changed signature ----
mkdir "$work/changed"
cp "$source/samples/bundles/bad-consent-changed.asice" "$work/changed/good-consent.asice"
cp "$source/samples/bundles/bad-submitter-signature.asice" "$work/changed/good-signed.asice"
echo "cd \"\$(mktemp -d)\" && samples=$work/changed && cp -r $source/samples/bundles/trust trust && at=1782864000" >"$work/blocks/prepare.sh"
perform sh "$work/last" prepare 0.2 9.1 10.1
grep -q '^consent-007.txt: FAILED' "$work/last/9.1.got" || fault "step 9 does not notice a changed document" "$work/last/9.1.got"
grep -q '^DIFFERENT: the signature is valid' "$work/last/10.1.got" || fault "step 10 does not notice a changed signature" "$work/last/10.1.got"

# ---- step 11 notices a changed row ----
mkdir -p "$work/rows/samples/bundles" "$work/rows/docs/formats/examples"
sed 's/^\(row 3 .*\)MODERATE/\1SEVERE/' "$source/docs/formats/examples/excerpt" >"$work/rows/docs/formats/examples/excerpt"
cp "$source/docs/formats/examples/rows-001.json" "$work/rows/docs/formats/examples"
echo "cd \"\$(mktemp -d)\" && samples=$work/rows/samples/bundles" >"$work/blocks/prepare.sh"
perform sh "$work/last" prepare 0.2 11.1 11.2
grep -q '^DIFFERENT: these rows lead to the root' "$work/last/11.2.got" || fault "step 11 does not notice a changed row" "$work/last/11.2.got"

# ---- step 12 notices a changed document, and a changed token; what is unpacked already stays ----
renewed() { # renewed NAME COMMAND: in the unpacked bundle
	rm -rf "$work/renewed"
	mkdir -p "$work/renewed/r"
	unzip -qn samples/renewed/tree.asice -d "$work/renewed/r"
	(cd "$work/renewed/r" && eval "$2")
	echo "cd $work/renewed && samples=$source/samples/bundles" >"$work/blocks/prepare.sh"
	perform sh "$work/$1" prepare 0.2 12.1 12.2 12.3
	count=$((count + 1))
}
renewed as-it-is :
cat "$work/as-it-is/12.2.got" "$work/as-it-is/12.3.got" | grep -cE '^ok: |^Verification: OK' | grep -qx 6 || fault "step 12 does not hold" "$work/as-it-is/12.3.got"
renewed other-document 'echo >>protocol-v1.0.md'
grep -q '^DIFFERENT: the first covers' "$work/other-document/12.2.got" && grep -q '^DIFFERENT: the third covers' "$work/other-document/12.2.got" ||
	fault "step 12 does not notice a changed document" "$work/other-document/12.2.got"
# the last octet of the first token: its signature
last=$(awk '$1 == 1 { print $2 + $3 - 1 }' "$work/renewed/stamps")
renewed other-token "printf '\\377' | dd of=META-INF/evidencerecord001.ers bs=1 seek=$last conv=notrunc status=none"
grep -q '^DIFFERENT: the second covers' "$work/other-token/12.2.got" && grep -q '^DIFFERENT: the third covers' "$work/other-token/12.2.got" &&
	grep -q '^Verification: FAILED' "$work/other-token/12.3.got" || fault "step 12 does not notice a changed token" "$work/other-token/12.3.got"

# ---- a damaged document: the container complains ----
offset=$(LC_ALL=C grep -obUa 'DEMO-1-001,WALK' samples/bundles/good-dataset.asice | head -n 1 | cut -d : -f 1)
mkdir "$work/damaged"
cp samples/bundles/good-dataset.asice "$work/damaged.asice"
printf X | dd of="$work/damaged.asice" bs=1 seek="$offset" conv=notrunc status=none
by_hand damaged "$work/damaged.asice" "$source/samples/bundles/trust" 1782864000
grep -q '^1 .*CRC' "$work/complaints" || fault "step 1 does not notice a damaged document" "$work/complaints"
grep -q '^2 alertness.csv: FAILED' "$work/complaints" || fault "step 2 does not notice a damaged document" "$work/complaints"

# ---- fresh notaries: one record, then twelve in a second seal ----
# fresh KIND: a notary whose time-stamping authority has a key of this kind
fresh() {
	local n=$work/$1 now id
	trialnotary() { "$tn" "$@" --quiet; }
	trialnotary init "$n" --origin demo.example/1 --tsa-key "$1" >/dev/null || fault "init"
	trialnotary submit "$n" --study T-1 --kind protocol samples/trial/protocol-v1.0.md >"$n.ids" || fault "submit"
	trialnotary seal "$n" >/dev/null || fault "seal"
	trialnotary submit "$n" --study T-1 --kind consent --keep --each samples/trial/consents >>"$n.ids" || fault "submit"
	trialnotary seal "$n" >/dev/null || fault "seal"
	trialnotary trust export "$n" -o "$n.trust" >/dev/null || fault "trust export"
	now=$(openssl x509 -in "$n.trust/tsa/embedded.pem" -noout -startdate | cut -d = -f 2)
	now=$(($(date -u -d "$now" +%s) + 86400))
	for id in $(awk 'NR % 6 == 1 { print $1 }' "$n.ids"); do
		trialnotary export "$n" "$id" -o "$n.asice" --force >/dev/null || fault "export $id"
		holds "$1-$id" "$n.asice" "$n.trust" $now
	done
}
if [ -n "${TRIALNOTARY:-}" ]; then
	fresh p256
	fresh rsa3072
	cp -r samples/bundles/trust "$work/other-log"
	cp "$work/p256.trust/tlog-policy" "$work/other-log/tlog-policy"
	by_hand other-log "$source/samples/bundles/good-dataset.asice" "$work/other-log" 1782864000
	head -n 1 "$work/complaints" | grep -q '^7 DIFFERENT: the signature names its key' ||
		fault "step 7 does not notice another log of the same name" "$work/complaints"
fi

finished

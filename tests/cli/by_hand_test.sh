#!/usr/bin/env bash
# Runs every command of docs/verify-by-hand.md exactly as it is written there: on good bundles each block ends in OK, on
# changed ones the step that must notice does not.
#   by_hand_test.sh BUILD_DIR
set -u
build=${1:?build folder}
source=${TRIALNOTARY_SOURCE:?}
PATH=$build:$PATH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0 checks=0
fail() { echo "FAILED: $*"; failed=$((failed + 1)); }

blocks=$(grep -c '^```sh$' "$source/docs/verify-by-hand.md")
awk '/^```sh$/ { on = 1; next } /^```$/ { on = 0 } on' "$source/docs/verify-by-hand.md" >"$work/commands"

# by_hand BUNDLE: the OK lines, in order
by_hand() {
	rm -rf "$work/run"
	mkdir "$work/run"
	cp "$1" "$work/run/bundle.asice"
	cp -r "$work/trust" "$work/run/trust"
	(cd "$work/run" && bash "$work/commands" 2>"$work/errors" | grep '^OK')
}
good() {
	local n
	n=$(by_hand "$1" | wc -l)
	checks=$((checks + 1))
	[ "$n" = "$blocks" ] || { fail "$2: $n of $blocks steps are OK"; cat "$work/errors"; }
}
# bad NAME STEP EARLIER: the bundle in box2 fails at the step whose OK line begins so, not at the earlier one
bad() {
	checks=$((checks + 1))
	rm -f "$work/bad.asice"
	(cd "$work/box2" && zip -q -0 -X -D -r "$work/bad.asice" mimetype . )
	by_hand "$work/bad.asice" >"$work/oks"
	grep -q "^$2" "$work/oks" && fail "$1: the step '$2' does not notice"
	grep -q "^$3" "$work/oks" || fail "$1: the step '$3' fails already"
}
fresh() { rm -rf "$work/box2"; mkdir "$work/box2"; (cd "$work/box2" && unzip -qq "$work/later.asice"); }

cd "$work" || exit 1
samples=$source/samples/trial
submit() { trialnotary submit n --study DEMO-1 "$@" | awk 'NR == 1 { print $1 }'; }
trialnotary init n --origin hand.example/1 >/dev/null || exit 1
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem -days 400 -subj '/CN=Example Sponsor' 2>/dev/null
first=$(submit --kind protocol --version 1.0 "$samples/protocol-v1.0.md")
trialnotary seal n >/dev/null
for i in 1 2 3 4 5; do submit --kind other --version $i "$samples/results.md" >/dev/null; done
later=$(submit --kind dataset "$samples/dataset")
signed=$(submit --kind results --sign key.pem --cert cert.pem "$samples/results.md")
consent=$(submit --kind consent --keep "$samples/consents/consent-001.txt")
trialnotary seal n >/dev/null
trialnotary trust export n -o trust >/dev/null
for r in first later signed consent; do trialnotary export n "${!r}" -o $r.asice >/dev/null || exit 1; done
trialnotary export n "$consent" -o withheld.asice --withhold consent-001.txt >/dev/null || exit 1

good first.asice "the first seal"
good later.asice "a later seal"
good signed.asice "a signed record"
good consent.asice "a confidential document"
good withheld.asice "a withheld document"

fresh; printf x >>box2/alertness.csv; bad "changed document" "OK members" "OK unpacked"
fresh; sed -i 's/"dataset"/"results"/' box2/statement.json; bad "changed statement" "OK record" "OK members"
fresh; (cd box2 && unzip -qqo ../first.asice META-INF/evidencerecord001.ers); bad "evidence of another record" "OK the evidence record" "OK record"
fresh; sed -i 's/^seal 2/seal 3/' box2/META-INF/trialnotary/seal-head; bad "changed seal head" "OK the tree" "OK the evidence"
fresh; sed -i '/^slot/{s/^slot //;y/0123456789abcdef/123456789abcdef0/;s/^/slot /}' box2/META-INF/trialnotary/entry; bad "changed entry" "OK entry" "OK existed"
fresh; sed -i '2s/.*/index 1/' box2/META-INF/trialnotary/log.tlog-proof; bad "another index" "OK entry" "OK existed"
fresh; sed -i 's/^size 9/size 8/' box2/META-INF/trialnotary/seal-head; bad "another size" "OK the seal head names" "OK entry"
trialnotary init m --origin hand.example/1 >/dev/null; trialnotary trust export m -o trust2 >/dev/null
cp trust2/tsa/embedded.pem trust/tsa/embedded.pem; fresh; bad "another authority" "OK existed" "OK the tree"
cp trust2/tlog-policy trust/tlog-policy; fresh; bad "another log key" "OK signed" "OK entry"

echo "$checks checks, $failed failed"
[ $failed = 0 ]

#!/usr/bin/env bash
# Notarises every file of the data folder, one record each, in three batches; exports and verifies all of them; then changes
# one byte of a document in a sample of bundles: each must be REJECTED with DIGEST_MISMATCH.
#   real_data_test.sh BUILD_DIR
set -u
build=${1:?build folder}
data=${TRIALNOTARY_DATA:-$TRIALNOTARY_SOURCE/../shared/data}
[ -d "$data" ] || { echo "skipped: there is no data folder '$data' (TRIALNOTARY_DATA)"; exit 77; }
PATH=$build:$PATH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*"; exit 1; }

trialnotary init "$work/n" --origin data.example/1 >/dev/null || fail "init"
files=0
: >"$work/ids"
batch=0
for part in "$data"/*; do
	kind=dataset
	case $part in
	*.md) kind=other ;;
	*/consent-forms) kind=consent-form ;;
	*/usdm) kind=protocol ;;
	*/ctgov) kind=registration ;;
	esac
	trialnotary submit "$work/n" --study "REAL-$(basename "$part")" --kind $kind --each "$part" >>"$work/ids" || fail "submit $part"
	batch=$((batch + 1))
	if [ $((batch % 5)) = 0 ]; then
		trialnotary seal "$work/n" >/dev/null || fail "seal"
	fi
done
trialnotary seal "$work/n" >/dev/null || fail "seal"
files=$(find "$data" -type f | wc -l)
records=$(wc -l <"$work/ids")
[ "$files" = "$records" ] || fail "$files files gave $records records"

trialnotary trust export "$work/n" -o "$work/trust" >/dev/null || fail "trust export"
mkdir "$work/bundles"
cut -c1-64 "$work/ids" | xargs trialnotary export "$work/n" -o "$work/bundles" >/dev/null || fail "export"
made=$(find "$work/bundles" -name '*.asice' | wc -l)
unique=$(cut -c1-64 "$work/ids" | sort -u | wc -l)
[ "$made" = "$unique" ] || fail "$unique records gave $made bundles"
find "$work/bundles" -name '*.asice' -print0 | xargs -0 -n 500 trialverify --trust "$work/trust" -q >"$work/verdicts" || fail "not all are VERIFIED: $(grep -v '^VERIFIED' "$work/verdicts" | head -3)"
verified=$(grep -c '^VERIFIED ' "$work/verdicts")
[ "$verified" = "$made" ] || fail "$verified of $made are VERIFIED"

# submitting everything again makes nothing twice
trialnotary submit "$work/n" --study "REAL-cdisc-pilot" --kind dataset --each "$data/cdisc-pilot" >"$work/again" || fail "submit again"
grep -Fxq "$(head -1 "$work/again")" "$work/ids" || fail "the same folder made new records"

# every sixth bundle: one byte in the middle of the document, which is the entry after statement.json that is no stream member;
# an empty document has none (flip says 77). The identifiers are random, so which bundles these are differs from run to run.
empty=$(find "$data" -type f -empty | wc -l)
changed=0
unchanged=0
for bundle in $(find "$work/bundles" -name '*.asice' | sort | awk 'NR % 6 == 1'); do
	"$build/tests/flip" "$bundle" "$work/changed.asice"
	case $? in
	0) ;;
	77) unchanged=$((unchanged + 1)); continue ;;
	*) fail "flip $bundle" ;;
	esac
	trialverify --trust "$work/trust" --json "$work/changed.asice" >"$work/verdict"
	[ $? = 1 ] || fail "a changed document is not REJECTED: $bundle"
	grep -q '"code":"DIGEST_MISMATCH"' "$work/verdict" || fail "no DIGEST_MISMATCH: $bundle"
	"$build/tests/flip" --repair "$bundle" "$work/changed.asice" || fail "flip $bundle"
	trialverify --trust "$work/trust" --json "$work/changed.asice" >"$work/verdict"
	[ $? = 1 ] || fail "a changed document with the right CRC-32 is not REJECTED: $bundle"
	grep -q '"code":"DIGEST_MISMATCH"' "$work/verdict" || fail "no DIGEST_MISMATCH with the right CRC-32: $bundle"
	changed=$((changed + 1))
done
[ "$changed" -gt 0 ] && [ "$unchanged" -le "$empty" ] || fail "$changed bundles changed, $unchanged had no byte to change, but $empty files are empty"
trialnotary fsck "$work/n" >/dev/null || fail "fsck"
trialnotary log audit "$work/n" >/dev/null || fail "log audit"
echo "$files files, $verified bundles verified, $changed changed in two ways and rejected"

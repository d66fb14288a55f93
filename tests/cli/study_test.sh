#!/bin/bash
# A study bundle as its users meet it: made, judged, expanded, and held against the rules.
#   TRIALVERIFY, TRIALNOTARY: paths of the programs; TRIALNOTARY_SOURCE: the source tree
set -u
tv=${TRIALVERIFY:?path of trialverify}
tn=${TRIALNOTARY:?path of trialnotary}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
umask 022
faults=0
count=0

fault() { echo "FAILED: $1"; faults=$((faults + 1)); [ $# -gt 1 ] && sed 's/^/    /' "$2"; }
# run STATUS NAME COMMAND...: runs it and compares the exit status; output is in out and err
run() {
	local want=$1 name=$2 got
	shift 2
	"$@" >out 2>err
	got=$?
	count=$((count + 1))
	[ "$got" = "$want" ] || { fault "$name: exit status $got, not $want"; sed 's/^/    /' out err; }
}
has() { count=$((count + 1)); grep -qF -- "$2" "$1" || fault "$1 lacks '$2'" "$1"; }
lacks() { count=$((count + 1)); ! grep -qF -- "$2" "$1" || fault "$1 holds '$2'" "$1"; }

run 0 init "$tn" init n
for i in 1 2; do
	echo "protocol $i" >"protocol-$i.txt"
	run 0 submit "$tn" submit n "protocol-$i.txt" --study EX-1 --kind protocol --version "$i.0"
	echo "other $i" >"other-$i.txt"
	run 0 submit "$tn" submit n "other-$i.txt" --study EX-2 --kind protocol
	run 0 seal "$tn" seal n
done
echo "form" >form.txt
echo "consent" >consent.txt
printf 'subject,visit\nS1,1\n' >data.csv
run 0 submit "$tn" submit n form.txt --study EX-1 --kind consent-form --version 1.0
run 0 submit "$tn" submit n consent.txt --study EX-1 --kind consent
run 0 submit "$tn" submit n data.csv --study EX-1 --kind dataset
run 0 seal "$tn" seal n
run 0 trust "$tn" trust export n -o trust.d

# made and judged
run 0 bundle "$tn" bundle n --study EX-1 -o ex.tnstudy
has out "5 records shown, 0 withheld or erased, 5 documents"
run 64 "a name that is taken" "$tn" bundle n --study EX-1 -o ex.tnstudy
has err "EXISTS"
run 0 "force" "$tn" bundle n --study EX-1 -o ex.tnstudy --force
cp ex.tnstudy again
run 0 "force" "$tn" bundle n --study EX-1 -o ex.tnstudy --force
cmp -s ex.tnstudy again || fault "the same study gives other octets"
run 0 verify "$tv" --trust trust.d ex.tnstudy
has out "VERIFIED  ex.tnstudy"
has out "5 shown: 5 verified"
has out "complete from 0 to 4"
has out "no study head is disclosed"
run 0 json "$tv" --trust trust.d --json ex.tnstudy
has out '"schema":"trialnotary/study-verdict/1","verdict":"VERIFIED"'
run 2 "without trust" "$tv" ex.tnstudy
has out "INDETERMINATE"
run 3 "integrity alone" "$tv" --integrity-only ex.tnstudy
has out "INTACT"
run 64 "a page" "$tv" --trust trust.d --report page.html ex.tnstudy
run 64 "two of them" "$tv" --trust trust.d ex.tnstudy again
has out "USAGE"

# withheld, and documents beside it
run 0 withhold "$tn" bundle n --study EX-1 --withhold consent -o withheld.tnstudy
run 0 "verify withheld" "$tv" --trust trust.d withheld.tnstudy
has out "1 withheld or erased"
has out "complete from 0 to 4, 1 of them withheld or erased"
run 0 "without documents" "$tn" bundle n --study EX-1 --no-documents -o bare.tnstudy
run 2 "verify without documents" "$tv" --trust trust.d bare.tnstudy
has out "MISSING_OBJECT"
run 0 "given beside" "$tv" --trust trust.d bare.tnstudy --detached protocol-1.txt --detached protocol-2.txt --detached form.txt --detached data.csv
run 66 "no such study" "$tn" bundle n --study EX-9 -o none.tnstudy

# expanded: each bundle is what export gives
run 0 expand "$tn" expand ex.tnstudy -o x
has out "5 bundles, 5 documents"
for b in x/*.asice; do
	id=$(basename "$b" .asice)
	run 0 export "$tn" export n "$id" -o "export-$id.asice" --detached
	cmp -s "$b" "export-$id.asice" || fault "the expanded bundle of $id is another than the exported one"
done
[ "$(ls x/documents | wc -l)" = 5 ] || fault "documents are missing"
for d in x/documents/*; do
	[ "$(sha256sum "$d" | cut -c1-64)" = "$(basename "$d")" ] || fault "$d has another digest"
done

# rules: the same findings, octet by octet
at=2030-01-01T00:00:00Z
for form in "" --json --all; do
	"$tn" check n --study EX-1 --at $at $form >by-folder 2>&1
	a=$?
	"$tn" check --bundle ex.tnstudy --trust trust.d --at $at $form >by-bundle 2>&1
	b=$?
	count=$((count + 2))
	[ $a = $b ] || fault "check $form ends with $a and $b"
	cmp -s by-folder by-bundle || { fault "check $form finds something else in the bundle"; diff by-folder by-bundle | head -20; }
	[ -s by-bundle ] || fault "check $form says nothing"
done
run 0 report "$tn" report --bundle ex.tnstudy --trust trust.d --at $at -o report.html
has report.html "a study bundle"
run 64 "no trust" "$tn" check --bundle ex.tnstudy
run 64 "both" "$tn" check n --study EX-1 --bundle ex.tnstudy --trust trust.d

# changed
cp ex.tnstudy bad.tnstudy
printf 'XYZW' | dd of=bad.tnstudy bs=1 seek=400 conv=notrunc 2>dd
run 1 changed "$tv" --trust trust.d bad.tnstudy
has out "REJECTED"
run 1 "check changed" "$tn" check --bundle bad.tnstudy --trust trust.d
run 1 "expand changed" "$tn" expand bad.tnstudy -o y
[ ! -e y ] || fault "something was written"
cp ex.tnstudy bad.tnstudy
echo x >>bad.tnstudy
run 1 "followed by something" "$tv" --trust trust.d bad.tnstudy

echo "$count checks, $faults failed"
[ $faults = 0 ]

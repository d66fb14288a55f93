#!/bin/bash
# A study bundle as its users meet it: made, judged, expanded, and held against the rules.
#   TRIALVERIFY, TRIALNOTARY: paths of the programs; TRIALNOTARY_SOURCE: the source tree
set -u
. "$(dirname "$0")/lib.sh"

run 0 init "$tn" init n
for i in 1 2; do
	echo "protocol $i" >"protocol-$i.txt"
	run 0 submit "$tn" submit n "protocol-$i.txt" --study EX-1 --kind protocol --version "$i.0"
	echo "other $i" >"other-$i.txt"
	run 0 submit "$tn" submit n "other-$i.txt" --study EX-2 --kind protocol
	run 0 seal "$tn" seal n
done
echo "form" >form.txt
echo "NOBODY KNOWS" >consent.txt
printf 'subject,visit\nSUBJECT-OF-VISIT,1\n' >data.csv
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
run 64 "two of them" "$tv" --trust trust.d ex.tnstudy again
has err "study bundles are judged one by one"

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

# withheld and embargoed, and given beside the file
consent=$("$tn" list n | grep ' consent ' | cut -c1-64)
data=$("$tn" list n | grep ' dataset ' | cut -c1-64)
run 0 "one record" "$tn" bundle n --study EX-1 --withhold-record "${consent:0:12}" --embargo dataset -o part.tnstudy
has out "4 records shown, 1 withheld or erased, 3 documents, 1 of shown records withheld, "
run 0 "embargo of one" "$tn" bundle n --study EX-1 --withhold consent --embargo-record "$data" -o same.tnstudy
cmp -s part.tnstudy same.tnstudy || fault "kind and ID choose otherwise"
run 0 "expand part" "$tn" expand part.tnstudy -o part.d
[ "$(ls part.d/*.asice | wc -l)" = 4 ] || fault "four bundles are shown"
for secret in "NOBODY KNOWS" "SUBJECT-OF-VISIT"; do
	! grep -rqF -- "$secret" part.d || fault "'$secret' is in what it expands to"
done
run 0 "export withheld" "$tn" export n "$data" -o want.asice --detached --withhold data.csv
cmp -s want.asice "part.d/$data.asice" || fault "the embargoed record is not what export gives"
run 0 "export both" "$tn" export n "$consent" "$data" -o later/
run 0 "verify part" "$tv" --trust trust.d part.tnstudy
has out "4 shown: 4 verified"
has out "1 file of them withheld"
has out "1 withheld or erased"
run 0 "later" "$tv" --trust trust.d part.tnstudy "later/$consent.asice" "later/$data.asice"
has out "5 shown: 5 verified"
has out "2 of them given beside the file"
has out "0 withheld or erased"
lacks out "files of them withheld"
run 0 "later, JSON" "$tv" --trust trust.d --json part.tnstudy "later/$consent.asice"
has out '"records":5,"shown":5,"given":1,"hidden":0,"withheld_files":1,'
other=$("$tn" list n | grep ' EX-2 ' | head -1 | cut -c1-64)
run 0 "export another study" "$tn" export n "$other" -o other.asice
run 1 "of another study" "$tv" --trust trust.d part.tnstudy other.asice
has out "does not belong to the file: it is of another study"
run 66 "no such kind" "$tn" bundle n --study EX-1 --withhold consents -o typo.tnstudy
has err "no record of the study is of the kind 'consents'"
run 66 "of another study" "$tn" bundle n --study EX-1 --withhold-record "$other" -o typo.tnstudy
[ ! -e typo.tnstudy ] || fault "a mistyped word made a file"
run 64 "no kind" "$tn" bundle n --study EX-1 --embargo "Data Set" -o typo.tnstudy
has err "--embargo 'Data Set' is no kind"
# a kind that the study has no record of is no mistake, and is told
run 0 "a kind without records" "$tn" bundle n --study EX-1 --embargo results --withhold dataset --withhold publication -o none.tnstudy
has err "warning: the study has no record of the kind 'results', so --embargo results leaves nothing out"
has err "warning: the study has no record of the kind 'publication', so --withhold publication leaves nothing out"
lacks err "'dataset'"
run 0 "a kind without records, JSON" "$tn" bundle n --study EX-1 --embargo results --withhold dataset --json --force -o none.tnstudy
has out '"unmatched":["results"]'
run 0 "all have records, JSON" "$tn" bundle n --study EX-1 --withhold dataset --json --force -o none.tnstudy
has out '"unmatched":[]'
rm none.tnstudy

# what it is
run 0 inspect "$tn" inspect part.tnstudy
has out "part.tnstudy: a study bundle of $(stat -c %s part.tnstudy) octets, NOT CHECKED"
has out "Study      EX-1"
has out "Records    5: 4 shown, 1 withheld or erased"
has out "Documents  3 in the file"
has out "trialverify --trust DIR part.tnstudy"
has out "trialnotary expand part.tnstudy -o FOLDER"
run 0 "inspect, JSON" "$tn" inspect part.tnstudy --json
has out '"study":"EX-1","records":5,"shown":4,"hidden":1,"documents":3,'
run 0 "inspect a bundle" "$tn" inspect want.asice
has out "want.asice: the bundle of one record, NOT CHECKED"
has out "trialverify --trust DIR FILE"
run 64 "inspect a table" "$tn" inspect data.csv
has err "'data.csv' is no file that is known here: 'trialverify inspect'"
run 66 "inspect a folder" "$tn" inspect n
has err "'n' is a folder"
run 66 "inspect nothing" "$tn" inspect nothing --json
has out '"code":"NO_INPUT"'
: >empty.tnstudy
run 66 "inspect an empty file" "$tn" inspect empty.tnstudy
has err "'empty.tnstudy' is empty"
head -c 900 part.tnstudy >cut.tnstudy
run 1 "inspect a part" "$tn" inspect cut.tnstudy
has err ZIP_SHAPE
lacks out "a study bundle"
run 1 "expand a bundle" "$tn" expand want.asice -o never.d
has err "STUDY_SHAPE: 'want.asice' is no study bundle but the bundle of one record: use trialverify --trust DIR FILE"
[ ! -e never.d ] || fault "something was expanded"
run 1 "check a bundle" "$tn" check --bundle want.asice --trust trust.d
has err "is no study bundle but the bundle of one record"

# where it goes
run 66 "no folder" "$tn" bundle n --study EX-1 -o nowhere/ex.tnstudy
has err "NO_INPUT: there is no folder 'nowhere/' to write into: make it first, or choose another"
run 66 "no folder, JSON" "$tn" bundle n --study EX-1 --json -o nowhere/ex.tnstudy
has out '"code":"NO_INPUT","message":"there is no folder'
run 66 "a file, no folder" "$tn" bundle n --study EX-1 -o data.csv/ex.tnstudy
has err "'data.csv/' is no folder"
run 66 "expand into no folder" "$tn" expand ex.tnstudy -o nowhere/look
has err "there is no folder 'nowhere/' to write into"
run 64 "there already" "$tn" bundle n --study EX-1 -o ex.tnstudy
has err "EXISTS: 'ex.tnstudy' is already there: --force replaces it"
run 64 "something else" "$tn" bundle n --study EX-1 --force -o data.csv
has err "'data.csv' is there and is no study bundle: --force replaces study bundles alone"
run 64 "a folder" "$tn" bundle n --study EX-1 --force -o part.d
has err "'part.d' is a folder: name a file"
run 64 "expand, there already" "$tn" expand ex.tnstudy -o part.d
has err "EXISTS: the folder 'part.d' already holds"
[ "$(ls -A | grep -c '^\.trialnotary-')" = 0 ] || fault "something unfinished is left"

# as many words as there are
many=()
for i in $(seq 300); do many+=(--from data.csv); done
mkdir moved
mv protocol-1.txt moved/
run 66 "many places" "$tn" bundle n --study EX-1 "${many[@]}" -o many.tnstudy
has err DOCUMENT_MISSING
run 0 "many places, the last one counts too" "$tn" bundle n --study EX-1 "${many[@]}" --from moved -o many.tnstudy
many=()
for i in $(seq 300); do many+=(--withhold results); done
run 0 "many kinds" "$tn" bundle n --study EX-1 "${many[@]}" --from moved --withhold consent --force --json -o many.tnstudy
has out '"hidden":1,'
mv moved/protocol-1.txt .

# the page
run 0 page "$tv" --trust trust.d --at 2030-01-01T00:00:00Z --report page.html part.tnstudy "later/$consent.asice"
run 0 "page again" "$tv" --trust trust.d --at 2030-01-01T00:00:00Z --report page2.html part.tnstudy "later/$consent.asice"
cmp -s page.html page2.html || fault "the same result gives other octets"
run 64 "a page that is there" "$tv" --trust trust.d --report page.html part.tnstudy
has err "EXISTS"
has page.html "<h1>Verification report of a study</h1>"
has page.html 'All 5 records that are shown are verified'
has page.html "$consent"
has page.html "given beside the file"
has page.html "OTHER_STREAMS"
lacks page.html "<script"
lacks page.html "http:"
lacks page.html "https:"
cp part.tnstudy '<b>.tnstudy'
run 2 "an open page" "$tv" --at 2030-01-01T00:00:00Z --report open.html '<b>.tnstudy'
has open.html "&lt;b&gt;.tnstudy"
has open.html 'INDETERMINATE'
has open.html "What to do:"

# signed, countersigned, and an anonymous copy
if command -v openssl >/dev/null; then
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem -days 30 \
		-subj "/CN=Dr Signer" -addext keyUsage=digitalSignature >/dev/null 2>&1
	chmod 600 key.pem
	echo "plan" >plan.txt
	echo "approval" >approval.txt
	run 0 "plain" "$tn" submit n plan.txt --study EX-3 --kind protocol --title 'The <i>plan</i>'
	run 0 signed "$tn" submit n approval.txt --study EX-3 --kind results --sign key.pem --cert cert.pem --meaning author --printed-name "Dr Signer"
	signed=$(head -1 out | cut -c1-64)
	run 0 countersigned "$tn" countersign n "$signed" --sign key.pem --cert cert.pem --meaning approval
	run 0 "consent" "$tn" submit n consent.txt --study EX-3 --kind consent
	run 0 seal "$tn" seal n
	run 0 "bundle signed" "$tn" bundle n --study EX-3 -o signed.tnstudy
	has out "4 records shown, 0 withheld or erased"
	run 0 "verify signed" "$tv" --trust trust.d signed.tnstudy --report signed.html
	has out "4 shown: 4 verified"
	has signed.html "The &lt;i&gt;plan&lt;/i&gt;"
	run 0 "expand signed" "$tn" expand signed.tnstudy -o signed.d
	for b in signed.d/*.asice; do
		run 0 "export signed" "$tn" export n "$(basename "$b" .asice)" -o "$(basename "$b")" --detached
		cmp -s "$b" "$(basename "$b")" || fault "a signed record expands to another bundle than the exported one"
	done
	grep -rqF "Dr Signer" signed.d || fault "the signer's name is in no signed bundle"
	"$tn" check n --study EX-3 --at 2030-01-01T00:00:00Z --all >by-folder 2>&1
	a=$?
	"$tn" check --bundle signed.tnstudy --trust trust.d --at 2030-01-01T00:00:00Z --all >by-bundle 2>&1
	[ $a = $? ] && cmp -s by-folder by-bundle || fault "check finds something else in the bundle of signed records"
	run 0 "anonymous" "$tn" bundle n --study EX-3 --anonymous -o anonymous.tnstudy
	has out "1 records shown, 3 withheld or erased"
	run 0 "verify anonymous" "$tv" --trust trust.d anonymous.tnstudy
	has out "complete from 0 to 3, 3 of them withheld or erased"
	run 0 "expand anonymous" "$tn" expand anonymous.tnstudy -o anonymous.d
	for secret in "Dr Signer" approval "NOBODY KNOWS" consent; do
		! grep -rqF -- "$secret" anonymous.d || fault "'$secret' is in the anonymous copy"
	done
	run 0 "export signed" "$tn" export n "$signed" -o later-signed.asice
	run 0 "the signed one later" "$tv" --trust trust.d anonymous.tnstudy later-signed.asice
	has out "2 shown: 2 verified"
	has out "2 withheld or erased"
	# an erased record keeps its place
	run 0 erase "$tn" erase n "$("$tn" list n | grep ' EX-3 ' | grep ' consent ' | cut -c1-64)" --yes
	run 0 "bundle erased" "$tn" bundle n --study EX-3 -o erased.tnstudy
	has out "3 records shown, 1 withheld or erased"
	run 0 "verify erased" "$tv" --trust trust.d erased.tnstudy
	has out "complete from 0 to 3, 1 of them withheld or erased"
fi

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

# study heads: as the verifier reads them, before anybody has checked them
run 0 "no head" "$tn" inspect ex.tnstudy
has out "Heads      no study head: nobody can see whether a stream was left out"
run 0 "a head" "$tn" heads n --study EX-1
head=$(cut -c1-16 out)
run 0 "seal it" "$tn" seal n
run 0 "bundle with it" "$tn" bundle n --study EX-1 -o head.tnstudy
run 0 "verify with it" "$tv" --trust trust.d head.tnstudy
by=$(sed -n "s/^Head .*record $head, of \([0-9-]*\) \([0-9:.]*\) UTC.*/\1T\2Z/p" out)
run 0 "inspect with it" "$tn" inspect head.tnstudy
has out "Heads      1 study head, the last one is record $head, of ${by:?the time of the head}"
run 0 "inspect with it, JSON" "$tn" inspect head.tnstudy --json
has out "\"heads\":1,\"head\":\"$head"
has out "\"head_at\":\"$by\",\"heads_from\":\"$by\",\"heads_to\":\"$by\""

finished

#!/usr/bin/env bash
# The case that rules look at: signatures, documents beside a study bundle, records that are erased or withheld.
# A folder and a study bundle have to give the same findings wherever they hold the same (docs/rules.md).
#   TRIALNOTARY: path of the program
set -u
. "$(dirname "$0")/lib.sh"

at=2030-01-01T00:00:00Z

# submit NOTARY KIND ARGS...: its ID is in id
submit() { local n=$1 kind=$2; shift 2; runs 0 submit "$n" --study S-1 --json --kind "$kind" "$@"; id=$(id_of); }
# same NAME NOTARY BUNDLE ARGS...: what both find, octet by octet; it is in found
same() {
	local name=$1 notary=$2 bundle=$3 form a b
	shift 3
	for form in "" --all --json; do
		"$tn" check "$notary" --study S-1 --at $at $form >by-folder 2>&1
		a=$?
		"$tn" check --bundle "$bundle" --trust "$notary.trust" --at $at $form "$@" >by-bundle 2>&1
		b=$?
		count=$((count + 2))
		[ $a = $b ] || fault "$name: check $form ends with $a and $b"
		cmp -s by-folder by-bundle || { diff by-folder by-bundle >differences; fault "$name: check $form finds something else in the bundle" differences; }
		[ "$form" = --all ] && cp by-bundle found
	done
}
key() { # NAME CN: a key, and a certificate that nobody but its owner vouches for
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=$2" -addext keyUsage=critical,digitalSignature \
		-keyout "$1.key" -out "$1.pem" 2>/dev/null || fault 'openssl req'
	chmod 600 "$1.key"
}
key site 'Investigator of site 01'
key data 'Data manager'
echo '{"language":"en","population":"adult","permissions":[{"name":"participation","text":"x","required":true}]}' >form.json
consent() { # FILE DIGIT: details of a consent of the participant of this digit
	printf '{"participant":"%064d","role":"participant","given":"2026-02-02","permissions":[{"name":"participation","granted":true}]}\n' "$2" >"$1"
}
for i in 1 2 3 4; do consent "c$i.json" $i; echo "consent $i" >"consent-$i.txt"; done
for i in 1 2 3; do printf 'subject,visit\nS%s,1\n' $i >"data-$i.csv"; done
echo form >form.txt
echo '{"committee":"Board","decision":"approved","from":"2026-01-01","scope":{"global":true}}' >board.json

# ---- signatures ----

runs 0 init n --origin test.example/check
submit n consent-form --details form.json --version 1.0 --keep form.txt
form=$id
submit n ethics-approval --details board.json --link "approves=$form"
submit n consent --details c1.json --set "form=$form" --sign site.key --cert site.pem --keep consent-1.txt
submit n dataset --version 1 --keep data-1.csv
data1=$id
runs 0 seal n
submit n unblinding --set "when=2026-05-01T10:00:00Z" --set scope=study --set reason=planned
submit n dataset --version 2 --title "A row was entered twice" --link "supersedes=$data1" --sign data.key --cert data.pem --meaning responsibility \
	--printed-name 'Dr. D. Example' --keep data-2.csv
data2=$id
runs 0 check n --study S-1 --rule C6
has out 'C6  PASS'
has out 'signed by who explained it'
runs 0 seal n
runs 0 check n --study S-1 --rule S2
has out 'S2  PASS'
has out 'it says why, signed'
runs 0 trust export n -o n.trust
runs 0 bundle n --study S-1 -o n.tnstudy
same signed n n.tnstudy
has found 'C6  PASS'
has found 'S2  PASS'
has found 'given: 2026-02-02'
runs 0 report --bundle n.tnstudy --trust n.trust --at $at -o n.html
has out 'n.html: 0 FAIL, '
has n.html '<bdi>Dr. D. Example</bdi> (responsibility)'
# who signed a consent may be the participant
lacks n.html 'Investigator of site 01'
has n.html '<td>signed, name not shown'
runs 0 report --bundle n.tnstudy --trust n.trust --at $at --subjects -o subjects.html
has subjects.html 'Investigator of site 01'

# a root that is pinned for submitters and vouches for neither changes no finding: whose key it was is the verifier's question
cp -r n.trust pinned
mkdir -p pinned/submitters
key other 'Somebody else'
cp other.pem pinned/submitters/other.pem
for rule in C6 S2; do
	runs 0 check --bundle n.tnstudy --trust pinned --at $at --rule $rule
	has out "$rule  PASS"
done

# not signed, and a link alone is no signature
submit n consent --details c2.json --set "form=$form" --keep consent-2.txt
second=$id
submit n dataset --version 3 --title again --link "supersedes=$data2" --keep data-3.csv
runs 0 seal n
runs 1 check n --study S-1 --rule S2
has out 'it says why, not signed'
runs 1 check n --study S-1 --rule C6
has out 'without a signature of who explained it'
submit n other --set what=note --link "countersigns=$second" --keep form.txt
runs 1 check n --study S-1 --rule C6
has out 'without a signature of who explained it'
runs 0 seal n
runs 0 bundle n --study S-1 -o n.tnstudy --force
same 'not signed' n n.tnstudy
has found 'FAIL(missing)'
runs 0 countersign n "$second" --sign site.key --cert site.pem --meaning witness
runs 0 check n --study S-1 --rule C6
runs 0 seal n
runs 0 bundle n --study S-1 -o n.tnstudy --force
same countersigned n n.tnstudy

# ---- documents beside a study bundle ----

runs 0 bundle n --study S-1 --no-documents -o bare.tnstudy
runs 2 check --bundle bare.tnstudy --trust n.trust --at $at --rule C6
has out 'version-unknown'
# a place that is not there is no place without documents
runs 66 check --bundle bare.tnstudy --trust n.trust --at $at --rule C6 --from nowhere
has err "NO_INPUT: --from 'nowhere'"
runs 0 expand n.tnstudy -o expanded
same 'beside it' n bare.tnstudy --from expanded/documents
# as in a folder, a file counts only where all of its octets do
cp -r expanded/documents changed
for f in changed/*; do echo x >>"$f"; done
runs 2 check --bundle bare.tnstudy --trust n.trust --at $at --rule C6 --from changed
# by the names that documents have: details do not travel so, data does
runs 0 report --bundle n.tnstudy --trust n.trust --at $at -o whole.html
runs 0 report --bundle bare.tnstudy --trust n.trust --at $at --from changed --from expanded/documents -o beside.html
cmp -s whole.html beside.html || fault 'the report is another one with documents beside the study bundle'
# as many places as one likes, or a refusal: nothing is left out in silence
many=()
mkdir empty
for i in $(seq 1 400); do many+=(--from empty); done
runs 0 check --bundle bare.tnstudy --trust n.trust --at $at --rule C6 "${many[@]}" --from expanded/documents
runs 0 check n --study S-1 --at $at --rule C6 "${many[@]}"
for i in $(seq 401 4200); do many+=(--from empty); done
runs 64 check --bundle bare.tnstudy --trust n.trust --at $at "${many[@]}"
has err 'more than 4096 options'

# ---- erased and withheld ----

runs 0 init e --origin test.example/erased
submit e protocol --version 1.0 --keep form.txt
submit e consent-form --details form.json --version 1.0 --keep form.txt
form=$id
submit e ethics-approval --details board.json --link "approves=$form"
submit e consent --details c1.json --set "form=$form" --sign site.key --cert site.pem --keep consent-1.txt
submit e consent --details c2.json --set "form=$form" --sign site.key --cert site.pem --keep consent-2.txt
second=$id
submit e dataset --version 1 --keep data-1.csv
plain=$id
submit e dataset --version 2 --keep data-2.csv
runs 0 seal e
runs 0 trust export e -o e.trust
# another notary's trust directory: findings, but not without a word
"$tn" check --bundle n.tnstudy --trust e.trust --at $at >out 2>err
has out 'the study bundle is not VERIFIED: 10 of its records are not; trialverify says why'
"$tn" check --bundle n.tnstudy --trust e.trust --at $at --json >out 2>err
has out '"unverified":10,"absent_documents":0}'
"$tn" check --bundle n.tnstudy --trust n.trust --at $at --json >out 2>err
has out '"unverified":0,"absent_documents":0}'
runs 0 report --bundle n.tnstudy --trust e.trust --at $at -o other.html
has other.html 'it is not VERIFIED'
runs 0 bundle e --study S-1 -o e.tnstudy
same 'nothing erased' e e.tnstudy
# a record about a person leaves digests, so it can be packed: hidden, and a record in the file says that it was erased
runs 0 erase e "$second" --yes
runs 0 seal e
runs 0 bundle e --study S-1 -o e.tnstudy --force
has out '1 withheld or erased'
same 'erased about a person' e e.tnstudy
has found "record ${second:0:8}: erased, with a record of the erasure"
has found 'G2  PASS'
has found 'T2  N/A'
lacks found 'hidden'
# of a plain one too little is left: a gap, whose next record names it
runs 0 erase e "$plain" --yes
runs 0 seal e
runs 0 bundle e --study S-1 -o e.tnstudy --force
has err 'too little of them is left'
same 'erased and a gap' e e.tnstudy
has found 'G2  PASS'
has found 'T2  N/A'
lacks found 'missing from'
runs 0 report --bundle e.tnstudy --trust e.trust --at $at -o e.html
has e.html 'erased'
has e.html 'not known'

# withheld: less is known, and it is said
runs 0 bundle e --study S-1 --withhold consent -o w.tnstudy
runs 2 check --bundle w.tnstudy --trust e.trust --at $at --rule T2
has out 'T2  INCONCLUSIVE(missing-record)'
has out '1 record is hidden: withheld from whoever has this bundle, or erased without a record that says so'
runs 2 check --bundle w.tnstudy --trust e.trust --at $at --rule T2 --json
has out '"withheld":1,"missing":0'
runs 0 check --bundle w.tnstudy --trust e.trust --at $at --rule G2
lacks out 'no record of the erasure'
runs 0 report --bundle w.tnstudy --trust e.trust --at $at -o w.html
has w.html 'withheld'
has w.html 'Not all records of the study are at hand'
# without the records that say so, nobody who has the file can tell erased from withheld
runs 0 bundle e --study S-1 --withhold erasure -o w.tnstudy --force
runs 2 check --bundle w.tnstudy --trust e.trust --at $at --rule T2
has out '3 records are hidden'
has out '1 record of a stream is missing'
# what rests on the absence of a record is not decided: a countersignature may be withheld
runs 0 countersign e "$form" --sign site.key --cert site.pem --meaning approval
submit e consent --details c3.json --set "form=$form" --keep consent-3.txt
runs 0 countersign e "$id" --sign site.key --cert site.pem --meaning witness
runs 0 seal e
runs 0 check e --study S-1 --at $at --rule C6
runs 0 bundle e --study S-1 --withhold other -o w.tnstudy --force
runs 2 check --bundle w.tnstudy --trust e.trust --at $at --rule C6
has out 'C6  INCONCLUSIVE(missing-record)'

# two neighbours of which too little is left: the next record names the last of them alone
runs 0 init g --origin test.example/gap
for i in 1 2 3; do submit g dataset --version $i --keep "data-$i.csv"; erased[i]=$id; done
submit g protocol --version 1.0 --keep form.txt
runs 0 erase g "${erased[2]}" --yes
runs 0 erase g "${erased[3]}" --yes
runs 0 seal g
runs 0 trust export g -o g.trust
runs 0 bundle g --study S-1 -o g.tnstudy
runs 0 check g --study S-1 --at $at --rule T2
runs 2 check --bundle g.tnstudy --trust g.trust --at $at --rule T2 --json
has out '"withheld":0,"missing":1'

# ---- what the study lays down is not at hand ----

# a sponsor leaves out the parameters that a record breaks: nothing may pass by the defaults, or by what was laid down before
runs 0 init p
echo '{"schema":"trialnotary/rules/1"}' >rules.json
submit p other --set 'what=trialnotary rules' --keep rules.json
echo '{"schema":"trialnotary/rules/1","notarised_within":[{"kind":"protocol","days":1}]}' >rules.json
submit p other --set 'what=trialnotary rules' --keep rules.json
laid=$id
submit p protocol --version 1.0 --date 2020-01-01 --keep form.txt
runs 0 seal p
runs 0 trust export p -o p.trust
runs 0 check p --study S-1 --rule T1
has out 'PASS-NOTE(late)'
runs 0 bundle p --study S-1 --embargo-record "$laid" -o p-embargo.tnstudy
runs 0 bundle p --study S-1 --anonymous -o p-anonymous.tnstudy
for b in p-embargo p-anonymous; do
	runs 2 check --bundle $b.tnstudy --trust p.trust --rule T1
	has out 'INCONCLUSIVE(missing-record)'
	has out "parameters of record $laid, whose rules.json or details.json is not at hand"
	lacks out 'lays none down'
	runs 2 check --bundle $b.tnstudy --trust p.trust --rule T1 --json
	has out '"parameters":""'
	runs 0 report --bundle $b.tnstudy --trust p.trust -o $b.html
	has $b.html 'rules that need it are not decided'
done
runs 2 check --bundle p-embargo.tnstudy --trust p.trust --rule T1
# the details of both records are one document
has out '3 documents are not at hand: what is in them was not looked at'
# in the folder: where it was there is another file now
echo '{"schema":"trialnotary/rules/1","notarised_within":[{"kind":"protocol","days":2}]}' >rules.json
submit p other --set 'what=trialnotary rules' rules.json
echo '{"schema":"trialnotary/rules/1"}' >rules.json
runs 2 check p --study S-1 --rule T1
has out 'whose rules.json or details.json is not at hand'
has out '1 document is not at hand: what is in it was not looked at'
# a mapping says which item is a withdrawal
echo '{"schema":"trialnotary/mapping/1"}' >mapping.json
submit p other --set 'what=trialnotary mapping' mapping.json
mv mapping.json elsewhere.json
runs 2 check p --study S-1 --rule D1 --from rules.json
has out 'INCONCLUSIVE(missing-record)'

# which record it is, and what to do
rm -f rules.json mapping.json
runs 0 init q --origin test.example/parameters
echo '{"schema":"trialnotary/rules/1","notarised_within":[{"kind":"protocol","days":30}]}' >older.json
cp older.json rules.json
submit q other --set "what=trialnotary rules" --keep rules.json
older=$id
echo '{"schema":"trialnotary/rules/1","grace_days":7}' >rules.json
submit q other --set "what=trialnotary rules" rules.json
newer=$id
echo '{"schema":"trialnotary/mapping/1"}' >mapping.json
submit q protocol --version 1.0 --keep form.txt
runs 0 seal q
runs 0 trust export q -o q.trust
runs 0 bundle q --study S-1 --only-documents-kept -o q.tnstudy
runs 0 bundle q --study S-1 --no-documents -o beside.tnstudy
runs 2 check q --study S-1 --at $at
has out "parameters of record $newer"
lacks out 'not at hand'
runs 2 check q --study S-1 --at $at --json
has out "\"parameters\":\"$newer\",\"parameters_absent\":\"\""
runs 0 report q --study S-1 --at $at -o q.html
lacks q.html 'rules that need it are not decided'
mkdir elsewhere
mv rules.json elsewhere
# not those of an earlier record, nor the defaults
runs 2 check q --study S-1 --at $at
has out "parameters of record $newer, whose rules.json or details.json is not at hand"
has out 'Say with --from where they are'
runs 2 check q --study S-1 --at $at --json
has out "\"parameters\":\"\",\"parameters_absent\":\"$newer\""
lacks out "$older"
runs 0 report q --study S-1 --at $at -o q.html --force
has q.html 'rules that need it are not decided'
has q.html "$newer"
# the same of both; a record without its document is not VERIFIED, which a folder does not say
for form in "" --all --json; do
	runs 2 check q --study S-1 --at $at $form
	sed 's/"unverified":.*//' out >by-folder
	runs 2 check --bundle q.tnstudy --trust q.trust --at $at $form
	sed '/^the study bundle is not VERIFIED/d; s/"unverified":.*//' out >by-bundle
	[ "$form" = --json ] || has by-bundle 'whose rules.json or details.json is not at hand'
	runs 2 check q --study S-1 --at $at --from elsewhere $form
	sed 's/"unverified":.*//' out >by-folder-from
	runs 2 check --bundle q.tnstudy --trust q.trust --at $at --from elsewhere $form
	sed 's/"unverified":.*//' out >by-bundle-from
	lacks by-bundle-from 'not at hand'
	count=$((count + 2))
	cmp -s by-folder by-bundle || fault "check $form tells other parameters of the bundle" by-bundle
	cmp -s by-folder-from by-bundle-from || fault "check $form --from tells other parameters of the bundle" by-bundle-from
done
# what the record calls itself is not known either; whoever has both files gives them
runs 2 check --bundle beside.tnstudy --trust q.trust --at $at
has out "parameters of record $newer, whose rules.json or details.json is not at hand"
runs 2 check --bundle beside.tnstudy --trust q.trust --at $at --from elsewhere --json
has out "\"parameters\":\"\",\"parameters_absent\":\"$newer\""
echo '{"what":"trialnotary rules"}' >elsewhere/details.json
runs 0 expand q.tnstudy -o q.expanded
runs 2 check --bundle beside.tnstudy --trust q.trust --at $at --from elsewhere --from q.expanded/documents --json
has out "\"parameters\":\"$newer\",\"parameters_absent\":\"\""
# a mapping, too
echo '{"schema":"trialnotary/mapping/1","files":[]}' >mapping.json
submit q other --set "what=trialnotary mapping" mapping.json
mapping=$id
mv mapping.json elsewhere
runs 2 check q --study S-1 --at $at
has out "The mapping.json or details.json of record ${mapping:0:8} is not at hand"
runs 2 check q --study S-1 --at $at --json
has out "\"mapping_absent\":\"$mapping\""

# ---- exit status ----

runs 66 check n --study S-9
runs 66 check nowhere --study S-1
runs 66 check --bundle nowhere --trust n.trust
runs 64 check n
runs 64 check n --study S-1 --rule X9
runs 64 check --bundle n.tnstudy
runs 64 check n --study S-1 --trust n.trust
runs 66 check --bundle n.tnstudy --trust nowhere
mkdir -p empty
runs 64 check --bundle n.tnstudy --trust empty
runs 1 check --bundle form.txt --trust n.trust
has err 'STUDY_SHAPE'
runs 0 report n --study S-1 --at $at -o status.html
has status.html 'signed under a name that the signer gave: nobody was asked who vouches for it'
runs 64 report n --study S-1 --at $at -o status.html
runs 66 report n --study S-9 -o none.html

finished

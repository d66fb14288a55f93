#!/usr/bin/env bash
# consent import and consent export: FHIR Consents become records, and records Consents.
#   TRIALNOTARY: path of the program; TRIALNOTARY_DATA: folder with published examples (optional)
set -u
. "$(dirname "$0")/lib.sh"

# the ID of the record that was submitted
new() { runs 0 "$@" --json; id=$(sed 's/.*"id":"\([0-9a-f]*\)".*/\1/' out); }

runs 0 init n --origin test.example/1
runs 0 participant add n --study S-1 017
p17=$(cat out)
echo form >form.pdf; echo form2 >form2.pdf; echo letter >letter.pdf; echo scan >scan.pdf
offers='[{"name":"participation","required":true},{"name":"future-research","purpose":"research on asthma"},{"name":"contact","text":"We may write to you."}]'
echo '{"language":"en","population":"adult","permissions":'"$offers"',"withdrawal":"Write to us.","contact":{"name":"Study office","phone":"+1 555"}}' >form.json
new submit n --study S-1 --kind consent-form form.pdf --version 1 --details form.json; f1=$id
new submit n --study S-1 --kind consent-form form2.pdf --version 2 --details form.json --link supersedes=$f1; f2=$id
new submit n --study S-1 --kind ethics-approval letter.pdf --set committee=North --set decision=approved --link approves=$f1 --link approves=$f2

scope='"scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"research"}]}'
code() { echo '{"type":"'"$1"'","code":[{"coding":[{"system":"urn:x","code":"'"$2"'"}]}]'"${3:-}"'}'; }
cat >c.json <<END
{"resourceType":"Consent","status":"active",$scope,"patient":{"reference":"Patient/MRN-4711","display":"Jane Doe"},
 "dateTime":"2026-03-04T10:12:00+01:00","performer":[{"reference":"Patient/MRN-4711"}],"policy":[{"uri":"urn:oid:1.2.3"}],
 "provision":{"type":"deny","provision":[$(code permit 1.7),
  $(code permit future-research ',"period":{"end":"2026-06"},"purpose":[{"display":"asthma"}]'),$(code deny contact)]}}
END
import="consent import n c.json --study S-1 --participant 017 --form ${f1:0:12}"

# a dry run says what was understood and changes nothing
runs 0 $import --map 'urn:x|1.7=participation' --dry-run
has out 'given         2026-03-04T10:12:00+01:00'
has out 'policy        urn:oid:1.2.3'
has out 'permits       participation, code 1.7, of urn:x'
has out 'permits       future-research, until 2026-06, for asthma'
has out 'refuses       contact'
has out '"participant":"'"$p17"'","form":"'"$f1"'","role":"participant"'
lacks out Jane; lacks out MRN-4711; lacks err Jane
runs 0 consent list n --study S-1 --participant 017
[ ! -s out ] || fault "a dry run makes a record"
runs 0 $import --map 1.7=participation --set method=paper --set copy_given=true --dry-run --json
says out '^\{"schema":"trialnotary/consent-import/1","syntax":"json","policies":\["urn:oid:1.2.3"\],"codes":\[\{"name":"participation","system":"urn:x","code":"1.7"\}'
says out '"details":\{"schema":"trialnotary/details/consent/1",.*"method":"paper","copy_given":true\}\}$'

# without the name the form does not offer it
runs 1 $import --dry-run
says err PERMISSION_UNKNOWN
runs 1 $import
says err PERMISSION_UNKNOWN
runs 64 $import --map 1.7
says err 'map wants CODE=NAME'
runs 64 $import --map '1.7=No Name'
runs 64 $import --role nurse
runs 64 $import --kind protocol --dry-run
runs 1 $import --role parent --dry-run
says err "FHIR_UNFIT: at '/performer/0': another role"
runs 66 consent import n c.json --study S-1 --participant 018 --form $f1
says err UNKNOWN_PARTICIPANT
runs 66 consent import n none.json --study S-1 --participant 017 --form $f1
runs 1 consent import n scan.pdf --study S-1 --participant 017 --form $f1
says err JSON_SHAPE
sed 's/"active"/"draft"/' c.json >draft.json
runs 1 consent import n draft.json --study S-1 --participant 017 --form $f1
says err "FHIR_UNFIT: at '/status': nobody has consented yet"
runs 0 consent list n --study S-1 --participant 017
[ ! -s out ] || fault "a refused import makes a record"

# the same path as submit: the file and the scan are confidential documents
new consent import n c.json scan.pdf --study S-1 --participant 017 --form $f1 --map 1.7=participation --keep; c1=$id
says out '"kind":"consent"'
new $import --map 1.7=participation --keep
[ "$id" != "$c1" ] || fault "a record with other documents is the same"
runs 0 consent import n c.json scan.pdf --study S-1 --participant 017 --form $f1 --map 1.7=participation --keep
has out $c1
says err 'were submitted before'
runs 0 show n $c1
has out scan.pdf; has out c.json
runs 0 consent status n --study S-1 --participant $p17 --purpose future-research --at 2026-04-01
says out '^GRANTED'
runs 0 consent status n --study S-1 --participant 017 --purpose participation --at 2026-04-01

# out and in again
for format in fhir-json fhir-xml; do
	runs 0 consent export n $c1 --format $format -o $format.out
	runs 64 consent export n $c1 --format $format -o $format.out
	says err 'EXISTS'
	runs 0 consent export n $c1 --format $format
	cmp -s out $format.out || fault "$format: two exports differ"
	[ "$(stat -c %a $format.out)" = 600 ] || fault "$format: others can read it"
	lacks $format.out Jane; has $format.out $p17; has $format.out $f1; has $format.out $c1
	runs 0 consent import n $format.out --study S-1 --participant 017 --form $f1 --dry-run --json
	sed 's/.*"details"://' out >$format.details
	! grep -q '"notes":\["' out || fault "$format: notes about an own file"
	runs 1 consent import n $format.out --study S-1 --participant 017 --form $f2 --dry-run
	says err 'another form'
	runs 0 participant add n --study S-1 018
	runs 1 consent import n $format.out --study S-1 --participant 018 --form $f1 --dry-run
	says err 'another participant'
done
cmp -s fhir-json.details fhir-xml.details || fault "the two syntaxes differ"
runs 0 $import --map 1.7=participation --dry-run --json
sed 's/.*"details"://' out | cmp -s - fhir-json.details || fault "a round trip changes the details"
runs 0 consent export n $c1 --format fhir-json --json -o j.out
says out '^\{"schema":"trialnotary/consent-export/1","record":"'$c1'","format":"fhir-json","path":"j.out"\}$'
runs 64 consent export n $c1 --format fhir-json --json
runs 64 consent export n $c1 --format pdf
runs 64 consent export n $f1 --format fhir-json
runs 64 consent export n $c1 --format fhir-json -o n/x
says err 'own folder'
if command -v xmllint >/dev/null; then
	xmllint --noout --nonet fhir-xml.out 2>err || fault "the XML is not well-formed"
fi

# TS 27560: what was said, and what happened
runs 0 seal n
runs 0 consent export n $c1 --format ts27560
python3 -c '
import json,sys
r=json.load(open("out"))
assert list(r)==["header","processing","party_identification","events","trialnotary"],list(r)
assert r["header"]=={"schema_version":"trialnotary/ts27560/1","record_id":sys.argv[1],"pii_principal_id":sys.argv[2]}
p=r["processing"]["purposes"]; assert r["processing"]["language"]=="en"
assert [x["purpose"] for x in p]==["participation","future-research","contact"]
assert p[1]["purpose_description"]=="asthma" and p[2]["purpose_description"]=="We may write to you." and p[0]["withdrawal_method"]=="Write to us."
assert [x["party_role"] for x in r["party_identification"]]==["pii_principal","contact"]
e=r["events"]; assert [x["event_state"] for x in e[:3]]==["given","given","refused"],e
assert [x["event_state"] for x in e[3:]]==["expired"] and e[3]["purpose"]=="future-research" and e[3]["event_time"]=="2026-06",e
assert e[1]["validity_duration"]=="2026-03-04T10:12:00+01:00/2026-06" and e[0]["validity_duration"].endswith("/..")
t=r["trialnotary"]; assert t["study"]=="S-1" and t["log"]["origin"]=="test.example/1" and "sealed" in t["log"] and "index" in t["log"]
assert t["superseded_by"]==[] and "pii_controllers" in t["not_stated"]
open("receipt","w").write("".join(l+"\n" for l in t["receipt"]))
' $c1 $p17 2>err || fault "ts27560"
lacks out Jane

# a withdrawal of a part, then a later consent
echo '{"participant":"'$p17'","consent":"'$c1'","when":"2026-04-01","permissions":["future-research"]}' >w.json
new submit n --study S-1 --kind withdrawal --details w.json --link withdraws=$c1; w1=$id
runs 0 consent export n $c1 --format ts27560
says out '"event_time":"2026-04-01",.*"event_state":"withdrawn","purpose":"future-research","record_id":"'$w1'"'
lacks out '"expired"'
runs 0 consent export n $c1 --format fhir-json
has out '"status":"active"'
has out '{"type":"deny","period":{"start":"2026-04-01"},"purpose":[{"system":"urn:trialnotary:purpose","display":"asthma"}],"code":[{"coding":[{"system":"urn:trialnotary:permission","code":"future-research"}]}]}'
sed 's/2026-03-04T10/2026-07-04T10/; s/"end":"2026-06"/"end":"2046-06"/' c.json >c2.json
new consent import n c2.json --study S-1 --participant 017 --form $f2 --map 1.7=participation --kind re-consent --link supersedes=$c1; c2=$id
runs 0 consent export n $c2 --format ts27560
says out '"event_state":"re-affirmed","purpose":"participation"'
runs 0 consent export n $c1 --format ts27560
has out '"superseded_by":["'$c2'"]'
echo '{"participant":"'$p17'","consent":"'$c2'","when":"2026-08"}' >w2.json
new submit n --study S-1 --kind withdrawal --details w2.json --link withdraws=$c2
runs 0 consent export n $c2 --format fhir-xml
has out '<status value="inactive"/>'
runs 0 erase n $c2 --yes
runs 1 consent export n $c2 --format ts27560
says err ERASED

# published examples: the German broad consent has no code for taking part
mii=$data/fhir/mii-consent
if [ -r "$mii/Example_MII_Consent_Einwilligung.xml" ]; then
	oid=2.16.840.1.113883.3.1937.777.24.5.3
	offers='{"name":"participation","required":true}'
	for i in 6 7 19 20 22; do offers="$offers,{\"name\":\"c-${oid//./-}-$i\"}"; done
	echo '{"language":"de","population":"adult","permissions":['"$offers"']}' >mii.json
	echo mii >mii.pdf
	new submit n --study S-1 --kind consent-form mii.pdf --details mii.json; m=$id
	new submit n --study S-1 --kind ethics-approval letter.pdf --set committee=North --set decision=approved --link approves=$m
	for file in "$mii"/Example_MII_Consent_Einwilligung*.xml; do
		runs 0 consent import n "$file" --study S-1 --participant 017 --form $m --map $oid.8=participation --dry-run
		has out 'policy        urn:oid:2.16.840.1.113883.3.1937.777.24.2.1791'
		has out "permits       participation, from 2020-09-01, until 2050-08-31, code $oid.8"
		lacks out 9b4a702d
		runs 1 consent import n "$file" --study S-1 --participant 017 --form $m --dry-run
		says err PERMISSION_UNKNOWN
	done
	runs 1 consent import n "$mii/Example_MII_Consent_ResultType_ConsentStatus.xml" --study S-1 --participant 017 --form $m --dry-run
	says err PERMISSION_UNKNOWN
	for file in "$data"/fhir/*/*; do
		case $file in *Einwilligung* | *ConsentStatus*) continue ;; esac
		runs 1 consent import n "$file" --study S-1 --participant 017 --form $m --dry-run
		says err 'FHIR_SHAPE|FHIR_UNFIT|JSON_SHAPE'
	done
else
	echo "no $data: published examples are left out"
fi

finished

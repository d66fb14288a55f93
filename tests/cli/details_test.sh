#!/bin/bash
# Details of records as users give them: what is right is taken and stands in the record, what is wrong is refused by its code.
#   TRIALNOTARY, TRIALVERIFY: paths of the programs
set -u
. "$(dirname "$0")/lib.sh"

export LC_ALL=C

# submit NAME ARGUMENT...: the ID goes into $NAME
submit() {
	local name=$1
	shift
	must "$tn" submit n --study DEMO "$@"
	printf -v "$name" %s "$(head -c 64 out)"
}
# refused CODE TEXT ARGUMENT...: the code and, in the message, the text; and nothing is stored
refused() {
	local code=$1 text=$2 before after
	shift 2
	count=$((count + 1))
	before=$("$tn" list n | wc -l)
	"$tn" submit n --json "$@" >out 2>err && fault "taken: $*"
	grep -q "\"code\":\"$code\"" out || { fault "not $code: $*"; sed 's/^/    /' out err; }
	grep -qF -- "$text" out || { fault "'$text' is not in the message of: $*"; sed 's/^/    /' out; }
	after=$("$tn" list n | wc -l)
	[ "$before" = "$after" ] || fault "something was stored: $*"
}
in_list() { "$tn" list n --study "$1" | grep -c "$2"; }
# A file with what comes in; its name goes out.
into() {
	local file
	file=$(mktemp -p .) && cat >"$file" && echo "$file"
}
hex() { printf %s "$1" | sha256sum | cut -c1-64; }

must "$tn" init n
for f in protocol form form2 approval approval2 consent withdrawal; do echo "$f" >$f.txt; done
alice=$(hex alice) bob=$(hex bob)

# ---- a study as it goes ----
submit protocol --kind protocol --version 1.0 --set sponsor=ACME --set identifiers=EU-1 --set identifiers=US-2 protocol.txt
cat >form.json <<-END
	{"language": "en", "population": "adult",
	 "permissions": [{"name": "participation", "required": true}, {"name": "future-research", "purpose": "asthma"}]}
END
submit form --kind consent-form --version 1.0 --details form.json --link "uses=$protocol" form.txt
must "$tn" show n "$form" --json
grep -q '"name":"details.json"' out || fault "the form has no details.json"
grep -q '"confidential":true' out && fault "the details of a form are hidden"

consent() { # consent FILE PARTICIPANT FORM PERMISSIONS
	printf '{"participant":"%s","form":"%s","role":"participant","given":"2026-03-04T10:12:00+01:00","permissions":[%s]}' \
		"$2" "$3" "$4" >"$1"
}
yes='{"name":"participation","granted":true}'
more='{"name":"future-research","granted":true}'
consent c.json "$alice" "$form" "$yes,$more"
refused FORM_UNAPPROVED "'/form'" --study DEMO --kind consent --details c.json consent.txt
# whoever approves something else, rejects it, or approves it for another time, has not approved it
submit rejected --kind ethics-approval --set committee=Board --set decision=rejected --link "approves=$form"
refused FORM_UNAPPROVED "'/form'" --study DEMO --kind consent --details c.json consent.txt
submit later --kind ethics-approval --set committee=Board --set decision=approved --set from=2026-06 --link "approves=$form"
refused FORM_UNAPPROVED "'/form'" --study DEMO --kind consent --details c.json consent.txt
submit approval --kind ethics-approval --set committee=Board --set decision=conditional --set from=2026-02-01 \
	--link "approves=$form" --link "approves=$protocol" approval.txt
submit consent --kind consent --details c.json --title 'Consent of a person' consent.txt
must "$tn" show n "$consent" --json
grep -q "\"type\":\"uses\",\"record\":\"$form\"" out || fault "the form of the consent is no link"
grep -q '"name":"details.json"[^}]*"confidential":true' out || fault "the details of a consent are not hidden"
grep -q 'Consent of a person' out && fault "the title of a consent is shown"

# the same again is the same record: another spelling of it, and with the link that it implies
sed 's/:/ : /2; s/^{/{ /' c.json >c2.json
printf '{"title":"Consent of a person",%s' "$(cut -c2- c.json)" >c3.json
for again in "c2.json --title Consent\\ of\\ a\\ person" c3.json; do
	eval "must \"$tn\" submit n --study DEMO --kind consent --link uses=$form consent.txt --details $again"
	[ "$(head -c 64 out)" = "$consent" ] || fault "$again makes another record"
done
[ "$(in_list DEMO ' consent ')" = 1 ] || fault "there is more than one consent"

# ---- wrong in itself ----
refused DETAILS_SHAPE "'/given'" --study DEMO --kind consent --details "$(sed 's/2026-03-04/2026-02-30/' c.json | into)" consent.txt
refused DETAILS_SHAPE "'committee' is missing" --study DEMO --kind ethics-approval --set decision=approved --link "approves=$form"
refused DETAILS_SHAPE "'/decision'" --study DEMO --kind ethics-approval --set committee=B --set decision=yes --link "approves=$form"
refused DETAILS_SHAPE "'/until'" --study DEMO --kind ethics-approval --set committee=B --set decision=approved --set from=2026-05 \
	--set until=2026-01 --link "approves=$form"
refused DETAILS_SHAPE "unknown field 'colour'" --study DEMO --kind dataset --set colour=blue form.txt
refused DETAILS_SHAPE "'/rows'" --study DEMO --kind dataset --set rows=many form.txt
refused DETAILS_SHAPE "'/scope/countries/0'" --study DEMO --kind protocol --details "$(echo '{"scope":{"countries":["XX"]}}' | into)" form.txt
refused DETAILS_SHAPE "'/permissions/0'" --study DEMO --kind consent-form --set language=de --set population=adult \
	--set permissions=participation form.txt
refused DETAILS_SHAPE "'/schema'" --study DEMO --kind dataset --details "$(echo '{"schema":"trialnotary/details/consent/1"}' | into)" form.txt
refused JSON_SHAPE "not a JSON object" --study DEMO --kind dataset --details form.txt form.txt
printf '{"rows":1}' >rows.json
refused DETAILS_SHAPE "'rows' is given twice: in the file and by an option" --study DEMO --kind dataset --details rows.json --set rows=2 form.txt
refused JSON_SHAPE "twice" --study DEMO --kind dataset --set rows=1 --set rows=2 form.txt
refused PERMISSION_CONTRADICTION "'/permissions/1/granted'" --study DEMO --kind consent consent.txt --details \
	"$(consent /dev/stdout "$alice" "$form" '{"name":"participation","granted":false},'"$more" | into)"
refused PERMISSION_CONTRADICTION "'/permissions/2/granted'" --study DEMO --kind consent consent.txt --details \
	"$(consent /dev/stdout "$alice" "$form" "$yes,$more,{\"name\":\"future-research\",\"granted\":false}" | into)"
refused USAGE "--set wants" --study DEMO --kind dataset --set rows form.txt
refused NO_INPUT "" --study DEMO --kind dataset --details nowhere.json form.txt
mkdir named && echo x >named/details.json
refused NAME_SHAPE "details.json" --study DEMO --kind dataset --set rows=1 named

# ---- wrong beside other records ----
refused PERMISSION_UNKNOWN "'/permissions/1/name'" --study DEMO --kind consent consent.txt --details \
	"$(consent /dev/stdout "$bob" "$form" "$yes,{\"name\":\"genome\",\"granted\":true}" | into)"
refused LINK_SHAPE "'/form'" --study DEMO --kind consent consent.txt --details "$(consent /dev/stdout "$bob" "$protocol" "$yes" | into)"
refused UNKNOWN_RECORD "" --study DEMO --kind consent consent.txt --details "$(consent /dev/stdout "$bob" "$(hex none)" "$yes" | into)"
submit form2 --kind consent-form --version 2.0 --details form.json --link "supersedes=$form" form2.txt
refused LINK_SHAPE "'form'" --study DEMO --kind consent --details c.json --link "uses=$form2" consent.txt
refused PARTICIPANT_REUSED "'/participant'" --study OTHER --kind access-grant --set "participant=$alice" --set to=A --set purpose=B \
	--set from=2026
refused VERSION_ORDER "supersedes it already" --study DEMO --kind consent-form --version 2.1 --details form.json \
	--link "supersedes=$form" form2.txt
submit de --kind protocol --version 2.0-DE --details "$(echo '{"scope":{"countries":["DE"]}}' | into)" --link "supersedes=$protocol" protocol.txt
submit fr --kind protocol --version 2.0-FR --details "$(echo '{"scope":{"countries":["FR"]}}' | into)" --link "supersedes=$protocol" protocol.txt
refused VERSION_ORDER "supersedes it already" --study DEMO --kind protocol --version 2.0-AT --link "supersedes=$protocol" protocol.txt \
	--details "$(echo '{"scope":{"countries":["AT","DE"]}}' | into)"

mkdir two && echo 1 >two/1.txt && echo 2 >two/2.txt
refused VERSION_ORDER "several records" --study DEMO --kind protocol --each --link "supersedes=$de" two
# an approval that a later opinion takes back approves nothing more
submit approval2 --kind ethics-approval --set committee=Board --set decision=approved --link "approves=$form2" approval2.txt
consent c4.json "$bob" "$form2" "$yes"
submit bobs --kind consent --details c4.json consent.txt
submit taken --kind ethics-approval --set committee=Board --set decision=withdrawn --link "supersedes=$approval2" approval.txt
refused FORM_UNAPPROVED "'/form'" --study DEMO --kind re-consent --link "supersedes=$consent" consent.txt --details \
	"$(consent /dev/stdout "$alice" "$form2" "$yes" | into)"
refused DETAILS_SHAPE "'/participant'" --study DEMO --kind re-consent --details c4.json --link "supersedes=$consent" consent.txt

# ---- withdrawals: in part, then the rest, and nothing twice ----
withdrawal() { "$tn" submit n --study DEMO --kind withdrawal --set "participant=$1" --set "consent=$2" --set when=2026-05-01 "${@:3}"; }
refused_withdrawal() { refused "$1" "$2" --study DEMO --kind withdrawal --set "participant=$3" --set "consent=$4" --set when=2026-05-01 "${@:5}"; }
refused_withdrawal NOTHING_TO_WITHDRAW "'/participant'" "$bob" "$consent"
refused_withdrawal NOTHING_TO_WITHDRAW "'/consent'" "$alice" "$(hex none)"
refused_withdrawal NOTHING_TO_WITHDRAW "'/consent'" "$alice" "$form"
refused_withdrawal PERMISSION_UNKNOWN "'/permissions/0'" "$alice" "$consent" --set permissions=genome
refused_withdrawal LINK_SHAPE "'consent'" "$alice" "$consent" --link "withdraws=$bobs"
must withdrawal "$alice" "${consent:0:12}" --set permissions=future-research
part=$(head -c 64 out)
must "$tn" show n "$part" --json
grep -q "\"type\":\"withdraws\",\"record\":\"$consent\"" out || fault "the consent is no link of the withdrawal"
refused_withdrawal NOTHING_TO_WITHDRAW "'/permissions'" "$alice" "$consent" --set permissions=future-research --title again
# a third permission: two withdrawals of a part each leave nothing of both
cat >form3.json <<-END
	{"language": "en", "population": "adult", "permissions": [{"name": "participation", "required": true},
	 {"name": "samples", "required": true}, {"name": "a"}, {"name": "b"}]}
END
submit form3 --kind consent-form --version 3.0 --details form3.json form.txt
submit approval3 --kind ethics-approval --set committee=Board --set decision=approved --link "approves=$form3"
three='{"name":"a","granted":true},{"name":"b","granted":true}'
refused PERMISSION_CONTRADICTION "'/permissions/1/granted'" --study DEMO --kind consent consent.txt --details \
	"$(consent /dev/stdout "$bob" "$form3" "$yes,{\"name\":\"samples\",\"granted\":false},$three" | into)"
submit carols --kind consent consent.txt --details \
	"$(consent /dev/stdout "$bob" "$form3" "$yes,{\"name\":\"samples\",\"granted\":true},$three" | into)"
must withdrawal "$bob" "$carols" --set permissions=a
must withdrawal "$bob" "$carols" --set permissions=b
refused_withdrawal NOTHING_TO_WITHDRAW "'/permissions'" "$bob" "$carols" --set permissions=a --set permissions=b
must withdrawal "$bob" "$carols" --set permissions=a --set permissions=samples
must withdrawal "$alice" "$consent" --title 'the rest'
refused_withdrawal NOTHING_TO_WITHDRAW "'/consent'" "$alice" "$consent" --title 'once more'
# the same submission again is found before anything is judged
must withdrawal "$alice" "$consent" --set permissions=future-research
[ "$(head -c 64 out)" = "$part" ] || fault "a withdrawal that was submitted again is another record"

# ---- access ----
submit grant --kind access-grant --set "participant=$bob" --set to='Dr A' --set purpose=care --set from=2026-03 --set "consent=$bobs"
submit event --kind access-event --set "participant=$bob" --set who='Dr A' --set purpose=care --set when=2026-04-01T08:00:00Z \
	--set "grant=${grant:0:10}" --set allowed=true
must "$tn" show n "$event" --json
grep -q "\"type\":\"accesses\",\"record\":\"$grant\"" out || fault "the grant is no link of the event"
refused LINK_SHAPE "'/grant'" --study DEMO --kind access-event --set "participant=$bob" --set who=A --set purpose=B --set when=2026 \
	--set "grant=$bobs"

# ---- kinds of the study's own ----
cat >visit.json <<-END
	{"type": "object", "properties": {"schema": {"const": "trialnotary/details/visit/1"},
	 "number": {"type": "integer", "minimum": 1}}, "required": ["schema", "number"], "additionalProperties": false}
END
refused UNKNOWN_KIND "no kind 'visit'" --study DEMO --kind visit form.txt
refused UNKNOWN_KIND "did you mean 'protocol'" --study DEMO --kind protocl form.txt
refused UNKNOWN_KIND "kind schema" --study DEMO --kind visit --rules visit.json --set number=1
submit schema --kind schema --set kind=visit --set rules=visit.json visit.json
refused UNKNOWN_KIND "kind schema" --study DEMO --kind visit --rules visit.json --set number=1 --link "uses=$protocol"
refused DETAILS_SHAPE "'/number'" --study DEMO --kind visit --rules visit.json --set number=0 --link "uses=$schema"
refused SCHEMA_SHAPE "pattern" --study DEMO --kind visit --rules "$(sed 's/"minimum": 1/"pattern": "x"/' visit.json | into)" --set number=1 \
	--link "uses=$schema"
refused SCHEMA_SHAPE "trialnotary/details/visits/1" --study DEMO --kind visits --rules visit.json --set number=1 --link "uses=$schema"
refused LINK_SHAPE "another study" --study OTHER --kind visit --rules visit.json --set number=1 --link "uses=$schema"
refused DETAILS_SHAPE "'/kind'" --study DEMO --kind schema --set kind=consent --set rules=visit.json visit.json
submit visit --kind visit --rules visit.json --set number=1 --link "uses=$schema"
# rules that are not the registered ones, and a kind that is personal
refused SCHEMA_SHAPE "not those that its record" --study DEMO --kind visit --set number=7 --link "uses=$schema" \
	--rules "$(sed 's/"minimum": 1/"minimum": 0/' visit.json | into)"
sed 's/visit/diary/' visit.json >diary.json
submit personal --kind schema --set kind=diary --set rules=diary.json --set personal=true diary.json
submit diary --kind diary --rules diary.json --set number=1 --link "uses=$personal" form.txt
must "$tn" show n "$diary" --json
grep -q '"confidential":false' out && fault "a document of a personal kind is not hidden"
submit visit2 --kind visit --rules visit.json --set number=2 --link "uses=$schema" --link "supersedes=$visit"
[ "$(in_list DEMO ' visit ')" = 2 ] || fault "the study's own kind is not listed"

# ---- the value of a participant, from the folder's own key ----
given='{"role":"participant","given":"2026-03-04","permissions":[{"name":"participation","granted":true}]}'
refused USAGE "about no participant" --study DEMO --kind dataset --participant NUMBER-017 protocol.txt
refused USAGE "one of them" --study DEMO --kind consent --participant NUMBER-017 --set "participant=$alice" --set "form=$form" consent.txt
refused USAGE "1 to 128 octets" --study DEMO --kind consent --participant "" --set "form=$form" consent.txt
submit numbered --kind consent --participant NUMBER-017 --set "form=$form" --details "$(echo "$given" | into)" consent.txt
must "$tn" participant show n --study DEMO NUMBER-017
value=$(cat out)
must "$tn" consent list n --study DEMO --participant NUMBER-017
grep -q "$numbered" out || fault "the consent of participant NUMBER-017 is not listed"
submit numbered2 --kind access-grant --participant "$value" --set to=X --set purpose=y --set from=2026-04-01 --link "grants=$numbered"
must "$tn" consent list n --study DEMO --participant NUMBER-017
grep -q "$numbered2" out || fault "the value itself names the participant, too"
grep -qa NUMBER-017 n/notary.db* && fault "the number is in the notary"
must "$tn" participant add n --study OTHER 9
nobody=$(cat out)
refused PARTICIPANT_REUSED "another study" --study DEMO --kind consent --set "participant=$nobody" --set "form=$form" \
	--details "$(echo "$given" | into)" consent.txt
refused PARTICIPANT_REUSED "another study" --study OTHER --kind access-event --participant "$value" --set who=x --set purpose=y \
	--set when=2026-05-01 --link "accesses=$numbered"

# ---- each kind has its words ----
for kind in registration protocol amendment ethics-approval consent-form consent re-consent withdrawal access-grant access-event \
	delegation analysis-plan database-lock unblinding dataset results publication product-custody archive-custody erasure audit \
	study-head schema other; do
	must "$tn" explain $kind
	grep -q "^$kind: " out || fault "explain $kind does not begin with it"
	must "$tn" explain $kind --json
	grep -q "\"const\": \"trialnotary/details/$kind/1\"" out || fault "explain $kind --json has not its rules"
done
must "$tn" explain links
grep -q '^locks  *fixes these data' out || fault "explain links does not say what locks means"

# ---- what was made verifies, and its details are what was said ----
must "$tn" seal n
must "$tn" trust export n -o trust
must "$tn" export n "$consent" -o consent.asice
must "$tv" consent.asice --trust trust
must "$tv" extract --trust trust -o parts consent.asice
grep -q '^{"schema":"trialnotary/details/consent/1","participant":' parts/details.json || fault "the consent's details are not there"
grep -q '"title":"Consent of a person"}$' parts/details.json || fault "the title is not in the details"
must "$tn" export n "$visit" -o visit.asice
must "$tv" visit.asice --trust trust
must "$tn" fsck n

finished

#!/usr/bin/env bash
# Verbs participant and consent: a study from its form to an erasure.
#   TRIALNOTARY: path of the program
set -u
. "$(dirname "$0")/lib.sh"

# the ID of the record that was submitted
submit() { runs 0 submit n --study S-1 --json --kind "$@"; id=$(sed 's/.*"id":"\([0-9a-f]*\)".*/\1/' out); }

runs 0 init n --origin test.example/1

# participants
runs 0 participant list n --study S-1
[ ! -s out ] && [ ! -e n/participants.db ] || fault "'participant list' makes something"
runs 66 participant show n --study S-1 017
says err '^trialnotary: UNKNOWN_PARTICIPANT: no participant was added here yet'
runs 64 participant add n --study S-1 ''
[ ! -e n/participants.db ] || fault "a refused participant makes participants.db"
runs 0 participant add n --study S-1 017
p17=$(cat out)
[[ $p17 =~ ^[0-9a-f]{64}$ ]] || fault "participant add: $p17"
[ "$(stat -c %a n/participants.db)" = 600 ] || fault "participants.db can be read by others"
runs 0 participant add n --study S-1 017
[ "$(cat out)" = "$p17" ] || fault "the same number has another value"
says err 'was there before'
runs 0 participant add n --study S-2 017
[ "$(cat out)" != "$p17" ] || fault "another study has the same value"
runs 0 participant add n --study S-1 018 --json
says out '^\{"schema":"trialnotary/participant-add/1","study":"S-1","number":"018","value":"[0-9a-f]{64}","new":true\}$'
p18=$(sed 's/.*"value":"\([0-9a-f]*\)".*/\1/' out)
runs 0 participant show n --study S-1 018
[ "$(cat out)" = "$p18" ] || fault "participant show"
runs 0 participant list n --study S-1
[ "$(wc -l <out)" = 2 ] || fault "participant list"
says out "^$p17  S-1  017\$"
runs 66 participant show n --study S-1 019
says err 'UNKNOWN_PARTICIPANT'
! grep -q 019 err || fault "a message quotes a number"
mkdir -m 755 open
runs 77 participant add open --study S-1 1
says err 'must be its owner'
mkdir -m 700 client
runs 0 participant add client --study S-1 1

# forms
echo form1 >form1.pdf; echo form2 >form2.pdf; echo letter >letter.pdf; echo scan17 >scan17.pdf; echo scan18 >scan18.pdf
offers='[{"name":"participation","required":true},{"name":"future-research","required":false,"purpose":"research on asthma"}]'
echo '{"language":"en","population":"adult","permissions":'"$offers"'}' >f1.json
submit consent-form form1.pdf --version 1.0 --details f1.json; f1=$id
submit ethics-approval letter.pdf --set committee=North --set decision=approved --set from=2026-01-10 --link approves=$f1; a1=$id

# two consents
consent() { # VALUE FORM GIVEN ANSWER
	echo '{"participant":"'"$1"'","form":"'"$2"'","role":"participant","given":"'"$3"'","permissions":[{"name":"participation","granted":true},{"name":"future-research","granted":'"$4"'}]}'
}
consent $p17 $f1 2026-03-04T10:12:00+01:00 true >c17.json
consent $p18 $f1 2026-03 false >c18.json
submit consent scan17.pdf --details c17.json --keep; c17=$id
submit consent scan18.pdf --details c18.json --keep; c18=$id

q="--study S-1 --purpose"
runs 0 consent status n $q participation --participant 017 --at 2026-04-01
says out "^GRANTED: record ${c17:0:8} permits 'participation'\$"
says out "^  $c17  consent  +2026-03-04T09:12:00Z  not sealed yet\$"
[ "$(stat -c %a n/consent.db)" = 600 ] || fault "consent.db can be read by others"
runs 0 seal n
runs 0 consent status n $q future-research --participant $p17 --at 2026-04-01
says out "  sealed 20..-..-..T"
runs 0 consent status n $q 'research on asthma' --participant 017 --at 2026-04-01
runs 1 consent status n $q future-research --participant 018 --at 2026-05-01
says out "^REFUSED: record ${c18:0:8} refuses 'future-research'\$"
says err '^trialnotary: CONSENT_NOT_GIVEN: '
runs 2 consent status n $q participation --participant 018 --at 2026-03-20
says out "^INCONCLUSIVE: 2026-03-20 is too near to 2026-03-01 to 2026-03-31, which is all that record ${c18:0:8} says of its time\$"
says err '^trialnotary: CONSENT_UNCLEAR: '
runs 2 consent status n $q genetics --participant 017
says out '^UNKNOWN: no record says anything about .genetics. at this time$'
runs 2 consent status n $q participation --participant 017 --at 2026-03-04T09:11:59Z
runs 0 consent status n $q participation --participant 017 --at 2026-03-04T09:12:00Z
runs 66 consent status n $q participation --participant 099
runs 64 consent status n $q participation --participant 017 --at yesterday
says err 'USAGE: --at wants a date'
runs 0 consent status n $q participation --participant 017 --at 2026-04-01 --json
says out '^\{"schema":"trialnotary/consent-status/1","study":"S-1","participant":"'$p17'","purpose":"participation","who":null,"at":"2026-04-01","state":"GRANTED","reason":"[^"]*","records":\[\{"id":"'$c17'","kind":"consent","when":"2026-03-04T09:12:00Z","index":2,"sealed":"20[^"]*"\}\],"findings":\[\]\}$'
runs 1 consent status n $q future-research --participant 018 --at 2026-05-01 --json
says out '"state":"REFUSED"'

# a newer form
echo '{"language":"en","population":"adult","permissions":'"$offers"',"reconsent":{"required":"all","days":30}}' >f2.json
submit consent-form form2.pdf --version 2.0 --details f2.json --link supersedes=$f1; f2=$id
runs 0 consent gaps n --study S-1 --at 2026-07-15
says out "^NOT_DUE       participant $p17\$"
submit ethics-approval letter.pdf --set committee=North --set decision=approved --set from=2026-06-01 --link approves=$f2
runs 0 consent gaps n --study S-1 --at 2026-06-15
says out '^DUE '
says out "^  form ${f2:0:8} is to be signed by 2026-07-01\$"
runs 1 consent gaps n --study S-1 --at 2026-07-15 --json
says out '^\{"schema":"trialnotary/consent-gaps/1","at":"2026-07-15","gaps":\[\{"state":"OVERDUE","participant":"[0-9a-f]{64}","consent":"[0-9a-f]{64}","form":"'$f2'","due":"2026-07-01",'
[ "$(grep -o OVERDUE out | wc -l)" = 2 ] || fault "two are overdue"
says err '^trialnotary: RECONSENT_OVERDUE: 2 consents are overdue'
runs 2 consent gaps n --study S-1 --at 2026-07-01
says err 'CONSENT_UNCLEAR'
consent $p18 $f2 2026-06-20 true >r18.json
submit re-consent scan18.pdf --details r18.json --link supersedes=$c18
runs 0 consent status n $q future-research --participant 018 --at 2026-07-15
echo '{"participant":"'$p17'","consent":"'$c17'","when":"2026-06-25"}' >w17.json
submit withdrawal --details w17.json; w17=$id
runs 1 consent status n $q participation --participant 017 --at 2026-07-15
says out "^WITHDRAWN: record ${w17:0:8} withdraws 'participation'\$"
says out "^  $c17  consent "
says out "^  $w17  withdrawal "
runs 0 consent gaps n --study S-1 --at 2026-07-15
[ ! -s out ] || fault "nobody is overdue any more"
runs 0 consent list n --study S-1
says out "^  $f1  consent-form "
says out "^    participant $p18\$"
runs 0 consent list n --study S-1 --participant 018 --json
[ "$(grep -o '"kind":"consent"' out | wc -l)" = 2 ] || fault "consent list of one participant"

# access
echo '{"participant":"'$p18'","to":"biobank.example.org","purpose":"sequencing","from":"2026-06-01","until":"2026-12-31"}' >g18.json
submit access-grant --details g18.json; g18=$id
runs 0 consent check n $q sequencing --participant 018 --who biobank.example.org --at 2026-07-15
runs 2 consent check n $q sequencing --participant 018 --who other.example.org --at 2026-07-15
runs 1 consent check n $q sequencing --participant 018 --who biobank.example.org --at 2027-07-15
runs 0 consent check n $q sequencing --participant 018 --who biobank.example.org --at 2026-07-15 --record --json
says out '"who":"biobank.example.org".*"state":"GRANTED".*"allowed":true,"event":"[0-9a-f]{64}"\}$'
event=$(sed 's/.*"event":"\([0-9a-f]*\)".*/\1/' out)
runs 0 show n $event
says out "access-event"
says out "accesses"
runs 1 consent check n $q participation --participant 017 --who biobank.example.org --at 2026-07-15 --record
says out '^recorded as [0-9a-f]{64}$'
e17=$(sed -n 's/^recorded as //p' out)
says err 'CONSENT_NOT_GIVEN'
runs 0 seal n
runs 0 fsck n

# a lost and a broken index are made again
runs 0 consent list n --study S-1 --json
cp out before
rm n/consent.db*
runs 0 consent list n --study S-1 --json
cmp -s out before || fault "the index is another one when it is made again"
head -c 4096 /dev/urandom >n/consent.db
rm -f n/consent.db-*
runs 0 consent list n --study S-1 --json
cmp -s out before || fault "a broken index is not made again"

# backup holds the keys
runs 0 backup n -o copy
runs 0 participant show copy --study S-1 017
[ "$(cat out)" = "$p17" ] || fault "the backup has other participants"
[ ! -e copy/consent.db ] || fault "the backup holds the index"

# erasing: a consent of two records, then the last one with the key
runs 0 erase n $w17 --yes
runs 0 participant show n --study S-1 017
runs 0 consent status n $q participation --participant 017 --at 2026-07-15
runs 0 erase n $c17 --yes
runs 0 participant show n --study S-1 017
runs 0 erase n $e17 --yes
runs 66 participant show n --study S-1 017
raw=$(sed 's/../\\x&/g' <<<"$p17")
! grep -rqaP "$raw" n/consent.db* n/participants.db* || fault "an erased participant is in the databases"
! grep -qa "$p17" n/consent.db* n/participants.db* || fault "an erased participant is in the databases"
runs 2 consent status n $q participation --participant $p17 --at 2026-07-15
runs 0 participant show n --study S-1 018
runs 64 participant forget n --study S-1 018
says err 'Say --yes'
runs 0 participant forget n --study S-1 018 --yes
runs 66 participant show n --study S-1 018
runs 0 consent status n $q participation --participant $p18 --at 2026-07-15
runs 0 fsck n

finished

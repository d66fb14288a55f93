#!/usr/bin/env bash
# The verbs with --server: against a server that misbehaves (client_server.py), and against 'trialnotary serve'.
#   TRIALNOTARY, TRIALVERIFY: paths of the programs; TRIALNOTARY_SOURCE: the source tree; CLIENT_KILL: tests/fault/client_kill.c
set -u
. "$(dirname "$0")/lib.sh"

needs python3
export XDG_STATE_HOME="$work/xdg"

script() { printf '%s\n' "$@" >script; }
sent() { [ -f records ] && grep -c . records || echo 0; }
wait_text() { for _ in $(seq 1200); do grep -qF -- "$2" "$1" && return; sleep 0.05; done; fault "'$2' did not come"; }

# ---- a server that misbehaves ----

printf 'tn1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8QTpIaA\n' >token
chmod 600 token
for i in 1 2 3 4 5; do echo "document $i" >d$i.txt; done
python3 "$tests/client_server.py" port 2>server-err &
jobs_started+=($!)
wait_file port
url=http://127.0.0.1:$(cat port)
fake=(--server "$url" --token-file token)
to=("${fake[@]}" --study EX-1 --kind protocol)

# the command line
runs 64 submit --server "$url" --study EX-1 --kind protocol d1.txt
says err 'needs --token-file FILE'
runs 64 submit --study EX-1 --kind protocol
says err "needs more: DIR .*, or --server URL"
runs 64 submit n --study EX-1 --kind protocol --pin 00 d1.txt
says err '--pin needs --server'
runs 64 submit n --study EX-1 --kind protocol --prepare x d1.txt
runs 64 status "${fake[@]}"
runs 64 list "${fake[@]}"
says err 'one study: --study ID'
runs 64 submit --server ftp://x --token-file token --study EX-1 --kind protocol d1.txt
runs 64 submit --server http://a:b@127.0.0.1:1 --token-file token --study EX-1 --kind protocol d1.txt
says err 'leave them out'
runs 64 submit --server "https://x/?a=b" --token-file token --study EX-1 --kind protocol d1.txt
runs 64 submit --server https://x --pin abc --token-file token --study EX-1 --kind protocol d1.txt
runs 64 submit --server "$url" --pin "$(printf x | sha256sum | cut -d ' ' -f 1)" --token-file token --study EX-1 --kind protocol d1.txt
says err 'need an address with https'
runs 64 submit "${to[@]}" --keep d1.txt
says err 'leave --keep out'
runs 64 submit "${to[@]}" --timeout 1x d1.txt

# the token
cp token others; chmod 644 others
runs 77 submit --server "$url" --token-file others --study EX-1 --kind protocol d1.txt
says err "PERMISSION: others may read token file"
says err '^Next: '
echo nothing >bad; chmod 600 bad
runs 77 submit --server "$url" --token-file bad --study EX-1 --kind protocol d1.txt
says err "UNAUTHENTICATED: file 'bad' holds no token"
runs 66 submit --server "$url" --token-file none --study EX-1 --kind protocol d1.txt

# plain http goes to this machine alone
other=$(python3 -c 'import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.connect(("192.0.2.1", 9)); print(s.getsockname()[0])' 2>/dev/null)
case $other in '' | 127.*) other=192.0.2.1 ;; esac
runs 77 submit --server "http://$other:1" --token-file token --timeout 5 --study EX-1 --kind protocol d1.txt
says err 'PERMISSION: .* is not on this machine: use https'
runs 74 submit --server "http://$other:1" --plain --token-file token --timeout 1 --study EX-1 --kind protocol d1.txt
says err SERVER_UNREACHABLE
http_proxy=http://127.0.0.1:1 all_proxy=http://127.0.0.1:1 runs 0 submit "${to[@]}" --state s0 d1.txt # no proxy of the environment
is "$(sent)" 1 'records'
runs 0 submit "${to[@]}" --state s0 d1.txt
says err '1 of 1 records were submitted before'
is "$(sent)" 1 'records'
is "$(stat -c %a s0/*/)" 700 'mode of the state'
grep -rqF tn1_ s0 && fault 'the token is in the state folder'
is "$(grep -c 'Bearer tn1_' requests)" "$(grep -c . requests)" 'requests with the token'

# what is tried again, and what is not
script 'status 503' 'status 429 1' 'status 408' ok cut 'status 502' half lose
runs 0 submit "${to[@]}" --state s0 d2.txt
is "$(sent)" 2 'records after faults'
is "$(pending s0)" 0 'pending after faults'
says err 'it will be tried again for'
id=$(cut -c 1-64 out)
for answer in 'type' 'redirect' 'huge' 'json {"exists":1}' 'json []' 'json {"exists":true,"stream":"00"}' 'json {' 'status 404' 'status 500'; do
	: >requests
	script "$answer"
	runs 74 submit "${to[@]}" --state s0 d3.txt
	says err '^trialnotary: SERVER_ANSWER: '
	is "$(grep -c . requests)" 1 "requests after '$answer'"
done
grep -q elsewhere requests && fault 'a redirect was followed'
: >requests
script 'problem TOKEN_EXPIRED 401'
runs 77 submit "${to[@]}" --state s0 d3.txt
says err '^trialnotary: TOKEN_EXPIRED: the server says: said by the test .field ./members/0..$'
is "$(grep -c . requests)" 1 'requests after 401'
script 'problem NOT_INVENTED_YET 422'
runs 74 submit "${to[@]}" --state s0 d3.txt
says err '^trialnotary: SERVER_REFUSED: NOT_INVENTED_YET: said by the test; do this$'
script 'slow 3'
runs 74 submit "${to[@]}" --state s0 --timeout 1 d3.txt
says err SERVER_UNREACHABLE

# an answer that is lost, and the next call: the same octets, once
for lost in lose cut 'status 503'; do
	rm -f last-body
	script ok "$lost" "$lost" "$lost" "$lost" "$lost" "$lost" "$lost" "$lost"
	before=$(sent)
	runs 74 submit "${to[@]}" --state s1 --timeout 4 d3.txt
	: >script
	is "$(pending s1)" 1 "pending after '$lost'"
	cp last-body first-body
	runs 0 submit "${to[@]}" --state s1 d4.txt
	is "$(pending s1)" 0 "pending afterwards ('$lost')"
	cmp -s first-body s1/*/records/"$(sed 's/.*"entry":{"sha256":"\([0-9a-f]*\)".*/\1/' first-body)".json || fault 'other octets were sent again'
	is "$(sort -u records | grep -c .)" "$(sent)" 'no record twice'
	echo "more $lost" >>d3.txt; echo "more $lost" >>d4.txt
done
is "$((before > 0))" 1 'there were some before'

# answers to a submission that are none: it stays pending, and goes with the next call
for answer in 'json {}' 'json {"id":"00"}' "json {\"id\":\"$id\",\"state\":\"accepted\",\"receipt\":\"AAAA\"}" 'status 404' 'status 400' 'problem STORE_BUSY 400' 'problem UNAUTHENTICATED 401'; do
	rm -rf s2
	echo "$answer" >>d5.txt
	script ok "$answer"
	"$tn" submit "${to[@]}" --state s2 d5.txt >out 2>err && fault "'$answer' was taken"
	: >script
	is "$(pending s2)" 1 "pending after '$answer'"
	runs 0 submit "${to[@]}" --state s2 d5.txt
	is "$(pending s2)" 0 'pending afterwards'
done

# a refusal is the end of a submission
script ok 'problem LINK_SHAPE 422'
runs 1 submit "${to[@]}" --state s2 d1.txt d2.txt
is "$(pending s2)" 0 'pending after a refusal'
says err '^trialnotary: LINK_SHAPE: '
runs 0 submit "${to[@]}" --state s2 d1.txt d2.txt

# two writers: the slower one makes its record again
script ok 'problem STREAM_CONFLICT 409'
runs 0 submit "${to[@]}" --state s2 --title one d1.txt --json
says out '"new":1,"before":0}$'
script ok 'problem STREAM_CONFLICT 409' 'problem STREAM_CONFLICT 409'
runs 0 submit "${to[@]}" --state s2 --title one-b d1.txt --json
says out '"new":1,"before":0}$'
is "$(pending s2)" 0 'pending after a lost race'
is "$(sort -u records | grep -c .)" "$(sent)" 'no record twice'
# left pending, while another client goes on
script ok cut cut cut cut cut cut cut cut
runs 74 submit "${to[@]}" --state s2 --title two --set sponsor=ACME --timeout 4 d1.txt
: >script
runs 0 submit "${to[@]}" --state s3 --title three d1.txt
old=$(sent)
runs 0 submit "${to[@]}" --state s2 --title four d2.txt
is "$(sent)" "$((old + 2))" 'records after one was made again'
is "$(pending s2)" 0 'pending after it was made again'
runs 0 submit "${to[@]}" --state s2 --title two --set sponsor=ACME d1.txt
says err 'submitted before'

# rows: the record that is made again is known by its key, though its rows member holds random values
script ok cut cut cut cut cut cut cut cut
runs 74 submit "${to[@]}" --state s2 --title rows --rows d1.txt --timeout 4 d1.txt
: >script
runs 0 submit "${to[@]}" --state s3 --title three-b d1.txt
runs 0 submit "${to[@]}" --state s2 --title five d2.txt
is "$(pending s2)" 0 'pending after one with rows was made again'
runs 0 submit "${to[@]}" --state s2 --title rows --rows d1.txt d1.txt
says err 'submitted before'

# signed: it is made and signed again, or given up and said so
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj '/CN=Test Signer' -addext keyUsage=critical,digitalSignature \
	-keyout sign.key -out sign.pem 2>/dev/null || fault 'openssl req'
chmod 600 sign.key
signed=(--sign sign.key --cert sign.pem)
script ok 'problem STREAM_CONFLICT 409' 'problem STREAM_CONFLICT 409'
runs 0 submit "${to[@]}" --state s2 --title signed "${signed[@]}" d1.txt
grep -q 'submit it again' err && fault 'a note about what was done'
grep -qF signature001.p7s last-body || fault 'the record that was made again is not signed'
is "$(pending s2)" 0 'pending after a lost race of a signed one'
script ok 'problem UNAUTHENTICATED 401'
runs 77 submit "${to[@]}" --state s2 --title signed-2 "${signed[@]}" d1.txt
runs 0 submit "${to[@]}" --state s3 --title between d1.txt
old=$(sent)
runs 0 submit "${to[@]}" --state s2 --title after d2.txt
says err 'was signed and has lost its place: submit it again: STREAM_CONFLICT'
is "$(sent)" "$((old + 1))" 'records after a signed one was given up'

# many at once
mkdir -p many
for i in $(seq 40); do echo "$i" >many/f$i; done
: >requests
old=$(sent)
runs 0 submit "${fake[@]}" --state s4 --study EX-2 --kind dataset --each many
is "$(sent)" "$((old + 40))" 'records in bulk'
is "$(grep -c 'POST' requests)" 1 'requests in bulk'
is "$(ls s4/*/records/*.receipt | grep -c .)" 40 'receipts'
runs 0 submit "${fake[@]}" --state s4 --study EX-2 --kind dataset --each many --json
says out '"new":0,"before":40}$'
is "$(sent)" "$((old + 40))" 'records in bulk, again'

# the stream of somebody else, and state that is not to be trusted
sed -i 's/^./z/' s4/*/streams/*
chmod u+w s4/*/streams/*; printf '%064d\n' 0 >"$(ls s4/*/streams/*)"
runs 74 submit "${fake[@]}" --state s4 --study EX-2 --kind dataset d1.txt
says err 'CLIENT_STATE: the notary names another stream'
chmod 755 s4/*/
runs 77 submit "${fake[@]}" --state s4 --study EX-2 --kind dataset d1.txt
says err 'others may read or change the state folder'

# a finished submission in a file
: >requests
old=$(sent)
runs 0 submit "${to[@]}" --state s5 --prepare sub.json d1.txt
is "$(grep -c POST requests)" 0 'requests of --prepare'
is "$(sent)" "$old" 'records of --prepare'
is "$(stat -c %a sub.json)" 600 'mode of the prepared file'
head -c 35 sub.json | grep -qF '{"schema":"trialnotary/submission/' || fault 'the prepared file'
runs 64 submit "${to[@]}" --state s5 --prepare sub.json d1.txt
says err '^trialnotary: EXISTS'
# what a document says of itself goes to a server as well
said() { # FILE: the statement of the prepared submission
	python3 -c 'import base64, json, sys
members = {m["name"]: m for m in json.load(open(sys.argv[1]))["members"]}
print(base64.b64decode(members["statement.json"]["base64"]).decode())' "$1"
}
printf '%s' '<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" ODMVersion="1.3.2" FileOID="F" CreationDateTime="2026-02-03T04:05:06Z"><Study OID="S">' \
	'<GlobalVariables><StudyName>E</StudyName><StudyDescription>An example</StudyDescription><ProtocolName>P</ProtocolName></GlobalVariables></Study></ODM>' >odm.xml
echo '{"version":"7"}' >odm.xml.trial.json
runs 0 submit "${to[@]}" --state s5 --prepare odm.json odm.xml
said odm.json >out
says out '"version":"7","date":"2026-02-03T04:05:06Z","title":"An example"'
runs 0 submit "${to[@]}" --state s5 --no-facts --prepare plain.json odm.xml
said plain.json >out
is "$(grep -cE '"(version|date|title)"' out)" 0 'texts of --no-facts'

# status and list
runs 0 status "${fake[@]}" --state s0 "${id:0:8}" --json
is "$(cat out)" "{\"schema\":\"trialnotary/status/1\",\"records\":[{\"id\":\"$id\",\"state\":\"SEQUENCED\",\"index\":7,\"seal\":null,\"existed_by\":null}]}" 'status'
runs 66 status "${fake[@]}" --state s0 "$(printf '%064d' 0)"
says err '^trialnotary: UNKNOWN_RECORD: the server says'
runs 66 status "${fake[@]}" --state s0 00000000
runs 0 list "${fake[@]}" --study EX-2
is "$(grep -c . out)" 40 'pages of a list'
script "json {\"records\":[{\"id\":\"$id\"}]}"
runs 74 list "${fake[@]}" --study EX-2
says err SERVER_ANSWER

# a list without an end: a client stops, and has not grown by more than what it may keep
touch loop
runs 74 list "${fake[@]}" --study EX-2
says err 'a page of a list that leads to itself'
rm loop
touch endless
runs 74 list "${fake[@]}" --study EX-2
says err 'a list without an end: 10[0-9]* records in [0-9]+ pages'
runs 74 submit "${fake[@]}" --study EX-3 --kind protocol d1.txt
says err 'a list without an end'
rm endless

# bundles that are none
echo nonsense >bundle
runs 74 fetch "${fake[@]}" --state s0 "$id" -o x.asice
says err 'SERVER_ANSWER: record .*: this is no bundle of the record: ZIP_SHAPE'
cp "$(ls "$source"/samples/good/*.asice "$source"/samples/*/*.asice 2>/dev/null | head -1)" bundle
runs 74 fetch "${fake[@]}" --state s0 "$id" -o x.asice
says err SERVER_ANSWER
[ ! -e x.asice ] || fault 'a bundle of another record was written'
is "$(ls -A | grep -c '\.part$')" 0 'files left behind'
script 'problem NOT_SEALED 409'
runs 2 fetch "${fake[@]}" --state s0 "$id" -o x.asice

# killed by the server in the middle of a request: once at the server, with a receipt here
for when in kill-before kill-after; do
	for at in 1 2; do
		echo "$when $at" >k.txt
		if [ $at = 1 ]; then script $when; else script ok $when; fi
		rm -f kill-me
		(exec sh -c 'echo $$ >kill-me.new; mv kill-me.new kill-me; exec "$@"' sh "$tn" submit "${to[@]}" --state s6 k.txt) >out 2>err
		: >script
		runs 0 submit "${to[@]}" --state s6 k.txt
		is "$(pending s6)" 0 "pending after $when $at"
		is "$(grep -c "$(cut -c 1-64 out)" records)" 1 "records after $when $at"
	done
done
is "$(sort -u records | grep -c .)" "$(sent)" 'no record twice'

# ... and after each durable step
if [ -n "${CLIENT_KILL:-}" ]; then
	for step in $(seq 20); do
		echo "step $step" >k.txt
		"$CLIENT_KILL" "$step" submit "${to[@]}" --state s7 k.txt >out 2>err
		status=$?
		runs 0 submit "${to[@]}" --state s7 k.txt
		is "$(pending s7)" 0 "pending after step $step"
		is "$(grep -c "$(cut -c 1-64 out)" records)" 1 "records after step $step"
		[ $status != 0 ] || break
	done
	is "$((step > 4 && step < 20))" 1 "steps ($step) until nothing was killed"
	is "$(sort -u records | grep -c .)" "$(sent)" 'no record twice'
	is "$(ls s7/*/records/*.json | grep -c .)" "$step" 'submissions'
fi

# ... and while one that lost its place is made again
if [ -n "${CLIENT_KILL:-}" ]; then
	for step in $(seq 40); do
		echo "again $step" >k.txt
		script ok 'problem UNAUTHENTICATED 401'
		runs 77 submit "${to[@]}" --state s8 k.txt
		is "$(pending s8)" 1 "pending before step $step"
		runs 0 submit "${to[@]}" --state s3 --title "other $step" d1.txt
		old=$(sent)
		"$CLIENT_KILL" "$step" submit "${to[@]}" --state s8 --title "$step" d2.txt >out 2>err
		status=$?
		runs 0 submit "${to[@]}" --state s8 --title "$step" d2.txt
		is "$(pending s8)" 0 "pending after step $step"
		runs 0 submit "${to[@]}" --state s8 k.txt
		says err 'submitted before'
		is "$(sent)" "$((old + 2))" "records after step $step"
		[ $status != 0 ] || break
	done
	is "$((step > 8 && step < 40))" 1 "steps ($step) until nothing was killed"
fi

# ---- the real service ----

"$tn" help serve >/dev/null 2>&1 || { echo "no service in this build"; finished; exit; }
runs 0 init n --origin test.example/1
runs 0 party add n acme --role sponsor
"$tn" token new n acme >real 2>err || fault 'token new'
chmod 600 real
runs 0 trust export n -o trust
"$tn" serve n --listen "127.0.0.1:$(python3 "$source/tests/service/free_port.py")" --tls on >serve.log 2>serve-err &
server=$!
jobs_started+=($server)
for _ in $(seq 1200); do grep -qs 'certificate SHA-256' serve-err && break; sleep 0.05; done
url=$(sed -n 's/^listening on //p' serve-err)
pin=$(sed -n 's/^certificate SHA-256 \([0-9a-f]*\).*/\1/p' serve-err)
known=(--server "$url" --token-file real --pin "$pin" --state r)

# whose certificate it is
runs 77 submit --server "$url" --token-file real --pin "$(printf x | sha256sum | cut -d ' ' -f 1)" --state r --study EX-1 --kind protocol d1.txt
says err 'SERVER_IDENTITY: .* is another than the pinned one'
runs 77 submit --server "$url" --token-file real --state r --study EX-1 --kind protocol d1.txt
says err 'SERVER_IDENTITY'
grep -q '"status":2' serve.log && fault 'a request came before the certificate was checked'

runs 0 submit "${known[@]}" --study EX-1 --kind protocol --version 2.0 d1.txt
id=$(cut -c 1-64 out)
runs 0 submit "${known[@]}" --study EX-1 --kind consent --title Somebody d2.txt
secret=$(cut -c 1-64 out)
runs 0 submit "${known[@]}" --study EX-1 --kind dataset --each --link "uses=${id:0:12}" d3.txt d4.txt d5.txt
runs 66 submit "${known[@]}" --study EX-1 --kind dataset --link "uses=$(printf '%064d' 1)" d3.txt
says err UNKNOWN_RECORD
is "$(pending r)" 0 'pending after an unknown link'
runs 0 fetch "${known[@]}" "$id" "$secret" --wait 20 -o bundles/
for bundle in "bundles/$id.asice" "bundles/$secret.asice"; do
	"$tv" --trust trust "$bundle" >out 2>err || fault "$bundle does not verify"
	says out '^VERIFIED'
done
unzip -Z1 "bundles/$secret.asice" | grep -qx details.json || fault 'details.json is not in the bundle'
runs 64 fetch "${known[@]}" "$id" -o "bundles/$id.asice"
says err '^trialnotary: EXISTS'
runs 0 status "${known[@]}" "$id" d1.txt
is "$(grep -c "^$id  SEALED  seal" out)" 2 'status by ID and by file'
runs 0 list "${known[@]}" --study EX-1 --json
is "$(grep -o '"id"' out | grep -c .)" 5 'list'
# details: checked here, sent as a document that only this side has, found again, and in the bundle
runs 0 submit "${known[@]}" --study EX-9 --kind dataset --set rows=5 --set standard=ADaM d3.txt
data=$(cut -c 1-64 out)
runs 0 submit "${known[@]}" --study EX-9 --kind dataset --set standard=ADaM --set rows=5 d3.txt
is "$(cut -c 1-64 out)" "$data" 'the same details in another order'
runs 0 submit "${known[@]}" --study EX-9 --kind dataset --set rows=6 --set standard=ADaM d3.txt
[ "$(cut -c 1-64 out)" != "$data" ] || fault 'other details are the same record'
runs 1 submit "${known[@]}" --study EX-9 --kind dataset --set rows=-1 d3.txt
says err "DETAILS_SHAPE: details at '/rows'"
runs 0 submit "${known[@]}" --study EX-9 --kind database-lock --set lock=final --set when=2026-05-01T12:00:00Z --link "locks=${data:0:12}"
lock=$(cut -c 1-64 out)
runs 0 fetch "${known[@]}" "$data" "$lock" --wait 20 -o details/
for bundle in "details/$data.asice" "details/$lock.asice"; do
	"$tv" --trust trust "$bundle" >out 2>err || fault "$bundle does not verify"
	unzip -Z1 "$bundle" | grep -qx details.json || fault "details.json is not in $bundle"
done
is "$(unzip -p "details/$data.asice" details.json)" '{"schema":"trialnotary/details/dataset/1","standard":"ADaM","rows":5}' 'the details'
# a kind of the study's own: the server asks for the record that registers it
echo '{"type":"object","properties":{"schema":{"const":"trialnotary/details/visit/1"}},"required":["schema"]}' >visit.json
runs 0 submit "${known[@]}" --study EX-9 --kind schema --set kind=visit --set rules=visit.json visit.json
kind=$(cut -c 1-64 out)
runs 64 submit "${known[@]}" --study EX-9 --kind visit --rules visit.json d3.txt
says err 'UNKNOWN_KIND: '
runs 64 submit "${known[@]}" --study EX-9 --kind visit --rules visit.json --link "uses=$data" d3.txt
says err 'UNKNOWN_KIND: '
runs 0 submit "${known[@]}" --study EX-9 --kind visit --rules visit.json --link "uses=$kind" d3.txt
runs 0 list "${known[@]}" --study EX-9 --json
says out '"kind":"visit"'
is "$(pending r)" 0 'pending after refusals of details and kinds'
runs 0 submit "${known[@]}" --study EX-3 --kind protocol "${signed[@]}" d1.txt
runs 0 fetch "${known[@]}" "$(cut -c 1-64 out)" --wait 20 -o signed.asice
"$tv" --integrity-only signed.asice >out 2>err
is $? 3 'a signed bundle'
# documents that are elsewhere, changed, or gone
mkdir moved
mv d1.txt moved/
runs 0 fetch "${known[@]}" "$id" -o without.asice
says out '1 of 1 documents are not in it'
says err "DOCUMENT_MISSING"
"$tv" --trust trust without.asice --detached moved/d1.txt >out 2>err || fault 'without its document, given beside it'
runs 0 fetch "${known[@]}" "$id" -o from.asice --from moved --json
says out '"documents":1,"missing":0}\]}$'
cmp -s from.asice "bundles/$id.asice" || fault 'the same bundle has other octets'
echo changed >d1.txt
runs 0 fetch "${known[@]}" "$id" -o changed.asice
says err "DOCUMENT_CHANGED"
mv moved/d1.txt d1.txt
# a bundle that was changed on its way is not written, whatever is put into it. Times and attributes in its ZIP headers do
# not come into the completed one, which is then the right one; what only a pinned key can show (a signature of the
# log, say) is for trialverify, which then refuses it
size=$(stat -c %s without.asice)
taken=0
for at in $(seq 3 $((size / 70)) $((size - 1))); do
	python3 - "$at" <<'END'
import sys
b = bytearray(open("without.asice", "rb").read())
b[int(sys.argv[1])] ^= 1 << int(sys.argv[1]) % 8
open("bundle", "wb").write(b)
END
	if "$tn" fetch "${fake[@]}" --state s0 "$id" -o flipped.asice --from d1.txt >out 2>err &&
		{ cmp -s flipped.asice "bundles/$id.asice" || ! "$tv" --trust trust flipped.asice >out 2>err; }; then
		rm flipped.asice
	fi
	if [ -e flipped.asice ]; then
		taken=$((taken + 1))
	fi
	count=$((count + 1))
	rm -f flipped.asice
done
is "$taken" 0 'changed bundles that were taken'
cp without.asice bundle
runs 0 fetch "${fake[@]}" --state s0 "$id" -o flipped.asice --from d1.txt
cmp -s flipped.asice from.asice || fault 'the unchanged one is another'
# two clients of one party, at the same time
for client in one two; do
	(for i in $(seq 12); do echo "$client $i" >$client-$i; "$tn" submit "${known[@]:0:6}" --state state-$client --study EX-4 --kind other $client-$i || echo "status $?"; done >$client.out 2>&1) &
	clients="${clients:-} $!"
done
wait $clients
is "$(cat one.out two.out | grep -cE '^[0-9a-f]{64}  (one|two)-')" 24 'records of two clients'
runs 0 list "${known[@]}" --study EX-4
is "$(grep -c . out)" 24 'records of two clients, at the notary'
is "$(($(pending state-one) + $(pending state-two)))" 0 'pending of two clients'
# the state folder is lost: the stream is not
rm -rf r
runs 0 submit "${known[@]}" --study EX-1 --kind other d1.txt
runs 0 submit "${known[@]}" --study EX-1 --prepare prepared --kind other d2.txt
"$tn" help serve >/dev/null && curl -sS --noproxy '*' -k -H "Authorization: Bearer $(cat real)" -H 'Content-Type: application/json' --data-binary @prepared "$url/v1/records" >out 2>err
says out '"state":"accepted"'

# ---- watch ----

mkdir -p inbox/below
echo one >inbox/one.txt; echo two >inbox/below/two.txt
echo no >inbox/.hidden; echo no >inbox/no.part; echo no >'inbox/no~'; ln -s one.txt inbox/link
runs 0 watch inbox "${known[@]}" --study EX-1 --kind dataset --settle 0 --once
is "$(grep -c . out)" 2 'notarised files'
is "$(find inbox -name '*.asice' | sort | tr '\n' ' ')" 'inbox/below/two.txt.asice inbox/one.txt.asice ' 'bundles beside their files'
"$tv" --trust trust inbox/one.txt.asice inbox/below/two.txt.asice >out 2>err || fault 'bundles of watch'
runs 0 watch inbox "${known[@]}" --study EX-1 --kind dataset --settle 0 --once
is "$(grep -c . out)" 0 'nothing is left'
# while it runs; stopped, killed, and started again
"$tn" watch inbox "${known[@]}" --study EX-1 --kind dataset --settle 3 >w.out 2>w.err &
watcher=$!
(for i in 1 2 3 4 5; do echo "$i"; sleep 0.4; done) >inbox/grows.txt
wait_file inbox/grows.txt.asice
kill -TERM $watcher; wait $watcher; is $? 0 'status of a stopped watch'
"$tv" --trust trust inbox/grows.txt.asice >out 2>err || fault 'a file that grew'
is "$(grep -c . w.out)" 1 'a growing file is one record'
for i in $(seq 30); do echo "$i" >inbox/kill$i; done
for pause in 0.05 0.1 0.2 0.4; do
	"$tn" watch inbox "${known[@]}" --study EX-1 --kind dataset --settle 0 --once >w.out 2>w.err &
	watcher=$!
	sleep $pause
	kill -KILL $watcher 2>/dev/null; wait $watcher 2>/dev/null
done
runs 0 watch inbox "${known[@]}" --study EX-1 --kind dataset --settle 0 --once
is "$(ls inbox/kill*.asice | grep -c .)" 30 'bundles after kills'
is "$(pending r)" 0 'pending after kills'
runs 0 list "${known[@]}" --study EX-1
records=$(grep -c . out)
is "$records" "$((5 + 2 + 2 + 1 + 30))" 'records after kills'
"$tv" --trust trust inbox/*.asice >out 2>err || fault 'bundles after kills'
# what cannot be notarised is said once, and the others are
printf 'x' >"$(printf 'inbox/bad\\name')"
echo good >inbox/good.txt
runs 2 watch inbox "${known[@]}" --study EX-1 --kind dataset --settle 0 --once
says err 'NAME_SHAPE'
[ -s inbox/good.txt.asice ] || fault 'a good file beside a bad one'
rm 'inbox/bad\name'
sleep 0.1
echo new >inbox/one.txt
runs 0 watch inbox "${known[@]}" --study EX-1 --kind dataset --settle 0 --once
says err "'one.txt' has changed since its bundle was written"

kill -TERM $server; wait $server
echo late >inbox/late.txt
runs 74 watch inbox "${known[@]}" --study EX-1 --kind dataset --settle 0 --once --timeout 1
says err SERVER_UNREACHABLE
"$tn" watch inbox "${known[@]}" --study EX-1 --kind dataset --settle 0 --timeout 60 >w.out 2>w.err &
watcher=$!
wait_text w.err "it will be tried again for"
began=$SECONDS
kill -TERM $watcher; wait $watcher; is $? 0 'status of a watch that is stopped while it tries'
is "$((SECONDS - began < 5))" 1 'it ends at once'
# a server that comes back while the client tries
echo patient >patient
"$tn" submit "${known[@]}" --study EX-1 --kind other patient >w.out 2>w.err &
client=$!
wait_text w.err "it will be tried again for"
"$tn" serve n --listen "${url#https://}" --tls on >serve.log 2>serve-err &
server=$!
jobs_started+=($server)
wait $client; is $? 0 'a client that waited for its server'
says w.err 'SERVER_UNREACHABLE: .* it will be tried again for'
kill -TERM $server; wait $server
# the bundle is the one that the notary itself would export
runs 0 export n "$id" -o local.asice --from .
runs 0 log audit n
runs 0 fsck n
cmp -s local.asice from.asice || fault 'completed and exported bundles differ'

finished

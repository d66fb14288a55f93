#!/usr/bin/env bash
# Rules that a study enforces when its notary is a server: the client asks them before it sends (docs/rules.md, decision 0027).
#   TRIALNOTARY, TRIALVERIFY: paths of the programs; TRIALNOTARY_SOURCE: the source tree; CLIENT_KILL: tests/fault/client_kill.c
set -u
. "$(dirname "$0")/lib.sh"

needs python3
export XDG_STATE_HOME="$work/xdg"

held() { find "$1" -path '*/records/*' -o -path '*/documents/*' -o -path '*/keys/*' | sort; }
# put STATE KIND FILES...: submits as acme; id is the record's
put() {
	local state=$1 kind=$2
	shift 2
	runs 0 submit "${to[@]}" --token-file acme --state "$state" --study "$study" --kind "$kind" "$@"
	id=$(head -1 out | cut -c 1-64)
}
# refused STATE FILES...
refused() {
	local state=$1
	shift
	runs 1 submit "${to[@]}" --token-file acme --state "$state" --study "$study" --kind dataset "$@"
	says err 'RULE_BROKEN: rule D1'
	says_not err "$person"
}
lay_down() { # STATE FILE
	mkdir -p "at-$1"; cp "$2" "at-$1/rules.json"
	put "$1" other --set 'what=trialnotary rules' "at-$1/rules.json"
	says err 'a server asks no rule: each client does before it sends'
}
records() { runs 0 list "${to[@]}" --token-file acme --state s --study "$study" --json; grep -o '"id":"' out | grep -c .; }

. "$tests/withdrawn.sh"
echo '{"schema":"trialnotary/rules/1","enforce":[{"rule":"D1","how":"refuse"}]}' >refuse.json
echo '{"schema":"trialnotary/rules/1","enforce":[{"rule":"D1","how":"attach"}]}' >attach.json
echo '{"schema":"trialnotary/rules/1"}' >nothing.json
disposition ds.json
signs before.json 2026-02-01 2026-02-02
signs early.json 2026-02-09
signs after.json 2026-02-03 2026-03-05
signs more.json 2026-03-06
signs third.json 2026-03-07
signs fourth.json 2026-03-08

# ---- the real service ----

runs 0 init n --origin test.example/1
runs 0 party add n acme --role sponsor
runs 0 party add n site --role site
"$tn" token new n acme >acme 2>err || fault 'token new'
"$tn" token new n acme --right submit >blind 2>err || fault 'token new'
"$tn" token new n site >site 2>err || fault 'token new'
chmod 600 acme blind site
runs 0 trust export n -o trust
sed -i '/^#* *keep_documents/d' n/trialnotary.conf && echo 'keep_documents = 1' >>n/trialnotary.conf
"$tn" serve n --listen 127.0.0.1:0 >serve.log 2>serve-err &
jobs_started+=($!)
for _ in $(seq 1200); do grep -q '^listening on' serve-err && break; sleep 0.05; done
to=(--server "$(sed -n 's/^listening on //p' serve-err)")
study=S-1

# a malformed file is refused before anything is sent
mkdir bad; echo '{"schema":"trialnotary/rules/1","enforce":[{"rule":"D9","how":"refuse"}]}' >bad/rules.json
runs 1 submit "${to[@]}" --token-file acme --state s --study S-1 --kind other --set 'what=trialnotary rules' bad/rules.json
says err "JSON_SHAPE: 'rules.json'"
runs 64 submit n --study S-1 --kind dataset --from . ds.json
says err '--from needs --server'

put s dataset ds.json

# a notary's folder is taken for DIR: its keys are not hashed into a record
runs 64 submit n "${to[@]}" --token-file acme --state s --study "$study" --kind dataset before.json
says err "'n' is a notary's folder: with --server there is no DIR"

# refuse
lay_down s refuse.json
put s dataset before.json
is "$(records)" 3 records
held s >held.before
refused s after.json
says err 'RULE_BROKEN: rule D1: order: withdrawn: 2026-03-01 .*; a row of VS: 2026-03-05'
held s >held.after
cmp -s held.before held.after || fault 'something of a refused record stays in the state folder'
refused s --confidential after.json
held s >held.after
cmp -s held.before held.after || fault 'something of a refused record with hidden details stays in the state folder'
is "$(records)" 3 'records after refusals'
# of several at once the message says which
refused s --each early.json after.json
says err "rule D1 \('after.json'\): order"
is "$(records)" 3 'records after a refusal of several'
refused s --prepare prepared after.json
[ ! -e prepared ] || fault 'a refused submission is written'
# what was accepted before is not judged again, another study has no such rule
put s dataset before.json
says err '1 of 1 records were submitted before'
study=S-2 put s dataset after.json
says_not err 'RULE_BROKEN|warning'

# another party: what it does not have cannot be asked
site=("${to[@]}" --token-file site --state t --study S-1 --kind dataset)
runs 0 submit "${site[@]}" more.json
says err 'warning: the study.s parameters of rules cannot be read, so no rule is enforced: DOCUMENT_MISSING: .*name where it is with --from'
mkdir given; cp nothing.json given/rules.json
runs 0 submit "${site[@]}" third.json --from given
says err 'no rule is enforced: DOCUMENT_CHANGED: '
cp refuse.json given/rules.json
runs 0 submit "${site[@]}" early.json --from given/rules.json
says_not err warning
rm -r given
runs 0 submit "${site[@]}" fourth.json # rules.json is known now, the disposition is not
says_not err warning
runs 1 submit "${site[@]}" --title another fourth.json --from ds.json
says err 'RULE_BROKEN: rule D1'
is "$(pending t)" 0 'pending at the site'
# it does not switch off what the sponsor laid down
mkdir off; cp nothing.json off/rules.json
runs 77 submit "${to[@]}" --token-file site --state t --study S-1 --kind other --set 'what=trialnotary rules' off/rules.json
says err "the parameters and the mapping of a study's rules are laid down by its sponsor"
runs 77 submit "${to[@]}" --token-file site --state t --study S-1 --kind other --set 'what=trialnotary mapping' off/rules.json
says err "laid down by its sponsor"
# nor with details that are hidden: they would count for nobody, and hold up whoever sees that they are there
runs 77 submit "${to[@]}" --token-file site --state t --study S-1 --kind other --set 'what=trialnotary rules' --confidential off/rules.json
says err "laid down by its sponsor"
# and those that are kept, too, which are read in the server's folder: no command of ours sends them
runs 0 submit "${to[@]}" --token-file site --state t --study S-1 --kind other --set 'what=trialnotary rules' --confidential --prepare hidden off/rules.json
sed 's/"confidential":true/"keep":true,&/g' hidden | python3 -c '
import sys, urllib.error, urllib.request
head = {"authorization": "Bearer " + open("site").read().strip(), "content-type": "application/json"}
try:
    urllib.request.urlopen(urllib.request.Request(sys.argv[1] + "/v1/records", sys.stdin.buffer.read(), head))
except urllib.error.HTTPError as e:
    print(e.read().decode())' "${to[1]}" >out 2>err
says out "the parameters and the mapping of a study's rules are laid down by its sponsor"
refused s after.json
# who may not read
runs 0 submit "${to[@]}" --token-file blind --state u --study S-1 --kind dataset --title blind after.json
says err 'no rule is enforced: FORBIDDEN: this credential may not read'

# attach
study=S-3
put s dataset ds.json
lay_down s attach.json; mild=$id
put s dataset after.json; broken=$id
says err 'accepted with 1 finding of a broken rule \(D1\): record [0-9a-f]{64} has them$'
found=$(sed -n 's/.*record \([0-9a-f]*\) has them/\1/p' err)
is "$(records)" 4 'the record of findings'
runs 0 fetch "${to[@]}" --token-file acme --state s "$found" --wait 20 -o findings.asice
says out '^'
"$tv" findings.asice --trust trust >out 2>err || fault 'the bundle of the findings is not accepted'
unzip -p findings.asice findings.json >findings.json || fault 'no findings.json in the bundle'
says findings.json '^\{"schema":"trialnotary/findings/1","study":"S-3"'
says <(unzip -p findings.asice statement.json) "\"type\":\"uses\",\"record\":\"$broken\"|\"record\":\"$broken\",\"type\":\"uses\""
says findings.json "\"parameters\":\"$mild\""
says findings.json '"findings":\[\{"rule":"D1","verdict":"FAIL","word":"order","persons":1\}\]'
says_not findings.json "$person"
runs 0 fetch "${to[@]}" --token-file acme --state s "$broken" --wait 20 -o broken.asice
# the same again: nothing is judged, nothing attached twice; and the next record is not at fault
put s dataset after.json
is "$(records)" 4 'findings are attached twice'
put s dataset nothing.json
is "$(records)" 5 'findings are attached to who is not at fault'
# hidden documents: hidden findings
put s dataset --confidential more.json
is "$(records)" 7 'findings of a hidden document'
runs 0 submit "${to[@]}" --token-file acme --state s --study S-3 --kind dataset --prepare prepared third.json
says err 'warning: 1 finding of a broken rule \(D1\) not notarised'
# more than are stored at once, with findings among the first: all of them arrive, and the findings once
study=S-4
put s dataset ds.json
lay_down s attach.json
mkdir many; for i in $(seq 1 1100); do echo "$i" >"many/n$i.txt"; done
cp after.json many/a.json
runs 0 submit "${to[@]}" --token-file acme --state s --study S-4 --kind dataset --each many
is "$(grep -c . out)" 1101 'lines of many records'
is "$(grep -c 'accepted with 1 finding' err)" 1 'findings of many records'
runs 0 list "${to[@]}" --token-file acme --state s --study S-4 --json
is "$(grep -o '"id":"' out | grep -c .)" 1104 'many records'
is "$(pending s)" 0 'pending after many'
# parameters behind many records are found from where the list was searched last
lay_down s refuse.json
refused s fourth.json

kill "${jobs_started[0]}"; wait "${jobs_started[0]}"
# the server's operator sees what is enforced and where
runs 1 check n --study S-1 --rule D1 --from . --from at-s
says out '^Enforced where records are submitted: in a notary.s folder, and by clients of a server over what they are shown: D1 \(refuse\)$'

# ---- a server that misbehaves ----

python3 "$tests/client_server.py" port 2>server-err &
jobs_started+=($!)
wait_file port
to=(--server "http://127.0.0.1:$(cat port)")
printf 'tn1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8QTpIaA\n' >acme
sent() { grep -c " $study\$" records; }
study=F-1
put f dataset ds.json
is "$(grep -c . looks)" 1 'requests more without parameters'
is "$(grep -c . requests)" 2 'requests: the stream, the record'
lay_down f attach.json
# findings that are not taken: the record is, and it is told
touch refuse-findings
put f dataset after.json
says err 'warning: 1 finding of a broken rule \(D1\) not notarised .the server says: .*: .trialnotary check. finds the same'
is "$(sent)" 3 'a record without its findings'
is "$(pending f)" 0 'pending after refused findings'
# one of several is not taken: those before it have their findings
mkdir several; cp more.json several/a.json; echo b >several/b.txt; echo c >several/c.txt
echo 1 >refuse-line
runs 77 submit "${to[@]}" --token-file acme --state f --study F-1 --kind dataset --each several
says err 'accepted with 1 finding of a broken rule'
says err '^trialnotary: FORBIDDEN'
is "$(sent)" 5 'the first of several, and its findings'
is "$(pending f)" 0 'pending after a refusal among several'
runs 0 submit "${to[@]}" --token-file acme --state f --study F-1 --kind dataset --each several
is "$(sent)" 7 'the rest of several'
says_not err 'accepted with'
# somebody else was faster: judged again, with findings of the record as it is then
cp -r f g
put g dataset --title other nothing.json
put f dataset third.json
says err 'accepted with 1 finding'
is "$(sent)" 10 'after a lost race'
is "$(sort -u records | grep -c .)" "$(grep -c . records)" 'no record twice'
# an answer that is lost: both are pending, and go with the next call
touch lose-posts
runs 74 submit "${to[@]}" --token-file acme --state f --timeout 4 --study F-1 --kind dataset fourth.json
rm lose-posts
is "$(pending f)" 2 'a record and its findings are pending'
put f dataset --title last nothing.json
is "$(pending f)" 0 'pending afterwards'
is "$(sent)" 13 'both were sent'

# the client is killed after each durable step: a record is there once; its findings, too, unless it was killed in between
if [ -n "${CLIENT_KILL:-}" ]; then
	with=''
	for step in $(seq 60); do
		signs k.json "2026-04-$((step % 28 + 1))" "2026-05-$((step % 28 + 1))"
		old=$(sent)
		"$CLIENT_KILL" "$step" submit "${to[@]}" --token-file acme --state f --study F-1 --kind dataset k.json >out 2>err
		status=$?
		put f dataset k.json
		is "$(grep -c "$id" records)" 1 "records after step $step"
		is "$(pending f)" 0 "pending after step $step"
		with=$with$(($(sent) - old - 1))
		[ $status != 0 ] || break
	done
	is "$((step > 10 && step < 60))" 1 "steps ($step) until nothing was killed"
	says <(echo "$with") '^1+0+1+$'
	is "$(sort -u records | grep -c .)" "$(grep -c . records)" 'no record twice'
fi

finished

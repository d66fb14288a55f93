#!/usr/bin/env bash
# The audit trail of a run whose requests are known: one event each, with party, right, object and outcome; and what must
# be nowhere: titles, file names, tokens, addresses.
#   TRIALNOTARY, TRIALVERIFY: paths of the programs
set -u
. "$(dirname "$0")/service.sh"
notary=$work/notary
study='SECRET-STUDY-7'
title='Confidential title of a protocol'

"$TRIALNOTARY" init "$notary" --origin test.example/1 --quiet >/dev/null || fault init
echo 'log_requests = 1' >>"$notary/trialnotary.conf"
sed -i '0,/^log_requests = 0$/{/^log_requests = 0$/d}' "$notary/trialnotary.conf"
for party in acme:sponsor beta:sponsor watcher:auditor ops:operator; do
	"$TRIALNOTARY" party add "$notary" "${party%:*}" --role "${party#*:}" --quiet >/dev/null || fault "party add $party"
done
token acme acme.token
token watcher watcher.token
token ops ops.token
token acme narrow.token --study OTHER
token acme ended.token
token beta beta.token
"$TRIALNOTARY" token revoke "$notary" 5 --quiet >/dev/null || fault "token revoke"
service_start "$notary"

study_hash=$(printf %s "$study" | sha256sum | cut -d ' ' -f 1)
: >want
# event PARTY CREDENTIAL RIGHT ABOUT OUTCOME [COUNT]: what the request before must have left
event() { echo "$1 $2 $3 $4 $5 ${6:-1}" >>want; }
# asks STATUS TOKEN CURL-ARGUMENT...: one request; its status must be this one; the answer is in the file 'answer'
asks() {
	local want=$1 token=$2 got auth=()
	shift 2
	[ "$token" = - ] || auth=(-H "Authorization: Bearer $(cat "$token.token")")
	got=$(curl -sS -o answer -w '%{http_code}' ${auth[@]+"${auth[@]}"} "$@") || fault "no answer: $*"
	count=$((count + 1))
	[ "$got" = "$want" ] || fault "$*: status $got, not $want" answer
}
post() { asks "$1" "$2" -H 'Content-Type: application/json' --data-binary "@$3" "$NOTARY/v1/records"; }

asks 200 acme "$NOTARY/v1/stream?study=$study";       event acme 1 submit "study $study_hash" OK
cp answer place
printf 'the text\n' >secret-file-name.txt
python3 - "$here" "$study" "$title" <<'EOF' || fault "no submission was made"
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
import records
stream = records.Stream(sys.argv[2])
for i, name in enumerate(("first.json", "second.json", "third.json")):
    made = stream.take(stream.make(documents=[("secret-file-name.txt", b"%d" % i)], title=sys.argv[3]))
    open(name, "wb").write(records.line(made))
    open(name + ".id", "w").write(made["entry"]["sha256"])
EOF
first=$(cat first.json.id) second=$(cat second.json.id) third=$(cat third.json.id)
post 201 acme first.json;                             event acme 1 submit "record $first" OK
post 200 acme first.json;                             event acme 1 submit "record $first" OK
post 401 - second.json;                               event unknown 0 submit none UNAUTHENTICATED
post 401 ended second.json;                           event acme 5 submit none TOKEN_REVOKED
post 403 watcher second.json;                         event watcher 2 submit none FORBIDDEN
post 403 narrow second.json;                          event acme 4 submit "record $second" FORBIDDEN
post 409 acme third.json;                             event acme 1 submit "record $third" STREAM_CONFLICT
cat second.json third.json >lines
asks 200 acme -H 'Content-Type: application/x-ndjson' --data-binary @lines "$NOTARY/v1/records/bulk"
event acme 1 submit "study $study_hash" OK 2
asks 200 acme "$NOTARY/v1/records/$first?wait=30";    event acme 1 read "record $first" OK
asks 200 watcher "$NOTARY/v1/records/$first/bundle?wait=30"; event watcher 2 read "record $first" OK
asks 200 watcher "$NOTARY/v1/records/$first/receipt"; event watcher 2 read "record $first" OK
asks 401 - "$NOTARY/v1/records/$first";               event unknown 0 read "record $first" UNAUTHENTICATED
asks 403 ops "$NOTARY/v1/records/$first";             event ops 3 read "record $first" FORBIDDEN
asks 404 narrow "$NOTARY/v1/records/$first/bundle";   event acme 4 read "record $first" FORBIDDEN
asks 404 watcher "$NOTARY/v1/records/$study_hash";    event watcher 2 read "record $study_hash" UNKNOWN_RECORD
asks 200 watcher "$NOTARY/v1/records?study=$study";   event watcher 2 read "study $study_hash" OK 3
asks 403 narrow "$NOTARY/v1/records?study=$study";    event acme 4 read "study $study_hash" FORBIDDEN
asks 200 watcher "$NOTARY/v1/records?sha256=$first";  event watcher 2 read none OK
asks 403 watcher -X DELETE "$NOTARY/v1/records/$first"; event watcher 2 erase "record $first" FORBIDDEN
asks 403 beta -X DELETE "$NOTARY/v1/records/$first";  event beta 6 erase "record $first" FORBIDDEN
asks 200 acme -X DELETE "$NOTARY/v1/records/$third";  event acme 1 erase "record $third" OK
asks 200 ops "$NOTARY/v1/tokens";                     event ops 3 admin none OK
asks 403 acme "$NOTARY/v1/tokens";                    event acme 1 admin none FORBIDDEN
asks 202 ops -X POST "$NOTARY/v1/seal";               event ops 3 admin none OK
# what names nobody is no access
for path in /v1/log /checkpoint "/v1/log/proof?id=$first" /v1/seals/1 /livez /readyz /metrics; do asks 200 - "$NOTARY$path"; done
asks 404 - "$NOTARY/nothing"
asks 200 - "$NOTARY/metrics"
cp answer metrics
asks 200 ops "$NOTARY/v1/audit/events?limit=1000"
cp answer events.json

# events FILE: "PARTY CREDENTIAL RIGHT ABOUT OUTCOME COUNT" of each; their numbers must be without gaps
events() {
	python3 - "$@" <<'EOF'
import json, sys
requests = set()
for i, e in enumerate(json.load(open(sys.argv[1]))["events"], 1):
    about = "record " + e["record"] if e.get("record") else "study " + e["study_sha256"] if e.get("study_sha256") else "none"
    if e["number"] != i and len(sys.argv) < 3:
        print(f"event {e['number']} in place {i}")
    if e["request"] in requests:
        print(f"request {e['request']} twice")
    requests.add(e["request"])
    print(e["party"], e["credential"], e["right"], about, e["outcome"], e["count"])
EOF
}
events events.json >got
# the request for the trail is in the trail or not yet: its own event is durable before its answer
cp want want-before
[ "$(wc -l <got)" = "$(wc -l <want)" ] || event ops 3 admin none OK
same "the trail by HTTP" want got
cp want-before want
service_stop
event ops 3 admin none OK
"$TRIALNOTARY" audit list "$notary" --json >list.json || fault "audit list"
events list.json >got
same "the trail offline" want got
"$TRIALNOTARY" audit list "$notary" --denied --json >denied.json || fault "audit list --denied"
events denied.json some >got
grep -v ' OK [0-9]*$' want >want-denied
same "what was denied" want-denied got

# ---- notarised, and one event shown ----
"$TRIALNOTARY" audit seal "$notary" --today --quiet >/dev/null 2>err || fault "audit seal" err
"$TRIALNOTARY" audit check "$notary" --json >check.json 2>err || fault "audit check" err
grep -q "\"events\":$(wc -l <want),\"notarised\":$(wc -l <want)," check.json || fault "not all events are notarised" check.json
for number in 1 5 "$(wc -l <want)"; do
	"$TRIALNOTARY" audit export "$notary" --event "$number" -o "event-$number.txt" --quiet >/dev/null 2>err || fault "audit export $number" err
	grep -qx "party $(sed -n "${number}p" want | cut -d ' ' -f 1)" "event-$number.txt" || fault "event $number is another one" "event-$number.txt"
	count=$((count + 1))
done

# ---- what must be nowhere ----
secrets=("$title" secret-file-name "$study" 127.0.0.1)
for t in acme watcher ops narrow ended beta; do secrets+=("$(cut -c 5-47 $t.token)"); done
# where the service itself listens is no secret
grep -v '"event":"started"' serve.out >log
[ "$(grep -c '"event":"request"' log)" -ge "$(wc -l <want)" ] || fault "the log has fewer lines than there were requests" log
grep -v '^listening on ' serve.err >notes || true
for secret in "${secrets[@]}"; do
	for file in "$notary"/access.db* log notes metrics; do
		[ -e "$file" ] || continue
		count=$((count + 1))
		! grep -qaF -- "$secret" "$file" || fault "'$secret' is in $(basename "$file")" <(grep -aF -- "$secret" "$file" | cut -c 1-300 | head -3)
	done
done
# the search finds what is there
grep -qaF watcher "$notary/access.db" || fault "the search finds nothing at all"
"$TRIALNOTARY" fsck "$notary" --quiet >verdict 2>&1 || fault fsck verdict
finish

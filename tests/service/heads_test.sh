#!/bin/bash
# Study heads: a service makes them for what is older than today, once; parties cannot; the verb makes them at once, and a study
# bundle is judged by them. The records of days before are made by libfaketime.
#   TRIALVERIFY, TRIALNOTARY: paths of the programs
set -u
program=${TRIALNOTARY:?path of trialnotary}
verify=${TRIALVERIFY:?path of trialverify}
. "$(dirname "$0")/service.sh"
if [ -n "${ASAN_OPTIONS:-}" ] || ! command -v faketime >/dev/null || ! faketime '2026-01-01 00:00:00' "$program" --version >/dev/null 2>&1; then
	echo "skipped: no usable faketime"
	exit 77
fi
notary=notary
run() { local want=$1; shift; "$program" "$@" >out 2>err; local got=$?; count=$((count + 1)); [ $got = "$want" ] || fault "$*: exit status $got, not $want" err; }
has() { count=$((count + 1)); grep -qF -- "$2" "$1" || fault "$1 lacks '$2'" "$1"; }
heads() { "$program" list notary >list 2>&1; grep -c ' study-head ' list; }
# heads_are N: soon
heads_are() {
	count=$((count + 1))
	for _ in $(seq 1 600); do
		"$program" list --server "$NOTARY" --token-file token --study EX-1 >list 2>err && [ "$(grep -c ' study-head ' list)" = "$1" ] && return
		sleep 0.1
	done
	fault "there are not $1 study heads" list
}

away_from_midnight
faketime -f '-3d' "$program" init notary --origin heads.example/1 >out 2>err || fault "init" err
run 0 party add notary acme --role sponsor
token acme token
echo one >a.txt
echo two >b.txt
echo three >c.txt
faketime -f '-2d' "$program" submit notary --study EX-1 --kind protocol a.txt >out 2>err || fault "submit" err

# what is two days old gets a study head as soon as the service runs, and no second one
service_start notary
heads_are 1
grep -q ' study-head ' list || fault "no study head" list
run 0 submit --server "$NOTARY" --token-file token --state state --study EX-1 --kind dataset b.txt
sleep 0.5
heads_are 1
# a party's own study head could leave out others
stream=$(head -1 list | cut -c1-64)
echo "{\"streams\":[{\"stream\":\"$stream\",\"head\":\"$stream\",\"records\":1}]}" >head.json
run 77 submit --server "$NOTARY" --token-file token --state state --study EX-1 --kind study-head --details head.json
has err "study heads are written by the notary alone"
service_stop
service_start notary
sleep 0.5
heads_are 1
service_stop

# when somebody asks: the party's stream is named, too
run 0 heads notary
has out "EX-1: 3 streams"
run 0 heads notary
has err "all studies are told"
run 0 heads notary --study EX-1
has out "3 streams, as told before"
run 0 heads notary --json
has out '{"schema":"trialnotary/heads/1","heads":[]}'
run 0 heads notary --study EX-1 --json
has out '"study":"EX-1","streams":3,"new":false}]}'
run 66 heads notary --study EX-2
has err "UNKNOWN_RECORD"
run 0 seal notary
[ "$(heads)" = 2 ] || fault "there are not 2 study heads" list
run 0 trust export notary -o trust
run 0 bundle notary --study EX-1 --from . -o study.tnstudy
count=$((count + 1))
"$verify" --trust trust study.tnstudy >verdict 2>&1 || fault "the study bundle is not VERIFIED" verdict
has verdict "newest study head"
finish

#!/usr/bin/env bash
# Rules that a study enforces when records are submitted (docs/rules.md, decision 0027).
#   TRIALNOTARY, TRIALVERIFY: paths of the programs
set -u
. "$(dirname "$0")/lib.sh"

submit() { runs 0 submit n --study ENFORCED-1 --json --keep --kind "$@"; id=$(id_of); }
records() { "$tn" list n --json 2>/dev/null | grep -o '"id":"' | wc -l; }
kept() { find n/documents -type f | wc -l; }
lay_down() { # FILE: parameters of the study
	cp "$1" rules.json
	submit other --set 'what=trialnotary rules' rules.json
}

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

runs 0 init n --origin test.example/1

# a malformed file is refused at its own submission, and so is one that nobody could read later
echo '{"schema":"trialnotary/rules/1","enforce":[{"rule":"D9","how":"refuse"}]}' >rules.json
runs 1 submit n --study ENFORCED-1 --kind other --set 'what=trialnotary rules' --keep rules.json
says err "JSON_SHAPE: 'rules.json': 'enforce' names a rule 'D9' that there is not: docs/rules.md lists them"
echo '{"schema":"trialnotary/rules/1","enforce":[{"rule":"D1"' >rules.json
runs 1 submit n --study ENFORCED-1 --kind other --set 'what=trialnotary rules' --keep rules.json
says err 'JSON_SHAPE'
runs 1 submit n --study ENFORCED-1 --kind other --set 'what=trialnotary rules' --keep ds.json
says err "JSON_SHAPE: a record of 'trialnotary rules' needs a document 'rules.json'"
cp refuse.json rules.json
runs 64 submit n --study ENFORCED-1 --kind other --set 'what=trialnotary rules' rules.json
says err 'USAGE: .*must be kept in the notary: --keep'
is "$(records)" 0 'refused parameters are stored'
# what is called so without being it is a file like any other
runs 0 submit n --study S-0 --kind other --set 'what=something else' rules.json

# refuse
lay_down refuse.json; strict=$id
submit dataset ds.json
submit dataset before.json; is "$(records)" 4 records
held=$(kept)
runs 1 submit n --study ENFORCED-1 --kind dataset --keep after.json
says err 'RULE_BROKEN: rule D1: order: withdrawn: 2026-03-01 .*; a row of VS: 2026-03-05 .*; rows after it: 1 of 4'
! grep -q "$person" err || fault 'a message names a person'
is "$(records)" 4 'a refused record is stored'
is "$(kept)" "$held" 'documents of a refused record are kept'
# of several at once the message says which; none of them is stored
runs 1 submit n --study ENFORCED-1 --kind dataset --each early.json after.json
says err "RULE_BROKEN: rule D1 \('after.json'\): order"
is "$(records)" 4 'a refused record is stored'
# what was accepted before is not judged again, another study has no such rule
runs 0 submit n --study ENFORCED-1 --kind dataset --keep before.json
says err '1 of 1 records were submitted before'
runs 0 submit n --study S-2 --kind dataset ds.json after.json
# what only breaks with another record of the same call
runs 1 submit n --study ENFORCED-1 --kind dataset --each third.json fourth.json
says err "RULE_BROKEN: rule D1 \('(third|fourth).json'\)"

# who looks at the study sees what is enforced, and where
runs 2 check n --study ENFORCED-1
says out '^Enforced where records are submitted: .*: D1 \(refuse\)$'

# attach: later parameters count from then on, and cannot be kept out themselves
lay_down attach.json; mild=$id
submit dataset after.json; broken=$id
says err '^accepted with 1 finding of a broken rule \(D1\): record [0-9a-f]{64} has them$'
found=$(sed -n 's/.*record \([0-9a-f]*\) has them/\1/p' err)
runs 0 show n "$found" --json
says out "\"type\":\"uses\",\"(record|id)\":\"$broken\""
runs 0 seal n
runs 0 trust export n -o trust
runs 0 export n "$found" -o findings.asice
"$tv" findings.asice --trust trust >out 2>err || fault 'the bundle of the findings is not accepted'
unzip -p findings.asice findings.json >findings.json || fault 'no findings.json in the bundle'
says findings.json '^\{"schema":"trialnotary/findings/1","study":"ENFORCED-1"'
says findings.json "\"parameters\":\"$mild\""
says findings.json '"findings":\[\{"rule":"D1","verdict":"FAIL","word":"order","persons":1\}\]'
says findings.json '"fail":1,"inconclusive":0'
! grep -q "$person" findings.json || fault 'findings.json names a person'
# the same again: nothing is judged, nothing attached twice
held=$(records)
runs 0 submit n --study ENFORCED-1 --kind dataset --keep after.json
is "$(records)" "$held" 'findings are attached twice'
# what was broken before is not the fault of the next record
submit dataset nothing.json
is "$(records)" $((held + 1)) 'findings are attached to who is not at fault'
# hidden documents: hidden findings
submit dataset --confidential more.json
found=$(sed -n 's/.*record \([0-9a-f]*\) has them/\1/p' err)
runs 0 show n "$found" --json
says out '"confidential":true'

# erased parameters: the ones before count again; erasing waits for no rule
runs 0 seal n
runs 0 erase n "$mild" --yes
runs 1 submit n --study ENFORCED-1 --kind dataset third.json
says err 'RULE_BROKEN: rule D1'
runs 0 erase n "$strict" --yes
runs 0 submit n --study ENFORCED-1 --kind dataset third.json
! grep -q RULE_BROKEN err || fault 'erased parameters count'

# with the index: made, deleted, damaged
lay_down refuse.json
mkdir many; for i in $(seq 1 150); do echo "$i" >"many/$i.txt"; done
runs 0 submit n --study S-3 --kind other --each many
[ -s n/rules.db ] || fault 'no index is made'
is "$(stat -c %a n/rules.db)" 600 'mode of rules.db'
refused() {
	runs 1 submit n --study ENFORCED-1 --kind dataset fourth.json
	says err 'RULE_BROKEN: rule D1'
}
refused
rm n/rules.db*
refused
head -c 4096 /dev/urandom >n/rules.db
rm -f n/rules.db-*
refused
! grep -qa 'ENFORCED-1' n/rules.db* || fault 'the index names a study'
runs 0 backup n -o copy
[ ! -e copy/rules.db ] || fault 'the backup holds the index'
# of another notary
runs 0 init other --origin test.example/2
runs 0 submit other --study S-3 --kind other --each many
rm -f n/rules.db*; cp other/rules.db* n/ 2>/dev/null
refused
lay_down nothing.json
runs 0 submit n --study ENFORCED-1 --kind dataset fourth.json

finished

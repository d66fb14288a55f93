#!/usr/bin/env bash
# Rows that are shown without the rest, as users do it: submit --rows, excerpt, trialverify excerpt; plain and confidential,
# with a folder and with a server, wrong words, wrong files, erasure.
#   TRIALNOTARY, TRIALVERIFY: paths of the programs; TRIALNOTARY_SOURCE: the source tree
set -u
. "$(dirname "$0")/lib.sh"

export XDG_STATE_HOME="$work/xdg"

# checks STATUS ARGUMENT...: what trialverify says of an excerpt
checks() { expect "$1" "$tv" excerpt --trust trust "${@:2}"; }

cp "$source/docs/formats/examples/ae.csv" .
printf 'USUBJID,DOSE\nDEMO-1-001,10\nDEMO-1-002,20\nDEMO-1-001,30\n' >ex.csv
printf '{"a":1}\n{"a":2}\n' >lab.ndjson
printf '<ODM><ItemGroupData n="1"/><ItemGroupData n="2"/></ODM>\n' >vs.xml
runs 0 init n
runs 0 trust export n -o trust

# ---- submitting ----
runs 64 submit n --study DEMO-1 --kind dataset --rows no.csv ae.csv
says err "'no.csv' is not among the files of this submission"
runs 64 submit n --study DEMO-1 --kind dataset --rows ae.csv --rows ./ae.csv ae.csv
runs 64 submit n --study DEMO-1 --kind dataset --unit csv ae.csv
says err '--unit is about --rows'
runs 64 submit n --study DEMO-1 --kind dataset --rows ae.csv --unit word ae.csv
says err "'word' is no unit of rows"
cp ae.csv ae.bin
runs 64 submit n --study DEMO-1 --kind dataset --rows ae.bin ae.bin
says err "what is a row of 'ae.bin'"
: >empty.csv
runs 64 submit n --study DEMO-1 --kind dataset --rows empty.csv empty.csv
says err "rows of 'empty.csv': an empty document has no rows"
cp ae.csv rows-001.json
runs 1 submit n --study DEMO-1 --kind dataset --rows ae.csv ae.csv rows-001.json
says err NAME_SHAPE
rm rows-001.json
is "$(find n/documents -type f | wc -l)" 0 'files that refusals left'

runs 0 submit n --study DEMO-1 --kind dataset --rows ae.csv --rows lab.ndjson --rows vs.xml ae.csv ex.csv lab.ndjson vs.xml
id=$(cut -c 1-64 out)
is "$(find n/documents -name '*.secret' | wc -l)" 3 'secrets'
# the same again is the same record, though it would have another secret
runs 0 submit n --study DEMO-1 --kind dataset --rows ae.csv --rows lab.ndjson --rows vs.xml ae.csv ex.csv lab.ndjson vs.xml
is "$(cut -c 1-64 out)" "$id" 'the record'
is "$(find n/documents -name '*.secret' | wc -l)" 3 'secrets after the second time'
# other rows make another one
runs 0 submit n --study DEMO-1 --kind dataset --rows ae.csv --unit line ae.csv
lines=$(cut -c 1-64 out)
[ "$lines" != "$id" ] || fault 'another unit, the same record'
runs 0 submit n --study DEMO-1 --kind dataset --each --rows ex.csv ex.csv ae.csv
grep ex.csv out >one; each=$(cut -c 1-64 one)
runs 0 submit n --study DEMO-1 --kind consent --rows ex.csv ex.csv
person=$(cut -c 1-64 out)
runs 0 seal n
runs 0 fsck n

# ---- excerpts ----
runs 64 excerpt n "$id" --member ae.csv -o a
says err 'say which rows'
runs 64 excerpt n "$id" --member ae.csv --rows 1
says err 'say where the excerpt goes'
runs 64 excerpt n "$id" --rows 1 -o a
says err 'several documents of this record have rows'
runs 64 excerpt n "$id" --member ex.csv --rows 1 -o a
says err "no rows of 'ex.csv' can be shown"
for bad in '' 1- -1 1,,2 2-1 01 x 1-2-3; do runs 64 excerpt n "$id" --member ae.csv --rows "$bad" -o a; done
runs 64 excerpt n "$id" --member ae.csv --rows 2,5 -o a
says err 'there is no row 5: the rows are 0 to 4'
runs 64 excerpt n "$id" --member ae.csv --rows 2 --hash md5 -o a
runs 64 excerpt n "$id" --member ae.csv --check --rows 2
runs 64 excerpt n "$id" --member ae.csv --rows 2 -o a --bundle n/a.asice
says err "lies in the notary's own folder"
runs 64 excerpt n "$id" --member ae.csv --rows 2 -o a --bundle a
says err 'excerpt and bundle are two files'
[ ! -e a ] && [ ! -e n/a.asice ] || fault 'a refusal left a file'
# a mistyped study is none that is in order
runs 66 check n --study DEMO-2
says err UNKNOWN_RECORD
# persons of whom a rule finds something are counted, whatever their number
printf 'STUDYID,DOMAIN,USUBJID,RFICDTC\nR,DM,KEY-1,2026-05-01\nR,DM,KEY-2,2026-05-01\n' >dm.csv
printf 'STUDYID,DOMAIN,USUBJID,LBSEQ,LBTESTCD,LBDTC\nR,LB,KEY-1,1,ALT,2026-04-01\nR,LB,KEY-2,1,ALT,2026-04-01\n' >lb.csv
"$tn" init rules >out 2>err || fault 'init rules'
runs 0 submit rules --study R --kind dataset dm.csv lb.csv
runs 1 check rules --study R
says out '^C3  FAIL\(order\) +2 persons: '
lacks out KEY-
says err RULE_BROKEN
runs 2 check rules --study R --rule P1
says err RULE_UNCLEAR

runs 0 excerpt n "$id" --member ae.csv --rows 3,2 --rows 0-0 -o ae.excerpt --bundle ae.asice
is "$(cat out)" '3 of 5 rows of ae.csv in ae.excerpt' 'what excerpt says'
checks 0 ae.excerpt ae.asice
says out '^VERIFIED +ae.excerpt$'
says out '3 of 5 rows of ae.csv existed, exactly as shown and at these places, no later than'
says out 'Row 2 +"DEMO-1,AE,2'
lacks out 'Nausea'
says out '\[OTHER_ROWS\]'
lacks ae.asice 'DEMO-1,AE,'
lacks ae.excerpt 'Nausea'
checks 0 --json ae.excerpt ae.asice
says out '"excerpt":\{"member":"rows-001.json","document":"ae.csv","unit":"csv","hash":"sha256","count":5,"shown":3,"is_document":false,"rows":\[\[0,0\],\[2,3\]\]\}'
runs 64 excerpt n "$id" --member ae.csv --rows 1 -o ae.excerpt
says err EXISTS
runs 64 excerpt n "$id" --member ae.csv --rows 1 --force -o ex.csv
says err 'is no excerpt: --force replaces excerpts alone'
runs 0 excerpt n "$id" --member ae.csv --rows 0-4 --hash sha512 --force -o ae.excerpt
checks 0 --json ae.excerpt ae.asice
says out '"is_document":true,"rows":\[\[0,4\]\]'
runs 64 excerpt n "$id" --member ae.csv --where AETERM=Rash -o w
says err 'no row has this value'
runs 64 excerpt n "$id" --member ae.csv --where NO=Rash -o w
says err "row 0 names no column 'NO'"
runs 64 excerpt n "$id" --member lab.ndjson --where a=1 -o w
runs 0 excerpt n "$id" --member ae.csv --where $'AETERM=Headache,\r\nleft' -o w
is "$(grep -o '^row [0-9]*' w | tr '\n' ' ')" 'row 0 row 2 ' 'the rows with this value'
runs 0 excerpt n "$each" --where USUBJID=DEMO-1-001 -o ex.excerpt --bundle ex.asice
is "$(grep -c '^row' ex.excerpt)" 3 'rows of the participant, and the header'
lacks ex.excerpt 'DEMO-1-002'
checks 0 ex.excerpt ex.asice
runs 0 excerpt n "$id" --member vs.xml --rows 1 -o vs.excerpt
says vs.excerpt '^row 1 [0-9a-f]{64} <ItemGroupData n="1"/>$'
runs 0 excerpt n "$id" --member lab.ndjson --rows 1 -o lab.excerpt
says lab.excerpt '^row 1 [0-9a-f]{64} \{"a":2\}%0a$'
runs 0 excerpt n "$id" --member ae.csv --check
is "$(cat out)" 'rows-001.json is over the 5 rows of ae.csv' 'what --check says'

# what does not belong together
checks 1 vs.excerpt ex.asice
says out EXCERPT_MISMATCH
checks 2 vs.excerpt ae.asice
says out MISSING_OBJECT
sed 's/Fi%c3/Fo%c3/' ae.excerpt >forged
checks 1 forged ae.asice
says out PROOF_ROOT
checks 64 ae.asice ae.asice
checks 1 ex.csv ae.asice
says out EXCERPT_SHAPE
checks 64 ae.excerpt
"$tv" --trust trust ae.excerpt >out 2>err
is $? 64 'an excerpt without its verb'
says out 'trialverify excerpt EXCERPT BUNDLE'

# ---- confidential ----
runs 0 excerpt n "$person" --rows 2 -o p.excerpt --bundle p.asice
checks 0 p.excerpt p.asice
says out '"DEMO-1-002,20"'
lacks p.asice "$(sha256sum <ex.csv | cut -c 1-64)"
lacks p.asice 'DEMO-1-00'

# ---- by hand, as docs/verify-by-hand.md shows it: row 2 of 4 ----
hash() { printf '%b' "$(printf '%s' "$1" | sed 's/../\\x&/g')" | cat - "${2:-/dev/null}" | sha256sum | cut -c 1-64; }
row=$(sed -n 's/^row 2 [0-9a-f]* //p' p.excerpt) salt=$(sed -n 's/^row 2 \([0-9a-f]*\) .*/\1/p' p.excerpt)
node() { sed -n "s/^node $1 $2 //p" p.excerpt; }
printf '%b' "$(printf '%s' "$row" | sed 's/\\/\\\\/g; s/%\(..\)/\\x\1/g')" >row
is "$(cat row)" 'DEMO-1-002,20' 'the row'
leaf=$(hash "00$salt" row)
right=$(hash "01$leaf$(node 3 4)")
is "$(hash "01$(node 0 2)$right")" "$(sed -n 's/^root //p' p.excerpt)" 'the root by hand'

# ---- erasure ----
runs 0 show n "$person" --json
secret=$(for s in n/documents/*.secret; do h=$(basename "$s" .secret); ! grep -q "$h" out || cat "$s"; done)
is "${#secret}" 64 'the secret of the record'
runs 0 erase n "$person" --yes
count=$((count + 1))
! grep -rqF "$secret" n || fault 'the secret is still there'
"$tn" excerpt n "$person" --rows 2 -o gone >out 2>err && fault 'an excerpt of an erased record'
says err ERASED
runs 0 fsck n
# a secret that no record needs does not stay, one that is needed must be right
touch "n/documents/$(printf x | sha256sum | cut -c 1-64).secret"
runs 0 status n "$id"
is "$(find n/documents -name "$(printf x | sha256sum | cut -c 1-64)*" | wc -l)" 0 'secrets of nothing'
for s in n/documents/*.secret; do cp "$s" kept; echo x >"$s"; break; done
"$tn" fsck n >out 2>err && fault 'fsck takes a broken secret'
says out 'does not hold a secret'
cp kept "$s"
runs 0 fsck n
# without its secret no excerpt of these rows can be made any more, and it is said so
mkdir aside; mv n/documents/*.secret aside
runs 66 excerpt n "$id" --member ae.csv --rows 1 -o none
says err 'the secret of these rows is not here'
mv aside/* n/documents

# ---- with a server ----
runs 0 party add n site-1 --role sponsor
(umask 077 && "$tn" token new n site-1 >token 2>err) || fault 'token new'
"$tn" serve n --listen 127.0.0.1:0 >serve.log 2>serve-err &
jobs_started+=($!)
for _ in $(seq 1200); do grep -q '^listening on' serve-err && break; sleep 0.05; done
url=$(sed -n 's/^listening on //p' serve-err)
known=(--server "$url" --token-file token --state r)
runs 0 submit "${known[@]}" --study DEMO-2 --kind dataset --rows ex.csv ex.csv
far=$(cut -c 1-64 out)
runs 0 submit "${known[@]}" --study DEMO-2 --kind dataset --rows ex.csv ex.csv
is "$(cut -c 1-64 out)" "$far" 'the record at the server'
runs 0 fetch "${known[@]}" "$far" --wait 30 -o far.asice
runs 0 excerpt "${known[@]}" "$far" --rows 2 -o far.excerpt
checks 0 far.excerpt far.asice
says out '"DEMO-1-002,20"'
runs 64 excerpt "${known[@]}" "$far" --rows 2 -o x --bundle y
is "$(find r -name '*.secret' | wc -l)" 1 'secrets of the client'
# nothing of the tree but its roots has left this machine
kill "${jobs_started[0]}"; wait "${jobs_started[0]}"
count=$((count + 1))
! grep -rqF "$(cat r/*/documents/*.secret)" n || fault 'the secret is at the server'

finished

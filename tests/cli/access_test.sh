#!/usr/bin/env bash
# Verbs party, token and audit: output, faults with suggestions, and the check by hand of docs/formats/audit.md.
#   TRIALNOTARY, TRIALVERIFY: paths of the programs; TRIALNOTARY_SOURCE: the source tree
set -u
. "$(dirname "$0")/lib.sh"
needs python3

runs 0 init n --origin test.example/1
runs 0 party list n
[ ! -s out ] || fault "a fresh notary has parties"
[ ! -e n/access.db ] || fault "'party list' makes access.db"
runs 66 token new n site-berlin
says err '^trialnotary: UNKNOWN_PARTY: no party .site-berlin.: none was added yet'
[ ! -e n/access.db ] || fault "a refused token makes access.db"
runs 64 party add n Site --role site
[ ! -e n/access.db ] || fault "a refused party makes access.db"

runs 0 party add n site-berlin --role site
says out '^added site-berlin as site$'
[ "$(stat -c %a n/access.db)" = 600 ] || fault "access.db can be read by others"
runs 64 party add n site-berlin --role site
says err 'EXISTS: there is a party .site-berlin. already'
runs 64 party add n ethics --role ethics-bord
says err "no role 'ethics-bord'; did you mean 'ethics-board'"
runs 64 party add n ethics --role king
says err 'there are sponsor, ethics-board, site, auditor, reader, operator'
runs 64 party add n ethics
says err "needs --role ROLE"
runs 0 party add n reader-1 --role reader --json
[ "$(cat out)" = '{"schema":"trialnotary/party-add/1","party":"reader-1","role":"reader"}' ] || fault "party add --json"

runs 66 token new n site-berln
says err '^  did you mean .site-berlin.\?$'
runs 64 token new n site-berlin --kind konsent
says err "UNKNOWN_KIND: no kind 'konsent'; did you mean 'consent'"
runs 64 token new n site-berlin --right reed
says err "no right 'reed'; did you mean 'read'"
runs 77 token new n reader-1 --right submit
says err 'FORBIDDEN: .reader-1. is a reader, which may not submit'
says err '^Next: '
for days in 0 731 -1 x ''; do runs 64 token new n site-berlin --days "$days"; says err "--days wants"; done
runs 64 token new n site-berlin --study ''
runs 64 token new n site-berlin --spki abc
says err 'wants the SHA-256 of a public key'
runs 0 token list n --json
[ "$(cat out)" = '{"schema":"trialnotary/token-list/1","tokens":[]}' ] || fault "something refused was stored"

runs 0 token new n site-berlin --study DEMO-1 --kind consent --right submit --days 30
grep -qxE 'tn1_[A-Za-z0-9_-]{49}' out || fault "token new"
token=$(cat out)
says err '^token 1; it is shown only now'
! grep -rqaF "${token:4:40}" n || fault "the secret is stored"
runs 0 token new n reader-1 --spki "$(printf x | sha256sum | cut -d ' ' -f 1)" --json
says out '^\{"schema":"trialnotary/token-new/1","number":2,"party":"reader-1","expires":"[^"]*","token":null\}$'
runs 0 token list n
says out '^1 +token +site-berlin  may submit  studies DEMO-1  kinds consent  until 20'
says out '^2 +certificate +reader-1  may read  studies any  kinds any  until 20'
runs 0 token list n --party reader-1 --json
says out '"tokens":\[\{"number":2,"party":"reader-1","type":"certificate","rights":\["read"\],"studies":null,"kinds":null,'
runs 66 token revoke n 9
says err UNKNOWN_TOKEN
runs 64 token revoke n one
runs 0 token revoke n 1
says out '^token 1 is revoked$'
runs 0 token revoke n 1 --json
[ "$(cat out)" = '{"schema":"trialnotary/token-revoke/1","token":1,"before":true}' ] || fault "token revoke --json"
runs 66 party revoke n reader-2
says err 'did you mean .reader-1.'
runs 0 party revoke n reader-1
runs 0 token list n --party reader-1
says out ' revoked 20'
runs 77 token new n reader-1
says err 'TOKEN_REVOKED: party .reader-1. was revoked'
runs 0 party list n
says out '^reader +reader-1  revoked 20'

# ---- the audit trail: no service yet, so its events are put into the database as the service does ----
runs 0 audit list n
[ ! -s out ] || fault "events without a service"
runs 0 audit seal n
says err 'nothing to notarise'
runs 0 audit check n
says out '^no fault found: 0 events, 0 of them notarised in 0 documents$'
runs 66 audit export n --event 1 -o e.txt
cat >put.py <<'EOT'
import os, sqlite3
db = sqlite3.connect("n/access.db")
for n, (day, party, outcome) in enumerate([(20500, "site-berlin", "OK"), (20500, "unknown", "UNAUTHENTICATED"),
                                           (20501, "site-berlin", "FORBIDDEN")], 1):
    time = {20500: "2026-02-16T10:00:00.5", 20501: "2026-02-17T10:00:00.5"}[day] + "00Z"
    text = (f"trialnotary/audit-event/1\nnumber {n}\ntime {time}\nparty {party}\ncredential {n % 2}\nright read\n"
            f"about record {'ab' * 32}\noutcome {outcome}\ncount 1\nrequest r-{n}\n")
    db.execute("INSERT INTO event VALUES (?, ?, ?, ?)", (n, day, os.urandom(32), text.encode()))
db.commit()
EOT
python3 put.py || fault "put.py"
runs 0 audit list n
says out '^1 +2026-02-16T10:00:00.500Z  read +OK +site-berlin  record abab'
[ "$(wc -l <out)" = 3 ] || fault "audit list"
runs 0 audit list n --denied --party site-berlin --json
says out '"events":\[\{"number":3,"time":"2026-02-17T10:00:00.500Z","party":"site-berlin","credential":1,"right":"read","record":"(ab)+","study_sha256":null,"outcome":"FORBIDDEN","count":1,"request":"r-3"\}\]\}$'
runs 0 audit list n --day 2026-02-16
[ "$(wc -l <out)" = 2 ] || fault "audit list --day"
runs 64 audit list n --day 2026-02-30
runs 2 audit export n --event 2 -o event-2.txt
says err '^trialnotary: AUDIT_OPEN: event 2 is not notarised yet'
runs 0 audit seal n --json
says out '"documents":\[\{"document":1,"name":"audit-2026-02-16.txt","first":1,"events":2,"record":"[0-9a-f]{64}"\},\{"document":2,"name":"audit-2026-02-17.txt"'
runs 0 audit seal n
runs 0 audit check n
says out '^no fault found: 3 events, 3 of them notarised in 2 documents$'
runs 66 audit export n --event 4 -o e.txt
says err UNKNOWN_EVENT
runs 0 audit export n --event 2 -o event-17.txt
runs 64 audit export n --event 2 -o event-17.txt
says err EXISTS
runs 64 audit export n --event 2 -o n/event.txt

# ---- by hand, exactly as the document shows it ----
record=$(sed -n 's/^record //p' event-17.txt)
runs 0 export n "$record" -o audit.asice
runs 0 trust export n -o trust
"$tv" --trust trust audit.asice >out 2>err || fault "the bundle of the audit trail is not verified"
awk '/^```sh$/ { on = 1; next } /^```$/ { on = 0 } on { print }' "$source/docs/formats/audit.md" >by-hand.sh
[ -s by-hand.sh ] || fault "docs/formats/audit.md shows no commands"
same() { bash by-hand.sh >hand 2>err; [ "$(wc -l <hand)" = 2 ] && [ "$(sort -u hand | wc -l)" = 1 ] && grep -qxE '[0-9a-f]{64}' hand; }
same || fault "by hand the event is not in the document"
cp event-17.txt whole
sed -i 's/UNAUTHENTICATED/OK/' event-17.txt
! same || fault "by hand a changed event is in the document"
cp whole event-17.txt
sed -i 's/^line 10$/line 9/' event-17.txt
! same || fault "by hand an event is in another's place"

# ---- a changed trail ----
python3 -c "
import sqlite3
db = sqlite3.connect('n/access.db')
db.execute('DELETE FROM event WHERE number = 2')
db.commit()"
runs 1 audit check n
says out '^AUDIT_MISMATCH: event 2 was removed$'
says err '^trialnotary: AUDIT_MISMATCH: 1 fault was found'
runs 1 audit check n --json
says out '"findings":\[\{"code":"AUDIT_MISMATCH","text":"event 2 was removed"\}\],"faults":1\}$'
runs 0 backup n -o backup
runs 1 audit check backup
runs 0 fsck n

finished

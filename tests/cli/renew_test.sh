#!/bin/bash
# The verb renew: what is due and why, bundles before and after, what is cut off, and nothing twice. Years pass by libfaketime.
#   TRIALVERIFY, TRIALNOTARY: paths of the programs
set -u
. "$(dirname "$0")/lib.sh"

if [ -n "${ASAN_OPTIONS:-}" ] || ! command -v faketime >/dev/null || ! faketime '2026-01-01 00:00:00' "$tn" --version >/dev/null 2>&1; then
	skip "no usable faketime"
fi
export TZ=UTC
ran=0

# dated STATUS DAY ARGUMENT...: trialnotary on that day, each time a minute later
dated() {
	local want=$1 day=$2
	shift 2
	run "$want" "$* on $day" faketime -f "@$day $(printf '%02d:%02d' $((12 + ran / 60)) $((ran % 60))):00" "$tn" "$@"
	ran=$((ran + 1))
}
# verify STATUS DAY BUNDLE: what trialverify says on that day; output is in verdict
verify() {
	local want=$1 got
	"$tv" --trust trust --at "$2T00:00:00Z" "$3" >verdict 2>&1
	got=$?
	is $got "$want" "$3 on $2: exit status"
}

dated 0 2026-01-01 init notary --origin renew.example/1
dated 0 2026-01-01 trust export notary -o trust
echo one >a.txt
echo two >b.txt
dated 0 2026-01-02 submit notary --study DEMO-1 --kind protocol a.txt
a=$(head -1 out | cut -c1-64)
dated 0 2026-01-02 seal notary
dated 0 2026-02-02 submit notary --study DEMO-1 --kind dataset b.txt
b=$(head -1 out | cut -c1-64)
dated 0 2026-02-02 seal notary
dated 0 2026-02-03 renew notary
reads out ""
has err "the first time-stamps to end are good until 2030-12-31T12:00:00Z"
lacks err "Next"
dated 0 2026-02-03 status notary "$a"
reads err ""
dated 0 2026-02-03 export notary "$a" -o old.asice

# ---- a hundred days before the end ----
day=2030-09-20
dated 0 $day status notary "$a"
has err "2 time-stamps end within 180 days: see 'trialnotary renew DIR --dry-run'"
dated 0 $day renew notary --dry-run
has out "embedded          sha256  2 time-stamps, from 2030-12-31T12:00:00Z on: '"
has out "', its certificate ends"
dated 0 $day export notary "$a" -o before.asice
cmp -s old.asice before.asice || fault "a dry run changed the evidence"
dated 0 $day renew notary --dry-run --json
has out '{"schema":"trialnotary/renew/1","before":"2031-03-19T12:'
has out '"due":[{"authority":"embedded","algorithm":"sha256","time_stamps":2,"first":"2030-12-31T12:00:00Z","last":"2030-12-31T12:00:00Z"'
has out '"ended":0,"unjudged":0,"next":"2030-12-31T12:00:00Z"}'
lacks out renewed
dated 64 $day renew notary --before yesterday
has err "USAGE"
dated 64 $day renew notary --before 2031-01-01 --all
dated 64 $day renew notary --by nobody
dated 64 $day renew notary --algorithm sha1
dated 0 $day renew notary --before 2030-12-31
reads out ""
dated 0 $day renew notary
has out "renewal 1: 2 time-stamps of embedded, by embedded; good until 203"
reads err "the first time-stamps to end are good until $(grep -o '2035[0-9T:-]*Z' out)"
dated 0 $day renew notary --json
has out '"due":[],"renewed":[],"failed":[],"revoked":[],"ended":0,'
dated 0 $day export notary "$a" "$b" -o .
dated 0 $day fsck notary
dated 0 $day status notary "$a"
reads err ""

# ---- both verify while the old certificate is good, the new one after it, too ----
verify 0 2030-10-01 old.asice
verify 0 2030-10-01 "$a.asice"
verify 2 2031-02-01 old.asice
has verdict TS_EXPIRED
verify 0 2031-02-01 "$a.asice"
has verdict "VERIFIED"
verify 0 2031-02-01 "$b.asice"
cmp -s old.asice "$a.asice" && fault "the evidence is as it was"
dated 0 $day export notary "$a" -o again.asice
cmp -s again.asice "$a.asice" || fault "the same evidence gives other octets"

# ---- the evidence record of a renewed bundle, and backup and restore ----
dated 0 2030-09-21 backup notary -o copy
dated 0 2030-09-21 restore copy other
dated 0 2030-09-21 export other "$a" -o other.asice
cmp -s other.asice "$a.asice" || fault "a backup has other evidence"

# ---- nobody looked for years ----
dated 0 2036-01-01 status notary "$a"
has err "2 time-stamps have ended before they were renewed"
dated 0 2036-01-01 renew notary
reads out ""
has err "a renewal now would prove nothing"
# an own authority alone: its certificate is the same, and 'all' is satisfied with that
dated 0 2036-01-01 submit notary --study DEMO-1 --kind dataset a.txt
dated 0 2036-01-01 seal notary
dated 0 2036-01-02 renew notary --all
has out "renewal 2: 1 time-stamps of embedded, by embedded"
dated 74 2036-01-03 renew notary --before 2050-01-01
has err "RENEW_NO_GAIN"
dated 0 2036-01-03 fsck notary

finished

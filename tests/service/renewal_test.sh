#!/bin/bash
# A service renews evidence by itself, years later: by the authority that made it, when that one answers; what cannot be renewed is an
# alarm, stays as it was, and is tried again. The authority outside is another notary's /tsa; years pass by libfaketime.
#   TRIALVERIFY, TRIALNOTARY: paths of the programs
set -u
program=${TRIALNOTARY:?path of trialnotary}
verify=${TRIALVERIFY:?path of trialverify}
if [ -n "${ASAN_OPTIONS:-}" ] || ! command -v faketime >/dev/null || ! faketime '2026-01-01 00:00:00' "$program" --version >/dev/null 2>&1; then
	echo "skipped: no usable faketime"
	exit 77
fi
. "$(dirname "$0")/service.sh"
export TZ=UTC FAKETIME_DONT_FAKE_MONOTONIC=1 DAY
# not the program faketime, which would stand between: signals are for the service itself
library=$(faketime -f +0 sh -c 'echo "$LD_PRELOAD"')
# its path holds '$LIB', which is for the loader, not for the shell
printf "#!/bin/sh\nexec env FAKETIME=\"@\$DAY\" LD_PRELOAD='%s' '%s' \"\$@\"\n" "$library" "$program" >dated
chmod 755 dated
TRIALNOTARY=$work/dated
other=
trap 'service_stop; [ -z "$other" ] || kill $other; rm -rf "$work"' EXIT

[ -n "$library" ] || { echo "skipped: no usable faketime"; exit 77; }
run() { count=$((count + 1)); "$TRIALNOTARY" "$@" >out 2>err || fault "$*" err; }
has() { count=$((count + 1)); grep -qF -- "$2" "$1" || fault "$1 lacks '$2'" "$1"; }
lacks() { count=$((count + 1)); ! grep -qF -- "$2" "$1" || fault "$1 holds '$2'" "$1"; }
# until_log TEXT: within a minute
until_log() {
	for _ in $(seq 1 600); do
		grep -qF -- "$1" serve.out && { count=$((count + 1)); return; }
		sleep 0.1
	done
	fault "the log never has '$1'" serve.out
}
# other_start / other_stop: the authority
other_start() {
	"$TRIALNOTARY" serve alpha >other.out 2>other.err &
	other=$!
	for _ in $(seq 1 600); do
		grep -q 'listening on' other.err && curl -fsS "http://127.0.0.1:$port/readyz" >ready 2>&1 && return
		kill -0 $other || break
		sleep 0.1
	done
	fault "the authority did not start" other.err
}
other_stop() { kill -TERM $other; wait $other || fault "the authority ended badly" other.err; other=; }

port=$(python3 "$here/free_port.py")
DAY='2026-01-02 12:00:00'
run init alpha --origin alpha.example/1
sed -i "s/^listen *=.*/listen = 127.0.0.1:$port/; s/^tsa_endpoint *=.*/tsa_endpoint = 1/" alpha/trialnotary.conf
run init notary --origin renewal.example/1
# each process has a clock of its own, from when it was started
sed -i 's/^clock_bound_ms *=.*/clock_bound_ms = 60000/' notary/trialnotary.conf
DAY='2026-01-02 12:00:10'
other_start
cp alpha/tsa/ca.pem alpha.pem
run tsa add notary alpha "http://127.0.0.1:$port/tsa" --roots alpha.pem
run trust export notary -o trust
echo one >a.txt
run submit notary --study DEMO-1 --kind protocol a.txt
id=$(head -1 out | cut -c1-64)
DAY='2026-01-02 12:00:15'
run heads notary # or the service would, years later, and each seal counts below
DAY='2026-01-02 12:00:20'
run seal notary
has err "1 token from outside"
other_stop
DAY='2026-01-03 12:00:00'
run export notary "$id" -o old.asice

# ---- a hundred days before the end, and the authority is away ----
DAY='2030-09-20 12:00:00'
service_start notary
until_log '"event":"evidence_renewed"'
until_log '"event":"renewal_failed"'
grep '"event":"evidence_renewed"' serve.out >line
has line '"level":"info"'
has line '"authority":"embedded","by":"embedded","time_stamps":1,"until":"2035-'
grep '"event":"renewal_failed"' serve.out >line
has line '"level":"warn"'
has line '"code":"FETCH_FAILED"'
has line '"authority":"alpha","by":"alpha","time_stamps":1,"end":"2031-01-01T12:00:'
for _ in $(seq 1 600); do
	curl -fsS "$NOTARY/metrics" >metrics
	grep -q 'notary_evidence_renewal_due' metrics && break
	sleep 0.1
done
has metrics 'notary_evidence_renewal_due{horizon="ended"} 0'
has metrics 'notary_evidence_renewal_due{horizon="30d"} 0'
has metrics 'notary_evidence_renewal_due{horizon="180d"} 1'
has metrics 'notary_evidence_renewals_total{result="ok"} 1'
has metrics 'notary_evidence_renewals_total{result="failed"} 1'
curl -fsS "$NOTARY/readyz" >ready || fault "not ready" ready
has ready '"renewal":{"due":1,"ended":0,"first":"2031-01-01T12:00:'
service_stop
DAY='2030-09-20 13:00:00'
run export notary "$id" -o half.asice
"$verify" --trust trust --at 2030-10-01T00:00:00Z half.asice >verdict || fault "one record old, the other new" verdict

# ---- it answers again ----
DAY='2030-09-20 14:00:00'
other_start
DAY='2030-09-20 14:00:05'
service_start notary
until_log '"event":"evidence_renewed"'
grep '"event":"evidence_renewed"' serve.out >line
has line '"authority":"alpha","by":"alpha","time_stamps":1,"until":"2035-'
lacks serve.out renewal_failed
for _ in $(seq 1 600); do
	curl -fsS "$NOTARY/metrics" >metrics
	grep -q 'notary_evidence_renewal_due{horizon="180d"} 0' metrics && break
	sleep 0.1
done
has metrics 'notary_evidence_renewal_due{horizon="180d"} 0'
curl -fsS "$NOTARY/readyz" >ready || fault "not ready" ready
lacks ready renewal
service_stop
other_stop
DAY='2030-09-20 15:00:00'
run export notary "$id" -o new.asice
run fsck notary

# ---- the certificate with which it renewed is compromised, and the older token is good still ----
# hold_crl CERTIFICATE: the notary holds a list of alpha's CA that names it, as if it had been asked for
hold_crl() {
	local serial
	serial=$(openssl x509 -in "$1" -noout -serial | cut -d = -f 2)
	printf 'R\t350101000000Z\t300921100000Z,keyCompromise\t%s\tunknown\t/CN=unit\n' "$serial" >crl-index
	printf '[ca]\ndefault_ca=a\n[a]\ndatabase=%s/crl-index\ndefault_md=sha256\n' "$work" >crl.cnf
	openssl ca -gencrl -config crl.cnf -keyfile alpha/tsa/ca.key -cert alpha/tsa/ca.pem -crl_lastupdate 300921100000Z \
		-crl_nextupdate 301021100000Z -out crl.pem 2>crl.err || fault "openssl ca" crl.err
	openssl crl -in crl.pem -outform DER -out crl.der
	openssl x509 -in "$1" -outform DER -out unit.der
	python3 - notary/notary.db crl.der unit.der <<'PY' || fault "the list"
import hashlib, sqlite3, sys
def element(octets, at):
	length, begin = octets[at + 1], at + 2
	if length > 127:
		begin += length - 128
		length = int.from_bytes(octets[at + 2:begin], "big")
	return begin, begin + length
crl, unit = (open(p, "rb").read() for p in sys.argv[2:])
at = element(unit, element(unit, 0)[0])[0] # TBSCertificate: version, serialNumber, signature, issuer
begin, end = element(unit, element(unit, at)[1])
issuer = element(unit, end)[1]
subject = hashlib.sha256(unit[issuer:element(unit, issuer)[1]] + unit[begin:end]).digest()
db = sqlite3.connect(sys.argv[1])
db.execute("INSERT INTO revocation (authority, kind, subject, this_update, sha256, der) VALUES ('alpha', 1, ?, ?, ?, ?)",
	(subject, 1916215200000, hashlib.sha256(crl).digest(), crl))
db.commit()
PY
}
hold_crl "$(ls alpha/tsa/tsu-*.pem | tail -n 1)"
DAY='2030-09-21 12:00:00'
run renew notary --dry-run
has err "renewal 2, by alpha, is revoked: 1 time-stamps are good no longer than before it"
run export notary "$id" -o fallen.asice
DAY='2030-09-21 12:00:10'
other_start
DAY='2030-09-21 12:00:15'
service_start notary
until_log '"event":"evidence_renewed"'
grep '"event":"renewal_revoked"' serve.out >line
has line '"level":"error"'
has line '"code":"REVOKED"'
has line '"authority":"alpha","renewal":2,"time_stamps":1'
grep '"event":"renewal_failed"' serve.out >line
has line '"code":"REVOKED"'
has line '"authority":"alpha","by":"alpha","time_stamps":1,"end":"2031-01-01T12:00:'
grep '"event":"evidence_renewed"' serve.out >line
has line '"authority":"alpha","by":"embedded","time_stamps":1,"until":"2035-'
curl -fsS "$NOTARY/metrics" >metrics
has metrics 'notary_evidence_renewals_total{result="revoked"} 1'
service_stop
other_stop
DAY='2030-09-21 15:00:00'
run export notary "$id" -o again.asice
run fsck notary
"$verify" --trust trust --at 2030-10-01T00:00:00Z fallen.asice >verdict || fault "without the revoked renewal" verdict
"$verify" --trust trust --at 2031-02-01T00:00:00Z again.asice >verdict || fault "renewed again" verdict

# ---- what everybody sees after the old certificates' end ----
"$verify" --trust trust --at 2031-02-01T00:00:00Z new.asice >verdict || fault "the renewed bundle" verdict
"$verify" --trust trust --at 2031-02-01T00:00:00Z old.asice >verdict && fault "the old bundle" verdict
has verdict TS_EXPIRED

# ---- nobody was there in time ----
DAY='2040-01-01 12:00:00'
service_start notary
until_log '"event":"evidence_ended"'
grep '"event":"evidence_ended"' serve.out >line
has line '"level":"error"'
has line '"code":"RENEW_TOO_LATE"'
has line '"time_stamps":2'
finish

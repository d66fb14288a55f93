# A real service for the tests beside it: sourced, not run.
#   TRIALNOTARY: path of the program
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d) || exit 1
umask 077
service=
trap 'service_stop; rm -rf "$work"' EXIT
cd "$work" || exit 1
faults=0 count=0

fault() { echo "FAILED: $1"; [ $# -lt 2 ] || sed 's/^/    /' "$2" | head -40; faults=$((faults + 1)); }
# same WHAT WANT GOT: two files
same() { count=$((count + 1)); diff "$2" "$3" >difference || fault "$1: expected <, got >" difference; }

for tool in curl python3; do
	command -v $tool >/dev/null || { echo "skipped: there is no $tool"; exit 77; }
done

# away_from_midnight: waits for the next day (UTC) when this one is about to end, for tests in which something is of today
away_from_midnight() { [ $((86400 - $(date +%s) % 86400)) -gt 180 ] || sleep $((86401 - $(date +%s) % 86400)); }

# service_start DIR: on a free port of loopback; sets NOTARY
service_start() {
	sed -i "s/^listen *=.*/listen = 127.0.0.1:0/" "$1/trialnotary.conf"
	"$TRIALNOTARY" serve "$1" >serve.out 2>serve.err &
	service=$!
	for _ in $(seq 1 600); do
		NOTARY=$(sed -n 's/.*listening on \(http:[^ ]*\).*/\1/p' serve.err)
		[ -n "$NOTARY" ] && curl -fsS "$NOTARY/readyz" >ready 2>&1 && return 0
		kill -0 $service 2>/dev/null || break
		sleep 0.1
	done
	fault "the service did not start" serve.err
	exit 1
}

# service_stop: as a supervisor does; the service must end well
service_stop() {
	local status=0
	[ -n "$service" ] || return 0
	kill -TERM $service
	wait $service || status=$?
	service=
	count=$((count + 1))
	[ $status = 0 ] || fault "the service ended with status $status" serve.err
	! grep -qE 'runtime error|Sanitizer' serve.err || fault "a sanitizer complains" serve.err
}

# token PARTY FILE OPTION...: makes a token while the service does not run
token() {
	local party=$1 file=$2
	shift 2
	"$TRIALNOTARY" token new "$notary" "$party" "$@" --quiet >"$file" || fault "token new $party"
}

finish() {
	service_stop
	echo "$count checks, $faults faults"
	[ $faults = 0 ]
	exit
}

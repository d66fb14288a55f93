#!/bin/bash
# The attack catalogue where it takes the program: groups U and D, P as far as they are about
# files, terminals and exit statuses. One line a case; --list prints what is expected.
#   TRIALVERIFY, TRIALNOTARY, TRIALNOTARY_BUILD: the programs and the build folder
set -u
faults=0
list=0
[ "${1:-}" = --list ] && list=1

# attack ID VERDICT CODE WHAT FUNCTION: the function leaves what it saw in verdict and code.
attack() {
	if [ $list = 1 ]; then
		printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$4"
		return
	fi
	verdict=- code=- why=
	"$5"
	echo "$1 $verdict $code"
	[ "$verdict $code" = "$2 $3" ] && [ -z "$why" ] && return
	echo "FAILED: $1 $4: $verdict $code, not $2 $3${why:+: $why}" >&2
	faults=$((faults + 1))
}
wrong() { why="${why:+$why; }$1"; }

# Reads verdict and first code of a JSON result, and checks that the exit status is the verdict's.
take_json() {
	local exits
	verdict=$(sed -n 's/.*"results":\[{"input":"[^"]*","form":[a-z"]*,"verdict":"\{0,1\}\([A-Za-z]*\).*/\1/p' out)
	code=$(sed -n 's/.*"results":\[{"input":"[^"]*","form":[a-z"]*,"verdict":[^,]*,"exit":[0-9]*,"reasons":\[{"code":"\([A-Z_0-9]*\)".*/\1/p' out)
	[ "$verdict" = null ] && verdict=NO_VERDICT
	code=${code:-OK}
	case $verdict in VERIFIED) exits=0 ;; REJECTED) exits=1 ;; INDETERMINATE) exits=2 ;; INTACT) exits=3 ;; *) exits=$got ;; esac
	[ "$got" = "$exits" ] || wrong "exit status $got"
	[ "$verdict" != NO_VERDICT ] || [ "$got" -ge 64 ] || wrong "exit status $got without a verdict"
}
# judge ARGS...: one input, as JSON
judge() {
	timeout 60 "$tv" --json "$@" >out 2>err
	got=$?
	take_json
}
# stopped STATUS: the program gave no verdict, with this status; the code is in its messages
stopped() {
	verdict=NO_VERDICT
	[ "$got" = "$1" ] || wrong "exit status $got, not $1"
	code=$(sed -n 's/.*\[\([A-Z_]*\)\].*/\1/p' err | head -1)
}

# ---- P ----
p03_mode() {
	cp -r trust loose
	chmod g+w loose/policy.json
	"$tv" --trust loose --strict good.asice >out 2>err
	got=$?
	stopped 77
}
p03_link() {
	cp -r trust linked
	mv linked/policy.json elsewhere.json
	ln -s ../elsewhere.json linked/policy.json
	"$tv" --trust linked --strict good.asice >out 2>err
	got=$?
	stopped 77
}
p03_plain() { judge --trust loose good.asice; }
p10() {
	cp -r trust surprised
	sed 's/"time":/"surprise":true,"time":/' trust/policy.json >surprised/policy.json
	"$tv" --trust surprised good.asice >out 2>err
	got=$?
	stopped 64
}
p12() {
	judge --trust trust --at 2098-01-01T00:00:00Z good.asice
	grep -q '"at":"2098-01-01T00:00:00Z"' out || wrong "the result does not say as of when"
	"$tv" --trust trust --at 2098-01-01T00:00:00Z good.asice >text.out 2>&1
	tr -s ' \n' ' ' <text.out | grep -qF 'checked as of 2098-01-01 00:00:00 UTC (--at)' || wrong "the screen does not say as of when"
}
p13() {
	judge --trust trust --at "$sealed" good.asice
	"$tv" --trust trust --at "$sealed" good.asice >text.out 2>&1
	grep -qF '(--at)' text.out || wrong "the screen does not say as of when"
}

# ---- D ----
d10() {
	judge "$1"
	[ "$got" = 66 ] || wrong "exit status $got, not 66"
}
d10_fifo() { mkfifo fifo; d10 fifo; }
d10_zero() { d10 /dev/zero; }
d10_folder() { mkdir -p folder; d10 folder; }
d10_growing() {
	(head -c -10 good.asice; head -c 70000 /dev/zero) >growing
	(while :; do head -c 4096 /dev/zero >>growing; sleep 0.01; done) &
	local writer=$!
	judge --trust trust growing
	kill $writer
	wait $writer 2>/dev/null
	# whether the program sees the file grow under its hands (IO) or reads it before, is a race; neither is a good verdict
	[ "$verdict $code" != "NO_VERDICT IO" ] || verdict=REJECTED code=ZIP_SHAPE
}
d10_stream() {
	(head -c -10 good.asice; head -c 100000 /dev/zero) | timeout 60 "$tv" --json --trust trust - >out 2>err
	got=${PIPESTATUS[1]}
	take_json
}

# ---- U ----
u01_none() { judge --trust trust bare.asice; }
u01_text() { judge --trust trust text; }
u01_screen() {
	"$tv" --trust trust bare.asice >out 2>err
	got=$?
	verdict=$(awk 'NR == 1 { print $1 }' out)
	code=$(sed -n 's/.*\[\([A-Z_]*\)\].*/\1/p' out | head -1)
	[ $got = 2 ] || wrong "exit status $got"
}
u02_full() {
	[ -w /dev/full ] || { verdict=NO_VERDICT code=IO; return; }
	local words
	for words in good.asice "--json good.asice" "-q good.asice"; do
		# shellcheck disable=SC2086
		"$tv" --trust trust $words >/dev/full 2>err
		got=$?
		[ $got = 74 ] || wrong "'$words' ends with $got"
	done
	stopped 74
}
u02_closed() {
	"$tv" --trust trust good.asice >&- 2>err
	got=$?
	stopped 74
}
u02_report() {
	"$tv" --trust trust --report nowhere/page.html good.asice >out 2>err
	got=$?
	stopped 66
}
u04_strict() { judge --trust trust --strict good.asice; }
u04_integrity() { judge --integrity-only good.asice; }
u04_bad() {
	local option
	for option in --strict -q --no-color; do
		"$tv" --trust trust $option bad.asice >out 2>err
		[ $? = 1 ] || wrong "$option changes the verdict"
		! grep -q VERIFIED out || wrong "$option prints VERIFIED"
	done
	"$tv" --integrity-only bad.asice >out 2>err
	[ $? = 1 ] || wrong "--integrity-only changes the verdict"
	judge --trust trust bad.asice
}
u04_force() {
	"$tv" extract --even-if-unverified -o forced bare.asice >out 2>err
	[ $? = 2 ] || wrong "extraction by force ends as if all were well"
	! grep -q 'VERIFIED' out || wrong "extraction by force prints VERIFIED"
	grep -q 'NOT VERIFIED' err || wrong "no warning"
	judge --trust trust bare.asice
}
u05() {
	timeout 60 "$tv" --json --trust trust good.asice bad.asice bare.asice >out 2>err
	got=$?
	[ $got = 1 ] || wrong "exit status $got is not the worst"
	[ "$(grep -o '"input":"[a-z]*.asice","form":"[a-z]*","verdict":"[A-Z]*","exit":[0-9]' out | sed 's/"form":"[a-z]*",//' | tr '\n' ' ')" = \
		'"input":"good.asice","verdict":"VERIFIED","exit":0 "input":"bad.asice","verdict":"REJECTED","exit":1 '\
'"input":"bare.asice","verdict":"INDETERMINATE","exit":2 ' ] || wrong "not each file is listed"
	grep -q '^{"schema":"[^"]*","exit":1,' out || wrong "the JSON has another exit status"
	verdict=REJECTED
	code=$(grep -o '"reasons":\[{"code":"[A-Z_]*"' out | sed -n '1s/.*"code":"\(.*\)"/\1/p')
}
u05_gone() {
	timeout 60 "$tv" --json --trust trust good.asice nothing.asice >out 2>err
	got=$?
	[ $got = 66 ] || wrong "exit status $got is not the worst"
	verdict=NO_VERDICT
	code=$(grep -o '"reasons":\[{"code":"[A-Z_]*"' out | sed -n '1s/.*"code":"\(.*\)"/\1/p')
}
u06() {
	local escape name long
	escape=$(printf '\033')
	long=$(printf 'n%.0s' $(seq 150))
	name=$(printf 'x\033[2J\nVERIFIED   <script>%%n%%s\342\200\256%sy' "$long")
	cp text "$name"
	judge "$name"
	"$tv" --report hostile.html "$name" >screen 2>&1
	for shown in out screen hostile.html; do
		! grep -q "$escape" $shown || wrong "an escape sequence in $shown"
		! grep -q "$(printf '\342\200\256')" $shown || wrong "a direction mark in $shown"
		! grep -q '^VERIFIED' $shown || wrong "a name looks like a verdict in $shown"
	done
	! grep -q '<script' hostile.html || wrong "markup in the page"
	verdict=$(sed -n 's/.*"verdict":"\([A-Z]*\)".*/\1/p' out)
	code=$(sed -n 's/.*"reasons":\[{"code":"\([A-Z_]*\)".*/\1/p' out)
}
u06_terminal() {
	script -qec true /dev/null </dev/null >/dev/null 2>&1 || { verdict=REJECTED code=ZIP_SHAPE; return; }
	local name plain
	name=$(printf 'y\033[2J\033]0;title\007.asice')
	cp text "$name"
	script -qec "env TERM=xterm '$tv' '$name'" /dev/null </dev/null >out 2>&1
	plain=$(sed 's/'"$(printf '\033')"'\[[0-9;]*m//g' out)
	case $plain in *"$(printf '\033')"* | *"$(printf '\007')"*) wrong "an escape sequence on the terminal" ;; esac
	verdict=$(printf '%s' "$plain" | awk 'NR == 1 { print $1 }')
	code=$(printf '%s\n' "$plain" | sed -n 's/.*\[\(ZIP_[A-Z]*\)\].*/\1/p' | head -1)
}
u09() {
	# a document of 100 GB that takes no room; job control, else a shell makes jobs ignore SIGINT
	mkdir -p vast
	truncate -s 100G vast/text || { wrong "no sparse file"; return; }
	set -m
	"$tv" --trust trust --detached vast/text detached.asice >out 2>err &
	local child=$! begin
	sleep 2
	kill -0 $child 2>/dev/null || wrong "it did not read the file"
	begin=$(date +%s%N)
	kill -INT $child
	wait $child 2>/dev/null
	got=$?
	begin=$((($(date +%s%N) - begin) / 1000000))
	set +m
	[ $begin -lt 5000 ] || wrong "it took $begin ms to stop"
	! grep -q VERIFIED out || wrong "it printed a verdict"
	verdict=NO_VERDICT
	[ $got = 130 ] && code=INTERRUPTED
}
u10() {
	local first= locale zone
	for locale in C C.UTF-8 tr_TR.UTF-8 de_DE.UTF-8; do
		for zone in UTC Asia/Kathmandu; do
			env LC_ALL=$locale LANG=$locale TZ=$zone TERM=xterm "$tv" --json --trust trust --at "$sealed" good.asice bad.asice >out 2>err
			[ -n "$first" ] || { cp out first; first=1; }
			cmp -s out first || wrong "another result in $locale, $zone"
		done
	done
	judge --trust trust --at "$sealed" good.asice
}
u13() {
	"$tv" extract -o "$1" --trust trust "$2" >out 2>err
	got=$?
	[ ! -e "$1" ] || wrong "something was extracted"
	judge --trust trust "$2"
	[ $got = 0 ] && wrong "exit status 0"
}
u13_bad() { u13 taken bad.asice; }
u13_bare() { u13 taken bare.asice; }
u13_folder() {
	mkdir -p there
	"$tv" extract -o there --trust trust good.asice >out 2>err
	got=$?
	[ -z "$(ls -A there)" ] || wrong "something was put into a folder that was there"
	stopped 64
}
u13_link() {
	mkdir -p there
	ln -sfn there by-link
	"$tv" extract -o by-link --trust trust good.asice >out 2>err
	got=$?
	[ -z "$(ls -A there)" ] || wrong "something was put behind a link"
	stopped 64
}
u13_good() {
	"$tv" extract -o extracted --trust trust good.asice >out 2>err || wrong "exit status $?"
	cmp -s extracted/text text || wrong "the file is not there"
	[ ! -e extracted/META-INF ] || wrong "evidence was extracted"
	judge --trust trust good.asice
}

if [ $list = 0 ]; then
	tv=${TRIALVERIFY:?path of trialverify}
	tn=${TRIALNOTARY:?path of trialnotary}
	forge=${TRIALNOTARY_BUILD:?the build folder}/tests/forge
	work=$(mktemp -d) || exit 1
	trap 'rm -rf "$work"' EXIT
	cd "$work" || exit 1
	umask 022
	unset NO_COLOR
	echo "a text" >text
	echo "b text" >other
	{
		"$tn" init notary --origin test.example/1 &&
			id=$("$tn" submit notary --study T-1 --kind protocol --version 1.0 --keep text | awk 'NR == 1 { print $1 }') &&
			"$tn" seal notary && "$tn" export notary "$id" -o good.asice && "$tn" export notary "$id" --detached -o detached.asice &&
			"$tn" trust export notary -o trust && "$forge" good.asice bad.asice set text other &&
			"$forge" good.asice bare.asice drop META-INF/evidencerecord001.ers drop META-INF/ASiCEvidenceRecordManifest001.xml
	} >log 2>&1 || { cat log; exit 1; }
	# the first whole second after the seal
	sealed=$(date -u -d "@$(($(date +%s) + 2))" +%Y-%m-%dT%H:%M:%SZ)
	"$tv" --trust trust good.asice >log 2>&1 || { echo "the control bundle is not VERIFIED"; cat log; exit 1; }
fi

attack P03a NO_VERDICT TRUST_INSECURE "a trust directory that others can change, with --strict" p03_mode
attack P03b NO_VERDICT TRUST_INSECURE "a trust directory with a link, with --strict" p03_link
attack P03c VERIFIED OK "a trust directory that others can change, without --strict" p03_plain
attack P10d NO_VERDICT POLICY_SHAPE "an unknown field stops the program" p10
attack P12d INDETERMINATE TS_EXPIRED "a time of 2098, which every result shows" p12
attack P13c VERIFIED OK "a result with --at says as of when" p13
attack D10a NO_VERDICT NO_INPUT "the bundle is a FIFO" d10_fifo
attack D10b NO_VERDICT NO_INPUT "the bundle is /dev/zero" d10_zero
attack D10c NO_VERDICT NO_INPUT "the bundle is a folder" d10_folder
attack D10d REJECTED ZIP_SHAPE "the bundle grows while it is read" d10_growing
attack D10e REJECTED ZIP_SHAPE "a bundle on standard input that does not end where it should" d10_stream
attack U01a INDETERMINATE NO_EVIDENCE "a bundle without evidence" u01_none
attack U01b REJECTED ZIP_SHAPE "a file that is no bundle" u01_text
attack U01c INDETERMINATE NO_EVIDENCE "a bundle without evidence, on the screen" u01_screen
attack U02a NO_VERDICT IO "the disk is full when the result is written" u02_full
attack U02b NO_VERDICT IO "standard output is closed" u02_closed
attack U02c NO_VERDICT NO_INPUT "the report has no folder to be written to" u02_report
attack U04a VERIFIED OK "--strict on a good bundle" u04_strict
attack U04b INTACT OK "--integrity-only never verifies" u04_integrity
attack U04c REJECTED DIGEST_MISMATCH "no option makes a bad bundle better" u04_bad
attack U04d INDETERMINATE NO_EVIDENCE "extraction by force never says VERIFIED" u04_force
attack U05a REJECTED DIGEST_MISMATCH "three files: good, bad, without evidence" u05
attack U05b NO_VERDICT NO_INPUT "two files, one is not there" u05_gone
attack U06e REJECTED ZIP_SHAPE "a hostile file name in JSON, on the screen and on the page" u06
attack U06f REJECTED ZIP_SHAPE "a hostile file name on a terminal" u06_terminal
attack U09 NO_VERDICT INTERRUPTED "SIGINT while 100 GB are hashed" u09
attack U10 VERIFIED OK "the same JSON in every locale and time zone" u10
attack U13a REJECTED DIGEST_MISMATCH "extraction of a bad bundle" u13_bad
attack U13b INDETERMINATE NO_EVIDENCE "extraction of a bundle without evidence" u13_bare
attack U13c NO_VERDICT EXISTS "extraction into a folder that is there" u13_folder
attack U13d NO_VERDICT EXISTS "extraction through a link" u13_link
attack U13e VERIFIED OK "extraction of a good bundle, its documents alone" u13_good

[ $faults = 0 ]

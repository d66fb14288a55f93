#!/bin/bash
# The program trialverify as its users meet it: exact status, where text goes, what is refused.
#   TRIALVERIFY, TRIALNOTARY: paths of the programs; TRIALNOTARY_SOURCE: the source tree
set -u
tv=${TRIALVERIFY:?path of trialverify}
tn=${TRIALNOTARY:-}
source=${TRIALNOTARY_SOURCE:?path of the source tree}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
umask 022
unset NO_COLOR
faults=0
count=0

fault() {
	echo "FAILED: $1"
	[ $# -gt 1 ] && sed 's/^/    /' "$2"
	faults=$((faults + 1))
}

# run STATUS NAME COMMAND...: runs it and compares the exit status; output is in out and err
run() {
	local want=$1 name=$2 got
	shift 2
	"$@" >out 2>err
	got=$?
	count=$((count + 1))
	[ "$got" = "$want" ] || { fault "$name: exit status $got, not $want"; sed 's/^/    /' out err; }
}
# has FILE TEXT / lacks FILE TEXT
has() { count=$((count + 1)); grep -qF -- "$2" "$1" || fault "$1 lacks '$2'" "$1"; }
lacks() { count=$((count + 1)); ! grep -qF -- "$2" "$1" || fault "$1 holds '$2'" "$1"; }

echo "a text" >text
: >empty
mkfifo fifo
ln -s text link
ln -s nowhere dangling
head -c 70000000 /dev/zero >large

# ---- help, versions, codes ----
run 0 help "$tv" --help
has out "Examples:"
[ "$(head -1 out)" = "Examples:" ] || fault "help does not begin with examples" out
cp out help
run 0 "help verb" "$tv" help extract
cp out help-extract
run 0 "verb --help" "$tv" extract --help
cmp -s out help-extract || fault "'extract --help' is not 'help extract'" out
run 0 "help er" "$tv" help er
has out "trialverify er --trust trust.d study.ers"
cp out help-er
run 0 "er --help" "$tv" er --help
cmp -s out help-er || fault "'er --help' is not 'help er'" out
run 0 "help token" "$tv" token -h
cp out help-token
lacks out "--exact"
run 64 "help of nothing" "$tv" help extrat
has err "did you mean 'extract'?"
run 0 version "$tv" --version
has out "trialverify "
has out OpenSSL
has out libarchive
has out libxml2
run 0 explain "$tv" explain DIGEST_MISMATCH
has out "REJECTED"
has out "ask the sender for the original file"
run 0 "explain all" "$tv" explain
has out UNKNOWN_ROOT
run 0 "explain JSON" "$tv" explain --json UNKNOWN_ROOT
has out '"code":"UNKNOWN_ROOT"'
run 64 "explain mistyped" "$tv" explain DIGEST_MISMACH
has err "did you mean 'DIGEST_MISMATCH'?"
run 64 "explain unknown" "$tv" explain QQQQQQQQQQ
has err "lists all"

# ---- the manual, help and completion name the same options ----
sed -n 's/^ *\(-[a-z], \)\{0,1\}--\([a-z-]*\).*/\2/p' help help-extract help-er help-token | sort -u >in-help
sed -n '/^# OPTIONS/,/^# EXIT/p' "$source/docs/man/trialverify.1.scd" | grep '^\*-' | grep -o '\*--[a-z-]*' | cut -c4- | sort -u >in-manual
cmp -s in-help in-manual || { fault "help and manual name different options"; diff in-help in-manual; }
for shell in bash zsh fish; do
	run 0 "completion $shell" "$tv" --completion $shell
	while read -r name; do has out "$name"; done <in-help
	[ $shell != bash ] || bash -n out || fault "the bash completion is no bash"
done
run 64 "completion of no shell" "$tv" --completion tcsh

# ---- the command line ----
run 64 "no file" "$tv"
run 64 "unknown option" "$tv" --jsn text
has err "did you mean '--json'?"
run 64 "abbreviation" "$tv" --trus . text
run 64 "unknown letter" "$tv" -x text
run 64 "no value" "$tv" text --trust
run 64 "empty value" "$tv" --trust= text
run 64 "value for a switch" "$tv" --json=yes text
run 64 "twice" "$tv" --json --json text
run 64 "no time" "$tv" --at tomorrow text
run 64 "time without Z" "$tv" --at 2026-03-02T14:07:31 text
run 64 "date that does not exist" "$tv" --at 2026-02-30T14:07:31Z text
run 64 "force without report" "$tv" --force text
run 64 "strict without trust" "$tv" --strict text
run 64 "trust and integrity" "$tv" --trust . --integrity-only text
run 64 "detached with two" "$tv" --detached text text text
run 64 "standard input twice" "$tv" - -
run 64 "extract without folder" "$tv" extract text
run 64 "option of another verb" "$tv" inspect --trust . text
run 64 "inspect two" "$tv" inspect text text
run 64 "mistyped verb" "$tv" inspct text
has err "did you mean the verb 'inspect'?"

# ---- inputs: regular files only (D10) ----
run 66 "no such file" "$tv" nothing
has out "NO VERDICT"
has out "[NO_INPUT]"
run 66 "a file named like a verb" "$tv" ./inspect
for name in fifo . /dev/zero /dev/null dangling text/below; do
	run 66 "input $name" timeout 10 "$tv" "$name"
	run 66 "inspect $name" timeout 10 "$tv" inspect "$name"
done
run 1 "not a container" "$tv" text
has out "REJECTED   text"
has out "[ZIP_"
run 1 "not a container, by a link" "$tv" link
run 1 "after --" "$tv" -- text
run 1 "an empty file" "$tv" empty
run 1 "a large file" "$tv" large
run 1 "standard input" "$tv" - <text
run 66 "standard input is a folder" "$tv" - <.
run 66 "two files, one gone" "$tv" text nothing
has out "2 files: 1 REJECTED, 1 NO VERDICT"
run 1 "inspect no container" "$tv" inspect text
if [ "$(id -u)" != 0 ]; then
	cp text secret
	chmod 0 secret
	run 77 "no right to read" "$tv" secret
fi

# ---- what is always said ----
run 1 "the screen" "$tv" --at 2030-01-01T00:00:00Z text
has out "checked as of 2030-01-01 00:00:00 UTC (--at)"
has out "offline"
has out "No policy (no trust directory)"
has out "0 of 0 files"
lacks out VERIFIED
run 1 quiet "$tv" -q text
[ "$(cat out)" = "REJECTED   text" ] || fault "-q prints more than the verdict" out
run 1 "integrity only" "$tv" --integrity-only text
lacks out INTACT
run 1 JSON "$tv" --json --at 2030-01-01T00:00:00Z text
cp out json
[ "$(wc -l <json)" = 1 ] || fault "the JSON is not one line" json
has json '"at":"2030-01-01T00:00:00Z"'
for locale in C C.UTF-8 tr_TR.UTF-8 de_DE.UTF-8; do
	run 1 "JSON in $locale" env LC_ALL=$locale TZ=Asia/Kathmandu TERM=xterm "$tv" --json --at 2030-01-01T00:00:00Z text
	cmp -s out json || fault "the JSON depends on the locale $locale" out
done
run 66 "JSON of two" "$tv" --json text nothing
has out '"input":"nothing","verdict":null,"exit":66'
run 1 "no colour in a file" env TERM=xterm "$tv" text
! grep -q "$(printf '\033')" out || fault "colour in a file"
run 1 "ASCII" env LC_ALL=C "$tv" text
! LC_ALL=C grep -q '[^ -~]' out || fault "more than ASCII in the C locale" out
if script -qec true /dev/null </dev/null >/dev/null 2>&1; then
	colour() { script -qec "$*" /dev/null </dev/null >out 2>&1; grep -q "$(printf '\033')\[1;31m" out; }
	colour env -u NO_COLOR TERM=xterm "$tv" text || fault "no colour on a terminal" out
	colour env NO_COLOR=1 TERM=xterm "$tv" text && fault "colour with NO_COLOR" out
	colour env TERM=dumb "$tv" text && fault "colour with TERM=dumb" out
	colour env TERM=xterm "$tv" --no-color text && fault "colour with --no-color" out
fi

# ---- hostile names (U06) ----
bad=$(printf 'x\033[2J\nVERIFIED   <script>%%n%%s\342\200\256y')
cp text "$bad"
for option in --json --no-color; do
	run 1 "hostile name $option" "$tv" $option "$bad"
	! grep -q "$(printf '\033')" out || fault "an escape sequence came through ($option)" out
	! grep -q "$(printf '\342\200\256')" out || fault "a direction mark came through ($option)" out
	! grep -q '^VERIFIED' out || fault "a name looks like a verdict ($option)" out
done

# ---- results that cannot be written (U02) ----
if [ -w /dev/full ]; then
	for words in "text" "--json text" "--help" "--version" "explain" "--completion bash" "inspect text"; do
		# shellcheck disable=SC2086
		"$tv" $words >/dev/full 2>err
		got=$?
		count=$((count + 1))
		[ "$words" = "inspect text" ] || [ $got = 74 ] || fault "'$words' to a full disk: exit status $got" err
	done
fi
"$tv" text >&- 2>err
[ $? = 74 ] || fault "closed standard output is not noticed" err
"$tv" text 2>&- >out
[ $? = 1 ] || fault "closed standard error changes the verdict"
"$tv" - <&- >out 2>err
[ $? -ge 64 ] || fault "closed standard input gives a verdict" out
"$tv" explain 2>err | true
[ "${PIPESTATUS[0]}" = 74 ] || [ "${PIPESTATUS[0]}" = 0 ] || fault "a reader that went away is not noticed" err

# ---- interrupts (U09) ----
# It waits for standard input, which never ends. (Job control: else a shell makes jobs ignore SIGINT.)
mkfifo slow
exec 9<>slow
set -m
for name in INT TERM HUP; do
	"$tv" - <&9 >out 2>err &
	child=$!
	sleep 0.5
	kill -$name $child
	wait $child 2>/dev/null
	got=$?
	[ $got = 130 ] || fault "SIG$name ends it with $got, not 130"
done
set +m
exec 9>&-

# ---- reports ----
run 1 "a report" "$tv" --at 2030-01-01T00:00:00Z --report page.html text
cp page.html first.html
has page.html "default-src 'none'; style-src 'unsafe-inline'"
has page.html "REJECTED"
lacks page.html "<script"
run 64 "a report is not replaced" "$tv" --report page.html text
has err "[EXISTS]"
run 1 "a report is replaced when told" "$tv" --at 2030-01-01T00:00:00Z --report page.html --force text
cmp -s page.html first.html || fault "the same result gives another page"
mkdir folder
ln -s first.html page-link
run 64 "a report over a folder" "$tv" --report folder --force text
run 64 "a report over a link" "$tv" --report page-link --force text
run 66 "a report into nothing" "$tv" --report nowhere/page.html text
ls -A | grep -q '\.tmp$' && fault "a temporary file is left"

# ---- trust directories ----
run 66 "no trust directory" "$tv" --trust nowhere text
run 66 "the trust directory is a file" "$tv" --trust text text
run 64 "a trust directory without a policy" "$tv" --trust folder text
has err "[POLICY_SHAPE]"
echo '{"schema":"trialnotary/policy/1","surprise":true}' >folder/policy.json
run 64 "an unknown keyword (P10)" "$tv" --trust folder text
has err "[POLICY_SHAPE]"
chmod g+w folder/policy.json
run 77 "others can change it (P03)" "$tv" --trust folder --strict text
has err "[TRUST_INSECURE]"
chmod go-w folder/policy.json
mv folder/policy.json elsewhere
ln -s ../elsewhere folder/policy.json
run 77 "a link in it (P03)" "$tv" --trust folder --strict text
rm folder/policy.json
mkfifo folder/policy.json
run 64 "a FIFO in it" timeout 10 "$tv" --trust folder text

# ---- real bundles, when there is a notary to make them ----
bundle() {
	id=$("$tn" submit notary --study T-1 --kind protocol --version 1.0 --keep text 2>>log | awk 'NR == 1 { print $1 }')
	[ -n "$id" ] && "$tn" seal notary >>log 2>&1 && "$tn" export notary "$id" -o good.asice >>log 2>&1 &&
		"$tn" trust export notary -o trust >>log 2>&1
}
if [ -z "$tn" ] || ! "$tn" init notary --origin test.example/1 >log 2>&1; then
	echo "no notary: real bundles were not tried"
elif ! bundle; then
	fault "the notary made no bundle" log
else
	run 0 "a good bundle" "$tv" --trust trust good.asice
	has out "VERIFIED   good.asice"
	has out "no later than"
	has out "Not shown by this result"
	run 0 "by standard input" "$tv" --trust trust - <good.asice
	run 0 "strict" "$tv" --trust trust --strict good.asice
	run 2 "without trust" "$tv" good.asice
	has out "INDETERMINATE"
	run 3 "integrity only" "$tv" --integrity-only good.asice
	has out "INTACT"
	run 1 "one good, one bad (U05)" "$tv" --trust trust good.asice text
	has out "2 files: 1 VERIFIED, 1 REJECTED"
	run 0 inspect "$tv" inspect good.asice
	has out "NOT CHECKED"
	has out '"statement.json"'
	run 0 "inspect JSON" "$tv" inspect --json good.asice
	has out '"checked":false'
	run 2 "no extraction without VERIFIED (U13)" "$tv" extract -o taken good.asice
	[ ! -e taken ] || fault "something was extracted"
	run 2 "extraction by force" "$tv" extract --even-if-unverified -o forced good.asice
	has err "WARNING"
	cmp -s forced/text text || fault "the file was not extracted"
	run 0 "extraction" "$tv" extract -o taken --trust trust good.asice
	cmp -s taken/text text || fault "the file was not extracted"
	[ ! -e taken/META-INF ] || fault "evidence was extracted"
	run 64 "a folder that is there" "$tv" extract -o taken --trust trust good.asice
	ln -s taken by-link
	run 64 "a folder by a link" "$tv" extract -o by-link --trust trust good.asice
	run 0 "a report of a good one" "$tv" --trust trust --report good.html good.asice
	has good.html "no later than"
	if command -v unshare >/dev/null && unshare -rn true 2>/dev/null; then
		run 0 "without a network" unshare -rn "$tv" --trust trust good.asice
	fi
fi

echo "$count checks, $faults failed"
[ $faults = 0 ]

#!/bin/bash
# The program trialverify as its users meet it: exact status, where text goes, what is refused.
#   TRIALVERIFY, TRIALNOTARY: paths of the programs; TRIALNOTARY_SOURCE: the source tree
set -u
. "$(dirname "$0")/lib.sh"

unset NO_COLOR

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
run 0 "help receipt" "$tv" help receipt
cp out help-receipt
has out "--proof"
lacks out "--report"
run 0 "help trust" "$tv" help trust
cp out help-trust
run 0 "trust show --help" "$tv" trust show --help
cmp -s out help-trust || fault "'trust show --help' is not 'help trust'" out
lacks out "--trust"
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
sed -n 's/^ *\(-[a-z], \)\{0,1\}--\([a-z-]*\).*/\2/p' help help-extract help-er help-token help-receipt help-trust | sort -u >in-help
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

# ---- evidence of others: the command line ----
cp -r "$source/tests/vectors/tst" vectors # short names, so that no path decides where a line breaks
vectors=vectors
h256=$(sha256sum text | cut -c1-64)
h512=$(sha512sum text | cut -c1-128)
run 64 "er alone" "$tv" er
has err "no evidence record is given"
run 64 "token alone" "$tv" token
has err "no token is given"
run 64 "er without objects" "$tv" er text
has err "give the files after it, or their digests with --digest"
run 64 "er without a record" "$tv" er --digest sha256:$h256
run 64 "token with two files" "$tv" token text text text
run 64 "token with a file and a digest" "$tv" token text text --digest sha256:$h256
run 64 "token with two digests" "$tv" token text --digest sha256:$h256 --digest sha256:$h256
has err "one file or one --digest"
run 64 "exact of a token" "$tv" token --exact text text
has err "'token' takes no option '--exact'"
run 64 "digest of a bundle" "$tv" --digest sha256:$h256 text
run 64 "sorted renewal of a bundle" "$tv" --sorted-renewal text
run 64 "detached of a record" "$tv" er --detached text text text
run 64 "extract's folder" "$tv" er -o folder text text
run 64 "CRL to inspect" "$tv" inspect --crl text text
run 64 "exact twice" "$tv" er --exact --exact text text
run 64 "exact with a value" "$tv" er --exact=1 text text
run 64 "trust and integrity of a record" "$tv" er --trust . --integrity-only text text
for wrong in sha256 sha256: :$h256 $h256 md5:00 sha257:$h256 sha512:$h256 sha256:${h256}00 sha256:${h256%0}g \
	"sha256:$(echo $h256 | tr a-f A-F | tr 0-9 A)" "sha256: $h256" "sha256:$h256," ",sha256:$h256" "sha256:$h256,,sha512:$h512" \
	"sha256:$h256,sha256:$h256" "sha256:$h256;sha512:$h512" "SHA256:$h256" "sha256=$h256"; do
	run 64 "digest $wrong" "$tv" er text --digest "$wrong"
	has err "[USAGE]"
done
run 64 "two of one algorithm" "$tv" er text --digest "sha256:$h256,sha256:$h256"
has err "holds sha256 twice"
run 64 "a digest that is too short" "$tv" er text --digest "sha512:$h256"
has err "a sha512 digest has 128 lower-case hex digits"
for words in "er - -" "er - text -" "token - -" "er text text --crl - --cert -" "--detached - -" "token - text --ocsp -"; do
	# shellcheck disable=SC2086
	run 64 "standard input twice: $words" "$tv" $words
	has err "standard input ('-') stands twice"
done
run 66 "a file named er" "$tv" ./er
run 66 "a record that is not there" "$tv" er nothing text
run 66 "an object that is not there" "$tv" er text nothing
has err "'nothing'"
run 66 "an object that is a folder" "$tv" token text .
run 66 "a record that is a FIFO" timeout 10 "$tv" er fifo text
# shellcheck disable=SC2046
run 64 "too many objects" "$tv" er text $(yes text | head -1024)
has err "more than 1024 files"
# shellcheck disable=SC2046
run 64 "too many CRLs" "$tv" $(yes -- "--crl text" | head -65) text
has err "more than 64"

# ---- what the user holds: refused before anything is judged ----
openssl x509 -inform DER -in "$vectors/root.der" -out cert.pem 2>log
openssl crl -inform DER -in "$vectors/crl-after.der" -out crl.pem 2>>log
cat cert.pem "$vectors/tsa-p256.pem" >two.pem
{ echo "words around it"; sed 's/$/\r/' cert.pem; printf %s "$(cat crl.pem)"; } >mixed.pem
{ cat cert.pem; sed '/END/d' cert.pem; } >cut.pem
for i in $(seq 65); do cat cert.pem; done >many.pem
head -c 1048577 /dev/zero >big
held() { run "$1" "held: $*" "$tv" "${@:2}" text; }
held 1 --crl crl.pem --crl "$vectors/crl-after.der" --cert two.pem --cert "$vectors/root.der" --ocsp "$vectors/ocsp-good.der"
held 66 --crl nothing
held 66 --cert .
for name in text empty cert.pem "$vectors/root.der" "$vectors/ocsp-good.der" "$vectors/p256-certs.tst"; do
	held 64 --crl "$name"
	has err "CRL"
	has err "${name##*/}"
done
for name in text empty crl.pem mixed.pem cut.pem "$vectors/crl-after.der" "$vectors/root.key"; do
	held 64 --cert "$name"
	has err "certificate"
	has err "${name##*/}"
	lacks out REJECTED
done
for name in text empty crl.pem cert.pem "$vectors/crl-after.der" "$vectors/root.der"; do
	held 64 --ocsp "$name"
	has err "OCSP response"
done
held 64 --cert many.pem
has err "at most 64 certificates"
held 64 --crl big
has err "larger than 1 MiB"
{ cat cert.pem; cat crl.pem; } >both.pem
held 64 --cert both.pem
has err "X509 CRL"

# ---- receipts ----
receipt=$source/docs/formats/examples/receipt
run 64 "receipt alone" "$tv" receipt
has err "no receipt is given"
run 64 "receipt with two bundles" "$tv" receipt text text text
run 64 "receipt with a report" "$tv" receipt --report page.html "$receipt"
run 64 "a proof of a bundle" "$tv" --proof text text
run 64 "receipt and proof by standard input" "$tv" receipt - --proof -
run 66 "a proof that is not there" "$tv" receipt --integrity-only "$receipt" --proof nothing
cp "$receipt" given # not at its path, which may be long: lines are folded
run 64 "a receipt without its verb" "$tv" given
has out "is a receipt: check it with  trialverify"
run 3 "a receipt, integrity only" "$tv" receipt --integrity-only "$receipt"
has out "nobody vouches for it"
run 3 "a receipt by standard input" "$tv" receipt --integrity-only - <"$receipt"
run 2 "a receipt without trust" "$tv" receipt "$receipt"
has out "[NO_TRUST_ANCHOR]"
lacks out "promised"
run 1 "no receipt" "$tv" receipt text
has out "[RECEIPT_SHAPE]"
run 1 "no receipt, JSON" "$tv" receipt --json text
has out ',"receipt":null}]'
run 64 "a container as a receipt" "$tv" receipt "$source/$(cd "$source" && find samples -name '*.asice' | head -1)"
run 1 "a file as a proof" "$tv" receipt --integrity-only "$receipt" --proof text
has out "[PROOF_SHAPE]"

# ---- tokens, replies and signatures ----
cp "$vectors/data.txt" data
d256=$(sha256sum data | cut -c1-64)
for name in p256-certs.tst p256-certs.tsr ber.tst detached.p7s; do
	run 3 "$name" "$tv" token --integrity-only "$vectors/$name" data
	has out "INTACT"
	has out "1 of 1 file (data)"
	lacks out "no later than"
	run 2 "$name without trust" "$tv" token "$vectors/$name" data
	run 1 "$name of another file" "$tv" token "$vectors/$name" text
	run 64 "$name without its verb" "$tv" "$vectors/$name"
	tr -s ' \n' ' ' <out >flat # where a line breaks depends on the path
	has flat "token TOKEN FILE"
	run 64 "$name as a record" "$tv" er "$vectors/$name" data
	run 0 "inspect $name" "$tv" inspect "$vectors/$name"
	has out "NOT CHECKED"
	has out "trialverify token --trust DIR"
	run 0 "inspect JSON of $name" "$tv" inspect --json "$vectors/$name"
	has out '"checked":false,'
done
run 3 "a token by standard input" "$tv" token --integrity-only - data <"$vectors/p256-certs.tst"
run 3 "a token and a file by standard input" "$tv" token --integrity-only "$vectors/p256-certs.tst" - <data
run 3 "a token over a digest" "$tv" token --integrity-only "$vectors/p256-certs.tst" --digest "sha256:$d256,sha512:$h512"
run 2 "a token over another digest" "$tv" token --integrity-only "$vectors/p256-certs.tst" --digest "sha512:$h512"
run 2 "a token without a file" "$tv" token --integrity-only "$vectors/p256-certs.tst"
has out "[MISSING_OBJECT]"
run 2 "a token without its certificate" "$tv" token --integrity-only "$vectors/p256-bare.tst" data
run 3 "with the certificate that is held" "$tv" token --integrity-only --cert two.pem "$vectors/p256-bare.tst" data
run 3 "JSON of a token" "$tv" token --json --integrity-only "$vectors/p256-certs.tst" data
has out '"form":"token","verdict":"INTACT"'
run 3 "a signature" "$tv" token --integrity-only "$vectors/detached.p7s" data
has out "Signed by"
run 64 "a container as a token" "$tv" token "$source/$(cd "$source" && find samples -name '*.asice' | head -1)" data
has out "is a container"
# rejection: a reply that was not granted, { { 2 } }
printf '\060\005\060\003\002\001\002' >refused.tsr
run 0 "inspect a refusal" "$tv" inspect refused.tsr
has out "rejected"
run 1 "a refusal" "$tv" token refused.tsr data
has out "[TS_STATUS]"
run 2 "inspect DER of another kind" "$tv" inspect "$vectors/root.der"
has err "[UNSUPPORTED]"
head -c 300 "$vectors/p256-certs.tst" >half.tst
run 2 "inspect half a token" "$tv" inspect half.tst
run 1 "half a token" "$tv" token half.tst data

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
has out '"input":"nothing","form":null,"verdict":null,"exit":66'
run 1 "no colour in a file" env TERM=xterm "$tv" text
! grep -q "$(printf '\033')" out || fault "colour in a file"
# ---- no setting of the system changes what is computed ----
printf 'openssl_conf = a\n[a]\nproviders = p\n[p]\nnull = n\n[n]\nactivate = 1\n' >null.cnf
run 0 "a configuration of OpenSSL" env OPENSSL_CONF="$PWD/null.cnf" "$tv" --at 2027-01-01T00:00:00Z --trust "$source/samples/bundles/trust" "$source/samples/bundles/good-dataset.asice"
has out VERIFIED

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
went=${PIPESTATUS[0]} # the next command sets it anew
[ "$went" = 74 ] || [ "$went" = 0 ] || fault "a reader that went away is not noticed" err

# ---- interrupts (U09) ----
# It waits for standard input, which never ends. (Job control: else a shell makes jobs ignore SIGINT.)
mkfifo slow
exec 9<>slow
# until_caught PID SIGNAL: until the program has its handler; before that, a signal would end it in another way
until_caught() {
	for _ in $(seq 1200); do
		((0x$(sed -n 's/^SigCgt:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null) >> ($2 - 1) & 1)) && return
		sleep 0.05
	done
	fault "signal $2 is not caught"
}
set -m
for name in INT TERM HUP; do
	"$tv" - <&9 >out 2>err &
	child=$!
	until_caught $child "$(kill -l $name)"
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
	unzip -q good.asice -d open
	er=open/META-INF/evidencerecord001.ers
	run 0 "an evidence record by itself" "$tv" er --trust trust $er text
	has out "This file existed, exactly as given here, no later than"
	has out "also covers 2 other objects"
	lacks out bundle
	run 0 "JSON of it" "$tv" er --trust trust --json $er text
	has out '"form":"evidence-record","verdict":"VERIFIED"'
	has out '"others":2,"sorted_renewal":false,"renewals":0'
	run 0 "the whole group" "$tv" er --trust trust --exact $er text open/statement.json open/stream.json
	has out "3 of 3 files"
	run 1 "not the whole group" "$tv" er --trust trust --exact $er text open/stream.json
	has out "[ER_GROUP]"
	run 1 "a file that it does not cover" "$tv" er --trust trust $er text open/mimetype
	has out "[ER_NOT_COVERED]"
	has out "1 of 2 files"
	run 0 "a digest" "$tv" er --trust trust $er --digest "sha256:$(sha256sum text | cut -c1-64)" open/stream.json
	has out "2 of 2 files"
	run 0 "a record by standard input" "$tv" er --trust trust - text <$er
	run 3 "a record, integrity only" "$tv" er --integrity-only $er text
	run 2 "a record without trust" "$tv" er $er text
	run 0 "a report on a record" "$tv" er --trust trust --report er.html $er text
	has er.html "This file existed"
	run 64 "a record without its verb" "$tv" --trust trust $er
	has out "is an evidence record: check it with  trialverify"
	run 64 "a record as a token" "$tv" token --trust trust $er text
	run 64 "a bundle as a record" "$tv" er --trust trust good.asice text
	run 0 "quiet" "$tv" er -q --trust trust $er text
	[ "$(wc -l <out)" = 1 ] || fault "er -q prints more than the verdict" out
	run 0 "inspect a record" "$tv" inspect $er
	has out "an evidence record"
	has out "chains: 1, time-stamps: 1"
	run 0 "inspect a record, JSON" "$tv" inspect --json $er
	has out '"form":"evidence-record","chains":1'
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
	cp -r trust promises
	run 2 "a receipt by a key that is not pinned" "$tv" receipt --trust promises "$receipt"
	has out "[RECEIPT_KEY]"
	cp "$source/docs/formats/examples/receipts" promises/receipts
	run 0 "a receipt" "$tv" receipt --trust promises --at 2026-03-02T14:08:00Z "$receipt"
	has out "The notary of log demo.example/1 promised"
	has out "14:08:31.250 UTC."
	has out "it ends at 2026-03-02T14:08:31.250Z [PROMISE]"
	run 0 "a receipt, JSON" "$tv" receipt --trust promises --json "$receipt"
	has out '"form":"receipt","verdict":"VERIFIED"'
	has out '"accepted":"2026-03-02T14:07:31.250Z","deadline":"2026-03-02T14:08:31.250Z","group":3,"index":1,"promise":"not-shown","shown_by":null}}]'
	run 1 "a receipt of the future" "$tv" receipt --trust promises --at 2026-03-02T14:06:00Z "$receipt"
	has out "[TS_FUTURE]"
	run 1 "a bundle of another log" "$tv" receipt --trust promises "$receipt" good.asice
	has out "[CHECKPOINT_ORIGIN]"
	echo "key" >promises/receipts
	run 64 "receipt keys that are none" "$tv" receipt --trust promises "$receipt"
	has err "'receipts'"
	if command -v unshare >/dev/null && unshare -rn true 2>/dev/null; then
		run 0 "without a network" unshare -rn "$tv" --trust trust good.asice
	fi
fi

finished

#!/bin/bash
# The verb 'trust' of trialverify: what a trust directory pins, and adding to it, also wrongly on purpose.
#   TRIALVERIFY, TRIALNOTARY: paths of the programs; TRIALNOTARY_SOURCE: the source tree
set -u
. "$(dirname "$0")/lib.sh"

# Everything in a folder, with its octets
tree() { (cd "$1" && find . | LC_ALL=C sort && find . -type f -exec sha256sum {} + | LC_ALL=C sort); }
# refused STATUS CODE NAME TEXT ARGS...: 'trust add trust ARGS' leaves the directory as it was
refused() {
	local status=$1 code=$2 name=$3 text=$4
	shift 4
	tree trust >before
	run "$status" "$name" "$tv" trust add trust "$@"
	has err "[$code]"
	has err "$text"
	[ ! -s out ] || fault "$name: something was printed" out
	tree trust | cmp -s before - || fault "$name: the directory was changed"
}
# The fingerprint, as docs/formats/trust.md says to make it by hand
by_hand() {
	(cd "$1" && find policy.json receipts tlog-policy streams/*.json submitters/*.pem tsa/*.pem -type f -exec sha256sum {} + 2>/dev/null |
		LC_ALL=C sort -k 2 | sha256sum | cut -c1-64)
}
grouped() { tr -d '\n' | sed 's/..../& /g; s/ $//' | sed 's/^\(.\{39\}\) /\1\n/'; }

# make_root NAME SUBJECT: a root certificate with a key of its own
make_root() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.pem" -subj "$2" -days 3650 2>/dev/null ||
		{ echo "openssl made no certificate"; exit 1; }
}
make_root alpha "/CN=Alpha Root"
make_root beta "/CN=Beta Root"
make_root odd '/CN=<script>alert("1")<\/script> \& "x"'
make_root acme "/CN=Acme Submitters"
cat alpha.pem beta.pem >both.pem

run 0 init "$tn" init n --origin demo.example/1 -q
run 0 export "$tn" trust export n -o trust -q
echo "a document" >protocol.txt
run 0 submit "$tn" submit n --kind protocol --study DEMO-1 --json -q protocol.txt
id=$(id_of)
run 0 seal "$tn" seal n -q
run 0 "export the bundle" "$tn" export n "$id" -o bundle.asice -q
bundle=$work/bundle.asice
run 0 "verify first" "$tv" --trust trust "$bundle"
has out 'Rule 1      met: at least 1 of embedded; counted: embedded ('
log=$(sed -n 's/^log //p' trust/tlog-policy)
line=$(cat trust/receipts)

# ---- looking ----
run 0 show "$tv" trust show trust
[ "$(sed -n '1p' out)" = "Trust directory trust" ] || fault "the first line" out
[ "$(sed -n '2,3s/^  *\(Fingerprint\)\{0,1\} *//p' out)" = "$(by_hand trust | grouped)" ] || fault "the fingerprint is not the one made by hand" out
has out '  Rule 1         at least 1 of embedded'
has out '  Revocation     every certificate needs usable revocation data, else the result is INDETERMINATE'
has out '  Expired        a last time-stamp whose certificate is over does not count'
has out '  Submitter      records need no signature'
has out 'Authority embedded: run by the operator of the log, not qualified'
has out '  Counts in      rule 1'
has out "  Key            $log"
has out 'promises of at most 60 s'
has out 'Witnesses: none asked for'
has out '[OPERATOR_ONLY]'
has out '[NO_WITNESSES]'
has out '[NO_SUBMITTERS]'
has out '[NO_STREAMS]'
lacks out '[NO_LOG]'
print=$(openssl x509 -in trust/tsa/embedded.pem -outform DER | sha256sum | cut -c1-64)
grep -qF "$(echo "$print" | grouped | head -1)" out || fault "the certificate's fingerprint is not its digest" out
run 0 list "$tv" trust list trust
[ "$(wc -l <out)" = 4 ] || fault "list has not one line a pin and one for the directory" out
grep -q "^authority $print  embedded  \"demo.example/1 Trial Notary CA\"  until 20[0-9-]*$" out || fault "the line of the authority" out
grep -q "^log       $(printf %s "$log" | sha256sum | cut -c1-64)  demo.example/1$" out || fault "the line of the log" out
grep -q "^directory $(by_hand trust)  trust$" out || fault "the line of the directory" out
run 0 "show JSON" "$tv" trust show --json trust
[ "$(wc -l <out)" = 1 ] || fault "JSON is not one line" out
has out '{"schema":"trialnotary/trust-show/1","path":"trust","fingerprint":"'"$(by_hand trust)"'","policy":"demo.example/1 default","policy_sha256":"'
has out '"rules":[{"text":"at least 1 of embedded","count":1,"operator":null,"qualified":null,"fitting":["embedded"]}]'
has out '"quorum":"none asked for"'
has out '{"name":"policy.json","sha256":"'"$(sha256sum <trust/policy.json | cut -c1-64)"'"}'
run 0 "list JSON" "$tv" trust list trust --json
has out '{"schema":"trialnotary/trust-list/1","path":"trust","fingerprint":"'
cp -r trust others && chmod g+w others/policy.json
run 0 "others can write it" "$tv" trust show others
has out "'others/policy.json' can be written by others than its owner [TRUST_INSECURE]"

# ---- what is no trust directory ----
run 66 "show nothing" "$tv" trust show nothing
run 66 "show a file" "$tv" trust show protocol.txt
mkdir empty
run 64 "show an empty folder" "$tv" trust show empty
has err "holds no policy.json"
cp -r trust broken && echo x >>broken/policy.json
run 64 "show a broken one" "$tv" trust show broken
has err "[POLICY_SHAPE]"

# ---- words that make no sense ----
run 64 "trust alone" "$tv" trust
has err "'trust show', 'trust list' or 'trust add'"
run 64 "trust sow" "$tv" trust shw trust
has err "did you mean 'trust show'?"
run 64 "trust a file" "$tv" trust protocol.txt
has err "a file named 'trust' is written as ./trust"
run 64 "show without a folder" "$tv" trust show
run 64 "show two" "$tv" trust show trust trust
run 64 "show and add" "$tv" trust show trust --qualified
has err "to add something, write 'trust add'"
run 64 "list a page" "$tv" trust list trust --page x.html
run 64 "add a page" "$tv" trust add trust --page x.html --require 1
run 64 "page and JSON" "$tv" trust show trust --page x.html --json
run 64 "force nothing" "$tv" trust show trust --force
has err "--force is about --page"
run 64 "an option of verifying" "$tv" trust show trust --at 2026-01-01T00:00:00Z
run 64 "an option of trust when verifying" "$tv" --authority x "$bundle"
has err "'verify' takes no option '--authority'"
refused 64 USAGE "add nothing" "say what to add"
refused 64 USAGE "conditions of nobody" "are about --authority" --qualified
refused 64 USAGE "no roots" "--authority needs its certificates" --authority alpha
refused 64 USAGE "a key of no stream" "--key is about --stream" --key "$print"
refused 64 USAGE "submitters without a file" "--submitter NAME FILE.pem" --submitter acme
refused 64 USAGE "two directories" "takes one directory" trust --require 1
refused 64 USAGE "an authority twice" "stands twice" --authority a --authority b
refused 64 USAGE "no name" "is no name of an authority" --authority ../alpha --roots alpha.pem
refused 64 USAGE "no accuracy" "a number of milliseconds" --authority alpha --roots alpha.pem --max-accuracy-ms 1s
refused 64 USAGE "no day" "is no day like" --authority alpha --roots alpha.pem --from 2026-02-30
refused 64 USAGE "from after to" "--from is later than --to" --authority alpha --roots alpha.pem --from 2026-03-02 --to 2026-03-01
refused 64 USAGE "no rule" "it begins with a number" --require "two of alpha"
refused 64 USAGE "a rule of nobody" "can't be read at 'alpha'" --require "1 of alpha"
refused 64 USAGE "a rule that can't be met" "could never be met" --require "1 not operator"
refused 64 USAGE "no stream" "64 lower-case hex digits" --stream abc
refused 64 USAGE "no receipts" "one line of the file" --receipts "$line
$line"
refused 66 NO_INPUT "no file" "nothing.pem" --authority alpha --roots nothing.pem
refused 64 POLICY_SHAPE "a key as roots" "" --authority alpha --roots alpha.key
refused 64 POLICY_SHAPE "a text as roots" "" --authority alpha --roots protocol.txt
head -c 1100000 /dev/zero >large
refused 64 POLICY_SHAPE "a large file" "is larger than 1 MiB" --authority alpha --roots large
refused 64 POLICY_SHAPE "a text as submitters" "" --submitter acme protocol.txt
refused 64 USAGE "no key of a log" "--log" --log demo.example/1+00000000+AAAA
refused 64 POLICY_SHAPE "no receipt key" "" --receipts "key nothing 60"
# one fault, and nothing of all the rest is written
refused 64 USAGE "the last of many" "could never be met" --authority alpha --roots alpha.pem --submitter acme acme.pem --stream "$print" --require "2 qualified"

# ---- adding ----
run 0 "an authority" "$tv" trust add trust --authority alpha --roots alpha.pem --qualified --from 2026-01-01 --to 2035-12-31 --max-accuracy-ms 1000
has out '  added          authority alpha'
cmp -s alpha.pem trust/tsa/alpha.pem || fault "the roots are others"
has trust/policy.json '{"name":"alpha","roots":"tsa/alpha.pem","operator":false,"qualified":true,"max_accuracy_ms":1000,"from":"2026-01-01T00:00:00Z","to":"2035-12-31T23:59:59.999Z"}'
[ "$(stat -c %a trust/policy.json trust/tsa/alpha.pem | tr '\n' ' ')" = "644 644 " ] || fault "the modes are others"
run 0 "still verified" "$tv" --trust trust --strict "$bundle"
run 0 "show it" "$tv" trust show trust
has out 'Authority alpha: not run by the operator of the log, qualified, accurate to 1000 ms or better, for times from 2026-01-01T00:00:00Z to 2035-12-31T23:59:59.999Z'
has out "authority 'alpha' counts in no rule [UNUSED_AUTHORITY]"
tree trust >before
run 0 "the same again" "$tv" trust add trust --authority alpha --roots alpha.pem --qualified --from 2026-01-01 --to 2035-12-31 --max-accuracy-ms 1000
has out '  there already  authority alpha'
tree trust | cmp -s before - || fault "adding the same changed something"
refused 64 EXISTS "other roots" "there is an authority 'alpha' already" --authority alpha --roots beta.pem --qualified --from 2026-01-01 --to 2035-12-31 --max-accuracy-ms 1000
refused 64 EXISTS "other conditions" "there is an authority 'alpha' already" --authority alpha --roots alpha.pem
run 0 "an authority and rules" "$tv" trust add trust --authority beta --roots beta.pem --require "2 of alpha,beta,embedded" --require "1 qualified" --json
has out '{"schema":"trialnotary/trust-add/1","path":"trust","created":false,"items":[{"text":"authority beta","added":true},{"text":"rule 2: 2 of alpha,beta,embedded","added":true},{"text":"rule 3: 1 qualified","added":true}],"fingerprint":"'"$(by_hand trust)"'"}'
has trust/policy.json '{"count":2,"of":["embedded","alpha","beta"]},'
has trust/policy.json '{"count":1,"qualified":true}]'
run 0 "a rule again" "$tv" trust add trust --require "2 of embedded alpha beta"
has out '  there already  rule 2'
run 2 "not enough any more" "$tv" --trust trust "$bundle"
has out 'rule 2 needs 2 time-stamping authorities and has 1; missing: alpha, beta'
has out 'Rule 2      NOT MET: at least 2 of embedded, alpha, beta; counted: embedded ('
has out 'Rule 3      NOT MET: at least 1 qualified authority; none counted; missing: alpha'
has out '[NOT_QUALIFIED]'
run 2 "the same as JSON" "$tv" --json --trust trust "$bundle"
has out '"met":false,"counted":[],"missing":["alpha"],"not_counted":[{"code":"NOT_QUALIFIED","text":"it is not qualified","authority":"embedded"'
run 2 "and as a page" "$tv" --trust trust --report rules.html "$bundle"
has rules.html '<h3>Rules of the policy</h3>'
run 0 "submitters" "$tv" trust add trust --submitter acme acme.pem
has out 'submitters of acme'
run 0 "submitters again" "$tv" trust add trust --submitter acme acme.pem
refused 64 EXISTS "other submitters" "'submitters/acme.pem' is there already" --submitter acme alpha.pem
stream=$(printf %064d 7)
run 0 "a stream" "$tv" trust add trust --stream "$stream" --key "$print"
[ "$(cat "trust/streams/0000000000000000.json")" = '{"schema":"trialnotary/stream-pin/1","stream":"'"$stream"'","key":"'"$print"'"}' ] || fault "the stream's file"
run 0 "a stream again" "$tv" trust add trust --stream "$stream" --key "$print"
has out 'there already'
refused 64 EXISTS "a stream with another key" "pinned already, with another key" --stream "$stream"
refused 64 EXISTS "a stream of the same beginning" "is there already" --stream "$(printf %064d 8)"
run 0 "the log and receipts that are there" "$tv" trust add trust --log "$log" --receipts "$line"
has out '  there already  log demo.example/1'
has out '  there already  receipt key'
refused 64 EXISTS "another promise" "for promises of another length" --receipts "${line%60}61"
run 0 init2 "$tn" init m --origin demo.example/1 -q
run 0 export2 "$tn" trust export m -o trust2 -q
refused 64 EXISTS "another key of the log" "with another key" --log "$(sed -n 's/^log //p' trust2/tlog-policy)"
run 0 init3 "$tn" init k --origin other.example/1 -q
run 0 export3 "$tn" trust export k -o trust3 -q
run 0 "another log" "$tv" trust add trust --log "$(sed -n 's/^log //p' trust3/tlog-policy)" --receipts "$(cat trust3/receipts)"
[ "$(grep -c '^log ' trust/tlog-policy) $(grep -c '^key ' trust/receipts)" = "2 2" ] || fault "the second log"
run 0 "shared" "$tv" trust add trust --authority alpha-too --roots both.pem
run 0 "show shared" "$tv" trust show trust
has out "'alpha' and 'alpha-too' share a certificate"
cp beta.pem trust/tsa/old.pem
run 0 "show unused" "$tv" trust show trust
has out "'tsa/old.pem' is named by no authority [UNUSED_FILE]"
run 64 "a file of that name" "$tv" trust add trust --authority old --roots alpha.pem
has err "'tsa/old.pem' is there already and holds something else"

# ---- a new directory ----
run 0 "new" "$tv" trust add new.d/ --authority alpha --roots alpha.pem --log "$log" --receipts "$line" --submitter acme acme.pem --stream "$stream"
has out 'New trust directory new.d/'
has out '  added          rule 1: 1 of alpha'
has new.d/policy.json '"name":"new.d"'
[ "$(cat new.d/tlog-policy)" = "log $log
quorum none" ] || fault "the new tlog-policy" new.d/tlog-policy
[ "$(cd new.d && find . -type f | LC_ALL=C sort | tr '\n' ' ')" = "./policy.json ./receipts ./streams/0000000000000000.json ./submitters/acme.pem ./tlog-policy ./tsa/alpha.pem " ] ||
	fault "the files of the new directory are others"
run 2 "it can be used" "$tv" --trust new.d "$bundle"
has out '[UNKNOWN_ROOT]'
run 0 "new with a rule" "$tv" trust add new2 --authority own --roots trust/tsa/embedded.pem --operator --log "$log" --require "1 operator"
run 0 "who counts at once" "$tv" trust add new2 --authority acme --roots acme.pem --operator
has out '  added          authority acme, which now counts in rule 1'
run 0 "verified with it" "$tv" --trust new2 "$bundle"
has out 'Rule 1      met: at least 1 authority, run by the operator of the log; counted: own ('
for wrong in "--log $log" "--authority a --roots alpha.key" "--authority a --roots alpha.pem --require 2" "--authority a --roots nothing"; do
	# shellcheck disable=SC2086
	"$tv" trust add none $wrong >out 2>err && fault "new with $wrong was made" out
	[ -z "$(find . -maxdepth 1 -name 'none*')" ] || fault "new with $wrong left something"
	count=$((count + 1))
done
run 64 "an empty folder" "$tv" trust add empty --authority alpha --roots alpha.pem
has err "holds no policy.json"
run 66 "below nothing" "$tv" trust add nowhere/new --authority alpha --roots alpha.pem
ln -s nowhere dangling
run 74 "by a dangling link" "$tv" trust add dangling --authority alpha --roots alpha.pem

# ---- nothing half-written ----
# Files may hold no octet: every write fails.
limited() {
	local said
	said=$( (trap '' XFSZ; ulimit -f 0; exec "$@") 2>&1)
	[ $? = 74 ] || fault "a failed write has another exit status"
	count=$((count + 1))
	[[ $said == *"File too large"*"[IO]"* ]] || fault "a failed write: $said"
}
tree new2 >before
limited "$tv" trust add new2 --authority beta --roots beta.pem
tree new2 | grep -v '^\./tsa$' >after
grep -v '^\./tsa$' before | cmp -s - after || fault "a failed write left something" after
limited "$tv" trust add none --authority beta --roots beta.pem
[ -z "$(find . -maxdepth 1 -name 'none*')" ] || fault "a failed new directory left something"
if command -v flock >/dev/null; then
	tree new2 >before
	run 64 "two at once" flock new2 "$tv" trust add new2 --authority beta --roots beta.pem
	has err "another 'trust add' is at work on 'new2'"
	tree new2 | cmp -s before - || fault "two at once: something was changed"
fi

# ---- the page ----
run 0 "an odd name" "$tv" trust add new2 --authority odd --roots odd.pem
run 0 "show the odd name" "$tv" trust show new2
has out 'Certificate    "<script>alert(\"1\")</script> & \"x\"", valid'
run 0 page "$tv" trust show new2 --page page.html
run 64 "page again" "$tv" trust show new2 --page page.html
has err "[EXISTS]"
cp page.html first.html
run 0 "page with force" "$tv" trust show new2 --page page.html --force
cmp -s page.html first.html || fault "the page is not the same twice"
lacks page.html '<script'
has page.html '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &quot;x&quot;'
lacks page.html 'http:'
lacks page.html 'https:'
lacks page.html 'url('
has page.html "default-src 'none'"
has page.html '@page{size:A4'
has page.html "$(by_hand new2 | grouped | head -1)<br>$(by_hand new2 | grouped | tail -1)"
has page.html 'time-stamps of at least 1 authority, run by the operator of the log'
has page.html 'Place and date'
has page.html 'OPERATOR_ONLY'
if command -v xmllint >/dev/null; then
	sed 's/<meta \([^>]*\)>/<meta \1\/>/g; s/<br>/<br\/>/g; s/<!DOCTYPE html>//' page.html >page.xml
	run 0 "tags are closed" xmllint --noout page.xml
fi
run 66 "page nowhere" "$tv" trust show new2 --page nowhere/page.html
for locale in C C.UTF-8; do
	run 0 "show in $locale" env LC_ALL=$locale "$tv" trust show trust
	run 0 "list in $locale" env LC_ALL=$locale "$tv" trust list trust
done
run 74 "a full disk" bash -c "'$tv' trust show trust >/dev/full"

# ---- files that are named like the verb ----
cp "$bundle" ./show
mkdir files && cp "$bundle" files/trust
cd files || exit 1
run 0 "./trust" "$tv" --trust ../trust2/../new2 ./trust
run 0 "-- trust" "$tv" --trust ../new2 -- trust
run 0 "-- trust, twice" "$tv" --trust ../new2 -- trust trust
run 64 "trust" "$tv" --trust ../new2 trust
cd ..
for verb in er token receipt inspect extract explain help verify; do
	run 66 "-- $verb" "$tv" --integrity-only -- "$verb"
	has out "[NO_INPUT]"
done

finished

#!/bin/bash
# The program trialnotary as its users meet it: from init to restore, and everything wrong on purpose.
#   TRIALVERIFY, TRIALNOTARY: paths of the programs; TRIALNOTARY_SOURCE: the source tree
set -u
. "$(dirname "$0")/lib.sh"

# fails STATUS CODE NAME ARGUMENT...: refused with this code, a next step, and nothing on the output
fails() {
	local status=$1 code=$2 name=$3
	shift 3
	run "$status" "$name" "$tn" "$@"
	has err "trialnotary: $code: "
	has err "Next: "
	reads out ""
}
# json NAME ARGUMENT...: one line, one object of this verb
json() {
	local schema=$1
	shift
	run 0 "$*" "$tn" "$@" --json -q
	[ "$(wc -l <out)" = 1 ] || fault "$*: not one line" out
	has out "{\"schema\":\"trialnotary/$schema/1\""
	reads err ""
	command -v python3 >/dev/null && { python3 -c 'import json,sys; json.load(sys.stdin)' <out || fault "$*: not JSON" out; }
}
# field NAME: the value of the first such field of out, numbers and strings alike
field() { grep -o "\"$1\":\"\{0,1\}[^\",}]*" out | head -1 | sed 's/.*://; s/"//'; }
record() { head -1 out | cut -c1-64; }

# ---- help ----
run 0 help "$tn" --help
has out "Examples:"
cp out all
run 0 "help verb" "$tn" help
cmp -s out all || fault "'help' is not '--help'"
run 0 "no words" "$tn" ; cmp -s out all || fault "no words do not show the help"
run 0 version "$tn" --version
reads out "trialnotary 0.1.0"
run 0 "help submit" "$tn" help submit
cp out submit-help
run 0 "submit --help" "$tn" submit --help
cmp -s out submit-help || fault "'submit --help' is not 'help submit'"
[ "$(sed -n 3p out)" = "Examples:" ] || fault "help does not begin with examples" out
# every verb has help, is in the manual and in the completions, with every option
run 0 "bash completion" "$tn" completion bash; cp out bash.sh
bash -n bash.sh || fault "the completion for bash is not a script"
run 0 "fish completion" "$tn" completion fish; cp out fish
run 0 "zsh completion" "$tn" completion zsh; has out "#compdef trialnotary"
fails 64 USAGE "no such shell" completion csh
sed -n '/^Verbs:/,/^$/s/^  \([a-z]\+\( [a-z]\+\)\?\)  .*/\1/p' all >verbs
[ "$(wc -l <verbs)" -ge 19 ] || fault "verbs are missing" verbs
while read -r verb; do
	# shellcheck disable=SC2086
	run 0 "help $verb" "$tn" help $verb
	has "$source/docs/man/trialnotary.1.scd" "*$verb*"
	has "$source/docs/cli.md" "## $verb"
	for option in $(sed -n 's/^  .*--\([a-z-]*\).*/\1/p' out | sort -u); do
		has "$source/docs/man/trialnotary.1.scd" "--$option"
		has bash.sh "--$option"
		has fish " -l $option"
	done
done <verbs

# ---- wrong command lines ----
fails 64 USAGE "mistyped verb" submti n
has err "did you mean 'submit'?"
fails 64 USAGE "mistyped second word" log haed n
has err "did you mean 'log head'?"
fails 64 USAGE "half a verb" log
fails 64 USAGE "nonsense" frobnicate
lacks err "did you mean"
fails 64 USAGE "mistyped option" submit n --stduy X --kind protocol
has err "did you mean '--study'?"
fails 64 USAGE "unknown option" seal n --frobnicate
fails 64 USAGE "short option" seal n -z
fails 64 USAGE "no value" submit n --study
fails 64 USAGE "value for a switch" erase n 12345678 --yes=1
fails 64 USAGE "given twice" submit n --study A --study B --kind protocol x
fails 64 USAGE "no study" submit n --kind protocol x
has err "needs --study ID"
fails 64 USAGE "too few words" status n
fails 64 USAGE "too many words" seal n m
has err "does not take 'm'"
run 64 "a fault in JSON" "$tn" submti --json
has out '{"schema":"trialnotary/error/1","code":"USAGE",'
has out '"exit":64}'
run 0 explain "$tn" explain STORE_BUSY
has out "exit status 74"
json explain explain OK
fails 64 USAGE "unknown code" explain FROBNICATE
fails 64 USAGE "control characters" "$(printf 'a\033[31mb')"
lacks err "$(printf '\033')"

# ---- init ----
fails 66 NOT_A_NOTARY "no notary" list n
mkdir full && : >full/file
fails 64 NOTARY_EXISTS "a folder that holds something" init full
[ "$(ls -A full)" = file ] || fault "init touched a folder that is not empty"
fails 64 USAGE "unknown key" init m --tsa-key rsa1024
[ -e m ] && fault "a refused init leaves a folder"
run 0 init "$tn" init n --origin test.example/log
has out "test.example/log"
fails 64 NOTARY_EXISTS "again" init n
json init init other
[ "$(stat -c %a n)" = 700 ] || fault "others can read the notary"
run 0 "empty list" "$tn" list n
reads out ""
run 0 "nothing to seal" "$tn" seal n
reads err "nothing was waiting"

# ---- submit ----
echo "the protocol" >protocol.pdf
mkdir -p data/sub consents
echo 1 >data/b.csv; echo 2 >data/a.csv; echo 3 >data/sub/c.csv; echo 4 >data/.hidden
for i in 1 2 3; do echo "consent $i" >consents/p$i.pdf; done
run 0 protocol "$tn" submit n --study DEMO-1 --kind protocol --version 2.0 --date 2026-03-01 --title "The \"protocol\"" protocol.pdf
protocol=$(record)
reads out "$protocol  protocol.pdf"
reads err ""
run 0 "protocol again" "$tn" submit n --study DEMO-1 --kind protocol --version 2.0 --date 2026-03-01 --title "The \"protocol\"" protocol.pdf
reads out "$protocol  protocol.pdf"
reads err "1 of 1 records were submitted before"
run 0 "quiet" "$tn" submit n -q --study DEMO-1 --kind protocol --version 2.0 --date 2026-03-01 --title="The \"protocol\"" ./protocol.pdf
reads out "$protocol  protocol.pdf"
reads err ""
run 0 dataset "$tn" submit n --study DEMO-1 --kind dataset data --link "uses=${protocol:0:8}"
dataset=$(record)
reads out "$dataset  data (4 files)"
run 0 "from elsewhere" "$tn" submit n --study DEMO-1 --kind dataset "$work/data/" --link "uses=$protocol"
has out "$dataset"
json show show n "$dataset"
has out '"documents":[{"name":".hidden"'
has out '{"name":"sub/c.csv"'
has out "\"links\":[{\"type\":\"uses\",\"record\":\"$protocol\"}]"
json submit submit n --study DEMO-1 --kind consent --each consents --date 2026-03-05
[ "$(grep -o '"new":true' out | wc -l)" = 3 ] || fault "three consents are not three records" out
has out '"new":3,"before":0}'
consent=$(field id)
echo "consent 4" >consents/p4.pdf
run 0 "one more" "$tn" submit n --study DEMO-1 --kind consent --each consents --date 2026-03-05
[ "$(wc -l <out)" = 4 ] || fault "four lines for four consents" out
has err "3 of 4 records were submitted before"
has out "$consent  p1.pdf"
run 0 withdrawal "$tn" submit n --study DEMO-1 --kind withdrawal --link "withdraws=$consent"
withdrawal=$(record)
run 0 "file name from a dash" "$tn" submit n --study DEMO-1 --kind other -- protocol.pdf
run 0 confidential "$tn" submit n --study DEMO-1 --kind analysis-plan --confidential --keep protocol.pdf
sap=$(record)
json show show n "$sap"
has out '"confidential":true,"kept":true,"commitment":"commitment-001.json"'

# ---- refusals leave nothing behind ----
"$tn" list n >before 2>/dev/null
fails 64 UNKNOWN_KIND "unknown kind" submit n --study S --kind protocoll protocol.pdf
has err "did you mean 'protocol'?"
fails 1 LINK_SHAPE "unknown link" submit n --study S --kind protocol --link supercedes="$protocol" protocol.pdf
has err "did you mean 'supersedes'?"
fails 1 LINK_SHAPE "senseless link" submit n --study S --kind protocol --link withdraws="$protocol" protocol.pdf
fails 66 UNKNOWN_RECORD "unknown target" submit n --study S --kind protocol --link supersedes=0123456789 protocol.pdf
fails 64 USAGE "short target" submit n --study S --kind protocol --link supersedes=0123456 protocol.pdf
fails 64 USAGE "no target" submit n --study S --kind protocol --link supersedes protocol.pdf
fails 64 USAGE "no document" submit n --study S --kind protocol
fails 64 USAGE "each of nothing" submit n --study S --kind protocol --each
fails 64 USAGE "key without certificate" submit n --study S --kind protocol --sign key protocol.pdf
fails 64 USAGE "empty study" submit n --study "" --kind protocol protocol.pdf
fails 1 STATEMENT_SHAPE "control character" submit n --study "$(printf 'a\tb')" --kind protocol protocol.pdf
fails 66 NO_INPUT "no file" submit n --study S --kind protocol absent
mkdir empty
fails 66 NO_INPUT "empty folder" submit n --study S --kind protocol empty
ln -s protocol.pdf link
fails 66 NO_INPUT "symbolic link" submit n --study S --kind protocol link
has err "is a symbolic link"
mkfifo fifo
fails 66 NO_INPUT "pipe" submit n --study S --kind protocol fifo
mkdir linked && ln -s ../protocol.pdf linked/inside
fails 66 NO_INPUT "link in a folder" submit n --study S --kind protocol linked
mkdir bad && : >"bad/a:b" && : >"bad/stream.json" && : >"bad/Data" && : >"bad/data" && : >"bad/fine"
fails 1 NAME_SHAPE "names" submit n --study S --kind protocol bad
has err "3 of 5 names cannot stand in a record"
has err "'a:b'"
has err "'stream.json'"
has err "differs only in case"
lacks err "'fine'"
fails 1 NAME_SHAPE "names of each" submit n --study S --kind protocol --each bad
has err "2 of 5 names"
fails 1 NAME_SHAPE "the same name twice" submit n --study S --kind protocol protocol.pdf ./protocol.pdf
if [ "$(id -u)" != 0 ]; then
	: >closed && chmod 0 closed
	fails 77 PERMISSION "unreadable" submit n --study S --kind protocol closed
fi
"$tn" list n >after 2>/dev/null
cmp -s before after || fault "something refused was stored" after

# ---- status, seal ----
run 0 pending "$tn" status n "$protocol"
reads out "$protocol  PENDING"
run 0 "by file" "$tn" status n protocol.pdf
[ "$(wc -l <out)" = 3 ] || fault "three records hold this content" out
echo unknown >unknown
fails 66 UNKNOWN_RECORD "unknown file" status n unknown
fails 66 UNKNOWN_RECORD "unknown ID" status n 0123456789abcdef
fails 66 NO_INPUT "neither" status n 0123
fails 2 NOT_SEALED "export of what waits" export n "$protocol" -o early.asice
[ -e early.asice ] && fault "a refused export leaves a file"
run 0 seal "$tn" seal n
has out "seal 1: 9 records existed no later than 20"
json status status n "$protocol"
has out '"state":"SEALED","index":0,"seal":1,"existed_by":"20'
run 0 list "$tn" list n
[ "$(wc -l <out)" = 9 ] || fault "nine records" out
has out 'The "protocol"'
lacks out "2026-03-05"
run 0 "list of no study" "$tn" list n --study OTHER
reads out ""
json list list n --study DEMO-1
run 0 show "$tn" show n "${protocol:0:8}"
has out "state       SEALED, seal 1, existed no later than"
fails 64 USAGE "prefix too short" show n "${protocol:0:7}"
fails 64 USAGE "upper case" show n ABCDEF0123

# ---- export and verify ----
run 0 trust "$tn" trust export n -o trust
fails 64 EXISTS "trust again" trust export n -o trust
run 0 export "$tn" export n "$protocol" -o protocol.asice
reads out "$protocol  protocol.asice"
fails 64 EXISTS "export again" export n "$protocol" -o protocol.asice
run 0 "export with force" "$tn" export n "$protocol" -o protocol.asice --force
run 0 "export many" "$tn" export n "$protocol" "$dataset" "$consent" "$withdrawal" "$sap" -o bundles
for b in protocol.asice bundles/*.asice; do
	"$tv" --trust trust "$b" >out 2>err || fault "$b is not verified" out
	count=$((count + 1))
done
cmp -s protocol.asice "bundles/$protocol.asice" || fault "the same record gives other bytes"
json export export n "$dataset" -o one.asice
fails 64 USAGE "twice" export n "$protocol" "${protocol:0:9}" -o twice
fails 64 EXISTS "many into a file" export n "$protocol" "$dataset" -o protocol.asice
run 0 "withhold" "$tn" export n "$dataset" -o withheld.asice --withhold sub/c.csv
has err "warning: 'sub/c.csv' is not confidential"
"$tv" --trust trust withheld.asice >out 2>err || fault "the rest of a withheld record is not verified" out
run 0 "detached" "$tn" export n "$dataset" -o detached.asice --detached
echo changed >>data/a.csv
fails 1 DOCUMENT_CHANGED "changed document" export n "$dataset" -o changed.asice
mkdir away && mv consents/p1.pdf away
fails 66 DOCUMENT_MISSING "moved document" export n "$consent" -o moved.asice
[ -e moved.asice ] && fault "a refused export leaves a file"
run 0 "from elsewhere" "$tn" export n "$consent" -o moved.asice --from away
cmp -s moved.asice "bundles/$consent.asice" || fault "a moved document gives other bytes"
mv protocol.pdf moved.pdf
run 0 "kept document" "$tn" export n "$sap" -o kept.asice

# ---- signed ----
if command -v openssl >/dev/null; then
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem -days 30 \
		-subj "/CN=Test submitter" -addext keyUsage=digitalSignature >/dev/null 2>&1
	chmod 600 key.pem
	run 0 signed "$tn" submit n --study DEMO-1 --kind results --sign key.pem --cert cert.pem moved.pdf
	signed=$(record)
	run 0 "signed again" "$tn" submit n --study DEMO-1 --kind results --sign key.pem --cert cert.pem moved.pdf
	has out "$signed"
	run 0 seal "$tn" seal n
	run 0 "export of signed" "$tn" export n "$signed" -o signed.asice
	"$tv" --trust trust signed.asice >out 2>err || fault "the signed record is not verified" out
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key2.pem -out cert2.pem -days 30 \
		-subj "/CN=Other" >/dev/null 2>&1
	fails 74 SIGNER_FAILED "another certificate" submit n --study DEMO-1 --kind results --sign key.pem --cert cert2.pem data

	# meaning and name: written, shown, and accepted by OpenSSL
	run 0 "a meaning" "$tn" submit n --study DEMO-1 --kind results --sign key.pem --cert cert.pem --meaning author --printed-name "Test submitter" moved.pdf
	meant=$(record)
	[ "$meant" != "$signed" ] || fault "a signature with a meaning is not the one without"
	run 0 countersign "$tn" countersign n "$meant" --sign key.pem --cert cert.pem --meaning approval
	approval=$(record)
	has out "$approval  approval of $meant"
	run 0 "countersigned again" "$tn" countersign n "$meant" --sign key.pem --cert cert.pem --meaning approval
	has out "$approval"
	has err "the same signature was given before"
	json countersign countersign n "$meant" --sign key.pem --cert cert.pem --meaning review --kind ethics-approval
	[ "$(field countersigns)" = "$meant" ] && [ "$(field meaning)" = review ] && [ "$(field printed_name)" = "Test submitter" ] &&
		[ "$(field kind)" = ethics-approval ] && [ "$(field study)" = DEMO-1 ] && [ "$(field new)" = true ] || fault "the JSON of countersign" out
	[ "$(field id)" != "$approval" ] || fault "another meaning is another signature"
	run 0 seal "$tn" seal n
	run 0 "export of both" "$tn" export n "$meant" "$approval" -o signatures/
	mkdir -p with-root && cp -r trust/. with-root && mkdir -p with-root/submitters && cp cert.pem with-root/submitters/own.pem
	"$tv" --trust with-root "signatures/$approval.asice" >out 2>err || fault "the countersignature is not verified" out
	has out 'Signed      as "Test submitter", meaning: approval, at 20'
	has out "countersigns $meant"
	"$tv" --trust with-root "signatures/$meant.asice" >out 2>err || fault "the record with a meaning is not verified" out
	has out 'Signed      as "Test submitter", meaning: author, at 20'
	"$tv" --trust with-root --json "signatures/$meant.asice" >out 2>err
	has out '"certificate":"no-revocation-data","printed_name":"Test submitter","printed_name_from":"signature","meaning":"author","meaning_oid":"1.2.840.113549.1.9.16.6.6","signing_time":"20'
	"$tv" --trust with-root signed.asice >out 2>err
	has out 'Signed      as "Test submitter", without a stated meaning, at 20'
	"$tv" inspect "signatures/$meant.asice" >out 2>err
	has out '  Signature     "META-INF/signature001.p7s"'
	has out '  Printed name  "Test submitter"'
	has out '  Meaning       author (1.2.840.113549.1.9.16.6.6)'
	"$tv" inspect --json "signatures/$meant.asice" >out 2>err
	has out '"signatures":[{"name":"META-INF/signature001.p7s","signer":"'
	has out '"printed_name":"Test submitter","meaning":"author","meaning_oid":"1.2.840.113549.1.9.16.6.6","signing_time":"20'
	"$tv" inspect --json signed.asice >out 2>err
	has out '"meaning":null,"meaning_oid":null'
	if command -v unzip >/dev/null; then
		unzip -qo "signatures/$meant.asice" -d unzipped
		"$tv" inspect unzipped/META-INF/signature001.p7s >out 2>err
		has out '  Printed name  "Test submitter"'
		# a container of other software: what cannot be read does no harm
		mkdir -p other/META-INF && cp unzipped/META-INF/signature001.p7s other/META-INF/signatures1.p7s && echo x >other/META-INF/bad.p7s
		printf application/vnd.etsi.asic-e+zip >other/mimetype
		(cd other && zip -q -X -0 ../other.asice mimetype && zip -q -X -r ../other.asice META-INF) 2>/dev/null
		[ ! -e other.asice ] || { "$tv" inspect other.asice >out 2>err && has out '  Printed name  "Test submitter"' && has out "what cannot be read"; }
		openssl cms -verify -cades -binary -inform DER -in unzipped/META-INF/signature001.p7s \
			-content unzipped/META-INF/ASiCManifest001.xml -CAfile cert.pem -purpose any -out content 2>err || fault "openssl does not accept the signature" err
		cmp -s content unzipped/META-INF/ASiCManifest001.xml || fault "openssl verified something else"
	fi
	# one name for each key, and names that deceive nobody
	fails 1 SIGNER_NAME "another name" countersign n "$meant" --sign key.pem --cert cert.pem --meaning review --printed-name "Somebody else"
	has err "this key signs as 'Test submitter' in this notary, not as 'Somebody else'"
	for name in "" " A" "A " "$(printf 'A\033[2K')" "$(printf 'A \342\200\256B')"; do
		fails 64 USAGE "a printed name that is not plain" countersign n "$meant" --sign key.pem --cert cert.pem --meaning review --printed-name "$name"
	done
	fails 64 USAGE "an unknown meaning" countersign n "$meant" --sign key.pem --cert cert.pem --meaning approvel
	has err "did you mean 'approval'?"
	fails 64 USAGE "no meaning" countersign n "$meant" --sign key.pem --cert cert.pem
	fails 64 USAGE "a meaning without a key" submit n --study DEMO-1 --kind results --meaning approval moved.pdf
	fails 64 USAGE "another kind" countersign n "$meant" --sign key.pem --cert cert.pem --meaning review --kind results
	fails 66 UNKNOWN_RECORD "no such record" countersign n 0123456789abcdef --sign key.pem --cert cert.pem --meaning review
	# encrypted keys
	openssl pkcs8 -topk8 -in key.pem -out locked.pem -passout pass:secret -v2 aes-256-cbc 2>/dev/null
	chmod 600 locked.pem
	run 0 "an encrypted key" "$tn" countersign n "$meant" --sign locked.pem --cert cert.pem --meaning witness --passphrase-fd 3 3<<<secret
	fails 74 SIGNER_FAILED "a wrong passphrase" countersign n "$meant" --sign locked.pem --cert cert.pem --meaning witness --passphrase-fd 3 3<<<wrong
	fails 74 SIGNER_FAILED "an empty passphrase" countersign n "$meant" --sign locked.pem --cert cert.pem --meaning witness --passphrase-fd 3 3</dev/null
	fails 64 USAGE "no such descriptor" countersign n "$meant" --sign locked.pem --cert cert.pem --meaning witness --passphrase-fd 99
	if command -v setsid >/dev/null; then
		count=$((count + 1))
		setsid -w "$tn" countersign n "$meant" --sign locked.pem --cert cert.pem --meaning witness >out 2>err </dev/null && fault "a key without a passphrase"
		has err "use --passphrase-fd"
	fi
	if command -v script >/dev/null; then
		# at a terminal: asked for, and not shown
		count=$((count + 1))
		: >out
		(for i in $(seq 300); do grep -q Passphrase out && break; sleep 0.1; done; echo secret) | timeout 60 script -qec "'$tn' countersign n $meant --sign locked.pem --cert cert.pem --meaning receipt" typescript >out 2>&1 ||
			fault "the terminal is not asked" out
		lacks out secret
		has out "Passphrase of 'locked.pem': "
		has out "receipt of $meant"
	fi
	run 0 seal "$tn" seal n
	chmod 644 key.pem
	fails 77 PERMISSION "a key that others can read" submit n --study DEMO-1 --kind results --sign key.pem --cert cert.pem data
fi

# ---- log ----
run 0 head "$tn" log head n
cp out head
json log-head log head n
size=$(field size)
run 0 consistency "$tn" log consistency n --from 1
run 0 "old head" "$tn" log consistency n --checkpoint head
run 0 "one more" "$tn" submit n --study DEMO-2 --kind other moved.pdf
run 0 seal "$tn" seal n
json log-consistency log consistency n --checkpoint head
has out "\"from\":$size,\"to\":$((size + 1)),\"checked\":true"
fails 64 USAGE "backwards" log consistency n --from 3 --to 2
fails 64 USAGE "beyond" log consistency n --from 3 --to 200
fails 64 USAGE "no number" log consistency n --from x
"$tn" log head other >foreign
fails 1 CHECKPOINT_ORIGIN "another log" log consistency n --checkpoint foreign
fails 66 NO_INPUT "no head" log consistency n --checkpoint absent
run 0 audit "$tn" log audit n
has out "no fault found"
run 0 fsck "$tn" fsck n
json fsck fsck n
has out '"findings":[],"faults":0}'
json log-audit log audit n

# ---- backup, erase, restore ----
run 0 backup "$tn" backup n -o backup
fails 64 EXISTS "backup again" backup n -o backup
fails 64 USAGE "without --yes" erase n "$consent"
run 0 erase "$tn" erase n "$consent" --yes
has out "$consent  ERASED"
run 0 "erase again" "$tn" erase n "$consent" --yes
reads out "$consent  ERASED before"
run 0 status "$tn" status n "$consent"
reads out "$consent  ERASED"
fails 1 ERASED "export of erased" export n "$consent" -o erased.asice
fails 66 UNKNOWN_RECORD "link to erased" submit n --study DEMO-1 --kind withdrawal --link "withdraws=$consent"
has err "was erased"
run 0 "show erased" "$tn" show n "$consent"
lacks out "p1.pdf"
run 0 "the record of the erasure" "$tn" list n
[ "$(wc -l <out)" -ge 11 ] || fault "the erasure is not recorded" out
run 0 "seal after erasure" "$tn" seal n
run 0 "audit after erasure" "$tn" log audit n
run 0 "fsck after erasure" "$tn" fsck n
fails 74 STORE_ROLLED_BACK "an old backup" restore backup n
"$tn" log head n >newest
fails 74 STORE_ROLLED_BACK "an old backup elsewhere" restore backup restored --head newest
[ -e restored ] && fault "a refused restore leaves a folder"
run 0 restore "$tn" restore backup restored
run 0 "restored" "$tn" status restored "$protocol"
has out "SEALED"
run 0 "newer backup" "$tn" backup n -o backup2
run 0 "restore over" "$tn" restore backup2 n --head newest
run 0 "fsck of restored" "$tn" fsck n

# ---- hash, a full disk ----
printf abc >abc
run 0 hash "$tn" hash abc
has out ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad
has out ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a
json hash hash abc data
fails 66 NO_INPUT "hash of nothing" hash absent
"$tn" list n >/dev/full 2>/dev/null
[ $? = 74 ] || fault "a full output is not noticed"

# ---- many small records, killed in the middle ----
mkdir many
for i in $(seq 2500); do echo "$i" >many/$i; done
"$tn" init k -q >/dev/null
"$tn" submit k --study MANY --kind dataset --each many >killed 2>/dev/null &
pid=$!
sleep 0.2
kill -9 $pid 2>/dev/null
wait $pid 2>/dev/null
run 0 "the rest" "$tn" submit k --study MANY --kind dataset --each many
[ "$(wc -l <out)" = 2500 ] || fault "not all are there"
cp out first
run 0 "again" "$tn" submit k --study MANY --kind dataset --each many
cmp -s out first || fault "other IDs the second time"
has err "2500 of 2500 records were submitted before"
run 0 "seal of many" "$tn" seal k
has out "seal 1: 2500 records"
run 0 "audit of many" "$tn" log audit k

# ---- mistakes that must not cost anything ----
run 0 "log --help" "$tn" log --help
has out "log audit"
run 0 "trust -h" "$tn" trust -h
has out "trust export"
fails 64 USAGE "help of nothing" help frobnicate
has err "Next: see 'trialnotary help'"
run 0 "a folder of mistakes" "$tn" init own -q
mkdir docs && echo 1 >docs/a && echo 2 >docs/b
run 0 "before --keep" "$tn" submit own --study S --kind dataset docs
owned=$(record)
run 0 "--keep too late" "$tn" submit own --study S --kind dataset --keep docs
has err "warning: 1 of them were submitted without --keep"
run 0 "--keep in time" "$tn" submit own --study S --kind dataset --version 2 --keep docs
run 0 "--keep again" "$tn" submit own --study S --kind dataset --version 2 --keep docs
lacks err "warning"
fails 64 USAGE "the notary as a document" submit own --study S --kind other own
has err "belongs to the notary itself"
mkdir around && echo 1 >around/document
run 0 "a notary among documents" "$tn" init around/inner -q
fails 64 USAGE "the notary among documents" submit around/inner --study S --kind other around
mkdir none
fails 66 NO_INPUT "nothing in a folder" submit own --study S --kind other none
has err "folder 'none' holds no files"
run 0 "seal" "$tn" seal own
fails 64 USAGE "a bundle in the notary" export own "$owned" -o own/x.asice
fails 64 USAGE "bundles in the notary" export own "$owned" -o own/new/
fails 64 USAGE "a backup in the notary" backup own -o own/backup
fails 64 USAGE "a trust directory in the notary" trust export own -o own/log/trust
echo precious >precious
ln -s precious aslink
for there in own/notary.db precious aslink docs/a /dev/null; do
	"$tn" export own "$owned" -o $there --force >out 2>err && fault "$there was replaced" err
	count=$((count + 1))
done
[ "$(cat precious docs/a)" = "precious
1" ] || fault "--force replaced a document"
: >blank
run 0 "--force over an empty file" "$tn" export own "$owned" -o blank --force
run 0 "--force over a bundle" "$tn" export own "$owned" -o blank --force
run 0 "nothing happened to it" "$tn" fsck own
# closed streams: no message goes into a file of the notary
for close in '>&-' '2>&-' '>&- 2>&-' '<&- >&- 2>&-'; do
	for line in "submit own --study S --kind dataset docs" "submit own --study T$count --kind other --keep docs" "list own"; do
		eval "\"\$tn\" $line $close" >/dev/null 2>&1 || :
		count=$((count + 1))
	done
done
[ -s own/lock ] && fault "a message went into the lock file" own/lock
run 0 "after closed streams" "$tn" fsck own
"$tn" list own 2>err >/dev/full
[ $? = 74 ] || fault "a full output is not noticed"
has err "could not be written"
has err "Next: "
# a file size limit is an error, not the end
(ulimit -f 1; "$tn" submit own --study L --kind other --keep precious docs >out 2>err; echo $? >status)
[ "$(cat status)" = 74 ] || fault "a file size limit: exit status $(cat status)" err
has err "IO: "
run 0 "after a file size limit" "$tn" fsck own

# ---- years later, and two histories ----
if command -v faketime >/dev/null && [ -z "${ASAN_OPTIONS:-}" ]; then
	faketime '+6 years' "$tn" export own "$owned" -o late.asice >out 2>err
	[ $? = 2 ] || fault "evidence that ended: not undecided" err
	has err "TS_EXPIRED"
	faketime '-1 day' "$tn" submit own --study S --kind other precious >out 2>err
	[ $? = 74 ] || fault "a clock that runs backwards" err
	has err "TIME_STOPPED"
	run 0 "the clock is right again" "$tn" submit own --study S --kind other precious
fi
cp -a own fork
echo one >one; echo two >two
run 0 "one history" "$tn" submit own --study S --kind other one
run 0 "one history" "$tn" seal own
run 0 "another history" "$tn" submit fork --study S --kind other two
run 0 "another history" "$tn" seal fork
"$tn" log head fork >forked
fails 1 EQUIVOCATION "a forked head" log consistency own --checkpoint forked
run 0 "a backup of one" "$tn" backup own -o own-backup
fails 1 EQUIVOCATION "a backup of the other history" restore own-backup elsewhere --head forked
fails 1 EQUIVOCATION "over the other history" restore own-backup fork
run 0 "over the same" "$tn" restore own-backup own
has err "'own.before-restore'"
run 0 "one tile changed" "$tn" submit own --study S --kind other docs
run 0 "one tile changed" "$tn" seal own
tile=$(find own/log/tile -type f | sort | head -1)
chmod 644 "$tile"
# one bit of an octet: another octet written over it could be the same by chance
was=$(od -An -tu1 -j 3 -N 1 "$tile")
printf '%b' "\\0$(printf %o $((was ^ 1)))" | dd of="$tile" bs=1 seek=3 conv=notrunc 2>/dev/null
run 74 "one tile changed" "$tn" fsck own
has out "$(basename "$(dirname "$tile")")/$(basename "$tile")"
has err "1 fault was found"

# ---- one process at a time ----
if command -v flock >/dev/null; then
	exec 9<n/lock
	flock 9
	fails 74 STORE_BUSY "busy" list n
	exec 9<&-
	run 0 "free again" "$tn" list n
fi

finished

#!/usr/bin/env bash
# The commands of docs/api.md, as they stand there, one shell for all blocks, against a real service; then what they left.
#   TRIALNOTARY, TRIALVERIFY: paths of the programs; TRIALNOTARY_SOURCE: the source tree
set -u
source=${TRIALNOTARY_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$(dirname "$0")/service.sh"
notary=$work/notary

awk '/^```sh$/ { on = 1; n++; print "echo \"# block " n "\" >&2"; next } /^```$/ { on = 0 } on { print }' "$source/docs/api.md" >blocks.sh
blocks=$(grep -c '^echo "# block' blocks.sh)
commands=$(grep -c 'curl --fail-with-body' blocks.sh)
[ "$blocks" -ge 8 ] && [ "$commands" -ge 24 ] || fault "only $blocks blocks with $commands commands were found in docs/api.md"
# each path of the table is in an example, but tiles, whose names depend on the size, and the end of a token
for path in $(grep -oE '^\| `(GET|POST)`?[^|]*' "$source/docs/api.md" | grep -oE '/[a-zA-Z0-9/.]+' | sed 's/NUMBER/1/; s/NAME/site-berlin/; s/ID/$ID/; s/\/\.\.\.$//' | grep -vxE '/tile|/v1/tokens/1'); do
	count=$((count + 1))
	grep -qF "\$NOTARY$path" blocks.sh || fault "docs/api.md has no example for $path"
done

"$TRIALNOTARY" init "$notary" --origin test.example/1 --quiet >/dev/null || fault init
"$TRIALNOTARY" party add "$notary" acme --role sponsor --quiet >/dev/null || fault "party add"
"$TRIALNOTARY" party add "$notary" ops --role operator --quiet >/dev/null || fault "party add"
token acme sponsor.token
token ops operator.token
sed -i 's/^tsa_endpoint *=.*/tsa_endpoint = 1/' "$notary/trialnotary.conf"
service_start "$notary"

# A sealed record, and the next one as a file.
export NOTARY TOKEN_FILE=$work/sponsor.token OPERATOR_FILE=$work/operator.token STUDY='EX-1' SUBMISSION=$work/submission.json ID SHA256
auth="Authorization: Bearer $(cat sponsor.token)"
place() { curl -fsS -H "$auth" -G --data-urlencode "study=$STUDY" "$NOTARY/v1/stream"; }
printf 'EX-1 protocol\n' >protocol.txt
printf 'EX-1 protocol, second version\n' >protocol-2.txt
place | python3 "$here/records.py" protocol.txt >first.json || fault "no submission was made"
curl -fsS -H "$auth" -H 'Content-Type: application/json' --data-binary @first.json "$NOTARY/v1/records" >first.answer || fault "the first record" first.answer
ID=$(sed 's/.*"id":"\([0-9a-f]*\)".*/\1/' first.answer)
SHA256=$(sha256sum <protocol.txt | cut -d ' ' -f 1)
"$TRIALNOTARY" submit --server "$NOTARY" --token-file sponsor.token --state state --study "$STUDY" --kind protocol --version 2.0 \
	--link "supersedes=$ID" --prepare submission.json protocol-2.txt --quiet >prepared 2>&1 || fault "no submission was prepared" prepared
curl -fsS -H "$auth" "$NOTARY/v1/records/$ID?wait=30" | grep -q '"state":"sealed"' || fault "the first record is not sealed"

mkdir run
(cd run && bash -euo pipefail ../blocks.sh >../blocks.out 2>../blocks.err) || fault "docs/api.md: the last block and what it said" <(tail -5 blocks.err; tail -3 blocks.out)
count=$((count + commands))
[ "$(grep -c '^# block' blocks.err)" = "$blocks" ] || fault "not all blocks ran" blocks.err
grep -vE '^# block|^Using configuration from' blocks.err >errors && fault "docs/api.md: the commands write errors" errors

service_stop
# ---- what they left ----
"$TRIALNOTARY" trust export "$notary" -o trust --quiet >/dev/null || fault "trust export"
"$TRIALVERIFY" --trust trust --detached protocol.txt run/record.asice >verdict 2>&1 || fault "record.asice is not verified" verdict
grep -q VERIFIED verdict || fault "record.asice: no verdict" verdict
"$TRIALVERIFY" receipt --trust trust --proof run/record.tlog-proof run/receipt >verdict 2>&1 || fault "the receipt is not verified" verdict
grep -q VERIFIED verdict || fault "receipt: no verdict" verdict
! "$TRIALVERIFY" --trust trust --detached protocol-2.txt run/record.asice >verdict 2>&1 || fault "record.asice is verified with another document"
count=$((count + 3))
"$TRIALNOTARY" fsck "$notary" --quiet >verdict 2>&1 || fault fsck verdict
"$TRIALNOTARY" audit check "$notary" --quiet >verdict 2>&1 || fault "audit check" verdict
"$TRIALNOTARY" party list "$notary" | grep -q '^site .*site-berlin .*revoked' || fault "the party of the examples was not added and revoked"
finish

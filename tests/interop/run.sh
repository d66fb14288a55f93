#!/bin/sh
# Evidence records across implementations: BouncyCastle judges ours, we judge BouncyCastle's, with tokens by
# openssl ts. Prints what it tried. Exit 0 all as expected, 1 not, 77 java or the jars are missing.
# usage: run.sh ERS_TOOL; TRIALVERIFY: path of the program, whose verdicts must be those of ERS_TOOL
set -u
here=$(cd "$(dirname "$0")" && pwd)
tool=${1:?usage: run.sh ERS_TOOL}
tool=$(realpath "$tool")
verify=${TRIALVERIFY:?}
jars=
for j in bcprov bcpkix bcutil; do
	[ -f "/usr/share/java/$j.jar" ] || { echo "skipped: no /usr/share/java/$j.jar (libbcprov-java libbcpkix-java libbcutil-java)"; exit 77; }
	jars=$jars:/usr/share/java/$j.jar
done
command -v javac >/dev/null && command -v java >/dev/null || { echo "skipped: no java"; exit 77; }
command -v openssl >/dev/null || { echo "skipped: no openssl"; exit 77; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
javac -cp "$jars" -d classes "$here/bouncycastle/ErsCheck.java" || exit 1
failed=0

bc() { java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "classes$jars" ErsCheck "$@"; }

# judge RECORD single|group FILE...: the reader's word, when the program says the same
judge() {
	record=$1 kind=$2 exact=
	shift 2
	[ "$kind" = single ] || exact=--exact
	word=$("$tool" check "$record" "$kind" "$@")
	verdict=$("$verify" er "$record" "$@" $exact --integrity-only --json 2>&1)
	case $?:$word in
	3:valid) ;;
	1:invalid:*)
		code=$(echo "$word" | sed 's/^invalid: \([A-Z_]*\).*/\1/')
		case $verdict in
		*"\"$code\""*) ;;
		*) word="trialverify does not say $code: $verdict" ;;
		esac ;;
	*) word="not the word of trialverify: $word; $verdict" ;;
	esac
	echo "$word"
}

quiet() { "$@" 2>/dev/null; }

# expect valid|invalid WHAT COMMAND...
expect() {
	want=$1 what=$2
	shift 2
	said=$("$@" 2>&1)
	case $said in
	"$want"*) echo "ok    $what: $said" ;;
	*) echo "FAIL  $what: expected $want, got: $said"; failed=1 ;;
	esac
}

cat > tsa.cnf <<CNF
[req]
distinguished_name = dn
x509_extensions = ext
prompt = no
[dn]
CN = Interop TSA
[ext]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[tsa]
default_tsa = t
[t]
serial = $work/serial
signer_cert = $work/tsa.pem
signer_key = $work/tsa.key
signer_digest = sha256
certs = $work/tsa.pem
default_policy = 1.2.3.4
digests = sha256, sha512, sha3-512
ess_cert_id_alg = sha256
crypto_device = builtin
CNF
echo 01 > serial
openssl req -x509 -newkey rsa:2048 -nodes -days 30 -config tsa.cnf -keyout tsa.key -out tsa.pem 2>/dev/null || exit 1

# token ALG HEX FILE
token() {
	openssl ts -query -digest "$2" "-$1" -cert -no_nonce -out q.tsq 2>/dev/null &&
	openssl ts -reply -config tsa.cnf -queryfile q.tsq -token_out -out "$3" 2>/dev/null || { echo "FAIL  no token"; exit 1; }
}
ours() { "$tool" "$@" || { echo "FAIL  ers_tool $*"; exit 1; }; }

for f in a b c d e f; do echo "document $f" > "$f"; done

for alg in sha256 sha512; do
	groups="a b,c,d e f"
	token $alg "$(ours root $alg head $groups)" t.der
	ours record $alg head 0 t.der one.ers $groups
	ours record $alg head 1 t.der group.ers $groups
	expect valid "BC on ours, $alg, single" bc check one.ers tsa.pem single a
	expect valid "BC on ours, $alg, group" bc check group.ers tsa.pem group b c d
	expect valid "BC on ours, $alg, member" bc check group.ers tsa.pem single c
	expect invalid "BC on ours, $alg, other file" bc check one.ers tsa.pem single f
	expect invalid "BC on ours, $alg, group with a stranger" bc check group.ers tsa.pem group b c e
	expect valid "ours on ours, $alg, group" judge group.ers group b c d
	expect "invalid: ER_GROUP" "ours on ours, $alg, part as group" judge group.ers group b c
	expect "invalid: ER_NOT_COVERED" "ours on ours, $alg, other file" judge one.ers single f

	# renewals: three more time-stamps, a new chain, one more time-stamp, and a third chain
	for k in 1 2 3; do
		token $alg "$(ours stamp-root group.ers)" t.der
		ours stamp group.ers t.der group.ers
		expect valid "BC on ours, $alg, group, $k time-stamp renewals" bc check group.ers tsa.pem group b c d
	done
	for next in sha512 sha3-512; do
		token $next "$(ours chain-root group.ers $next b,c,d)" t.der
		ours chain group.ers $next b,c,d t.der group.ers
		expect valid "BC on ours, $alg, group, hash-tree renewal to $next" bc check group.ers tsa.pem group b c d
		expect valid "BC on ours, $alg, member, hash-tree renewal to $next" bc check group.ers tsa.pem single d
		expect invalid "BC on ours, $alg, stranger, hash-tree renewal to $next" bc check group.ers tsa.pem single e
		token $next "$(ours stamp-root group.ers)" t.der
		ours stamp group.ers t.der group.ers
		expect valid "BC on ours, $alg, group, then a time-stamp renewal" bc check group.ers tsa.pem group b c d
		expect valid "ours on ours, $alg, group, the same" judge group.ers group b c d
	done
done

for alg in sha256 sha512; do
	expect valid "BC makes a batch, $alg" bc make "bc-$alg-" $alg tsa.cnf a b,c,d e f
	for i in 0 1 2 3; do
		set -- a "b c d" e f
		shift $i
		kind=single
		[ $i = 1 ] && kind=group
		expect valid "ours on BC's, $alg, $1" judge "bc-$alg-$i.ers" $kind $1
		expect "invalid: ER_NOT_COVERED" "ours on BC's, $alg, $1 with a stranger" judge "bc-$alg-$i.ers" $kind $1 serial
	done
	expect "invalid: ER_GROUP" "ours on BC's, $alg, part as group" judge "bc-$alg-1.ers" group b c
	expect valid "BC makes a lone record, $alg" bc make "lone-$alg-" $alg tsa.cnf a
	expect valid "ours on BC's, $alg, lone" judge "lone-$alg-0.ers" group a
	for i in 0 1; do
		set -- a b,c,d
		shift $i
		names=$1
		kind=single
		[ $i = 1 ] && kind=group
		for k in 1 2; do
			expect valid "BC renews the time-stamp, $alg, $names" bc stamp "bc-$alg-$i.ers" "bc-$alg-$i.ers" tsa.cnf
			expect valid "ours on BC's, renewal $k" judge "bc-$alg-$i.ers" $kind $(echo $names | tr , ' ')
		done
		expect valid "BC renews the hash tree, $alg, $names" bc hash "bc-$alg-$i.ers" "bc-$alg-$i.ers" sha3-512 tsa.cnf "$names"
		expect valid "ours on BC's, hash-tree renewal" judge "bc-$alg-$i.ers" $kind $(echo $names | tr , ' ')
		expect "invalid: ER_NOT_COVERED" "ours on BC's, stranger" judge "bc-$alg-$i.ers" single serial
		# ours renews what BC made
		token sha3-512 "$(ours stamp-root "bc-$alg-$i.ers")" t.der
		ours stamp "bc-$alg-$i.ers" t.der mixed.ers
		expect valid "BC on its own, renewed by ours" bc check mixed.ers tsa.pem $kind $(echo $names | tr , ' ')
		expect valid "ours on the same" judge mixed.ers $kind $(echo $names | tr , ' ')
	done
done

# whole bundles: the evidence record over the members as they stand in the container, and the token for openssl ts
for name in good-protocol good-dataset good-signed good-consent; do
	rm -rf box
	mkdir box
	(cd box && unzip -qq "$here/../../samples/bundles/$name.asice")
	record=box/META-INF/evidencerecord001.ers
	offset=$(openssl asn1parse -inform DER -in $record | sed -n 's/^ *\([0-9]*\):d=4 .*SEQUENCE.*/\1/p' | head -1)
	tail -c +$((offset + 1)) $record > token.der
	openssl pkcs7 -inform DER -in token.der -print_certs 2>/dev/null > embedded.pem
	imprint=$(openssl ts -reply -in token.der -token_in -text 2>/dev/null | sed -n 's/^ *[0-9a-f]* - \([0-9a-f -]*\)  .*/\1/p' | tr -d ' \n-')
	expect "Verification: OK" "openssl ts -verify, the token of $name" quiet openssl ts -verify -digest "$imprint" -in token.der -token_in -CAfile "$here/../../samples/bundles/trust/tsa/embedded.pem"
	set -- box/statement.json box/stream.json
	for f in box/*.md box/*.csv box/*.xml box/alertness.json box/commitment-*.json box/META-INF/ASiCManifest001.xml box/META-INF/signature001.p7s; do
		[ -f "$f" ] && set -- "$@" "$f"
	done
	expect valid "BC on the bundle $name" bc check $record embedded.pem group "$@"
	expect invalid "BC on the bundle $name with a stranger" bc check $record embedded.pem group "$@" serial
done

# renewed bundles: one and two time-stamp renewals, and a hash-tree renewal to SHA-512; each token for openssl ts
unhex() { for byte in $(sed 's/../0x& /g'); do printf "\\$(($byte / 64))$(($byte / 8 % 8))$(($byte % 8))"; done; }
sum() { if [ "$1" -eq 64 ]; then sha256sum; else sha512sum; fi | cut -d ' ' -f 1; }
# climb FILE: the root of lines "LIST HASH", as docs/verify-by-hand.md does it
climb() {
	long=$(sed -n '1s/^1 //p' "$1" | tr -d '\n' | wc -c)
	node=$(sed -n 's/^1 //p' "$1")
	[ "$(echo "$node" | wc -l)" -eq 1 ] || node=$(echo "$node" | unhex | sum "$long")
	for value in $(sed '/^1 /d; s/^[0-9]* //' "$1"); do
		node=$(printf '%s\n' "$node" "$value" | LC_ALL=C sort | unhex | sum "$long")
	done
	echo "$node"
}
renewed=$here/../../samples/renewed
for name in once twice tree; do
	rm -rf box lists.*
	mkdir box
	(cd box && unzip -qq "$renewed/$name.asice")
	record=box/META-INF/evidencerecord001.ers
	openssl asn1parse -inform DER -in $record | sed 's/^ *\([0-9]*\):d=\([0-9]*\) *hl=\([0-9]*\) *l= *\([0-9]*\) /\1 \2 \3 \4 /' |
		awk '$2 == 3 && /SEQUENCE/ { k++; list = 0 }
			$2 == 5 && /SEQUENCE/ { list++ }
			$2 == 6 && /OCTET STRING/ { sub(/.*:/, ""); print list, tolower($0) >("lists." k) }
			$2 == 4 && /SEQUENCE/ { print k, $1, $3 + $4 }' >stamps
	while read -r k offset length; do
		tail -c +$((offset + 1)) $record | head -c "$length" >token.der
		time=$(openssl ts -reply -in token.der -token_in -text 2>/dev/null | sed -n 's/^Time stamp: //p')
		at=$(($(date -u -d "$time" +%s) + 86400))
		expect "Verification: OK" "openssl ts -verify, time-stamp $k of $name" quiet openssl ts -verify -digest "$(climb lists.$k)" \
			-in token.der -token_in -CAfile "$renewed/trust/tsa/embedded.pem" -attime $at
		expect "Verification: FAILED" "openssl ts -verify, time-stamp $k of $name, first list alone" quiet openssl ts -verify -digest \
			"$(grep '^1 ' lists.$k >first; climb first)" -in token.der -token_in -CAfile "$renewed/trust/tsa/embedded.pem" -attime $at
	done <stamps
	# the last token: difference 9
	openssl pkcs7 -inform DER -in token.der -print_certs 2>/dev/null >last.pem
	set -- box/statement.json box/stream.json box/protocol-v1.0.md
	expect valid "BC on the renewed bundle $name" bc check $record last.pem group "$@"
	expect valid "BC on the renewed bundle $name, member" bc check $record last.pem single box/stream.json
	expect invalid "BC on the renewed bundle $name with a stranger" bc check $record last.pem group "$@" serial
	expect valid "ours on the renewed bundle $name" judge $record group "$@"
	expect "invalid: ER_GROUP" "ours on the renewed bundle $name, part as group" judge $record group box/statement.json box/stream.json
	# a token before the last one with another signature: difference 9
	cp $record changed.ers
	last=$(awk 'NR == 1 { print $2 + $3 - 1 }' stamps)
	printf '%b' "\\0$(printf %o $(($(od -An -tu1 -j "$last" -N 1 changed.ers) ^ 1)))" | dd of=changed.ers bs=1 seek="$last" conv=notrunc status=none
	# the program looks at signatures before it comes to that
	expect "invalid: ER_RENEWAL" "ours on the renewed bundle $name with another first token" "$tool" check changed.ers group "$@"
	expect invalid "BC on the renewed bundle $name with another first token" bc check changed.ers last.pem group "$@"
done
[ $failed = 0 ] && echo "all as expected"
exit $failed

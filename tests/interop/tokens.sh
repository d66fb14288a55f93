#!/usr/bin/env bash
# Tokens, signatures, CRLs and OCSP responses across implementations: BouncyCastle, openssl and ours. Prints what it
# tried. Exit 0 all as expected, 1 not, 77 java or the jars are missing.
# usage: tokens.sh; TRIALVERIFY, TRIALNOTARY: paths of the programs
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/expect.sh"
verify=${TRIALVERIFY:?} notary=${TRIALNOTARY:?}
jars=
for j in bcprov bcpkix bcutil; do
	[ -f "/usr/share/java/$j.jar" ] || skip "no /usr/share/java/$j.jar (libbcprov-java libbcpkix-java libbcutil-java)"
	jars=$jars:/usr/share/java/$j.jar
done
for program in java javac openssl unzip; do
	command -v $program >/dev/null || skip "no $program"
done
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
must javac -cp "$jars" -d classes "$here/bouncycastle/CmsCheck.java" "$here/bouncycastle/ErsCheck.java"

run_java() { java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "classes$jars" "$@"; }
bc() { run_java CmsCheck "$@"; }

# reasons JSON: the codes that go with the verdict
reasons() { echo "$1" | grep -o '"reasons":\[[^]]*\]' | grep -o '"code":"[A-Z_0-9]*"' | cut -d '"' -f 4; }

# ours WORD CODE WHAT ARGUMENT...: the verdict of trialverify, with a code among its reasons unless CODE is -
ours() {
	local word=$1 code=$2 what=$3 all
	shift 3
	all=$("$verify" "$@" --json 2>&1)
	case $all in
	*"\"verdict\":\"$word\""*) ;;
	*) expect "$word" "$what" echo "$all"; return ;;
	esac
	case $code:$all in
	-:* | *:*"\"code\":\"$code\""*) expect "$word" "$what" echo "$word" $(reasons "$all") ;;
	*) expect "$word with $code" "$what" echo "$all" ;;
	esac
}
openssl_token() { openssl ts -verify -data data -in "$1" -token_in -CAfile made/ca.pem 2>/dev/null; }
openssl_cms() {
	openssl cms -verify -inform DER -in "$1" -content data -binary -CAfile made/ca.pem -purpose any -out /dev/null 2>&1 |
		grep -q successful && echo successful || echo failed
}

# ---- BouncyCastle makes, we judge ----
echo "some data" >data
echo "some other data" >other
mkdir made
must bc make made data
mkdir -p trust/tsa
cp made/ca.pem trust/tsa/bc.pem
must "$notary" init n --origin interop.example/tokens
must "$notary" trust export n -o own
cp own/tlog-policy trust/
policy() {
	cat >trust/policy.json <<JSON
{"schema":"trialnotary/policy/1","name":"interop",
 "authorities":[{"name":"bc","roots":"tsa/bc.pem","operator":false,"qualified":false}],
 "time":[{"count":1,"of":["bc"]}],"revocation":"$1","expired":"$2","submitter":"optional"}
JSON
}
policy if-present refuse
old=0 # the release whose limits docs/interop.md tells (differences 1 and 2); later ones are not held to them
case $(openssl version) in "OpenSSL 3.0."*) old=1 ;; esac
for kind in rsa pss p256 p384 ed25519; do
	ours VERIFIED - "ours on BC's token, $kind" token "made/token-$kind.tst" data --trust trust
	ours REJECTED TS_IMPRINT "ours on BC's token, $kind, other data" token "made/token-$kind.tst" other --trust trust
	ours INTACT - "ours on BC's signature, $kind" token "made/sig-$kind.p7s" data --integrity-only
	ours INTACT - "ours on BC's signature with time-stamp, $kind" token "made/sig-$kind-t.p7s" data --integrity-only
	ours REJECTED SIGNATURE "ours on BC's signature with time-stamp, $kind, other data" token "made/sig-$kind-t.p7s" other \
		--integrity-only
	ours REJECTED TS_IMPRINT "ours on BC's signature with a time-stamp of other octets, $kind" token \
		"made/sig-$kind-wrong-t.p7s" data --integrity-only
	expect valid "BC on its own token, $kind" bc token "made/token-$kind.tst" "made/tsa-$kind.pem" data
	expect valid "BC on its own signature with a time-stamp of other octets, $kind" bc cms \
		"made/sig-$kind-wrong-t.p7s" data
	case $kind in
	# openssl's ts reads neither the parameters of RSA-PSS nor signatures without a digest of their own
	pss | ed25519) [ $old = 0 ] || expect "Verification: FAILED" "openssl ts on BC's token, $kind" openssl_token "made/token-$kind.tst" ;;
	*) expect "Verification: OK" "openssl ts on BC's token, $kind" openssl_token "made/token-$kind.tst" ;;
	esac
	case $kind in
	ed25519) [ $old = 0 ] || expect failed "openssl cms on BC's signature, $kind" openssl_cms "made/sig-$kind.p7s" ;;
	*) expect successful "openssl cms on BC's signature, $kind" openssl_cms "made/sig-$kind.p7s" ;;
	esac
done
ours REJECTED TS_CERT_TIME "ours on a token of a certificate that had expired" token made/token-expired.tst data --trust trust
ours INDETERMINATE TS_EXPIRED "ours on a token whose certificate expired later" token made/token-then-good.tst data \
	--trust trust
policy if-present accept
ours VERIFIED - "the same, with a policy that accepts it" token made/token-then-good.tst data --trust trust
policy required refuse
p256=(token made/token-p256.tst data --trust trust)
ours INDETERMINATE NO_REVOCATION_DATA "ours on BC's token without revocation data" "${p256[@]}"
ours VERIFIED - "ours on BC's token with BC's CRL" "${p256[@]}" --crl made/good.crl
ours REJECTED REVOKED "ours on BC's token with BC's CRL that names it" "${p256[@]}" --crl made/revoked.crl
ours VERIFIED - "ours on BC's token with BC's OCSP response" "${p256[@]}" --ocsp made/good.ocsp
ours REJECTED REVOKED "ours on BC's token with BC's OCSP response that revokes it" "${p256[@]}" --ocsp made/revoked.ocsp
ours INDETERMINATE NO_REVOCATION_DATA "ours on BC's token with BC's OCSP response for another" "${p256[@]}" --ocsp made/other.ocsp

# ---- we make, BouncyCastle and openssl judge: whole bundles of now ----
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=Interop submitter" \
	-addext keyUsage=critical,digitalSignature -keyout submitter.key -out submitter.pem 2>/dev/null || exit 1
chmod 600 submitter.key
for key in p256 rsa3072; do
	must "$notary" init "n-$key" --origin "interop.example/$key" --tsa-key $key
	must "$notary" submit "n-$key" --study S --kind protocol --sign submitter.key --cert submitter.pem data
	id=$(grep -oE '[0-9a-f]{64}' must.out | head -n 1)
	must "$notary" submit "n-$key" --study S --kind other other
	must "$notary" seal "n-$key"
	must "$notary" export "n-$key" "$id" -o "$key.asice"
	must unzip -qq "$key.asice" -d "box-$key"
	record=box-$key/META-INF/evidencerecord001.ers
	offset=$(openssl asn1parse -inform DER -in "$record" | sed -n 's/^ *\([0-9]*\):d=4 .*SEQUENCE.*/\1/p' | head -n 1)
	tail -c +$((offset + 1)) "$record" >token.der
	openssl pkcs7 -inform DER -in token.der -print_certs 2>/dev/null | sed '/END CERT/q' >tsa.pem
	files=("box-$key/statement.json" "box-$key/stream.json" "box-$key/data"
		"box-$key/META-INF/ASiCManifest001.xml" "box-$key/META-INF/signature001.p7s")
	expect valid "BC on the record of a bundle, $key" run_java ErsCheck check "$record" tsa.pem group "${files[@]}"
	expect invalid "BC on the record of a bundle with other data, $key" run_java ErsCheck check "$record" tsa.pem \
		group "${files[@]}" other
	ours INTACT - "ours on the same record by itself, $key" er "$record" "${files[@]}" --exact --integrity-only
	ours REJECTED ER_NOT_COVERED "ours on the same record with other data, $key" er "$record" "${files[@]}" other --exact \
		--integrity-only
	expect valid "BC on the submitter's signature, $key" bc cms "box-$key/META-INF/signature001.p7s" \
		"box-$key/META-INF/ASiCManifest001.xml"
	expect invalid "BC on the submitter's signature over other data, $key" bc cms \
		"box-$key/META-INF/signature001.p7s" data
done
finish 60

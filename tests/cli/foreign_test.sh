#!/bin/bash
# Evidence as other software makes it, with openssl and python's zipfile as that software: tokens, CAdES signatures,
# evidence records, ASiC-E and ASiC-S containers; each with the verdict that it must get, with trust and without.
#   TRIALVERIFY: path of the program; ERS_TOOL: of tests/interop/ers_tool.c; TRIALNOTARY_SOURCE: the source tree
set -u
. "$(dirname "$0")/lib.sh"

tool() { ASAN_OPTIONS=detect_leaks=0 "${ERS_TOOL:?path of ers_tool}" "$@"; } # a maker that ends need not free
# make COMMAND...: what only prepares; the test ends when it fails
make() { "$@" >"$work/log" 2>&1 || { echo "FAILED: $*"; cat "$work/log"; exit 1; }; }

# gets STATUS CODE|- NAME ARGUMENT...: the exit status of trialverify, and a code that its JSON names (- for none)
gets() {
	local want=$1 code=$2 name=$3 got
	shift 3
	"$tv" "$@" --json >out 2>err
	got=$?
	count=$((count + 1))
	[ "$got" = "$want" ] || fault "$name: exit status $got, not $want"
	[ "$code" = - ] || grep -qF "\"code\":\"$code\"" out || fault "$name: no code $code"
}
# both CODE|- STATUS_WITH_TRUST STATUS_WITHOUT NAME ARGUMENT...
both() {
	local code=$1 full=$2 part=$3 name=$4
	shift 4
	gets "$full" "$code" "$name, with trust" "$@" --trust trust
	gets "$part" "$code" "$name, integrity only" "$@" --integrity-only
}
good() { both - 0 3 "$@"; }
bad() { local code=$1; shift; both "$code" 1 1 "$@"; }

# ---- a CA, authorities with three kinds of keys, a signer ----
cat >ca.cnf <<'CNF'
[req]
distinguished_name = dn
prompt = no
[dn]
CN = Unused
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[tsa]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
authorityKeyIdentifier = keyid
[signer]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature,nonRepudiation
authorityKeyIdentifier = keyid
CNF
make openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/CN=Foreign Root" -config ca.cnf -extensions ca -keyout ca.key -out ca.pem
# certificate NAME EXTENSIONS KEY-OPTION...
certificate() {
	local name=$1 ext=$2
	shift 2
	make openssl req -newkey "$@" -nodes -subj "/CN=$name" -config ca.cnf -keyout "$name.key" -out "$name.csr"
	make openssl x509 -req -in "$name.csr" -CA ca.pem -CAkey ca.key -days "${days:-3000}" -extfile ca.cnf -extensions "$ext" -out "$name.pem"
}
certificate rsa tsa rsa:3072
certificate p384 tsa ec -pkeyopt ec_paramgen_curve:P-384
certificate other tsa rsa:3072
certificate signer signer ec -pkeyopt ec_paramgen_curve:P-256
mkdir -p trust/tsa trust/submitters
cp ca.pem trust/tsa/foreign.pem
cp ca.pem trust/submitters/root.pem
cat >trust/policy.json <<'JSON'
{"schema":"trialnotary/policy/1","name":"foreign","authorities":[{"name":"foreign","roots":"tsa/foreign.pem","operator":false,"qualified":false}],"time":[{"count":1,"of":["foreign"]}],"revocation":"if-present","expired":"refuse","submitter":"optional"}
JSON
chmod -R go-w trust

# authority NAME: whose time-stamps follow
authority() {
	cat >"$work/tsa.cnf" <<CNF
[t]
serial = $work/serial
signer_cert = $work/$1.pem
signer_key = $work/$1.key
signer_digest = sha384
certs = $work/ca.pem
default_policy = 1.2.3.4
digests = sha256, sha384, sha512
ess_cert_id_alg = sha256
crypto_device = builtin
CNF
}
echo 01 >serial
# stamp OUT OPTION...: a TimeStampResp over what the options of 'openssl ts -query' say
stamp() {
	local out=$1
	shift
	make openssl ts -query "$@" -cert -out "$work/query"
	make ${frozen:+env TZ=UTC faketime -f "$frozen"} openssl ts -reply -config "$work/tsa.cnf" -section t -queryfile "$work/query" -out "$out"
}
# token AUTHORITY ALGORITHM FILE OUT: a token over FILE, and the reply that it came in as OUT.tsr
token() {
	authority "$1"
	stamp "$4.tsr" -data "$3" "-$2"
	make openssl ts -reply -in "$4.tsr" -token_out -out "$4"
}
# digest ALGORITHM FILE
digest() { openssl dgst "-$1" -r "$2" | cut -d' ' -f1; }
base64_digest() { openssl dgst "-$1" -binary "$2" | base64 -w0; }

printf 'subject,arm,result\n001,A,12\n' >data.csv
printf 'a note\n' >note.txt
printf 'something else\n' >else.txt

# ---- tokens ----
for authority in rsa p384; do
	for alg in sha256 sha384 sha512; do
		token $authority $alg data.csv "$authority-$alg.tst"
		good "reply of $authority over $alg" token "$authority-$alg.tst.tsr" data.csv
		good "token of $authority over $alg" token "$authority-$alg.tst" data.csv
		good "token and a digest, $alg" token "$authority-$alg.tst" --digest "$alg:$(digest $alg data.csv)"
		bad TS_IMPRINT "token over other data, $alg" token "$authority-$alg.tst" else.txt
		both MISSING_OBJECT 2 2 "token and a digest of another algorithm" token "$authority-$alg.tst" --digest "sha3-256:$(digest sha3-256 data.csv)"
	done
done
both MISSING_OBJECT 2 2 "token without a file" token rsa-sha256.tst
gets 2 NO_TRUST_ANCHOR "token without trust" token rsa-sha256.tst data.csv
gets 1 TS_FUTURE "token before its time" token rsa-sha256.tst data.csv --integrity-only --at 2020-01-01T00:00:00Z
gets 2 TS_EXPIRED "token after its certificate" token rsa-sha256.tst data.csv --trust trust --at 2050-01-01T00:00:00Z
gets 1 - "a certificate is no token" token ca.pem data.csv --integrity-only
: >none.tst
bad EMPTY_EVIDENCE "an empty token" token none.tst data.csv
head -c 1000 rsa-sha256.tst >cut.tst
bad TS_SHAPE "a cut token" token cut.tst data.csv

# ---- revocation data that the user holds ----
touch index.txt
echo 01 >crlnumber
cat >crl.cnf <<CNF
[ca]
default_ca = c
[c]
database = $work/index.txt
crlnumber = $work/crlnumber
default_md = sha256
default_crl_days = 30
CNF
make openssl ca -gencrl -config crl.cnf -keyfile ca.key -cert ca.pem -out none.crl
sed 's/if-present/required/' trust/policy.json >policy.json
cp -r trust strict
cp policy.json strict/policy.json
gets 2 NO_REVOCATION_DATA "no revocation data" token rsa-sha256.tst data.csv --trust strict
gets 0 - "a CRL given, PEM" token rsa-sha256.tst data.csv --trust strict --crl none.crl
make openssl crl -in none.crl -outform DER -out none.der
gets 0 - "a CRL given, DER" token rsa-sha256.tst data.csv --trust strict --crl none.der
make openssl ca -config crl.cnf -keyfile ca.key -cert ca.pem -revoke rsa.pem -crl_reason keyCompromise
make openssl ca -gencrl -config crl.cnf -keyfile ca.key -cert ca.pem -out revoked.crl
gets 1 REVOKED "a CRL that revokes" token rsa-sha256.tst data.csv --trust trust --crl revoked.crl
gets 0 - "a CRL that revokes another" token p384-sha256.tst data.csv --trust strict --crl revoked.crl
make openssl ocsp -index index.txt -CA ca.pem -rsigner ca.pem -rkey ca.key -issuer ca.pem -cert p384.pem -no_nonce -ndays 5 -respout good.ocsp
make openssl ocsp -index index.txt -CA ca.pem -rsigner ca.pem -rkey ca.key -issuer ca.pem -cert rsa.pem -no_nonce -ndays 5 -respout revoked.ocsp
gets 1 REVOKED "an OCSP response that revokes" token rsa-sha256.tst data.csv --trust trust --ocsp revoked.ocsp
rm -f index.txt
touch index.txt

# ---- CAdES signatures ----
sign() { make openssl cms -sign -cades -binary -md sha256 -in "$1" -signer signer.pem -inkey signer.key -outform DER -out "$2" ${3:-}; }
sign data.csv signature.p7s
gets 3 TIME "signature alone, integrity only" token signature.p7s data.csv --integrity-only
gets 2 NO_TIME "signature alone, with trust" token signature.p7s data.csv --trust trust
bad SIGNATURE "signature over other data" token signature.p7s else.txt
python3 "$tests/cms_add.py" --signature signature.p7s value
token p384 sha256 value signature.tst
python3 "$tests/cms_add.py" signature.p7s stamped.p7s 1.2.840.113549.1.9.16.2.14 signature.tst
good "signature with its time-stamp" token stamped.p7s data.csv
bad SIGNATURE "time-stamped signature over other data" token stamped.p7s else.txt
python3 "$tests/cms_add.py" signature.p7s wrong.p7s 1.2.840.113549.1.9.16.2.14 rsa-sha256.tst
bad TS_IMPRINT "signature with the time-stamp of something else" token wrong.p7s data.csv
sign data.csv attached.p7m -nodetach
gets 3 TIME "signature that holds its content" token attached.p7m --integrity-only
gets 3 TIME "the same, and the file" token attached.p7m data.csv --integrity-only
bad DIGEST_MISMATCH "signature that holds another content" token attached.p7m else.txt
both MISSING_OBJECT 2 2 "signature without content" token stamped.p7s
python3 "$tests/cms_add.py" stamped.p7s unknown.p7s 1.2.840.113549.1.9.16.2.48 signature.tst
both UNSUPPORTED 2 2 "signature with an archive time-stamp of version 2" token unknown.p7s data.csv
# ---- archive time-stamps (EN 319 122-1 5.5.3) ----
# index IN CONTENT ALGORITHM [--v1]: the hash index as ats.index, the imprint as $imprint
index() {
	imprint=$(python3 "$tests/cms_archive.py" ${4:-} "$1" "$2" "$3" ats.index) || { echo "FAILED: index of $1"; exit 1; }
}
# archived AUTHORITY ALGORITHM IN CONTENT OUT [--v1]: IN with an archive time-stamp over all that it holds
archived() {
	authority "$1"
	index "$3" "$4" "$2" "${6:-}"
	stamp "$5.tsr" -digest "$imprint" "-$2"
	make openssl ts -reply -in "$5.tsr" -token_out -out "$5.tst"
	make python3 "$tests/cms_add.py" "$5.tst" "$5.ats" "0.4.0.$([ "${6:-}" ] && echo 1733.2.5 || echo 19122.1.5)" ats.index
	make python3 "$tests/cms_add.py" "$3" "$5" "$ats" "$5.ats"
}
ats=0.4.0.1733.2.4
sign data.csv full.p7s "-certfile ca.pem"
python3 "$tests/cms_add.py" --signature full.p7s value
token p384 sha256 value full.tst
python3 "$tests/cms_add.py" full.p7s full-t.p7s 1.2.840.113549.1.9.16.2.14 full.tst
for alg in sha256 sha384 sha512; do
	archived rsa $alg full-t.p7s data.csv full-a.$alg
	good "archive time-stamp by $alg" token full-a.$alg data.csv
	archived rsa $alg full-t.p7s data.csv full-1.$alg --v1
	good "archive time-stamp by $alg, hash index of TS 101 733" token full-1.$alg data.csv
done
bad SIGNATURE "archive time-stamp, other content" token full-a.sha256 else.txt
archived rsa sha256 full.p7s data.csv only-a.p7s
good "archive time-stamp that alone dates" token only-a.p7s data.csv
archived rsa sha256 full-t.p7s else.txt content.p7s
bad TS_IMPRINT "archive time-stamp over other content" token content.p7s data.csv
sign data.csv twin.p7s "-certfile ca.pem"
make python3 "$tests/cms_add.py" twin.p7s moved.p7s $ats only-a.p7s.ats
bad TS_IMPRINT "archive time-stamp of another signature" token moved.p7s data.csv
make python3 "$tests/cms_add.py" twin.p7s moved.p7s $ats full-a.sha256.ats
bad TS_ESS "archive time-stamp of another signature and its time-stamp" token moved.p7s data.csv
make openssl pkcs7 -inform DER -in full.p7s -print_certs -out certs.txt
drop=$([ "$(grep -m1 '^subject' certs.txt | grep -c Root)" = 1 ] && echo 0 || echo 1)
make python3 "$tests/cms_archive.py" --drop-certificate "$drop" full-t.p7s dropped-t.p7s
good "a certificate less, before any archive time-stamp" token dropped-t.p7s data.csv
make python3 "$tests/cms_archive.py" --drop-certificate "$drop" full-a.sha256 dropped.p7s
bad TS_ESS "a certificate less than the hash index lists" token dropped.p7s data.csv
make python3 "$tests/cms_add.py" full-t.p7s bare.p7s $ats full-a.sha256.tst
bad TS_SHAPE "archive time-stamp without its hash index" token bare.p7s data.csv
make python3 "$tests/cms_add.py" full-a.sha256.ats double.ats 0.4.0.19122.1.5 ats.index
make python3 "$tests/cms_add.py" full-t.p7s double.p7s $ats double.ats
bad TS_SHAPE "archive time-stamp with two hash indexes" token double.p7s data.csv
index full-t.p7s data.csv sha512
make python3 "$tests/cms_add.py" full-a.sha256.tst mixed.ats 0.4.0.19122.1.5 ats.index
make python3 "$tests/cms_add.py" full-t.p7s mixed.p7s $ats mixed.ats
bad TS_SHAPE "archive time-stamp with a hash index by another algorithm" token mixed.p7s data.csv
index full.p7s data.csv sha256
make python3 "$tests/cms_add.py" full-a.sha256.tst other.ats 0.4.0.19122.1.5 ats.index
make python3 "$tests/cms_add.py" full-t.p7s other.p7s $ats other.ats
bad TS_IMPRINT "archive time-stamp with another hash index" token other.p7s data.csv
token p384 sha256 value later.tst
make python3 "$tests/cms_add.py" full-a.sha256 later.p7s 1.2.840.113549.1.9.16.2.14 later.tst
good "an attribute that came after the archive time-stamp" token later.p7s data.csv
archived p384 sha512 full-a.sha256 data.csv second.p7s
good "archive time-stamp over an archive time-stamp" token second.p7s data.csv
make python3 "$tests/cms_add.py" full-t.p7s gap.p7s $ats second.p7s.ats
bad TS_ESS "archive time-stamp over one that is not there" token gap.p7s data.csv
# kept NAME FILE: good later, with no time-stamp that does not count
kept() {
	gets 0 - "$1" token "$2" data.csv --trust trust --at "$later"
	grep -q TS_EXPIRED out && fault "$1: a time-stamp does not count"
}
# an authority whose certificate ends in 30 days, seen in 60: what covers its time-stamp keeps it
later=$(date -u -d "+60 days" +%Y-%m-%dT%H:%M:%SZ)
days=30 certificate brief tsa ec -pkeyopt ec_paramgen_curve:P-256
token brief sha256 value brief.tst
python3 "$tests/cms_add.py" full.p7s brief-t.p7s 1.2.840.113549.1.9.16.2.14 brief.tst
good "time-stamp of a certificate that ends soon" token brief-t.p7s data.csv
gets 2 TS_EXPIRED "time-stamp after its certificate" token brief-t.p7s data.csv --trust trust --at "$later"
archived rsa sha256 brief-t.p7s data.csv brief-a.p7s
kept "time-stamp after its certificate, under an archive time-stamp" brief-a.p7s
archived brief sha256 full-t.p7s data.csv ended-a.p7s
gets 0 - "archive time-stamp after its certificate over one that counts" token ended-a.p7s data.csv --trust trust --at "$later"
archived brief sha256 brief-t.p7s data.csv both-a.p7s
gets 2 TS_EXPIRED "both after their certificate" token both-a.p7s data.csv --trust trust --at "$later"
archived rsa sha256 both-a.p7s data.csv three.p7s
kept "both after their certificate, under a second archive time-stamp" three.p7s
index full.p7s data.csv sha256
stamp apart.tsr -digest "$imprint" -sha256
make openssl ts -reply -in apart.tsr -token_out -out apart.tst
make python3 "$tests/cms_add.py" apart.tst apart.ats 0.4.0.19122.1.5 ats.index
make python3 "$tests/cms_add.py" brief-t.p7s apart.p7s $ats apart.ats
gets 0 TS_EXPIRED "after its certificate, beside an archive time-stamp that does not list it" token apart.p7s data.csv --trust trust --at "$later"
if command -v faketime >"$work/log"; then # all of one second, as fast authorities stamp
	frozen=$(date -u +"%Y-%m-%d %H:%M:%S")
	token brief sha256 value tie.tst
	make python3 "$tests/cms_add.py" full.p7s tie-t.p7s 1.2.840.113549.1.9.16.2.14 tie.tst
	archived rsa sha256 tie-t.p7s data.csv tie-a.p7s
	archived brief sha256 tie-t.p7s data.csv tie-b.p7s
	archived rsa sha256 tie-b.p7s data.csv tie-c.p7s
	frozen=
	kept "the same in one second" tie-a.p7s
	kept "three in one second" tie-c.p7s
	gets 2 TS_EXPIRED "two in one second after their certificate" token tie-b.p7s data.csv --trust trust --at "$later"
fi

openssl cms -sign -cades -binary -stream -indef -md sha256 -in data.csv -signer signer.pem -inkey signer.key -outform DER -out ber.p7s 2>"$work/log" || cp signature.p7s ber.p7s
gets 3 TIME "signature in BER" token ber.p7s data.csv --integrity-only

# ---- evidence records ----
# record OUT HEAD INDEX GROUP...: the record of one group, in a tree over all; HEAD stands for a neighbour
record() {
	local out=$1
	shift
	stamp "$work/head.tsr" -digest "$(tool root sha256 "$1" "${@:3}")" -sha256 -no_nonce
	make openssl ts -reply -in "$work/head.tsr" -token_out -out "$work/head.tst"
	make tool record sha256 "$1" "$2" "$work/head.tst" "$out" "${@:3}"
}
authority p384
record single.ers note.txt 0 data.csv note.txt,else.txt
record group.ers note.txt 1 data.csv note.txt,else.txt
good "record of a file" er single.ers data.csv
good "record of a group" er group.ers note.txt else.txt
good "record of a group, exactly" er group.ers note.txt else.txt --exact
good "record of a member" er group.ers note.txt
bad ER_GROUP "record of a member as the group" er group.ers note.txt --exact
bad ER_NOT_COVERED "record of another file" er single.ers note.txt
bad ER_NOT_COVERED "record of a group with a stranger" er group.ers note.txt data.csv
good "record and a digest" er single.ers --digest "sha256:$(digest sha256 data.csv)"
gets 2 NO_TRUST_ANCHOR "record without trust" er single.ers data.csv
gets 64 USAGE "a token is no record" er rsa-sha256.tst data.csv --integrity-only
head -c 500 single.ers >cut.ers
bad ER_SHAPE "a cut record" er cut.ers data.csv
# a record inside of a signature: over the whole CMS file, or over that and the content
cp stamped.p7s plain.p7s
record internal.ers note.txt 0 plain.p7s else.txt
python3 "$tests/cms_add.py" plain.p7s internal.p7s 1.2.840.113549.1.9.16.2.49 internal.ers
good "signature with an evidence record over it" token internal.p7s data.csv
record external.ers note.txt 0 plain.p7s,data.csv else.txt
python3 "$tests/cms_add.py" plain.p7s external.p7s 1.2.840.113549.1.9.16.2.50 external.ers
good "signature with an evidence record over it and the content" token external.p7s data.csv
python3 "$tests/cms_add.py" signature.p7s moved.p7s 1.2.840.113549.1.9.16.2.49 internal.ers
bad ER_NOT_COVERED "evidence record of another signature" token moved.p7s data.csv
python3 "$tests/cms_add.py" plain.p7s half.p7s 1.2.840.113549.1.9.16.2.50 internal.ers
bad ER_NOT_COVERED "external evidence record that leaves the content out" token half.p7s data.csv
sign data.csv bare.p7s
record bare.ers note.txt 0 bare.p7s else.txt
python3 "$tests/cms_add.py" bare.p7s only.p7s 1.2.840.113549.1.9.16.2.49 bare.ers
good "signature that an evidence record alone dates" token only.p7s data.csv

# ---- containers ----
# manifest NAME TARGET FILE...: an ASiC manifest in box/ over files of box/; ALG and ROOT change it
manifest() {
	local out=box/META-INF/$1 target=$2 alg=${ALG:-sha256} uri=http://www.w3.org/2001/04/xmlenc#sha256
	[ "$alg" = sha512 ] && uri=http://www.w3.org/2001/04/xmlenc#sha512
	shift 2
	{
		printf '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n<asic:ASiCManifest xmlns:asic="http://uri.etsi.org/02918/v1.2.1#">'
		printf '<asic:SigReference URI="%s"/>' "$target"
		for f; do
			printf '<asic:DataObjectReference URI="%s"%s><ds:DigestMethod xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Algorithm="%s"/>' "$f" "$([ "$f" = "${ROOT:-}" ] && printf ' Rootfile="true"')" "$uri"
			printf '<ds:DigestValue xmlns:ds="http://www.w3.org/2000/09/xmldsig#">%s</ds:DigestValue></asic:DataObjectReference>' "$(base64_digest "$alg" "box/$f")"
		done
		printf '</asic:ASiCManifest>'
	} >"$out"
}
fresh() { rm -rf box; mkdir -p box/META-INF; cp "$@" box; }
pack() { make python3 "$tests/asic_zip.py" "$@"; }
stamp_into() { token p384 sha256 "$1" "$2"; rm -f "$2.tsr"; }

fresh data.csv note.txt
manifest ASiCManifest001.xml META-INF/timestamp001.tst data.csv note.txt
stamp_into box/META-INF/ASiCManifest001.xml box/META-INF/timestamp001.tst
pack e-time.asice asic-e box
good "ASiC-E with a time-stamp" e-time.asice
pack e-deflated.asice asic-e box --deflate
good "ASiC-E, deflated" e-deflated.asice
pack e-none.asice none box
good "ASiC-E without mimetype" e-none.asice
gets 2 NO_TRUST_ANCHOR "ASiC-E without trust" e-time.asice
cp else.txt box/extra.txt
pack e-extra.asice asic-e box
both UNPROTECTED 2 2 "a file that no evidence covers" e-extra.asice
rm box/extra.txt
printf 'x' >>box/data.csv
pack e-changed.asice asic-e box
bad DIGEST_MISMATCH "a changed file" e-changed.asice
rm box/data.csv
pack e-missing.asice asic-e box
both MISSING_OBJECT 2 2 "a listed file that is not there" e-missing.asice
gets 0 - "the same with --detached" e-missing.asice --detached data.csv --trust trust
gets 3 - "the same, integrity only" e-missing.asice --detached data.csv --integrity-only
gets 1 DETACHED_UNMATCHED "the same with another file" e-missing.asice --detached else.txt --trust trust

fresh data.csv note.txt
manifest ASiCManifest001.xml META-INF/signature001.p7s data.csv note.txt
sign box/META-INF/ASiCManifest001.xml box/META-INF/signature001.p7s
pack e-signed.asice asic-e box
gets 3 TIME "ASiC-E with a signature, integrity only" e-signed.asice --integrity-only
gets 2 NO_TIME "ASiC-E with a signature and no time" e-signed.asice --trust trust
python3 "$tests/cms_add.py" --signature box/META-INF/signature001.p7s value
token p384 sha256 value signature.tst
python3 "$tests/cms_add.py" box/META-INF/signature001.p7s new 1.2.840.113549.1.9.16.2.14 signature.tst
mv new box/META-INF/signature001.p7s
pack e-cades-t.asice asic-e box
good "ASiC-E with a time-stamped signature" e-cades-t.asice
"$tv" --trust trust e-cades-t.asice >out
grep -q 'Signed by.*signer' out || fault "the signer is not named" out
# an archive manifest and a time-stamp over all of it
ROOT=META-INF/ASiCManifest001.xml manifest ASiCArchiveManifest.xml META-INF/timestamp001.tst META-INF/ASiCManifest001.xml META-INF/signature001.p7s data.csv note.txt
stamp_into box/META-INF/ASiCArchiveManifest.xml box/META-INF/timestamp001.tst
pack e-archive.asice asic-e box
good "ASiC-E with an archive manifest" e-archive.asice
printf ' ' >>box/META-INF/ASiCManifest001.xml
pack e-tampered.asice asic-e box
both MANIFEST_DIGEST 1 1 "a changed manifest" e-tampered.asice

# evidence records: over files; over manifest and signature only; with the wrong algorithm; without a manifest
fresh data.csv note.txt
(cd box && record ../r.ers data.csv 0 data.csv,note.txt)
cp r.ers box/META-INF/evidencerecord001.ers
manifest ASiCEvidenceRecordManifest001.xml META-INF/evidencerecord001.ers data.csv note.txt
pack e-record.asice asic-e box --deflate
good "ASiC-E with an evidence record" e-record.asice
rm box/note.txt
(cd box && cp ../data.csv . && cp ../note.txt n) && rm box/n
manifest ASiCEvidenceRecordManifest001.xml META-INF/evidencerecord001.ers data.csv
pack e-withheld.asice asic-e box
good "a member that is not listed" e-withheld.asice
grep -q OTHER_OBJECTS out || fault "other objects are not named"
cp note.txt box
ALG=sha512 manifest ASiCEvidenceRecordManifest001.xml META-INF/evidencerecord001.ers data.csv note.txt
pack e-algorithm.asice asic-e box
bad MANIFEST_DIGEST "a manifest of another algorithm than its record" e-algorithm.asice
rm box/META-INF/ASiCEvidenceRecordManifest001.xml
pack e-unlisted.asice asic-e box
bad MISSING_PART "a record without its manifest" e-unlisted.asice
cp else.txt box
manifest ASiCEvidenceRecordManifest001.xml META-INF/evidencerecord001.ers data.csv note.txt else.txt
pack e-stranger.asice asic-e box
bad ER_NOT_COVERED "a listed file that the record does not cover" e-stranger.asice
fresh data.csv note.txt
manifest ASiCManifest001.xml META-INF/signature001.p7s data.csv note.txt
sign box/META-INF/ASiCManifest001.xml box/META-INF/signature001.p7s
(cd box && record ../r.ers data.csv 0 META-INF/ASiCManifest001.xml,META-INF/signature001.p7s)
cp r.ers box/META-INF/evidencerecord001.ers
manifest ASiCEvidenceRecordManifest001.xml META-INF/evidencerecord001.ers META-INF/ASiCManifest001.xml META-INF/signature001.p7s
pack e-over-signature.asice asic-e box
good "a record over signature and manifest only" e-over-signature.asice
: >box/META-INF/evidencerecord001.ers
pack e-empty.asice asic-e box
bad EMPTY_EVIDENCE "an empty record" e-empty.asice

# ASiC-S
fresh data.csv
token p384 sha256 data.csv box/META-INF/timestamp.tst
rm box/META-INF/timestamp.tst.tsr
pack s-time.asics asic-s box
good "ASiC-S with a time-stamp" s-time.asics
cp note.txt box
pack s-two.asics asic-s box
bad MANIFEST_SHAPE "ASiC-S with two files" s-two.asics
fresh data.csv
cp stamped.p7s box/META-INF/signature.p7s
pack s-signed.asics asic-s box
good "ASiC-S with a time-stamped signature" s-signed.asics
fresh data.csv
cp single.ers box/META-INF/evidencerecord.ers
pack s-record.asics asic-s box
good "ASiC-S with an evidence record" s-record.asics

# what this version cannot judge
fresh data.csv
token p384 sha256 data.csv box/META-INF/timestamp.tst
rm box/META-INF/timestamp.tst.tsr
echo '<x/>' >box/META-INF/signatures.xml
pack xades.asics asic-s box
both UNSUPPORTED 2 2 "XAdES beside good evidence" xades.asics
mv box/META-INF/signatures.xml box/META-INF/evidencerecord.xml
pack xmlers.asics asic-s box
both UNSUPPORTED 2 2 "XMLERS beside good evidence" xmlers.asics
fresh data.csv
pack nothing.asice asic-e box
both NO_EVIDENCE 2 2 "no evidence at all" nothing.asice

finished

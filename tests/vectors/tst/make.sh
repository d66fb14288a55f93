#!/bin/sh
# Makes the keys, certificates, tokens, CRLs and OCSP responses of this folder
# with the command-line tools of OpenSSL 3 and faketime. Run once; the results
# are committed, because every run makes other keys. Tests never call it.
#
# The keys are public: they protect nothing.
set -eu
cd "$(dirname "$0")"
rm -f ./*.key ./*.pem ./*.der ./*.tst ./*.tsr
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for curve in P-256 P-384 P-521; do
	openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:$curve -out "$(echo $curve | tr -d - | tr P p).key"
done
openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out root.key
openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out rsa3072.key
openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out rsa1024.key
openssl genpkey -quiet -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:3072 -out rsapss.key
openssl genpkey -quiet -algorithm ED25519 -out ed25519.key

cat >"$work/ca.conf" <<CONF
[ca]
default_ca = here
[here]
database = $work/index
new_certs_dir = $work
serial = $work/serial
crlnumber = $work/crlnumber
certificate = root.pem
private_key = root.key
default_md = sha256
default_crl_days = 7
policy = any
unique_subject = no
x509_extensions = tsa
crl_extensions = crl
[any]
countryName = optional
organizationName = optional
commonName = supplied
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[tsa]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[ocsp]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = OCSPSigning
noCheck = ignored
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[crl]
authorityKeyIdentifier = keyid
[tsa_default]
serial = $work/tsaserial
crypto_device = builtin
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = millisecs:500
clock_precision_digits = 3
ordering = no
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
signer_digest = sha256
[req]
distinguished_name = dn
[dn]
CONF
: >"$work/index"
echo 01 >"$work/crlnumber"
echo 1001 >"$work/serial"
echo 01 >"$work/tsaserial"

at() { # at DATE COMMAND...: runs it at a date in UTC
	when=$1
	shift
	TZ=UTC faketime -f "@$when" "$@"
}
issue() { # issue NAME KEY SECTION SUBJECT
	openssl req -new -config "$work/ca.conf" -key "$2" -subj "$4" -out "$work/req"
	openssl ca -batch -notext -config "$work/ca.conf" -extensions "$3" -startdate 20240101000000Z \
		-enddate 20290101000000Z -in "$work/req" -out "$1.pem" 2>/dev/null
	openssl x509 -in "$1.pem" -outform DER -out "$1.der"
}
at '2020-01-01 00:00:00' openssl req -new -x509 -config "$work/ca.conf" -extensions root -key root.key \
	-subj '/C=XX/O=Example/CN=Example Root' -days 9000 -out root.pem
openssl x509 -in root.pem -outform DER -out root.der
issue tsa-p256 p256.key tsa '/C=XX/O=Example/CN=Example TSU P-256'
issue tsa-rsa3072 rsa3072.key tsa '/C=XX/O=Example/CN=Example TSU RSA-3072'
issue ocsp p384.key ocsp '/C=XX/O=Example/CN=Example OCSP'

# tokens over SHA-256("trial notary")
printf 'trial notary' >data.txt
stamp() { # stamp NAME QUERYFLAGS...: token and reply by openssl ts at 2024-06-01T12:00:00.250Z
	name=$1
	shift
	openssl ts -query -data data.txt -sha256 "$@" -out "$work/tsq" 2>/dev/null
	at '2024-06-01 12:00:00.250' openssl ts -reply -config "$work/ca.conf" -section tsa_default \
		-queryfile "$work/tsq" -signer "tsa-$name.pem" -inkey "$name.key" -chain root.pem \
		-out "$name.tsr" 2>/dev/null
	openssl ts -reply -in "$name.tsr" -token_out -out "$name.tst"
}
stamp p256 -cert
stamp rsa3072 -cert
mv p256.tst p256-certs.tst
mv p256.tsr p256-certs.tsr
stamp p256 -no_nonce
mv p256.tst p256-bare.tst
rm p256.tsr rsa3072.tsr

# RSASSA-PSS, as many European authorities sign; the TSTInfo is that of the RSA-3072 token
openssl cms -verify -noverify -in rsa3072.tst -inform DER -out "$work/info" -binary 2>/dev/null
openssl cms -sign -binary -nodetach -cades -nosmimecap -md sha256 -econtent_type 1.2.840.113549.1.9.16.1.4 \
	-in "$work/info" -signer tsa-rsa3072.pem -inkey rsa3072.key -keyopt rsa_padding_mode:pss \
	-keyopt rsa_pss_saltlen:32 -outform DER -out rsa3072-pss.tst
# the same, in BER with indefinite lengths (T18)
openssl cms -sign -binary -nodetach -cades -nosmimecap -md sha256 -econtent_type 1.2.840.113549.1.9.16.1.4 \
	-in "$work/info" -signer tsa-rsa3072.pem -inkey rsa3072.key -stream -outform DER -out ber.tst

# a submitter's detached CAdES signature
openssl cms -sign -binary -cades -nosmimecap -md sha256 -in data.txt -signer tsa-p256.pem -inkey p256.key \
	-outform DER -out detached.p7s

# CRLs and OCSP responses about tsa-p256 (serial 1001): not revoked, then revoked on 2024-07-01
crl() { # crl NAME DATE
	at "$2" openssl ca -config "$work/ca.conf" -gencrl -out "$work/crl" 2>/dev/null
	openssl crl -in "$work/crl" -outform DER -out "$1.der"
}
ocsp() { # ocsp NAME DATE
	at "$2" openssl ocsp -index "$work/index" -CA root.pem -rsigner ocsp.pem -rkey p384.key -rmd sha256 \
		-issuer root.pem -cert tsa-p256.pem -no_nonce -ndays 7 -respout "$1.der" >/dev/null 2>&1
}
crl crl-before '2024-05-30 00:00:00'
crl crl-after '2024-06-02 00:00:00'
ocsp ocsp-good '2024-06-02 00:00:00'
cp "$work/index" "$work/index.good"
for reason in superseded keyCompromise; do
	cp "$work/index.good" "$work/index"
	at '2024-07-01 00:00:00' openssl ca -config "$work/ca.conf" -revoke tsa-p256.pem -crl_reason $reason 2>/dev/null
	crl "crl-$(echo $reason | tr 'A-Z' 'a-z')" '2024-07-02 00:00:00'
done
ocsp ocsp-revoked '2024-07-02 00:00:00'

# seeds of the fuzz targets
fuzz=../../fuzz/corpus
u16() { printf "\\$(printf %03o $(($1 / 256)))\\$(printf %03o $(($1 % 256)))"; }
size() { wc -c <"$1"; }
for token in p256-certs p256-bare rsa3072-pss ber; do
	cp $token.tst $fuzz/verify_tst/$token
done
cp p256-certs.tsr $fuzz/verify_tst/reply
cp detached.p7s $fuzz/verify_cms/detached
cp p256-bare.tst $fuzz/verify_cms/token
for data in crl-after crl-superseded ocsp-good ocsp-revoked; do
	{
		u16 "$(size tsa-p256.der)"
		cat tsa-p256.der
		u16 "$(size root.der)"
		cat root.der $data.der
	} >$fuzz/verify_revocation/$data
done

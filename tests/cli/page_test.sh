#!/usr/bin/env bash
# The participant's page as a site and a participant meet it: made, printed, scanned, saved by a browser, changed, checked.
# What needs chromium, pdftoppm, zbarimg or xmllint is skipped, with a line, where they are missing.
set -u
. "$(dirname "$0")/lib.sh"

runs 0 init n --origin trials.example.org/2026
mkdir form consent old
echo "the form" >form/form.txt
echo "the signed form of Maria Musterfrau" >consent/signed.txt
cat >form/details.json <<'JSON'
{"schema":"trialnotary/details/consent-form/1","language":"en","population":"adult","contact":{"name":"Asthma study team, Dr. Ada Example","phone":"+44 20 7946 0000","email":"asthma-study@hospital.example","address":"Clinic for Lung Diseases, 1 Hospital Road, Exampletown"},"withdrawal":"You may take back your consent at any time, without giving a reason and without any disadvantage for your treatment. Please call the study team or write to them. Data that were already analysed are kept.","permissions":[{"name":"participation","purpose":"finding out whether the new inhaler helps","required":true,"text":"I take part in the study of the new inhaler for asthma."},{"name":"future-research","purpose":"research on asthma and other lung diseases","required":false,"text":"My blood samples and data, under a code, may be used for other research."},{"name":"contact-again","purpose":"asking me about further studies","required":false,"text":"The study team may call me again."}]}
JSON
runs 0 submit n --study ASTHMA-7 --kind consent-form --title "Consent to take part in the study of a new inhaler" --version 2.0 --keep form/* --json
form=$(id_of)
participant=5b61b2ad3b5d7a1d0a1c6e3f4f6f4b8f0f3d2c1b0a998877665544332211ffee
cat >consent/details.json <<JSON
{"schema":"trialnotary/details/consent/1","participant":"$participant","form":"$form","role":"participant","given":"2026-03-04T10:12:00+01:00","permissions":[{"name":"participation","granted":true},{"name":"future-research","granted":true,"from":"2026-03-04","until":"2036-03-04","delegate":"University Hospital Exampletown, biobank"},{"name":"contact-again","granted":false}]}
JSON
runs 0 submit n --study ASTHMA-7 --kind consent --keep consent/* --link "uses=$form" --json
consent=$(id_of)
[ ${#consent} = 64 ] || { fault "no consent was recorded"; exit 1; }

# ---- making it ----
runs 0 page n "$consent" -o page.html
[ "$(stat -c %a page.html)" = 600 ] || fault "others may read the page"
runs 64 page n "$consent" -o page.html
said EXISTS
echo precious >file.txt
runs 64 page n "$consent" -o file.txt --force
said "is no page"
runs 0 page n "$consent" -o page.html --force --json
said "\"record\":\"$consent\""
for l in en de es fr; do
	runs 0 page n "$consent" -o "$l.html" --language $l
	grep -q "<html lang=\"$l\">" $l.html || fault "the page in '$l' does not say its language"
done
grep -q '<bdi lang="en">I take part' de.html || fault "a text of the form in another language is not marked"
grep -qE "Musterfrau|$participant|$work|signed[.]txt" ./*.html && fault "a page holds what identifies"
for text in "Consent to take part" "version <bdi>2.0" "4 March 2026" "you, for yourself" "✓ Yes" "✗ No" "until 4 March 2036" "biobank" \
	"Dr. Ada Example" "+44 20 7946 0000" "without giving a reason" "$consent" "ASTHMA-7"; do
	grep -qF "$text" page.html || fault "the page does not show '$text'"
done
runs 0 page n "$consent" -o ours.html --contact-phone "+49 30 1234 <b>"
grep -q "+49 30 1234 &lt;b&gt;" ours.html || fault "the given contact is not on the page"
grep -q "Ada Example" ours.html && fault "the form's contact is beside the given one"
runs 64 page n "$consent" -o x.html --language it
said "there are no texts in 'it'"
runs 64 page n "$consent" -o x.html --url javascript:1
said "begins with https://"
runs 64 page n "$form" -o x.html
said "a page is made of a consent"
runs 64 page n "$consent" -o n/x.html
said "own folder"
echo "without details" >old/signed.txt
runs 0 submit n --study ASTHMA-7 --kind consent old/signed.txt --link "uses=$form" --json
runs 66 page n "$(id_of)" -o x.html
said "has no details.json"
[ -e x.html ] && fault "a page was left by a failure"

# ---- checking it ----
runs 0 seal n
runs 0 trust export n -o trust.d
runs 0 export n "$consent" -o c.asice
expect 0 "$tv" receipt --trust trust.d page.html c.asice
said VERIFIED
said "as the page"
said "kept: the entry was in the log"
said PAGE_TEXT
expect 0 "$tv" receipt --trust trust.d --json page.html
python3 - <<'PY' || fault "the result as JSON is not as documented"
import json
r = json.load(open("out"))["results"][0]
assert r["form"] == "receipt" and r["verdict"] == "VERIFIED" and r["receipt"]["page"] is True, r["receipt"]
PY
other=$(printf '%s' "$consent" | tr 0-9a-f 1-9a-f0)
sed "s/\(trialnotary-record\">\)$consent/\1$other/" page.html >changed.html
expect 1 "$tv" receipt --trust trust.d changed.html
said PAGE_RECORD
sed "s/<h1>/<script>1<\/script><h1>/" page.html >script.html
expect 1 "$tv" receipt --trust trust.d script.html
said PAGE_SHAPE
sed "s/^delay 60/delay 61/" page.html >forged.html
expect 1 "$tv" receipt --trust trust.d forged.html
said NOTE_SIGNATURE
iconv -f utf-8 -t utf-16 page.html >wide.html
expect 1 "$tv" receipt --trust trust.d wide.html
said PAGE_SHAPE
{ cat page.html; head -c 1100000 /dev/zero | tr '\0' '\n'; } >huge.html
expect 1 "$tv" receipt --trust trust.d huge.html
said LIMIT
expect 2 "$tv" receipt page.html
said NO_TRUST_ANCHOR
sed 's/$/\r/' page.html >windows.html
expect 0 "$tv" receipt --trust trust.d windows.html
expect 64 "$tv" --trust trust.d page.html
said "trialverify receipt PAGE"

# ---- as others read it ----
python3 - <<'PY' || fault "python's parser sees another page"
import html.parser
class P(html.parser.HTMLParser):
    stack, bad = [], []
    def handle_starttag(self, tag, attrs):
        if tag != "meta": self.stack.append(tag)
        self.bad += [k for k, v in attrs if k.startswith("on") or k in ("href", "src", "style")]
        if tag == "script": self.bad.append(tag)
    def handle_endtag(self, tag): assert self.stack.pop() == tag, tag
for name in ("en", "de", "es", "fr"):
    p = P()
    p.feed(open(name + ".html", encoding="utf-8").read())
    assert not p.stack and not p.bad, (name, p.stack, p.bad)
PY
if command -v xmllint >/dev/null; then
	xmllint --html --noout --nowarning page.html 2>&1 | grep -v -E "Tag (main|bdi|svg|path) invalid|^<|^ *\^|^\$" >lint
	grep -q "error" lint && fault "xmllint: $(head -3 lint)"
else
	echo "skipped: xmllint is not installed"
fi

chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
browse() { timeout 120 "$chromium" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
	--disable-component-update --disable-sync "--user-data-dir=$work/browser" "$@" 2>/dev/null; }
if [ -z "$chromium" ]; then
	echo "skipped: no chromium to print and save the page"
else
	browse --dump-dom "file://$work/page.html" >saved.html
	cmp -s page.html saved.html && fault "the browser did not write the page itself"
	expect 0 "$tv" receipt --trust trust.d saved.html
	said VERIFIED
	for l in en de es fr; do
		browse --no-pdf-header-footer "--print-to-pdf=$work/$l.pdf" "file://$work/$l.html" >out
		[ -s $l.pdf ] || { fault "the page in '$l' cannot be printed"; continue; }
		command -v pdfinfo >/dev/null || { echo "skipped: pdfinfo is not installed"; continue; }
		[ "$(pdfinfo $l.pdf | sed -n 's/^Pages: *//p')" = 1 ] || fault "the page in '$l' takes more than one sheet"
		pdfinfo $l.pdf | grep -q "A4" || fault "the page in '$l' is not for A4"
	done
	if command -v zbarimg >/dev/null && command -v pdftoppm >/dev/null; then
		pdftoppm -r 150 -gray -png en.pdf scan
		zbarimg --quiet --raw scan-1.png >code 2>/dev/null
		[ "$(cat code)" = "trialnotary:trials.example.org/2026/${consent:0:16}" ] || fault "the code says '$(cat code)'"
	else
		echo "skipped: zbarimg or pdftoppm is not installed"
	fi
fi
rm -rf "$work/browser"
[ -z "${TRIALNOTARY_KEEP_PAGES:-}" ] || cp ./*.html ./*.pdf "$TRIALNOTARY_KEEP_PAGES"/

# ---- and when it is to be forgotten ----
runs 0 erase n "$consent" --yes
runs 1 page n "$consent" -o x.html
said ERASED
expect 0 "$tv" receipt --trust trust.d page.html

finished

/* Group A of the attack catalogue: what a container holds and what its manifests say of it. */
#include "tests/attack/attack.h"

#define MANIFEST "META-INF/ASiCEvidenceRecordManifest001.xml"
#define ALGORITHM "Algorithm=\"" VF_MANIFEST_SHA256 "\""

HOOK(a01)
{
	if (stage == DONE)
		bundle_add(x, "c.txt", vf_bytes_str("not listed\n"));
}

HOOK(a02)
{
	if (stage == DONE)
		bundle_drop(x, "b.txt");
}

HOOK(a03)
{
	if (stage == DONE)
		list_more(x, "a.txt", vf_bytes_str("x"));
}

HOOK(a09_self)
{
	if (stage == DONE)
		list_more(x, MANIFEST, *bundle_part(x, MANIFEST));
}

HOOK(a09_token)
{
	if (stage == DONE)
		list_more(x, "META-INF/evidencerecord001.ers", x->ev[0].der);
}

HOOK(a09_mimetype)
{
	if (stage == DONE)
		list_more(x, "mimetype", vf_bytes_str(VF_ZIP_ASICE));
}

HOOK(a10_missing)
{
	if (stage == DONE)
		bundle_edit(x, "META-INF/ASiCEvidenceRecordManifest001.xml", "evidencerecord001", "evidencerecord009");
}

HOOK(a10_second)
{
	x->n_ev = 2;
	if (stage == DONE)
		bundle_edit(x, "META-INF/ASiCEvidenceRecordManifest002.xml", "evidencerecord002", "evidencerecord001");
}

HOOK(a15)
{
	if (stage == BEGIN)
		x->n_ev = 0;
}

HOOK(a16)
{
	if (stage == DONE)
		bundle_part(x, "META-INF/evidencerecord001.ers")->n = 0;
}


/* A second record by another pinned authority, whose manifest says another digest of one file. */
HOOK(a04)
{
	if (stage == BEGIN) {
		x->n_ev = 2;
		x->ev[1].by = &beta;
	}
	if (stage == DONE)
		*bundle_part(x,
			"META-INF/ASiCEvidenceRecordManifest002.xml") = make_manifest("META-INF/evidencerecord002.ers",
			JOIN(make_ref("statement.json", VF_MANIFEST_SHA256, make_digest(VF_SHA256, x->statement)),
				make_ref("a.txt", VF_MANIFEST_SHA256, make_digest(VF_SHA256, vf_bytes_str("x"))),
				make_ref("b.txt", VF_MANIFEST_SHA256, make_digest(VF_SHA256, x->files[1].data)),
				make_ref("stream.json", VF_MANIFEST_SHA256, make_digest(VF_SHA256, x->files[2].data))));
}

/* The manifest of an untrusted record leaves a file out. */
HOOK(a04_less)
{
	if (stage == BEGIN) {
		x->n_ev = 2;
		x->ev[1].by = &stranger;
	}
	if (stage == DONE)
		*bundle_part(x,
			"META-INF/ASiCEvidenceRecordManifest002.xml") = make_manifest("META-INF/evidencerecord002.ers",
			make_ref("statement.json", VF_MANIFEST_SHA256, make_digest(VF_SHA256, x->statement)));
}

/* One more reference, of a file that is in the container under its plain name. */
HOOK(a05_twin)
{
	if (stage == DONE)
		list_more(x, attack_now->with, x->files[0].data);
}

/* The digest of the first document in the manifest gives way to another text. */
HOOK(a08)
{
	char text[VF_BASE64_LEN(32) + 1];

	if (stage != DONE)
		return;
	vf_base64_put(text, vf_bytes(vf_pair_of(x->files[0].data).sha256.b, 32));
	text[43] = '\0'; /* without the '=' at its end, which the replacement brings or not */
	bundle_edit(x, MANIFEST, (const char *)JOIN(vf_bytes_str(text), vf_bytes("=", 2)).p,
		strcmp(attack_now->with, "=") == 0 ? text :
		(const char *)JOIN(vf_bytes_str(text), vf_bytes_str(attack_now->with), vf_bytes("", 1)).p);
}

/* The unused bits of the last character are set. */
HOOK(a08_bits)
{
	char text[VF_BASE64_LEN(32) + 1], old[VF_BASE64_LEN(32) + 1];

	if (stage != DONE)
		return;
	vf_base64_put(text, vf_bytes(vf_pair_of(x->files[0].data).sha256.b, 32));
	memcpy(old, text, sizeof(old));
	text[42]++;
	bundle_edit(x, MANIFEST, old, text);
}

/* The second claim stands where tools look for a comment. */
static void a11_comment(struct attack_zip *z)
{
	z->end.comment = vf_bytes_str("mimetype=application/vnd.etsi.asic-s+zip");
}

static void a11_entry(struct attack_zip *z)
{
	z->e[z->n] = zm_entry("mimetype", "application/vnd.etsi.asic-s+zip");
	z->e[z->n++].made_by = VF_ZIP_NEED_STORED;
}

/* What was signed and sealed lists another statement than the one beside it. */
HOOK(a12)
{
	sign_record(x, stage);
	if (stage == RECORD) {
		struct vf_bytes kept = x->statement;

		x->statement = vf_bytes_str("another statement");
		make_signature_files(x);
		x->statement = kept;
		make_group(x);
		x->entry_text = make_entry_text(&x->entry);
	}
}

/* The signed manifest was sealed; another with the same meaning stands in its place. */
HOOK(a12_swapped)
{
	sign_record(x, stage);
	if (stage == DONE)
		bundle_edit(x, VF_NAME_SIGNED_MANIFEST, "</asic:ASiCManifest>\n", "\n</asic:ASiCManifest>\n");
}

HOOK(a12_second)
{
	sign_record(x, stage);
	if (stage == DONE)
		bundle_add(x, "META-INF/ASiCManifest002.xml", x->signed_manifest);
}

static void document(struct bundle *x, enum stage stage, const char *name, const char *data)
{
	if (stage != BEGIN)
		return;
	x->files[0].name = name;
	x->files[0].data = vf_bytes_str(data);
}

/* A PDF with a signature over a part of it, and a revision behind. */
HOOK(a13)
{
	document(x, stage, "a.pdf", "%PDF-1.7\n1 0 obj<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached"
		"/ByteRange[0 10 20 10]/Contents<00>>>endobj\n%%EOF\n2 0 obj<</Type/Annot/Subtype/FreeText>>endobj\n%%EOF\n");
}

HOOK(a14)
{
	document(x, stage, "a.html",
		"<html><script src=\"http://192.0.2.1/x.js\"></script><img src=\"http://192.0.2.1/x\"></html>\n");
}

HOOK(a14_svg)
{
	document(x, stage, "a.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script>"
		"<foreignObject><body onload=\"alert(2)\"/></foreignObject></svg>\n");
}

/* Documents alone, in a container that calls itself ASiC. */
HOOK(a15_bare)
{
	if (stage != DONE)
		return;
	while (x->n_items > 0 && !vf_bytes_is(x->items[0].name, "a.txt"))
		x->items[0] = x->items[--x->n_items];
	x->n_items = 1;
}

/* ---- containers of other software ---- */

/* The same documents and evidence without what makes a bundle of it. */
static void make_foreign(struct bundle *x, enum stage stage)
{
	struct vf_bytes refs = NOTHING;

	if (stage != DONE)
		return;
	bundle_drop(x, "statement.json");
	bundle_drop(x, VF_PART_ENTRY);
	bundle_drop(x, VF_PART_PROOF);
	bundle_drop(x, VF_PART_HEAD);
	bundle_drop(x, VF_PART_PREVIOUS);
	for (size_t i = 0; i < x->n_files; i++)
		refs = JOIN(refs, make_ref(x->files[i].name, VF_MANIFEST_SHA256, make_digest(VF_SHA256, x->files[i].data)));
	*bundle_part(x, MANIFEST) = make_manifest("META-INF/evidencerecord001.ers", refs);
}

HOOK(foreign)
{
	make_foreign(x, stage);
}

HOOK(foreign_more)
{
	make_foreign(x, stage);
	if (stage == DONE)
		bundle_add(x, "c.txt", vf_bytes_str("not listed\n"));
}

HOOK(foreign_altered)
{
	make_foreign(x, stage);
	if (stage == DONE)
		*bundle_part(x, "a.txt") = vf_bytes_str("first d0cument\n");
}

HOOK(foreign_reference)
{
	make_foreign(x, stage);
	if (stage == DONE)
		list_more(x, attack_now->with, x->files[0].data);
}

HOOK(foreign_less)
{
	make_foreign(x, stage);
	if (stage == DONE)
		bundle_drop(x, "b.txt");
}

static const struct attack cases[] = {
	ATTACK("A01a", "a file that no manifest lists", VF_REJECTED, VF_UNCOVERED, .forge = a01),
	ATTACK("A01b", "a container of other software, as it should be", VF_VERIFIED, VF_OK, .forge = foreign),
	ATTACK("A01c", "a file that no manifest lists, in a container of other software", VF_INDETERMINATE, VF_UNPROTECTED,
		.forge = foreign_more),
	ATTACK("A02a", "a listed file is not there", VF_INDETERMINATE, VF_MISSING_OBJECT, .forge = a02),
	ATTACK("A02b", "a listed file is not there, in a container of other software", VF_INDETERMINATE, VF_MISSING_OBJECT,
		.forge = foreign_less),
	ATTACK("A03a", "one name with two digests", VF_REJECTED, VF_MANIFEST_SHAPE, .forge = a03),
	ATTACK("A03b", "one name with two digests, in a container of other software", VF_REJECTED, VF_MANIFEST_SHAPE,
		.forge = foreign_reference, .with = "a.txt"),
	ATTACK("A03c", "an altered file in a container of other software", VF_REJECTED, VF_DIGEST_MISMATCH,
		.forge = foreign_altered),
	ATTACK("A04a", "two manifests with different digests of a file", VF_REJECTED, VF_MANIFEST_DIGEST, .forge = a04),
	ATTACK("A04b", "the manifest of an untrusted record leaves a file out", VF_REJECTED, VF_MANIFEST_SHAPE,
		.forge = a04_less),
	ATTACK("A05a", "the name in other case", VF_REJECTED, VF_MANIFEST_SHAPE, .forge = forge_edit, .part = MANIFEST,
		.old = "URI=\"a.txt\"", .with = "URI=\"A.txt\""),
	ATTACK("A05b", "a slash as %2F", VF_REJECTED, VF_MANIFEST_URI, .forge = a05_twin, .with = "x%2Fa.txt"),
	ATTACK("A05c", "a way up as %2e%2e", VF_REJECTED, VF_MANIFEST_URI, .forge = a05_twin, .with = "%2e%2e/a.txt"),
	ATTACK("A05d", "a NUL as %00", VF_REJECTED, VF_MANIFEST_URI, .forge = a05_twin, .with = "a.txt%00"),
	ATTACK("A05e", "a name and its twin in percent form", VF_REJECTED, VF_MANIFEST_SHAPE,
		.forge = a05_twin, .with = "%61.txt"),
	ATTACK("A05f", "a name in percent form, which decodes to the file's", VF_VERIFIED, VF_OK,
		.forge = forge_edit, .part = MANIFEST,
		.old = "URI=\"a.txt\"", .with = "URI=\"%61.txt\""),
	ATTACK("A05g", "a name that is encoded twice", VF_REJECTED, VF_MANIFEST_SHAPE,
		.forge = forge_edit, .part = MANIFEST,
		.old = "URI=\"a.txt\"", .with = "URI=\"%2561.txt\""),
	ATTACK("A05h", "a path that goes nowhere", VF_REJECTED, VF_MANIFEST_URI, .forge = a05_twin, .with = "./a.txt"),
	ATTACK("A06a", "a reference to the network", VF_REJECTED, VF_MANIFEST_URI,
		.forge = a05_twin, .with = "http://192.0.2.1/a.txt"),
	ATTACK("A06b", "a reference to the machine's files", VF_REJECTED, VF_MANIFEST_URI,
		.forge = a05_twin, .with = "file:///etc/passwd"),
	ATTACK("A06c", "a reference to a fragment", VF_REJECTED, VF_MANIFEST_URI, .forge = a05_twin, .with = "#frag"),
	ATTACK("A06d", "an empty reference", VF_REJECTED, VF_MANIFEST_URI, .forge = a05_twin, .with = ""),
	ATTACK("A06e", "a reference to the network, in a container of other software", VF_REJECTED, VF_MANIFEST_URI,
		.forge = foreign_reference, .with = "http://192.0.2.1/a.txt"),
	ATTACK("A06f", "a reference to the machine's files, in a container of other software", VF_REJECTED, VF_MANIFEST_URI,
		.forge = foreign_reference, .with = "file:///etc/passwd"),
	ATTACK("A07a", "MD5 in the manifest", VF_REJECTED, VF_WEAK_ALGORITHM,
		.forge = forge_edit, .part = MANIFEST, .old = ALGORITHM,
		.with = "Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#md5\""),
	ATTACK("A07b", "SHA-1 in the manifest", VF_REJECTED, VF_WEAK_ALGORITHM,
		.forge = forge_edit, .part = MANIFEST, .old = ALGORITHM,
		.with = "Algorithm=\"http://www.w3.org/2000/09/xmldsig#sha1\""),
	ATTACK("A07c", "an unknown algorithm in the manifest", VF_INDETERMINATE, VF_UNKNOWN_ALGORITHM,
		.forge = forge_edit, .part = MANIFEST,
		.old = ALGORITHM, .with = "Algorithm=\"urn:example:hash\""),
	ATTACK("A07d", "no algorithm in the manifest", VF_REJECTED, VF_XML_SHAPE,
		.forge = forge_edit, .part = MANIFEST, .old = " " ALGORITHM,
		.with = ""),
	ATTACK("A08a", "base64 without its end", VF_REJECTED, VF_XML_SHAPE, .forge = a08, .with = "="),
	ATTACK("A08b", "a digest of 31 octets", VF_REJECTED, VF_XML_SHAPE,
		.forge = forge_edit, .part = MANIFEST, .old = "<ds:DigestValue>",
		.with = "<ds:DigestValue>AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==</ds:DigestValue><ds:DigestValue>"),
	ATTACK("A08c", "unused bits of base64 are set", VF_REJECTED, VF_XML_SHAPE, .forge = a08_bits),
	ATTACK("A08d", "white space in the digest", VF_REJECTED, VF_XML_SHAPE, .forge = a08, .with = " ="),
	ATTACK("A08e", "a line end behind the digest", VF_REJECTED, VF_XML_SHAPE, .forge = a08, .with = "=\n"),
	ATTACK("A08f", "a NUL in the digest", VF_REJECTED, VF_XML_SHAPE, .forge = a08, .with = "=&#0;"),
	ATTACK("A09a", "the manifest lists itself", VF_REJECTED, VF_MANIFEST_SHAPE, .forge = a09_self),
	ATTACK("A09b", "the manifest lists its record", VF_REJECTED, VF_MANIFEST_SHAPE, .forge = a09_token),
	ATTACK("A09c", "the manifest lists mimetype", VF_REJECTED, VF_MANIFEST_SHAPE, .forge = a09_mimetype),
	ATTACK("A09d", "the manifest lists itself, in a container of other software", VF_REJECTED, VF_MANIFEST_SHAPE,
		.forge = foreign_reference, .with = MANIFEST),
	ATTACK("A10a", "the manifest is of a record that is not there", VF_REJECTED, VF_MANIFEST_SHAPE,
		.forge = a10_missing),
	ATTACK("A10b", "two manifests are of one record", VF_REJECTED, VF_MANIFEST_SHAPE, .forge = a10_second),
	ATTACK("A11a", "another media type in the archive's comment", VF_REJECTED, VF_ZIP_MIMETYPE,
		.rebuild = a11_comment),
	ATTACK("A11b", "a second mimetype entry", VF_REJECTED, VF_ZIP_DUPLICATE, .rebuild = a11_entry),
	ATTACK("A12a", "what is signed is another version of the statement", VF_REJECTED, VF_MANIFEST_DIGEST,
		.forge = a12),
	ATTACK("A12b", "another signed manifest than the sealed one", VF_REJECTED, VF_MANIFEST_DIGEST,
		.forge = a12_swapped),
	ATTACK("A12c", "a second signed manifest beside the sealed one", VF_REJECTED, VF_UNCOVERED,
		.forge = a12_second),
	ATTACK("A13", "a PDF that its own signature covers in part", VF_VERIFIED, VF_OK,
		.forge = a13, .says = "what a viewer displays"),
	ATTACK("A14a", "an HTML page with remote script", VF_VERIFIED, VF_OK,
		.forge = a14, .says = "what a viewer displays"),
	ATTACK("A14b", "a drawing with script", VF_VERIFIED, VF_OK, .forge = a14_svg, .says = "what a viewer displays"),
	ATTACK("A15a", "a record without evidence", VF_INDETERMINATE, VF_NO_EVIDENCE, .forge = a15),
	ATTACK("A15b", "a document alone", VF_INDETERMINATE, VF_NO_EVIDENCE, .forge = a15_bare),
	ATTACK("A16", "an empty evidence record", VF_REJECTED, VF_EMPTY_EVIDENCE, .forge = a16),
};

ATTACK_MAIN(cases)

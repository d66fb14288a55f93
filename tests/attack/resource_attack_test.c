/*
 * Group D of the attack catalogue: inputs that cost more than they are worth. What
 * is refused by its size is refused before it is read; the program's part is in
 * tests/cli/attack_ui_test.sh.
 */
#include "tests/attack/attack.h"

#define MANIFEST "META-INF/ASiCEvidenceRecordManifest001.xml"
#define HUGE_TEXT (18u << 20)

static char huge_text[HUGE_TEXT + 256];

/* A file of which a part is only claimed: hole octets that all read as 'A' stand before directory. */
struct vast {
	struct vf_bytes bytes;
	uint64_t directory, hole, n_read;
};

static VF_RC read_vast(void *ctx, uint64_t at, uint8_t *out, size_t n, struct vf_err *reterr)
{
	struct vast *v = ctx;

	(void)reterr;
	v->n_read += n;
	for (size_t i = 0; i < n; i++) {
		uint64_t k = at + i;

		MUST(k < v->bytes.n + v->hole);
		out[i] = k < v->directory ? v->bytes.p[k] : k < v->directory + v->hole ? 'A' : v->bytes.p[k - v->hole];
	}
	return VF_OK;
}

/* Judges with count of what is read, which must stay below most. */
static void judge_counted(struct vast *v, uint64_t most)
{
	struct vf_source source = {.ctx = v, .size = v->bytes.n + v->hole, .read = read_vast};
	struct vf_session *s = session();

	judge_source(s, &source);
	if (v->n_read > most)
		CHECK_FAIL("%s: %" PRIu64 " octets were read, more than %" PRIu64, attack_now->id, v->n_read, most);
	vf_session_free(s);
}

/* Makes the good bundle, rebuilds it with hook, and judges what of it is read. */
static void judge_rebuilt(zip_hook *hook, uint64_t most)
{
	struct nt_buf bytes = nt_buf(64 << 20);
	struct vast v = {0};

	make_bundle(&b, &log_key, &alpha, good, &bytes);
	rebuild_container(hook, &bytes);
	v.bytes = nt_buf_bytes(&bytes);
	v.directory = v.bytes.n;
	judge_counted(&v, most);
	nt_buf_done(&bytes);
}

/* ---- D01 ---- */

static void claim_many(struct attack_zip *z)
{
	z->end.here = z->end.count = 60000;
}

static void d01_claimed(void)
{
	judge_rebuilt(claim_many, 1 << 17);
}

static void claim_directory(struct attack_zip *z)
{
	z->end.size = VF_MAX_ZIP_DIRECTORY;
}

static void d01_directory(void)
{
	judge_rebuilt(claim_directory, 1 << 17);
}

/* As many entries as are allowed and one more, really there. */
static void d01_entries(void)
{
	size_t n = VF_MAX_ZIP_ENTRIES + 1;
	struct zm_entry *e = calloc(n, sizeof(*e));
	char(*names)[16] = calloc(n, sizeof(*names));
	struct nt_buf bytes = nt_buf(64 << 20);
	struct vast v = {0};

	MUST(e && names);
	e[0] = zm_entry("mimetype", VF_ZIP_ASICE);
	for (size_t i = 1; i < n; i++) {
		snprintf(names[i], sizeof(names[i]), "d/%06zu", i);
		e[i] = zm_entry(names[i], "");
	}
	zm_build(&bytes, e, n, NULL);
	v.bytes = nt_buf_bytes(&bytes);
	v.directory = v.bytes.n;
	judge_counted(&v, 1 << 17);
	nt_buf_done(&bytes);
	free(e);
	free(names);
}

static void d01_name(struct attack_zip *z)
{
	z->e[z->n] = zm_entry_raw(vf_bytes(memset(make_room(65000), 'n', 65000), 65000), vf_bytes_str("x"));
	z->e[z->n++].made_by = VF_ZIP_NEED_STORED;
}

/* ---- D02 ---- */

/* Deflates n zeros; crc is theirs. */
static struct vf_bytes packed_zeros(size_t n, uint32_t *ret_crc)
{
	static uint8_t zeros[1 << 20];
	z_stream s = {0};
	size_t room = n / 900 + 4096;
	uint8_t *out = make_room(room);
	uLong crc = 0;

	MUST(n % sizeof(zeros) == 0 && deflateInit2(&s, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) == Z_OK);
	s.next_out = out;
	s.avail_out = (uInt)room;
	for (size_t at = 0; at < n; at += sizeof(zeros)) {
		s.next_in = zeros;
		s.avail_in = sizeof(zeros);
		crc = crc32_z(crc, zeros, sizeof(zeros));
		MUST(deflate(&s, at + sizeof(zeros) < n ? Z_NO_FLUSH : Z_FINISH) >= 0);
	}
	room = s.total_out;
	deflateEnd(&s);
	*ret_crc = (uint32_t)crc;
	return vf_bytes(out, room);
}

static void deflated_entry(struct zm_entry *e, struct vf_bytes packed, uint32_t size, uint32_t crc)
{
	e->data = packed;
	e->local.method = VF_ZIP_DEFLATED;
	e->local.need = VF_ZIP_NEED_DEFLATED;
	e->local.packed = (uint32_t)packed.n;
	e->local.size = size;
	e->local.crc = crc;
	e->central = e->local;
}

static struct zm_entry *more(struct attack_zip *z, const char *name)
{
	z->e[z->n] = zm_entry(name, "");
	z->e[z->n].made_by = VF_ZIP_NEED_STORED;
	return &z->e[z->n++];
}

static void four_gigabytes(struct attack_zip *z)
{
	uint32_t crc;
	struct vf_bytes packed = packed_zeros(64 << 20, &crc);

	deflated_entry(more(z, "c.bin"), packed, 0xfffffffe, crc);
}

static void d02_claimed(void)
{
	judge_rebuilt(four_gigabytes, 1 << 17);
}

/* Each entry is within the limit, all together are not. */
static void many_entries(struct attack_zip *z)
{
	static const char *const names[] = {"c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8"};
	uint32_t crc;
	struct vf_bytes packed = packed_zeros(8 << 20, &crc);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		deflated_entry(more(z, names[i]), packed, 8 << 20, crc);
}

static void d02_total(void)
{
	judge_rebuilt(many_entries, 1 << 17);
}

/* Directory records that all lead to the same data. */
static void d02_overlap(struct attack_zip *z)
{
	uint32_t crc;
	struct vf_bytes packed = packed_zeros(8 << 20, &crc);

	deflated_entry(more(z, "c.bin"), packed, 8 << 20, crc);
	z->e[z->n] = z->e[z->n - 1];
	z->e[z->n].central.name = vf_bytes_str("d.bin");
	z->e[z->n++].is_repeat = true;
}

/* A member that claims its own size and inflates to 64 MiB: it ends where its claim ends. */
static void d02_lie(struct attack_zip *z)
{
	uint32_t crc;
	struct vf_bytes packed = packed_zeros(64 << 20, &crc);

	for (size_t i = 0; i < z->n; i++)
		if (vf_bytes_is(z->e[i].local.name, "a.txt"))
			deflated_entry(&z->e[i], packed, z->e[i].local.size, z->e[i].local.crc);
}

/* ---- D03 ---- */

HOOK(d03_records)
{
	if (stage == DONE)
		for (size_t i = 2; i <= VF_MAX_EVIDENCE + 1; i++) {
			char er[64], manifest[64];

			snprintf(er, sizeof(er), VF_PART_RECORD, i);
			snprintf(manifest, sizeof(manifest), VF_PART_RECORD_MANIFEST, i);
			bundle_add(x, er, x->ev[0].der);
			bundle_add(x, manifest, make_evidence_manifest(x, VF_SHA256, er));
		}
}

static struct vf_bytes repeat(struct vf_bytes part, size_t n)
{
	uint8_t *p = make_room(part.n * n);

	for (size_t i = 0; i < n; i++)
		memcpy(p + i * part.n, part.p, part.n);
	return vf_bytes(p, part.n * n);
}

HOOK(d03_stamps)
{
	if (stage == TOKEN)
		x->ev[0].chains[0] = repeat(x->ev[0].chains[0], VF_MAX_ER_STAMPS + 1);
}

HOOK(d03_chains)
{
	if (stage == DONE) {
		struct vf_bytes one = make_der(VF_DER_SEQUENCE, x->ev[0].chains[0]);

		*bundle_part(x, "META-INF/evidencerecord001.ers") = DER(VF_DER_SEQUENCE, make_int(1),
			DER(VF_DER_SEQUENCE, make_alg(VF_SHA256)), make_der(VF_DER_SEQUENCE, repeat(one,
			VF_MAX_ER_CHAINS + 1)));
	}
}

HOOK(d03_lines)
{
	struct vf_bytes note, line;
	const uint8_t *at;

	if (stage != DONE)
		return;
	note = make_copy(nt_buf_bytes(&x->note));
	at = memmem(note.p, note.n, "\n\n", 2);
	line = vf_bytes(at + 2, (size_t)(note.p + note.n - at) - 2);
	nt_buf_put(&x->note, repeat(line, VF_MAX_NOTE_LINES));
	*bundle_part(x, VF_PART_PROOF) = make_proof_text(x);
}

/* Lines of tokens in a seal head, all in their order. */
HOOK(d03_tokens)
{
	size_t n = VF_MAX_SEAL_TOKENS + 1;
	char *text;

	if (stage != DONE)
		return;
	text = (char *)make_room(90 * n);
	text[0] = '\0';
	for (size_t i = 1, at = 0; i <= n; i++)
		at += (size_t)snprintf(text + at, 90, "token 1 f%063zx\n", i);
	*bundle_part(x, VF_PART_HEAD) = JOIN(x->head, vf_bytes_str(text));
}

/* Certificates that differ in their signatures alone: they can be read, and lead nowhere. */
static struct vf_bytes junk(size_t n, unsigned first)
{
	struct vf_bytes all = repeat(twin.cert, n);
	uint8_t *p = (uint8_t *)(uintptr_t)all.p;

	for (unsigned i = 0; i < n; i++) {
		uint8_t *end = p + (i + 1) * twin.cert.n;

		end[-1] = (uint8_t)(first + i);
		end[-2] = (uint8_t)((first + i) >> 8);
	}
	return all;
}

/*
 * Records by strangers fill the verifier's table of certificates to just below the
 * place where it is emptied; the submitter's signature then passes it.
 */
HOOK(d03_certificates)
{
	sign_record(x, stage);
	if (stage != BEGIN)
		return;
	owner.submitter = "required";
	x->n_ev = 9;
	for (unsigned i = 1; i < 9; i++) {
		x->ev[i].by = &stranger;
		x->ev[i].cms.certs = JOIN(stranger.cert, junk(62, 100 * i));
	}
	x->signature.certs = JOIN(junk(31, 2000), submitter_cert);
}

/* ---- D04 ---- */

/* The authority's certificate below depth CAs with one key, each with these extensions. */
static void chain(struct bundle *x, int depth, const char *extension, const char *value, const char *mapping)
{
	struct vf_bytes certs = NOTHING;
	char *name = NULL, *issuer;

	for (int i = 0; i < depth; i++) {
		issuer = name;
		name = (char *)make_room(16);
		snprintf(name, 16, "CA %d", i);
		certs = JOIN(certs, make_cert(&(struct cert_spec){.name = name, .issuer = issuer ?
			issuer : "Alpha Root",
			.key = twin.root_key, .issuer_key = issuer ? twin.root_key : alpha.root_key, .serial = 100 + i,
			.ext = {{"basicConstraints", "critical,CA:TRUE"}, {"keyUsage", "critical,keyCertSign,cRLSign"},
				{extension, value}, {mapping ? "policyMappings" : NULL, mapping}}}));
	}
	x->ev[0].cms.cert = make_cert(&(struct cert_spec){.name = "Alpha TSU", .issuer = name, .key = alpha.key,
		.issuer_key = twin.root_key, .serial = 4, .ext = TSA_EXT});
	x->ev[0].cms.certs = JOIN(x->ev[0].cms.cert, certs);
	owner.revocation = "if-present";
}

HOOK(d04_deep)
{
	if (stage == BEGIN)
		chain(x, 50, NULL, NULL, NULL);
}

HOOK(d04_path)
{
	if (stage == BEGIN)
		chain(x, VF_MAX_PATH - 1, NULL, NULL, NULL);
}

HOOK(d04_many)
{
	if (stage == BEGIN)
		x->ev[0].cms.certs = JOIN(alpha.cert, junk(1000, 0));
}

/* Two policies that map to each other at every level double the nodes of RFC 5280's tree each time. */
HOOK(d04_policies)
{
	if (stage == BEGIN)
		chain(x, VF_MAX_PATH - 2, "certificatePolicies", "DER:300e300506032a0304300506032a0305",
			"1.2.3.4:1.2.3.4,1.2.3.4:1.2.3.5,1.2.3.5:1.2.3.4,1.2.3.5:1.2.3.5");
}

/* ---- D05 to D08 ---- */

static void huge_key(struct bundle *x, enum stage stage, size_t n, size_t e)
{
	EVP_PKEY *key;

	if (stage != BEGIN)
		return;
	key = make_rsa_public(n, e);
	x->ev[0].cms.cert = make_cert(&(struct cert_spec){.name = "Alpha TSU", .issuer = "Alpha Root", .key = key,
		.issuer_key = alpha.root_key, .serial = 5, .ext = TSA_EXT});
	EVP_PKEY_free(key);
	/* as if it had signed: so far nobody looked at the signature */
	x->ev[0].cms.sigalg = DER(VF_DER_SEQUENCE, make_oid("1.2.840.113549.1.1.11"), make_der(VF_DER_NULL, NOTHING));
	x->ev[0].cms.signature = vf_bytes(memset(make_room(n), 1, n), n);
}

HOOK(d05_modulus)
{
	huge_key(x, stage, 2048, 3);
}

HOOK(d05_exponent)
{
	huge_key(x, stage, 384, 380);
}

/* The policy of a token is an identifier whose last number has 1.4 million bits. */
HOOK(d06)
{
	struct vf_bytes tst, body, oid;
	struct vf_der d, version, policy;
	struct info_spec info = {.alg = VF_SHA256, .gen_time = GEN_TIME};
	size_t n = 200000;
	uint8_t *p;

	if (stage != TREE)
		return;
	info.value = x->ev[0].imprint;
	p = make_room(n);
	memset(p, 0xff, n);
	p[0] = 0x2a;
	p[n - 1] = 0x7f;
	oid = make_der(VF_DER_OID, vf_bytes(p, n));
	tst = make_info(&info);
	MUST(vf_der_only(tst, VF_DER_SEQUENCE, &d) && vf_der_take(&d.body, &version) && vf_der_take(&d.body, &policy));
	body = JOIN(version.whole, oid, d.body);
	x->ev[0].cms.content = make_der(VF_DER_SEQUENCE, body);
}

/* Text in the manifest's first element: each round what with says, '~' being its number. */
HOOK(d07_attributes)
{
	struct vf_bytes *data;
	size_t at = 0;

	if (stage != DONE)
		return;
	data = bundle_part(x, MANIFEST);
	at += (size_t)snprintf(huge_text, 200, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<asic:ASiCManifest");
	for (size_t i = 0; i < 1000000; i++)
		at += (size_t)snprintf(huge_text + at, 20, " a%zu=\"\"", i);
	memcpy(huge_text + at, "/>", 2);
	*data = vf_bytes(huge_text, at + 2);
}

HOOK(d07_text)
{
	static const char head[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<asic:ASiCManifest>";

	if (stage != DONE)
		return;
	memset(huge_text, ' ', HUGE_TEXT);
	memcpy(huge_text, head, sizeof(head) - 1);
	*bundle_part(x, MANIFEST) = vf_bytes(huge_text, HUGE_TEXT);
}

/* The log proof stands last and claims a gigabyte, of which nobody may read much. */
static void vast_proof(struct attack_zip *z)
{
	for (size_t i = 0; i + 1 < z->n; i++)
		if (vf_bytes_is(z->e[i].local.name, VF_PART_PROOF)) {
			struct zm_entry t = z->e[i];

			z->e[i] = z->e[z->n - 1];
			z->e[z->n - 1] = t;
		}
	struct zm_entry *e = &z->e[z->n - 1];
	e->local.size = e->local.packed = e->central.size = e->central.packed = (uint32_t)e->data.n + (1 << 30);
	z->end.at = 1 << 30;
}

static void d08(void)
{
	struct nt_buf bytes = nt_buf(1 << 20);
	struct vast v = {.hole = 1 << 30};

	make_bundle(&b, &log_key, &alpha, good, &bytes);
	rebuild_container(vast_proof, &bytes);
	v.bytes = nt_buf_bytes(&bytes);
	for (size_t i = 0; i < 4; i++)
		v.directory |= (uint64_t)bytes.p[bytes.n - 6 + i] << 8 * i;
	v.directory -= v.hole;
	judge_counted(&v, 1 << 20);
	nt_buf_done(&bytes);
}

HOOK(d08_line)
{
	if (stage == DONE) {
		memset(huge_text, 'A', 1 << 20);
		*bundle_part(x, VF_PART_PROOF) = JOIN(*bundle_part(x, VF_PART_PROOF),
			vf_bytes_str("\xe2\x80\x94 " LOG_NAME " "),
			vf_bytes(huge_text, 1 << 20), vf_bytes_str("\n"));
	}
}

static const struct attack cases[] = {
	ATTACK("D01a", "an archive that claims 60,000 entries", VF_REJECTED, VF_LIMIT, .judge = d01_claimed),
	ATTACK("D01b", "an archive that claims a directory of 16 MiB", VF_REJECTED, VF_LIMIT, .judge = d01_directory),
	ATTACK("D01c", "20,001 entries", VF_REJECTED, VF_LIMIT, .judge = d01_entries),
	ATTACK("D01d", "a name of 65,000 octets", VF_REJECTED, VF_LIMIT, .rebuild = d01_name),
	ATTACK("D02a", "4 GiB of zeros, deflated", VF_REJECTED, VF_LIMIT, .judge = d02_claimed),
	ATTACK("D02b", "entries that only together are too much", VF_REJECTED, VF_LIMIT, .judge = d02_total),
	ATTACK("D02c", "entries that share their data", VF_REJECTED, VF_ZIP_OVERLAP, .rebuild = d02_overlap),
	ATTACK("D02d", "a member that inflates to 64 MiB and claims 15 bytes", VF_REJECTED, VF_DIGEST_MISMATCH,
		.rebuild = d02_lie),
	ATTACK("D03a", "more evidence records than allowed", VF_REJECTED, VF_UNCOVERED, .forge = d03_records),
	ATTACK("D03b", "more renewals than allowed", VF_REJECTED, VF_LIMIT, .forge = d03_stamps),
	ATTACK("D03c", "more hash-tree renewals than allowed", VF_REJECTED, VF_LIMIT, .forge = d03_chains),
	ATTACK("D03d", "more signature lines than allowed", VF_REJECTED, VF_LIMIT, .forge = d03_lines),
	ATTACK("D03e", "more tokens in a seal head than allowed", VF_REJECTED, VF_LIMIT, .forge = d03_tokens),
	ATTACK("D03f", "hundreds of certificates before the submitter's", VF_VERIFIED, VF_OK,
		.forge = d03_certificates),
	ATTACK("D04a", "50 CAs above each other", VF_REJECTED, VF_LIMIT, .forge = d04_deep),
	ATTACK("D04b", "a path longer than allowed", VF_REJECTED, VF_LIMIT, .forge = d04_path),
	ATTACK("D04c", "1,000 certificates in a token", VF_REJECTED, VF_LIMIT, .forge = d04_many),
	ATTACK("D04d", "policies that double at each CA, of which no tree is made", VF_VERIFIED, VF_OK,
		.forge = d04_policies),
	ATTACK("D05a", "RSA of 16,384 bits", VF_REJECTED, VF_LIMIT, .forge = d05_modulus),
	ATTACK("D05b", "RSA with an exponent of 3,040 bits", VF_REJECTED, VF_TS_SIGNATURE, .forge = d05_exponent),
	ATTACK("D06", "an object identifier of 200,000 octets", VF_REJECTED, VF_TS_SHAPE, .forge = d06),
	ATTACK("D07a", "a million attributes", VF_REJECTED, VF_LIMIT, .forge = d07_attributes),
	ATTACK("D07b", "a text of 18 MiB", VF_REJECTED, VF_LIMIT, .forge = d07_text),
	ATTACK("D08a", "a log proof of a gigabyte", VF_REJECTED, VF_LIMIT, .judge = d08),
	ATTACK("D08b", "a line of a megabyte in a log proof", VF_REJECTED, VF_LIMIT, .forge = d08_line),
};

ATTACK_MAIN(cases)

/*
 * Makes native bundles from nothing, with keys of its own: log, authorities,
 * submitter. A hook runs after each stage and may make any part wrong, and all
 * that follows is made from what the hook left, so that a forged bundle agrees
 * with itself everywhere but in the one place that a case is about.
 *
 * Textbook code on purpose: nothing of the notary's own trees and records is used.
 */
#ifndef TESTS_UNIT_BUNDLE_MAKER_H
#define TESTS_UNIT_BUNDLE_MAKER_H

#include <stdarg.h>

#include "notary/note.h"
#include "notary/zip_out.h"
#include "tests/unit/pki_maker.h"
#include "verify/bundle.h"
#include "verify/manifest.h"
#include "verify/merkle.h"
#include "verify/record.h"
#include "verify/seal.h"

#define MAX_FILES 8
#define MAX_ITEMS 96
#define MAX_STAMPS 4
#define MAX_CHAINS 4
#define LOG_NAME "log.example/1"
#define GEN_TIME "20250301120000Z"
#define AT "2025-06-01T00:00:00Z"

/* An authority with a root of its own. The CRL is about the first half of 2025. */
struct authority {
	const char *root;
	EVP_PKEY *root_key, *key;
	struct vf_bytes root_der, cert, crl;
};

struct evidence {
	const struct authority *by;
	enum vf_alg alg;
	const char *gen_time;
	struct vf_bytes group[MAX_FILES + 4], path[MAX_FILES];
	size_t n_group, n_path; /* path: one sibling a list; the last is H(seal head) */
	bool no_tree, as_made;  /* as_made: the group is not sorted */
	enum vf_alg token_alg;
	struct vf_bytes imprint;
	struct info_spec info;
	struct cms_spec cms;
	struct vf_bytes token; /* the last one */
	struct vf_bytes chains[MAX_CHAINS];
	size_t n_chains;
	uint8_t version;
	struct vf_bytes optional; /* between digestAlgorithms and the chains */
	struct vf_bytes der;
};

enum stage {
	BEGIN,  /* what the record holds is set */
	RECORD, /* statement, signature, group and entry are made */
	LOG,    /* the checkpoint and the proof's fields */
	HEAD,   /* the seal head and its predecessor */
	TREE,   /* of each evidence: lists and imprint */
	TOKEN,  /* of each evidence: its token and chain */
	DONE,   /* everything in items */
};

struct bundle {
	struct {
		const char *name, *role;
		struct vf_bytes data;
	} files[MAX_FILES];
	size_t n_files;
	const char *kind, *fields; /* fields: more of the statement, each with a comma before it */
	struct vf_hash stream_key;
	bool is_signed;
	struct cms_spec signature;
	struct vf_bytes statement, signed_manifest, p7s;
	struct vf_pair group[MAX_FILES + 4];
	size_t n_group;
	struct vf_entry entry;
	struct vf_bytes entry_text;

	const char *origin;
	struct nt_note_key *log_key;
	struct vf_bytes leaves[4]; /* [2] is the entry's */
	struct vf_hash proof[8];
	size_t n_proof;
	uint64_t index, size;
	struct vf_hash root;
	struct nt_buf note;

	uint64_t first;
	struct vf_bytes batch[2]; /* SHA-256, SHA-512 */
	struct vf_bytes head, previous;
	struct evidence ev[16];
	size_t n_ev, at; /* at: which one a hook is called for */
	struct nt_zip_item items[MAX_ITEMS];
	size_t n_items;
};

typedef void bundle_hook(struct bundle *b, enum stage stage);

MAKER struct vf_bytes make_text(const char *fmt, ...) VF_PRINTF(1, 2);
MAKER struct vf_bytes make_text(const char *fmt, ...)
{
	char text[8192];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	MUST(n >= 0 && (size_t)n < sizeof(text));
	return make_copy(vf_bytes(text, (size_t)n));
}

MAKER const char *make_hex(struct vf_bytes b)
{
	char *p = (char *)make_room(2 * b.n + 1);

	vf_hex_put(p, b);
	return p;
}

#define HEX(h) make_hex(vf_bytes((h).b, sizeof((h).b)))

/* H over the values, ascending. */
MAKER struct vf_bytes make_node(enum vf_alg alg, const struct vf_bytes *values, size_t n)
{
	struct vf_bytes sorted[MAX_FILES + 4];

	MUST(n <= MAX_FILES + 4);
	for (size_t i = 0; i < n; i++) {
		size_t at = i;

		for (; at > 0 && vf_bytes_cmp(sorted[at - 1], values[i]) > 0; at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = values[i];
	}
	return n == 1 ? values[0] : make_digest(alg, make_join(sorted, n));
}

#define NODE(alg, ...) make_node((alg), PARTS(__VA_ARGS__))

/* ---- who signs ---- */

MAKER VF_RC make_note_signature(void *ctx, struct vf_bytes message, uint8_t sig[VF_ED25519_SIGNATURE], struct vf_err *reterr)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	size_t n = VF_ED25519_SIGNATURE;

	(void)reterr;
	MUST(EVP_DigestSignInit(md, NULL, NULL, NULL, ctx) == 1 && EVP_DigestSign(md, sig, &n, message.p, message.n) == 1);
	EVP_MD_CTX_free(md);
	return VF_OK;
}

/* A key for notes from 32 equal octets. */
MAKER void make_note_key(const char *name, uint8_t seed, struct nt_note_key *ret)
{
	uint8_t raw[32];
	size_t n = sizeof(ret->raw);

	memset(raw, seed, sizeof(raw));
	*ret = (struct nt_note_key){.name = name, .sign = make_note_signature};
	ret->ctx = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, raw, sizeof(raw));
	MUST(ret->ctx && EVP_PKEY_get_raw_public_key(ret->ctx, ret->raw, &n) == 1);
}

MAKER struct authority make_authority(const char *root, EVP_PKEY *root_key, const char *name, EVP_PKEY *key)
{
	struct authority a = {.root = root, .root_key = root_key, .key = key};

	a.root_der = make_cert(&(struct cert_spec){.name = root, .issuer = root, .key = root_key, .issuer_key = root_key,
		.to = "20440101000000Z", .ext = CA_EXT});
	a.cert = make_cert(&(struct cert_spec){.name = name, .issuer = root, .key = key, .issuer_key = root_key, .serial = 5,
		.ext = TSA_EXT});
	a.crl = make_crl(&(struct crl_spec){.issuer = root, .key = root_key, .from = "20250101000000Z", .to = "20250701000000Z"});
	return a;
}

/* ---- the record ---- */

MAKER void bundle_add_file(struct bundle *b, const char *name, const char *role, struct vf_bytes data)
{
	MUST(b->n_files < MAX_FILES);
	b->files[b->n_files].name = name;
	b->files[b->n_files].role = role;
	b->files[b->n_files++].data = data;
}

MAKER void make_begin(struct bundle *b)
{
	memset(b, 0, sizeof(*b));
	b->stream_key = vf_sha256(vf_bytes_str("stream key"));
	b->kind = "dataset";
	b->fields = "";
	b->origin = LOG_NAME;
	b->first = 1;
	b->size = 4;
	b->index = 2;
	b->n_ev = 1;
	b->note = nt_buf(1 << 16);
	bundle_add_file(b, "a.txt", "document", vf_bytes_str("first document\n"));
	bundle_add_file(b, "b.txt", "document", vf_bytes_str("second document\n"));
	bundle_add_file(b, "stream.json", "stream",
		make_text("{\"schema\":\"trialnotary/stream/1\",\"seq\":0,\"key\":\"%s\",\"nonce\":\"%s\"}\n", HEX(b->stream_key),
			HEX(b->stream_key)));
}

MAKER void make_statement(struct bundle *b)
{
	struct vf_bytes members = NOTHING, cert = b->signature.cert;

	for (size_t i = 0; i < b->n_files; i++) {
		struct vf_pair p = vf_pair_of(b->files[i].data);

		members = JOIN(members, make_text("%s{\"name\":\"%s\",\"role\":\"%s\",\"sha256\":\"%s\",\"sha512\":\"%s\"}", i ? "," : "",
			b->files[i].name, b->files[i].role, HEX(p.sha256), HEX(p.sha512)));
	}
	b->statement = JOIN(make_text("{\"schema\":\"trialnotary/statement/1\",\"kind\":\"%s\",\"study\":\"DEMO-1\"%s", b->kind, b->fields),
		make_text(",\"nonce\":\"%s\"", HEX(b->stream_key)),
		b->is_signed ? make_text(",\"signer\":\"%s\"", make_hex(make_digest(VF_SHA256, cert))) : NOTHING,
		vf_bytes_str(",\"members\":["), members, vf_bytes_str("]}\n"));
}

MAKER struct vf_bytes make_ref(const char *name, const char *algorithm, struct vf_bytes digest)
{
	char *text = (char *)make_room(VF_BASE64_LEN(digest.n) + 1);

	vf_base64_put(text, digest);
	return make_text("<asic:DataObjectReference URI=\"%s\"><ds:DigestMethod Algorithm=\"%s\"/><ds:DigestValue>%s</ds:DigestValue>"
		"</asic:DataObjectReference>\n", name, algorithm, text);
}

MAKER struct vf_bytes make_manifest(const char *of, struct vf_bytes refs)
{
	return JOIN(make_text("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<asic:ASiCManifest xmlns:asic=\"" VF_MANIFEST_NS
		"\" xmlns:ds=\"" VF_MANIFEST_DS_NS "\">\n<asic:SigReference URI=\"%s\"/>\n", of), refs,
		vf_bytes_str("</asic:ASiCManifest>\n"));
}

MAKER void make_signature_files(struct bundle *b)
{
	b->signed_manifest = make_manifest(VF_NAME_SIGNATURE,
		make_ref("statement.json", VF_MANIFEST_SHA256, make_digest(VF_SHA256, b->statement)));
	b->signature.content = b->signed_manifest;
	b->signature.detached = true;
	b->signature.content_type = "1.2.840.113549.1.7.1";
	b->p7s = make_cms(&b->signature);
}

MAKER void make_group(struct bundle *b)
{
	struct vf_pair sorted[MAX_FILES + 4];

	b->n_group = 0;
	for (size_t i = 0; i < b->n_files; i++)
		b->group[b->n_group++] = vf_pair_of(b->files[i].data);
	b->group[b->n_group++] = vf_pair_of(b->statement);
	if (b->is_signed) {
		b->group[b->n_group++] = vf_pair_of(b->signed_manifest);
		b->group[b->n_group++] = vf_pair_of(b->p7s);
	}
	memcpy(sorted, b->group, sizeof(sorted));
	vf_group(sorted, b->n_group, &b->entry.id, &b->entry.id512);
	b->entry.slot = vf_slot(&b->stream_key, 0);
}

MAKER struct vf_bytes make_entry_text(const struct vf_entry *e)
{
	char text[VF_ENTRY_LEN + 1];

	vf_entry_put(text, e);
	return make_copy(vf_bytes(text, VF_ENTRY_LEN));
}

/* The entry of a record that nobody has. */
MAKER struct vf_entry make_other(uint64_t n)
{
	struct vf_bytes name = make_text("other record %" PRIu64, n);
	struct vf_pair p = vf_pair_of(name);

	return (struct vf_entry){.id = p.sha256, .id512 = p.sha512, .slot = p.sha256};
}

MAKER void make_record(struct bundle *b)
{
	make_statement(b);
	if (b->is_signed)
		make_signature_files(b);
	make_group(b);
	b->entry_text = make_entry_text(&b->entry);
}

/* ---- the log ---- */

MAKER void make_checkpoint(struct bundle *b)
{
	struct vf_err err = {0};

	nt_buf_reset(&b->note);
	MUST(nt_note_checkpoint(&b->note, b->log_key, b->size, &b->root, &err) == VF_OK);
}

MAKER void make_log(struct bundle *b)
{
	struct vf_hash l[4], left, right;

	for (size_t i = 0; i < 4; i++) {
		struct vf_entry other = make_other(i);

		b->leaves[i] = i == 2 ? b->entry_text : make_entry_text(&other);
		l[i] = vf_merkle_leaf(b->leaves[i]);
	}
	left = vf_merkle_node(&l[0], &l[1]);
	right = vf_merkle_node(&l[2], &l[3]);
	b->root = vf_merkle_node(&left, &right);
	b->proof[0] = l[3];
	b->proof[1] = left;
	b->n_proof = 2;
	make_checkpoint(b);
}

/* ---- the seal ---- */

MAKER struct vf_bytes id_under(const struct vf_entry *e, enum vf_alg alg)
{
	return alg == VF_SHA512 ? make_copy(vf_bytes(e->id512.b, 64)) : make_copy(vf_bytes(e->id.b, 32));
}

/* The batch is entries 1 to 3: two are paired, the greatest is carried up. Siblings of entry 2. */
MAKER struct vf_bytes make_batch(const struct bundle *b, enum vf_alg alg, struct vf_bytes *path, size_t *n)
{
	struct vf_entry other[] = {make_other(1), make_other(3)};
	struct vf_bytes mine = id_under(&b->entry, alg), x = id_under(&other[0], alg), y = id_under(&other[1], alg), t;
	struct vf_bytes low;

	if (vf_bytes_cmp(x, y) > 0) {
		t = x;
		x = y;
		y = t;
	}
	*n = 1;
	if (vf_bytes_cmp(mine, y) > 0) {
		path[0] = NODE(alg, x, y);
		return NODE(alg, mine, path[0]);
	}
	low = NODE(alg, mine, x);
	path[0] = x;
	path[(*n)++] = y;
	return NODE(alg, low, y);
}

MAKER void make_head(struct bundle *b)
{
	struct vf_bytes path[MAX_FILES];
	struct vf_checkpoint c;
	struct vf_err err;
	struct vf_hash digest, zero = vf_sha256(NOTHING), before;
	size_t n;

	MUST(vf_checkpoint_parse(nt_buf_bytes(&b->note), &c, &err) == VF_OK);
	digest = vf_checkpoint_digest(&c);
	b->batch[0] = make_batch(b, VF_SHA256, path, &n);
	b->batch[1] = make_batch(b, VF_SHA512, path, &n);
	b->previous = make_text(VF_SEAL_MAGIC "\nseal 1\norigin %s\nfirst 0\nsize %" PRIu64 "\nbatch sha256 %s\ncheckpoint %s\nprevious none\n",
		b->origin, b->first, HEX(zero), HEX(zero));
	before = vf_sha256(b->previous);
	b->head = make_text(VF_SEAL_MAGIC "\nseal 2\norigin %s\nfirst %" PRIu64 "\nsize %" PRIu64 "\nbatch sha256 %s\nbatch sha512 %s\n"
		"checkpoint %s\nprevious %s\ntoken 1 %s\n", b->origin, b->first, b->size, make_hex(b->batch[0]), make_hex(b->batch[1]),
		HEX(digest), HEX(before), HEX(zero));
}

/* ---- evidence ---- */

MAKER struct vf_bytes digest_under(const struct vf_pair *p, enum vf_alg alg)
{
	return alg == VF_SHA512 ? make_copy(vf_bytes(p->sha512.b, 64)) : make_copy(vf_bytes(p->sha256.b, 32));
}

/* What the lists lead to. */
MAKER struct vf_bytes make_root(const struct evidence *e)
{
	struct vf_bytes node = make_node(e->alg, e->group, e->n_group);

	for (size_t i = 0; i < e->n_path; i++)
		node = NODE(e->alg, node, e->path[i]);
	return node;
}

MAKER void make_tree(struct bundle *b, struct evidence *e)
{
	e->alg = e->alg ? e->alg : VF_SHA256;
	e->token_alg = e->token_alg ? e->token_alg : e->alg;
	e->n_group = b->n_group;
	for (size_t i = 0; i < b->n_group; i++)
		e->group[i] = digest_under(&b->group[i], e->alg);
	(void)make_batch(b, e->alg, e->path, &e->n_path);
	e->path[e->n_path++] = make_digest(e->alg, b->head);
	e->imprint = make_root(e);
}

MAKER struct vf_bytes make_list(const struct vf_bytes *values, size_t n, bool as_made)
{
	struct vf_bytes body = NOTHING, sorted[MAX_FILES + 4];

	for (size_t i = 0; i < n; i++) {
		size_t at = i;

		for (; !as_made && at > 0 && vf_bytes_cmp(sorted[at - 1], values[i]) > 0; at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = values[i];
	}
	for (size_t i = 0; i < n; i++)
		body = JOIN(body, make_der(VF_DER_OCTET_STRING, sorted[i]));
	return make_der(VF_DER_SEQUENCE, body);
}

MAKER struct vf_bytes make_ats(const struct evidence *e)
{
	struct vf_bytes lists = make_list(e->group, e->n_group, e->as_made);

	for (size_t i = 0; i < e->n_path; i++)
		lists = JOIN(lists, make_list(&e->path[i], 1, true));
	return DER(VF_DER_SEQUENCE, make_der(VF_DER_CONTEXT(0), make_der(VF_DER_OID, vf_alg_oid(e->alg))),
		e->no_tree ? NOTHING : make_der(VF_DER_CONTEXT(2), lists), e->token);
}

/* A token of this evidence's authority; what cms and info leave open is filled in. */
MAKER struct vf_bytes make_stamp(const struct evidence *e, const struct authority *by, enum vf_alg alg, struct vf_bytes imprint,
	const char *gen_time)
{
	struct info_spec info = e->info;
	struct cms_spec cms = e->cms;

	info.alg = alg;
	info.value = info.value.n ? info.value : imprint;
	info.gen_time = gen_time;
	cms.content = cms.content.n ? cms.content : make_info(&info);
	cms.cert = cms.cert.n ? cms.cert : by->cert;
	cms.certs = cms.certs.n ? cms.certs : cms.cert;
	cms.key = cms.key ? cms.key : by->key;
	cms.crls = cms.crls.n ? cms.crls : cms.crls.p ? NOTHING : by->crl; /* an empty place with an address: none */
	return make_cms(&cms);
}

MAKER void make_token(struct evidence *e)
{
	e->token = make_stamp(e, e->by, e->token_alg, e->imprint, e->gen_time ? e->gen_time : GEN_TIME);
	e->chains[0] = make_ats(e);
	e->n_chains = 1;
}

/* Time-stamp renewal: one more in the last chain, over the last token (RFC 4998 5.2). */
MAKER void bundle_renew(struct evidence *e, const struct authority *by, const char *gen_time)
{
	struct evidence next = {.alg = e->alg, .n_group = 1};

	next.group[0] = make_digest(e->alg, e->token);
	e->token = next.token = make_stamp(&next, by, e->alg, next.group[0], gen_time);
	e->chains[e->n_chains - 1] = JOIN(e->chains[e->n_chains - 1], make_ats(&next));
}

MAKER struct vf_bytes make_chains(const struct evidence *e)
{
	struct vf_bytes all = NOTHING;

	for (size_t i = 0; i < e->n_chains; i++)
		all = JOIN(all, make_der(VF_DER_SEQUENCE, e->chains[i]));
	return make_der(VF_DER_SEQUENCE, all);
}

/* Hash-tree renewal: a new chain over the group under alg (RFC 4998 5.2); bare leaves out the older chains. */
MAKER void bundle_rechain(const struct bundle *b, struct evidence *e, const struct authority *by, enum vf_alg alg, const char *gen_time,
	bool bare)
{
	struct evidence next = {.alg = alg, .n_group = b->n_group};
	struct vf_bytes older = make_digest(alg, make_chains(e));

	for (size_t i = 0; i < b->n_group; i++) {
		next.group[i] = digest_under(&b->group[i], alg);
		if (!bare)
			next.group[i] = make_digest(alg, JOIN(next.group[i], older));
	}
	e->token = next.token = make_stamp(&next, by, alg, make_root(&next), gen_time);
	e->alg = alg;
	MUST(e->n_chains < MAX_CHAINS);
	e->chains[e->n_chains++] = make_ats(&next);
}

MAKER void make_er(struct evidence *e)
{
	e->der = DER(VF_DER_SEQUENCE, make_int(e->version ? e->version : 1),
		DER(VF_DER_SEQUENCE, make_alg(VF_SHA256), make_alg(VF_SHA512)), e->optional, make_chains(e));
}

/* ---- the container ---- */

MAKER struct vf_bytes *bundle_part(struct bundle *b, const char *name)
{
	for (size_t i = 0; i < b->n_items; i++)
		if (vf_bytes_is(b->items[i].name, name))
			return &b->items[i].data;
	fprintf(stderr, "there is no part '%s'\n", name);
	exit(1);
}

MAKER void bundle_add(struct bundle *b, const char *name, struct vf_bytes data)
{
	MUST(b->n_items < MAX_ITEMS);
	b->items[b->n_items++] = (struct nt_zip_item){make_copy(vf_bytes_str(name)), data};
}

MAKER void bundle_drop(struct bundle *b, const char *name)
{
	struct vf_bytes *data = bundle_part(b, name);

	for (size_t i = 0; i < b->n_items; i++)
		if (&b->items[i].data == data)
			b->items[i] = b->items[--b->n_items];
}

/* Replaces the first place of old in a part. */
MAKER void bundle_edit(struct bundle *b, const char *name, const char *old, const char *with)
{
	struct vf_bytes *data = bundle_part(b, name), head, tail;
	const uint8_t *at = memmem(data->p, data->n, old, strlen(old));
	size_t n;

	MUST(at);
	n = (size_t)(at - data->p);
	head = vf_bytes(data->p, n);
	tail = vf_bytes(at + strlen(old), data->n - n - strlen(old));
	*data = JOIN(head, vf_bytes_str(with), tail);
}

MAKER struct vf_bytes make_evidence_manifest(const struct bundle *b, enum vf_alg alg, const char *of)
{
	const char *uri = alg == VF_SHA512 ? "http://www.w3.org/2001/04/xmlenc#sha512" : VF_MANIFEST_SHA256;
	struct vf_bytes refs = make_ref("statement.json", uri, make_digest(alg, b->statement));

	for (size_t i = 0; i < b->n_files; i++)
		refs = JOIN(refs, make_ref(b->files[i].name, uri, make_digest(alg, b->files[i].data)));
	if (b->is_signed)
		refs = JOIN(refs, make_ref(VF_NAME_SIGNED_MANIFEST, uri, make_digest(alg, b->signed_manifest)),
			make_ref(VF_NAME_SIGNATURE, uri, make_digest(alg, b->p7s)));
	return make_manifest(of, refs);
}

MAKER struct vf_bytes make_proof_text(const struct bundle *b)
{
	struct nt_buf out = nt_buf(1 << 17);
	struct vf_err err = {0};
	struct vf_bytes r;

	MUST(nt_note_tlog_proof(&out, b->index, b->proof, b->n_proof, nt_buf_bytes(&b->note), &err) == VF_OK);
	r = make_copy(nt_buf_bytes(&out));
	nt_buf_done(&out);
	return r;
}

MAKER void make_parts(struct bundle *b)
{
	bundle_add(b, "statement.json", b->statement);
	for (size_t i = 0; i < b->n_files; i++)
		bundle_add(b, b->files[i].name, b->files[i].data);
	if (b->is_signed) {
		bundle_add(b, VF_NAME_SIGNED_MANIFEST, b->signed_manifest);
		bundle_add(b, VF_NAME_SIGNATURE, b->p7s);
	}
	for (size_t i = 0; i < b->n_ev; i++) {
		char er[64], manifest[64];

		snprintf(er, sizeof(er), VF_PART_RECORD, i + 1);
		snprintf(manifest, sizeof(manifest), VF_PART_RECORD_MANIFEST, i + 1);
		make_er(&b->ev[i]);
		bundle_add(b, er, b->ev[i].der);
		bundle_add(b, manifest, make_evidence_manifest(b, b->ev[i].group[0].n == 64 ? VF_SHA512 : VF_SHA256, er));
	}
	bundle_add(b, VF_PART_ENTRY, b->entry_text);
	bundle_add(b, VF_PART_PROOF, make_proof_text(b));
	bundle_add(b, VF_PART_HEAD, b->head);
	bundle_add(b, VF_PART_PREVIOUS, b->previous);
}

/* Makes a whole bundle; every evidence without an authority is by the one given. The caller frees ret. */
MAKER void make_bundle(struct bundle *b, struct nt_note_key *log, const struct authority *by, bundle_hook *hook, struct nt_buf *ret)
{
	struct vf_err err = {0};

	make_begin(b);
	b->log_key = log;
	hook(b, BEGIN);
	make_record(b);
	hook(b, RECORD);
	make_log(b);
	hook(b, LOG);
	make_head(b);
	hook(b, HEAD);
	for (b->at = 0; b->at < b->n_ev; b->at++) {
		struct evidence *e = &b->ev[b->at];

		e->by = e->by ? e->by : by;
		make_tree(b, e);
		hook(b, TREE);
		make_token(e);
		hook(b, TOKEN);
	}
	make_parts(b);
	hook(b, DONE);
	MUST(nt_zip_put(ret, b->items, b->n_items, &err) == VF_OK);
	nt_buf_done(&b->note);
}

#endif

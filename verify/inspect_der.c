#include "verify/inspect_der.h"

#include <inttypes.h>
#include <stdio.h>

#include "verify/ber.h"
#include "verify/cms_attrs.h"
#include "verify/ers.h"
#include "verify/meaning.h"
#include "verify/text.h"
#include "verify/tst.h"

/* Contents octets of OBJECT IDENTIFIERs. */
static const uint8_t oid_signed_data[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02};
static const uint8_t oid_tst_info[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04};
#define IS(b, oid) vf_bytes_eq(b, vf_bytes(oid, sizeof(oid)))

/* Names of PKIStatus (RFC 3161 2.4.2). */
static const char *const statuses[] = {"granted", "granted with modifications", "rejected", "waiting",
	"revocation warning", "revocation notification"};

struct view {
	struct vf_sink *s;
	const struct vf_look *look;
};

/* ---- what it is ---- */

/* Signatures come in BER as well, so that is what is walked; other forms are DER, which is BER. */
static bool take(struct vf_bytes *in, uint8_t tag, struct vf_ber *ret)
{
	struct vf_bytes at = *in;

	if (!vf_ber_take(&at, ret) || ret->tag != tag)
		return false;
	*in = at;
	return true;
}

static bool only(struct vf_bytes in, uint8_t tag, struct vf_ber *ret)
{
	return take(&in, tag, ret) && in.n == 0;
}

/* ContentInfo with SignedData; ret_tst says whether it holds a TSTInfo. */
static bool is_signed_data(struct vf_bytes in, bool *ret_tst)
{
	struct vf_ber all, type, content, data, version, digests, encap;

	if (!only(in, VF_DER_SEQUENCE, &all) || !take(&all.body, VF_DER_OID, &type) || !IS(type.body, oid_signed_data))
		return false;
	*ret_tst = only(all.body, VF_DER_CONTEXT(0), &content) && only(content.body, VF_DER_SEQUENCE, &data) &&
		   take(&data.body, VF_DER_INTEGER, &version) && take(&data.body, VF_DER_SET, &digests) &&
		   take(&data.body, VF_DER_SEQUENCE, &encap) && take(&encap.body, VF_DER_OID, &type) &&
		   IS(type.body, oid_tst_info);
	return true;
}

/* TimeStampResp: its status, and the token when there is one. */
static bool is_reply(struct vf_bytes in, uint64_t *ret_status)
{
	struct vf_ber all, info, status;
	bool is_tst;

	return only(in, VF_DER_SEQUENCE, &all) && take(&all.body, VF_DER_SEQUENCE, &info) &&
	       take(&info.body, VF_DER_INTEGER, &status) && vf_der_uint(status.body, ret_status) &&
	       (all.body.n == 0 || is_signed_data(all.body, &is_tst));
}

enum vf_der_kind vf_der_kind(struct vf_bytes in)
{
	struct vf_ber all, version, algorithms;
	uint64_t v;
	bool is_tst;

	if (is_signed_data(in, &is_tst))
		return is_tst ? VF_DER_TOKEN : VF_DER_SIGNATURE;
	if (is_reply(in, &v))
		return VF_DER_REPLY;
	if (only(in, VF_DER_SEQUENCE, &all) && take(&all.body, VF_DER_INTEGER, &version) &&
		vf_der_uint(version.body, &v) && v == 1 && take(&all.body, VF_DER_SEQUENCE, &algorithms) &&
		vf_der_peek(algorithms.body) == VF_DER_SEQUENCE)
		return VF_DER_RECORD;
	return VF_DER_OTHER;
}

const char *vf_der_kind_text(enum vf_der_kind kind)
{
	static const char *const names[] = {"something else", "an evidence record", "a time-stamp token",
		"a time-stamp reply", "a CMS signature"};

	return names[kind];
}

/* ---- what it claims ---- */

/* The common name in the certificate that the signer names, as the file has it; empty when it is not there. */
static void find_signer(const struct vf_signed *cms, char out[160])
{
	struct vf_bytes rest = cms->certificates, der;
	struct vf_err ignored;
	struct vf_cert c;

	out[0] = '\0';
	while (!out[0] && vf_cms_take_cert(&rest, &der)) {
		if (vf_cert_open(der, &c, &ignored) != VF_OK)
			continue;
		if (cms->by_key_id ? vf_bytes_eq(c.key_id, cms->key_id)
				   : vf_bytes_eq(c.issuer, cms->issuer) && vf_bytes_eq(c.serial, cms->serial))
			snprintf(out, 160, "%s", c.facts.name);
		vf_cert_done(&c);
	}
}

static size_t count_certs(const struct vf_signed *cms)
{
	struct vf_bytes rest = cms->certificates, der;
	size_t n = 0;

	while (vf_cms_take_cert(&rest, &der))
		n++;
	return n;
}

static size_t count_revocation(const struct vf_signed *cms)
{
	struct vf_bytes rest = cms->crls, der;
	size_t n = 0;
	bool is_ocsp;

	while (vf_cms_take_revocation(&rest, &is_ocsp, &der))
		n++;
	return n;
}

/* ---- text ---- */

static void label(const struct view *v, const char *name)
{
	vf_sink_putf(v->s, "  %-12s  ", name);
}

static void line(const struct view *v, const char *name, const char *text)
{
	label(v, name);
	vf_sink_putf(v->s, "%s\n", text);
}

static void hex_line(const struct view *v, const char *name, struct vf_bytes b)
{
	if (b.n == 0)
		return;
	label(v, name);
	vf_sink_hex(v->s, b);
	vf_sink_str(v->s, "\n");
}

static void text_signer(const struct view *v, const struct vf_signed *cms)
{
	char name[160];

	find_signer(cms, name);
	label(v, "Signed by");
	if (name[0]) {
		vf_sink_str(v->s, "\"");
		if (v->look->unicode)
			vf_sink_escaped(v->s, vf_bytes_str(name));
		else
			vf_sink_ascii(v->s, vf_bytes_str(name));
		vf_sink_str(v->s, "\", as claimed\n");
	} else {
		vf_sink_str(v->s, "a certificate that is not in the file\n");
	}
	label(v, "Holds");
	vf_sink_putf(v->s, "certificates: %zu, CRLs or OCSP responses: %zu\n", count_certs(cms), count_revocation(cms));
}

static void quoted_line(const struct view *v, const char *name, struct vf_bytes text)
{
	label(v, name);
	vf_sink_str(v->s, "\"");
	if (v->look->unicode)
		vf_sink_escaped(v->s, text);
	else
		vf_sink_ascii(v->s, text);
	vf_sink_str(v->s, "\"\n");
}

/* What the signer says of the signature (meaning.h), as far as it can be read. */
static void text_said(const struct view *v, const struct vf_signed *cms)
{
	char text[120];
	struct vf_err ignored;
	struct vf_said said;

	if (vf_meaning_read(cms, &said, &ignored) != VF_OK) {
		line(v, "Says", "what cannot be read");
		return;
	}
	if (said.name.n)
		quoted_line(v, "Printed name", said.name);
	if (said.meaning_oid.n) {
		vf_meaning_oid_text(&said, text, sizeof(text));
		label(v, "Meaning");
		vf_sink_putf(v->s, "%s%s%s%s\n", vf_meaning_name(said.meaning) ? vf_meaning_name(said.meaning) : "",
			vf_meaning_name(said.meaning) ? " (" : "", text, vf_meaning_name(said.meaning) ? ")" : "");
	}
	if (said.time != VF_TIME_NONE) {
		vf_shown_time(text, said.time);
		line(v, "Signed at", text);
	}
}

static void text_token(const struct view *v, const struct vf_tst *t)
{
	char time[VF_SHOWN_TIME], span[VF_SHOWN_COUNT], oid[120];

	vf_shown_time(time, t->gen_time);
	vf_shown_span(span, t->accuracy_ms);
	label(v, "Time");
	vf_sink_putf(v->s, "%s%s%s\n", time, t->has_accuracy ? " +/- " : "", t->has_accuracy ? span : "");
	label(v, "Over");
	vf_sink_putf(v->s, "%s ", vf_alg_name(t->imprint.alg));
	vf_sink_hex(v->s, vf_digest_bytes(&t->imprint));
	vf_sink_str(v->s, "\n");
	vf_der_oid_text(t->policy, oid, sizeof(oid));
	line(v, "Policy", oid);
	hex_line(v, "Serial", t->serial);
	hex_line(v, "Nonce", t->nonce);
	text_signer(v, &t->cms);
}

static void text_signature(const struct view *v, const struct vf_signed *cms)
{
	struct vf_err ignored;
	struct vf_attrs it;
	struct vf_attr attr;
	char text[120];

	vf_der_oid_text(cms->content_type, text, sizeof(text));
	line(v, "Content type", text);
	label(v, "Content");
	if (cms->detached)
		vf_sink_str(v->s, "in another file\n");
	else
		vf_sink_putf(v->s, "%zu octets, in the signature\n", cms->content.n);
	line(v, "Digest", vf_alg_name(cms->digest));
	text_signer(v, cms);
	text_said(v, cms);
	if (vf_attrs_init(&it, cms->unsigned_attrs, VF_CMS_SUBMITTER, &ignored) != VF_OK) {
		line(v, "Unsigned", "attributes that cannot be read");
		return;
	}
	while (vf_attrs_next(&it, &attr))
		line(v, "Unsigned", vf_attr_name(attr.kind));
}

static void text_lists(const struct view *v, const struct vf_ats *ats)
{
	label(v, "Hash tree");
	if (!ats->has_tree) {
		vf_sink_str(v->s, "none: the token is over one digest alone\n");
		return;
	}
	vf_sink_str(v->s, "values in its lists:");
	for (uint32_t i = 0; i < ats->n_lists; i++)
		vf_sink_putf(v->s, "%s %" PRIu32, i ? "," : "", ats->lists[i].n);
	vf_sink_str(v->s, " (objects, or what is renewed, stand in the first)\n");
}

static void text_record(const struct view *v, const struct vf_er *er)
{
	struct vf_err err;
	struct vf_tst t;

	label(v, "Holds");
	vf_sink_putf(v->s, "chains: %zu, time-stamps: %zu\n", er->n_chains, er->n_stamps);
	if (er->encrypted)
		line(v, "Over", "encrypted data");
	for (size_t i = 0; i < er->n_stamps; i++) {
		const struct vf_ats *ats = &er->stamps[i];

		vf_sink_putf(v->s, "\n  Chain %" PRIu32 ", time-stamp %" PRIu32 "\n", ats->chain + 1, ats->index + 1);
		line(v, "Algorithm", ats->has_alg ? vf_alg_name(ats->alg) : "that of the token");
		text_lists(v, ats);
		if (vf_tst_parse(ats->token, &t, &err) == VF_OK) {
			text_token(v, &t);
		} else {
			label(v, "Token");
			vf_sink_putf(v->s, "cannot be read [%s]\n", vf_rc_name(err.rc));
		}
	}
}

/* ---- JSON ---- */

static void json_hex(struct vf_sink *s, const char *name, struct vf_bytes b)
{
	vf_sink_putf(s, ",\"%s\":\"", name);
	vf_sink_hex(s, b);
	vf_sink_str(s, "\"");
}

static void json_signer(struct vf_sink *s, const struct vf_signed *cms)
{
	char name[160];

	find_signer(cms, name);
	vf_sink_str(s, ",\"signer\":");
	if (name[0])
		vf_sink_json(s, vf_bytes_str(name));
	else
		vf_sink_str(s, "null");
	vf_sink_putf(s, ",\"certificates\":%zu,\"revocation\":%zu", count_certs(cms), count_revocation(cms));
}

static void json_text(struct vf_sink *s, const char *name, struct vf_bytes text)
{
	vf_sink_putf(s, ",\"%s\":", name);
	if (text.n)
		vf_sink_json(s, text);
	else
		vf_sink_str(s, "null");
}

static void json_said(struct vf_sink *s, const struct vf_signed *cms)
{
	char oid[120] = "", time[VF_TIME_LEN + 1] = "";
	const char *meaning = NULL;
	struct vf_said said = {.time = VF_TIME_NONE};
	struct vf_err ignored;

	if (vf_meaning_read(cms, &said, &ignored) != VF_OK)
		said = (struct vf_said){.time = VF_TIME_NONE};
	if (said.meaning_oid.n) {
		meaning = vf_meaning_name(said.meaning);
		vf_meaning_oid_text(&said, oid, sizeof(oid));
	}
	if (said.time != VF_TIME_NONE)
		vf_time_put(time, said.time);
	json_text(s, "printed_name", said.name);
	json_text(s, "meaning", vf_bytes_str(meaning ? meaning : ""));
	json_text(s, "meaning_oid", vf_bytes_str(oid));
	json_text(s, "signing_time", vf_bytes_str(time));
}

static void json_token(struct vf_sink *s, const struct vf_tst *t)
{
	char time[VF_TIME_LEN + 1], oid[120];

	vf_time_put(time, t->gen_time);
	vf_sink_putf(s, "{\"gen_time\":\"%s\",\"accuracy_ms\":", time);
	if (t->has_accuracy)
		vf_sink_putf(s, "%" PRIu64, t->accuracy_ms);
	else
		vf_sink_str(s, "null");
	vf_sink_putf(s, ",\"algorithm\":\"%s\"", vf_alg_name(t->imprint.alg));
	json_hex(s, "imprint", vf_digest_bytes(&t->imprint));
	vf_der_oid_text(t->policy, oid, sizeof(oid));
	vf_sink_putf(s, ",\"policy\":\"%s\"", oid);
	json_hex(s, "serial", t->serial);
	json_hex(s, "nonce", t->nonce);
	json_signer(s, &t->cms);
	vf_sink_str(s, "}");
}

static void json_signature(struct vf_sink *s, const struct vf_signed *cms)
{
	const char *comma = "";
	struct vf_err ignored;
	struct vf_attrs it;
	struct vf_attr attr;
	char text[120];

	vf_der_oid_text(cms->content_type, text, sizeof(text));
	vf_sink_putf(s, ",\"signature\":{\"content_type\":\"%s\",\"detached\":%s,\"algorithm\":\"%s\"", text,
		cms->detached ? "true" : "false", vf_alg_name(cms->digest));
	json_signer(s, cms);
	json_said(s, cms);
	vf_sink_str(s, ",\"unsigned\":[");
	if (vf_attrs_init(&it, cms->unsigned_attrs, VF_CMS_SUBMITTER, &ignored) == VF_OK)
		while (vf_attrs_next(&it, &attr)) {
			vf_sink_putf(s, "%s\"%s\"", comma, vf_attr_name(attr.kind));
			comma = ",";
		}
	vf_sink_str(s, "]}");
}

static void json_record(struct vf_sink *s, const struct vf_er *er)
{
	struct vf_err ignored;
	struct vf_tst t;

	vf_sink_putf(s, ",\"chains\":%zu,\"encrypted\":%s,\"stamps\":[", er->n_chains, er->encrypted ? "true" : "false");
	for (size_t i = 0; i < er->n_stamps; i++) {
		const struct vf_ats *ats = &er->stamps[i];

		vf_sink_putf(s, "%s{\"chain\":%" PRIu32 ",\"index\":%" PRIu32 ",\"lists\":[", i ? "," : "", ats->chain, ats->index);
		for (uint32_t k = 0; k < ats->n_lists; k++)
			vf_sink_putf(s, "%s%" PRIu32, k ? "," : "", ats->lists[k].n);
		vf_sink_str(s, "],\"token\":");
		if (vf_tst_parse(ats->token, &t, &ignored) == VF_OK)
			json_token(s, &t);
		else
			vf_sink_str(s, "null");
		vf_sink_str(s, "}");
	}
	vf_sink_str(s, "]");
}

/* ---- the whole ---- */

/* What the parsers made of it; only what belongs to kind is set. */
struct seen {
	enum vf_der_kind kind;
	uint64_t status;
	bool has_token;
	struct vf_tst token;
	struct vf_signed cms;
	struct vf_er er;
};

static VF_RC read_all(struct vf_bytes der, struct seen *in, struct vf_arena *memory, struct vf_err *reterr)
{
	enum vf_rc rc = VF_OK;

	if (in->kind == VF_DER_TOKEN || in->kind == VF_DER_SIGNATURE)
		rc = vf_ber_to_der(der, memory, &der, reterr);
	if (rc != VF_OK)
		return rc;
	switch (in->kind) {
	case VF_DER_RECORD:
		return vf_er_parse(der, memory, &in->er, reterr);
	case VF_DER_TOKEN:
		rc = vf_tst_parse(der, &in->token, reterr);
		in->has_token = rc == VF_OK;
		return rc;
	case VF_DER_REPLY:
		if (!is_reply(der, &in->status) || in->status > 1)
			return VF_OK; /* without a token */
		rc = vf_tsr_parse(der, true, &in->token, reterr);
		in->has_token = rc == VF_OK;
		return rc;
	case VF_DER_SIGNATURE:
		return vf_cms_parse(der, VF_CMS_SUBMITTER, &in->cms, reterr);
	case VF_DER_OTHER:
		break;
	}
	return vf_fail(reterr, VF_UNSUPPORTED,
		"it begins like DER, but is no complete evidence record, token, reply or signature");
}

static const char *status_text(uint64_t status)
{
	return status < sizeof(statuses) / sizeof(statuses[0]) ? statuses[status] : "unknown";
}

static void show_text(const struct view *v, const char *input, const struct seen *in)
{
	vf_sink_str(v->s, "NOT CHECKED  \"");
	if (v->look->unicode)
		vf_sink_escaped(v->s, vf_bytes_str(input));
	else
		vf_sink_ascii(v->s, vf_bytes_str(input));
	vf_sink_str(v->s, "\"\n\n");
	line(v, "Form", vf_der_kind_text(in->kind));
	if (in->kind == VF_DER_REPLY)
		line(v, "Status", status_text(in->status));
	if (in->has_token)
		text_token(v, &in->token);
	if (in->kind == VF_DER_SIGNATURE)
		text_signature(v, &in->cms);
	if (in->kind == VF_DER_RECORD)
		text_record(v, &in->er);
	vf_sink_putf(v->s, "\n  These are claims of the file. No digest, signature, time or trust was checked.\n"
			   "  To check them:  trialverify %s --trust DIR %s FILE\n",
		in->kind == VF_DER_RECORD ? "er" : "token", in->kind == VF_DER_RECORD ? "RECORD" : "TOKEN");
}

static void show_json(struct vf_sink *s, const char *input, const struct seen *in)
{
	static const char *const forms[] = {"", "evidence-record", "token", "reply", "signature"};

	vf_sink_str(s, "{\"schema\":\"trialnotary/inspect/1\",\"checked\":false,\"input\":");
	vf_sink_json(s, vf_bytes_str(input));
	vf_sink_putf(s, ",\"form\":\"%s\"", forms[in->kind]);
	if (in->kind == VF_DER_REPLY)
		vf_sink_putf(s, ",\"status\":%" PRIu64, in->status);
	if (in->has_token) {
		vf_sink_str(s, ",\"token\":");
		json_token(s, &in->token);
	}
	if (in->kind == VF_DER_SIGNATURE)
		json_signature(s, &in->cms);
	if (in->kind == VF_DER_RECORD)
		json_record(s, &in->er);
	vf_sink_str(s, "}\n");
}

void vf_inspect_signature(struct vf_sink *s, struct vf_bytes name, struct vf_bytes ber, bool json,
	const struct vf_look *look, struct vf_arena *memory)
{
	const struct view v = {s, look};
	struct vf_signed cms;
	struct vf_err ignored;
	struct vf_bytes der;
	bool is_read = vf_ber_to_der(ber, memory, &der, &ignored) == VF_OK &&
		vf_cms_parse(der, VF_CMS_SUBMITTER, &cms, &ignored) == VF_OK;

	if (json) {
		vf_sink_str(s, "{\"name\":");
		vf_sink_json(s, name);
		if (is_read) {
			json_signer(s, &cms);
			json_said(s, &cms);
		}
		vf_sink_putf(s, ",\"readable\":%s}", is_read ? "true" : "false");
		return;
	}
	quoted_line(&v, "Signature", name);
	if (!is_read) {
		line(&v, "Says", "what cannot be read");
		return;
	}
	text_signer(&v, &cms);
	text_said(&v, &cms);
}

VF_RC vf_inspect_der(struct vf_sink *s, const char *input, struct vf_bytes der, bool json, const struct vf_look *look,
	struct vf_arena *memory, struct vf_err *reterr)
{
	const struct view v = {s, look};
	struct seen in = {.kind = vf_der_kind(der)};
	enum vf_rc rc = read_all(der, &in, memory, reterr);

	if (rc != VF_OK)
		return rc;
	if (json)
		show_json(s, input, &in);
	else
		show_text(&v, input, &in);
	return VF_OK;
}

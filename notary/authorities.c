#include "notary/authorities.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <unistd.h>

#include "notary/der_out.h"
#include "notary/durable.h"
#include "verify/json.h"
#include "verify/limits.h"
#include "verify/record.h"
#include "verify/text.h"

#define SCHEMA "trialnotary/authorities/1"

/* ---- the fields of an authority ---- */

struct text_field {
	const char *name;
	size_t at, cap;
	bool required;
	bool (*is)(struct vf_bytes value);
	const char *want;
};

/* http or https, printable ASCII, no user and no fragment. */
static bool is_url(struct vf_bytes b)
{
	struct vf_bytes host;

	for (size_t i = 0; i < b.n; i++)
		if (b.p[i] <= ' ' || b.p[i] > '~' || b.p[i] == '#' || b.p[i] == '"' || b.p[i] == '\\')
			return false;
	if (!vf_take_str(&b, "http://") && !vf_take_str(&b, "https://"))
		return false;
	if (!vf_take_until(&b, '/', &host))
		host = b;
	return host.n > 0 && host.p[0] != '?' && !memchr(host.p, '@', host.n);
}

/* A file in the notary's folder. */
static bool is_inside(struct vf_bytes b)
{
	return vf_name_check(b, NULL) == VF_OK;
}

static bool is_path(struct vf_bytes b)
{
	return b.n > 0 && vf_text_is_plain(b);
}

static bool is_user(struct vf_bytes b)
{
	return is_path(b) && !memchr(b.p, ':', b.n);
}

static bool is_oid(struct vf_bytes b)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf oid = nt_buf(VF_MAX_OID + 16);
	char dotted[64] = "";

	if (b.n == 0 || b.n >= sizeof(dotted))
		return false;
	memcpy(dotted, b.p, b.n);
	return nt_der_oid(dotted, &oid, NULL) == VF_OK;
}

#define AT(field) offsetof(struct nt_authority, field), sizeof(((struct nt_authority *)0)->field)
#define TEXT(field, required, is, want)                                                                    \
	{                                                                                                  \
		#field, AT(field), required, is, want                                                      \
	}
#define PATH "the path of a file: plain text of at most 255 octets"

static const struct text_field texts[] = {
	TEXT(url, true, is_url, "an address with http:// or https:// of at most 511 octets, without a user"),
	TEXT(roots, true, is_inside, "the name of a file in the notary's folder"),
	TEXT(policy, false, is_oid, "a dotted object identifier"),
	TEXT(user, false, is_user, "a name of at most 127 octets without ':'"),
	TEXT(password_file, false, is_path, PATH),
	TEXT(certificate, false, is_path, PATH),
	TEXT(key, false, is_path, PATH),
	TEXT(ca, false, is_path, PATH),
};

struct number_field {
	const char *name;
	size_t at;
	uint32_t min, max, preset;
};

#define NUMBER(field, min, max, preset)                                                                    \
	{                                                                                                  \
		#field, offsetof(struct nt_authority, field), min, max, preset                             \
	}

static const struct number_field numbers[] = {
	NUMBER(connect_ms, 100, 600000, 5000),
	NUMBER(timeout_ms, 100, 600000, 30000),
	NUMBER(max_offset_ms, 100, 86400000, 60000),
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static char *text_at(struct nt_authority *a, const struct text_field *f)
{
	return (char *)a + f->at;
}

static uint32_t number_at(const struct nt_authority *a, const struct number_field *f)
{
	uint32_t v;

	memcpy(&v, (const char *)a + f->at, sizeof(v));
	return v;
}

void nt_authority_default(struct nt_authority *ret)
{
	*ret = (struct nt_authority){.algorithm = VF_SHA256};
	for (size_t i = 0; i < COUNT(numbers); i++)
		memcpy((char *)ret + numbers[i].at, &numbers[i].preset, sizeof(numbers[i].preset));
}

void nt_authorities_default(struct nt_authorities *ret)
{
	*ret = (struct nt_authorities){.embedded = true};
}

/* ---- reading; reterr is never NULL here ---- */

static enum vf_rc unfit(struct vf_err *reterr, const char *field, const char *want)
{
	return vf_fail(reterr, VF_CONFIG_SHAPE, "'%s' must be %s", field, want);
}

static bool set_text(char *ret, size_t cap, struct vf_bytes value)
{
	if (value.n >= cap || (value.n && memchr(value.p, 0, value.n)))
		return false;
	memset(ret, 0, cap);
	if (value.n)
		memcpy(ret, value.p, value.n);
	return true;
}

static enum vf_rc read_texts(const struct vf_json_value *v, struct nt_authority *a, struct vf_err *reterr)
{
	for (size_t i = 0; i < COUNT(texts); i++) {
		const struct text_field *f = &texts[i];
		const struct vf_json_value *member = vf_json_get(v, f->name);
		struct vf_bytes value;

		if (!member && !f->required)
			continue;
		if (!vf_json_str(member, &value) || !f->is(value) || !set_text(text_at(a, f), f->cap, value))
			return unfit(reterr, f->name, f->want);
	}
	return VF_OK;
}

static enum vf_rc read_numbers(const struct vf_json_value *v, struct nt_authority *a, struct vf_err *reterr)
{
	for (size_t i = 0; i < COUNT(numbers); i++) {
		const struct number_field *f = &numbers[i];
		const struct vf_json_value *member = vf_json_get(v, f->name);
		uint64_t value;
		uint32_t small;

		if (!member)
			continue;
		if (!vf_json_uint(member, &value) || value < f->min || value > f->max)
			return vf_fail(reterr, VF_CONFIG_SHAPE, "'%s' must be a number from %" PRIu32 " to %" PRIu32,
				f->name, f->min, f->max);
		small = (uint32_t)value;
		memcpy((char *)a + f->at, &small, sizeof(small));
	}
	return VF_OK;
}

static enum vf_rc read_flag(const struct vf_json_value *v, const char *name, bool *io, struct vf_err *reterr)
{
	const struct vf_json_value *member = vf_json_get(v, name);

	return !member || vf_json_bool(member, io) ? VF_OK : unfit(reterr, name, "true or false");
}

static enum vf_rc read_algorithm(const struct vf_json_value *v, struct nt_authority *a, struct vf_err *reterr)
{
	const struct vf_json_value *member = vf_json_get(v, "algorithm");
	struct vf_bytes name;

	if (!member)
		return VF_OK;
	a->algorithm = vf_json_str(member, &name) ? vf_alg_find(name) : VF_ALG_NONE;
	if (a->algorithm != VF_SHA256 && a->algorithm != VF_SHA512)
		return unfit(reterr, "algorithm", "'sha256' or 'sha512'");
	return VF_OK;
}

/* Where revocation data is. */
static enum vf_rc read_places(const struct vf_json_value *v, struct nt_authority *a, struct vf_err *reterr)
{
	const struct vf_json_value *crl = vf_json_get(v, "crl"), *ocsp = vf_json_get(v, "ocsp");
	struct vf_bytes url;

	a->n_crl = vf_json_count(crl);
	if (crl && (!vf_json_is_array(crl) || a->n_crl == 0 || a->n_crl > COUNT(a->crl)))
		return unfit(reterr, "crl", "a list of 1 to 4 addresses");
	for (size_t i = 0; i < a->n_crl; i++)
		if (!vf_json_str(vf_json_item(crl, i), &url) || !is_url(url) ||
			!set_text(a->crl[i], sizeof(a->crl[i]), url))
			return unfit(
				reterr, "crl", "a list of addresses with http:// or https:// of at most 511 octets");
	a->has_ocsp = ocsp != NULL;
	if (ocsp && (!vf_json_str(ocsp, &url) || (url.n && !is_url(url)) || !set_text(a->ocsp, sizeof(a->ocsp), url)))
		return unfit(reterr, "ocsp", "empty, or an address with http:// or https:// of at most 511 octets");
	return VF_OK;
}

/* What one field alone cannot show. */
static enum vf_rc check_together(const struct nt_authority *a, struct vf_err *reterr)
{
	if ((a->user[0] == '\0') != (a->password_file[0] == '\0'))
		return vf_fail(reterr, VF_CONFIG_SHAPE, "'user' and 'password_file' belong together");
	if ((a->certificate[0] == '\0') != (a->key[0] == '\0'))
		return vf_fail(reterr, VF_CONFIG_SHAPE, "'certificate' and 'key' belong together");
	if ((a->certificate[0] || a->ca[0]) && !vf_bytes_starts(vf_bytes_str(a->url), "https://"))
		return vf_fail(reterr, VF_CONFIG_SHAPE, "'certificate', 'key' and 'ca' need an address with https://");
	return VF_OK;
}

static enum vf_rc read_authority(const struct vf_json_value *v, struct nt_authority *ret, struct vf_err *reterr)
{
	static const char *const names[] = {"name", "url", "roots", "?algorithm", "?policy", "?qualified", "?operator",
		"?connect_ms", "?timeout_ms", "?max_offset_ms", "?user", "?password_file", "?certificate", "?key",
		"?ca", "?crl", "?ocsp", NULL};
	struct vf_bytes name;
	enum vf_rc rc = vf_json_check_names(v, names, reterr);

	if (rc != VF_OK)
		return reterr->rc = VF_CONFIG_SHAPE; /* the reader of JSON named the field */
	nt_authority_default(ret);
	if (!vf_json_str(vf_json_get(v, "name"), &name) || !vf_word_is(name) || vf_bytes_is(name, "embedded") ||
		!set_text(ret->name, sizeof(ret->name), name))
		return unfit(reterr, "name", "a word of at most 32 letters a-z, digits and '-', and not 'embedded'");
	rc = read_texts(v, ret, reterr);
	if (rc == VF_OK)
		rc = read_numbers(v, ret, reterr);
	if (rc == VF_OK)
		rc = read_algorithm(v, ret, reterr);
	if (rc == VF_OK)
		rc = read_flag(v, "qualified", &ret->qualified, reterr);
	if (rc == VF_OK)
		rc = read_flag(v, "operator", &ret->operator_, reterr);
	if (rc == VF_OK)
		rc = read_places(v, ret, reterr);
	if (rc == VF_OK)
		rc = check_together(ret, reterr);
	return rc;
}

static enum vf_rc read_list(const struct vf_json_value *list, struct nt_authorities *a, struct vf_err *reterr)
{
	if (!vf_json_is_array(list) || vf_json_count(list) > NT_MAX_AUTHORITIES)
		return unfit(reterr, "authorities", "a list of at most 8 authorities");
	for (; a->n < vf_json_count(list); a->n++) {
		struct nt_authority *one = &a->list[a->n];
		enum vf_rc rc = read_authority(vf_json_item(list, a->n), one, reterr);

		if (rc != VF_OK) {
			vf_err_prefix(reterr, "authority %zu", a->n + 1);
			return rc;
		}
		if (nt_authorities_find(a, vf_bytes_str(one->name)))
			return vf_fail(reterr, VF_CONFIG_SHAPE, "two authorities are called '%s'", one->name);
	}
	return VF_OK;
}

static enum vf_rc read_all(const struct vf_json_value *root, struct nt_authorities *a, struct vf_err *reterr)
{
	static const char *const names[] = {"schema", "?embedded", "?wanted", "authorities", NULL};
	const struct vf_json_value *wanted = vf_json_get(root, "wanted");
	struct vf_bytes schema;
	uint64_t n;
	enum vf_rc rc = vf_json_check_names(root, names, reterr);

	if (rc != VF_OK)
		return reterr->rc = VF_CONFIG_SHAPE; /* the reader of JSON named the field */
	if (!vf_json_str(vf_json_get(root, "schema"), &schema) || !vf_bytes_is(schema, SCHEMA))
		return unfit(reterr, "schema", "'" SCHEMA "'");
	rc = read_flag(root, "embedded", &a->embedded, reterr);
	if (rc == VF_OK)
		rc = read_list(vf_json_get(root, "authorities"), a, reterr);
	if (rc != VF_OK)
		return rc;
	n = a->n;
	if (wanted && (!vf_json_uint(wanted, &n) || n < 1 || n > a->n))
		return unfit(reterr, "wanted", "a number from 1 to the number of authorities");
	a->wanted = (size_t)n;
	if (!a->embedded && a->n == 0)
		return vf_fail(reterr, VF_CONFIG_SHAPE, "without the embedded authority another is needed");
	return VF_OK;
}

VF_RC nt_authorities_parse(struct vf_bytes json, struct nt_authorities *ret, struct vf_err *reterr)
{
	VF_CLEANUP(vf_json_freep) struct vf_json_doc *doc = NULL;
	struct vf_err ignored, *err = reterr ? reterr : &ignored;
	struct nt_authorities a;
	enum vf_rc rc;

	if (json.n > NT_AUTHORITIES_MAX)
		return vf_fail(
			err, VF_CONFIG_SHAPE, "the list of authorities has more than %d octets", NT_AUTHORITIES_MAX);
	rc = vf_json_parse(json, &doc, err);
	if (rc == VF_JSON_SHAPE)
		rc = err->rc = VF_CONFIG_SHAPE;
	if (rc != VF_OK)
		return rc;
	nt_authorities_default(&a);
	rc = read_all(vf_json_root(doc), &a, err);
	if (rc != VF_OK)
		return rc;
	*ret = a;
	return VF_OK;
}

const struct nt_authority *nt_authorities_find(const struct nt_authorities *a, struct vf_bytes name)
{
	for (size_t i = 0; i < a->n; i++)
		if (vf_bytes_is(name, a->list[i].name))
			return &a->list[i];
	return NULL;
}

/* ---- writing ---- */

static void put_field(struct nt_buf *out, const char *name, const char *value)
{
	nt_buf_putf(out, ",\"%s\":", name);
	nt_buf_put_json(out, vf_bytes_str(value));
}

/* What has its default is left out. */
static void put_authority(struct nt_buf *out, const struct nt_authority *a)
{
	nt_buf_put_str(out, "{\"name\":");
	nt_buf_put_json(out, vf_bytes_str(a->name));
	for (size_t i = 0; i < COUNT(texts); i++) {
		const char *value = (const char *)a + texts[i].at;

		if (texts[i].required || *value)
			put_field(out, texts[i].name, value);
	}
	if (a->algorithm != VF_SHA256)
		put_field(out, "algorithm", vf_alg_name(a->algorithm));
	if (a->qualified)
		nt_buf_put_str(out, ",\"qualified\":true");
	if (a->operator_)
		nt_buf_put_str(out, ",\"operator\":true");
	for (size_t i = 0; i < COUNT(numbers); i++)
		if (number_at(a, &numbers[i]) != numbers[i].preset)
			nt_buf_putf(out, ",\"%s\":%" PRIu32, numbers[i].name, number_at(a, &numbers[i]));
	for (size_t i = 0; i < a->n_crl; i++) {
		nt_buf_put_str(out, i ? "," : ",\"crl\":[");
		nt_buf_put_json(out, vf_bytes_str(a->crl[i]));
	}
	nt_buf_put_str(out, a->n_crl ? "]" : "");
	if (a->has_ocsp)
		put_field(out, "ocsp", a->ocsp);
	nt_buf_put_u8(out, '}');
}

void nt_authorities_put(struct nt_buf *out, const struct nt_authorities *a)
{
	nt_buf_putf(out, "{\"schema\":\"" SCHEMA "\",\"embedded\":%s", a->embedded ? "true" : "false");
	if (a->wanted != a->n)
		nt_buf_putf(out, ",\"wanted\":%zu", a->wanted);
	nt_buf_put_str(out, ",\n \"authorities\":[");
	for (size_t i = 0; i < a->n; i++) {
		nt_buf_put_str(out, i ? ",\n  " : "\n  ");
		put_authority(out, &a->list[i]);
	}
	nt_buf_put_str(out, "]}\n");
}

/* ---- the file ---- */

VF_RC nt_authorities_load(int folder, struct nt_authorities *ret, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf text = nt_buf(NT_AUTHORITIES_MAX);
	enum vf_rc rc;

	if (faccessat(folder, NT_AUTHORITIES_FILE, F_OK, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT) {
		nt_authorities_default(ret);
		return VF_OK;
	}
	rc = nt_durable_read(folder, NT_AUTHORITIES_FILE, &text, reterr);
	if (rc == VF_OK)
		rc = nt_authorities_parse(nt_buf_bytes(&text), ret, reterr);
	if (rc == VF_CONFIG_SHAPE)
		vf_err_prefix(reterr, "'" NT_AUTHORITIES_FILE "'");
	return rc;
}

VF_RC nt_authorities_store(int folder, const struct nt_authorities *a, struct vf_err *reterr)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf text = nt_buf(NT_AUTHORITIES_MAX);
	struct nt_authorities again;
	enum vf_rc rc;

	nt_authorities_put(&text, a);
	rc = nt_buf_check(&text, reterr);
	if (rc == VF_OK)
		/* what could not be read again is not written */
		rc = nt_authorities_parse(nt_buf_bytes(&text), &again, reterr);
	if (rc != VF_OK)
		return rc;
	return nt_durable_write(folder, NT_AUTHORITIES_FILE, nt_buf_bytes(&text), 0644, reterr);
}

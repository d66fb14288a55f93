/*
 * Group T, second part: edits of a token's form and of what it says.
 *
 * What each must give stands in token_attack_test.c.
 */
#ifndef TESTS_ATTACK_TOKEN_FORM_EDITS_H
#define TESTS_ATTACK_TOKEN_FORM_EDITS_H

#include "tests/attack/token_edits.h"

/* ---- T17 to T24: forms ---- */

static struct vf_bytes append(struct vf_bytes token)
{
	return JOIN(token, vf_bytes("", 1));
}

EDIT(t17)
{
	f->finish = append;
}

EDIT(t17_inside)
{
	struct info_spec info = f->info;

	info.value = make_digest(VF_SHA256, vf_bytes_str(DATA));
	info.gen_time = GEN_TIME;
	f->cms.content = JOIN(make_info(&info), vf_bytes("", 1));
}

/* ContentInfo around a SignedData with another head. */
static struct vf_bytes rehead(struct vf_bytes token, struct vf_bytes head, struct vf_bytes tail)
{
	struct vf_der info, type, explicit, data;

	MUST(vf_der_only(token, VF_DER_SEQUENCE, &info) && vf_der_take(&info.body, &type) &&
		vf_der_only(info.body, VF_DER_CONTEXT(0), &explicit) &&
		vf_der_only(explicit.body, VF_DER_SEQUENCE, &data));
	return DER(VF_DER_SEQUENCE, type.whole, DER(VF_DER_CONTEXT(0), head, data.body, tail));
}

static struct vf_bytes indefinite(struct vf_bytes token)
{
	return rehead(token, vf_bytes("\x30\x80", 2), vf_bytes("\0\0", 2));
}

/* The same length in one octet more than it needs. */
static struct vf_bytes long_length(struct vf_bytes token)
{
	struct vf_der info, type, explicit, data;
	uint8_t *head = make_room(5);

	MUST(vf_der_only(token, VF_DER_SEQUENCE, &info) && vf_der_take(&info.body, &type) &&
		vf_der_only(info.body, VF_DER_CONTEXT(0), &explicit) &&
		vf_der_only(explicit.body, VF_DER_SEQUENCE, &data));
	memcpy(head, (uint8_t[]){0x30, 0x83, 0, (uint8_t)(data.body.n >> 8), (uint8_t)data.body.n}, 5);
	return rehead(token, vf_bytes(head, 5), NOTHING);
}

EDIT(t18)
{
	f->finish = indefinite;
}

EDIT(t18_length)
{
	f->finish = long_length;
}

static void has_ber_note(void)
{
	CHECK(has_note("BER"));
}

EDIT(t19)
{
	f->cms.content_type = "1.2.840.113549.1.7.1";
}

EDIT(t19_data)
{
	t19(f);
	f->cms.content = vf_bytes_str(DATA);
}

static void is_signature(void)
{
	CHECK_INT(report.form, VF_FORM_SIGNATURE);
	CHECK_INT(report.existed_by, VF_TIME_NONE);
}

EDIT(t19_attribute)
{
	f->cms.attr_type = "1.2.840.113549.1.7.1";
}

EDIT(t19_detached)
{
	f->cms.detached = true;
}

static struct vf_bytes reply(uint8_t status, struct vf_bytes token)
{
	return DER(VF_DER_SEQUENCE, DER(VF_DER_SEQUENCE, make_int(status)), token);
}

static struct vf_bytes granted(struct vf_bytes token)
{
	return reply(0, token);
}

static struct vf_bytes granted_with_mods(struct vf_bytes token)
{
	return reply(1, token);
}

static struct vf_bytes rejection(struct vf_bytes token)
{
	return reply(2, token);
}

static struct vf_bytes waiting(struct vf_bytes token)
{
	return reply(3, token);
}

static struct vf_bytes granted_nothing(struct vf_bytes token)
{
	(void)token;
	return reply(0, NOTHING);
}

static struct vf_bytes granted_twice(struct vf_bytes token)
{
	return reply(0, JOIN(token, token));
}

EDIT(t20_granted)
{
	f->finish = granted;
}

EDIT(t20_mods)
{
	f->finish = granted_with_mods;
}

EDIT(t20_rejection)
{
	f->finish = rejection;
}

EDIT(t20_waiting)
{
	f->finish = waiting;
}

EDIT(t20_nothing)
{
	f->finish = granted_nothing;
}

EDIT(t20_twice)
{
	f->finish = granted_twice;
}

/* The octets of the token under another content type of CMS. */
static struct vf_bytes retype(struct vf_bytes token, const char *type)
{
	struct vf_der info, oid;

	MUST(vf_der_only(token, VF_DER_SEQUENCE, &info) && vf_der_take(&info.body, &oid));
	return DER(VF_DER_SEQUENCE, make_oid(type), info.body);
}

static struct vf_bytes enveloped(struct vf_bytes token)
{
	return retype(token, "1.2.840.113549.1.7.3");
}

static struct vf_bytes auth_enveloped(struct vf_bytes token)
{
	return retype(token, "1.2.840.113549.1.9.16.1.23");
}

static struct vf_bytes compressed(struct vf_bytes token)
{
	return retype(token, "1.2.840.113549.1.9.16.1.9");
}

EDIT(t21_enveloped)
{
	f->finish = enveloped;
}

EDIT(t21_auth)
{
	f->finish = auth_enveloped;
}

EDIT(t21_compressed)
{
	f->finish = compressed;
}

EDIT(t23)
{
	f->cms.ess = ESS_OCTETS;
}

/* messageDigest as a UTF8String, contentType as an OCTET STRING. */
EDIT(t23_digest)
{
	f->cms.no_digest = true;
	f->cms.attrs = make_attr("1.2.840.113549.1.9.4",
		make_der(VF_DER_UTF8_STRING, make_digest(VF_SHA256, vf_bytes_str(DATA))));
}

EDIT(t23_type)
{
	f->cms.attr_type = "";
	f->cms.attrs = make_attr("1.2.840.113549.1.9.3", make_der(VF_DER_OCTET_STRING, vf_bytes_str("x")));
}

EDIT(t23_twice)
{
	f->cms.attrs = make_attr("1.2.840.113549.1.9.3", make_oid("1.2.840.113549.1.9.16.1.4"));
}

EDIT(t24)
{
	f->info.version = 2;
}

static struct vf_bytes extension(struct vf_bytes critical)
{
	return make_der(VF_DER_CONTEXT(1), DER(VF_DER_SEQUENCE, make_oid("1.2.3.4.5"), critical,
		make_der(VF_DER_OCTET_STRING, NOTHING)));
}

EDIT(t24_critical)
{
	f->info.rest = extension(make_der(VF_DER_BOOLEAN, vf_bytes("\xff", 1)));
}

EDIT(t24_harmless)
{
	f->info.rest = extension(NOTHING);
}

/* ---- T25 to T31: what the token says ---- */

EDIT(t25_any)
{
	f->info.rest = make_der(VF_DER_INTEGER, vf_bytes("\x12\x34", 2));
}

/* signingTime, signed and unsigned, says three months earlier. */
EDIT(t26)
{
	struct vf_bytes time = make_attr("1.2.840.113549.1.9.5",
		make_der(VF_DER_UTC_TIME, vf_bytes_str("241201120000Z")));

	f->cms.attrs = time;
	f->cms.unsigned_attrs = time;
}

static void shows_gen_time(void)
{
	CHECK_INT(report.n_stamps, 1);
	CHECK(report.n_stamps == 1 && report.stamps[0].gen_time == make_time("2025-03-01T12:00:00Z"));
	CHECK_INT(report.existed_by, make_time("2025-03-01T12:00:00Z"));
}

EDIT(t27_wanted)
{
	owner.alpha_more = ",\"max_accuracy_ms\":1000";
}

/* Ten years. */
EDIT(t27_decade)
{
	f->info.rest = DER(VF_DER_SEQUENCE, make_der(VF_DER_INTEGER, vf_bytes("\x12\xcf\x9e\x00", 4)));
	owner.revocation = "if-present"; /* none can be about the last moment that the token may mean */
}

EDIT(t27_decade_wanted)
{
	t27_decade(f);
	t27_wanted(f);
}

static void shows_decade(void)
{
	CHECK(report.n_stamps == 1 && report.stamps[0].has_accuracy &&
		report.stamps[0].accuracy_ms == UINT64_C(315596288000));
}

static void shows_no_accuracy(void)
{
	CHECK(report.n_stamps == 1 && !report.stamps[0].has_accuracy);
}

EDIT(t27_ordering)
{
	f->info.rest = make_der(VF_DER_BOOLEAN, vf_bytes("\xff", 1));
}

EDIT(t27_default)
{
	f->info.rest = make_der(VF_DER_BOOLEAN, vf_bytes("", 1));
}

EDIT(t28)
{
	f->info.rest = make_der(VF_DER_CONTEXT(0), make_der(VF_DER_CONTEXT(4), make_name_der("Other TSU")));
}

EDIT(t28_right)
{
	f->info.rest = make_der(VF_DER_CONTEXT(0), make_der(VF_DER_CONTEXT(4), make_name_der("Alpha TSU")));
}

EDIT(t29)
{
	f->cms.ess = ESS_V1;
}

EDIT(t29_both)
{
	f->cms.ess = ESS_BOTH;
}

EDIT(t29_2031)
{
	f->cms.ess = ESS_V1;
	owner.at = "2031-01-01T00:00:00Z";
	owner.expired = "accept";
}

/* The twin has the issuer and serial that the attribute leaves out. */
EDIT(t29_twin)
{
	f->cms.ess = ESS_V1;
	f->cms.cert = alpha.cert;
	f->cms.certs = twin_of_alpha();
}

static void has_ess_note(void)
{
	CHECK(has_note("ESS_SHA1"));
}

EDIT(t30_fraction)
{
	f->gen_time = "20250301120000.123456Z";
}

EDIT(t30_zero)
{
	f->gen_time = "20250301120000.50Z";
}

EDIT(t30_offset)
{
	f->gen_time = "20250301120000+0000";
}

EDIT(t30_local)
{
	f->gen_time = "20250301120000";
}

EDIT(t30_minutes)
{
	f->gen_time = "202503011200Z";
}

EDIT(t30_second)
{
	f->gen_time = "20250301115960Z";
}

EDIT(t30_month)
{
	f->gen_time = "20251301120000Z";
}

EDIT(t30_day)
{
	f->gen_time = "20250229120000Z";
}

EDIT(t30_year)
{
	f->gen_time = "120250301120000Z";
}

EDIT(t30_comma)
{
	f->gen_time = "20250301120000,5Z";
}

EDIT(t31)
{
	owner.alpha_more = ",\"policies\":[\"1.2.3.4.2\"]";
}

EDIT(t31_listed)
{
	owner.alpha_more = ",\"policies\":[\"1.2.3.4.2\",\"1.2.3.4.1\"]";
}

/* Long after 2038. */
EDIT(t32)
{
	static struct authority late;

	late = make_authority("Late Root", p384, "Late TSU", p521);
	late.root_der = make_cert(&(struct cert_spec){.name = "Late Root", .issuer = "Late Root", .key = p384,
		.issuer_key = p384, .to = "20690101000000Z", .ext = CA_EXT});
	late.cert = make_cert(&(struct cert_spec){.name = "Late TSU", .issuer = "Late Root", .key = p521,
		.issuer_key = p384, .serial = 5, .to = "20600101000000Z", .ext = TSA_EXT});
	late.crl = make_crl(&(struct crl_spec){.issuer = "Late Root", .key = p384, .from = "20500601000000Z",
		.to = "20501201000000Z"});
	f->by = &late;
	f->gen_time = "20500615120000Z";
	owner.alpha_root = late.root_der;
	owner.at = "2050-07-01T00:00:00Z";
}

EDIT(t32_future)
{
	t32(f);
	owner.at = "2050-06-15T11:59:59Z";
}

#endif

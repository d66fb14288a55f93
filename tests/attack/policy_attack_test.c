/* Group P of the attack catalogue: trust, policy and time; the program's part is in tests/cli/attack_ui_test.sh. */
#include "tests/attack/attack.h"

HOOK(p01)
{
	owner.none = true;
}

HOOK(p01_integrity)
{
	p01(x, stage);
	owner.integrity_only = true;
}

HOOK(p02)
{
	if (stage == BEGIN)
		x->ev[0].by = &twin;
}

/* The same, with the forged root in the token's certificates. */
HOOK(p02_root)
{
	p02(x, stage);
	x->ev[0].cms.certs = JOIN(twin.cert, twin.root_der);
}


/* A certificate of an authority for a later time, by its own root. */
static struct authority later(const struct authority *by)
{
	struct authority late = *by;

	late.cert = make_cert(&(struct cert_spec){.name = "Long TSU", .issuer = by->root, .key = by->key,
		.issuer_key = by->root_key,
		.serial = 9, .to = "20350101000000Z", .ext = TSA_EXT});
	late.crl = make_crl(&(struct crl_spec){.issuer = by->root, .key = by->root_key, .from = "20280101000000Z",
		.to = "20300101000000Z"});
	return late;
}

/* The root of alpha with another end. */
static struct vf_bytes root_until(const char *to)
{
	return make_cert(&(struct cert_spec){.name = "Alpha Root", .issuer = "Alpha Root", .key = alpha.root_key,
		.issuer_key = alpha.root_key, .to = to, .ext = CA_EXT});
}

/* The first authority's root ended in 2028; beta renewed in time. */
HOOK(p04)
{
	if (stage == BEGIN) {
		owner.alpha_root = root_until("20280101000000Z");
		owner.at = "2029-06-01T00:00:00Z";
	}
	if (stage == TOKEN) {
		struct authority late = later(&beta);

		bundle_renew(&x->ev[0], &late, "20271201000000Z");
	}
}

HOOK(p04_alone)
{
	if (stage == BEGIN) {
		owner.alpha_root = root_until("20280101000000Z");
		owner.at = "2029-06-01T00:00:00Z";
	}
}

HOOK(p04_before)
{
	if (stage == BEGIN)
		owner.alpha_root = root_until("20250101000000Z");
}

HOOK(p05)
{
	owner.alpha_more = ",\"from\":\"2025-03-01T12:00:01Z\"";
}

HOOK(p05_to)
{
	owner.alpha_more = ",\"to\":\"2025-03-01T11:59:59Z\"";
}

HOOK(p06)
{
	owner.alpha_more = ",\"from\":\"2025-03-01T12:00:00Z\",\"to\":\"2025-03-01T12:00:00Z\"";
}

HOOK(p06_certificate)
{
	x->ev[0].gen_time = "20240101000000Z";
	if (stage == BEGIN)
		owner.revocation = "if-present";
}

HOOK(p06_end)
{
	owner.at = "2029-01-01T00:00:00Z";
}

HOOK(p06_after)
{
	owner.at = "2029-01-01T00:00:01Z";
}


/* Revoked at this time for this reason, as a CRL from after the token says. */
static void revoke_alpha(struct bundle *x, enum stage stage, const char *at, int reason)
{
	if (stage == BEGIN)
		x->ev[0].cms.crls = make_crl(&(struct crl_spec){.issuer = "Alpha Root", .key = alpha.root_key,
			.from = "20250401000000Z",
			.to = "20250701000000Z", .entries = {{.serial = 5, .at = at, .reason = reason}}});
}

HOOK(p07_compromise)
{
	revoke_alpha(x, stage, "20250315000000Z", 1);
}

HOOK(p07_compromise_before)
{
	revoke_alpha(x, stage, "20250201000000Z", 1);
}

HOOK(p07_superseded)
{
	revoke_alpha(x, stage, "20250315000000Z", 4);
}

HOOK(p07_superseded_before)
{
	revoke_alpha(x, stage, "20250201000000Z", 4);
}

HOOK(p07_no_reason)
{
	revoke_alpha(x, stage, "20250315000000Z", -1);
}

HOOK(p07_unknown)
{
	if (stage == BEGIN)
		x->ev[0].cms.crls = vf_bytes("", 0);
}

HOOK(p07_unknown_accepted)
{
	p07_unknown(x, stage);
	owner.revocation = "if-present";
}

static void crl_of(struct bundle *x, const char *from, const char *to)
{
	x->ev[0].cms.crls = make_crl(&(struct crl_spec){.issuer = "Alpha Root", .key = alpha.root_key, .from = from,
		.to = to});
}

/* A CRL that ended before the token was made. */
HOOK(p08)
{
	if (stage == BEGIN)
		crl_of(x, "20240601000000Z", "20240701000000Z");
}

/* It covered the token's time, and is old by now. */
HOOK(p08_old)
{
	if (stage == BEGIN)
		owner.at = "2028-06-01T00:00:00Z";
}

/* A CRL of the right name by another key says nothing. */
HOOK(p08_forged)
{
	if (stage == BEGIN)
		x->ev[0].cms.crls = twin.crl;
}


/* The authority's certificate comes from a CA below its root, whose certificate has these extensions. */
static void chain(struct bundle *x, enum stage stage, const char *constraints, const char *extension, const char *value)
{
	struct vf_bytes ca;
	EVP_PKEY *key;

	if (stage != BEGIN)
		return;
	key = twin.root_key; /* any key that is nobody else's here */
	ca = make_cert(&(struct cert_spec){.name = "Alpha CA", .issuer = "Alpha Root", .key = key,
		.issuer_key = alpha.root_key,
		.serial = 3, .ext = {{"basicConstraints", constraints}, {"keyUsage", "critical,keyCertSign,cRLSign"},
			{extension, value}}});
	x->ev[0].cms.cert = make_cert(&(struct cert_spec){.name = "Alpha TSU", .issuer = "Alpha CA", .key = alpha.key,
		.issuer_key = key, .serial = 4, .ext = TSA_EXT});
	x->ev[0].cms.certs = JOIN(x->ev[0].cms.cert, ca);
	owner.revocation = "if-present";
}

HOOK(p09_good)
{
	chain(x, stage, "critical,CA:TRUE,pathlen:0", "nameConstraints", "critical,permitted;DNS:a");
}

HOOK(p09_names)
{
	/* permitted: the directory names of another organisation */
	chain(x, stage, "critical,CA:TRUE", "nameConstraints",
		"critical,DER:3019a0173015a4133011310f300d060355040a0c064f746865727331");
}

HOOK(p09_extension)
{
	chain(x, stage, "critical,CA:TRUE", "1.2.3.4.5", "critical,DER:0500");
}

HOOK(p09_no_ca)
{
	chain(x, stage, "critical,CA:FALSE", NULL, NULL);
}

HOOK(p09_purpose)
{
	chain(x, stage, "critical,CA:TRUE", "extendedKeyUsage", "codeSigning");
}

/* The pinned root may issue for end entities alone. */
HOOK(p09_length)
{
	chain(x, stage, "critical,CA:TRUE", NULL, NULL);
	if (stage == BEGIN)
		owner.alpha_root = make_cert(&(struct cert_spec){.name = "Alpha Root", .issuer = "Alpha Root",
			.key = alpha.root_key,
			.issuer_key = alpha.root_key, .to = "20440101000000Z",
			.ext = {{"basicConstraints", "critical,CA:TRUE,pathlen:0"}, {"keyUsage",
			"critical,keyCertSign,cRLSign"}}});
}

HOOK(p10_field)
{
	owner.more = ",\"surprise\":true";
}

HOOK(p10_value)
{
	owner.expired = "perhaps";
}

HOOK(p10_line)
{
	owner.tlog_more = "quorum none\nsurprise x\n";
}

HOOK(p11_rejected)
{
	if (stage == BEGIN) {
		x->n_ev = 2;
		x->ev[1].by = &beta;
		x->ev[1].gen_time = "20231231235959Z";
	}
}

HOOK(p11_unknown)
{
	if (stage == BEGIN) {
		x->n_ev = 2;
		x->ev[1].by = &stranger;
		x->ev[1].gen_time = "20240601000000Z"; /* much earlier: must move nothing */
	}
}

HOOK(p11_two)
{
	p11_unknown(x, stage);
	owner.rules = "[{\"count\":2}]";
}

/* Two tokens of one authority are one vote. */
HOOK(p11_same)
{
	if (stage == BEGIN) {
		x->n_ev = 2;
		owner.rules = "[{\"count\":2}]";
	}
}


HOOK(p12_past)
{
	owner.at = "1970-01-01T00:00:00Z";
}

HOOK(p12_future)
{
	owner.at = "2099-01-01T00:00:00Z";
}

HOOK(p12_accepted)
{
	p12_future(x, stage);
	owner.expired = "accept";
}

HOOK(p13)
{
	owner.at = "2025-02-28T00:00:00Z";
}

HOOK(p13_between)
{
	owner.at = "2025-03-02T00:00:00Z";
}

static const struct attack cases[] = {
	ATTACK("P01a", "no trust directory", VF_INDETERMINATE, VF_NO_TRUST_ANCHOR, .forge = p01),
	ATTACK("P01b", "no trust directory, and no trust is asked for", VF_INTACT, VF_OK, .forge = p01_integrity),
	ATTACK("P02a", "a root of the same name with another key", VF_INDETERMINATE, VF_UNKNOWN_ROOT, .forge = p02),
	ATTACK("P02b", "the same, with that root in the bundle", VF_INDETERMINATE, VF_UNKNOWN_ROOT, .forge = p02_root),
	ATTACK("P04a", "a root that has ended, renewed before it did", VF_VERIFIED, VF_OK, .forge = p04),
	ATTACK("P04b", "a root that has ended, never renewed", VF_INDETERMINATE, VF_TS_EXPIRED, .forge = p04_alone),
	ATTACK("P04c", "a root that had ended when the token was made", VF_REJECTED, VF_TS_CERT_TIME,
		.forge = p04_before),
	ATTACK("P05a", "a token before the period that the owner accepts", VF_REJECTED, VF_KEY_PERIOD, .forge = p05),
	ATTACK("P05b", "a token after the period that the owner accepts", VF_REJECTED, VF_KEY_PERIOD, .forge = p05_to),
	ATTACK("P06a", "a token in the only second of the period", VF_VERIFIED, VF_OK, .forge = p06),
	ATTACK("P06b", "a token in the first second of its certificate", VF_VERIFIED, VF_OK, .forge = p06_certificate),
	ATTACK("P06c", "checked in the last second of the certificate", VF_VERIFIED, VF_OK, .forge = p06_end),
	ATTACK("P06d", "checked a second later", VF_INDETERMINATE, VF_TS_EXPIRED, .forge = p06_after),
	ATTACK("P07a", "the key was compromised after the token", VF_REJECTED, VF_REVOKED, .forge = p07_compromise),
	ATTACK("P07b", "the key was compromised before the token", VF_REJECTED, VF_REVOKED,
		.forge = p07_compromise_before),
	ATTACK("P07c", "superseded after the token", VF_VERIFIED, VF_OK, .forge = p07_superseded),
	ATTACK("P07d", "superseded before the token", VF_REJECTED, VF_REVOKED, .forge = p07_superseded_before),
	ATTACK("P07e", "revoked after the token, nobody says why", VF_REJECTED, VF_REVOKED, .forge = p07_no_reason),
	ATTACK("P07f", "no revocation data, and the policy asks for some", VF_INDETERMINATE, VF_NO_REVOCATION_DATA,
		.forge = p07_unknown),
	ATTACK("P07g", "no revocation data, and the policy does not ask", VF_VERIFIED, VF_OK,
		.forge = p07_unknown_accepted,
		.note = "REVOCATION"),
	ATTACK("P08a", "a CRL from before the token", VF_INDETERMINATE, VF_NO_REVOCATION_DATA, .forge = p08),
	ATTACK("P08b", "a CRL of the token's time, which is old now", VF_VERIFIED, VF_OK,
		.forge = p08_old, .note = "REVOCATION_LATER"),
	ATTACK("P08c", "a CRL of the right name by another key", VF_REJECTED, VF_CRL_SHAPE, .forge = p08_forged),
	ATTACK("P09a", "a CA below the root that keeps to its constraints", VF_VERIFIED, VF_OK, .forge = p09_good),
	ATTACK("P09b", "a name outside the CA's constraints", VF_REJECTED, VF_CERT_PATH, .forge = p09_names),
	ATTACK("P09c", "a longer path than the root allows", VF_REJECTED, VF_CERT_PATH, .forge = p09_length),
	ATTACK("P09d", "an unknown critical extension of the CA", VF_REJECTED, VF_CERT_PATH, .forge = p09_extension),
	ATTACK("P09e", "an issuer that is no CA", VF_REJECTED, VF_CERT_PATH, .forge = p09_no_ca),
	ATTACK("P09f", "a CA for another purpose", VF_REJECTED, VF_CERT_PATH, .forge = p09_purpose),
	ATTACK("P10a", "an unknown field in the policy", NO_VERDICT, VF_POLICY_SHAPE, .forge = p10_field),
	ATTACK("P10b", "an unknown value in the policy", NO_VERDICT, VF_POLICY_SHAPE, .forge = p10_value),
	ATTACK("P10c", "an unknown line in the policy of logs", NO_VERDICT, VF_POLICY_SHAPE, .forge = p10_line),
	ATTACK("P11a", "a good token and one that contradicts its certificate", VF_REJECTED, VF_TS_CERT_TIME,
		.forge = p11_rejected),
	ATTACK("P11b", "a good token and one by a stranger", VF_VERIFIED, VF_OK,
		.forge = p11_unknown, .note = "UNKNOWN_ROOT"),
	ATTACK("P11c", "two tokens wanted, one by a stranger", VF_INDETERMINATE, VF_UNKNOWN_ROOT, .forge = p11_two),
	ATTACK("P11d", "two tokens wanted, both by one authority", VF_INDETERMINATE, VF_POLICY_UNMET,
		.forge = p11_same),
	ATTACK("P12a", "a clock in 1970", VF_REJECTED, VF_TS_FUTURE, .forge = p12_past),
	ATTACK("P12b", "a clock in 2099, certificates must still be valid", VF_INDETERMINATE, VF_TS_EXPIRED,
		.forge = p12_future),
	ATTACK("P12c", "a clock in 2099, certificates may have ended", VF_VERIFIED, VF_OK, .forge = p12_accepted),
	ATTACK("P13a", "checked at a time before the token", VF_REJECTED, VF_TS_FUTURE, .forge = p13),
	ATTACK("P13b", "checked at a time past, after the token", VF_VERIFIED, VF_OK, .forge = p13_between),
};

ATTACK_MAIN(cases)

/* Settings: defaults, round trip, every refusal with its line. */
#include "notary/config.h"

#include "tests/check.h"

static enum vf_rc parse(const char *text, struct nt_config *ret, struct vf_err *err)
{
	*err = (struct vf_err){0};
	return nt_config_parse(vf_bytes_str(text), ret, err);
}

static void check_bad(const char *text, const char *message)
{
	struct nt_config c, untouched;
	struct vf_err err;

	memset(&c, 0x5a, sizeof(c));
	untouched = c;
	CHECK_RC(parse(text, &c, &err), VF_CONFIG_SHAPE);
	CHECK_STR(err.text, message);
	CHECK(memcmp(&c, &untouched, sizeof(c)) == 0);
}

static void check_equal(const struct nt_config *a, const struct nt_config *b)
{
	CHECK_STR(a->origin, b->origin);
	CHECK_STR(a->tsa_key, b->tsa_key);
	CHECK_STR(a->tsa_policy, b->tsa_policy);
	CHECK_INT(a->tsa_accuracy_ms, b->tsa_accuracy_ms);
	CHECK_INT(a->ca_years, b->ca_years);
	CHECK_INT(a->tsa_cert_days, b->tsa_cert_days);
	CHECK_INT(a->tsa_renew_days, b->tsa_renew_days);
	CHECK_INT(a->crl_days, b->crl_days);
	CHECK_INT(a->crl_refresh_hours, b->crl_refresh_hours);
	CHECK_INT(a->clock_bound_ms, b->clock_bound_ms);
	CHECK_INT(a->tsa_endpoint, b->tsa_endpoint);
	CHECK_INT(a->hash_threads, b->hash_threads);
}

static void round_trip(const struct nt_config *c)
{
	VF_CLEANUP(nt_buf_done) struct nt_buf text = nt_buf(65536);
	VF_CLEANUP(nt_buf_done) struct nt_buf again = nt_buf(65536);
	struct nt_config got;
	struct vf_err err;

	nt_config_put(&text, c);
	CHECK(!text.failed);
	CHECK_RC(nt_config_parse(nt_buf_bytes(&text), &got, &err), VF_OK);
	check_equal(&got, c);
	nt_config_put(&again, &got);
	CHECK_BYTES(nt_buf_bytes(&again), nt_buf_bytes(&text));
}

static void accepted(void)
{
	struct nt_config c, d;
	struct vf_err err;

	nt_config_default(&d);
	CHECK_STR(d.origin, "");
	CHECK_STR(d.tsa_key, "p256");
	CHECK_STR(d.tsa_policy, "2.999.3161.1");
	CHECK_INT(d.tsa_accuracy_ms, 1000);
	CHECK_INT(d.ca_years, 20);
	CHECK_INT(d.tsa_cert_days, 1825);
	CHECK_INT(d.tsa_renew_days, 365);
	CHECK_INT(d.crl_days, 30);
	CHECK_INT(d.crl_refresh_hours, 24);
	CHECK_INT(d.clock_bound_ms, 1000);
	CHECK_INT(d.tsa_endpoint, 0);
	CHECK_INT(d.hash_threads, 0);

	CHECK_RC(parse("origin = demo.example/1\n", &c, &err), VF_OK);
	strcpy(d.origin, "demo.example/1");
	check_equal(&c, &d);
	round_trip(&d);

	/* no LF at the end, blanks, comments, empty lines, '=' and '#' in a value */
	CHECK_RC(parse("\n# x = y\n  \t\n\torigin\t=  a=b#c  \ntsa_key=rsa3072\ntsa_policy = 1.3.6.1.4.1.99999.7\n"
		"tsa_accuracy_ms = 1\nca_years = 100\ntsa_cert_days = 36500\ntsa_renew_days = 3650\n"
		"crl_days = 3650\ncrl_refresh_hours = 8760\nclock_bound_ms = 3600000\ntsa_endpoint = 1\nhash_threads = 256", &c, &err), VF_OK);
	CHECK_STR(c.origin, "a=b#c");
	CHECK_STR(c.tsa_key, "rsa3072");
	CHECK_STR(c.tsa_policy, "1.3.6.1.4.1.99999.7");
	CHECK_INT(c.tsa_accuracy_ms, 1);
	CHECK_INT(c.hash_threads, 256);
	round_trip(&c);
	CHECK_RC(parse("origin = \xc3\xa4rzte.example\n", &c, &err), VF_OK);
	round_trip(&c);
}

static void refused(void)
{
	char text[1024];

	check_bad("", "'origin' is not set");
	check_bad("tsa_key = p256\n", "'origin' is not set");
	check_bad("origin = a\ncolour = red\n", "line 2: there is no setting 'colour'");
	check_bad("Origin = a\n", "line 1: there is no setting 'Origin'");
	check_bad(" = a\n", "line 1: there is no setting ''");
	check_bad("\x1b[2J = a\n", "line 1: there is no setting '\\x1b[2J'");
	check_bad("# c\n\norigin a\n", "line 3: this is not 'name = value'");
	check_bad("origin = a\norigin = a\n", "line 2: 'origin' is set twice");
	check_bad("origin = a\ncrl_days = 3\ncrl_days = 3\n", "line 3: 'crl_days' is set twice");

	check_bad("origin =\n", "line 1: 'origin' must be a name of at most 255 octets without spaces and '+'");
	check_bad("origin = a b\n", "line 1: 'origin' must be a name of at most 255 octets without spaces and '+'");
	check_bad("origin = a+b\n", "line 1: 'origin' must be a name of at most 255 octets without spaces and '+'");
	check_bad("origin = a\r\n", "line 1: 'origin' must be a name of at most 255 octets without spaces and '+'");
	check_bad("origin = a\xff\n", "line 1: 'origin' must be a name of at most 255 octets without spaces and '+'");
	check_bad("origin = a\xc2\xa0z\n",
		"line 1: 'origin' must be a name of at most 255 octets without spaces and '+'");
	memset(text, 'a', sizeof(text));
	memcpy(text, "origin = ", 9);
	text[9 + 256] = '\0';
	check_bad(text, "line 1: 'origin' must be a name of at most 255 octets without spaces and '+'");

	check_bad("tsa_key = P256\n", "line 1: 'tsa_key' must be 'p256' or 'rsa3072'");
	check_bad("tsa_key = ed25519\n", "line 1: 'tsa_key' must be 'p256' or 'rsa3072'");
	check_bad("tsa_key =\n", "line 1: 'tsa_key' must be 'p256' or 'rsa3072'");
	check_bad("tsa_policy =\n", "line 1: 'tsa_policy' must be a dotted object identifier");
	check_bad("tsa_policy = 2\n", "line 1: 'tsa_policy' must be a dotted object identifier");
	check_bad("tsa_policy = 3.1\n", "line 1: 'tsa_policy' must be a dotted object identifier");
	check_bad("tsa_policy = 1.40\n", "line 1: 'tsa_policy' must be a dotted object identifier");
	check_bad("tsa_policy = 1.3.\n", "line 1: 'tsa_policy' must be a dotted object identifier");
	check_bad("tsa_policy = 1..3\n", "line 1: 'tsa_policy' must be a dotted object identifier");
	check_bad("tsa_policy = 1.3.06\n", "line 1: 'tsa_policy' must be a dotted object identifier");
	check_bad("tsa_policy = 1.3.6.1.4.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1\n",
		"line 1: 'tsa_policy' must be a dotted object identifier");

	check_bad("tsa_accuracy_ms = 0\n", "line 1: 'tsa_accuracy_ms' must be a number from 1 to 1000");
	check_bad("tsa_accuracy_ms = 1001\n", "line 1: 'tsa_accuracy_ms' must be a number from 1 to 1000");
	check_bad("tsa_accuracy_ms = 1.5\n", "line 1: 'tsa_accuracy_ms' must be a number from 1 to 1000");
	check_bad("tsa_accuracy_ms = 1 # ms\n", "line 1: 'tsa_accuracy_ms' must be a number from 1 to 1000");
	check_bad("ca_years = 101\n", "line 1: 'ca_years' must be a number from 1 to 100");
	check_bad("ca_years = -1\n", "line 1: 'ca_years' must be a number from 1 to 100");
	check_bad("tsa_cert_days = 1\n", "line 1: 'tsa_cert_days' must be a number from 2 to 36500");
	check_bad("tsa_renew_days = 0\n", "line 1: 'tsa_renew_days' must be a number from 1 to 3650");
	check_bad("crl_days = 030\n", "line 1: 'crl_days' must be a number from 1 to 3650");
	check_bad("clock_bound_ms = 99\n", "line 1: 'clock_bound_ms' must be a number from 100 to 3600000");
	check_bad("clock_bound_ms = 3600001\n", "line 1: 'clock_bound_ms' must be a number from 100 to 3600000");
	check_bad("tsa_endpoint = 2\n", "line 1: 'tsa_endpoint' must be a number from 0 to 1");
	check_bad("crl_refresh_hours = 8761\n", "line 1: 'crl_refresh_hours' must be a number from 1 to 8760");
	check_bad("hash_threads = 257\n", "line 1: 'hash_threads' must be a number from 0 to 256");
	check_bad("hash_threads =\n", "line 1: 'hash_threads' must be a number from 0 to 256");
	check_bad("hash_threads = 99999999999999999999\n", "line 1: 'hash_threads' must be a number from 0 to 256");

	check_bad("origin = a\ntsa_renew_days = 1825\n", "'tsa_renew_days' must be less than 'tsa_cert_days'");
	check_bad("origin = a\nca_years = 4\n", "'tsa_cert_days' must not be more than 'ca_years'");
	check_bad("origin = a\ncrl_days = 1\n", "'crl_refresh_hours' must be less than 'crl_days'");
}

static void too_large(void)
{
	char *text = malloc(20001);

	if (!text)
		exit(1);
	memset(text, '\n', 20000);
	text[20000] = '\0';
	check_bad(text, "the configuration is larger than 16384 bytes");
	free(text);
}

int main(void)
{
	accepted();
	refused();
	too_large();
	return check_done();
}

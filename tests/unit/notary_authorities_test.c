/* authorities.json: defaults, round trip, every refusal with its words. */
#include "notary/authorities.h"

#include <fcntl.h>

#include "tests/folder.h"

#define HEAD "{\"schema\":\"trialnotary/authorities/1\""
#define ONE "{\"name\":\"a\",\"url\":\"http://a\",\"roots\":\"a.pem\""
/* A list with one authority of these further fields. */
#define WITH(fields) HEAD ",\"authorities\":[" ONE fields "}]}"

static void check_bad(const char *text, const char *message)
{
	struct nt_authorities a, untouched;
	struct vf_err err = {0};

	memset(&a, 0x5a, sizeof(a));
	untouched = a;
	if (nt_authorities_parse(vf_bytes_str(text), &a, &err) != VF_CONFIG_SHAPE)
		CHECK_FAIL("taken: %s", text);
	CHECK_INT(err.rc, VF_CONFIG_SHAPE);
	CHECK_STR(err.text, message);
	CHECK(memcmp(&a, &untouched, sizeof(a)) == 0);
	CHECK_RC(nt_authorities_parse(vf_bytes_str(text), &a, NULL), VF_CONFIG_SHAPE);
}

static void check_equal(const struct nt_authorities *a, const struct nt_authorities *b)
{
	CHECK(a->embedded == b->embedded);
	CHECK_INT(a->wanted, b->wanted);
	CHECK_INT(a->n, b->n);
	for (size_t i = 0; i < a->n && i < b->n; i++) {
		const struct nt_authority *x = &a->list[i], *y = &b->list[i];

		CHECK_STR(x->name, y->name);
		CHECK_STR(x->url, y->url);
		CHECK_STR(x->roots, y->roots);
		CHECK_INT(x->algorithm, y->algorithm);
		CHECK_STR(x->policy, y->policy);
		CHECK(x->qualified == y->qualified && x->operator_ == y->operator_);
		CHECK_INT(x->connect_ms, y->connect_ms);
		CHECK_INT(x->timeout_ms, y->timeout_ms);
		CHECK_INT(x->max_offset_ms, y->max_offset_ms);
		CHECK_STR(x->user, y->user);
		CHECK_STR(x->password_file, y->password_file);
		CHECK_STR(x->certificate, y->certificate);
		CHECK_STR(x->key, y->key);
		CHECK_STR(x->ca, y->ca);
		CHECK_INT(x->n_crl, y->n_crl);
		for (size_t k = 0; k < x->n_crl; k++)
			CHECK_STR(x->crl[k], y->crl[k]);
		CHECK(x->has_ocsp == y->has_ocsp);
		CHECK_STR(x->ocsp, y->ocsp);
	}
}

static void round_trip(const struct nt_authorities *a)
{
	struct nt_buf text = nt_buf(NT_AUTHORITIES_MAX);
	struct nt_authorities again;
	struct vf_err err = {0};

	nt_authorities_put(&text, a);
	CHECK_RC(nt_buf_check(&text, NULL), VF_OK);
	if (nt_authorities_parse(nt_buf_bytes(&text), &again, &err) != VF_OK)
		CHECK_FAIL("not read again: %s", err.text);
	else
		check_equal(a, &again);
	nt_buf_done(&text);
}

static void test_defaults(void)
{
	struct nt_authorities a;
	struct vf_err err = {0};

	nt_authorities_default(&a);
	CHECK(a.embedded && a.n == 0 && a.wanted == 0);
	round_trip(&a);
	CHECK_RC(nt_authorities_parse(vf_bytes_str(WITH("")), &a, &err), VF_OK);
	CHECK(a.embedded);
	CHECK_INT(a.wanted, 1);
	CHECK_INT(a.n, 1);
	CHECK_STR(a.list[0].name, "a");
	CHECK_STR(a.list[0].url, "http://a");
	CHECK_STR(a.list[0].roots, "a.pem");
	CHECK_INT(a.list[0].algorithm, VF_SHA256);
	CHECK_INT(a.list[0].connect_ms, 5000);
	CHECK_INT(a.list[0].timeout_ms, 30000);
	CHECK_INT(a.list[0].max_offset_ms, 60000);
	CHECK(!a.list[0].qualified && !a.list[0].operator_ && !a.list[0].has_ocsp);
	CHECK_INT(a.list[0].n_crl, 0);
	round_trip(&a);
	CHECK(nt_authorities_find(&a, vf_bytes_str("a")) == &a.list[0]);
	CHECK(nt_authorities_find(&a, vf_bytes_str("aa")) == NULL);
	CHECK(nt_authorities_find(&a, vf_bytes_str("")) == NULL);
}

static const char all_text[] = HEAD
	",\"embedded\":false,\"wanted\":1,\"authorities\":["
	"{\"name\":\"alpha-1\",\"url\":\"https://tsa.example:8443/tsr?key=1&x=~\",\"roots\":\"authorities/alpha.pem\","
	"\"algorithm\":\"sha512\",\"policy\":\"1.2.3.4.5\",\"qualified\":true,\"operator\":true,\"connect_ms\":100,"
	"\"timeout_ms\":600000,\"max_offset_ms\":86400000,\"user\":\"me "
	"\\\"x\\\"\",\"password_file\":\"/etc/p\",\"certificate\":\"c.pem\","
	"\"key\":\"/k\\u00e9y.pem\",\"ca\":\"ca.pem\",\"crl\":[\"http://a/1\",\"http://a/2\",\"http://a/3\",\"http://a/"
	"4\"],"
	"\"ocsp\":\"http://o\"},{\"name\":\"b\",\"url\":\"http://[::1]:80/\",\"roots\":\"b\",\"ocsp\":\"\"}]}";

static void test_all(void)
{
	struct nt_authorities a;
	struct vf_err err = {0};

	CHECK_RC(nt_authorities_parse(vf_bytes_str(all_text), &a, &err), VF_OK);
	CHECK_STR(err.text, "");
	CHECK(!a.embedded);
	CHECK_INT(a.wanted, 1);
	CHECK_INT(a.n, 2);
	CHECK_STR(a.list[0].url, "https://tsa.example:8443/tsr?key=1&x=~");
	CHECK_INT(a.list[0].algorithm, VF_SHA512);
	CHECK_STR(a.list[0].policy, "1.2.3.4.5");
	CHECK(a.list[0].qualified && a.list[0].operator_);
	CHECK_INT(a.list[0].connect_ms, 100);
	CHECK_INT(a.list[0].timeout_ms, 600000);
	CHECK_INT(a.list[0].max_offset_ms, 86400000);
	CHECK_STR(a.list[0].user, "me \"x\"");
	CHECK_STR(a.list[0].password_file, "/etc/p");
	CHECK_STR(a.list[0].key, "/k\xc3\xa9y.pem");
	CHECK_INT(a.list[0].n_crl, 4);
	CHECK_STR(a.list[0].crl[3], "http://a/4");
	CHECK(a.list[0].has_ocsp && a.list[1].has_ocsp);
	CHECK_STR(a.list[0].ocsp, "http://o");
	CHECK_STR(a.list[1].ocsp, "");
	round_trip(&a);
}

/* Eight of the largest fit into the file. */
static void test_largest(void)
{
	struct nt_authorities a = {.embedded = false, .wanted = 7, .n = NT_MAX_AUTHORITIES};

	for (size_t i = 0; i < a.n; i++) {
		struct nt_authority *x = &a.list[i];

		nt_authority_default(x);
		memset(x->name, 'a' + (int)i, 32);
		memset(x->url, 'a', sizeof(x->url) - 1);
		memcpy(x->url, "https://", 8);
		memset(x->roots, 'a', sizeof(x->roots) - 1);
		memset(x->user, '"', sizeof(x->user) - 1);
		memset(x->password_file, '"', sizeof(x->password_file) - 1);
		memset(x->certificate, '"', sizeof(x->certificate) - 1);
		memset(x->key, '"', sizeof(x->key) - 1);
		memset(x->ca, '\\', sizeof(x->ca) - 1);
		for (x->n_crl = 0; x->n_crl < 4; x->n_crl++)
			memcpy(x->crl[x->n_crl], x->url, sizeof(x->url));
		x->has_ocsp = true;
		memcpy(x->ocsp, x->url, sizeof(x->url));
	}
	round_trip(&a);
}

#define URL_WORDS "'url' must be an address with http:// or https:// of at most 511 octets, without a user"
#define PATH_WORDS " must be the path of a file: plain text of at most 255 octets"

static void test_bad_fields(void)
{
	static const char *const urls[] = {"", "ftp://a", "a", "http://", "http:///x", "http://?x", "http://me@a/",
		"http://me:p@a/", "http://a/ b", "http://a/#x", "HTTP://a", "http://\\u00e9", "http://a\\n",
		"http://a\\u007f"};
	char text[1000];
	static const struct {
		const char *fields, *message;
	} cases[] = {
		{",\"algorithm\":\"sha384\"", "authority 1: 'algorithm' must be 'sha256' or 'sha512'"},
		{",\"algorithm\":null", "authority 1: 'algorithm' must be 'sha256' or 'sha512'"},
		{",\"policy\":\"1\"", "authority 1: 'policy' must be a dotted object identifier"},
		{",\"policy\":\"\"", "authority 1: 'policy' must be a dotted object identifier"},
		{",\"policy\":\"1.2.3x\"", "authority 1: 'policy' must be a dotted object identifier"},
		{",\"qualified\":1", "authority 1: 'qualified' must be true or false"},
		{",\"operator\":\"true\"", "authority 1: 'operator' must be true or false"},
		{",\"connect_ms\":99", "authority 1: 'connect_ms' must be a number from 100 to 600000"},
		{",\"timeout_ms\":600001", "authority 1: 'timeout_ms' must be a number from 100 to 600000"},
		{",\"timeout_ms\":100.0", "authority 1: 'timeout_ms' must be a number from 100 to 600000"},
		{",\"max_offset_ms\":-1", "authority 1: 'max_offset_ms' must be a number from 100 to 86400000"},
		{",\"max_offset_ms\":4294967396", "authority 1: 'max_offset_ms' must be a number from 100 to 86400000"},
		{",\"user\":\"a:b\",\"password_file\":\"p\"",
			"authority 1: 'user' must be a name of at most 127 octets without ':'"},
		{",\"user\":\"a\"", "authority 1: 'user' and 'password_file' belong together"},
		{",\"password_file\":\"a\"", "authority 1: 'user' and 'password_file' belong together"},
		{",\"password_file\":\"\"", "authority 1: 'password_file'" PATH_WORDS},
		{",\"password_file\":\"a\\u0007\"", "authority 1: 'password_file'" PATH_WORDS},
		{",\"certificate\":\"a\"", "authority 1: 'certificate' and 'key' belong together"},
		{",\"key\":\"a\"", "authority 1: 'certificate' and 'key' belong together"},
		{",\"key\":\"a\",\"certificate\":\"a\"",
			"authority 1: 'certificate', 'key' and 'ca' need an address with https://"},
		{",\"ca\":\"a\"", "authority 1: 'certificate', 'key' and 'ca' need an address with https://"},
		{",\"ca\":7", "authority 1: 'ca'" PATH_WORDS},
		{",\"crl\":[]", "authority 1: 'crl' must be a list of 1 to 4 addresses"},
		{",\"crl\":\"http://a\"", "authority 1: 'crl' must be a list of 1 to 4 addresses"},
		{",\"crl\":[\"http://a\",\"http://a\",\"http://a\",\"http://a\",\"http://a\"]",
			"authority 1: 'crl' must be a list of 1 to 4 addresses"},
		{",\"crl\":[\"\"]",
			"authority 1: 'crl' must be a list of addresses with http:// or https:// of at most 511 "
			"octets"},
		{",\"ocsp\":\"x\"",
			"authority 1: 'ocsp' must be empty, or an address with http:// or https:// of at most 511 "
			"octets"},
		{",\"ocsp\":null",
			"authority 1: 'ocsp' must be empty, or an address with http:// or https:// of at most 511 "
			"octets"},
		{",\"colour\":1", "authority 1: unknown field 'colour'"},
	};

	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		snprintf(text, sizeof(text), HEAD ",\"authorities\":[{\"name\":\"a\",\"url\":\"%s\",\"roots\":\"a\"}]}",
			urls[i]);
		check_bad(text, "authority 1: " URL_WORDS);
	}
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), HEAD ",\"authorities\":[" ONE "%s}]}", cases[i].fields);
		check_bad(text, cases[i].message);
	}
}

static void test_bad_lists(void)
{
	static const char *const roots[] = {"/etc/a.pem", "../a.pem", "", "a/./b", "a//b", "a\\nb"};
	static const char *const names[] = {
		"", "embedded", "Alpha", "1a", "a b", "a_b", "abcdefghijabcdefghijabcdefghijabc"};
	char text[500];

	check_bad("", "the document is empty");
	check_bad("[]", "the document is not an object");
	check_bad(HEAD "}", "the field 'authorities' is missing");
	check_bad("{\"authorities\":[]}", "the field 'schema' is missing");
	check_bad("{\"schema\":\"trialnotary/authorities/2\",\"authorities\":[]}",
		"'schema' must be 'trialnotary/authorities/1'");
	check_bad(HEAD ",\"authorities\":{}}", "'authorities' must be a list of at most 8 authorities");
	check_bad(HEAD ",\"authorities\":[],\"more\":1}", "unknown field 'more'");
	check_bad(HEAD ",\"authorities\":[],\"embedded\":0}", "'embedded' must be true or false");
	check_bad(HEAD ",\"authorities\":[],\"embedded\":false}", "without the embedded authority another is needed");
	check_bad(HEAD ",\"authorities\":[],\"wanted\":0}",
		"'wanted' must be a number from 1 to the number of authorities");
	check_bad(HEAD ",\"authorities\":[],\"wanted\":1}",
		"'wanted' must be a number from 1 to the number of authorities");
	check_bad(HEAD ",\"wanted\":2,\"authorities\":[" ONE "}]}",
		"'wanted' must be a number from 1 to the number of authorities");
	check_bad(HEAD ",\"wanted\":0,\"authorities\":[" ONE "}]}",
		"'wanted' must be a number from 1 to the number of authorities");
	check_bad(HEAD ",\"authorities\":[" ONE "}," ONE "}]}", "two authorities are called 'a'");
	check_bad(HEAD ",\"authorities\":[" ONE "},1]}", "authority 2: a value is not an object");
	check_bad(HEAD ",\"authorities\":[{\"name\":\"a\",\"url\":\"http://a\"}]}",
		"authority 1: the field 'roots' is missing");
	check_bad(
		HEAD ",\"authorities\":[1,2,3,4,5,6,7,8,9]}", "'authorities' must be a list of at most 8 authorities");
	check_bad(HEAD ",\"authorities\":[],\"authorities\":[]}",
		"line 1 column 68: duplicate object key near '\"authorities\"'");
	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		snprintf(text, sizeof(text),
			HEAD ",\"authorities\":[{\"name\":\"a\",\"url\":\"http://a\",\"roots\":\"%s\"}]}", roots[i]);
		check_bad(text, "authority 1: 'roots' must be the name of a file in the notary's folder");
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(text, sizeof(text),
			HEAD ",\"authorities\":[{\"name\":\"%s\",\"url\":\"http://a\",\"roots\":\"a\"}]}", names[i]);
		check_bad(text,
			"authority 1: 'name' must be a word of at most 32 letters a-z, digits and '-', and not "
			"'embedded'");
	}
}

/* One octet more than fits is refused, not cut. */
static void test_lengths(void)
{
	static const struct {
		const char *name, *start;
		size_t max;
	} cases[] = {{"url", "http://", 511}, {"roots", "", 255}, {"ca", "", 255}, {"user", "", 127},
		{"policy", "1.2.1", 62}};
	char value[600], text[2500];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t n = cases[i].max; n <= cases[i].max + 2; n += 2) {
			struct nt_authorities a;

			memset(value, cases[i].name[0] == 'p' ? '1' : 'a', n);
			value[n] = '\0';
			memcpy(value, cases[i].start, strlen(cases[i].start));
			/* arcs of an OID are short */
			for (size_t k = 5; cases[i].name[0] == 'p' && k < n - 1; k += 3)
				value[k] = '.';
			snprintf(text, sizeof(text),
				HEAD
				",\"authorities\":[{\"name\":\"a\",\"url\":\"%s\",\"roots\":\"%s\",\"%s\":\"%s\"%s}]}",
				i == 0 ? value : "https://a", i == 1 ? value : "a", i < 2 ? "ocsp" : cases[i].name,
				i < 2 ? "" : value, i == 3 ? ",\"password_file\":\"p\"" : "");
			if (nt_authorities_parse(vf_bytes_str(text), &a, NULL) !=
				(n == cases[i].max ? VF_OK : VF_CONFIG_SHAPE))
				CHECK_FAIL("'%s' of %zu octets", cases[i].name, n);
		}
}

static void test_file(void)
{
	struct nt_authorities a, b;
	struct vf_err err = {0};
	char folder[256];
	int fd;

	folder_make(folder);
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK_RC(nt_authorities_load(fd, &a, NULL), VF_OK);
	CHECK(a.embedded && a.n == 0);
	CHECK_RC(nt_authorities_parse(vf_bytes_str(all_text), &a, NULL), VF_OK);
	CHECK_RC(nt_authorities_store(fd, &a, NULL), VF_OK);
	CHECK_RC(nt_authorities_load(fd, &b, NULL), VF_OK);
	check_equal(&a, &b);
	/* what would not be read again is not written */
	strcpy(a.list[1].name, "alpha-1");
	CHECK_RC(nt_authorities_store(fd, &a, &err), VF_CONFIG_SHAPE);
	CHECK_RC(nt_authorities_load(fd, &b, NULL), VF_OK);
	CHECK_STR(b.list[1].name, "b");
	folder_run("printf x > %s/authorities.json", folder);
	CHECK_RC(nt_authorities_load(fd, &b, &err), VF_CONFIG_SHAPE);
	CHECK(strncmp(err.text, "'authorities.json': line 1 column 1", 35) == 0);
	folder_run("head -c 200000 /dev/zero > %s/authorities.json", folder);
	CHECK(nt_authorities_load(fd, &b, &err) != VF_OK);
	folder_run("rm %s/authorities.json && mkdir %s/authorities.json", folder, folder);
	CHECK_RC(nt_authorities_load(fd, &b, &err), VF_NO_INPUT);
	/* a link to nowhere is not 'no file' */
	folder_run("rmdir %s/authorities.json && ln -s nowhere %s/authorities.json", folder, folder);
	CHECK_RC(nt_authorities_load(fd, &b, &err), VF_NO_INPUT);
	close(fd);
	folder_remove(folder);
}

int main(void)
{
	test_defaults();
	test_all();
	test_largest();
	test_bad_fields();
	test_bad_lists();
	test_lengths();
	test_file();
	return check_done();
}

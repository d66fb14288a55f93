/* Tokens for strangers without HTTP, one thread: making one, checking it, both. P-256 and RSA-3072. */
#include "notary/tsa.h"
#include "notary/tsa_snapshot.h"
#include "notary/issue_lines.h"
#include "tests/bench/bench.h"
#include "tests/folder.h"
#include "verify/pki.h"

#define NOW INT64_C(1767225600123)

static void need(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "%s\n", what);
	exit(1);
}

static void measure(const char *key, size_t n)
{
	struct nt_tsa_snapshot *s = NULL;
	struct nt_tsa *t = NULL;
	struct nt_config config;
	struct vf_pki *pki = NULL;
	struct nt_buf *tokens = calloc(n, sizeof(*tokens));
	uint8_t serial[NT_ISSUED_SERIAL], random[NT_ISSUED_RANDOM] = {1};
	struct nt_tsa_want want = {.serial = vf_bytes(serial, sizeof(serial)), .certificate = true, .gen_ms = NOW};
	struct bench_clock began;
	char folder[256], path[300], row[64];

	need(tokens != NULL, "no memory");
	folder_make(folder);
	snprintf(path, sizeof(path), "%s/tsa", folder);
	nt_config_default(&config);
	strcpy(config.origin, "bench.example/1");
	snprintf(config.tsa_key, sizeof(config.tsa_key), "%s", key);
	need(nt_tsa_create(path, &config, NOW, NULL) == VF_OK && nt_tsa_open(path, &config, &t, NULL) == VF_OK,
		"no authority");
	need(nt_tsa_snapshot(t, &s, NULL) == VF_OK && nt_tsa_snapshot_pki(s, &pki, NULL) == VF_OK, "no snapshot");
	need(vf_digest(VF_SHA256, vf_bytes_str("data"), &want.imprint, NULL) == VF_OK, "no digest");
	for (int round = 0; round < 2; round++) { /* the first fills caches, and is not shown */
		size_t count = round ? n : 1;

		began = bench_begin();
		for (size_t i = 0; i < count; i++) {
			nt_issued_serial(i + 1, random, serial);
			nt_buf_done(&tokens[i]);
			tokens[i] = nt_buf(16384);
			need(nt_tsa_snapshot_stamp(s, &want, &tokens[i], NULL) == VF_OK, "no token");
		}
		snprintf(row, sizeof(row), "tsa_make_%s", key);
		if (round)
			bench_row(row, count, began, 0);
		began = bench_begin();
		for (size_t i = 0; i < count; i++) {
			nt_issued_serial(i + 1, random, serial);
			need(nt_tsa_snapshot_verify(s, pki, &want, nt_buf_bytes(&tokens[i]), NULL) == VF_OK,
				"a bad token");
		}
		snprintf(row, sizeof(row), "tsa_check_%s", key);
		if (round)
			bench_row(row, count, began, 0);
	}
	snprintf(row, sizeof(row), "tsa_token_%s", key);
	bench_size(row, n, (double)tokens[0].n);
	for (size_t i = 0; i < n; i++)
		nt_buf_done(&tokens[i]);
	free(tokens);
	vf_pki_free(pki);
	nt_tsa_snapshot_free(s);
	nt_tsa_free(t);
	folder_remove(folder);
}

int main(void)
{
	bench_head();
	measure("p256", 20000);
	measure("rsa3072", 1000);
	return 0;
}

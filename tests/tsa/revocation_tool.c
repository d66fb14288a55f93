/*
 * What the notary does about revocation, as a program for tests.
 *
 *   revocation_tool fetch ROOTS.pem TOKEN FOLDER [CRL-URL]...   asks; FOLDER gets NN.crl, NN.ocsp and token.tst with the CRLs in it
 *   revocation_tool splice TOKEN OUT CRL...                     puts CRLs into a token
 *
 * Prints one line for each answer and one for failures. Exit 0: it ran, 1: it was refused (the code is printed).
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "notary/revocation_fetch.h"
#include "notary/token_crls.h"
#include "tests/check.h"
#include "verify/limits.h"

static void save(const char *folder, const char *name, struct vf_bytes b)
{
	char path[600];
	FILE *f;

	snprintf(path, sizeof(path), "%s%s%s", folder, name[0] ? "/" : "", name);
	f = fopen(path, "wb");
	if (!f || fwrite(b.p, 1, b.n, f) != b.n || fclose(f) != 0) {
		perror(path);
		exit(2);
	}
}

static int refused(enum vf_rc rc, const struct vf_err *err)
{
	printf("refused %s %s\n", vf_rc_name(rc), err->text);
	return 1;
}

static int splice(struct vf_bytes token, const struct vf_bytes *crls, size_t n, const char *folder, const char *name)
{
	struct nt_buf out = nt_buf(VF_MAX_TOKEN);
	struct vf_err err = {0};
	enum vf_rc rc = nt_token_put_crls(&out, token, crls, n, &err);

	if (rc != VF_OK)
		return refused(rc, &err);
	save(folder, name, nt_buf_bytes(&out));
	nt_buf_done(&out);
	return 0;
}

static int64_t now_ms(void)
{
	return (int64_t)time(NULL) * 1000;
}

static int fetch(int n, char **arg)
{
	static struct nt_revocation_answers answers;
	static struct nt_authority authority;
	static struct vf_bytes roots, token; /* until the process ends; so pki */
	static struct vf_pki *pki;
	struct vf_bytes crls[NT_MAX_REVOCATIONS];
	struct nt_revocation_wish w = {.authority = &authority, .now = now_ms()};
	struct vf_err err = {0};
	size_t n_crls = 0;
	enum vf_rc rc;

	w.pki = pki = vf_pki_new();
	w.token = token = check_read(arg[1]);
	roots = check_read(arg[0]);
	nt_authority_default(&authority);
	authority.connect_ms = 2000;
	authority.timeout_ms = 4000;
	strcpy(authority.name, "test");
	for (int i = 3; i < n && authority.n_crl < 4; i++)
		snprintf(authority.crl[authority.n_crl++], sizeof(authority.crl[0]), "%s", arg[i]);
	nt_revocation_answers_init(&answers);
	rc = vf_pki_add_anchors(pki, 0, roots, &err);
	if (rc == VF_OK)
		rc = nt_revocation_fetch(&w, &answers, &err);
	if (rc != VF_OK)
		return refused(rc, &err);
	for (size_t i = 0; i < answers.n; i++) {
		const struct nt_revocation_answer *a = &answers.list[i];
		bool is_crl = a->revocation.kind == NT_REVOCATION_CRL;
		char name[20];

		snprintf(name, sizeof(name), "%02zu.%s", i, is_crl ? "crl" : "ocsp");
		save(arg[2], name, a->revocation.der);
		if (is_crl)
			crls[n_crls++] = a->revocation.der;
		printf("%s %s%s\n", is_crl ? "CRL" : "OCSP", a->name, a->revoked ? " revoked" : "");
	}
	if (answers.n_failed)
		printf("failed %zu: %s\n", answers.n_failed, answers.err.text);
	return splice(token, crls, n_crls, arg[2], "token.tst");
}

int main(int argc, char **argv)
{
	static struct vf_bytes token, crls[VF_MAX_CRLS];
	size_t n = 0;

	if (argc >= 5 && strcmp(argv[1], "fetch") == 0)
		return fetch(argc - 2, argv + 2);
	if (argc < 5 || strcmp(argv[1], "splice") != 0)
		return 2;
	for (int i = 4; i < argc && n < VF_MAX_CRLS; i++)
		crls[n++] = check_read(argv[i]);
	token = check_read(argv[2]);
	return splice(token, crls, n, argv[3], "");
}

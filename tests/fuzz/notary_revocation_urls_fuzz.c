/* Exercises nt_revocation_urls_read(): one certificate. */
#include "notary/revocation_urls.h"
#include "tests/fuzz/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *url, size_t room)
{
	MUST(memchr(url, '\0', room) != NULL);
	MUST(nt_url_is_plain(vf_bytes_str(url)));
	MUST(strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0);
	/* nothing that ends a line, an argument or a string */
	for (; *url; url++)
		MUST(*url > ' ' && *url < 0x7f && *url != '"' && *url != '\\');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nt_revocation_urls u;

	/* also as a bare URL */
	if (nt_url_is_plain(vf_bytes(data, size)))
		MUST(size > 7 && size <= NT_MAX_URL);
	if (nt_revocation_urls_read(vf_bytes(data, size), &u, NULL) != VF_OK)
		return 0;
	MUST(u.n_crl <= NT_MAX_CRL_URLS);
	for (size_t i = 0; i < u.n_crl; i++) {
		check(u.crl[i], sizeof(u.crl[i]));
		for (size_t k = 0; k < i; k++)
			MUST(strcmp(u.crl[i], u.crl[k]) != 0);
	}
	if (u.ocsp[0])
		check(u.ocsp, sizeof(u.ocsp));
	return 0;
}

/* Files of --cert, --crl and --ocsp, in DER or PEM: vf_held_read() of a file that is only in memory. */
#include <sys/mman.h>
#include <unistd.h>

#include "tests/fuzz/must.h"
#include "verify/hash.h"
#include "verify/held.h"
#include "verify/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is kept is there to the last octet, and each element of the kind that was asked for. */
static void check_kept(const struct vf_bytes *list, size_t n)
{
	MUST(n > 0 && n <= VF_MAX_HELD);
	for (size_t i = 0; i < n; i++) {
		MUST(list[i].n > 0);
		vf_sha256(list[i]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct vf_held held;
	char path[64];
	const char *paths[] = {path};
	struct vf_options o = {0};
	struct vf_words *const kinds[] = {&o.certs, &o.crls, &o.ocsp};
	struct vf_err err = {0};
	int fd = memfd_create("held", MFD_CLOEXEC);

	MUST(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	for (size_t i = 0; i < 3; i++) {
		o.certs = o.crls = o.ocsp = (struct vf_words){0};
		*kinds[i] = (struct vf_words){.at = paths, .n = 1};
		if (vf_held_read(&o, &held, &err) == VF_OK)
			check_kept(i == 0 ? held.certs : i == 1 ? held.crls : held.ocsp,
				i == 0 ? held.extra.n_certs : i == 1 ? held.extra.n_crls : held.extra.n_ocsp);
		else
			MUST(err.text[0] != '\0' && vf_text_is_plain(vf_bytes_str(err.text)));
		vf_held_done(&held);
	}
	close(fd);
	return 0;
}

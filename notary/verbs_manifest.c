#include "notary/verbs_compare.h"

#include <inttypes.h>
#include <sys/stat.h>

#include "notary/listing.h"
#include "notary/named_file.h"

const struct nt_option nt_manifest_options[] = {
	{"output", 'o', "FILE", "write the listing into this file, and a summary to the standard output", false, false},
	{"force", 0, NULL, "replace a listing that is there", false, false},
	{0},
};

const char nt_manifest_details[] =
	"One line a file, with its name, size and digests, in one spelling (docs/formats/listing.md): the same files\n"
	"give the same listing, in a folder, a zip, a tar or a 7z archive. Submit the listing as a document, and each\n"
	"file of it can be proven with 'trialnotary compare'. Archives inside archives are not opened.";

static VF_RC print(void *ctx, struct vf_bytes piece, struct vf_err *reterr)
{
	struct nt_cli *cli = ctx;

	nt_buf_put(&cli->text, piece);
	if (cli->text.n > 65536)
		nt_cli_flush(cli);
	return nt_buf_check(&cli->text, reterr);
}

static VF_RC collect(void *ctx, struct vf_bytes piece, struct vf_err *reterr)
{
	nt_buf_put(ctx, piece);
	return nt_buf_check(ctx, reterr);
}

static VF_RC write_file(const struct nt_cli *cli, const char *path, const struct nt_listing *l, struct vf_err *reterr)
{
	static const struct nt_named_kind kind = {"listing", 0, NT_LISTING_FIRST_LINE};
	VF_CLEANUP(nt_buf_done) struct nt_buf text = nt_buf(NT_LISTING_MAX + 1024);
	bool force = nt_cli_has(cli, "force");
	enum vf_rc rc = nt_named_check(path, &kind, force, reterr);

	if (rc == VF_OK)
		rc = nt_listing_write(l, collect, &text, reterr);
	return rc == VF_OK ? nt_named_write(path, &kind, force, 0644, nt_buf_bytes(&text), reterr) : rc;
}

/* The members as they stand in the listing: its lines are JSON. */
static void put_members(struct nt_cli *cli, const struct nt_listing *l)
{
	nt_buf_put_str(&cli->text, ",\"files\":[");
	for (size_t i = 0; i < l->n; i++) {
		if (i > 0)
			nt_buf_put_u8(&cli->text, ',');
		nt_buf_put(&cli->text, vf_bytes(l->lines.p + l->members[i].at, l->members[i].n));
		if (cli->text.n > 65536)
			nt_cli_flush(cli);
	}
	nt_buf_put_u8(&cli->text, ']');
}

static VF_RC put_summary(struct nt_cli *cli, const struct nt_listing *l, struct vf_err *reterr)
{
	struct vf_pair digests;
	enum vf_rc rc = nt_listing_digest(l, &digests, reterr);

	if (rc != VF_OK)
		return rc;
	if (cli->json) {
		nt_cli_begin(cli);
		nt_buf_putf(&cli->text, ",\"members\":%zu,\"size\":%" PRIu64, l->n, l->size);
		nt_cli_hex_field(&cli->text, "sha256", vf_bytes(digests.sha256.b, 32));
		nt_cli_hex_field(&cli->text, "sha512", vf_bytes(digests.sha512.b, 64));
		if (!nt_cli_has(cli, "output"))
			put_members(cli, l);
		nt_buf_put_str(&cli->text, "}\n");
		return VF_OK;
	}
	nt_buf_putf(&cli->text, "%zu members of %" PRIu64 " octets\n  sha256  ", l->n, l->size);
	nt_buf_put_hex(&cli->text, vf_bytes(digests.sha256.b, 32));
	nt_buf_put_str(&cli->text, "\n  sha512  ");
	nt_buf_put_hex(&cli->text, vf_bytes(digests.sha512.b, 64));
	nt_buf_put_u8(&cli->text, '\n');
	return VF_OK;
}

VF_RC nt_verb_manifest(struct nt_cli *cli, struct vf_err *reterr)
{
	const char *output = nt_cli_get(cli, "output");
	struct nt_listing l = {0};
	struct stat st;
	bool is_folder = stat(cli->args[0], &st) == 0 && S_ISDIR(st.st_mode);
	enum vf_rc rc = is_folder ? nt_listing_of_folder(cli->args[0], &l, reterr) : nt_listing_of_archive(cli->args[0], &l, reterr);

	if (rc == VF_OK && output)
		rc = write_file(cli, output, &l, reterr);
	if (rc == VF_OK)
		rc = output || cli->json ? put_summary(cli, &l, reterr) : nt_listing_write(&l, print, cli, reterr);
	nt_listing_done(&l);
	return rc;
}

/* Files of the command line, hashed with progress: for submit, and for hash itself. */
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "notary/progress.h"
#include "notary/submit_facts.h"
#include "notary/verbs_submit.h"
#include "verify/text.h"

void nt_gathered_done(struct nt_gathered *g)
{
	if (g->jobs)
		nt_hash_jobs_done(g->jobs, g->files.n);
	free(g->jobs);
	free(g->documents);
	free(g->canonical_path);
	nt_files_done(&g->files);
}

static VF_RC no_files(const char *path, struct vf_err *reterr)
{
	char shown[160];

	vf_text_escape(shown, sizeof(shown), vf_bytes_str(path));
	return vf_fail(reterr, VF_NO_INPUT, "folder '%s' holds no files", shown);
}

/* What a folder holds beside its documents to describe them; a sidecar file that is named itself is a document. */
static size_t drop_sidecars(struct nt_files *f, size_t from)
{
	size_t kept = from;

	for (size_t i = from; i < f->n; i++) {
		if (nt_is_sidecar(f->files[i].path))
			free(f->files[i].path);
		else
			f->files[kept++] = f->files[i];
	}
	from = f->n - kept;
	f->n = kept;
	return from;
}

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

VF_RC nt_gather(struct nt_gathered *g, const char *const *paths, size_t n, bool sidecars, struct vf_err *reterr)
{
	for (size_t i = 0; i < n; i++) {
		size_t before = g->files.n;
		enum vf_rc rc = nt_files_add(&g->files, paths[i], reterr);

		if (rc == VF_OK && sidecars && is_folder(paths[i]))
			g->n_sidecars += drop_sidecars(&g->files, before);
		if (rc == VF_OK && g->files.n == before)
			rc = no_files(paths[i], reterr);
		if (rc != VF_OK)
			return rc;
	}
	nt_files_sort(&g->files);
	g->jobs = calloc(g->files.n + 1, sizeof(*g->jobs));
	g->documents = calloc(g->files.n + 1, sizeof(*g->documents));
	if (!g->jobs || !g->documents)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for %zu files", g->files.n);
	for (size_t i = 0; i < g->files.n; i++) {
		struct stat st;

		if (lstat(g->files.files[i].path, &st) == 0 && st.st_size > 0)
			g->bytes += (uint64_t)st.st_size;
		g->jobs[i].path = g->files.files[i].path;
		g->documents[i].name = vf_bytes_str(g->files.files[i].name);
		g->documents[i].path = vf_bytes_str(g->files.files[i].path);
	}
	return VF_OK;
}

/* ---- hashing with progress ---- */

static void write_progress(void *ctx, struct vf_bytes text)
{
	const struct nt_cli *cli = ctx;

	cli->out->write(cli->out->ctx, 2, text);
}

static void show_progress(void *ctx, uint64_t files, uint64_t bytes)
{
	nt_progress_at(ctx, files, bytes, nt_cli_ticks());
}

VF_RC nt_gathered_hash(struct nt_cli *cli, struct nt_gathered *g, unsigned threads, struct vf_err *reterr)
{
	struct nt_progress progress;
	struct nt_hashing how = {.threads = threads, .progress = show_progress, .progress_ctx = &progress};
	enum vf_rc rc;

	nt_progress_init(&progress, "hashing", g->files.n, g->bytes, nt_cli_ticks(),
		cli->out->terminal && !cli->quiet ? write_progress : NULL, cli);
	rc = nt_hash_files(g->jobs, g->files.n, &how, reterr);
	nt_progress_done(&progress);
	for (size_t i = 0; i < g->files.n; i++) {
		if (g->jobs[i].fault && g->files.n > 1)
			nt_cli_detail(cli, "%s: %s", vf_rc_name(g->jobs[i].rc), g->jobs[i].fault);
		g->documents[i].digests = g->jobs[i].digests;
		g->documents[i].size = g->jobs[i].size;
	}
	return rc;
}

VF_RC nt_verb_hash(struct nt_cli *cli, struct vf_err *reterr)
{
	struct nt_gathered g = {0};
	enum vf_rc rc = nt_gather(&g, cli->args, cli->n_args, false, reterr);

	if (rc == VF_OK)
		rc = nt_gathered_hash(cli, &g, 0, reterr);
	if (rc == VF_OK && cli->json) {
		nt_cli_begin(cli);
		nt_buf_put_str(&cli->text, ",\"files\":[");
	}
	for (size_t i = 0; rc == VF_OK && i < g.files.n; i++) {
		const struct nt_submit_file *d = &g.documents[i];

		if (cli->json) {
			nt_buf_put_str(&cli->text, i > 0 ? ",{\"name\":" : "{\"name\":");
			nt_cli_put_json(&cli->text, d->name);
			nt_buf_putf(&cli->text, ",\"size\":%" PRIu64, d->size);
			nt_cli_hex_field(&cli->text, "sha256", vf_bytes(d->digests.sha256.b, 32));
			nt_cli_hex_field(&cli->text, "sha512", vf_bytes(d->digests.sha512.b, 64));
			nt_buf_put_u8(&cli->text, '}');
			continue;
		}
		nt_cli_put_text(&cli->text, d->name);
		nt_buf_putf(&cli->text, "\n  size    %" PRIu64 "\n  sha256  ", d->size);
		nt_verb_put_id(&cli->text, &d->digests.sha256);
		nt_buf_put_str(&cli->text, "\n  sha512  ");
		nt_buf_put_hex(&cli->text, vf_bytes(d->digests.sha512.b, 64));
		nt_buf_put_u8(&cli->text, '\n');
	}
	if (rc == VF_OK && cli->json)
		nt_buf_put_str(&cli->text, "]}\n");
	nt_gathered_done(&g);
	return rc;
}

/* Trees of rows: the examples of docs/formats byte by byte, every choice of rows, rows across what is read at once, limits. */
#include "notary/rows_tree.h"

#include <unistd.h>

#include "tests/check.h"

#define EXAMPLES "docs/formats/examples/"

static int file_of(struct vf_bytes text)
{
	char path[] = "/tmp/trialnotary-rows-XXXXXX";
	int fd = mkstemp(path);

	if (fd < 0 || unlink(path) != 0)
		exit(1);
	while (text.n > 0) {
		ssize_t put = write(fd, text.p, text.n);

		if (put <= 0)
			exit(1);
		text = vf_bytes(text.p + put, text.n - (size_t)put);
	}
	return fd;
}

static struct vf_hash secret_of_examples(void)
{
	struct vf_hash secret;

	if (!vf_hex_read(vf_bytes(check_example(EXAMPLES "rows-secret").p, 64), secret.b, 32))
		exit(1);
	return secret;
}

static struct vf_rows make(int fd, const char *unit, const struct vf_hash *secret, enum vf_rc want)
{
	struct vf_rows rows = {.document = vf_bytes_str("ae.csv"), .unit = vf_bytes_str(unit)};
	struct tr_unit u = {0};
	struct vf_hash sha256;

	CHECK_RC(tr_unit_read(vf_bytes_str(unit), &u, NULL), VF_OK);
	CHECK_RC(nt_rows_make(fd, &u, secret, &rows, &sha256, NULL), want);
	return rows;
}

static enum vf_rc put(int fd, const struct vf_rows *rows, const struct vf_hash *secret, enum vf_alg alg,
	struct nt_row_range *ranges, size_t n, struct nt_buf *out)
{
	struct nt_excerpt x = {.secret = *secret, .member = vf_bytes_str("rows-001.json"), .rows = rows, .alg = alg,
		.ranges = ranges, .n_ranges = n};
	struct vf_hash record = vf_sha256(vf_bytes_str("example record of rows"));

	x.record = record;
	nt_buf_reset(out);
	return nt_excerpt_put(fd, &x, out, NULL);
}

/* What docs/formats/examples/make.py wrote from the format document alone. */
static void test_examples(void)
{
	struct vf_hash secret = secret_of_examples(), sha256, whole;
	struct vf_bytes table = check_example(EXAMPLES "ae.csv");
	struct vf_rows rows = {.document = vf_bytes_str("ae.csv"), .unit = vf_bytes_str("csv")};
	struct tr_unit u = {.kind = TR_UNIT_CSV};
	struct nt_buf text = nt_buf(1 << 16);
	struct nt_row_range some[] = {{3, 3}, {2, 2}, {2, 3}}, all[] = {{0, 4}};
	int fd = file_of(table);

	CHECK_RC(nt_rows_make(fd, &u, &secret, &rows, &sha256, NULL), VF_OK);
	whole = vf_sha256(table);
	CHECK(vf_hash_eq(&sha256, &whole));
	CHECK_RC(nt_rows_put(&rows, &text, NULL), VF_OK);
	CHECK_BYTES(nt_buf_bytes(&text), check_example(EXAMPLES "rows-001.json"));
	CHECK_RC(put(fd, &rows, &secret, VF_SHA256, some, 3, &text), VF_OK);
	CHECK_BYTES(nt_buf_bytes(&text), check_example(EXAMPLES "excerpt"));
	CHECK_RC(put(fd, &rows, &secret, VF_SHA512, all, 1, &text), VF_OK);
	CHECK_BYTES(nt_buf_bytes(&text), check_example(EXAMPLES "excerpt-sha512"));
	close(fd);
	nt_buf_done(&text);
}

/* nt_excerpt_put() checks what it wrote; here that it shows what was asked for, for every choice of rows of small files. */
static void test_choices(void)
{
	static const char letters[] = "a\nb\nc\nd\ne\nf\ng\nh\n";
	struct vf_hash secret = {{9}};
	struct nt_buf text = nt_buf(1 << 16);

	for (uint32_t count = 1; count <= 7; count++) {
		int fd = file_of(vf_bytes(letters, 2 * count));
		struct vf_rows rows = make(fd, "line", &secret, VF_OK);

		CHECK_INT(rows.count, count);
		for (uint32_t choice = 1; choice < UINT32_C(1) << count; choice++) {
			struct nt_row_range ranges[8];
			struct vf_excerpt e;
			struct vf_excerpt_row row;
			uint32_t seen = 0;
			size_t n = 0;

			for (uint32_t i = count; i-- > 0;)
				if (choice >> i & 1)
					ranges[n++] = (struct nt_row_range){i, i};
			CHECK_RC(put(fd, &rows, &secret, VF_SHA256, ranges, n, &text), VF_OK);
			CHECK_RC(vf_excerpt_parse(nt_buf_bytes(&text), &e, NULL), VF_OK);
			while (vf_excerpt_next(&e.lines, &row)) {
				CHECK(row.text.n > 0 && row.text.p[0] == "abcdefgh"[row.row]);
				seen |= UINT32_C(1) << row.row;
			}
			CHECK_INT(seen, choice);
		}
		close(fd);
	}
	nt_buf_done(&text);
}

/* Rows of odd lengths across the 1 MiB that are read at once, and a row as large as can be. */
static void test_large(void)
{
	size_t n = 0, cap = 5u << 20, count = 0;
	uint8_t *text = malloc(cap);
	struct vf_hash secret = {{7}};
	struct nt_row_range last[1];
	struct nt_buf out = nt_buf(VF_MAX_EXCERPT);
	struct vf_rows rows;
	int fd;

	if (!text)
		exit(1);
	memset(text, 'x', cap);
	while (n + 70000 < cap - VF_MAX_ROW) {
		n += 1 + count * 7919 % 70000;
		text[n - 1] = '\n';
		count++;
	}
	text[n + VF_MAX_ROW - 1] = '\n';
	fd = file_of(vf_bytes(text, n + VF_MAX_ROW));
	rows = make(fd, "line", &secret, VF_OK);
	CHECK_INT(rows.count, count + 1);
	last[0] = (struct nt_row_range){count, count};
	CHECK_RC(put(fd, &rows, &secret, VF_SHA256, last, 1, &out), VF_OK);
	close(fd);
	/* one octet more */
	text[n + VF_MAX_ROW - 1] = 'x';
	text[n + VF_MAX_ROW] = '\n';
	fd = file_of(vf_bytes(text, n + VF_MAX_ROW + 1));
	make(fd, "line", &secret, VF_LIMIT);
	close(fd);
	free(text);
	nt_buf_done(&out);
}

static void test_refusals(void)
{
	struct vf_hash secret = {{1}}, other = {{2}};
	struct nt_buf out = nt_buf(1 << 16);
	struct nt_row_range r[1] = {{0, 0}};
	int fd = file_of(vf_bytes_str("a\nb\nc\n")), more = file_of(vf_bytes_str("a\nb\nc\nd\n")), changed = file_of(vf_bytes_str("a\nb\nC\n")),
	    none = file_of(vf_bytes(NULL, 0));
	struct vf_rows rows = make(fd, "line", &secret, VF_OK);

	make(none, "line", &secret, VF_USAGE);
	CHECK_RC(put(fd, &rows, &secret, VF_SHA256, r, 0, &out), VF_USAGE);
	CHECK_RC(put(fd, &rows, &secret, VF_SHA256, (struct nt_row_range[]){{1, 3}}, 1, &out), VF_USAGE);
	CHECK_RC(put(fd, &rows, &secret, VF_SHA256, (struct nt_row_range[]){{2, 1}}, 1, &out), VF_USAGE);
	CHECK_RC(put(fd, &rows, &secret, VF_SHA256, r, 1, &out), VF_OK);
	/* another secret, another document, more rows, fewer rows */
	CHECK_RC(put(fd, &rows, &other, VF_SHA256, r, 1, &out), VF_EXCERPT_MISMATCH);
	CHECK_RC(put(changed, &rows, &secret, VF_SHA256, r, 1, &out), VF_EXCERPT_MISMATCH);
	CHECK_RC(put(more, &rows, &secret, VF_SHA256, r, 1, &out), VF_EXCERPT_MISMATCH);
	rows = make(more, "line", &secret, VF_OK);
	CHECK_RC(put(fd, &rows, &secret, VF_SHA256, r, 1, &out), VF_EXCERPT_MISMATCH);
	close(fd);
	close(more);
	close(changed);
	close(none);
	nt_buf_done(&out);
}

int main(void)
{
	test_examples();
	test_choices();
	test_large();
	test_refusals();
	return check_done();
}

/* Walks over versions find what the question about two records finds, however the links lie. */
#include "trial/rules/chain.h"

#include "trial/rules/study.h"

#include "tests/check.h"

#define RECORDS 80
#define LINKS 3

static struct tr_case_record records[RECORDS];
static struct tr_link links[RECORDS][LINKS];
static bool after[RECORDS][RECORDS]; /* the first comes after the second */
static uint32_t state;

static size_t next(size_t n)
{
	state = state * 1664525 + 1013904223;
	return (state >> 8) % n;
}

/* Each record supersedes up to two of the few before it; some links lead nowhere, are of another type, or lead on and back. */
static void make(uint32_t seed, size_t few, size_t each, bool with_loops)
{
	state = seed;
	for (size_t i = 0; i < RECORDS; i++) {
		uint8_t name[2] = {(uint8_t)i, (uint8_t)seed};

		records[i] = (struct tr_case_record){.id = vf_sha256(vf_bytes(name, sizeof(name))), .kind = TR_CONSENT_FORM, .index = i, .links = links[i]};
	}
	for (size_t i = 1; i < RECORDS; i++)
		for (size_t j = 0; j < 1 + next(each); j++) {
			size_t to = with_loops && next(20) == 0 ? next(RECORDS) : i - 1 - next(i < few ? i : few);

			links[i][records[i].n_links++] = (struct tr_link){next(30) ? TR_SUPERSEDES : TR_USES, records[to].id};
			if (next(40) == 0)
				links[i][0].record = vf_sha256(vf_bytes_str("nowhere"));
		}
}

static bool has(const struct tr_chain *ch, const struct tr_case_record *r)
{
	for (size_t i = 0; i < ch->n; i++)
		if (ch->found[i] == r)
			return true;
	return false;
}

/* How many records say otherwise, and how many are not followed to all ends. */
static size_t differ(size_t *ret_cut)
{
	struct tr_case c = {.records = records, .n_records = RECORDS};
	struct tr_chain ch;
	struct vf_err err;
	size_t wrong = 0;

	*ret_cut = 0;
	CHECK_RC(tr_case_index(&c, &err), VF_OK);
	CHECK_RC(tr_chain_init(&ch, &c, &err), VF_OK);
	for (size_t i = 0; i < RECORDS; i++)
		for (size_t j = 0; j < RECORDS; j++)
			after[i][j] = tr_study_comes_after(&c, &records[i], &records[j]);
	for (size_t i = 0; i < RECORDS; i++) {
		*ret_cut += ch.follows_all[i] ? 0 : 1;
		tr_chain_after(&ch, &records[i]);
		for (size_t j = 0; j < RECORDS; j++)
			wrong += has(&ch, &records[j]) != after[j][i];
		tr_chain_before(&ch, &records[i]);
		for (size_t j = 0; j < RECORDS; j++)
			wrong += has(&ch, &records[j]) != after[i][j];
	}
	tr_chain_done(&ch);
	tr_case_index_done(&c);
	return wrong;
}

/* A line of versions: those 64 steps away are found, further ones are not. */
static void test_line(void)
{
	size_t cut;

	make(1, 1, 1, false);
	CHECK_INT(differ(&cut), 0);
	CHECK_INT(cut, 0);
}

static void test_ways(void)
{
	size_t cut, any = 0;

	for (uint32_t seed = 0; seed < 6; seed++) {
		make(seed, 2 + seed % 4, 2, seed % 3 == 0);
		CHECK_INT(differ(&cut), 0);
		any += cut;
	}
	CHECK(any > 0);
}

int main(void)
{
	test_line();
	test_ways();
	return check_done();
}

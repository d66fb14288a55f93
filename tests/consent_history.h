/*
 * Histories of consents in one line, for tests:
 *
 *   F1=form adult participation,future; A1=approval F1 2026-01-10; C1=consent F1 2026-03-04 participation
 * future-; W1=withdrawal C1 2026-05-01 future
 *
 * A record's ID is the SHA-256 of its name. Words that may follow in any order:
 *   protocol    supersedes:P0
 *   form        POPULATION OFFERED,... supersedes:F0 uses:P1 all days:30 by:DATE
 *   approval    FORM [DATE] until:DATE committee:NAME rejected withdrawn
 *   consent     FORM TIME NAME[-][@FROM][~UNTIL][=DELEGATE][/PURPOSE]... role:parent
 *   withdrawal  CONSENT [TIME] [NAME...]
 *   grant       TO PURPOSE [FROM] until:DATE
 *   all         sealed:TIME of:OTHER (another participant)
 */
#ifndef TESTS_CONSENT_HISTORY_H
#define TESTS_CONSENT_HISTORY_H

#include "trial/consent.h"

#include "tests/check.h"

#define HISTORY_MAX 64
#define HISTORY_PERMISSIONS 8

struct history {
	char text[2048];
	const char *names[HISTORY_MAX];
	struct tr_consent_fact all[HISTORY_MAX], study[HISTORY_MAX], own[HISTORY_MAX];
	size_t n, n_study, n_own;
	struct tr_consent_permission permissions[HISTORY_MAX][HISTORY_PERMISSIONS];
	struct tr_link links[HISTORY_MAX][4];
};

static inline struct vf_hash history_id(const char *name)
{
	return vf_sha256(vf_bytes_str(name));
}

static inline struct tr_when history_span(const char *text)
{
	struct tr_when s;

	if (!tr_when_read(vf_bytes_str(text), &s)) {
		fprintf(stderr, "no time: %s\n", text);
		exit(1);
	}
	return s;
}

static inline int64_t history_instant(const char *text)
{
	struct tr_when s = history_span(text);

	if (s.lo != s.hi) {
		fprintf(stderr, "no instant: %s\n", text);
		exit(1);
	}
	return s.lo;
}

static inline enum tr_voice history_voice(const char *word)
{
	if (strcmp(word, "adult") == 0 || strcmp(word, "participant") == 0)
		return TR_ADULT;
	if (strcmp(word, "parent") == 0)
		return TR_PARENT;
	return strcmp(word, "assent") == 0 ? TR_ASSENT : TR_REPRESENTATIVE;
}

static inline void history_link(
	struct history *h, struct tr_consent_fact *f, enum tr_link_type type, const char *name)
{
	struct tr_link *l = h->links[f - h->all];

	l[f->n_links++] = (struct tr_link){type, history_id(name)};
	f->links = l;
}

static inline void history_permission(struct history *h, struct tr_consent_fact *f, char *word)
{
	struct tr_consent_permission *p = &h->permissions[f - h->all][f->n_permissions++];
	char *at;

	f->permissions = h->permissions[f - h->all];
	*p = (struct tr_consent_permission){.granted = true, .from = tr_when_none(), .until = tr_when_none()};
	if ((at = strchr(word, '/')) != NULL) {
		*at = '\0';
		p->purpose = vf_bytes_str(at + 1);
	}
	if ((at = strchr(word, '=')) != NULL) {
		*at = '\0';
		p->delegate = vf_bytes_str(at + 1);
	}
	if ((at = strchr(word, '~')) != NULL) {
		*at = '\0';
		p->until = history_span(at + 1);
	}
	if ((at = strchr(word, '@')) != NULL) {
		*at = '\0';
		p->from = history_span(at + 1);
	}
	if (*word && word[strlen(word) - 1] == '-') {
		word[strlen(word) - 1] = '\0';
		p->granted = false;
	}
	p->name = vf_bytes_str(word);
}

static inline bool history_after(const char *word, const char *prefix, const char **ret)
{
	if (strncmp(word, prefix, strlen(prefix)) != 0)
		return false;
	*ret = word + strlen(prefix);
	return true;
}

/* The words that many kinds know. */
static inline bool history_common(struct history *h, struct tr_consent_fact *f, const char *word)
{
	const char *v;

	if (history_after(word, "sealed:", &v))
		f->sealed = history_instant(v);
	else if (history_after(word, "of:", &v))
		f->participant = history_id(v);
	else if (history_after(word, "supersedes:", &v))
		history_link(h, f, TR_SUPERSEDES, v);
	else if (history_after(word, "uses:", &v))
		history_link(h, f, TR_USES, v);
	else if (history_after(word, "until:", &v))
		f->until = history_span(v);
	else if (history_after(word, "committee:", &v))
		f->party = vf_bytes_str(v);
	else if (history_after(word, "role:", &v))
		f->voice = history_voice(v);
	else if (history_after(word, "days:", &v))
		f->reconsent.days = strtoull(v, NULL, 10);
	else if (history_after(word, "by:", &v))
		f->reconsent.by = history_span(v);
	else if (strcmp(word, "all") == 0)
		f->reconsent.all = true;
	else if (strcmp(word, "rejected") == 0)
		f->opinion = TR_REJECTED;
	else if (strcmp(word, "withdrawn") == 0)
		f->opinion = TR_APPROVAL_WITHDRAWN;
	else
		return false;
	return true;
}

static inline bool history_is_date(const char *word)
{
	return word[0] >= '0' && word[0] <= '9';
}

/* The at-th word of its own. */
static inline void history_word(struct history *h, struct tr_consent_fact *f, size_t at, char *word)
{
	char *save = NULL;

	switch (f->kind) {
	case TR_FACT_FORM:
		if (at == 0)
			f->voice = history_voice(word);
		else
			for (word = strtok_r(word, ",", &save); word; word = strtok_r(NULL, ",", &save))
				history_permission(h, f, word);
		return;
	case TR_FACT_APPROVAL:
		if (at == 0)
			history_link(h, f, TR_APPROVES, word);
		else
			f->when = history_span(word);
		return;
	case TR_FACT_CONSENT:
	case TR_FACT_WITHDRAWAL:
		if (at == 0)
			f->about = history_id(word);
		else if (history_is_date(word))
			f->when = history_span(word);
		else
			history_permission(h, f, word);
		return;
	case TR_FACT_GRANT:
		if (at == 0)
			f->party = vf_bytes_str(word);
		else if (history_is_date(word))
			f->when = history_span(word);
		else
			f->purpose = vf_bytes_str(word);
		return;
	case TR_FACT_NONE:
	case TR_FACT_PROTOCOL:
	case TR_FACT_EVENT:
		break;
	}
	fprintf(stderr, "no word for this: %s\n", word);
	exit(1);
}

static inline enum tr_fact_kind history_kind(const char *word)
{
	static const char *const names[TR_FACT_KIND_COUNT] = {
		"", "protocol", "form", "approval", "consent", "withdrawal", "grant", "event"};

	for (unsigned k = 1; k < TR_FACT_KIND_COUNT; k++)
		if (strcmp(names[k], word) == 0)
			return (enum tr_fact_kind)k;
	fprintf(stderr, "no kind: %s\n", word);
	exit(1);
}

static inline void history_fact(struct history *h, char *line)
{
	struct tr_consent_fact *f = &h->all[h->n];
	char *save = NULL, *word = strtok_r(line, " ", &save), *eq;
	size_t at = 0;

	if (!word)
		return;
	eq = strchr(word, '=');
	if (!eq || h->n == HISTORY_MAX)
		exit(1);
	*eq = '\0';
	memset(f, 0, sizeof(*f));
	h->names[h->n] = word;
	f->id = history_id(word);
	f->index = h->n;
	f->sealed = VF_TIME_NONE;
	f->kind = history_kind(eq + 1);
	f->when = f->until = f->reconsent.by = tr_when_none();
	f->reconsent.days = TR_NO_DAYS;
	if (f->kind == TR_FACT_CONSENT)
		f->voice = TR_ADULT;
	if (f->kind == TR_FACT_APPROVAL)
		f->opinion = TR_APPROVED;
	f->participant = history_id("P");
	h->n++;
	while ((word = strtok_r(NULL, " ", &save)) != NULL)
		if (!history_common(h, f, word))
			history_word(h, f, at++, word);
	if (f->kind < TR_FACT_CONSENT)
		h->study[h->n_study++] = *f;
	else
		h->own[h->n_own++] = *f;
}

static inline void history_make(struct history *h, const char *text)
{
	char *save = NULL;

	memset(h, 0, sizeof(*h));
	snprintf(h->text, sizeof(h->text), "%s", text);
	for (char *line = strtok_r(h->text, ";", &save); line; line = strtok_r(NULL, ";", &save))
		history_fact(h, line);
}

static inline const char *history_name(const struct history *h, const struct vf_hash *id)
{
	for (size_t i = 0; i < h->n; i++)
		if (vf_hash_eq(&h->all[i].id, id))
			return h->names[i];
	return "?";
}

static inline struct tr_consent_view history_view(const struct history *h, const char *at)
{
	return (struct tr_consent_view){
		{h->study, h->n_study}, {h->own, h->n_own}, history_id("P"), history_span(at)};
}

#endif

#include "tests/rules/case_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "verify/text.h"

#define MAX_RECORDS 400
#define MAX_FILES 16
#define MAX_LINKS 64

static const char *at_path;
static unsigned at_line;

static void __attribute__((noreturn, format(printf, 1, 2))) wrong(const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "%s:%u: ", at_path, at_line);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(2);
}

static struct vf_bytes keep(struct case_text *t, const char *text)
{
	struct vf_bytes ret;

	if (!vf_arena_copy(&t->a, vf_bytes_str(text), &ret))
		wrong("no room");
	return ret;
}

static struct vf_hash id_of(const char *name)
{
	return vf_sha256(vf_bytes_str(name));
}

static int64_t time_of(const char *text)
{
	int64_t ms;

	if (!vf_time_read(vf_bytes_str(text), &ms))
		wrong("'%s' is not a time like 2026-03-02T14:07:31Z", text);
	return ms;
}

/* "@name" becomes the hex digits of the record of that name. */
static struct vf_bytes with_ids(struct case_text *t, const char *text)
{
	char out[16384], name[128];
	size_t n = 0;

	while (*text && n + 65 < sizeof(out)) {
		size_t k = strcspn(text + 1, "\",]} ");

		if (*text != '@' || k == 0 || k >= sizeof(name)) {
			out[n++] = *text++;
			continue;
		}
		snprintf(name, sizeof(name), "%.*s", (int)k, text + 1);
		vf_hex_put(out + n, vf_bytes(id_of(name).b, 32));
		n += 64;
		text += 1 + k;
	}
	out[n] = '\0';
	return keep(t, out);
}

/* The next word of the line; what follows it begins behind one blank. */
static char *word(char **line)
{
	char *w = *line + strspn(*line, " \t"), *end = w + strcspn(w, " \t");

	*line = *end ? end + 1 : end;
	*end = '\0';
	return w;
}

static void set_value(struct case_text *t, struct tr_case_record *r, const char *key, const char *value)
{
	if (strcmp(key, "version") == 0)
		r->version = keep(t, value);
	else if (strcmp(key, "date") == 0)
		r->date = keep(t, value);
	else if (strcmp(key, "title") == 0)
		r->title = keep(t, value);
	else if (strcmp(key, "anchored") == 0)
		r->anchored = strcmp(value, "no") == 0 ? VF_TIME_NONE : time_of(value);
	else if (strcmp(key, "index") == 0)
		r->index = strcmp(value, "none") == 0 ? UINT64_MAX : strtoull(value, NULL, 10);
	else if (strcmp(key, "stream") == 0)
		r->stream = id_of(value);
	else if (strcmp(key, "seq") == 0)
		r->seq = strtoull(value, NULL, 10);
	else if (strcmp(key, "signer") == 0)
		r->signer = keep(t, value);
	else if (strcmp(key, "meaning") == 0)
		r->meaning = keep(t, value);
	else if (strcmp(key, "kind") == 0)
		r->own_kind = keep(t, value);
	else if (strcmp(key, "erased") == 0)
		r->is_erased = strcmp(value, "yes") == 0;
	else if (strcmp(key, "withheld") == 0)
		r->is_withheld = strcmp(value, "yes") == 0;
	else
		wrong("a record has no '%s'", key);
}

/* record NAME KIND [key=value]...; a value has no blanks, '_' stands for one in a title. */
static void read_record(struct case_text *t, char *line)
{
	struct tr_case_record *r = &t->c.records[t->c.n_records];
	char *name = word(&line), *kind = word(&line), *w, *value;

	if (t->c.n_records == MAX_RECORDS)
		wrong("too many records");
	*r = (struct tr_case_record){.id = id_of(name), .index = t->c.n_records, .anchored = VF_TIME_NONE, .in_stream = true};
	r->stream = id_of("stream");
	r->seq = t->c.n_records;
	r->kind = tr_kind_of(vf_bytes_str(kind));
	if (r->kind == TR_KIND_NONE)
		wrong("no kind '%s'", kind);
	r->files = VF_NEW(&t->a, MAX_FILES, struct tr_case_file);
	r->links = VF_NEW(&t->a, MAX_LINKS, struct tr_link);
	if (!r->files || !r->links)
		wrong("no room");
	t->c.n_records++;
	while (*(w = word(&line))) {
		value = strchr(w, '=');
		if (!value)
			wrong("'%s' has no '='", w);
		*value++ = '\0';
		set_value(t, r, w, value);
	}
}

static struct tr_case_record *last_record(struct case_text *t)
{
	if (t->c.n_records == 0)
		wrong("no record yet");
	return &t->c.records[t->c.n_records - 1];
}

static void read_link(struct case_text *t, char *line)
{
	struct tr_case_record *r = last_record(t);
	char *type = word(&line), *name = word(&line);
	/* the table is this file's own */
	struct tr_link *l = (struct tr_link *)(uintptr_t)&r->links[r->n_links];

	l->type = tr_link_find(vf_bytes_str(type));
	if (l->type == TR_LINK_NONE || r->n_links == MAX_LINKS)
		wrong("no link '%s'", type);
	l->record = id_of(name);
	r->n_links++;
}

static void read_details(struct case_text *t, const char *line)
{
	struct tr_case_record *r = last_record(t);
	struct tr_facts *facts = VF_NEW(&t->a, 1, struct tr_facts);
	const struct tr_schema *rules;
	char pointer[TR_POINTER_MAX];
	struct vf_err err = {0};
	struct vf_bytes json = with_ids(t, line), made;
	struct tr_details_draft d = {.kind = r->kind, .json = json};

	if (!facts || tr_rulebook_get(&t->book, r->kind, &rules, &err) != VF_OK)
		wrong("details: %s", err.text);
	d.rules = rules;
	if (tr_details_make(&d, &t->a, &made, pointer, &err) != VF_OK ||
		tr_details_read(r->kind, rules, made, &t->a, facts, pointer, &err) != VF_OK)
		wrong("details: %s", err.text);
	r->details = facts;
	r->details_json = made;
}

static struct tr_case_file *last_file(struct case_text *t)
{
	struct tr_case_record *r = last_record(t);

	if (r->n_files == 0)
		wrong("no file yet");
	return &r->files[r->n_files - 1];
}

/* file NAME [absent] [sha256=text] */
static void read_file(struct case_text *t, char *line)
{
	struct tr_case_record *r = last_record(t);
	struct tr_case_file *f = &r->files[r->n_files];
	char *w = word(&line);

	if (r->n_files == MAX_FILES)
		wrong("too many files");
	*f = (struct tr_case_file){.name = keep(t, w), .sha256 = id_of(w), .at_hand = true, .size = 1};
	r->n_files++;
	while (*(w = word(&line))) {
		if (strcmp(w, "absent") == 0)
			f->at_hand = false;
		else if (strncmp(w, "sha256=", 7) == 0)
			f->sha256 = id_of(w + 7);
		else if (strncmp(w, "size=", 5) == 0)
			f->size = strtoull(w + 5, NULL, 10);
		else if (strncmp(w, "md5=", 4) == 0)
			snprintf(f->md5, sizeof(f->md5), "%s", w + 4);
		else if (strcmp(w, "parse-error") == 0)
			f->facts.rc = VF_FILE_SHAPE;
		else
			wrong("a file has no '%s'", w);
	}
}

/* fact NAME ITEM [subject=KEY] [grade=GRADE] [form=english] VALUE to the end of the line */
static void read_fact(struct case_text *t, char *line)
{
	struct tr_case_file *file = last_file(t);
	char *name = word(&line), *item = word(&line);
	struct tr_fact f = {.item = strtoull(item, NULL, 10)};
	enum tr_date_form form = TR_DATE_ISO;
	struct tr_date date;
	struct vf_err err;

	if (!tr_fact_of_name(vf_bytes_str(name), &f.name))
		wrong("no fact '%s'", name);
	for (;;) {
		line += strspn(line, " \t");
		if (strncmp(line, "subject=", 8) == 0) {
			f.subject = vf_bytes_str(word(&line) + 8);
		} else if (strncmp(line, "grade=", 6) == 0) {
			const char *grade = word(&line) + 6;

			while (f.grade <= TR_ANCHORED && strcmp(tr_grade_name(f.grade), grade) != 0)
				if (++f.grade > TR_ANCHORED)
					wrong("no grade '%s'", grade);
		} else if (strncmp(line, "form=english ", 13) == 0) {
			word(&line);
			form = TR_DATE_ENGLISH;
		} else {
			break;
		}
	}
	f.value = vf_bytes_str(line);
	if (tr_fact_type(f.name) == TR_DATE) {
		tr_date_read(form, f.value, &date);
		f.date = &date;
		f.normal = vf_bytes_str(date.normal);
	}
	if (tr_fact_list_put(&file->facts, &f, false, &err) != VF_OK)
		wrong("%s", err.text);
}

static void read_expected(struct case_text *t, const char *line)
{
	size_t n = strlen(line);

	t->expected = realloc(t->expected, t->n_expected + n + 2);
	memcpy(t->expected + t->n_expected, line, n);
	t->n_expected += n;
	t->expected[t->n_expected++] = '\n';
	t->expected[t->n_expected] = '\0';
}

static void read_line(struct case_text *t, char *line)
{
	struct vf_err err = {0};
	char *w;

	line += strspn(line, " \t");
	if (*line == '\0' || *line == '#')
		return;
	w = word(&line);
	if (strcmp(w, "as-of") == 0) {
		t->c.as_of = time_of(line);
	} else if (strcmp(w, "study") == 0) {
		t->c.study = keep(t, line);
	} else if (strcmp(w, "whole") == 0) {
		t->c.is_whole = strcmp(line, "yes") == 0;
	} else if (strcmp(w, "rule") == 0) {
		t->rule = tr_rule_find(vf_bytes_str(line));
		if (!t->rule)
			wrong("no rule '%s'", line);
	} else if (strcmp(w, "not-at-hand") == 0) {
		t->c.not_at_hand = strcmp(line, "parameters") == 0 ? TR_LAID_PARAMETERS : TR_LAID_MAPPING;
	} else if (strcmp(w, "parameters") == 0) {
		if (tr_parameters_read(keep(t, line), &t->a, &t->parameters, &err) != VF_OK)
			wrong("%s", err.text);
	} else if (strcmp(w, "record") == 0) {
		read_record(t, line);
	} else if (strcmp(w, "link") == 0) {
		read_link(t, line);
	} else if (strcmp(w, "details") == 0) {
		read_details(t, line);
	} else if (strcmp(w, "file") == 0) {
		read_file(t, line);
	} else if (strcmp(w, "fact") == 0) {
		read_fact(t, line);
	} else if (strcmp(w, "expect") == 0) {
		read_expected(t, line);
	} else {
		wrong("no '%s'", w);
	}
}

void case_text_read(struct case_text *t, const char *path)
{
	FILE *f = fopen(path, "r");
	static const size_t room = (size_t)4 * 1024 * 1024;
	char line[16384];
	struct vf_err err;

	at_path = path;
	at_line = 0;
	*t = (struct case_text){.parameters = tr_parameters_default};
	t->block = malloc(room);
	if (!f || !t->block)
		wrong("cannot be read");
	vf_arena_init(&t->a, t->block, room);
	t->c.records = VF_NEW(&t->a, MAX_RECORDS, struct tr_case_record);
	t->c.parameters = &t->parameters;
	t->c.is_whole = true;
	t->c.as_of = time_of("2026-06-30T12:00:00Z");
	while (fgets(line, sizeof(line), f)) {
		at_line++;
		line[strcspn(line, "\n")] = '\0';
		read_line(t, line);
	}
	fclose(f);
	if (!t->rule)
		wrong("no rule");
	if (tr_case_index(&t->c, &err) != VF_OK)
		wrong("%s", err.text);
}

void case_text_done(struct case_text *t)
{
	tr_case_index_done(&t->c);
	for (size_t i = 0; i < t->c.n_records; i++)
		for (size_t j = 0; j < t->c.records[i].n_files; j++)
			tr_fact_list_done(&t->c.records[i].files[j].facts);
	tr_rulebook_done(&t->book);
	free(t->expected);
	free(t->block);
}

char *case_text_findings(const struct tr_findings *f)
{
	char *out = NULL;
	size_t n = 0;
	FILE *m = open_memstream(&out, &n);

	for (size_t i = 0; i < f->n; i++) {
		const struct tr_finding *x = &f->p[i];

		fprintf(m, x->word == TR_WORD_NONE ? "%s" : "%s(%s)", tr_verdict_name(x->verdict), tr_word_name(x->word));
		fprintf(m, " %s | %s\n", x->about, x->detail);
	}
	fclose(m);
	return out;
}

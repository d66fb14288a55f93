/*
 * Files of data sets by their names, for what a define.xml names: the same, in another case, or another form of the set.
 */
#ifndef TRIAL_RULES_SET_FILE_H
#define TRIAL_RULES_SET_FILE_H

#include "trial/rules/case.h"

/* The last part of a path inside the folder; empty for one that leaves it. And the folder before it, with the '/'. */
struct vf_bytes tr_set_base(struct vf_bytes path);
struct vf_bytes tr_set_folder(struct vf_bytes path);
/* The name without the ending of a form (xpt, json, csv, …); empty when it has none. */
struct vf_bytes tr_set_stem(struct vf_bytes base);
/* Ascending, upper case as lower case. */
int tr_set_compare(struct vf_bytes a, struct vf_bytes b);
bool tr_set_is_equal(struct vf_bytes a, struct vf_bytes b);

enum tr_delivery {
	TR_NOT_DELIVERED,
	TR_OTHER_FORM, /* 'dm.json' where 'dm.xpt' is named */
	TR_OTHER_CASE,
	TR_DELIVERED,
};

/* A file that may be what a define names, or what it names. */
struct tr_set_file {
	const struct tr_case_file *file;
	struct vf_bytes folder, below; /* both together are the folder; empty where any will do */
	struct vf_bytes base, set;     /* the name of its data set, where says_set */
	bool says_set;
};

/* In what a file is like another: the name, the name in any case, the name without the ending; the same with the name of the set. */
enum tr_set_likeness {
	TR_SET_BY_NAME,
	TR_SET_BY_CASE,
	TR_SET_BY_FORM,
	TR_SET_BY_SET,
};
#define TR_SET_LIKENESSES 4

/* Begin with a cleared one, add records, sort. False: no memory. Ends with tr_set_files_done(). */
struct tr_set_files {
	struct tr_set_file *all;
	/* each in the order of the log; those without the ending of a form are in the first two alone */
	const struct tr_set_file **by[TR_SET_LIKENESSES];
	size_t n, room, count[TR_SET_LIKENESSES];
};
bool tr_set_files_add(struct tr_set_files *to, const struct tr_case_record *r, bool with_folder);
bool tr_set_files_sort(struct tr_set_files *c);
void tr_set_files_done(struct tr_set_files *c);

/*
 * How the files fit what the key names, and the first of those that fit best; of all but those of a record (NULL: of all). Of another
 * form is a set with the same name, or where one of both does not say one. *ret is NULL when nothing is delivered.
 */
enum tr_delivery tr_set_files_find(const struct tr_set_files *c, const struct tr_set_file *key, const struct tr_case_record *but,
	const struct tr_case_file **ret);

#endif

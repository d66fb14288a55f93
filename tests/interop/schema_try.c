/* Answers pairs of lines, a schema and a document, with the code that trial/schema.c gives. */
#include <stdio.h>
#include <stdlib.h>

#include "trial/schema.h"

static enum vf_rc judge(struct vf_bytes schema, struct vf_bytes document)
{
	VF_CLEANUP(tr_schema_freep) struct tr_schema *s = NULL;
	char pointer[TR_POINTER_MAX];
	enum vf_rc rc = tr_schema_parse(schema, &s, NULL);

	return rc == VF_OK ? tr_schema_check(s, document, pointer, NULL) : rc;
}

int main(void)
{
	char *lines[2] = {NULL, NULL};
	size_t room[2] = {0, 0};

	for (;;) {
		ssize_t a = getline(&lines[0], &room[0], stdin), b = getline(&lines[1], &room[1], stdin);

		if (a < 0 || b < 0)
			break;
		puts(vf_rc_name(judge(vf_bytes(lines[0], (size_t)a), vf_bytes(lines[1], (size_t)b))));
	}
	free(lines[0]);
	free(lines[1]);
	return 0;
}

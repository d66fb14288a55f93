/* libxml2's own canonical XML of a tree, for comparison: the test of the reader and its fuzz target hold ours against it. */
#ifndef TESTS_C14N_OTHER_H
#define TESTS_C14N_OTHER_H

#include <libxml/c14n.h>
#include <libxml/parser.h>

#include "tests/check.h"
#include "trial/read/c14n.h"

#if LIBXML_VERSION >= 21200 /* errors became const */
#define xmlErrorPtr const xmlError *
#endif

struct c14n_text {
	uint8_t *p;
	size_t n;
};

static VF_RC c14n_put(void *ctx, struct vf_bytes piece, struct vf_err *reterr)
{
	struct c14n_text *t = ctx;

	t->p = realloc(t->p, t->n + piece.n + 1);
	if (!t->p)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory");
	if (piece.n)
		memcpy(t->p + t->n, piece.p, piece.n);
	t->n += piece.n;
	t->p[t->n] = '\0';
	return VF_OK;
}

/* Ours; the caller frees ret->p, which may be NULL when it is refused. */
static VF_RC c14n_ours(struct vf_bytes file, struct c14n_text *ret, struct vf_err *reterr)
{
	struct tr_input in = tr_input_of(&file, "x.xml");
	struct tr_out out = {c14n_put, ret};

	*ret = (struct c14n_text){0};
	return tr_c14n(&in, &out, reterr);
}

static void c14n_quiet(void *ctx, xmlErrorPtr error)
{
	(void)ctx;
	(void)error;
}

/* False when libxml2 refuses; the caller frees with xmlFree(). */
static bool c14n_libxml(struct vf_bytes file, xmlChar **ret, int *ret_n)
{
	xmlDocPtr doc;

	xmlSetStructuredErrorFunc(NULL, c14n_quiet);
	doc = xmlReadMemory((const char *)file.p, (int)file.n, NULL, NULL, XML_PARSE_NONET);
	*ret = NULL;
	*ret_n = doc ? xmlC14NDocDumpMemory(doc, NULL, XML_C14N_1_1, NULL, 0, ret) : -1;
	xmlFreeDoc(doc);
	return *ret_n >= 0 && *ret;
}

#endif

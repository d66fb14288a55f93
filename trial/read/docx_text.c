/*
 * Paragraphs of the text of a DOCX (ECMA-376 part 1, 17.3 and 17.13): what stands there when all changes are accepted.
 * A paragraph that holds a text box is split by it.
 */
#include "trial/read/docx_inside.h"
#include "trial/read/paragraph.h"

/* Both forms of the namespace: of Word, and of the strict standard. */
static bool is_word(const char *ns)
{
	return ns && (strcmp(ns, "http://schemas.openxmlformats.org/wordprocessingml/2006/main") == 0 ||
			     strcmp(ns, "http://purl.oclc.org/ooxml/wordprocessingml/main") == 0);
}

static bool is_one_of(const char *name, const char *const *names)
{
	while (*names)
		if (strcmp(name, *names++) == 0)
			return true;
	return false;
}

/* What was deleted or moved away; and the copy of a text box for old software. */
static bool is_left_out(const struct tr_xml_node *node)
{
	static const char *const gone[] = {"del", "moveFrom", NULL};

	if (is_word(node->ns))
		return is_one_of(node->name, gone);
	return node->ns && strcmp(node->ns, "http://schemas.openxmlformats.org/markup-compatibility/2006") == 0 &&
		strcmp(node->name, "Fallback") == 0;
}

struct walking {
	struct tr_paragraphs p;
	bool in_text; /* within w:t */
};

static VF_RC open_element(struct walking *w, struct tr_xml *x, const struct tr_xml_node *node, struct vf_err *reterr)
{
	static const char *const blanks[] = {"tab", "ptab", "br", "cr", NULL};

	if (is_left_out(node))
		return tr_xml_skip(x, reterr);
	if (!is_word(node->ns))
		return VF_OK;
	if (strcmp(node->name, "p") == 0)
		return tr_paragraph_end(&w->p, reterr);
	if (strcmp(node->name, "t") == 0)
		w->in_text = true;
	else if (strcmp(node->name, "noBreakHyphen") == 0)
		tr_paragraph_put(&w->p, vf_bytes_str("-"));
	else if (is_one_of(node->name, blanks))
		tr_paragraph_put(&w->p, vf_bytes_str(" "));
	return VF_OK;
}

VF_RC tr_docx_text(struct tr_reading *r, struct tr_xml *x, struct vf_err *reterr)
{
	struct walking w = {.p = {.r = r}};
	const struct tr_xml_node *node;
	enum vf_rc rc = tr_xml_next(x, &node, reterr);

	for (; rc == VF_OK && node->event != TR_XML_END; rc = rc == VF_OK ? tr_xml_next(x, &node, reterr) : rc) {
		if (node->event == TR_XML_OPEN) {
			rc = open_element(&w, x, node, reterr);
		} else if (node->event == TR_XML_TEXT) {
			if (w.in_text)
				tr_paragraph_put(&w.p, node->text);
		} else if (is_word(node->ns)) {
			w.in_text = false;
			if (strcmp(node->name, "p") == 0)
				rc = tr_paragraph_end(&w.p, reterr);
		}
	}
	return rc == VF_OK ? tr_paragraphs_done(&w.p, reterr) : rc;
}

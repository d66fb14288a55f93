/* What the files of the reader of DOCX share. */
#ifndef TRIAL_READ_DOCX_INSIDE_H
#define TRIAL_READ_DOCX_INSIDE_H

#include "trial/read/xml.h"

/* Paragraphs of word/document.xml: text.paragraph, text.paragraphs. What xml.h gives. */
VF_RC tr_docx_text(struct tr_reading *r, struct tr_xml *x, struct vf_err *reterr);

#endif

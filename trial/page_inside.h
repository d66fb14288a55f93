/*
 * The fixed texts of the participant's page by name: what page.c and page_texts.c share.
 *
 * Internal to them; the texts themselves are in page_texts.def.
 */
#ifndef TRIAL_PAGE_INSIDE_H
#define TRIAL_PAGE_INSIDE_H

#include "trial/page.h"

/* One name for all languages of a text: that of the first. */
enum tr_page_text {
#define NAME_EN(id) TR_TEXT_##id,
#define NAME_ES(id)
#define NAME_DE(id)
#define NAME_FR(id)
#define TEXT(id, language, words) NAME_##language(id)
#include "trial/page_texts.def"
#undef TEXT
#undef NAME_EN
#undef NAME_ES
#undef NAME_DE
#undef NAME_FR
	TR_PAGE_TEXTS
};

const char *tr_page_words(enum tr_page_language language, enum tr_page_text id);

#endif

/* to be written */
typedef int verify_cms_stub;

/* to be written */
typedef int verify_versions_stub;

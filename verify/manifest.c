/* to be written */
typedef int verify_manifest_stub;

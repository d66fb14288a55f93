/* to be written */
typedef int verify_bundle_stub;

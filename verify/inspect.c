/* to be written */
typedef int verify_inspect_stub;

/* to be written */
typedef int verify_ers_stub;

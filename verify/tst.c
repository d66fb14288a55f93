/* to be written */
typedef int verify_tst_stub;

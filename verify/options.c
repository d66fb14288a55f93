/* to be written */
typedef int verify_options_stub;

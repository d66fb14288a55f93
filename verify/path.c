/* to be written */
typedef int verify_path_stub;

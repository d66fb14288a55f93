/* to be written */
typedef int verify_algorithm_stub;

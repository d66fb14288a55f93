/* to be written */
typedef int trial_statement_stub;

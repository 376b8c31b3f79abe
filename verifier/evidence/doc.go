// Package evidence keeps two signed checkpoints of one log that contradict each
// other, in a file that proves it to anybody who knows the log's key, offline:
// docs/SPEC.md, section 20.
//
// What is proven is about the log alone: it signed what no single history has.
// Nothing here reads entries, watches a board or touches a file.
package evidence

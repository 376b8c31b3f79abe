// Package hint makes and reads hints: beside each full entry bundle a file with
// one inverse square root for every encoded point in it, by which a verifier
// decodes points at a tenth of the cost.
//
// Hints are outside every hash and nobody has to believe them: a verifier checks
// each by a multiplication and computes what is missing or wrong itself. So
// anyone can make them from the entries alone, the board or a mirror, at any
// time; it never touches what is published. Which points an entry has, and in which order, is SPEC.md, section 19;
// whether they are right, or the entry is, is not this package's to say.
package hint

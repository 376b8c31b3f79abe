// Package credential turns what a voter keys, a voter number with a PIN and a
// cast code, into the Schnorr keys that sign her ballot and its cast.
//
// The keys are derived from outputs of a partially oblivious, verifiable
// pseudo-random function: POPRF of RFC 9497, suite ristretto255-SHA512, over
// github.com/cloudflare/circl/oprf. The registrar holds the function's key and
// never sees a PIN at call time; without the key a PIN can not be searched
// for, and nothing that is stored can be compared with a guess.
//
// Here live the formats of the numbers on a voter's letter, both sides of the
// evaluation, the derivation of ballot key, cast key and ballot number.
// Budgets, storage and the network are package registrar's. No error of this
// package holds a voter number, PIN, code, input or output. SPEC.md,
// section 7.
package credential

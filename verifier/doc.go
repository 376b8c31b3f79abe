// Package verifier judges an election record: it reads a board, entry by
// entry, and answers the numbered checks V01 to V21 of SPEC.md, section 16.
//
// It trusts nobody. Everything it says follows from the record, the election
// id printed on every letter, and the witness policy. Its rules (phases,
// ticks, void entries, merging, receipt codes) are written from SPEC.md alone
// and share no code with the package that runs elections, so that one mistake
// is not made twice; a test on the import graph holds that.
//
// Here is no storage, no network beyond the reader it is handed, no clock that
// decides anything, and no verdict without a reason: a check that fails says
// what failed and where, and an entry that is void is listed with its index.
//
// One pass is made. Each core takes some hundreds of ballots: it decodes them, with
// the board's hints where there are any, and checks all their signatures, proofs
// and openings as one sum; if that fails, halves of it, down to the equation at
// fault. The state machine then walks the entries in order.
// A ballot of ten options, with its voter, costs less than 150 bytes of memory
// once it can no longer be decided.
package verifier

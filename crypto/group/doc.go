// Package group is the prime-order group of Rollcall: ristretto255 (RFC 9496),
// of order l = 2^252 + 27742317777372353535851937790883648493, over
// filippo.io/edwards25519.
//
// Here live points, scalars, their strict canonical encodings, constant-time
// tables of fixed bases, small discrete logarithms, and Equation, the form in
// which every proof of the system hands its verification on. Nothing here
// hashes and nothing here knows of ballots. No other package imports the
// Edwards group, so no other package can decode an Edwards point by mistake or
// compare two representatives of one ristretto element as if they were
// different; so the check of Ed25519 keys, which C2SP fixes for checkpoints and
// cosignatures, is here as well.
//
// A process can have everything that verification needs computed by another
// arithmetic, circl's, or by both and compared: see Use.
//
// Operations named VarTime take time that depends on their input and are for
// verification, of public values only. All others are constant time.
// SPEC.md, section 2.
package group

// Package entry is the schema of the bulletin board: every kind of entry, its
// deterministic CBOR encoding (RFC 8949, section 4.2.1), its bounds, and what
// its signatures cover.
//
// An entry is the CBOR array [kind, body, signatures]; the body is a byte
// string holding a CBOR map, and each signature is [signer, value]. Decoding
// is strict: only what encoding writes is read. What an entry means, and when
// it may be appended, is not here: see tally/door for the door and verifier
// for the judge. SPEC.md, sections 5 and 6.
package entry

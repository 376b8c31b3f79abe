// Package record keeps the state that an election record has reached, as the
// door of the board sees it: which entry may come next, what has been sealed,
// cast and tested, and what a receipt code finds.
//
// Verify checks what needs no state but the manifest, the roll and the joint
// key: signatures and proofs, the slow part, safe to run for many entries at
// once. Judge checks an entry against the state, and Apply moves the state on.
// AddUp keeps the sums of what is cast, beside all of that. The door refuses
// whatever a verifier would call void, so the state holds valid entries only.
// Nothing here appends, signs or serves; the verifier has rules of its own,
// written from SPEC.md, and never imports this package.
// SPEC.md, sections 7 to 12.
package record

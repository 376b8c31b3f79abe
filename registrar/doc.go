// Package registrar knows who may vote: it reads the roll of people, makes
// their letters and the keys for the board's roll, and evaluates the function
// that turns a PIN into a credential, within budgets for each voter number.
//
// No PIN and no cast code is ever stored, not even hashed. The letters are
// written once, for the mail house; the keys go to the board in shuffled
// order; the service's own database holds voter numbers only as tags under a
// key that hangs on the OPRF key, so that the database alone says nothing. The
// service never sees a PIN at call time, only a blinded element.
//
// What is not here: the derivation itself (crypto/credential), the roll
// entries of the board (bulletin/entry, tally), anything of a call (phone).
// No error and no text of this package holds a voter number, PIN or code.
// SPEC.md, section 7.
package registrar

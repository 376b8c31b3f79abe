// Package script holds the two scripts by which a voter's browser checks a
// ballot by itself, from the public record: proof.js shows that the ballot and
// its decision are in the log of the election, with nothing but WebCrypto;
// maths.js, which is loaded only when asked for, checks signatures, proofs and
// the receipt code. README.md says what each step proves, what none does, and
// what the page has to look like.
//
// The sources are in src. What is served is dist, built from them by the file
// build and committed, so that a server needs neither npm nor node. There is no
// Go code of the checks here, and no page. Packages tells whose code is in them.
package script

import _ "embed" // for the scripts

//go:generate ./build

// Proof is proof.js, an ES module. It works on the page that loads it.
//
//go:embed dist/proof.js
var Proof []byte

// Maths is maths.js, an ES module that proof.js imports from where the page says.
//
//go:embed dist/maths.js
var Maths []byte

// License is what those ask for whose code is in maths.js: a text to be handed on
// with it. maths.js names it LICENSE.
//
//go:embed dist/LICENSE
var License []byte

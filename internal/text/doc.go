// Package text holds every word the telephone says, in every language.
//
// A [Message] is what the call flow wants said: an [ID] and its arguments. The
// catalogue of a language (catalogue/LANG.yaml, embedded) gives the words, with
// at most one {name} and one of {digits}, {number} and {code}. A message
// renders to phrases, the units that are recorded, shipped, cached and
// recognised: the fixed words between placeholders, single digits, and names
// (titles of contests and names of options, which come from the manifest).
//
// Nothing here makes sound (see phone/prompt) and nothing decides what is said
// next (see phone/callflow).
//
// # For a caller that listens
//
// The first phrase of every message is fixed words that no other message of the
// language starts with, so a recognised [Phrase.ID] tells which message began:
// see [Catalogue.Announces]. [Catalogue.Hear] turns a whole sequence of
// recognised phrases back into messages: the receipt code is the Digits of the
// [CodeIs] message, the key of an option the Digits of the [Offer] message whose
// Name is the option's, and so on.
package text

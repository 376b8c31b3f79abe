// Package prompt turns phrases (internal/text) into telephone audio: 8 kHz G.711
// mu-law in whole 20 ms frames.
//
// The audio of a phrase comes from the first of these that has it: a folder of
// recorded WAV files, the audio shipped in this package (audio/LANG/*.ulaw: all
// fixed phrases, the digits and the names of the demo), espeak-ng where it is
// installed. Recordings and shipped files are named by [text.Phrase.ID], which
// changes with the words. What had to be converted or spoken is cached by a hash
// of text, voice and language, in memory and, if a folder is given, on disk.
//
// The same phrase always gives the same bytes, so that a caller who knows them
// (see [Library.Dictionary]) can recognise what it hears. Nothing here knows
// RTP, and nothing decides what is said (see phone/callflow).
package prompt

//go:generate go run rollcall/internal/text/shipaudio

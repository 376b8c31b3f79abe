// Package audit calls an election's line as voters do, has the ballots tested
// that it makes, and holds what the board then shows against what it keyed: a
// booth that alters votes can not know that a call is one of these.
//
// Everything is planned and written down before the first call, each key before
// it is pressed. What the line says is heard over the line, and known by the
// published prompts; what became of a ballot is read from the board's public
// files under its witness policy. Nothing asks the booth or the registrar.
//
//	DIR/plan.json             what every call is to do (0600)
//	DIR/calls/NNN/journal     what the call did, line by line, as it did it (0600)
//	DIR/calls/NNN/result.json what came of it (0600)
//	DIR/calls/NNN/heard.json  the phrases heard, when, and how surely
//	DIR/calls/NNN/recording.wav
//	DIR/evidence/NNN/         all that shows a mismatch, for others to check
//
// No voter number and no PIN is written anywhere. No ballot is ever cast.
package audit

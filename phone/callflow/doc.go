// Package callflow is the conversation of a voting call as a pure machine: an
// [Event] goes in, [Command]s come out. It knows no SIP, no HTTP, no database
// and no clock; package phone runs it over a line, and a script of digits drives
// it in tests.
//
//	language -> voter number -> PIN -> (identify) -> contest 1..n -> review
//	review 1 -> (seal) -> receipt code read once -> decide
//	decide CODE# -> (cast) -> goodbye     decide 3# -> code again     decide 2# -> (test) -> contest 1
//
// In brackets are the states that wait for the election, in which digits are
// ignored; they are also ignored while the receipt code is read for the first
// time, so that a bounced key of "keep" can not decide anything.
//
// # Rules for whoever runs the machine
//
// The first event is [Answered]. Commands of one Step are carried out in order.
// When a Step returns any command, what is being spoken is cut off first: that
// is how a digit interrupts a prompt, and why an ignored digit does not.
// [Said] is sent when everything of the latest Say has been spoken to its end,
// and never for an utterance that was cut off. [Timeout] is sent when the
// duration of the latest Listen has passed after the speech ended. Each of
// Identify, Seal, Cast and Test is answered by one event, sent after the speech
// that accompanies it. [HungUp] may come at any time. After Hangup the machine
// is over and ignores everything.
//
// # Wrong entries
//
// Three wrong keys at one question end the call; the count starts anew with
// every question answered. Wrong voter numbers and PINs are counted until one
// pair is right, and wrong cast codes, with whatever else can not be understood
// there, over the whole call.
package callflow

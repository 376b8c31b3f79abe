// Package media is the sound of a telephone call: the G.711 codecs and an RTP session over UDP (RFC 3550, RFC 3551,
// RFC 4733) that plays frames at a steady pace and hears keys.
//
// A frame is 20 ms of sound: FrameSize bytes of G.711. Everything that enters or leaves this package is mu-law; a
// session that speaks A-law converts on its way to and from the wire. The package knows nothing of SIP or SDP: who
// the peer is and when it may be spoken to is decided by phone/sip and internal/caller. No error holds a digit or a
// peer's address.
package media

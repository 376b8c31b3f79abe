// Package dkg is the trustees' key ceremony: C2SP COCKTAIL-DKG v0.2.1
// (c2sp.org/cocktail-dkg), suite COCKTAIL(Ristretto255, SHA-512). It makes one
// joint key of which every trustee holds a share and nobody the secret.
//
// Here live the three rounds, the public verification of a finished ceremony,
// complaints about bad shares, and recovery of a lost share. Comments name the
// specification's sections; its symbols are kept as local names (t, n, C, E,
// P, x_i, Y). All state that must pass between the rounds is public and on the
// board, but for the trustee's long-term ceremony key.
//
//	p, _ := NewParams(SessionID(electionHash, attempt), k, keys)
//	me, _ := NewTrustee(p, i, secret)
//	message, _ := me.Round1(rand.Reader, nil)     // post CommitmentHash, then message
//	c, _ := VerifyMessages(p, messages)           // everyone, V02
//	r, _ := me.Round2(c, message)                 // else NewComplaint; post r.Signature()
//	share, _ := r.Finish(signatures)              // or, without secrets, c.VerifyCertificate, V03
//
// What Rollcall adds to the specification, within what it leaves to the
// application:
//
//   - a hash of every round-1 message is posted before the first message, so
//     that the last to speak can not choose the joint key (CommitmentHash);
//   - two trustees with an equal first commitment or ephemeral key are
//     refused, since the proof of possession holds no index;
//   - the transcript's extension is the digest of all ciphertexts ("5.
//     Ciphertexts Not Bound by the Transcript", option 1);
//   - a complaint opens the disputed shared point with a proof that it is
//     right (the same section, option 3), so that everyone can decide it;
//   - a joint key or verification share that is the identity is refused.
//
// Not here: the board, deadlines, who signed an entry, the order of entries,
// key files, and decryption (crypto/threshold). SPEC.md, section 13.
package dkg

// Package witness speaks the protocol between a log and its witnesses
// (c2sp.org/tlog-witness): the request that asks for a cosignature, and the
// answers to it.
//
// Who answers is package server below; keys, cosignatures and policies are
// package checkpoint's.
package witness

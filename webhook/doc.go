// Package webhook makes and sends one signed request in the format of Standard
// Webhooks 1.0.0 (https://www.standardwebhooks.com), and says how long to wait
// before the next: what the board's server and the monitor of rollcall-verify
// have in common when they call somebody's endpoint.
//
// What is told, to whom, in which order and for how long it is tried is its
// callers'. It judges nothing and knows nothing of elections.
package webhook

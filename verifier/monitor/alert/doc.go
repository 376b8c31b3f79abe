// Package alert posts what a monitor has to say to webhooks: each alarm, its end,
// and the verdict, as signed requests that are tried again until they are taken
// or too old.
//
// It waits for nobody: whoever has something to tell goes on at once, and each
// endpoint has a goroutine and a bounded queue of its own. It decides nothing
// about what is an alarm; package monitor does.
package alert

// Package live tells whoever wants to follow an election what happens, as it
// happens: a [Hub] tells any number of followers by server-sent events, and
// [Webhooks] tells the operator's own subscribers by signed requests.
//
// Both are told of a [State] and derive from it what is new. There are three
// kinds of news: "board" (the board has grown), "phase" (a phase has begun) and
// "result" (a result has been published). They say how many ballots there are
// and never how anybody voted: a follower who sees a "result" fetches it.
//
// States are cumulative. Who is slow is told the newest and not what was in
// between; nothing here makes whoever publishes wait.
//
// This package reads no board and answers no requests but those of followers:
// package api does, and turns the errors of [Hub.Follow] into problems.
package live

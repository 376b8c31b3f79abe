package main

// Keys of figures, in seconds a ballot where nothing else is said.
const (
	keyVerify         = "rollcall/verify"
	keyVerifyHints    = "rollcall/verify-hints"
	keyVerifyTwo      = "rollcall/verify-two"
	keyVerifyTwoHints = "rollcall/verify-two-hints"
	keyOneByOne       = "rollcall/one-by-one"
	keyBelenios       = "belenios/verify"
	keyBeleniosBlank  = "belenios/verify-blank"
	keyBatch          = "rollcall/batch"
	keyBatchHints     = "rollcall/batch-hints"
	keyFloor          = "floor/rollcall"
	keyFloorHints     = "floor/rollcall-hints"
	keyFloorGtank     = "floor/gtank"
	keyFloorVoi       = "floor/voi"
	keySeal           = "rollcall/seal"
	keyBeleniosSeal   = "belenios/seal"
	keyCirclSeal      = "circl/seal"
	keyStretch        = "rollcall/stretch"       // seconds a tick that gives codes
	keyGrowthTime     = "rollcall/growth-time"   // seconds, with "/ballots"
	keyGrowthMemory   = "rollcall/growth-memory" // bytes, with "/ballots"

	keyLoadRate  = "load/rate" // entries a second
	keyLoadP99   = "load/p99"  // seconds
	keyLoadLag   = "load/lag"  // seconds
	keyPacedRate = "paced/rate"
	keyPacedP99  = "paced/p99"
	keyPacedLag  = "paced/lag"

	// The public's side: answers a second, bytes where said, else seconds.
	keyLookupRate   = "lookup/rate"
	keyLookupMedian = "lookup/p50"
	keyLookupP99    = "lookup/p99"
	keyPageRate     = "page/rate"
	keyPageMedian   = "page/p50"
	keyPageP99      = "page/p99"
	keyAgainRate    = "again/rate"
	keyAgainMedian  = "again/p50"
	keyAgainP99     = "again/p99"
	keyFollowMedian = "follow/p50"
	keyFollowP99    = "follow/p99"
	keyFollowLast   = "follow/last"
	keyFollowSpread = "follow/spread"
	keyFollowServer = "follow/server" // of the processor, for an event
	keyFollowClient = "follow/client" // the same
	keyBytes        = "browser/bytes"
	keyPainted      = "browser/painted"
	keyUsable       = "browser/usable"

	clockSuffix = "/clock" // by the clock instead of processor time
)

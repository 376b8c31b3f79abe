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

	clockSuffix = "/clock" // by the clock instead of processor time
)

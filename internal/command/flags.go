package command

import "github.com/spf13/cobra"

// Defaults of addresses and places.
const (
	defaultDir   = "."
	defaultBoard = "http://127.0.0.1:8080"
	defaultHTTP  = "127.0.0.1:8080"
	defaultSIP   = "127.0.0.1:5070"
)

func dirFlag(c *cobra.Command, dir *string) {
	c.Flags().StringVar(dir, "dir", defaultDir, "the election's directory")
}

func boardFlag(c *cobra.Command, url *string) {
	c.Flags().StringVar(url, "board", defaultBoard, "address of the board (rollcall serve)")
}

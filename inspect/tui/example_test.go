package tui_test

import (
	"context"
	"fmt"
	"os"

	"xmppscope/captures"
	"xmppscope/inspect/tui"
)

// Browse a capture, showing only errors at first.
func ExampleRun() {
	store, err := captures.Open(context.Background(), os.Args[1:], captures.OpenOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer store.Close()
	if err := tui.Run(context.Background(), tui.Options{Store: store, Filter: "error"}); err != nil {
		fmt.Println(err)
	}
}
